//! The streams of processes in a container are pipes, a terminal or a null device of the
//! container's own: whatever is done to them from inside, nothing of the host's is opened, changed
//! or read.

#![allow(
    unsafe_code,
    reason = "system calls that no library makes are what is tried"
)]

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::libc;

use crate::command::{Outcome, eventually, finish, wait};
use crate::fixture::{Container, Fixture};
use crate::history::{own_program, probe};

/// What a hostile command does to its streams.
#[test]
#[ignore = "the child of another test, in a container"]
fn opens_its_streams_anew() {
    let mut told = String::new();
    for number in 0..3 {
        let path = format!("/proc/self/fd/{number}");
        told += &format!(
            "STREAM {number} {}\n",
            fs::read_link(&path).unwrap().display()
        );
        let mut options = fs::OpenOptions::new();
        options.custom_flags(libc::O_NONBLOCK);
        for (how, read, write, truncate) in [
            ("read", true, false, false),
            ("write", false, true, false),
            ("truncate", false, true, true),
        ] {
            let Ok(mut file) = options
                .read(read)
                .write(write)
                .truncate(truncate)
                .open(&path)
            else {
                continue;
            };
            let regular = file
                .metadata()
                .is_ok_and(|data| data.is_file() || data.is_dir());
            let mut taken = [0; 64];
            let got = if read {
                file.read(&mut taken).unwrap_or(0)
            } else {
                0
            };
            let put = if write && number == 0 {
                file.write(b"HACKED\n").unwrap_or(0)
            } else {
                0
            };
            told += &format!(
                "{how} {number} regular={regular} got={got} put={put} {:?}\n",
                file.set_len(0).is_ok()
            );
        }
        // SAFETY: texts that end with NUL, and integers.
        let climbed = unsafe {
            [
                libc::openat(number, c"..".as_ptr(), libc::O_PATH),
                libc::openat(number, c"etc/shadow".as_ptr(), libc::O_RDONLY),
            ]
        };
        told += &format!("climbed {number} {climbed:?}\n");
    }
    fs::write("/report", told).unwrap();
}

/// A line of shell, with `$M` for the binary with its state folder.
pub(crate) fn shell(fixture: &Fixture, line: &str) -> Outcome {
    let line = line.replace(
        "$M",
        &format!(
            "{} --state {}",
            env!("CARGO_BIN_EXE_minic-tui"),
            fixture.state().display()
        ),
    );
    finish(Command::new("bash").args(["-c", &line]), "")
}

/// Fails unless each of the streams was a pipe, a null device or a terminal, and led nowhere.
#[track_caller]
pub(crate) fn has_nothing_of_the_hosts(container: &Container<'_>, told: &str) {
    let report = container.exec("cat /report; rm /report").ok();
    let streams: Vec<&str> = report
        .lines()
        .filter_map(|line| line.strip_prefix("STREAM "))
        .collect();
    assert_eq!(streams.len(), 3, "{told}: {report}");
    for stream in streams {
        let link = &stream[2..];
        assert!(
            link.starts_with("pipe:[") || link == "/dev/null",
            "{told}: {report}"
        );
    }
    assert!(!report.contains("regular=true"), "{told}: {report}");
    assert_eq!(report.matches("[-1, -1]").count(), 3, "{told}: {report}");
}

