//! Plans on hosts with v1, with v2, and with gaps.

use super::*;
use crate::cgroup::Layout;
use crate::spec::{LIMITS, Unit};

fn v1() -> Layout {
    let mountinfo = "1 0 0:1 / / rw - ext4 d rw\n2 1 0:2 / /c/memory rw - cgroup c rw,memory\n3 1 0:3 / /c/cpu rw - cgroup c rw,cpu\n\
                     4 1 0:4 / /c/pids rw - cgroup c rw,pids\n";
    Layout::parse(mountinfo, "", &|_| None).unwrap()
}

fn v2(controllers: &'static str) -> Layout {
    let mountinfo = "1 0 0:1 / / rw - ext4 d rw\n2 1 0:2 / /c rw - cgroup2 c rw\n";
    Layout::parse(mountinfo, "0::/\n", &move |_| Some(controllers.into())).unwrap()
}

fn limits(memory: Option<u64>, swap: Option<u64>) -> Limits {
    Limits {
        memory,
        swap,
        ..Limits::default()
    }
}

/// The plan as `file=value`, with `?` for what nobody asked for.
fn words(limits: &Limits, current: &Limits, layout: &Layout) -> Vec<String> {
    let plan = plan(limits, current, layout, false).unwrap();
    let word = |w: &Write| format!("{}={}{}", w.file, w.value, if w.implied { "?" } else { "" });
    plan.writes.iter().map(word).collect()
}

#[test]
fn every_limit_on_both() {
    let all = Limits {
        memory: Some(4096),
        swap: Some(1),
        cpu: Some(CpuLimit::from_millicores(500)),
        cpu_shares: Some(1024 * 2),
        pids: Some(9),
        ..Limits::default()
    };
    let none = Limits::default();
    assert_eq!(
        words(&all, &none, &v1()),
        [
            "memory.limit_in_bytes=4096",
            "memory.memsw.limit_in_bytes=4097",
            "cpu.shares=2048",
            "cpu.cfs_period_us=100000",
            "cpu.cfs_quota_us=50000",
            "pids.max=9"
        ]
    );
    assert_eq!(
        words(&all, &none, &v2("memory cpu pids")),
        [
            "memory.max=4096",
            "memory.swap.max=1",
            "cpu.weight=174",
            "cpu.max=50000 100000",
            "pids.max=9"
        ]
    );
    assert_eq!(
        words(&none, &all, &v1()),
        [
            "memory.memsw.limit_in_bytes=-1?",
            "memory.limit_in_bytes=-1",
            "cpu.shares=1024",
            "cpu.cfs_quota_us=-1",
            "pids.max=max"
        ]
    );
    assert_eq!(
        words(&none, &all, &v2("memory cpu pids")),
        [
            "memory.max=max",
            "memory.swap.max=max?",
            "cpu.weight=100",
            "cpu.max=max 100000",
            "pids.max=max"
        ]
    );
    for layout in [v1(), v2("memory cpu pids"), v2("")] {
        assert_eq!(plan(&none, &none, &layout, false).unwrap(), Plan::default());
        assert_eq!(words(&none, &none, &layout), Vec::<String>::new());
    }
}

#[test]
fn memory_alone_allows_no_swap_where_swap_is_accounted() {
    let none = Limits::default();
    let memory = limits(Some(4096), None);
    assert_eq!(
        words(&memory, &none, &v1()),
        [
            "memory.limit_in_bytes=4096",
            "memory.memsw.limit_in_bytes=4096?"
        ]
    );
    assert_eq!(
        words(&memory, &none, &v2("memory")),
        ["memory.max=4096", "memory.swap.max=0?"]
    );
    assert_eq!(
        words(&limits(Some(4096), Some(0)), &memory, &v2("memory")),
        Vec::<String>::new(),
        "the same in other words"
    );
}

