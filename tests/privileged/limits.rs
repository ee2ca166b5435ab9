//! Limits are enforced: the stress commands of Mini Container, measured by the cgroup.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use minic_tui::config::save_preset;
use minic_tui::spec::{LIMITS, LimitKey, Limits, Preset};

use crate::command::{comes_true, scale};
use crate::fixture::{Container, Fixture};

const MB: u64 = 1 << 20;

/// CPU time that it has used, as `file` of its cgroup says.
fn cpu_time(file: &Path) -> Duration {
    let text = fs::read_to_string(file).unwrap();
    match text
        .lines()
        .find_map(|line| line.strip_prefix("usage_usec "))
    {
        Some(usec) => Duration::from_micros(usec.parse().unwrap()),
        None => Duration::from_nanos(text.trim().parse().unwrap()),
    }
}

fn number(text: &str) -> u64 {
    text.trim()
        .parse()
        .unwrap_or_else(|_| panic!("not a number: {text:?}"))
}

/// `field`'s value in a file of "NAME VALUE" lines.
fn value(text: &str, field: &str) -> u64 {
    let found = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(name, _)| *name == field);
    number(found.unwrap_or_else(|| panic!("no {field}: {text}")).1)
}

#[test]
fn a_quarter_of_a_core() {
    let fixture = Fixture::new();
    let busy = fixture.detached(
        "busy",
        &["--cpu", "256", "sh", "-c", "while true; do :; done"],
    );
    busy.outweighs_the_host();
    let file = busy.cgroup_path(&["cpuacct.usage", "cpu.stat"]);
    // The host may still give it less for a while, never more.
    let mut seen = Vec::new();
    let near = comes_true(|| {
        // the two readings are at most `longest` apart, and at least `shortest`
        let longest = Instant::now();
        let before = cpu_time(&file);
        let shortest = Instant::now();
        thread::sleep(Duration::from_secs(5));
        let shortest = shortest.elapsed();
        let used = (cpu_time(&file) - before).as_secs_f64();
        let share = used / longest.elapsed().as_secs_f64();
        assert!(share < 0.27, "{share} of a core");
        seen.push(used / shortest.as_secs_f64());
        seen.last().is_some_and(|share| *share > 0.23)
    });
    assert!(near, "never near a quarter of a core: {seen:?}");
    assert!(busy.cgroup_figure("cpu.stat", "nr_throttled") > 0);
}

#[test]
fn shares_are_a_weight_and_cpus_a_cap() {
    let fixture = Fixture::new();
    let weight =
        |container: &Container| number(&container.cgroup_file(&["cpu.shares", "cpu.weight"]));
    let cap = |container: &Container| {
        container
            .cgroup_file(&["cpu.max", "cpu.cfs_quota_us"])
            .split_whitespace()
            .next()
            .unwrap()
            .to_owned()
    };
    let plain = fixture.detached("plain", &["sleep", "1000"]);
    let both = fixture.detached("both", &["--cpu", "512", "sleep", "1000"]);
    let capped = fixture.detached("capped", &["--cpus", "0.5", "sleep", "1000"]);
    let weighed = fixture.detached("weighed", &["--cpu-shares", "512", "sleep", "1000"]);
    let unlimited = cap(&plain);
    assert!(["max", "-1"].contains(&unlimited.as_str()), "{unlimited}");
    assert_eq!(
        [cap(&both), cap(&capped), cap(&weighed)],
        ["50000", "50000", &unlimited]
    );
    assert!(weight(&both) < weight(&plain));
    assert_eq!(weight(&weighed), weight(&both));
    assert_eq!(weight(&capped), weight(&plain));
}

#[test]
fn the_limit_is_there_before_the_process() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["--memory", "300", "sleep", "1000"]);
    let is_limited = || {
        let limit = one.cgroup_path(&["memory.max", "memory.limit_in_bytes"]);
        assert_eq!(number(&fs::read_to_string(&limit).unwrap()), 300 * MB);
        let inside = fs::read_to_string(limit.with_file_name("cgroup.procs")).unwrap();
        let pid = one.pid().to_string();
        assert!(
            inside.lines().any(|line| line == pid),
            "{pid} is not in the cgroup that has its limit: {inside:?}"
        );
    };
    is_limited();
    assert_eq!(one.info()["limits"]["memory"], 300 * MB);
    // Started again, it has it again.
    one.verb(&["stop", "-t", "0"]).ok();
    one.verb(&["start"]).ok();
    is_limited();
}

