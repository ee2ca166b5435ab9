//! The Connections pane: what is shown, at every size, and what its keys do.

use std::net::SocketAddr;

use minic_tui::inspect::{
    Connection, Connections, Endpoint, Holder, Network, Protocol, Socket, SocketCounts,
    SocketState, Traffic,
};
use minic_tui::spec::ContainerName;
use minic_tui::tui::message::{Input, Message, Seen};
use minic_tui::tui::model::{ConnectionSort, Pane, Target};

use crate::stage::{Stage, ascii};

/// The pane of `web` on a screen of this size.
fn pane(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height);
    stage.select("web").keys("<Alt-c>");
    assert!(stage.model.shows(Pane::Connections));
    stage
}

/// The same with the whole screen.
fn zoomed(width: u16, height: u16) -> Stage {
    let mut stage = pane(width, height);
    // where both have no room the pane has it already
    if !stage.model.frame.zoomed {
        stage.keys("z");
    }
    stage
}

/// Answers with these sockets of `web` until the next tick.
fn answer(stage: &mut Stage, seen: Connections) {
    let id = stage.record("web").spec.id;
    stage.send(Message::Seen(Box::new(Seen::Connections(id, Ok(seen)))));
}

fn name(text: &str) -> ContainerName {
    ContainerName::new(text).unwrap()
}

fn sockets(network: Network, list: Vec<Connection>) -> Connections {
    Connections {
        network,
        counts: SocketCounts::of(list.iter().map(|connection| &connection.socket)),
        uncounted: false,
        list,
        search_cut: false,
    }
}

fn listening(port: u16, command: &str) -> Connection {
    Connection {
        socket: Socket {
            protocol: Protocol::Udp,
            local: Endpoint::Ip(SocketAddr::from(([0, 0, 0, 0], port))),
            peer: None,
            state: SocketState::Unconnected,
            inode: u32::from(port),
            traffic: None,
        },
        holder: Some(Holder {
            pid: 1_234,
            command: command.into(),
            container: None,
        }),
        peer: None,
    }
}

#[test]
fn sockets_are_shown_at_every_size() {
    for (width, height) in [(60, 15), (80, 24), (120, 40), (200, 60)] {
        pane(width, height).golden(&format!("connections-{width}x{height}"));
    }
    for (width, height) in [(40, 10), (80, 24), (120, 40)] {
        zoomed(width, height).golden(&format!("connections-zoomed-{width}x{height}"));
    }
    let mut stage = Stage::with(ascii(), 80, 24);
    stage
        .select("web")
        .keys("<Alt-c>")
        .golden("connections-ascii-80x24");
}

#[test]
fn why_there_are_none_is_said() {
    let mut stage = pane(80, 24);
    stage.keys("<Esc>").select("sleeper").keys("<Alt-c>");
    stage.shows("No sockets: nothing listens or is connected.");
    stage.keys("<Esc>").select("migrate").keys("<Alt-c>");
    stage.shows("migrate is STOPPED: it has no sockets.");
    let mut stage = pane(80, 24);
    answer(&mut stage, sockets(Network::Host, Vec::new()));
    stage.shows("It shares the host's network: its sockets are among the host's.");
    let id = stage.record("web").spec.id;
    let error = minic_tui::manager::Error::System {
        message: "list the sockets of its network: \x1b[2Jno such file".into(),
        hint: None,
    };
    stage.send(Message::Seen(Box::new(Seen::Connections(id, Err(error)))));
    stage.shows("list the sockets of its network: ␛[2Jno such file");
}

#[test]
fn whose_network_it_is_and_what_is_left_out_is_said_in_any_space() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut stage = pane(width, height);
        let list = vec![listening(53, "named"), listening(123, "ntpd")];
        answer(&mut stage, sockets(Network::Of(name("db")), list.clone()));
        stage.shows("the network of db: 2 listening, 0 connected, 0 other");
        let cut = Connections {
            counts: SocketCounts {
                listening: 52_311,
                connected: 7,
                other: 0,
            },
            search_cut: true,
            ..sockets(Network::Own, list)
        };
        answer(&mut stage, cut.clone());
        stage.shows("2 of 52311 listening, 0 of 7 connected, 0 other; too many");
        let uncounted = Connections {
            uncounted: true,
            ..cut
        };
        answer(&mut stage, uncounted);
        stage.shows("2 of 52311+ listening, 0 of 7+ connected, 0+ other");
        stage.shows("0.0.0.0:53");
    }
}

#[test]
fn the_selection_moves_and_stays_on_its_socket_when_they_are_sorted() {
    let mut stage = pane(120, 40);
    let list = |ports: &[u16]| ports.iter().map(|port| listening(*port, "x")).collect();
    answer(&mut stage, sockets(Network::Own, list(&[300, 100, 200])));
    let port = |stage: &Stage| {
        let view = &stage.model.looks.connections;
        view.list()[view.row()].socket.local.port()
    };
    assert_eq!(port(&stage), 100);
    stage.keys("j");
    assert_eq!(port(&stage), 200);
    answer(
        &mut stage,
        sockets(Network::Own, list(&[150, 300, 100, 200])),
    );
    assert_eq!(port(&stage), 200, "a new socket above does not move it");
    stage.keys("o");
    assert_eq!(stage.model.looks.connections.sort, ConnectionSort::Port);
    assert_eq!(port(&stage), 200);
    stage.keys("o<F6>");
    assert_eq!(stage.model.looks.connections.sort, ConnectionSort::State);
    stage.keys("<End>");
    assert_eq!(port(&stage), 300);
    stage.keys("<Home>");
    assert_eq!(port(&stage), 100);
    stage.buffer();
    let second = stage.model.hits.find(&Target::Line(1)).unwrap();
    stage.send(Message::Input(Input::Click(second.x, second.y)));
    assert_eq!(port(&stage), 150);
    let row = stage.model.list.selected.clone();
    stage.keys(">");
    assert_ne!(
        stage.model.list.selected, row,
        "it turns to the next container"
    );
}

#[test]
fn the_longest_names_and_hostile_ones_keep_the_columns() {
    let mut hostile = listening(53, "\x1b]0;x\x07\u{202e}evil\nname");
    hostile.peer = hostile.holder.clone();
    hostile.socket.peer = Some(
        "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535"
            .parse()
            .unwrap(),
    );
    hostile.socket.traffic = Some(Traffic {
        rx_bytes: u64::MAX,
        tx_bytes: 1,
    });
    let mut long = listening(7, "日本語日本語日本語");
    long.socket.protocol = Protocol::Unix;
    long.socket.local = Endpoint::Path(format!("@{}", "長\x1b[31m/".repeat(40)));
    long.holder.as_mut().unwrap().container = Some(name(&"n".repeat(64)));
    for (width, height) in [(40, 10), (80, 24), (120, 40)] {
        let mut stage = zoomed(width, height);
        answer(
            &mut stage,
            sockets(Network::Own, vec![hostile.clone(), long.clone()]),
        );
        stage.golden(&format!("connections-hostile-{width}x{height}"));
    }
}
