//! Control groups: the controllers, their version, and which of their files this kernel has.

use std::fs;
use std::path::{Path, PathBuf};

use super::Finding;
use crate::cgroup::{CgroupError, Controller, Layout, Version};

/// Each controller: its row, whether it is required, and the consequence without it.
const CONTROLLERS: [(Controller, &str, bool, &str); 6] = [
    (
        Controller::Cpu,
        "cgroup cpu",
        true,
        "CPU time cannot be limited",
    ),
    (
        Controller::Memory,
        "cgroup memory",
        true,
        "memory cannot be limited, and its use cannot be shown",
    ),
    (
        Controller::Pids,
        "cgroup pids",
        false,
        "the number of processes cannot be limited",
    ),
    (
        Controller::Io,
        "cgroup io",
        false,
        "block device traffic can be neither limited nor shown",
    ),
    (
        Controller::Cpuset,
        "cgroup cpuset",
        false,
        "containers cannot be kept on chosen cores",
    ),
    (
        Controller::Freezer,
        "cgroup freezer",
        false,
        "containers cannot be paused",
    ),
];

/// All findings, using a temporary cgroup.
pub(super) fn findings() -> Vec<Finding> {
    look(|layout| {
        Trees::new(
            layout,
            layout.v2().and_then(|v2| EmptyCgroup::make(&v2.mount)),
        )
    })
}

/// All findings that existing cgroups show.
pub(super) fn facts() -> Vec<Finding> {
    look(|layout| Trees::new(layout, None))
}

fn look(trees: impl Fn(&Layout) -> Trees) -> Vec<Finding> {
    match Layout::detect() {
        Ok(layout) => {
            let trees = trees(&layout);
            let figures = [
                swap(&layout, &trees),
                memory_peak(&layout, &trees),
                pressure(&trees),
                kill(&trees),
            ];
            controllers(&layout)
                .into_iter()
                .chain(figures.into_iter().flatten())
                .collect()
        }
        Err(error) => vec![no_cgroups(error)],
    }
}

fn no_cgroups(error: CgroupError) -> Finding {
    let finding = Finding::missing(
        "cgroups",
        error.to_string(),
        "containers can be neither limited nor watched: none is started",
    );
    match error.hint {
        Some(hint) => finding.fix(hint),
        None => finding,
    }
}

fn controllers(layout: &Layout) -> Vec<Finding> {
    let mounts: Vec<String> = layout
        .v2()
        .map(|h| format!("v2 at {}", h.mount.display()))
        .into_iter()
        .collect();
    let mode = match (layout.mode().as_str(), mounts.first()) {
        ("v1", _) => "v1, a tree for each controller".to_owned(),
        ("hybrid", Some(v2)) => format!("hybrid: controllers on v1, {v2}"),
        (_, Some(v2)) => v2.clone(),
        (word, None) => word.to_owned(),
    };
    let mut findings = vec![Finding::good("cgroups", mode)];
    findings.extend(
        CONTROLLERS
            .into_iter()
            .map(|(controller, what, needed, consequence)| {
                let lacking = layout
                    .missing()
                    .iter()
                    .find(|missing| missing.figure == controller.word());
                match (lacking, layout.hierarchy(controller)) {
                    (None, Some(tree)) => {
                        let version = if tree.version == Version::V1 {
                            "v1"
                        } else {
                            "v2"
                        };
                        Finding::good(what, format!("{version} at {}", tree.mount.display()))
                    }
                    (lacking, _) => {
                        let reason = lacking
                            .map_or("not in any mounted tree", |missing| missing.reason.as_str());
                        let (reason, fix) = split_fix(reason);
                        let finding = if needed {
                            Finding::missing
                        } else {
                            Finding::limited
                        };
                        let finding = finding(what, reason, consequence);
                        match fix {
                            Some(fix) => finding.fix(fix),
                            None => finding.fix("boot a kernel that supports it"),
                        }
                    }
                }
            }),
    );
    findings
}

/// Splits a reason of the cgroup layer into problem and fix, separated by `;` or `: boot`.
fn split_fix(reason: &str) -> (&str, Option<&str>) {
    let boot = reason
        .find(": boot ")
        .map(|at| (&reason[..at], &reason[at + 2..]));
    match reason.split_once("; ").or(boot) {
        Some((what, fix)) => (what, Some(fix)),
        None => (reason, None),
    }
}

/// Cgroups in which to look for a container's files; the root of a v2 tree has few of them.
struct Trees {
    v2: Option<Vec<PathBuf>>,
    _empty: Option<EmptyCgroup>,
}

