//! What is fuzzed: everything that reads bytes of unknown origin. Each target is a function of any
//! bytes that panics when a promise breaks.

mod cgroups;
mod disk;
mod protocol;
mod screen;
mod settings;
mod words;

/// A target and the name of its corpus.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Every target.
pub(crate) const TARGETS: &[Target] = &[
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

/// A file in memory that holds `data`; it is gone when it is dropped. One without a name would be
/// opened by a link, which a log or the events must not be.
struct InMemory(std::path::PathBuf);

impl InMemory {
    fn new(data: &[u8]) -> Self {
        static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::path::PathBuf::from(format!(
            "/dev/shm/minic-fuzz-{}-{number}",
            std::process::id()
        ));
        std::fs::write(&path, data).expect("memory holds it");
        Self(path)
    }

    /// The path that opens it.
    fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for InMemory {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Nothing in `text` can drive a terminal.
#[track_caller]
fn harmless(text: &str) {
    assert!(!text.chars().any(|c| c.is_control()), "{text:?}");
}
