//! [`Chromium`]: Chromium without a window, driven over the DevTools protocol through two
//! pipes (`--remote-debugging-pipe`: descriptors 3 and 4, messages end in a NUL). One browser at a
//! time: they are not small.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use serde_json::{Value, json};

use crate::command::scale;

static ONE: Mutex<()> = Mutex::new(());

/// What a call may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
pub(crate) struct Chromium {
    child: Child,
    folder: PathBuf,
    up: File,
    down: Receiver<Value>,
    session: Option<String>,
    count: u64,
    _one: MutexGuard<'static, ()>,
}

impl Chromium {
    /// Starts it, with a page of this size that is empty yet.
    #[track_caller]
    pub(crate) fn start(width: u32, height: u32) -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder =
            std::env::temp_dir().join(format!("chromium-{}-{width}x{height}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        let ((from_us, up), (down, to_us)) = (pipe(), pipe());
        let (from_us, to_us) = (inherited(from_us), inherited(to_us));
        // the shell puts the pipes where Chromium looks for them: no code runs between fork and
        // exec here
        let script = format!(
            "exec 3<&{0} 4>&{1} {0}<&- {1}>&-; exec \"$(command -v chromium chromium-browser | head -n 1)\" \"$@\"",
            from_us, to_us
        );
        let child = Command::new("bash")
            .args([
                "-c",
                &script,
                "bash",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
            ])
            .args([
                "--remote-debugging-pipe",
                &format!("--user-data-dir={}", folder.display()),
                &format!("--window-size={width},{height}"),
            ])
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests of the page need bash and chromium: apt-get install chromium");
        for end in [from_us, to_us] {
            nix::unistd::close(end).unwrap();
        }
        let (sender, messages) = channel();
        thread::spawn(move || {
            for message in BufReader::new(File::from(down))
                .split(0)
                .map_while(Result::ok)
            {
                if sender
                    .send(serde_json::from_slice(&message).unwrap())
                    .is_err()
                {
                    return;
                }
            }
        });
        let mut browser = Self {
            child,
            folder,
            up: File::from(up),
            down: messages,
            session: None,
            count: 0,
            _one: one,
        };
        let target =
            browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let session = browser.call(
            "Target.attachToTarget",
            json!({"targetId": target, "flatten": true}),
        )["sessionId"]
            .clone();
        browser.session = session.as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable"] {
            browser.call(domain, json!({}));
        }
        browser
    }

