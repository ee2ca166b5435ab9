//! The sockets of a container.
//!
//! ```text
//!  its own network: 2 listening, 2 connected, 1 other; by state
//!  PROTO LOCAL           PEER                 STATE      PROCESS         RX      TX
//! ▌tcp   0.0.0.0:8080                         LISTEN     4213 httpd       -       -
//!  tcp   127.0.0.1:38060 127.0.0.1:5432 (db)  ESTAB      4216 httpd    1.2M    340K
//! ```

use std::borrow::Cow;

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, row};
use crate::inspect::{Connection, Connections, Holder, Network, SocketCounts, SocketState};
use crate::spec::format_bytes;
use crate::tui::model::{ConnectionView, Target};
use crate::tui::sanitise::printable;
use crate::tui::text;
use crate::tui::wording::NOT_AVAILABLE;

/// Columns of the marker, the protocol and the state, with a space after each.
const FIXED: usize = 1 + 6 + 11;
/// Columns of the bytes received and sent, with a space before each.
const TRAFFIC: usize = 14;
/// The fewest columns of the whole with the peer, with the process, and with the bytes even where
/// something is cut for them.
const WITH_TRAFFIC: usize = 96;
const WITH_PEER: usize = 72;
const WITH_PROCESS: usize = 48;
/// The fewest rows with a line that sums up.
const WITH_SUMMARY: u16 = 6;

/// Draws the sockets of the selected container into `area`.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let (model, theme) = (canvas.model, canvas.theme);
    let view = &model.looks.connections;
    let current = view
        .seen
        .as_ref()
        .filter(|_| view.of == model.list.selected);
    let instead = match (model.selected(), current) {
        (None, _) => Err(canvas.none_selected("its sockets")),
        (Some(record), _) if !record.state.status.is_alive() => Err(format!(
            "{} is {}: it has no sockets.",
            printable(record.spec.name.as_str()),
            record.state.status.word()
        )),
        (Some(_), None) => Err("Looking…".to_owned()),
        (Some(_), Some(Err(error))) => Err(printable(error)),
        (Some(_), Some(Ok(seen))) => match without_sockets(seen) {
            Some(words) => Err(words.to_owned()),
            None => Ok(seen),
        },
    };
    match instead {
        Ok(seen) => list(canvas, area, view, seen),
        Err(words) => {
            let place = row(area, u16::from(area.height > 2));
            canvas.pen(place).skip(2).put(&words, theme.dim);
        }
    }
}

/// Why there is no list.
fn without_sockets(seen: &Connections) -> Option<&'static str> {
    match seen.network {
        Network::Host => Some("It shares the host's network: its sockets are among the host's."),
        _ if seen.list.is_empty() => Some("No sockets: nothing listens or is connected."),
        Network::Own | Network::Of(_) => None,
    }
}

fn list(canvas: &mut Canvas<'_>, area: Rect, view: &ConnectionView, seen: &Connections) {
    let theme = canvas.theme;
    let special = matches!(seen.network, Network::Of(_)) || is_cut(seen) || seen.search_cut;
    let mut top = 0;
    if area.height >= WITH_SUMMARY || special {
        let words = summary(view, seen);
        let style = if special { theme.warning } else { theme.label };
        canvas.pen(row(area, 0)).skip(1).put(&words, style);
        top = 1;
    }
    let rows = usize::from(area.height.saturating_sub(top + 1)).max(1);
    let offset = (view.row() + 1).saturating_sub(rows);
    let with_peer = usize::from(area.width) >= WITH_PEER;
    let shown: Vec<[String; 3]> = view
        .list()
        .iter()
        .skip(offset)
        .take(rows)
        .map(|connection| cells(connection, with_peer, seen.search_cut))
        .collect();
    let columns = Columns::fit(usize::from(area.width), &shown);
    let heading = row(area, top);
    canvas.buffer.set_style(heading, theme.header);
    let local = if with_peer { "LOCAL" } else { "LOCAL>PEER" };
    let names = [local, "PEER", "PROCESS"].map(str::to_owned);
    let plain = Line {
        marker: ' ',
        protocol: "PROTO",
        cells: &names,
        state: ("STATE", theme.header),
        traffic: ["RX".to_owned(), "TX".to_owned()],
        style: theme.header,
    };
    columns.draw(canvas, heading, &plain);
    let lines = view.list().iter().enumerate().skip(offset).zip(&shown);
    for (y, ((at, connection), cells)) in (top + 1..area.height).zip(lines) {
        let place = row(area, y);
        let selected = at == view.row();
        let style = if selected {
            canvas.buffer.set_style(place, theme.selected);
            theme.selected
        } else {
            Style::new()
        };
        let state = connection.socket.state;
        let state_style = match state {
            SocketState::Listen | SocketState::Unconnected => theme.strong,
            SocketState::Established => theme.running,
            SocketState::CloseWait => theme.warning,
            _ => theme.dim,
        };
        let line = Line {
            marker: if selected { theme.symbols.marker } else { ' ' },
            protocol: connection.socket.protocol.word(),
            cells,
            state: (state.word(), style.patch(state_style)),
            traffic: traffic(connection),
            style,
        };
        columns.draw(canvas, place, &line);
        canvas.hits.add(place, Target::Line(at));
    }
}