impl Trees {
    fn new(layout: &Layout, empty: Option<EmptyCgroup>) -> Self {
        let Some(v2) = layout.v2() else {
            return Self {
                v2: None,
                _empty: None,
            };
        };
        // the root has not the files that every other one has
        let own = v2
            .own
            .as_deref()
            .map(|own| own.trim_matches('/'))
            .filter(|own| !own.is_empty())
            .map(|own| v2.mount.join(own));
        let below = fs::read_dir(&v2.mount).into_iter().flatten().flatten();
        let below = below
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| entry.path());
        let folders = empty
            .iter()
            .map(|cgroup| cgroup.0.clone())
            .chain(own)
            .chain(below);
        Self {
            v2: Some(folders.collect()),
            _empty: empty,
        }
    }

    /// Whether v2 cgroups that have `marker` also have `file`; `None` without a v2 tree or such a
    /// cgroup.
    fn v2_has(&self, marker: &str, file: &str) -> Option<bool> {
        let folder = self
            .v2
            .as_deref()?
            .iter()
            .find(|folder| folder.join(marker).exists())?;
        Some(folder.join(file).exists())
    }
}

/// A cgroup without processes and limits, removed when dropped.
struct EmptyCgroup(PathBuf);

impl EmptyCgroup {
    fn make(mount: &Path) -> Option<Self> {
        let path = mount.join(format!("minic-check-{}", std::process::id()));
        fs::create_dir(&path).ok()?;
        Some(Self(path))
    }
}

impl Drop for EmptyCgroup {
    fn drop(&mut self) {
        // best effort: it is empty and ours
        let _ = fs::remove_dir(&self.0);
    }
}

/// Whether the memory controller accounts swap.
fn swap(layout: &Layout, trees: &Trees) -> Option<Finding> {
    let tree = layout.hierarchy(Controller::Memory)?;
    let counted = match tree.version {
        Version::V1 => tree.mount.join("memory.memsw.limit_in_bytes").exists(),
        Version::V2 => trees.v2_has("memory.max", "memory.swap.max")?,
    };
    let swaps = fs::read_to_string("/proc/swaps").unwrap_or_default();
    Some(judge_swap(counted, swaps.lines().count() > 1))
}

/// Without any swap, accounting does not matter.
fn judge_swap(counted: bool, has_swap: bool) -> Finding {
    let what = "swap accounting";
    let host = if has_swap {
        "this host has swap"
    } else {
        "this host has no swap"
    };
    if counted {
        return Finding::good(what, format!("counted; {host}"));
    }
    let consequence = if has_swap {
        "a container over its memory limit uses swap; --swap is refused, and swap shows n/a"
    } else {
        "--swap is refused, and swap shows n/a"
    };
    Finding::limited(what, format!("not counted; {host}"), consequence)
        .fix("boot with swapaccount=1")
}

fn memory_peak(layout: &Layout, trees: &Trees) -> Option<Finding> {
    let what = "memory peak";
    match layout.version(Controller::Memory)? {
        Version::V1 => Some(Finding::good(what, "memory.max_usage_in_bytes")),
        Version::V2 if trees.v2_has("memory.max", "memory.peak")? => {
            Some(Finding::good(what, "memory.peak"))
        }
        Version::V2 => Some(
            Finding::limited(
                what,
                "no memory.peak",
                "a container's peak memory shows n/a",
            )
            .fix("boot Linux 5.19 or later"),
        ),
    }
}

/// Pressure of the host, and of each container where there is a v2 tree (kernel:
/// Documentation/accounting/psi.rst).
fn pressure(trees: &Trees) -> Option<Finding> {
    // a kernel with PSI off refuses to read the file, or has none
    let host = fs::read_to_string("/proc/pressure/cpu").is_ok();
    Some(judge_pressure(
        host,
        trees.v2.is_some(),
        trees.v2_has("cgroup.procs", "cpu.pressure"),
    ))
}

fn judge_pressure(host: bool, v2: bool, in_cgroups: Option<bool>) -> Finding {
    let what = "pressure (PSI)";
    match (host, v2, in_cgroups) {
        (true, true, Some(false)) => Finding::limited(
            what,
            "of the host only",
            "pressure of single containers shows n/a",
        )
        .fix("leave cgroup.pressure at 1"),
        (true, true, _) => Finding::good(what, "of the host and of each container"),
        (true, false, _) => Finding::limited(
            what,
            "of the host only: cgroup v1 has none",
            "pressure of single containers shows n/a",
        )
        .fix("mount a v2 tree beside v1: mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified"),
        (false, ..) => Finding::limited(what, "off", "pressure shows n/a")
            .fix("boot with psi=1, on a kernel built with CONFIG_PSI"),
    }
}