#[test]
fn no_descriptor_opened_outside_is_passed_in() {
    let fixture = Fixture::new();
    let own = own_program();
    let web = fixture.detached("web", &["-v", &own, "sleep", "1000"]);
    let (log, input, folder) = (
        fixture.state().join("a-log"),
        fixture.state().join("an-input"),
        fixture.state().join("a-folder"),
    );
    fs::create_dir(&folder).unwrap();
    let program = probe("streams::opens_its_streams_anew").join(" ");
    let [log, input, folder] = [&log, &input, &folder].map(|path| path.to_str().unwrap());
    for (what, line) in [
        (
            "to a log",
            format!("$M exec web {program} >> {log} 2>> {log}"),
        ),
        (
            "to a log, both together",
            format!("$M exec web {program} >> {log} 2>&1"),
        ),
        (
            "to a log, readable",
            format!("$M exec web {program} 1<> {log} 2>> {log}"),
        ),
        (
            "from a file",
            format!("$M exec -i web {program} < {input} >> {log}"),
        ),
        (
            "from a file, not asked for",
            format!("$M exec web {program} < {input} >> {log}"),
        ),
        (
            "from a folder",
            format!("$M exec -i web {program} < {folder} >> {log}"),
        ),
        (
            "from a device",
            format!("$M exec -i web {program} < /dev/zero >> {log}"),
        ),
        (
            "as a user",
            format!(
                "$M exec -i --user 1000 web /probe --version < {input} >> {log}; $M exec -i web {program} < {input} >> {log}"
            ),
        ),
        (
            "with a terminal, without -t",
            format!("script -qec '$M exec web {program}' /dev/null < /dev/null"),
        ),
        (
            "with a terminal and input, without -t",
            format!("script -qec '$M exec -i web {program}' /dev/null < /dev/null"),
        ),
        ("closed", format!("$M exec -i web {program} <&- >&- 2>&-")),
        (
            "in the background",
            format!(
                "$M run --rm -v {own} --name other -i sh -c true < {input}; $M exec -i web {program} < {input} > {log}-2"
            ),
        ),
    ] {
        fs::write(
            log,
            "KEEP, a first line that is longer than what anybody writes over it\n",
        )
        .unwrap();
        fs::write(input, "one\ntwo\nthree\n").unwrap();
        let said = shell(&fixture, &line);
        assert!(
            !said.stdout.contains("cannot") && !said.stderr.contains("cannot"),
            "{what}: {said:?}"
        );
        let kept = fs::read_to_string(log).unwrap();
        assert!(
            what.contains("readable")
                || kept.starts_with(
                    "KEEP, a first line that is longer than what anybody writes over it\n"
                ),
            "{what}: {kept}"
        );
        assert!(!kept.contains("HACKED"), "{what}: {kept}");
        assert_eq!(
            fs::read_to_string(input).unwrap(),
            "one\ntwo\nthree\n",
            "{what}"
        );
        assert_eq!(fs::read_dir(folder).unwrap().count(), 0, "{what}");
        has_nothing_of_the_hosts(&web, what);
    }
}

/// `run`, in the foreground and not, and the health check: what they have is theirs as well. What
/// joins shows nothing of its caller's command line and environment: with CAP_SYS_PTRACE and the
/// host's ids a container may read them.
#[test]
fn the_callers_environment_is_not_visible_in_exec() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["--userns", "host", "sleep", "1000"]);
    let mut exec = fixture.command(&["exec", "one", "sleep", "987"]);
    let mut exec = exec
        .env("HOSTSECRET", "topsecret")
        .stdin(std::process::Stdio::null())
        .spawn()
        .unwrap();
    crate::command::eventually("its command runs", || {
        one.exec("pgrep -f 'sleep 987$'").code == Some(0)
    });
    let mut looked = 0;
    for process in std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
    {
        let parent = std::fs::read_to_string(process.join("status")).unwrap_or_default();
        if !parent.contains(&format!("PPid:\t{}\n", exec.id())) {
            continue;
        }
        looked += 1;
        for file in ["environ", "cmdline"] {
            let seen = std::fs::read(process.join(file)).unwrap_or_default();
            let seen = String::from_utf8_lossy(&seen);
            assert!(
                !seen.contains("topsecret") && !seen.contains("--state"),
                "{file}: {seen}"
            );
        }
    }
    assert!(looked > 0, "the reaper is a child of the caller's");
    one.verb(&["stop", "-t", "0"]).ok();
    let _ = exec.wait();
}

#[test]
fn run_and_the_health_check_have_streams_of_their_own() {
    let fixture = Fixture::new();
    let own = own_program();
    let program = probe("streams::opens_its_streams_anew").join(" ");
    let check = format!("{program}; mv /report /checked");
    let args = [
        "-v",
        &own,
        "--health-cmd",
        &check,
        "--health-interval",
        "500ms",
        "sh",
        "-c",
    ];
    let line = format!("{program}; mv /report /ran; sleep 1000");
    let web = fixture.detached("web", &[&args[..], &[&line]].concat());
    for file in ["/ran", "/checked"] {
        eventually("it told", || {
            web.exec(&format!("test -e {file} && cp {file} /report"))
                .code
                == Some(0)
        });
        has_nothing_of_the_hosts(&web, file);
    }
    web.verb(&["stop", "-t", "0"]).ok();
    let ran = shell(
        &fixture,
        &format!("$M run --name fore -i -v {own} sh -c '{program}; cat /report' < /etc/passwd"),
    );
    assert!(
        ran.stdout.matches("pipe:[").count() == 3 && !ran.stdout.contains("regular=true"),
        "{ran:?}"
    );
}

