//! The escapes of other runtimes, tried on this one: the program overwritten from inside
//! (CVE-2019-5736), a descriptor or folder of the host's left open (CVE-2024-21626), the joining
//! process of an exec opened from inside (CVE-2016-9962).

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{AccessFlags, Pid, access};

use crate::command::{Outcome, eventually, finish};
use crate::fixture::{Container, Fixture};

/// Descriptors of `ls` in a container: three streams, and the folder that it reads.
const ITS_OWN: [&str; 4] = ["0", "1", "2", "3"];

/// The binary called by a shell that has folders and files of the host open, as a careless service
/// manager has.
fn with_open_files(fixture: &Fixture, args: &[&str]) -> Outcome {
    let mut shell = Command::new("bash");
    shell.args([
        "-c",
        "exec \"$@\" 7</etc/passwd 8</etc 9</ 23</proc",
        "bash",
        env!("CARGO_BIN_EXE_minic-tui"),
        "--state",
    ]);
    finish(shell.arg(fixture.state()).args(args), "")
}

/// Every process that a container's supervisor leads, the supervisor first.
fn supervisor_and_init(pid: i32) -> [i32; 2] {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let parent = status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    [parent, pid]
}

/// Whether this is our program file, whatever it is called.
fn is_ours(path: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|data| (data.dev(), data.ino()));
    identity(path)
        .is_ok_and(|theirs| theirs == identity(Path::new(env!("CARGO_BIN_EXE_minic-tui"))).unwrap())
}

#[test]
fn no_link_of_ours_leads_to_a_file_that_can_be_written() {
    let fixture = Fixture::new();
    // a shell line's init stays as PID 1: it is our program for as long as the container lives
    let staying = fixture.detached("staying", &["sh", "-c", "sleep 1000; true"]);
    let mut looked = 0;
    for pid in supervisor_and_init(staying.pid()) {
        let exe = format!("/proc/{pid}/exe");
        assert!(is_ours(exe.as_ref()), "{exe}");
        assert_eq!(
            access(exe.as_str(), AccessFlags::W_OK),
            Err(Errno::EROFS),
            "{exe}"
        );
        for mapped in fs::read_dir(format!("/proc/{pid}/map_files")).unwrap() {
            let link = mapped.unwrap().path();
            assert_eq!(
                access(&link, AccessFlags::W_OK),
                Err(Errno::EROFS),
                "{}: {:?}",
                link.display(),
                fs::read_link(&link)
            );
            looked += 1;
        }
    }
    assert!(looked > 0, "nothing was mapped");
}

/// Stops our program where it runs in the container; its number there.
fn stopped_inside(victim: &Container<'_>) -> Option<String> {
    let init = fs::read_link(format!("/proc/{}/ns/pid", victim.pid())).unwrap();
    let is_inside = |process: &Path| {
        fs::read_link(process.join("ns/pid")).is_ok_and(|namespace| namespace == init)
    };
    // what joins is our program, too, until it executes the command
    let is_ours = |process: &Path| {
        fs::read(process.join("cmdline"))
            .is_ok_and(|line| line.starts_with(b"/proc/self/exe\0logs"))
    };
    let mut processes = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let process = processes.find(|process| is_ours(process) && is_inside(process))?;
    let number = process.file_name()?.to_str()?.parse().ok()?;
    kill(Pid::from_raw(number), Signal::SIGSTOP).ok()?;
    let status = fs::read_to_string(process.join("status")).ok()?;
    Some(
        status
            .lines()
            .find_map(|line| line.strip_prefix("NSpid:"))?
            .split_whitespace()
            .last()?
            .to_owned(),
    )
}