/// Whether there are more sockets than listed.
fn is_cut(seen: &Connections) -> bool {
    seen.uncounted || listed(seen) != seen.counts
}

fn listed(seen: &Connections) -> SocketCounts {
    SocketCounts::of(seen.list.iter().map(|connection| &connection.socket))
}

/// The line that sums up.
fn summary(view: &ConnectionView, seen: &Connections) -> String {
    let (listed, all) = (listed(seen), seen.counts);
    let more = if seen.uncounted { "+" } else { "" };
    let of = |listed: u64, all: u64| match listed == all {
        true => format!("{all}{more}"),
        false => format!("{listed} of {all}{more}"),
    };
    let mut words = match &seen.network {
        Network::Of(name) => format!("the network of {}: ", printable(name.as_str())),
        Network::Own | Network::Host => String::new(),
    };
    words += &format!(
        "{} listening, {} connected, {} other",
        of(listed.listening, all.listening),
        of(listed.connected, all.connected),
        of(listed.other, all.other)
    );
    if seen.search_cut {
        words += "; too many processes to find whose all are";
    }
    format!("{words}; sorted by {}", view.sort.word())
}

/// The local end, the peer and the process. Without room for the peer it is beside the local port.
fn cells(connection: &Connection, with_peer: bool, search_cut: bool) -> [String; 3] {
    let socket = &connection.socket;
    let local = match socket.peer.filter(|_| !with_peer) {
        Some(peer) => format!("{}>{peer}", socket.local.port()),
        None => socket.local.to_string(),
    };
    let peer = match (socket.peer, &connection.peer) {
        (Some(peer), Some(holder)) => format!("{peer} ({})", other_end(holder)),
        (Some(peer), None) => peer.to_string(),
        (None, _) => String::new(),
    };
    let process = match &connection.holder {
        Some(holder) => {
            let other = holder.container.as_ref();
            let of = other.map_or(String::new(), |name| format!(" in {name}"));
            format!("{} {}{of}", holder.pid, holder.command)
        }
        None if search_cut && socket.inode != 0 => NOT_AVAILABLE.to_owned(),
        None => "-".to_owned(),
    };
    [local, peer, process].map(|text| printable(&text))
}

/// Who is at the other end: the other container, or the program in this one.
fn other_end(holder: &Holder) -> &str {
    match &holder.container {
        Some(name) => name.as_str(),
        None => &holder.command,
    }
}

/// Bytes received and sent. Only TCP counts them.
fn traffic(connection: &Connection) -> [String; 2] {
    let socket = &connection.socket;
    match (socket.traffic, socket.peer) {
        (Some(traffic), _) => [traffic.rx_bytes, traffic.tx_bytes].map(format_bytes),
        (None, Some(_)) if socket.inode != 0 => [NOT_AVAILABLE; 2].map(str::to_owned),
        (None, _) => ["-"; 2].map(str::to_owned),
    }
}

/// `text` in at most `columns`, without its beginning if it is longer: a port, a name and the last
/// part of a path are at the end.
fn ending(text: &str, columns: usize, ellipsis: char) -> Cow<'_, str> {
    let width = text::width(text);
    if width <= columns || columns == 0 {
        return Cow::Borrowed(if columns == 0 { "" } else { text });
    }
    let mut rest = text::after(text, width - columns + 1);
    // the first of what is left may be wider than the room
    while text::width(rest) >= columns {
        rest = text::after(rest, 2);
    }
    Cow::Owned(format!("{ellipsis}{rest}"))
}

