//! The files of this repository.

use std::path::Path;
use std::process::Command;

/// The files of this repository, those that are new among them.
pub(crate) fn tracked() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let trusted = format!("safe.directory={}", root.display()); // the clone may belong to someone else than root
    let git = Command::new("git")
        .args([
            "-c",
            &trusted,
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(
        git.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&git.stderr)
    );
    let listed = String::from_utf8(git.stdout).unwrap();
    listed
        .split_terminator('\0')
        .filter(|path| root.join(path).exists())
        .map(str::to_owned)
        .collect()
}

/// The files that `chosen` picks, each with its text.
pub(crate) fn contents(chosen: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: String| {
        let bytes = std::fs::read(root.join(&path)).unwrap();
        (path, String::from_utf8_lossy(&bytes).into_owned())
    };
    let paths = tracked().into_iter().filter(|path| chosen(path));
    paths.map(read).collect()
}
