//! Running the binary with an environment of its own, as root or as nobody.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// How it ended and what it said.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Its standard output, when it ended well and said nothing else.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        self.stdout
    }

    /// What its one line on standard error says after the program's name, when it ended with
    /// `code`.
    #[track_caller]
    pub(crate) fn refused(self, code: i32) -> String {
        assert_eq!(
            (self.code, self.stdout.as_str()),
            (Some(code), ""),
            "{self:?}"
        );
        assert_eq!(self.stderr.lines().count(), 1, "one line says it: {self:?}");
        let line = self.stderr.trim_end().strip_prefix("minic-tui: ");
        line.unwrap_or_else(|| panic!("it begins with our name: {self:?}"))
            .to_owned()
    }
}

/// The binary, not yet started, with nothing of our environment that it reads and no terminal.
pub(crate) fn command(args: &[&str]) -> Command {
    prepared(Path::new(env!("CARGO_BIN_EXE_minic-tui")), args)
}

fn prepared(binary: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command
        .args(args)
        .stdin(Stdio::null())
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    command
}

#[track_caller]
pub(crate) fn finish(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs it to its end.
#[track_caller]
pub(crate) fn minic(args: &[&str]) -> Outcome {
    finish(&mut command(args))
}

/// Runs it as a user without any right, from a folder that such a user can reach.
#[track_caller]
pub(crate) fn as_nobody(args: &[&str]) -> Outcome {
    const NOBODY: u32 = 65534;
    let folder = Folder::new();
    let copy = folder.path().join("minic-tui");
    // by a process of its own: a descriptor of ours open for writing could slip into another test's
    // child and keep the file busy
    let copied = Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_minic-tui"))
        .arg(&copy)
        .status()
        .unwrap();
    assert!(copied.success());
    for path in [folder.path(), &copy] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = prepared(&copy, args);
    if nix::unistd::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    finish(command.current_dir("/"))
}

/// A folder that goes with its test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "minic-cli-{}-{:03}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A file in it; its path as text.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