/// What is written on one row.
struct Line<'a> {
    marker: char,
    protocol: &'a str,
    /// The local end, the peer and the process.
    cells: &'a [String; 3],
    state: (&'a str, Style),
    traffic: [String; 2],
    style: Style,
}

/// The widths of the local end, the peer and the process, 0 where there is no room for it, and
/// whether the bytes are shown.
#[derive(Debug, PartialEq)]
struct Columns {
    widths: [usize; 3],
    traffic: bool,
}

impl Columns {
    /// As wide as the longest of `shown`; where that is too much, the widest gives way.
    fn fit(width: usize, shown: &[[String; 3]]) -> Self {
        let wanted = [true, width >= WITH_PEER, width >= WITH_PROCESS];
        let titles = [5, 4, 7];
        let mut widths = [0, 1, 2].map(|column| {
            let longest = shown.iter().map(|cells| text::width(&cells[column])).max();
            let width = longest.unwrap_or(0).max(titles[column]) + 1;
            if wanted[column] { width } else { 0 }
        });
        let sum: usize = widths.iter().sum();
        let traffic = width >= WITH_TRAFFIC || width >= FIXED + sum + TRAFFIC && widths[2] > 0;
        let room = width.saturating_sub(FIXED + if traffic { TRAFFIC } else { 0 });
        while widths.iter().sum::<usize>() > room {
            let Some(widest) = widths.iter_mut().max() else {
                break;
            };
            *widest -= 1;
        }
        Self { widths, traffic }
    }

    fn draw(&self, canvas: &mut Canvas<'_>, place: Rect, line: &Line<'_>) {
        let [local, peer, process] = self.widths;
        let mut x = place.x;
        let mut put = |canvas: &mut Canvas<'_>, width: usize, text: &str, style| {
            let width = width.min(usize::from(place.right() - x)) as u16;
            // a space after each
            let cell = Rect {
                x,
                width: width.saturating_sub(1),
                ..place
            };
            canvas.pen(cell).put(text, style);
            x += width;
        };
        canvas.pen(place).symbol(line.marker, line.style);
        put(canvas, 1, "", line.style);
        put(canvas, 6, line.protocol, line.style);
        let ellipsis = canvas.theme.symbols.ellipsis;
        let [own, other] = [(0, local), (1, peer)]
            .map(|(cell, width)| ending(&line.cells[cell], width.saturating_sub(1), ellipsis));
        put(canvas, local, &own, line.style);
        put(canvas, peer, &other, line.style);
        put(canvas, 11, line.state.0, line.state.1);
        put(canvas, process, &line.cells[2], line.style);
        if self.traffic {
            let [rx, tx] = &line.traffic;
            canvas
                .pen(place)
                .put_right(&format!("{rx:>6} {tx:>6}"), line.style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_column_gives_way() {
        let shown = [
            ["x".repeat(80), "192.0.2.1:80".into(), "1 sh".into()],
            [String::new(), String::new(), "-".into()],
        ];
        let of = |width| Columns::fit(width, &shown).widths;
        assert_eq!(of(200), [81, 13, 8]);
        assert_eq!(
            [
                ending("[::1]:80", 8, '~'),
                ending("[::1]:80", 4, '~'),
                ending("日本語", 4, '~')
            ],
            ["[::1]:80", "~:80", "~語"]
        );
        assert_eq!(
            (ending("日本", 1, '~'), ending("a", 0, '~')),
            ("~".into(), "".into())
        );
        assert_eq!(of(80), [41, 13, 8], "nothing is cut beside blank space");
        assert_eq!(of(72).iter().sum::<usize>(), 72 - FIXED);
        assert_eq!(of(60), [34, 0, 8]);
        assert_eq!(of(40), [22, 0, 0]);
        assert_eq!(of(5), [0, 0, 0]);
        assert!(Columns::fit(96, &shown).traffic && !Columns::fit(95, &shown).traffic);
        let short = [["0.0.0.0:80".into(), String::new(), "1 sh".into()]];
        assert!(Columns::fit(60, &short).traffic, "there is room");
    }
}
