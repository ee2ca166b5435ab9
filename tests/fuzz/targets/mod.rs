//! What is fuzzed: everything that reads bytes of unknown origin. Each target is a function of any bytes that panics when a promise breaks.

mod cgroups;
mod disk;
mod protocol;
mod screen;
mod settings;
mod words;

/// A target and the name of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("cgroup-files", cgroups::files),
    ("config", settings::config),
    ("events", disk::events),
    ("keymap", settings::keymap),
    ("log", disk::log),
    ("mountinfo", cgroups::mountinfo),
    ("protocol", protocol::frames),
    ("record", disk::record),
    ("request", settings::request),
    ("screen", screen::played),
    ("seccomp", settings::seccomp),
    ("terminal", protocol::terminal),
    ("text", words::text),
    ("theme", settings::theme),
    ("words", words::words),
];

/// The bytes as the texts that NULs separate, at least `N` of them; what is not UTF-8 is replaced.
fn texts<const N: usize>(data: &[u8]) -> [String; N] {
    let mut parts = data.splitn(N, |byte| *byte == 0);
    std::array::from_fn(|_| String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned())
}

/// A file that holds `data` and has no name; it is gone when it is dropped.
struct Nameless(std::fs::File);

impl Nameless {
    fn new(data: &[u8]) -> Self {
        use std::io::Write;
        let file = nix::sys::memfd::memfd_create(c"fuzz", nix::sys::memfd::MFdFlags::MFD_CLOEXEC).expect("memfd_create(2)");
        let mut file = std::fs::File::from(file);
        file.write_all(data).expect("memory holds it");
        Self(file)
    }

    /// The path that opens it.
    fn path(&self) -> std::path::PathBuf {
        use std::os::fd::AsRawFd;
        format!("/proc/self/fd/{}", self.0.as_raw_fd()).into()
    }
}

/// Nothing in `text` can drive a terminal.
#[track_caller]
fn harmless(text: &str) {
    assert!(!text.chars().any(|c| c.is_control()), "{text:?}");
}