#[test]
fn memory_below_the_limit_can_be_used() {
    let fixture = Fixture::new();
    let filling = r#"x=""; for i in $(seq 1 48); do x="$x$(printf %01000000d 0)"; done; echo full; sleep infinity"#;
    let full = fixture.detached("full", &["--memory", "300", "sh", "-c", filling]);
    assert!(
        comes_true(|| full.verb(&["logs"]).stdout == "full\n"),
        "{}",
        full.info()
    );
    let used = number(&full.cgroup_file(&["memory.current", "memory.usage_in_bytes"]));
    assert!((48_000_000..=300 * MB).contains(&used), "{used}");
    let peak = number(&full.cgroup_file(&["memory.peak", "memory.max_usage_in_bytes"]));
    assert!((used..=300 * MB).contains(&peak), "{peak}");
    assert_eq!(
        value(
            &full.cgroup_file(&["memory.events", "memory.oom_control"]),
            "oom_kill"
        ),
        0
    );
}

#[test]
fn the_original_memory_experiment_stays_under_its_limit() {
    let fixture = Fixture::new();
    let script = r#"x=""; for i in $(seq 1 256); do x="$x$(head -c 1M /dev/zero)"; sleep 0.12; done; sleep infinity"#;
    let one = fixture.detached("one", &["--memory", "300", "sh", "-c", script]);
    let until = Instant::now() + scale(Duration::from_secs(6));
    while Instant::now() < until {
        assert!(number(&one.cgroup_file(&["memory.current", "memory.usage_in_bytes"])) <= 300 * MB);
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(one.state(), "RUNNING");
}

#[test]
fn too_much_memory_ends_in_a_recorded_oom_kill() {
    let fixture = Fixture::new();
    // The original grows by $(printf …) of 100 kB, at a quarter of a core. A larger step would have
    // the kernel choose the subshell, which is larger by that step, again and again; so here the
    // shell grows by itself, in seconds also on an emulated machine.
    let script = r#"a=$(printf %04000000d 0); while true; do a="$a$a"; done"#;
    let outcome = fixture.minic(&[
        "run", "--name", "greedy", "--memory", "200", "--cpu", "256", "sh", "-c", script,
    ]);
    assert_eq!(outcome.code, Some(137), "{outcome:?}");
    let info = &fixture.json(&["info", "greedy"])[0];
    assert_eq!(info["state"], "STOPPED");
    assert_eq!(info["exit_code"], 137);
    assert_eq!(info["cause"]["kind"], "oom_killed", "{info}");
    assert_eq!(info["cause"]["limit"], 200 * MB, "{info}");
    let peak = info["cause"]["peak"]
        .as_u64()
        .unwrap_or_else(|| panic!("no peak: {info}"));
    assert!((100 * MB..=200 * MB).contains(&peak), "{peak}");
    let words = fixture.minic(&["info", "greedy"]).ok();
    assert!(words.contains("OOM"), "{words}");
    // The host goes on, and so does the next container.
    assert_eq!(fixture.sh("echo alive"), "alive\n");
}

#[test]
fn a_kill_from_outside_is_not_an_oom_kill() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["--memory", "200", "sleep", "1000"]);
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(one.pid()),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
    one.ends();
    assert_eq!(one.info()["cause"]["kind"], "signaled", "{}", one.info());
}

/// A file of its cgroup, where the host has it.
fn setting(container: &Container, files: &[&str]) -> Option<String> {
    let info = container.info();
    let folders = info["cgroups"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|folder| folder.as_str());
    let mut texts = folders.flat_map(|folder| {
        files
            .iter()
            .map(move |file| std::fs::read_to_string(format!("{folder}/{file}")))
    });
    texts
        .find_map(Result::ok)
        .map(|text| text.trim().to_owned())
}

fn memory_is_on_v2() -> bool {
    std::fs::read_to_string("/sys/fs/cgroup/cgroup.controllers")
        .is_ok_and(|text| text.contains("memory"))
}

#[test]
fn the_other_limits_are_in_the_cgroup_files() {
    let fixture = Fixture::new();
    let args = [
        "--cpus",
        "0.5",
        "--cpu-burst",
        "20ms",
        "--cpuset-cpus",
        "0",
        "--memory",
        "64",
        "--memory-low",
        "16M",
        "sleep",
        "1000",
    ];
    let more = fixture.detached("more", &args);
    assert_eq!(
        setting(&more, &["cpu.max.burst", "cpu.cfs_burst_us"]).as_deref(),
        Some("20000")
    );
    assert_eq!(setting(&more, &["cpuset.cpus"]).as_deref(), Some("0"));
    assert_eq!(
        setting(&more, &["memory.low", "memory.soft_limit_in_bytes"]).as_deref(),
        Some("16777216")
    );
    assert_eq!(
        more.exec("grep Cpus_allowed_list /proc/self/status")
            .ok()
            .split_whitespace()
            .last(),
        Some("0")
    );
    fixture
        .minic(&["update", "--cpu-burst", "10ms", "more"])
        .ok();
    assert_eq!(
        setting(&more, &["cpu.max.burst", "cpu.cfs_burst_us"]).as_deref(),
        Some("10000")
    );
}

