//! On the real kernel, as root: what is written holds. Every cgroup made here is removed here.

use std::fs;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::*;
use crate::spec::{ContainerId, CpuLimit, Limits};

/// A finished cgroup; nothing of one that cannot be finished.
pub(super) fn create(
    layout: &Layout,
    parent: &Parent,
    id: &ContainerId,
    limits: &Limits,
    best_effort: bool,
) -> Result<Cgroup, CgroupError> {
    let mut begun = BegunCgroup::begin(layout, parent, id, limits, best_effort)?;
    match begun.finish() {
        Ok(cgroup) => Ok(cgroup),
        Err(error) => {
            begun.discard();
            Err(error)
        }
    }
}

/// A cgroup of this test's own; killed and removed however the test ends.
pub(super) struct Scratch {
    pub layout: Layout,
    pub parent: Parent,
    pub cgroup: Cgroup,
    children: Vec<Child>,
}

impl Scratch {
    pub(super) fn new(limits: &Limits) -> Self {
        let layout = Layout::detect().unwrap();
        let parent = scratch_parent();
        let cgroup = create(&layout, &parent, &id("c1"), limits, false).unwrap();
        Self {
            layout,
            parent,
            cgroup,
            children: Vec::new(),
        }
    }

    /// Runs a shell script in the cgroup: it waits for a line before it starts, and never starts
    /// outside of it.
    pub(super) fn run(&mut self, script: &str) -> i32 {
        let mut child = Command::new("/bin/sh")
            .args(["-c", &format!("read line || exit; {script}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        self.cgroup
            .paths()
            .for_each(|folder| fs::write(folder.join("cgroup.procs"), pid.to_string()).unwrap());
        child.stdin.take().unwrap().write_all(b"go\n").unwrap();
        self.children.push(child);
        pid
    }

    pub(super) fn cpu_usec(&self) -> u64 {
        let mut sampler = CgroupSampler::open(&self.cgroup).unwrap();
        sampler.read(&mut Vec::new()).unwrap().cpu_usec.unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let killed = self.cgroup.kill_all();
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        let removed = self.cgroup.remove();
        if !std::thread::panicking() {
            killed.unwrap();
            removed.unwrap();
            for hierarchy in self.layout.hierarchies() {
                assert!(
                    !hierarchy.mount.join(&self.parent.name).exists(),
                    "nothing may stay in {hierarchy:?}"
                );
            }
        }
    }
}

pub(super) fn id(text: &str) -> ContainerId {
    ContainerId::new(text).unwrap()
}

pub(super) fn scratch_parent() -> Parent {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    Parent {
        name: format!(
            "minic-test-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        ),
    }
}

/// Waits until `what` holds; a machine under load gets all the time it needs.
pub(super) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "never happened: {what}"
        );
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn limits_are_what_the_kernel_reads_back() {
    let limits = Limits {
        memory: Some(64 << 20),
        cpu: Some(CpuLimit::from_shares(256)),
        cpu_shares: Some(512),
        pids: Some(17),
        ..Limits::default()
    };
    let scratch = Scratch::new(&limits);
    let read = |controller, v1: &str, v2: &str| {
        let (version, file) = scratch.cgroup.file(controller, v1, v2).unwrap();
        (version, fs::read_to_string(file).unwrap().trim().to_owned())
    };
    assert_eq!(scratch.cgroup.memory_limit(), Some(64 << 20));
    assert_eq!(read(Controller::Pids, "pids.max", "pids.max").1, "17");
    match read(Controller::Cpu, "cpu.cfs_quota_us", "cpu.max") {
        (Version::V1, quota) => {
            assert_eq!(quota, "25000");
            assert_eq!(read(Controller::Cpu, "cpu.shares", "").1, "512");
        }
        (Version::V2, max) => {
            assert_eq!(max, "25000 100000");
            assert_eq!(
                read(Controller::Cpu, "", "cpu.weight").1,
                weight_from_shares(512).to_string()
            );
        }
    }
    let swap = scratch
        .cgroup
        .file(
            Controller::Memory,
            "memory.memsw.limit_in_bytes",
            "memory.swap.max",
        )
        .unwrap();
    if let Ok(text) = fs::read_to_string(&swap.1) {
        let expected = if swap.0 == Version::V1 {
            64u64 << 20
        } else {
            0
        };
        assert_eq!(text.trim(), expected.to_string(), "no swap beyond memory");
    }
    assert!(scratch.cgroup.is_empty() && scratch.cgroup.exists());
    assert_eq!(scratch.cgroup.oom_kills(), Some(0));
}

#[test]
fn a_busy_loop_is_held_to_its_cap() {
    let mut scratch = Scratch::new(&Limits {
        cpu: Some(CpuLimit::from_shares(256)),
        ..Limits::default()
    });
    scratch.run("while :; do :; done");
    until("throttled once", || {
        let mut sampler = CgroupSampler::open(&scratch.cgroup).unwrap();
        sampler.read(&mut Vec::new()).unwrap().nr_throttled > Some(0)
    });
    // how long it was ready to run and others had the processors (proc_pid_schedstat(5)): no fault
    // of the cap's
    let pid = scratch.cgroup.pids()[0];
    let waited = || {
        let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).unwrap_or_default();
        text.split(' ')
            .nth(1)
            .and_then(|ns| ns.parse::<u64>().ok())
            .unwrap_or(0)
            / 1_000
    };
    let (from, waited_before, started) = (scratch.cpu_usec(), waited(), Instant::now());
    sleep(Duration::from_secs(3));
    let (used, wall) = (scratch.cpu_usec() - from, started.elapsed());
    let percent = |usec: u64| usec as f64 * 100.0 / wall.as_micros() as f64;
    let (got, wanted) = (percent(used), percent(used + waited() - waited_before));
    assert!(
        got <= 27.0 && wanted >= 23.0,
        "{got:.1} % of a core under a cap of 25 %, of {wanted:.1} % that it wanted"
    );
}

#[test]
fn freeze_stops_the_cpu_counter_and_thaw_resumes_it() {
    let mut scratch = Scratch::new(&Limits::default());
    scratch.run("while :; do :; done");
    let start = scratch.cpu_usec();
    until("it runs", || scratch.cpu_usec() > start);
    scratch.cgroup.freeze().unwrap();
    assert!(scratch.cgroup.is_frozen());
    let frozen_at = scratch.cpu_usec();
    sleep(Duration::from_millis(200));
    assert_eq!(scratch.cpu_usec(), frozen_at);
    scratch.cgroup.thaw().unwrap();
    assert!(!scratch.cgroup.is_frozen());
    until("it runs again", || scratch.cpu_usec() > frozen_at);
    scratch.cgroup.freeze().unwrap();
    scratch.cgroup.kill_all().unwrap();
    assert!(scratch.cgroup.is_empty(), "the frozen die too");
}

#[test]
fn what_the_v1_freezer_holds_is_killed() {
    let mut scratch = Scratch::new(&Limits::default());
    let Some(folder) = scratch.cgroup.folder(Version::V1, Controller::Freezer) else {
        return; // no v1 freezer on this host
    };
    let state = folder.path.join("freezer.state");
    scratch.run("exec sleep 1000");
    fs::write(&state, "FROZEN").unwrap();
    until("frozen", || {
        fs::read_to_string(&state).unwrap().trim() == "FROZEN"
    });
    assert!(scratch.cgroup.is_frozen());
    scratch.cgroup.kill_all().unwrap();
    assert!(scratch.cgroup.is_empty());
}

fn fork_bomb() -> Scratch {
    let mut scratch = Scratch::new(&Limits {
        pids: Some(40),
        ..Limits::default()
    });
    // a shell that cannot fork gives up and makes room for the others: it never ends and never
    // rests
    scratch.run("trap '' TERM; bomb() { while :; do bomb & done; }; bomb");
    let (_, events) = scratch
        .cgroup
        .file(Controller::Pids, "pids.events", "pids.events")
        .unwrap();
    until("the bomb runs into its limit", || {
        parse::field(&fs::read(&events).unwrap(), "max") > Some(0)
    });
    scratch
}

#[test]
fn a_fork_bomb_dies() {
    let scratch = fork_bomb();
    scratch.cgroup.kill_all().unwrap();
    assert_eq!(scratch.cgroup.pids(), Vec::<i32>::new());
}

#[test]
fn a_fork_bomb_dies_without_cgroup_kill() {
    let scratch = fork_bomb();
    until("all of it is dead", || {
        scratch.cgroup.kill_one_by_one();
        scratch.cgroup.is_empty()
    });
}

#[test]
fn a_process_that_is_only_in_the_v1_trees_is_killed_too() {
    let mut scratch = Scratch::new(&Limits::default());
    let Some(v2) = scratch
        .cgroup
        .v2()
        .filter(|_| scratch.cgroup.folders.len() > 1)
        .cloned()
    else {
        return; // not a hybrid host
    };
    let pid = scratch.run("exec sleep 1000");
    fs::write(v2.mount.join("cgroup.procs"), pid.to_string()).unwrap();
    scratch.cgroup.kill_all().unwrap();
    assert!(scratch.cgroup.is_empty());
}

#[test]
fn an_oom_kill_is_counted_and_the_peak_told() {
    let limit = 32 << 20;
    let mut scratch = Scratch::new(&Limits {
        memory: Some(limit),
        ..Limits::default()
    });
    scratch.run("x=0123456789abcdef; while :; do x=$x$x; done");
    let status = scratch.children[0].wait().unwrap();
    assert!(!status.success());
    until("the kill is counted", || {
        scratch.cgroup.oom_kills() == Some(1)
    });
    if let Some(peak) = scratch.cgroup.memory_peak() {
        assert!(peak <= limit && peak > limit / 4, "{peak}");
    }
    assert!(scratch.cgroup.is_empty());
}

#[test]
fn cgroups_made_inside_are_found_and_removed() {
    let mut scratch = Scratch::new(&Limits::default());
    for path in scratch
        .cgroup
        .paths()
        .map(std::path::Path::to_owned)
        .collect::<Vec<_>>()
    {
        fs::create_dir_all(path.join("inner/most")).unwrap();
    }
    let pid = scratch.run("exec sleep 1000");
    for path in scratch.cgroup.paths() {
        fs::write(path.join("inner/most/cgroup.procs"), pid.to_string()).unwrap();
    }
    assert_eq!(scratch.cgroup.pids(), [pid]);
    scratch.cgroup.kill_all().unwrap();
    scratch.cgroup.remove().unwrap();
    assert!(!scratch.cgroup.exists());
    scratch.cgroup.remove().unwrap();
    assert!(scratch.cgroup.v2_dir_fd().map_or(true, |fd| fd.is_none()));
}

#[test]
fn a_process_born_in_v2_joins_the_rest_by_kept_descriptors() {
    let scratch = Scratch::new(&Limits::default());
    let (tasks, v2) = (
        scratch.cgroup.v1_tasks().unwrap(),
        scratch.cgroup.v2_dir_fd().unwrap(),
    );
    assert_eq!(v2.is_some(), scratch.layout.v2().is_some());
    assert_eq!(
        tasks.len() + usize::from(v2.is_some()),
        scratch.cgroup.paths().count()
    );
    for fd in tasks.iter().chain(&v2) {
        assert!(
            nix::fcntl::fcntl(fd.as_fd(), nix::fcntl::FcntlArg::F_GETFD).unwrap() & 1 == 1,
            "close on exec"
        );
    }
}

#[test]
fn a_living_container_is_not_replaced_and_a_dead_one_is() {
    let mut scratch = Scratch::new(&Limits::default());
    scratch.run("exec sleep 1000");
    let again = |scratch: &Scratch| {
        create(
            &scratch.layout,
            &scratch.parent,
            &id("c1"),
            &Limits::default(),
            false,
        )
    };
    let error = again(&scratch).unwrap_err();
    assert!(error.hint.is_some(), "{error:?}");
    assert!(!scratch.cgroup.is_empty());
    assert!(
        scratch.cgroup.paths().all(std::path::Path::exists),
        "the living one is left alone"
    );
    scratch.cgroup.kill_all().unwrap();
    again(&scratch).unwrap();
}

#[test]
fn fifty_callers_at_once() {
    let layout = Layout::detect().unwrap();
    let parent = scratch_parent();
    let limits = Limits {
        memory: Some(16 << 20),
        ..Limits::default()
    };
    std::thread::scope(|scope| {
        for n in 0..50 {
            let (layout, parent, limits) = (&layout, &parent, &limits);
            scope.spawn(move || {
                for _ in 0..4 {
                    let cgroup =
                        create(layout, parent, &id(&format!("c{n}")), limits, false).unwrap();
                    assert_eq!(cgroup.memory_limit(), Some(16 << 20));
                    cgroup.remove().unwrap();
                }
            });
        }
    });
    for hierarchy in layout.hierarchies() {
        assert!(!hierarchy.mount.join(&parent.name).exists());
    }
}
