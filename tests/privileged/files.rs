//! Files and folders that are not what their names suggest, or nested very deeply; and who may
//! command a supervisor.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::stat::Mode;

use crate::command::{Outcome, eventually, finish};
use crate::fixture::Fixture;
use crate::removal::deep;
use crate::screen::{open as open_screen, show_pane};

type Oddity = (&'static str, fn(&Path));

/// What stands in the place of a file.
const ODD: [Oddity; 3] = [
    ("a FIFO", |path| {
        nix::unistd::mkfifo(path, Mode::S_IRWXU).unwrap()
    }),
    ("a folder", |path| fs::create_dir(path).unwrap()),
    ("a socket", |path| {
        drop(std::os::unix::net::UnixListener::bind(path).unwrap())
    }),
];

fn put(make: fn(&Path), path: &Path) {
    take(path);
    make(path);
}

fn take(path: &Path) {
    let _ = fs::remove_file(path);
    let _ = fs::remove_dir(path);
}

fn says(told: &str, file: &str, what: &str) {
    assert!(
        told.contains(file) && (told.contains(what) || told.contains("irectory")),
        "{file} is {what}: {told}"
    );
}

#[test]
fn special_files_in_the_state_folder_block_nobody() {
    let fixture = Fixture::new();
    let (run, state) = (fixture.state().join("run"), fixture.state());
    let id = fixture
        .minic(&["create", "--name", "still", "true"])
        .ok()
        .trim()
        .to_owned();
    for (what, make) in ODD {
        // not needed: everything works without
        for file in [
            run.join(".swept"),
            state.join("events.jsonl"),
            state.join("images/host/compared"),
        ] {
            put(make, &file);
            assert_eq!(
                fixture.sh("echo works"),
                "works\n",
                "{} is {what}",
                file.display()
            );
            if file.ends_with("events.jsonl") {
                says(&fixture.minic(&["events"]).refused(125), "events", what);
            }
            take(&file);
        }
        // what is needed: a word
        put(make, &run.join("names.lock"));
        says(
            &fixture.minic(&["create", "true"]).refused(125),
            "names.lock",
            what,
        );
        assert_eq!(fixture.list().len(), 1, "others are seen");
        take(&run.join("names.lock"));
        put(make, &run.join(&id).join("lock"));
        says(
            &fixture.minic(&["start", "still"]).refused(125),
            "lock",
            what,
        );
        assert_eq!(fixture.sh("echo works"), "works\n");
        take(&run.join(&id).join("lock"));
        let log = state.join("containers").join(&id).join("log");
        put(make, &log);
        says(&fixture.minic(&["logs", "still"]).refused(125), "log", what);
        take(&log);
    }
    fixture.minic(&["start", "still"]).ok();
    eventually("it ended", || fixture.list()[0]["state"] == "STOPPED");
}

#[test]
fn files_named_by_the_user_must_be_regular_and_bounded() {
    let fixture = Fixture::new();
    let fifo = fixture.state().join("fifo");
    put(ODD[0].1, &fifo);
    for file in [fifo.to_str().unwrap(), "/dev/zero", "/proc"] {
        for flag in ["--env-file", "--seccomp"] {
            let told = fixture.minic(&["run", "--rm", flag, file, "true"]);
            assert!(
                matches!(told.code, Some(2 | 125)),
                "{flag} {file}: {told:?}"
            );
            assert!(told.stderr.contains(file), "{flag} {file}: {told:?}");
        }
        let told = finish(fixture.command(&["list"]).env("MINIC_CONFIG", file), "");
        assert!(
            told.code != Some(0) && told.stderr.contains(file),
            "config {file}: {told:?}"
        );
    }
    let large = fixture.state().join("large");
    fs::File::create(&large).unwrap().set_len(1 << 40).unwrap();
    for flag in ["--env-file", "--seccomp"] {
        let told = fixture.minic(&["run", "--rm", flag, large.to_str().unwrap(), "true"]);
        assert!(
            told.code != Some(0) && told.stderr.contains("more than"),
            "{flag}: {told:?}"
        );
    }
}

/// `logs` with so little memory that a line of a gigabyte has no room.
fn logs_in_little_memory(fixture: &Fixture, args: &str) -> Outcome {
    let line = format!(
        "ulimit -v 400000; exec {} --state {} logs {args}",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    );
    finish(Command::new("sh").arg("-c").arg(line), "")
}

#[test]
fn a_log_of_nothing_but_nul_bytes_takes_no_memory() {
    let fixture = Fixture::new();
    let id = fixture
        .minic(&["create", "--name", "nul", "true"])
        .ok()
        .trim()
        .to_owned();
    let log = fixture.state().join("containers").join(&id).join("log");
    let file = fs::File::create(&log).unwrap();
    let at = "2026-11-23T14:03:11Z stdout F ";
    std::os::unix::fs::FileExt::write_all_at(&file, format!("{at}first\n").as_bytes(), 0).unwrap();
    // a terabyte that is not there at all, and half a gigabyte before it that is
    let nul = vec![0; 16 << 20];
    for n in 0..32 {
        std::os::unix::fs::FileExt::write_all_at(&file, &nul, 4096 + n * nul.len() as u64).unwrap();
    }
    std::os::unix::fs::FileExt::write_all_at(&file, format!("\n{at}last\n").as_bytes(), 1 << 40)
        .unwrap();
    assert_eq!(logs_in_little_memory(&fixture, "nul").ok(), "first\nlast\n");
    assert_eq!(
        logs_in_little_memory(&fixture, "--tail 1 nul").ok(),
        "last\n"
    );
}

#[test]
fn files_about_the_hosts_pages_and_symbols_are_masked() {
    let fixture = Fixture::new();
    let hidden = [
        "kpagecgroup",
        "kpagecount",
        "kpageflags",
        "kallsyms",
        "slabinfo",
        "vmallocinfo",
        "pagetypeinfo",
    ]
    .map(|file| format!("/proc/{file}"));
    let hidden = hidden.into_iter().chain(
        ["notes", "vmcoreinfo", "slab", "boot_params"].map(|file| format!("/sys/kernel/{file}")),
    );
    let hidden: Vec<String> = hidden.filter(|path| Path::new(path).exists()).collect();
    assert!(hidden.len() > 3, "{hidden:?}");
    let script = format!(
        "for f in {}; do if [ -d $f ]; then ls $f; else head -c 64 $f; fi | wc -c; done",
        hidden.join(" ")
    );
    let read = fixture.sh(&script);
    assert!(
        read.lines().count() == hidden.len() && read.lines().all(|line| line.trim() == "0"),
        "{hidden:?}: {read}"
    );
}

/// An unprivileged user who replaces every folder in `folder`, which is theirs, by a link to
/// `victim`.
fn swapper(folder: &Path, victim: &Path) -> Child {
    let script = format!(
        "cd {}; while :; do for e in data extracted-* extracted-*/data; do \
         if [ -d \"$e\" ] && [ ! -L \"$e\" ]; then n=$((n+1)); mv \"$e\" .was-$n && ln -s {} \"$e\"; fi; done; done",
        folder.display(),
        victim.display()
    );
    Command::new("sh")
        .arg("-c")
        .arg(script)
        .uid(65534)
        .gid(65534)
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn files_below(folder: &Path) -> usize {
    let found = Command::new("find")
        .arg(folder)
        .args(["-type", "f"])
        .output()
        .unwrap();
    found.stdout.iter().filter(|byte| **byte == b'\n').count()
}

#[test]
fn extracted_files_follow_no_link_of_another_user() {
    let fixture = Fixture::new();
    let place = std::env::temp_dir().join(format!("minic-extract-{}", std::process::id()));
    let (theirs, victim, ours) = (
        place.join("theirs"),
        place.join("victim"),
        place.join("ours"),
    );
    for folder in [&place, &theirs, &victim] {
        fs::create_dir(folder).unwrap();
    }
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&victim, fs::Permissions::from_mode(0o755)).unwrap();
    chown(&theirs, Some(65534), Some(65534)).unwrap();
    let container = fixture.detached("writer", &["sleep", "1000"]);
    container.exec("mkdir -p /data/sub; i=0; while [ $i -lt 4000 ]; do echo $i > /data/sub/$i; i=$((i+1)); done").ok();
    let data = fixture
        .state()
        .join("containers")
        .join(container.id())
        .join("upper/data");
    deep(&data, 5_000);
    let sparse = fs::File::create(data.join("sparse")).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"end", 1 << 32).unwrap();
    fs::write(
        data.join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"not\xfftext")),
        "x",
    )
    .unwrap();
    symlink("/etc/shadow", data.join("link")).unwrap();

    let mut swapper = swapper(&theirs, &victim);
    let tmux = open_screen(&fixture, 200, 40);
    tmux.wait_for("writer");
    show_pane(&tmux, "M-f", "Files");
    tmux.wait_for("/data/");
    // back in the list Escape takes away what was said
    let unsaid = |words: &str| {
        tmux.press(&["Escape"]);
        tmux.press(&["Escape"]);
        tmux.wait_until("nothing is said any more", |screen| !screen.contains(words));
        show_pane(&tmux, "M-f", "Files");
        tmux.wait_for("/data/");
    };
    let extract = |into: &Path, word: &str| {
        tmux.press(&["c"]);
        tmux.wait_for("Extract into");
        tmux.press(&["C-u"]);
        tmux.write(&into.display().to_string());
        tmux.press(&["Enter"]);
        tmux.wait_for(word);
    };
    extract(&theirs, "extracted /data: 4002 files");
    swapper.kill().unwrap();
    swapper.wait().unwrap();
    assert_eq!(files_below(&victim), 0, "a user led root's files there");
    let landed: Vec<PathBuf> = fs::read_dir(&theirs)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && !path.is_symlink())
        .collect();
    assert!(
        landed
            .iter()
            .all(|path| fs::metadata(path).unwrap().mode() & 0o7777 == 0o700
                && fs::metadata(path).unwrap().uid() == 0),
        "{landed:?}"
    );
    assert_eq!(
        landed.iter().map(|path| files_below(path)).sum::<usize>(),
        4002
    );

    // root's alone: into the folder itself; what is too deep is left out and told, a hole stays one
    unsaid("extracted");
    extract(&ours, "skipped");
    let copied = ours.join("data/sparse");
    assert!(
        fs::metadata(&copied).unwrap().len() == (1 << 32) + 3
            && fs::metadata(&copied).unwrap().blocks() < 1000
    );
    assert!(
        ours.join("data")
            .join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"not\xfftext"))
            .exists()
    );
    assert!(!ours.join("data/link").exists() && files_below(&ours) == 4002);

    // a link is refused, whoever its owner is
    symlink(&victim, theirs.join("to-victim")).unwrap();
    unsaid("extracted");
    extract(&theirs.join("to-victim"), "a link or not a folder");
    assert_eq!(files_below(&victim), 0);
    tmux.press(&["q"]);
    let removed = Command::new("rm").arg("-rf").arg(&place).status().unwrap();
    assert!(removed.success());
}