#[test]
fn v1_never_leaves_memory_above_memory_and_swap() {
    let from = limits(Some(100), Some(50));
    let order = |to: &Limits| {
        // replays the plan as the kernel checks it
        let (mut memory, mut both) = (100u64, 150u64);
        for write in plan(to, &from, &v1(), false).unwrap().writes {
            let value = write.value.parse().unwrap_or(u64::MAX);
            match write.file {
                "memory.limit_in_bytes" => memory = value,
                _ => both = value,
            }
            assert!(memory <= both, "{to:?}: {memory} > {both} after {write:?}");
        }
        (memory, both)
    };
    assert_eq!(order(&limits(Some(10), Some(5))), (10, 15));
    assert_eq!(order(&limits(Some(120), Some(0))), (120, 120));
    assert_eq!(order(&limits(Some(1000), Some(1))), (1000, 1001));
    assert_eq!(
        order(&limits(Some(u64::MAX), Some(5))),
        (u64::MAX, u64::MAX),
        "no overflow"
    );
    assert_eq!(order(&limits(None, None)), (u64::MAX, u64::MAX));
}

#[test]
fn v1_has_no_swap_limit_by_itself() {
    let error = plan(&limits(None, Some(5)), &Limits::default(), &v1(), false).unwrap_err();
    assert!(
        error.to_string().contains("only together with memory"),
        "{error}"
    );
    let skipping = plan(&limits(None, Some(5)), &Limits::default(), &v1(), true).unwrap();
    assert_eq!((skipping.writes.len(), skipping.skipped.len()), (0, 1));
    assert_eq!(
        words(&limits(None, Some(5)), &Limits::default(), &v2("memory")),
        ["memory.swap.max=5"]
    );
}

#[test]
fn a_missing_controller_is_an_error_or_a_warning() {
    let asked = Limits {
        memory: Some(4096),
        pids: Some(3),
        ..Limits::default()
    };
    let layout = v2("pids cpu");
    let error = plan(&asked, &Limits::default(), &layout, false).unwrap_err();
    assert!(error.to_string().starts_with("--memory: "), "{error}");
    assert!(error.to_string().ends_with("; leave it out"), "{error}");
    let skipping = plan(&asked, &Limits::default(), &layout, true).unwrap();
    assert_eq!(
        skipping.writes.iter().map(|w| w.file).collect::<Vec<_>>(),
        ["pids.max"]
    );
    assert!(
        skipping.skipped[0].starts_with("--memory is not applied: "),
        "{:?}",
        skipping.skipped
    );
}

#[test]
fn more_pids_than_the_kernel_counts_is_no_limit() {
    let asked = |pids| Limits {
        pids: Some(pids),
        ..Limits::default()
    };
    assert_eq!(
        words(&asked(4_194_304), &Limits::default(), &v1()),
        ["pids.max=4194304"]
    );
    assert_eq!(
        words(&asked(4_194_305), &Limits::default(), &v1()),
        ["pids.max=max"]
    );
}

#[test]
fn shares_become_weights_as_runc_and_crun_do() {
    // 2000 → 170 is in runc issue 4896; the ends and the default are fixed points
    let known = [
        (0, 1),
        (2, 1),
        (3, 2),
        (1024, 100),
        (2000, 170),
        (262_144, 10_000),
        (u64::MAX, 10_000),
    ];
    for (shares, weight) in known {
        assert_eq!(weight_from_shares(shares), weight, "{shares}");
    }
    let weights: Vec<u64> = (2..=262_144).map(weight_from_shares).collect();
    assert!(weights.is_sorted() && weights.iter().all(|w| (1..=10_000).contains(w)));
}

fn more() -> Limits {
    Limits {
        cpu_burst_usec: Some(20_000),
        cpuset: Some("0-1".into()),
        memory_high: Some(9),
        memory_low: Some(8),
        memory_min: Some(7),
        oom_group: Some(true),
        io_weight: Some(200),
        ..Limits::default()
    }
}

#[test]
fn the_other_limits_on_v2_and_back() {
    let layout = v2("memory cpu cpuset io pids");
    assert_eq!(
        words(&more(), &Limits::default(), &layout),
        [
            "cpu.max.burst=20000",
            "cpuset.cpus=0-1",
            "memory.high=9",
            "memory.low=8",
            "memory.min=7",
            "memory.oom.group=1",
            "io.weight=default 200"
        ]
    );
    assert_eq!(
        words(&Limits::default(), &more(), &layout),
        [
            "cpu.max.burst=0",
            "cpuset.cpus=",
            "memory.high=max",
            "memory.low=0",
            "memory.min=0",
            "memory.oom.group=0",
            "io.weight=default 100"
        ]
    );
}

