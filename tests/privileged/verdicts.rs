//! What a health check prints and how it ends is recorded: bounded, without holding the supervisor
//! up, and no more often than there is something new.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::command::{eventually, scale};
use crate::fixture::{Container, Fixture};

fn checked<'a>(fixture: &'a Fixture, check: &str, interval: &str, retries: &str) -> Container<'a> {
    let args = [
        "--health-cmd",
        check,
        "--health-interval",
        interval,
        "--health-retries",
        retries,
        "sleep",
        "1000",
    ];
    fixture.detached("sick", &args)
}

fn is(container: &Container<'_>, verdict: &str) {
    eventually(verdict, || {
        container.info()["health"].as_str() == Some(verdict)
    });
}

fn last_run(container: &Container<'_>) -> Value {
    container.info()["health_check"]["last_run"].clone()
}

/// Seconds of a core that process `pid` has used.
fn cpu_time(pid: &Value) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: f64 = fields[11..13]
        .iter()
        .map(|field| field.parse::<f64>().unwrap())
        .sum();
    ticks / 100.0
}

#[test]
fn what_a_failing_check_printed_is_told_while_it_runs_and_after() {
    let fixture = Fixture::new();
    let line = "echo asking the db; echo db is down >&2; exit 3";
    // the interval is the timeout too: long enough for an emulated machine
    let sick = checked(&fixture, line, "3s", "2");
    is(&sick, "unhealthy");
    let check = sick.info()["health_check"].clone();
    assert_eq!(
        (&check["failures"], &check["retries"], &check["command"]),
        (&2.into(), &2.into(), &line.into()),
        "{check}"
    );
    let run = &check["last_run"];
    assert_eq!(
        (&run["exit_code"], &run["end"], &run["truncated"]),
        (&3.into(), &"exited".into(), &false.into())
    );
    assert_eq!(run["output"], "asking the db\ndb is down");
    let told = sick.verb(&["info"]).ok();
    assert!(
        told.contains("Health       unhealthy since ") && told.contains("; 2 of 2 failed in a row"),
        "{told}"
    );
    assert!(told.contains("Last check   exit 3 after "), "{told}");
    assert!(told.contains("\n             db is down\n"), "{told}");
    let events = fixture.minic(&["events", "--json"]).ok();
    let why = |line: &&str| line.contains("\"unhealthy\"") && line.contains(": db is down\"");
    assert_eq!(events.lines().filter(why).count(), 1, "{events}");
    sick.verb(&["stop", "-t", "0"]).ok();
    assert!(sick.info()["health"].is_null());
    assert_eq!(last_run(&sick)["output"], "asking the db\ndb is down");
    sick.verb(&["start"]).ok();
    eventually("the next start forgets it", || {
        let info = sick.info();
        info["health"] == "starting" || info["health_check"]["since"] != check["since"]
    });
}

#[test]
fn a_check_that_prints_a_megabyte_succeeds_and_its_end_is_kept() {
    let fixture = Fixture::new();
    let line = "head -c 1000000 /dev/zero | tr '\\0' x && echo && echo the end";
    let sick = checked(&fixture, line, "3s", "1");
    is(&sick, "healthy");
    let run = last_run(&sick);
    let output = run["output"].as_str().unwrap();
    assert!(output.len() <= 4096 && output.ends_with("xxx\nthe end"));
    assert_eq!(run["truncated"], true);
}

#[test]
fn a_check_that_floods_costs_the_supervisor_little_and_is_killed_in_time() {
    let fixture = Fixture::new();
    let sick = checked(&fixture, "yes flood; yes flood >&2", "3s", "2");
    eventually("it floods", || sick.exec("pgrep -x yes").code == Some(0));
    let pid = sick.info()["supervisor"].clone();
    let (start, before) = (Instant::now(), cpu_time(&pid));
    std::thread::sleep(Duration::from_millis(1500));
    let used = (cpu_time(&pid) - before) / start.elapsed().as_secs_f64();
    // a twentieth of a core; more where a core is emulated
    let most = scale(Duration::from_millis(50)).as_secs_f64();
    assert!(used < most, "{used:.3} of a core");
    is(&sick, "unhealthy");
    let run = last_run(&sick);
    assert_eq!(
        (&run["end"], &run["exit_code"]),
        (&"timed_out".into(), &Value::Null)
    );
    assert!(run["output"].as_str().unwrap().ends_with("flood\nflood"));
    assert_eq!(run["truncated"], true);
    // it hears of a stop in the midst of it
    eventually("it floods again", || {
        sick.exec("pgrep -x yes").code == Some(0)
    });
    let before = Instant::now();
    sick.verb(&["stop", "-t", "0"]).ok();
    assert!(before.elapsed() < scale(Duration::from_secs(10)));
}

#[test]
fn who_holds_the_pipe_of_a_check_that_ended_is_not_waited_for() {
    let fixture = Fixture::new();
    let line = "echo fine; setsid sh -c 'while :; do echo held; done' & exit 0";
    let sick = checked(&fixture, line, "2s", "1");
    is(&sick, "healthy");
    let run = last_run(&sick);
    assert!(run["took_ms"].as_u64().unwrap() < 2000, "{run}");
    // closing its streams early is no news either
    let closed = fixture.detached(
        "closed",
        &[
            "--health-cmd",
            "echo said; exec >&- 2>&-; sleep 0.3",
            "--health-interval",
            "2s",
            "sleep",
            "1000",
        ],
    );
    is(&closed, "healthy");
    assert_eq!(last_run(&closed)["output"], "said");
}

#[test]
fn a_check_that_hangs_leaves_what_it_printed_before() {
    let fixture = Fixture::new();
    let sick = checked(&fixture, "echo waiting for db; sleep 1000", "500ms", "1");
    is(&sick, "unhealthy");
    let run = last_run(&sick);
    assert_eq!(
        (&run["end"], &run["exit_code"]),
        (&"timed_out".into(), &Value::Null)
    );
    assert_eq!(run["output"], "waiting for db");
    assert!(run["took_ms"].as_u64().unwrap() >= 500, "{run}");
    let told = sick.verb(&["info"]).ok();
    assert!(told.contains("Last check   timed out after "), "{told}");
}

#[test]
fn runs_without_news_are_not_written() {
    let fixture = Fixture::new();
    for (line, verdict) in [
        ("echo x >> /count; echo ok; date +%s%N", "healthy"),
        ("echo x >> /count; echo no; date +%s%N; exit 1", "unhealthy"),
    ] {
        let sick = checked(&fixture, line, "1s", "1");
        is(&sick, verdict);
        let runs = || {
            sick.exec("wc -l < /count")
                .stdout
                .trim()
                .parse::<u32>()
                .unwrap()
        };
        let state = || {
            let folder = sick.info()["folder"].as_str().unwrap().to_owned();
            fs::metadata(format!("{folder}/state.json"))
                .unwrap()
                .modified()
                .unwrap()
        };
        let (before, written) = (runs(), state());
        eventually("it ran three more times", || runs() > before + 3);
        assert_eq!(state(), written, "{}", sick.info()["health_check"]);
        sick.verb(&["destroy", "-f"]).ok();
    }
}
