//! On the real kernel, as root: limits changed under a running process, figures read while it runs,
//! and v2 delegation.

use std::fs;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Command, Output};

use super::kernel_tests::{Scratch, create, id, scratch_parent, until};
use super::*;
use crate::spec::{CpuLimit, Limits};

fn memory(bytes: u64) -> Limits {
    Limits {
        memory: Some(bytes),
        ..Limits::default()
    }
}

/// Holds about 24 MB of memory that cannot be reclaimed.
const HOLD: &str =
    "x=$(head -c 8000000 /dev/zero | tr '\\0' a); y=$x$x; while :; do sleep 0.05; done";

#[test]
fn limits_change_up_and_down_under_a_running_process() {
    let mut scratch = Scratch::new(&memory(64 << 20));
    scratch.run(HOLD);
    until("it holds its memory", || {
        scratch.cgroup.memory_usage() > Some(20 << 20)
    });
    let mut current = memory(64 << 20);
    for limits in [
        Limits {
            cpu: Some(CpuLimit::from_millicores(500)),
            pids: Some(100),
            ..memory(96 << 20)
        },
        memory(48 << 20),
        Limits::default(),
        memory(80 << 20),
    ] {
        let skipped = scratch
            .cgroup
            .update(&scratch.layout, &current, &limits, false)
            .unwrap();
        assert_eq!(skipped, Vec::<String>::new());
        assert_eq!(scratch.cgroup.memory_limit(), limits.memory);
        current = limits;
    }
    let error = scratch
        .cgroup
        .update(&scratch.layout, &current, &memory(4 << 20), false)
        .unwrap_err();
    assert!(error.hint.is_some(), "{error:?}");
    assert_eq!(
        scratch.cgroup.memory_limit(),
        current.memory,
        "the old limit still holds"
    );
    assert_eq!(
        scratch.cgroup.oom_kills(),
        Some(0),
        "nothing was killed for it"
    );
    assert!(!scratch.cgroup.is_empty());
}

#[test]
fn a_cap_put_on_a_spinning_process_is_seen_in_the_sample() {
    let mut scratch = Scratch::new(&Limits::default());
    scratch.run("while :; do :; done");
    let mut sampler = CgroupSampler::open(&scratch.cgroup).unwrap();
    let mut buffer = Vec::new();
    assert_eq!(sampler.read(&mut buffer).unwrap().nr_throttled, Some(0));
    let capped = Limits {
        cpu: Some(CpuLimit::from_shares(128)),
        ..Limits::default()
    };
    scratch
        .cgroup
        .update(&scratch.layout, &Limits::default(), &capped, false)
        .unwrap();
    until("it is throttled", || {
        let sample = sampler.read(&mut buffer).unwrap();
        sample.nr_throttled > Some(0)
            && sample.throttled_usec > Some(0)
            && sample.nr_periods >= sample.nr_throttled
    });
}

#[test]
fn every_figure_is_there_or_its_absence_explained() {
    let mut scratch = Scratch::new(&memory(64 << 20));
    scratch.run(HOLD);
    until("it holds its memory", || {
        scratch.cgroup.memory_usage() > Some(20 << 20)
    });
    let mut sampler = CgroupSampler::open(&scratch.cgroup).unwrap();
    let sample = sampler.read(&mut Vec::new()).unwrap();
    assert!(
        sample.cpu_usec > Some(0) && sample.memory > Some(20 << 20),
        "{sample:?}"
    );
    assert!(sample.pids >= Some(1), "{sample:?}");
    let brief = sampler.read_briefly(&mut Vec::new()).unwrap();
    assert_eq!(
        (brief.oom_kills, brief.psi),
        (sample.oom_kills, sample.psi),
        "what moves slowly is carried over"
    );
    assert!(
        brief.cpu_usec >= sample.cpu_usec && brief.memory.is_some() && brief.pids.is_some(),
        "the rest is read: {brief:?}"
    );
    assert!(
        brief.memory_peak.is_none() || brief.memory_peak >= brief.memory,
        "{brief:?}"
    );
    let figures = [
        ("cpu", sample.cpu_usec.is_some()),
        (
            "throttling",
            sample.nr_periods.is_some() && sample.throttled_usec.is_some(),
        ),
        ("memory", sample.memory.is_some()),
        (
            "memory peak",
            sample
                .memory_peak
                .is_some_and(|peak| Some(peak) >= sample.memory),
        ),
        ("swap", sample.swap.is_some()),
        ("oom kills", sample.oom_kills.is_some()),
        ("pids", sample.pids.is_some()),
        ("io", sample.io.is_some()),
        ("psi", sample.psi.is_some()),
    ];
    for (figure, had) in figures {
        let reason = sampler.missing().iter().find(|m| m.figure == figure);
        assert_eq!(had, reason.is_none(), "{figure}: {reason:?} {sample:?}");
    }
}

