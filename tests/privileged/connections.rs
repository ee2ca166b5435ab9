//! The sockets of real containers and what their networks count, as the engine sees them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use minic_tui::inspect::{Connection, Connections, Network, SocketState};
use minic_tui::manager::{Inspector, Manager, StateDir};
use minic_tui::spec::ContainerId;

use crate::command::{comes_true, eventually, finish};
use crate::fixture::{Container, Fixture};
use crate::history::{own_program, probe, words};

/// A container's program: listens on port 7070 of loopback, accepts one connection, takes a hundred
/// bytes and answers fifty.
#[test]
#[ignore = "the child of another test, in a container"]
fn serves() {
    let listener = TcpListener::bind("127.0.0.1:7070").unwrap();
    let (mut client, _) = listener.accept().unwrap();
    client.read_exact(&mut [0; 100]).unwrap();
    client.write_all(&[7; 50]).unwrap();
    std::thread::sleep(Duration::from_secs(1_000));
}

/// A container's program: the other end.
#[test]
#[ignore = "the child of another test, in a container"]
fn calls() {
    let mut server = loop {
        match TcpStream::connect("127.0.0.1:7070") {
            Ok(server) => break server,
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    server.write_all(&[7; 100]).unwrap();
    server.read_exact(&mut [0; 50]).unwrap();
    std::thread::sleep(Duration::from_secs(1_000));
}

/// A container's program: listens on five thousand ports.
#[test]
#[ignore = "the child of another test, in a container"]
fn listens_on_thousands() {
    let held: Vec<_> = (10_000..15_000)
        .map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap())
        .collect();
    std::thread::sleep(Duration::from_secs(1_000));
    drop(held);
}

/// A container that runs one of these.
fn running<'a>(fixture: &'a Fixture, name: &str, args: &[&str], program: &str) -> Container<'a> {
    let own = own_program();
    let args = [&["-v", &own], args].concat();
    let program = probe(&format!("connections::{program}"));
    fixture.detached(name, &words(&args, &program))
}

fn connections(fixture: &Fixture, container: &Container<'_>) -> Result<Connections, String> {
    let manager = Manager::open(&StateDir(fixture.state().to_owned())).unwrap();
    let id = ContainerId::new(container.id()).unwrap();
    manager.connections(&id).map_err(|error| error.to_string())
}

/// What each line says in short: local port, state, process, peer's process, bytes.
fn lines(seen: &Connections) -> Vec<String> {
    let line = |connection: &Connection| {
        let socket = &connection.socket;
        let holder = |holder: &Option<minic_tui::inspect::Holder>| {
            holder.as_ref().map_or("-".to_owned(), |holder| {
                let of = holder.container.as_ref();
                let of = of.map_or(String::new(), |name| format!(" of {name}"));
                format!("{}{of}", holder.command)
            })
        };
        let port = if socket.local.port() == 7070 {
            "7070"
        } else {
            "x"
        };
        let bytes = socket
            .traffic
            .map_or("-".to_owned(), |t| format!("{}/{}", t.rx_bytes, t.tx_bytes));
        let (own, peer) = (holder(&connection.holder), holder(&connection.peer));
        format!("{port} {} {own} > {peer} {bytes}", socket.state.word())
    };
    let mut lines: Vec<String> = seen.list.iter().map(line).collect();
    lines.sort();
    lines
}

#[track_caller]
fn shows(fixture: &Fixture, container: &Container<'_>, wanted: &[&str]) -> Connections {
    let seen = || connections(fixture, container).unwrap();
    if !comes_true(|| lines(&seen()) == wanted) {
        assert_eq!(lines(&seen()), wanted);
    }
    seen()
}