#[test]
fn what_only_v2_has_is_given_there_and_refused_elsewhere() {
    let fixture = Fixture::new();
    let args = [
        "--memory-high",
        "32M",
        "--memory-min",
        "8M",
        "--oom-policy",
        "group",
    ];
    if memory_is_on_v2() {
        let more = fixture.detached("more", &[&args[..], &["sleep", "1000"]].concat());
        assert_eq!(
            setting(&more, &["memory.high"]).as_deref(),
            Some("33554432")
        );
        assert_eq!(setting(&more, &["memory.min"]).as_deref(), Some("8388608"));
        assert_eq!(setting(&more, &["memory.oom.group"]).as_deref(), Some("1"));
    } else {
        let refused = fixture
            .minic(&[&["run"], &args[..], &["true"]].concat())
            .refused(125);
        assert!(
            refused.contains("--memory-high: needs cgroup v2"),
            "{refused}"
        );
        assert_eq!(
            fixture
                .minic(&[&["run", "--best-effort"], &args[..], &["true"]].concat())
                .code,
            Some(0)
        );
    }
}

#[test]
fn a_limit_that_cannot_be_applied_is_never_dropped_silently() {
    let fixture = Fixture::new();
    // no file of any kernel takes this: burst beyond the period's quota
    let args = [
        "run",
        "-d",
        "--name",
        "one",
        "--cpus",
        "0.1",
        "--cpu-burst",
        "1h",
    ];
    let refused = fixture
        .minic(&[&args[..], &["sleep", "1000"]].concat())
        .refused(125);
    assert!(refused.contains("burst"), "{refused}");
    let started = fixture.minic(&[&args[..], &["--best-effort", "sleep", "1000"]].concat());
    assert_eq!(started.code, Some(0), "{started:?}");
    assert!(
        started.stderr.starts_with("minic-tui: warning: ") && started.stderr.contains("burst"),
        "{started:?}"
    );
    let info = fixture.minic(&["info", "one"]).ok();
    assert!(info.contains("Without") && info.contains("burst"), "{info}");
}

#[test]
fn reads_from_a_device_are_limited() {
    let fixture = Fixture::new();
    let Some(disk) = ["/dev/vda", "/dev/sda", "/dev/nvme0n1"]
        .into_iter()
        .find(|disk| std::path::Path::new(disk).exists())
    else {
        // the emulated machine has no disk unless it is given one
        assert!(
            fixture
                .minic(&["run", "--device-read-bps", "/dev/null:1M", "true"])
                .refused(125)
                .contains("block device")
        );
        return;
    };
    let rate = format!("{disk}:1M");
    let slow = fixture.detached("slow", &["--device-read-bps", &rate, "sleep", "1000"]);
    let text = setting(&slow, &["io.max", "blkio.throttle.read_bps_device"]).unwrap();
    assert!(text.contains("1048576"), "{text}");
}

/// Every limit of the table, as far as this host can give it.
#[test]
fn what_is_saved_as_a_preset_is_launched_with_the_same_limits() {
    let fixture = Fixture::new();
    let disk = ["/dev/vda", "/dev/sda", "/dev/nvme0n1"]
        .into_iter()
        .find(|disk| std::path::Path::new(disk).exists());
    let mut args = vec!["--best-effort".to_owned()];
    for key in LimitKey::all().filter(|key| !key.is_list || disk.is_some()) {
        let value = key.example.replace("/dev/sda", disk.unwrap_or_default());
        args.push(format!("--{}={value}", key.flag));
    }
    args.extend(["sleep", "1000"].map(str::to_owned));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let first = fixture.detached("first", &args);
    let folder = fixture.state().join("containers").join(first.id());
    let spec: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("spec.json")).unwrap()).unwrap();
    let limits: Limits = serde_json::from_value(spec["limits"].clone()).unwrap();
    let config = fixture.state().join("config.toml");
    let preset = Preset {
        best_effort: Some(true),
        ..Preset::of_limits(&limits)
    };
    save_preset(&config, "saved", &preset).unwrap();
    let run = [
        "run", "-d", "--name", "again", "--preset", "saved", "sleep", "1000",
    ];
    fixture
        .minic(&[&["--config", config.to_str().unwrap()], &run[..]].concat())
        .ok();
    let again = fixture.container("again");
    assert_eq!(again.info()["limits"], first.info()["limits"]);
    let has = |container: &Container, file: &str| {
        let info = container.info();
        let folders = info["cgroups"].as_array().unwrap().clone();
        folders
            .iter()
            .map(|folder| std::path::Path::new(folder.as_str().unwrap()).join(file))
            .find(|path| path.exists())
            .map(|path| std::fs::read_to_string(path).unwrap())
    };
    let files = LIMITS
        .iter()
        .flat_map(|limit| limit.v1.iter().chain(limit.v2));
    let mut compared = 0;
    for file in files {
        let values = (has(&first, file), has(&again, file));
        assert_eq!(values.0, values.1, "{file}");
        compared += usize::from(values.0.is_some());
    }
    assert!(compared >= 5, "{compared} files of {}", first.info());
}

