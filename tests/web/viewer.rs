//! [`Viewer`]: a page's end of the WebSocket, without a browser: it puts frames together to a
//! screen of text.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket, client};

use crate::command::scale;
use crate::server::Server;

/// A page without a browser.
pub(crate) struct Viewer {
    socket: WebSocket<TcpStream>,
    /// What it was told first.
    pub hello: Value,
    /// What ended it.
    pub left: Option<Value>,
    /// How many frames came.
    pub frames: usize,
    rows: Vec<Vec<String>>,
}

impl Viewer {
    /// Opens the screen of `server` at this size.
    #[track_caller]
    pub(crate) fn open(server: &Server, width: u16, height: u16) -> Self {
        Self::open_from(server, [127, 0, 0, 1], width, height)
    }

    /// The same from another address of this machine.
    #[track_caller]
    pub(crate) fn open_from(server: &Server, from: [u8; 4], width: u16, height: u16) -> Self {
        let mut request = format!("ws://{}/ws?size={width}x{height}", server.host())
            .into_client_request()
            .unwrap();
        request.headers_mut().insert(
            "Authorization",
            format!("Bearer {}", server.token).parse().unwrap(),
        );
        request
            .headers_mut()
            .insert("Origin", server.origin().parse().unwrap());
        let (socket, _) = client(request, server.connect_from(from)).unwrap();
        socket
            .get_ref()
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        Self {
            socket,
            hello: Value::Null,
            left: None,
            frames: 0,
            rows: Vec::new(),
        }
    }

    pub(crate) fn say(&mut self, said: &Value) {
        self.socket.send(Message::text(said.to_string())).unwrap();
    }

    pub(crate) fn key(&mut self, key: &str) {
        self.say(&json!({ "key": key }));
    }

    /// Takes what has come; `false` when the connection is over.
    pub(crate) fn read(&mut self) -> bool {
        match self.socket.read() {
            Ok(Message::Text(text)) => {
                let told: Value = serde_json::from_str(&text).unwrap();
                if let Some(frame) = told.get("frame") {
                    self.apply(frame);
                } else if let Some(hello) = told.get("hello") {
                    self.hello = hello.clone();
                } else if let Some(left) = told.get("left") {
                    self.left = Some(left.clone());
                }
                true
            }
            Ok(Message::Close(_)) => false,
            Ok(_) => true,
            Err(tungstenite::Error::Io(error)) => {
                [std::io::ErrorKind::WouldBlock, std::io::ErrorKind::TimedOut]
                    .contains(&error.kind())
            }
            Err(_) => false,
        }
    }

    fn apply(&mut self, frame: &Value) {
        self.frames += 1;
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let (width, height) = (number(&frame["size"][0]), number(&frame["size"][1]));
        if frame["whole"] == true {
            self.rows = vec![vec![" ".into(); width]; height];
        }
        assert_eq!(
            (self.rows.len(), self.rows[0].len()),
            (height, width),
            "another size comes with a whole frame"
        );
        for run in frame["runs"].as_array().unwrap() {
            let (x, y, text) = (number(&run[0]), number(&run[1]), run[5].as_str().unwrap());
            match run.get(6) {
                Some(_) => self.rows[y][x] = text.to_owned(),
                None => text
                    .chars()
                    .enumerate()
                    .for_each(|(i, c)| self.rows[y][x + i] = c.to_string()),
            }
        }
    }

    /// The screen as text.
    pub(crate) fn text(&self) -> String {
        self.rows
            .iter()
            .map(|row| row.concat().trim_end().to_owned() + "\n")
            .collect()
    }

    /// Reads until the screen shows what is asked for; gives it.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, shows: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + scale(Duration::from_secs(60));
        loop {
            let text = self.text();
            if shows(&text) {
                return text;
            }
            assert!(
                self.read(),
                "it ended while {what} was waited for: {:?}\n{text}",
                self.left
            );
            assert!(Instant::now() < deadline, "never shown: {what}\n{text}");
        }
    }

    /// Reads until it is over.
    #[track_caller]
    pub(crate) fn until_over(&mut self) {
        let deadline = Instant::now() + scale(Duration::from_secs(60));
        while self.read() {
            assert!(
                Instant::now() < deadline,
                "it is not over:\n{}",
                self.text()
            );
        }
    }
}
