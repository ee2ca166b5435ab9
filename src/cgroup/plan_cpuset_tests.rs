//! CPUs that the host has, and those that it does not have.

use std::fs;
use std::path::PathBuf;

use super::super::plan::Write;
use super::has_cpus;
use crate::cgroup::{Layout, plan};
use crate::spec::Limits;

/// A folder in place of a cpuset tree, gone when the test is over.
struct Tree(PathBuf);

impl Tree {
    fn new(name: &str, file: &str) -> Self {
        let path = std::env::temp_dir().join(format!("minic-cpus-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join(file), "0-1,4\n").unwrap();
        Self(path)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn cpus(list: &str) -> Limits {
    Limits {
        cpuset: Some(list.into()),
        ..Limits::default()
    }
}

fn written(writes: &[Write]) -> Vec<String> {
    let word = |write: &Write| format!("{}={}", write.file, write.value);
    writes.iter().map(word).collect()
}

#[test]
fn lists_of_cpus_are_compared() {
    for asked in ["0", "0-1", "4", "0,4", "1,0-1,4-4"] {
        assert!(has_cpus("0-1,4", asked), "{asked}");
    }
    for asked in ["2", "0-2", "0-4", "5", "0,8191"] {
        assert!(!has_cpus("0-1,4", asked), "{asked}");
    }
}

#[test]
fn cpus_that_the_host_does_not_have_are_refused() {
    let (old, new) = (
        Tree::new("v1", "cpuset.cpus"),
        Tree::new("v2", "cpuset.cpus.effective"),
    );
    let root = "1 0 0:1 / / rw - ext4 d rw\n";
    let at =
        |tree: &Tree, kind: &str| format!("{root}2 1 0:2 / {} rw - {kind}\n", tree.0.display());
    let v1 = Layout::parse(&at(&old, "cgroup c rw,cpuset"), "", &|_| None).unwrap();
    let v2 = Layout::parse(&at(&new, "cgroup2 c rw"), "0::/\n", &|_| {
        Some("cpuset".into())
    })
    .unwrap();
    let none = Limits::default();
    for layout in [&v1, &v2] {
        let error = plan(&cpus("0-9"), &none, layout, false).unwrap_err();
        assert_eq!(
            error.to_string(),
            "--cpuset-cpus: this host has CPUs 0-1,4, not all of 0-9; name some of those"
        );
        let skipping = plan(&cpus("0-9"), &none, layout, true).unwrap();
        assert_eq!((skipping.writes.len(), skipping.skipped.len()), (0, 1));
        let given = plan(&cpus("1,4"), &none, layout, false).unwrap();
        assert_eq!(written(&given.writes), ["cpuset.cpus=1,4"]);
    }
    let lifted = |layout| written(&plan(&none, &cpus("1"), layout, false).unwrap().writes);
    assert_eq!(lifted(&v1), ["cpuset.cpus=0-1,4"]);
    assert_eq!(lifted(&v2), ["cpuset.cpus="]);
}