#[test]
fn what_v1_cannot_give_is_refused_or_skipped_with_the_reason() {
    let only = |limits: Limits| plan(&limits, &Limits::default(), &v1(), false);
    let low = only(Limits {
        memory_low: Some(8),
        ..Limits::default()
    })
    .unwrap();
    assert_eq!(
        (low.writes[0].file, low.writes[0].value.as_str()),
        ("memory.soft_limit_in_bytes", "8")
    );
    let high = Limits {
        memory_high: Some(9),
        ..Limits::default()
    };
    assert_eq!(
        only(high.clone()).unwrap_err().to_string(),
        "--memory-high: needs cgroup v2 (memory is on v1 here); leave it out"
    );
    let group = only(Limits {
        oom_group: Some(true),
        ..Limits::default()
    });
    assert_eq!(
        group.unwrap_err().to_string(),
        "--oom-policy: needs cgroup v2 (memory is on v1 here); leave it out"
    );
    let skipped = plan(&high, &Limits::default(), &v1(), true).unwrap();
    assert!(
        skipped.writes.is_empty()
            && skipped.skipped
                == ["--memory-high is not applied: needs cgroup v2 (memory is on v1 here)"],
        "{skipped:?}"
    );
}

#[test]
fn a_device_that_is_none_is_refused() {
    let io = vec![crate::spec::IoLimit {
        device: "/dev/null".into(),
        read_bps: Some(1),
        ..Default::default()
    }];
    let error = plan(
        &Limits {
            io,
            ..Limits::default()
        },
        &Limits::default(),
        &v2("io"),
        false,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "--device-read-bps: /dev/null is not a block device of this host; name a whole disk, such as /dev/sda"
    );
}

/// The table tells people which files a limit is written to: it must be true.
#[test]
fn each_limit_is_written_to_the_files_of_the_table() {
    let mountinfo = "1 0 0:1 / / rw - ext4 d rw\n2 1 0:2 / /c/a rw - cgroup c rw,memory\n3 1 0:3 / /c/b rw - cgroup c rw,cpu,cpuset\n\
                     4 1 0:4 / /c/c rw - cgroup c rw,pids\n5 1 0:5 / /c/d rw - cgroup c rw,blkio\n";
    let v1 = Layout::parse(mountinfo, "", &|_| None).unwrap();
    let v2 = v2("memory cpu cpuset io pids");
    for limit in LIMITS.iter().filter(|limit| limit.unit != Unit::Rates) {
        for key in limit.keys {
            // v1 limits swap only together with memory
            let current = Limits {
                memory: (limit.json == "swap").then_some(4096),
                ..Limits::default()
            };
            let mut wanted = current.clone();
            key.set(&mut wanted, key.example).unwrap();
            // --cpu sets two limits
            if limit.json != "cpu_shares" {
                wanted.cpu_shares = None;
            }
            for (layout, files) in [(&v1, limit.v1), (&v2, limit.v2)] {
                let written = match plan(&wanted, &current, layout, false) {
                    Ok(plan) => plan.writes,
                    Err(_) => Vec::new(),
                };
                let written: Vec<&str> = written
                    .iter()
                    .filter(|write| !write.implied)
                    .map(|write| write.file)
                    .collect();
                assert_eq!(written, files, "--{}", key.flag);
            }
        }
    }
}

#[test]
fn the_burst_is_lowered_before_the_quota_and_raised_after_it() {
    let of = |millicores, usec| Limits {
        cpu: Some(CpuLimit::from_millicores(millicores)),
        cpu_burst_usec: usec,
        ..Limits::default()
    };
    let (large, small) = (of(500, Some(30_000)), of(200, Some(10_000)));
    assert_eq!(
        words(&small, &large, &v2("cpu")),
        ["cpu.max.burst=10000", "cpu.max=20000 100000"]
    );
    assert_eq!(
        words(&large, &small, &v2("cpu")),
        ["cpu.max=50000 100000", "cpu.max.burst=30000"]
    );
    assert_eq!(
        words(&Limits::default(), &small, &v1()),
        ["cpu.cfs_burst_us=0", "cpu.cfs_quota_us=-1"]
    );
}