/// A client without a word of ours: connects to a supervisor and asks it to kill its container.
const CLIENT: &str = "use Socket; socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0) or die; \
    connect($s, pack_sockaddr_un($ARGV[0])) or die \"connect: $!\"; print \"asked\"; send($s, pack('Cll', 4, 9, 0), 0); sleep 2;";

#[test]
fn root_of_a_container_is_no_client_of_a_supervisor() {
    let fixture = Fixture::new();
    let victim = fixture.detached("victim", &["sleep", "1000"]);
    let socket = fixture
        .state()
        .join("run")
        .join(victim.id())
        .join("attach.sock");
    let volume = format!("{}:/x", fixture.state().join("run").display());
    let inside = format!("/x/{}/attach.sock", victim.id());
    let own_ids = ["--userns", "auto"];
    for more in [
        &["--cap-drop", "ALL"][..],
        &["--cap-drop", "ALL", "--pid", "host"],
        &["--userns", "host", "--cap-add", "SYS_ADMIN"],
        &[],
        &own_ids,
    ] {
        let args = [
            &["run", "--rm", "-v", "/usr:/usr:ro,noidmap", "-v", &volume][..],
            more,
            &["perl", "-e", CLIENT, &inside],
        ]
        .concat();
        let outcome = fixture.minic(&args);
        assert!(
            outcome.stdout.contains("asked") || more == own_ids,
            "{more:?}: {outcome:?}"
        );
        assert_eq!(victim.state(), "RUNNING", "{more:?}: {outcome:?}");
    }
    // the host's root is
    let short = PathBuf::from(format!("/tmp/minic-socket-{}", std::process::id()));
    symlink(&socket, &short).unwrap();
    let asked = Command::new("perl")
        .args(["-e", CLIENT])
        .arg(&short)
        .status();
    fs::remove_file(&short).unwrap();
    assert!(asked.unwrap().success());
    eventually("it was killed", || victim.state() == "STOPPED");
}