#[test]
fn a_removed_cgroup_is_gone_and_not_zero() {
    let scratch = Scratch::new(&Limits::default());
    let mut sampler = CgroupSampler::open(&scratch.cgroup).unwrap();
    assert!(sampler.read(&mut Vec::new()).is_some());
    scratch.cgroup.remove().unwrap();
    assert_eq!(sampler.read(&mut Vec::new()), None);
    let error = CgroupSampler::open(&scratch.cgroup).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn a_limit_the_kernel_refuses_leaves_nothing_behind() {
    let layout = Layout::detect().unwrap();
    let parent = scratch_parent();
    let wrong = Limits {
        cpu: Some(CpuLimit {
            quota_usec: 1,
            period_usec: 1,
        }),
        ..memory(64 << 20)
    };
    let error = create(&layout, &parent, &id("c1"), &wrong, false).unwrap_err();
    assert!(error.to_string().contains("Invalid argument"), "{error}");
    assert!(error.hint.is_some_and(|h| h.contains("1 ms")));
    assert!(
        layout
            .hierarchies()
            .iter()
            .all(|h| !h.mount.join(&parent.name).exists())
    );
    let cgroup = create(&layout, &parent, &id("c1"), &wrong, true).unwrap();
    assert_eq!(
        cgroup.memory_limit(),
        Some(64 << 20),
        "what can be given is given"
    );
    assert!(
        cgroup.skipped()[0].contains("Invalid argument"),
        "{:?}",
        cgroup.skipped()
    );
    cgroup.remove().unwrap();
}

#[test]
fn the_v2_folder_opens_as_a_folder() {
    let scratch = Scratch::new(&Limits::default());
    if let Some(fd) = scratch.cgroup.v2_dir_fd().unwrap() {
        let target = fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).unwrap();
        assert_eq!(Some(target.as_path()), scratch.cgroup.paths().next());
    }
}

/// Runs `script` as the only process of a new cgroup that is the root of a new cgroup namespace, as
/// in a container.
fn in_namespace(script: &str) -> Option<Output> {
    let layout = Layout::detect().unwrap();
    if layout.mode() != Mode::V2 {
        return None; // the hybrid tree has no controllers to pass on
    }
    let mount = &layout.v2()?.mount;
    let outer = mount.join(scratch_parent().name);
    fs::create_dir(&outer).unwrap();
    let enter = format!(
        "echo $$ > {outer}/cgroup.procs && exec unshare -C -m sh -c 'umount {mount} && mount -t cgroup2 cgroup2 {mount} && {script}'",
        outer = outer.display(),
        mount = mount.display(),
    );
    let output = Command::new("sh").args(["-c", &enter]).output().unwrap();
    remove_all(&outer);
    Some(output)
}

fn remove_all(folder: &Path) {
    until("the namespace's cgroups are empty", || {
        folders::remove_tree(folder).is_ok()
    });
}

fn inner_test() -> String {
    let exe = std::env::current_exe().unwrap();
    format!(
        "{} --exact cgroup::kernel_tests::limits_are_what_the_kernel_reads_back",
        exe.display()
    )
}

#[test]
fn in_a_namespace_of_its_own_the_manager_moves_to_a_leaf() {
    if let Some(output) = in_namespace(&format!("exec {}", inner_test())) {
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

#[test]
fn strangers_in_the_way_are_named_and_not_moved() {
    if let Some(output) = in_namespace(&format!("{}; exit 3", inner_test())) {
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3));
        assert!(text.contains("these are not ours: sh (pid"), "{text}");
    }
}