fn kill(trees: &Trees) -> Option<Finding> {
    let what = "cgroup.kill";
    let slower = "a container's processes are frozen and killed one by one, which is slower";
    Some(
        match (&trees.v2, trees.v2_has("cgroup.procs", "cgroup.kill")) {
            (None, _) => Finding::limited(what, "cgroup v1 has none", slower)
                .fix("mount a v2 tree beside v1: mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified"),
            (Some(_), None) => return None,
            (Some(_), Some(true)) => {
                Finding::good(what, "one write kills everything in a container")
            }
            (Some(_), Some(false)) => Finding::limited(what, "this kernel has none", slower)
                .fix("boot Linux 5.14 or later"),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    /// A host of `tests/fixtures/cgroup`.
    fn layout(host: &str) -> Layout {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/cgroup")
            .join(host);
        let text = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
        let read = |path: &Path| match path.file_name()?.to_str()? {
            "cgroups" => fs::read_to_string(folder.join("proc-cgroups")).ok(),
            file => fs::read_to_string(folder.join(file)).ok(),
        };
        Layout::parse(&text("mountinfo"), &text("cgroup"), &read).unwrap()
    }

    fn row(host: &str, what: &str) -> Finding {
        controllers(&layout(host))
            .into_iter()
            .find(|finding| finding.what == what)
            .unwrap()
    }

    #[test]
    fn where_each_controller_is() {
        assert_eq!(row("v2-systemd", "cgroups").detail, "v2 at /sys/fs/cgroup");
        assert_eq!(
            row("v1", "cgroup cpu"),
            Finding::good("cgroup cpu", "v1 at /sys/fs/cgroup/cpu,cpuacct")
        );
        assert_eq!(
            row("hybrid", "cgroup io").detail,
            "v1 at /sys/fs/cgroup/blkio"
        );
        assert!(
            row("hybrid", "cgroups")
                .detail
                .starts_with("hybrid: controllers on v1, v2 at ")
        );
        assert_eq!(
            row("v2-systemd", "cgroup freezer").detail,
            "v2 at /sys/fs/cgroup"
        );
    }

    #[test]
    fn a_missing_controller_has_a_fix() {
        let memory = row("no-memory", "cgroup memory");
        assert_eq!(
            (memory.verdict, memory.detail.as_str()),
            (Verdict::Missing, "the memory controller is switched off")
        );
        assert!(
            memory
                .fix
                .unwrap()
                .starts_with("boot with cgroup_enable=memory")
        );
        let io = row("delegated-without-io", "cgroup io");
        assert_eq!(
            (io.verdict, io.detail.as_str()),
            (
                Verdict::Limited,
                "the io controller is not passed on to /sys/fs/cgroup"
            )
        );
        assert!(
            io.fix
                .unwrap()
                .starts_with("add it to cgroup.subtree_control")
        );
        let read_only = row("container-v1-readonly", "cgroup cpu");
        assert_eq!(read_only.verdict, Verdict::Missing);
        assert!(read_only.fix.unwrap().contains("--privileged"));
    }

    #[test]
    fn no_tree_at_all() {
        let error = Layout::parse("1 0 0:1 / / rw - ext4 d rw\n", "0::/\n", &|_| None).unwrap_err();
        let finding = no_cgroups(error);
        assert_eq!(finding.verdict, Verdict::Missing);
        assert!(finding.fix.unwrap().contains("mount -t cgroup2"));
    }

    #[test]
    fn missing_files() {
        assert_eq!(
            judge_swap(true, false),
            Finding::good("swap accounting", "counted; this host has no swap")
        );
        assert!(
            judge_swap(false, true)
                .consequence
                .unwrap()
                .contains("uses swap")
        );
        assert_eq!(
            judge_pressure(true, true, Some(true)).verdict,
            Verdict::Good
        );
        assert!(
            judge_pressure(true, false, None)
                .fix
                .unwrap()
                .contains("v2 tree")
        );
        assert!(
            judge_pressure(false, true, None)
                .fix
                .unwrap()
                .contains("psi=1")
        );
    }

    #[test]
    fn a_cgroup_that_has_the_marker_is_looked_at() {
        let folder = std::env::temp_dir().join(format!("minic-looked-at-{}", std::process::id()));
        let (plain, with_memory) = (folder.join("plain"), folder.join("memory"));
        for path in [&plain, &with_memory] {
            fs::create_dir_all(path).unwrap();
            fs::write(path.join("cgroup.procs"), "").unwrap();
        }
        fs::write(with_memory.join("memory.max"), "max").unwrap();
        let trees = Trees {
            v2: Some(vec![plain, with_memory.clone()]),
            _empty: None,
        };
        assert_eq!(trees.v2_has("memory.max", "memory.peak"), Some(false));
        fs::write(with_memory.join("memory.peak"), "0").unwrap();
        assert_eq!(trees.v2_has("memory.max", "memory.peak"), Some(true));
        assert_eq!(trees.v2_has("io.max", "io.stat"), None);
        assert_eq!(
            kill(&trees).unwrap().fix.unwrap(),
            "boot Linux 5.14 or later"
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_empty_cgroup_is_removed_when_dropped() {
        let parent = std::env::temp_dir();
        let cgroup = EmptyCgroup::make(&parent).unwrap();
        let path = cgroup.0.clone();
        assert!(path.is_dir());
        drop(cgroup);
        assert!(!path.exists());
    }
}