#[test]
fn large_streams_in_both_directions_lose_nothing() {
    let fixture = Fixture::new();
    fixture.detached("web", &["sleep", "1000"]);
    let input = "0123456789abcdef\n".repeat(1_000_000);
    let output = finish(&mut fixture.command(&["exec", "-i", "web", "cat"]), &input);
    assert!(
        output.code == Some(0) && output.stdout == input,
        "{:?} {}",
        output.code,
        output.stdout.len()
    );
    let both = fixture.minic(&[
        "exec",
        "web",
        "sh",
        "-c",
        "seq 200000; seq 200000 >&2; exit 3",
    ]);
    assert_eq!(both.code, Some(3));
    for stream in [both.stdout, both.stderr] {
        assert!(
            stream
                .lines()
                .zip(1..)
                .all(|(line, n)| line == n.to_string())
                && stream.lines().count() == 200_000
        );
    }
    // each line where it was written, when both are one
    let mixed = shell(
        &fixture,
        "$M exec web sh -c 'for i in $(seq 500); do echo o$i; echo e$i >&2; done' 2>&1",
    )
    .ok();
    let wanted: String = (1..=500).map(|i| format!("o{i}\ne{i}\n")).collect();
    assert_eq!(mixed, wanted);
    // the last bytes before the end, many times
    for _ in 0..30 {
        assert_eq!(
            fixture
                .minic(&["exec", "web", "sh", "-c", "echo first; printf last"])
                .ok(),
            "first\nlast"
        );
    }
}

#[test]
fn streams_end_as_they_should() {
    let fixture = Fixture::new();
    let web = fixture.detached("web", &["sleep", "1000"]);
    // the end of input
    assert_eq!(
        shell(&fixture, "printf abc | $M exec -i web cat").ok(),
        "abc"
    );
    assert_eq!(
        shell(&fixture, "$M exec web cat < /etc/passwd").ok(),
        "",
        "not asked for"
    );
    // a command that reads no more, while more would come
    assert_eq!(
        shell(&fixture, "yes | $M exec -i web head -n 1").ok(),
        "y\n"
    );
    // a reader that goes away: the command hears of it as it would without us
    let piped = shell(
        &fixture,
        "$M exec web yes | head -n 1; echo ${PIPESTATUS[0]}",
    )
    .ok();
    assert_eq!(piped, "y\n141\n");
    // a command that ends while a child of it holds its streams
    assert_eq!(
        shell(
            &fixture,
            "$M exec web sh -c 'sleep 1000 & echo hi; exit 4'; echo $?"
        )
        .ok(),
        "hi\n4\n"
    );
    assert_eq!(shell(&fixture, "$M exec web sh -c '(while :; do echo more; done) & echo hi; exit 4' > /dev/null; echo $?").ok(), "4\n");
    // a command that closes its outputs long before it ends
    assert_eq!(
        shell(
            &fixture,
            "$M exec web sh -c 'echo a; exec >&- 2>&-; sleep 0.3; exit 5'; echo $?"
        )
        .ok(),
        "a\n5\n"
    );
    // nobody reads, nobody writes: a signal reaches it all the same
    let mut command = fixture.command(&[
        "exec",
        "-i",
        "web",
        "sh",
        "-c",
        "trap 'touch /ended; exit 9' TERM; touch /ready; yes & while :; do sleep 0.1; done",
    ]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("the trap is set", || {
        web.exec("test -e /ready").code == Some(0)
    });
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(child.id().cast_signed()),
        nix::sys::signal::Signal::SIGTERM,
    )
    .unwrap();
    eventually("it ended inside", || {
        web.exec("test -e /ended").code == Some(0)
    });
    drop(child.stdout.take());
    assert_eq!(wait(&mut child, "exec"), Some(9));
    assert!(!Path::new(&format!("/proc/{}", child.id())).exists());
    // a caller that ignores the ends of its children, which is inherited, hears of this one all the
    // same
    assert_eq!(
        shell(
            &fixture,
            "perl -e '$SIG{CHLD} = \"IGNORE\"; exec @ARGV' -- $M exec web sh -c 'exit 6'; echo $?"
        )
        .ok(),
        "6\n"
    );
    // what a user may open again is its own
    assert_eq!(
        fixture
            .minic(&[
                "exec",
                "--user",
                "1000",
                "web",
                "sh",
                "-c",
                "echo again > /dev/stdout"
            ])
            .ok(),
        "again\n"
    );
}