#[test]
fn the_program_cannot_be_overwritten_through_a_script_with_proc_self_exe() {
    let fixture = Fixture::new();
    let binary = Path::new(env!("CARGO_BIN_EXE_minic-tui"));
    let before = fs::read(binary).unwrap();
    // with users of the host's: the owner of the file, whom nothing but the mount holds back
    let victim = fixture.detached(
        "victim",
        &["--userns", "host", "--cpus", "2", "sleep", "1000"],
    );
    // the image's shell becomes our own program, started inside, with the libraries of the image
    let set_up = "cp /bin/sh /bin/dash2; printf '#!/proc/self/exe logs\\n' > /evil; chmod +x /evil; ln -s /proc/self/exe /link";
    victim.exec(set_up).ok();
    victim.verb(&["update", "--cpus", "0.01"]).ok();
    // stopped while it starts, which takes a while with a hundredth of a core
    let mut started = fixture
        .command(&["exec", "victim", "/evil"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut pid = String::new();
    eventually("our program runs inside", || {
        pid = stopped_inside(&victim).unwrap_or_default();
        !pid.is_empty()
    });
    victim.verb(&["update", "--cpus", "2"]).ok();
    let attack = format!(
        "exec 9</proc/{pid}/exe; (: > /proc/{pid}/exe) 2>&1; kill -9 {pid}; while kill -0 {pid} 2>/dev/null; do :; done; \
         (: > /proc/self/fd/9) 2>&1; (printf x >> /proc/self/fd/9) 2>&1; chmod 777 /proc/self/fd/9 2>&1; echo tried"
    );
    let said = victim.exec(&attack).stdout;
    started.wait().unwrap();
    let refusals = said
        .lines()
        .filter(|line| line.contains("Read-only file system") || line.contains("Text file busy"))
        .count();
    assert!(said.ends_with("tried\n") && refusals == 4, "{said}");
    assert!(
        said.matches("Read-only file system").count() >= 2,
        "held open, it is no better: {said}"
    );
    // as the command itself it starts and has nothing to do there
    let linked = fixture.minic(&["exec", "victim", "/link", "--version"]);
    assert!(
        linked.code.is_some_and(|code| code != 0) || linked.stdout.contains("minic-tui"),
        "{linked:?}"
    );
    assert!(
        fs::read(binary).unwrap() == before,
        "the program was changed"
    );
}

#[test]
fn nothing_the_caller_has_open_comes_along() {
    let fixture = Fixture::new();
    let numbers = "ls /proc/self/fd";
    let ran = with_open_files(&fixture, &["run", "--rm", "ls", "/proc/self/fd"]).ok();
    let open: Vec<_> = ran.split_whitespace().collect();
    assert_eq!(open, ITS_OWN, "files open in what run executes");
    let shell_line = with_open_files(&fixture, &["run", "--rm", "sh", "-c", numbers]).ok();
    assert_eq!(shell_line.split_whitespace().collect::<Vec<_>>(), ITS_OWN);

    let check = "ls /proc/self/fd > /seen.new; mv /seen.new /seen";
    let args = [
        "run",
        "-d",
        "--name",
        "open",
        "--health-cmd",
        check,
        "--health-interval",
        "1s",
        "sleep",
        "1000",
    ];
    with_open_files(&fixture, &args).ok();
    let executed = with_open_files(&fixture, &["exec", "open", "ls", "/proc/self/fd"]).ok();
    assert_eq!(executed.split_whitespace().collect::<Vec<_>>(), ITS_OWN);
    let mut seen = String::new();
    eventually("the health check ran", || {
        let read = fixture.minic(&["exec", "open", "cat", "/seen"]);
        seen = read.stdout;
        read.code == Some(0)
    });
    // its standard output is the file that the shell opened
    assert_eq!(seen.split_whitespace().collect::<Vec<_>>(), ITS_OWN);
    // whoever supervises it has nothing of the caller's open either
    let pid = fixture.json(&["info", "open"])[0]["pid"].as_i64().unwrap();
    for pid in supervisor_and_init(i32::try_from(pid).unwrap()) {
        let held = fs::read_dir(format!("/proc/{pid}/fd"))
            .unwrap()
            .filter_map(|fd| fs::read_link(fd.unwrap().path()).ok());
        let of_caller: Vec<_> = held
            .filter(|path| {
                ["/etc/passwd", "/etc", "/", "/proc"]
                    .iter()
                    .any(|p| path == Path::new(p))
            })
            .collect();
        assert!(of_caller.is_empty(), "{of_caller:?}");
    }
}

#[test]
fn no_working_directory_leads_out_of_the_root() {
    let fixture = Fixture::new();
    fixture.detached("inner", &["sleep", "1000"]);
    fixture
        .minic(&["exec", "inner", "ln", "-s", "/proc/self/fd/8", "/way-out"])
        .ok();
    for number in 3..24 {
        let folder = format!("/proc/self/fd/{number}");
        let ran =
            with_open_files(&fixture, &["run", "--rm", "--workdir", &folder, "pwd"]).refused(125);
        let executed =
            with_open_files(&fixture, &["exec", "--workdir", &folder, "inner", "pwd"]).refused(125);
        assert!(
            ran.contains(&folder) && executed.contains(&folder),
            "{ran}{executed}"
        );
    }
    let linked =
        with_open_files(&fixture, &["exec", "--workdir", "/way-out", "inner", "pwd"]).refused(125);
    assert!(linked.contains("/way-out"), "{linked}");
    let up = fixture
        .minic(&[
            "exec",
            "--workdir",
            "/proc/1/root/../../..",
            "inner",
            "sh",
            "-c",
            "pwd -P; test -L /way-out && echo inside",
        ])
        .ok();
    assert_eq!(up, "/\ninside\n");
}

/// What a hostile container runs: it opens whatever it can of each process that still is our
/// program.
#[test]
#[ignore = "the child of another test, in a container"]
fn opens_what_it_can() {
    let (mut seen, mut opened) = (0, std::collections::BTreeSet::new());
    println!("\nHOSTILE ready");
    while !Path::new("/stop").exists() {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let folder = entry.path();
            let is_ours = || {
                fs::read_to_string(folder.join("comm")).is_ok_and(|name| name.starts_with("minic"))
            };
            if !is_ours() {
                continue;
            }
            seen += 1;
            // opening mem takes what ptrace(2) takes: PTRACE_MODE_ATTACH
            for file in ["mem", "environ", "maps", "auxv"] {
                let got = fs::File::open(folder.join(file));
                if got.is_ok_and(|mut file| {
                    std::io::Read::read(&mut file, &mut [0; 1]).is_ok_and(|length| length > 0)
                }) && is_ours()
                {
                    opened.insert(file);
                }
            }
            // which numbers it has open is no secret (proc(5)); what they are is
            for link in [
                "exe", "cwd", "root", "ns/mnt", "fd/0", "fd/1", "fd/2", "fd/3", "fd/4", "fd/5",
            ] {
                if fs::read_link(folder.join(link)).is_ok() && is_ours() {
                    opened.insert(link);
                }
            }
        }
    }
    println!(
        "\nHOSTILE seen {}, opened {opened:?}",
        if seen > 0 { "some" } else { "none" }
    );
}

#[test]
fn a_joining_process_cannot_be_opened_from_inside() {
    let fixture = Fixture::new();
    let own = std::env::current_exe().unwrap();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let files: std::collections::BTreeSet<&str> = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5))
        .filter(|path| path.contains(".so"))
        .collect();
    let mut volumes = vec![format!("{}:/hostile:ro,noidmap", own.display())];
    volumes.extend(files.iter().map(|path| format!("{path}:{path}:ro,noidmap")));
    let mut args: Vec<&str> = volumes.iter().flat_map(|volume| ["-v", volume]).collect();
    args.extend([
        "/hostile",
        "--exact",
        "escapes::opens_what_it_can",
        "--ignored",
        "--nocapture",
    ]);
    let hostile = fixture.detached("hostile", &args);
    let said = || fixture.minic(&["logs", "hostile"]).stdout;
    eventually("it watches", || said().contains("HOSTILE ready"));
    for _ in 0..40 {
        fixture.minic(&["exec", "hostile", "true"]).ok();
        fixture
            .minic(&["exec", "--user", "1000", "hostile", "true"])
            .ok();
    }
    // it ends as soon as it sees this, and takes the shell that wrote it along
    let stopped = hostile.exec(": > /stop");
    assert!(matches!(stopped.code, Some(0 | 137)), "{stopped:?}");
    hostile.ends();
    assert!(
        said().contains("HOSTILE seen some, opened {}"),
        "{}",
        said()
    );
}
