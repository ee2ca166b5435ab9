//! [`Server`]: a server of a test's own, and the plainest of clients.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::command::scale;
use crate::fixture::Fixture;

/// A server; killed with -9 when it is dropped.
pub struct Server {
    pub child: Child,
    pub port: u16,
    pub token: String,
    pub link: String,
}

/// What was answered.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }

    /// The body, when it is JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body as JSON, when it was answered with `status`.
    #[track_caller]
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }
}

impl Server {
    /// A server on made data.
    #[track_caller]
    pub fn demo(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minic-tui"));
        // no settings of this machine's
        command.args(["--config", "/dev/null", "web", "--demo"]).args(args);
        if !args.contains(&"--bind") {
            command.args(["--bind", "127.0.0.1:0"]);
        }
        Self::spawn(&mut command)
    }

    /// A server on the containers of `fixture`.
    #[track_caller]
    pub fn of(fixture: &Fixture, args: &[&str]) -> Self {
        Self::spawn(fixture.command(&["--config", "/dev/null", "web", "--bind", "127.0.0.1:0"]).args(args))
    }

    #[track_caller]
    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let link = line.trim().strip_prefix("minic-tui web: ").unwrap_or_else(|| panic!("no link: {line:?}")).to_owned();
        let (address, token) = link.split_once("/?token=").unwrap();
        let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
        Self { child, port, token: token.to_owned(), link }
    }

    /// The host as a browser names it.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Sends these lines as the head of a request and reads the answer to its end.
    #[track_caller]
    pub fn raw(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut stream = self.connect();
        let mut request = format!("{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        // it may answer, and close, before it has heard everything
        let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{line}: no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Response { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Asks for a WebSocket; gives the head of the answer.
    pub fn raw_upgrade(&self, headers: &[(&str, &str)]) -> String {
        let mut stream = self.connect();
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(stream, "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\n{lines}\r\n").unwrap();
        let mut head = String::new();
        BufReader::new(stream).read_line(&mut head).unwrap();
        head
    }

    /// A connection that gives up when nothing comes for a long time.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(scale(Duration::from_secs(60)))).unwrap();
        stream
    }

    /// A request as a program sends it: with the token.
    #[track_caller]
    pub fn ask(&self, line: &str, body: &str) -> Response {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("Host", self.host()), ("Authorization", bearer)];
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json".into()));
        }
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.raw(line, &headers, body)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        self.ask(&format!("GET {path}"), "")
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &str) -> Response {
        self.ask(&format!("POST {path}"), body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
