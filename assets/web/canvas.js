// Cells on a canvas, each device pixel its own, and over them the same text, transparent, to be selected.
import { drawBox } from '/boxes.js';

const FAMILY = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';
const BOLD = 1, DIM = 2, ITALIC = 4, UNDERLINED = 8, REVERSED = 64, CROSSED = 256;
const BLANK = { text: ' ', fg: null, bg: null, how: 0, width: 1 };

export class Cells {
  constructor(canvas, layer) {
    this.canvas = canvas;
    this.layer = layer;
    this.ink = canvas.getContext('2d', { alpha: false });
    this.columns = 0;
    this.rows = 0;
    this.cells = [];
    this.cursor = null;
    this.font(14);
  }

  // Takes this size of font, in CSS pixels.
  font(size) {
    this.size = size;
    this.ratio = window.devicePixelRatio || 1;
    const ink = this.ink;
    ink.font = `${size * this.ratio}px ${FAMILY}`;
    const advance = ink.measureText('0'.repeat(40)).width / 40;
    this.w = Math.max(1, Math.round(advance));
    this.h = Math.max(1, Math.round(size * this.ratio * 1.25));
    const box = ink.measureText('Mg|');
    const glyph = box.fontBoundingBoxAscent + box.fontBoundingBoxDescent;
    this.base = Math.round((this.h - glyph) / 2 + box.fontBoundingBoxAscent);
    this.spacing = (this.w - advance) / this.ratio;
    if (this.columns) this.fit(this.columns, this.rows);
  }

  // How many columns and rows fit into so many CSS pixels.
  holds(width, height) {
    return [Math.max(20, Math.floor(width * this.ratio / this.w)), Math.max(5, Math.floor(height * this.ratio / this.h))];
  }

  fit(columns, rows) {
    const grown = columns !== this.columns || rows !== this.rows;
    [this.columns, this.rows] = [columns, rows];
    this.canvas.dataset.columns = columns;
    this.canvas.width = columns * this.w;
    this.canvas.height = rows * this.h;
    this.canvas.style.width = `${this.canvas.width / this.ratio}px`;
    this.canvas.style.height = `${this.canvas.height / this.ratio}px`;
    if (grown) {
      this.cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => BLANK));
      this.layer.replaceChildren(...Array.from({ length: rows }, () => document.createElement('div')));
    }
    [...this.layer.children].forEach((row, y) => {
      row.style.top = `${y * this.h / this.ratio}px`;
      row.style.height = row.style.lineHeight = `${this.h / this.ratio}px`;
      row.style.font = `${this.size}px/${this.h / this.ratio}px ${FAMILY}`;
      row.style.letterSpacing = `${this.spacing}px`;
    });
    this.paintAll();
  }

  paintAll() {
    for (let y = 0; y < this.rows; y++) this.paint(y, new Set(this.cells[y].keys()));
  }

  // Takes a frame: what is different from the last one.
  apply(frame) {
    const [columns, rows] = frame.size;
    const changed = new Map();
    const touch = (x, y) => { if (!changed.has(y)) changed.set(y, new Set()); changed.get(y).add(x); };
    if (columns !== this.columns || rows !== this.rows) this.fit(columns, rows);
    if (frame.whole) {
      this.cells.forEach((row, y) => { row.fill(BLANK); row.forEach((_, x) => touch(x, y)); });
    }
    for (const [x, y, fg, bg, how, text, width] of frame.runs) {
      if (!this.cells[y]) continue;
      if (width) {
        this.cells[y][x] = { text, fg, bg, how, width };
        for (let i = 1; i < width; i++) this.cells[y][x + i] = { text: '', fg, bg, how, width: 0 };
        touch(x, y);
        continue;
      }
      [...text].forEach((c, i) => { this.cells[y][x + i] = { text: c, fg, bg, how, width: 1 }; touch(x + i, y); });
    }
    const before = this.cursor;
    this.cursor = frame.cursor;
    for (const at of [before, this.cursor]) if (at && at[1] < this.rows && at[0] < this.columns) touch(at[0], at[1]);
    for (const [y, columns] of changed) this.paint(y, columns);
  }

  paint(y, columns) {
    const style = getComputedStyle(document.body);
    const ground = style.getPropertyValue('--ground').trim(), plain = style.getPropertyValue('--ink').trim();
    const row = this.cells[y];
    for (const x of columns) {
      const cell = row[x];
      if (!cell || cell.width === 0) continue;
      let fg = cell.fg || plain, bg = cell.bg || ground;
      const cursor = this.cursor && this.cursor[0] === x && this.cursor[1] === y;
      if (Boolean(cell.how & REVERSED) !== Boolean(cursor)) [fg, bg] = [bg, fg];
      this.paintCell(cell, x * this.w, y * this.h, fg, bg);
    }
    const text = row.map((cell) => cell.text).join('').trimEnd();
    const line = this.layer.children[y];
    if (line.textContent !== text) line.textContent = text;
  }

  paintCell(cell, x, y, fg, bg) {
    const ink = this.ink, w = this.w * cell.width, h = this.h;
    ink.fillStyle = bg;
    ink.fillRect(x, y, w, h);
    ink.fillStyle = fg;
    ink.globalAlpha = cell.how & DIM ? 0.6 : 1;
    if (cell.text !== ' ' && !drawBox(ink, cell.text.codePointAt(0), x, y, w, h)) {
      ink.save();
      ink.beginPath();
      ink.rect(x, y, w, h);
      ink.clip();
      ink.font = `${cell.how & ITALIC ? 'italic ' : ''}${cell.how & BOLD ? 'bold ' : ''}${this.size * this.ratio}px ${FAMILY}`;
      ink.fillText(cell.text, x, y + this.base);
      ink.restore();
    }
    const thin = Math.max(1, Math.round(h / 16));
    if (cell.how & UNDERLINED) ink.fillRect(x, y + Math.min(h - thin, this.base + thin), w, thin);
    if (cell.how & CROSSED) ink.fillRect(x, y + Math.round(h / 2), w, thin);
    ink.globalAlpha = 1;
  }

  // The cell at a point of the page.
  at(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const x = Math.floor((clientX - box.left) * this.ratio / this.w), y = Math.floor((clientY - box.top) * this.ratio / this.h);
    return [Math.min(Math.max(x, 0), this.columns - 1), Math.min(Math.max(y, 0), this.rows - 1)];
  }
}