/// The CPUs that its first process may run on.
fn allowed_cpus(container: &Container) -> String {
    let status = std::fs::read_to_string(format!("/proc/{}/status", container.pid())).unwrap();
    let line = status.lines().find(|l| l.starts_with("Cpus_allowed_list"));
    line.unwrap().split_whitespace().last().unwrap().to_owned()
}

#[test]
fn a_cpuset_given_by_update_holds_at_once() {
    let fixture = Fixture::new();
    let script = "sleep 1000 & sh -c 'while :; do sleep 0.01; done'";
    let one = fixture.detached("one", &["sh", "-c", script]);
    let before = allowed_cpus(&one);
    let refused = one.verb(&["update", "--cpuset-cpus", "8191"]).refused(125);
    assert!(
        refused.contains("--cpuset-cpus: this host has CPUs")
            && refused.contains("not all of 8191"),
        "{refused}"
    );
    assert!(one.info()["limits"]["cpuset"].is_null(), "{}", one.info());
    assert_eq!(allowed_cpus(&one), before);

    one.verb(&["update", "--cpuset-cpus", "0"]).ok();
    assert_eq!(allowed_cpus(&one), "0");
    assert_eq!(setting(&one, &["cpuset.cpus"]).as_deref(), Some("0"));
    let every = one
        .exec("cat /proc/[0-9]*/status | grep Cpus_allowed_list | sort -u")
        .ok();
    assert_eq!(every, "Cpus_allowed_list:\t0\n", "its children, and exec");
    // a later limit that cannot be given leaves it as it is
    one.verb(&[
        "update",
        "--cpuset-cpus",
        "0-1",
        "--device-read-bps",
        "/dev/null:1M",
    ])
    .refused(125);
    assert_eq!(allowed_cpus(&one), "0");
    let info = one.info();
    let folders = info["cgroups"].as_array().unwrap().iter();
    let folders = folders.map(|folder| std::path::Path::new(folder.as_str().unwrap()));
    assert!(folders.clone().all(std::path::Path::exists));
    one.verb(&["stop", "-t", "0"]).ok();
    assert!(
        comes_true(|| !folders.clone().any(std::path::Path::exists)),
        "{info}"
    );
    let refused = one.verb(&["update", "--cpuset-cpus", "8191"]).refused(125);
    assert!(
        refused.contains("--cpuset-cpus: this host has CPUs")
            && refused.contains("not all of 8191"),
        "{refused}"
    );
    one.verb(&["start"]).ok();
    assert_eq!(allowed_cpus(&one), "0");
    one.verb(&["destroy", "-f"]).ok();
    fixture.is_clean();
}

#[test]
fn cap_and_burst_are_changed_together_in_both_directions() {
    let fixture = Fixture::new();
    let one = fixture.detached(
        "one",
        &["--cpus", "0.5", "--cpu-burst", "30ms", "sleep", "1000"],
    );
    let burst = || setting(&one, &["cpu.max.burst", "cpu.cfs_burst_us"]);
    one.verb(&["update", "--cpus", "0.2", "--cpu-burst", "10ms"])
        .ok();
    assert_eq!(burst().as_deref(), Some("10000"));
    one.verb(&["update", "--cpus", "0.5", "--cpu-burst", "30ms"])
        .ok();
    assert_eq!(burst().as_deref(), Some("30000"));
    let refused = one.verb(&["update", "--cpus", "0.2"]).refused(125);
    assert!(refused.contains("--cpu-burst"), "{refused}");
}
