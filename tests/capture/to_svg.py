#!/usr/bin/env python3
"""Turns a screen as `tmux capture-pane -p -e` prints it (stdin) into an SVG picture (stdout). Standard library only.

With SECONDS and files, one screen each, the picture plays them one after the other, each for so many seconds, again and again: a row is
drawn once for all the frames in a row that show it alike."""
import re
import sys
import unicodedata
from html import escape

WIDTH, HEIGHT, PAD = 8.4, 18, 10
FOREGROUND, BACKGROUND = "#d0d0d0", "#101418"
BASIC = ["#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5",
         "#666666", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff"]


def indexed(n):
    """One of the 256 colours of xterm."""
    if n < 16:
        return BASIC[n]
    if n >= 232:
        level = 8 + (n - 232) * 10
        return f"#{level:02x}{level:02x}{level:02x}"
    n -= 16
    level = [0, 95, 135, 175, 215, 255]
    return "#%02x%02x%02x" % (level[n // 36], level[n // 6 % 6], level[n % 6])


class Style:
    """What SGR sequences (ECMA-48, 8.3.117) have set."""

    def __init__(self):
        self.fg = self.bg = None
        self.bold = self.dim = self.reverse = self.underline = False

    def take(self, codes):
        codes = [int(c) if c else 0 for c in re.split("[;:]", codes)]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.__init__()
            elif code in (1, 2, 4, 7):
                setattr(self, {1: "bold", 2: "dim", 4: "underline", 7: "reverse"}[code], True)
            elif code == 22:
                self.bold = self.dim = False
            elif code in (24, 27):
                setattr(self, {24: "underline", 27: "reverse"}[code], False)
            elif code in (38, 48):
                kind = codes.pop(0)
                if kind == 5:
                    color = indexed(codes.pop(0))
                else:
                    color = "#%02x%02x%02x" % tuple(codes[:3])
                    del codes[:3]
                setattr(self, "fg" if code == 38 else "bg", color)
            elif code in (39, 49):
                setattr(self, "fg" if code == 39 else "bg", None)
            else:
                for first, name, offset in ((30, "fg", 0), (40, "bg", 0), (90, "fg", 8), (100, "bg", 8)):
                    if first <= code < first + 8:
                        setattr(self, name, BASIC[code - first + offset])

    def look(self):
        fg, bg = self.fg or FOREGROUND, self.bg or BACKGROUND
        if self.reverse:
            fg, bg = bg, fg
        return fg, bg, self.bold, self.dim, self.underline


def cells(line, style):
    """The line as (character, look, columns); tmux lets a style go on over the ends of lines."""
    for part in re.split("(\x1b\\[[0-9;:]*m)", line):
        if part.startswith("\x1b["):
            style.take(part[2:-1])
        else:
            for char in part:
                yield char, style.look(), 2 if unicodedata.east_asian_width(char) in "WF" else 1


def read(text):
    style = Style()
    return [list(cells(line, style)) for line in text.rstrip("\n").split("\n")]


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 0
    frames = [read(open(name, encoding="utf-8").read()) for name in sys.argv[2:]] or [read(sys.stdin.read())]
    columns = max(sum(w for _, _, w in row) for frame in frames for row in frame)
    height = max(len(frame) for frame in frames)
    width, tall = columns * WIDTH + 2 * PAD, height * HEIGHT + 2 * PAD
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {tall}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">')
    print(f'<rect width="100%" height="100%" rx="6" fill="{BACKGROUND}"/>')
    for y in range(height):
        rows = [frame[y] if y < len(frame) else [] for frame in frames]
        first = 0
        for at in range(1, len(rows) + 1):
            if at == len(rows) or rows[at] != rows[first]:
                play(y, rows[first], first, at, len(rows), seconds)
                first = at
    print("</svg>")


def play(y, row, first, end, count, seconds):
    """Draws a row that is shown from frame `first` to before frame `end` of `count`."""
    if (first, end) == (0, count):
        return draw_row(y, row)
    shown, times = ["none", "inline", "none"], [0, first / count, end / count]
    if first == 0:
        shown, times = shown[1:], times[1:]
        times[0] = 0
    if end == count:
        shown, times = shown[:-1], times[:-1]
    # what cannot play shows the first frame
    print("<g>" if first == 0 else '<g display="none">')
    print(f'<animate attributeName="display" values="{";".join(shown)}" keyTimes="{";".join(f"{t:.4f}" for t in times)}" calcMode="discrete" '
          f'dur="{count * seconds:g}s" repeatCount="indefinite"/>')
    draw_row(y, row)
    print("</g>")


def draw_row(y, row):
    x = start = 0
    run, current = "", None
    for char, look, columns in row + [("", None, 0)]:
        if look != current:
            if current is not None:
                draw(start, y, x - start, run, current)
            start, run, current = x, "", look
        run += char
        x += columns


def draw(x, y, columns, text, look):
    fg, bg, bold, dim, underline = look
    left, top = PAD + x * WIDTH, PAD + y * HEIGHT
    if bg != BACKGROUND:
        print(f'<rect x="{left:.1f}" y="{top}" width="{columns * WIDTH:.1f}" height="{HEIGHT}" fill="{bg}"/>')
    if text.strip():
        attributes = f' font-weight="bold"' if bold else ""
        attributes += ' opacity="0.6"' if dim else ""
        attributes += ' text-decoration="underline"' if underline else ""
        print(f'<text x="{left:.1f}" y="{top + 13.5}" textLength="{columns * WIDTH:.1f}" lengthAdjust="spacingAndGlyphs" fill="{fg}"{attributes} xml:space="preserve">{escape(text)}</text>')


main()
