//! What viewers cost: fifty pages at once on `minic-tui web --demo`, each told what changed at
//! every tick, and how much of a core the server uses for it. `cargo build --release --bins
//! --examples`, then `target/*/release/examples/viewers [VIEWERS] [SECONDS]`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on has failed; it prints its figures"
)]

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket, client};

/// Time in which the first, whole frames are drawn: not what a viewer costs from then on.
const SETTLE: Duration = Duration::from_secs(3);

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| {
        text.parse::<u64>()
            .expect("VIEWERS and SECONDS are numbers")
    });
    let (viewers, seconds) = (numbers.next().unwrap_or(50), numbers.next().unwrap_or(30));
    let program = std::env::current_exe()
        .unwrap()
        .parent()
        .and_then(|folder| folder.parent())
        .map(|folder| folder.join("minic-tui"))
        .unwrap();
    let (server, host, token) = start(&program);
    let idle = share(&server, Duration::from_secs(5));
    let (frames, bytes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    for _ in 0..viewers {
        let mut page = open(&host, &token);
        let (frames, bytes) = (Arc::clone(&frames), Arc::clone(&bytes));
        thread::spawn(move || {
            while let Ok(message) = page.read() {
                if let Message::Text(text) = message {
                    frames.fetch_add(1, Ordering::Relaxed);
                    bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
                }
            }
        });
    }
    thread::sleep(SETTLE);
    let before = (
        frames.load(Ordering::Relaxed),
        bytes.load(Ordering::Relaxed),
    );
    let used = share(&server, Duration::from_secs(seconds));
    let (drawn, sent) = (
        frames.load(Ordering::Relaxed) - before.0,
        bytes.load(Ordering::Relaxed) - before.1,
    );
    let each = |n: u64| n as f64 / (viewers * seconds) as f64;
    println!(
        "{viewers} viewers at 120x40, {seconds} s: {:.2} % of a core ({:.2} % with none); {:.2} frames and {:.0} bytes a second each",
        used * 100.0,
        idle * 100.0,
        each(drawn),
        each(sent)
    );
    let mut server = server;
    server.kill().unwrap();
    server.wait().unwrap();
}

fn start(program: &PathBuf) -> (Child, String, String) {
    let mut child = Command::new(program)
        .args([
            "--config",
            "/dev/null",
            "web",
            "--demo",
            "--bind",
            "127.0.0.1:0",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "{}: {error}; build it first: cargo build --release --bins --examples",
                program.display()
            )
        });
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let (address, token) = line
        .trim()
        .strip_prefix("minic-tui web: http://")
        .and_then(|link| link.split_once("/#token="))
        .unwrap();
    (child, address.to_owned(), token.to_owned())
}

fn open(host: &str, token: &str) -> WebSocket<TcpStream> {
    let mut request = format!("ws://{host}/ws?size=120x40")
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("Authorization", format!("Bearer {token}").parse().unwrap());
    request
        .headers_mut()
        .insert("Origin", format!("http://{host}").parse().unwrap());
    client(request, TcpStream::connect(host).unwrap())
        .unwrap()
        .0
}

/// The share of a core that `server` uses over `time`: its user and system time (proc(5), fields 14
/// and 15).
fn share(server: &Child, time: Duration) -> f64 {
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap();
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .unwrap()
            .1
            .split_whitespace()
            .collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let (before, begun) = (ticks(), Instant::now());
    thread::sleep(time);
    let per_second = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK)
        .unwrap()
        .unwrap();
    (ticks() - before) as f64 / per_second as f64 / begun.elapsed().as_secs_f64()
}