#[test]
fn a_listening_port_and_both_ends_of_a_connection_have_their_processes() {
    let fixture = Fixture::new();
    let [server, client] =
        ["serves", "calls"].map(|name| probe(&format!("connections::{name}")).join(" "));
    let both = format!("{server} & exec {client}");
    let web = fixture.detached("web", &["-v", &own_program(), "sh", "-c", &both]);
    let seen = shows(
        &fixture,
        &web,
        &[
            "7070 ESTAB probe > probe 100/50",
            "7070 LISTEN probe > - -",
            "x ESTAB probe > probe 50/100",
        ],
    );
    assert_eq!(seen.network, Network::Own);
    assert_eq!((seen.counts.listening, seen.counts.connected), (1, 2));
    assert!(!seen.uncounted && !seen.search_cut);
    assert_eq!(
        seen.list[0].socket.state,
        SocketState::Listen,
        "what listens is first"
    );
    let client = seen
        .list
        .iter()
        .find(|one| one.socket.local.port() != 7070)
        .unwrap();
    let pid = client.holder.as_ref().unwrap().pid;
    let command = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    assert!(command.contains("calls"), "{command}");
    web.verb(&["stop", "-t", "0"]).ok();
    let error = connections(&fixture, &web).unwrap_err();
    assert!(error.contains("STOPPED"), "{error}");
}

#[test]
fn one_that_joined_anothers_network_says_whose_and_peers_have_names() {
    let fixture = Fixture::new();
    let web = running(&fixture, "web", &[], "serves");
    let client = running(&fixture, "client", &["--net", "container:web"], "calls");
    let seen = shows(
        &fixture,
        &client,
        &[
            "7070 ESTAB probe of web > probe 100/50",
            "7070 LISTEN probe of web > - -",
            "x ESTAB probe > probe of web 50/100",
        ],
    );
    assert!(matches!(seen.network, Network::Of(name) if name.as_str() == "web"));
    let seen = shows(
        &fixture,
        &web,
        &[
            "7070 ESTAB probe > probe of client 100/50",
            "7070 LISTEN probe > - -",
            "x ESTAB probe of client > probe 50/100",
        ],
    );
    assert_eq!(seen.network, Network::Own);
}

#[test]
fn nothing_of_the_hosts_network_is_listed() {
    let fixture = Fixture::new();
    let _listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let open = fixture.detached("open", &["--net", "host", "sleep", "1000"]);
    let joined = fixture.detached("joined", &["--net", "container:open", "sleep", "1000"]);
    for container in [open, joined] {
        let seen = connections(&fixture, &container).unwrap();
        assert_eq!((seen.network, seen.list.len()), (Network::Host, 0));
        let info = container.info();
        assert!(info["usage"]["rx_bytes"].is_null());
        assert!(info["not_available"].to_string().contains("network"));
    }
}

#[test]
fn thousands_of_sockets_are_counted_and_the_first_are_listed() {
    let fixture = Fixture::new();
    let many = running(
        &fixture,
        "many",
        &["--ulimit", "nofile=6000"],
        "listens_on_thousands",
    );
    eventually("all are counted", || {
        connections(&fixture, &many).unwrap().counts.listening == 5_000
    });
    let seen = connections(&fixture, &many).unwrap();
    assert!(
        (100..1_001).contains(&seen.list.len()),
        "{}",
        seen.list.len()
    );
    let held = seen.list.iter().filter(|one| one.holder.is_some()).count();
    assert_eq!(held, seen.list.len(), "their process is found");
}

#[test]
fn what_interfaces_receive_and_send_is_counted_from_the_first_one_on() {
    let fixture = Fixture::new();
    let web = fixture.detached("web", &["sleep", "1000"]);
    let info = web.info();
    assert!(info["usage"]["rx_bytes"].is_null() && info["usage"]["tx_bytes"].is_null());
    let why = info["not_available"].to_string();
    assert!(
        why.contains("no network: it has only its own loopback"),
        "{why}"
    );
    let pid = web.pid().to_string();
    let within = |script: &str| {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &pid, "sh", "-ec", script]);
        finish(&mut command, "").ok()
    };
    within(
        "ip link add one type veth peer name two; ip address add 192.0.2.1/24 dev one
        ip link set one up; ip link set two up",
    );
    // nobody has that address: asking for it is sent by one and received by the other
    within(
        r#"perl -e 'use Socket; socket(S, PF_INET, SOCK_DGRAM, 0);
        send(S, "x", 0, sockaddr_in(9, inet_aton("192.0.2.2")))'"#,
    );
    eventually("both are counted", || {
        let usage = &web.info()["usage"];
        let figure = |field: &str| usage[field].as_u64().unwrap_or(0);
        figure("rx_bytes") > 0 && figure("tx_bytes") > 0
    });
    let text = fixture.minic(&["info", "web"]).ok();
    assert!(text.contains(", received "), "{text}");
}
