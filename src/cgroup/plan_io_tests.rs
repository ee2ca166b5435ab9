//! Rates of a device: given, changed and given up, on v1 and on v2.

use std::path::PathBuf;

use nix::sys::stat::{Mode, SFlag, makedev, mknod};

use crate::cgroup::{Layout, plan};
use crate::spec::{IoLimit, Limits};

/// A node of a block device that need not be there, gone when the test is over.
struct Node(PathBuf);

impl Node {
    fn new(name: &str, minor: u64) -> Self {
        let path = std::env::temp_dir().join(format!("minic-io-{}-{name}", std::process::id()));
        let mode = Mode::from_bits_truncate(0o600);
        mknod(&path, SFlag::S_IFBLK, mode, makedev(7, minor)).unwrap();
        Self(path)
    }

    fn limits(&self, read_bps: Option<u64>, write_iops: Option<u64>) -> Limits {
        let io = IoLimit {
            device: self.0.to_str().unwrap().to_owned(),
            read_bps,
            write_iops,
            ..IoLimit::default()
        };
        Limits {
            io: vec![io],
            ..Limits::default()
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn layouts() -> [Layout; 2] {
    let root = "1 0 0:1 / / rw - ext4 d rw\n";
    let v1 = format!("{root}2 1 0:2 / /c/blkio rw - cgroup c rw,blkio\n");
    let v2 = format!("{root}2 1 0:2 / /c rw - cgroup2 c rw\n");
    [
        Layout::parse(&v1, "", &|_| None).unwrap(),
        Layout::parse(&v2, "0::/\n", &|_| Some("io".into())).unwrap(),
    ]
}

/// What is written on v1 and on v2, as `file=value`.
fn written(limits: &Limits, current: &Limits) -> [Vec<String>; 2] {
    layouts().map(|layout| {
        let plan = plan(limits, current, &layout, false).unwrap();
        let word = |write: &super::super::plan::Write| format!("{}={}", write.file, write.value);
        plan.writes.iter().map(word).collect()
    })
}

#[test]
fn a_rate_that_changes_is_written() {
    let node = Node::new("changed", 77);
    let (before, after) = (
        node.limits(Some(1_000), Some(5)),
        node.limits(Some(2_000), None),
    );
    let v1 = [
        "blkio.throttle.read_bps_device=7:77 2000",
        "blkio.throttle.write_bps_device=7:77 0",
        "blkio.throttle.read_iops_device=7:77 0",
        "blkio.throttle.write_iops_device=7:77 0",
    ];
    let v2 = ["io.max=7:77 rbps=2000 wbps=max riops=max wiops=max"];
    assert_eq!(
        written(&after, &before),
        [v1.map(String::from).to_vec(), v2.map(String::from).to_vec()]
    );
    assert_eq!(
        written(&after, &after),
        [Vec::<String>::new(), Vec::new()],
        "what stays is not written"
    );
}

#[test]
fn a_rate_that_is_given_up_is_lifted() {
    let (kept, gone) = (Node::new("kept", 77), Node::new("gone", 78));
    let (both, one) = (
        kept.limits(Some(1), None),
        gone.limits(Some(1_000), Some(5)),
    );
    let both = Limits {
        io: [both.io, one.io].concat(),
        ..Limits::default()
    };
    let [v1, v2] = written(&kept.limits(Some(1), None), &both);
    assert_eq!(v2, ["io.max=7:78 rbps=max wbps=max riops=max wiops=max"]);
    assert_eq!(v1.len(), 4, "{v1:?}");
    assert!(v1.iter().all(|write| write.ends_with("=7:78 0")), "{v1:?}");
    let [v1, v2] = written(&Limits::default(), &both);
    assert_eq!((v1.len(), v2.len()), (8, 2), "{v1:?} {v2:?}");
}