    /// Makes it a phone: a small, dense, touched page.
    #[track_caller]
    pub(crate) fn be_a_phone(&mut self) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": 390, "height": 800, "deviceScaleFactor": 2, "mobile": true}),
        );
        self.call(
            "Emulation.setTouchEmulationEnabled",
            json!({"enabled": true}),
        );
    }

    /// Calls a method of the protocol and gives its result.
    #[track_caller]
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.count += 1;
        let mut message = json!({"id": self.count, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.up.write_all(&bytes).unwrap();
        let deadline = Instant::now() + scale(PATIENCE);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = self
                .down
                .recv_timeout(left)
                .unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["method"] == "Runtime.exceptionThrown" {
                panic!("a script of the page failed: {}", answer["params"]);
            }
            if answer["id"] == self.count {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    #[track_caller]
    pub(crate) fn open(&mut self, link: &str) {
        self.call("Page.navigate", json!({ "url": link }));
    }

    /// What a script in the page gives.
    #[track_caller]
    pub(crate) fn script(&mut self, script: &str) -> Value {
        let result = self.call(
            "Runtime.evaluate",
            json!({"expression": script, "returnByValue": true, "awaitPromise": true}),
        );
        assert!(
            result.get("exceptionDetails").is_none(),
            "{script}: {result}"
        );
        result["result"]["value"].clone()
    }

    /// What can be read, and selected, on the page.
    #[track_caller]
    pub(crate) fn text(&mut self) -> String {
        let text = self.script(
            "[...document.querySelectorAll('#text div')].map((row) => row.textContent).join('\\n')",
        );
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows what is asked for; gives it.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, shows: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + scale(PATIENCE);
        loop {
            let text = self.text();
            if shows(&text) {
                return text;
            }
            assert!(Instant::now() < deadline, "never shown: {what}\n{text}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until a script gives true.
    #[track_caller]
    pub(crate) fn until_true(&mut self, script: &str) {
        let deadline = Instant::now() + scale(PATIENCE);
        while self.script(script) != true {
            assert!(
                Instant::now() < deadline,
                "never true: {script}\n{}",
                self.text()
            );
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Presses a key, as the keyboard would: `key` is its name in the DOM.
    #[track_caller]
    pub(crate) fn press(&mut self, key: &str) {
        self.press_with(key, 0);
    }

    /// Presses a key with modifiers held: 1 Alt, 2 Control, 4 Meta, 8 Shift.
    #[track_caller]
    pub(crate) fn press_with(&mut self, key: &str, modifiers: u8) {
        let mut down = json!({"type": "rawKeyDown", "key": key, "modifiers": modifiers});
        if key.chars().count() == 1 && modifiers & 7 == 0 {
            down["type"] = json!("keyDown");
            down["text"] = json!(key);
        }
        self.call("Input.dispatchKeyEvent", down);
        self.call(
            "Input.dispatchKeyEvent",
            json!({"type": "keyUp", "key": key, "modifiers": modifiers}),
        );
    }

    /// Types a text, key by key.
    #[track_caller]
    pub(crate) fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.press(&c.to_string());
        }
    }

    /// The mouse at a point of the page: `mousePressed`, `mouseMoved` or `mouseReleased`.
    #[track_caller]
    pub(crate) fn mouse(&mut self, kind: &str, (x, y): (f64, f64), modifiers: u8) {
        self.call(
            "Input.dispatchMouseEvent",
            json!({"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1, "modifiers": modifiers}),
        );
    }

    /// Where `word` is drawn on the page.
    #[track_caller]
    pub(crate) fn place_of(&mut self, word: &str) -> (f64, f64) {
        let text = self.until(word, |text| text.contains(word));
        let (row, line) = text
            .lines()
            .enumerate()
            .find(|(_, line)| line.contains(word))
            .unwrap();
        let column = line[..line.find(word).unwrap()].chars().count();
        let size = self.script("(() => { const c = document.querySelector('#cells').getBoundingClientRect(); const rows = document.querySelectorAll('#text div').length; return [c.left, c.top, c.width, c.height / rows, document.querySelector('#cells').width]; })()");
        let number = |i: usize| size[i].as_f64().unwrap();
        let columns = self
            .script("Number(document.querySelector('#cells').dataset.columns)")
            .as_f64()
            .unwrap();
        (
            number(0) + (column as f64 + 0.5) * number(2) / columns,
            number(1) + (row as f64 + 0.5) * number(3),
        )
    }

    /// A picture of the page, as PNG.
    #[track_caller]
    pub(crate) fn picture(&mut self) -> Vec<u8> {
        let data = self.call("Page.captureScreenshot", json!({"format": "png"}))["data"].clone();
        base64(data.as_str().unwrap())
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // its helpers go when it is gone, and write until then
        for _ in 0..50 {
            if std::fs::remove_dir_all(&self.folder).is_ok() || !self.folder.exists() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// A pipe that no child inherits.
fn pipe() -> (OwnedFd, OwnedFd) {
    nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap()
}

/// The same end for a child, under a number that is in nobody's way.
fn inherited(end: OwnedFd) -> i32 {
    fcntl(&end, FcntlArg::F_DUPFD(200)).unwrap()
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|c| *c != b'=').map(digit).collect();
    let group = |four: &[u8]| {
        let bits = four
            .iter()
            .fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit))
            << (6 * (4 - four.len()));
        bits.to_be_bytes()[1..four.len()].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}
