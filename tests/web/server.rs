//! [`Server`]: a server of a test's own, and the plainest of clients.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpSocket;

use crate::command::scale;
use crate::fixture::Fixture;

/// A server; killed with -9 when it is dropped.
pub(crate) struct Server {
    pub child: Child,
    pub port: u16,
    pub token: String,
    pub link: String,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Response {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self
            .head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'));
        lines
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .next()
    }

    /// The body, when it is JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body as JSON, when it was answered with `status`.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }
}

impl Server {
    /// A server on sample data.
    #[track_caller]
    pub(crate) fn demo(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minic-tui"));
        // no settings of this machine's
        command
            .args(["--config", "/dev/null", "web", "--demo"])
            .args(args);
        if !args.contains(&"--bind") {
            command.args(["--bind", "127.0.0.1:0"]);
        }
        Self::spawn(&mut command)
    }

    /// A server on the containers of `fixture`.
    #[track_caller]
    pub(crate) fn of(fixture: &Fixture, args: &[&str]) -> Self {
        Self::spawn(
            fixture
                .command(&["--config", "/dev/null", "web", "--bind", "127.0.0.1:0"])
                .args(args),
        )
    }

    /// A server on sample data that listens on a unix socket.
    #[track_caller]
    pub(crate) fn on_socket(path: &std::path::Path, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minic-tui"));
        Self::spawn(
            command
                .args(["--config", "/dev/null", "web", "--demo", "--socket"])
                .arg(path)
                .args(args),
        )
    }

    #[track_caller]
    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let link = line
            .trim()
            .strip_prefix("minic-tui web: ")
            .unwrap_or_else(|| panic!("no link: {line:?}"))
            .to_owned();
        let (address, token) = link.split_once("token=").unwrap();
        let address = address.trim_end_matches(['/', '#', '?']);
        let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
        Self {
            child,
            port,
            token: token.to_owned(),
            link,
        }
    }

    /// The host as a browser names it.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where a page of it comes from.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.host())
    }

    /// Sends these lines as the head of a request and reads the answer to its end.
    #[track_caller]
    pub(crate) fn raw(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut stream = self.connect();
        let mut request = format!(
            "{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        // it may answer, and close, before it has heard everything
        let _ = stream
            .write_all(request.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()));
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("{line}: no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Response {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Asks for a WebSocket, from this address and with these headers beside the usual ones; gives
    /// the first line of the answer.
    pub(crate) fn raw_upgrade(&self, from: [u8; 4], headers: &[(&str, &str)]) -> String {
        let mut stream = self.connect_from(from);
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let usual = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
        write!(
            stream,
            "GET /ws HTTP/1.1\r\nHost: {}\r\n{usual}\r\n{lines}\r\n",
            self.host()
        )
        .unwrap();
        let mut head = String::new();
        BufReader::new(stream).read_line(&mut head).unwrap();
        head
    }

    /// A connection that gives up when nothing comes for a long time.
    pub(crate) fn connect(&self) -> TcpStream {
        patient(TcpStream::connect(self.host()).unwrap())
    }

    /// The same from another address of this machine.
    pub(crate) fn connect_from(&self, address: [u8; 4]) -> TcpStream {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let connected = runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.bind((address, 0).into())?;
            socket
                .connect(([127, 0, 0, 1], self.port).into())
                .await?
                .into_std()
        });
        let stream = connected.unwrap();
        stream.set_nonblocking(false).unwrap();
        patient(stream)
    }

    /// A request as a program sends it: with the token.
    #[track_caller]
    pub(crate) fn ask(&self, line: &str, body: &str) -> Response {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![
            ("Host", self.host()),
            ("Authorization", bearer),
            ("Origin", self.origin()),
        ];
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json".into()));
        }
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.raw(line, &headers, body)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Response {
        self.ask(&format!("GET {path}"), "")
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &str) -> Response {
        self.ask(&format!("POST {path}"), body)
    }
}

fn patient(stream: TcpStream) -> TcpStream {
    stream
        .set_read_timeout(Some(scale(Duration::from_secs(60))))
        .unwrap();
    stream
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
