//! Running a command to its end, or to its deadline.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How much longer than on a real machine everything takes here; an emulated one sets
/// `MINIC_TEST_SCALE`.
pub(crate) fn scale(wait: Duration) -> Duration {
    let factor = std::env::var("MINIC_TEST_SCALE")
        .ok()
        .and_then(|text| text.parse::<u32>().ok());
    wait * factor.unwrap_or(1)
}

/// Says that a test tries nothing, past libtest, which keeps what a test that passes prints; `.ci/run`
/// lists it.
pub(crate) fn not_tried(why: &str) {
    let _ = writeln!(std::io::stderr(), "not tried: {why}");
}

/// Asks until the answer is yes, or until waiting has no sense any more.
pub(crate) fn comes_true(mut ask: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + scale(Duration::from_secs(60));
    loop {
        if ask() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the answer is yes; fails with `what` when it never is.
#[track_caller]
pub(crate) fn eventually(what: &str, ask: impl FnMut() -> bool) {
    assert!(comes_true(ask), "never came true: {what}");
}

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Its standard output, when it ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// Its one line on standard error, when it ended with `code` and said nothing else.
    #[track_caller]
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(
            (self.code, self.stdout.as_str()),
            (Some(code), ""),
            "{self:?}"
        );
        assert_eq!(self.stderr.lines().count(), 1, "one line says it: {self:?}");
        self.stderr
    }
}

/// Runs `command` with `input` on its standard input. It is killed, and the test fails, when it
/// does not end.
#[track_caller]
pub(crate) fn finish(command: &mut Command, input: &str) -> Outcome {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // it may end without reading: a broken pipe is its business
    thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let stdout = drain(child.stdout.take().unwrap());
    let stderr = drain(child.stderr.take().unwrap());
    let code = wait(&mut child, &format!("{command:?}"));
    // a process that was given the caller's output and lives on would keep it open
    let all_of = |output: mpsc::Receiver<String>| {
        let text = output.recv_timeout(scale(Duration::from_secs(20)));
        text.unwrap_or_else(|_| panic!("its output stays open after its end: {command:?}"))
    };
    Outcome {
        code,
        stdout: all_of(stdout),
        stderr: all_of(stderr),
    }
}

/// Waits for `child`; kills it and fails at the deadline.
#[track_caller]
pub(crate) fn wait(child: &mut Child, what: &str) -> Option<i32> {
    let deadline = Instant::now() + scale(Duration::from_secs(60));
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("does not end: {what}");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn drain(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (told, output) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        let _ = told.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    output
}
