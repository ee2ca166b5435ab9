//! Files and folders that are not what their names say, or lie deeper than anybody thought; and who
//! may ask a supervisor for something.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{Mode, mkdirat};

use crate::command::{Outcome, eventually, finish};
use crate::fixture::{Fixture, image_root};
use crate::screen::open as open_screen;

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
fn what_is_no_file_holds_nobody() {
    let fixture = Fixture::new();
    let (run, state) = (fixture.state().join("run"), fixture.state());
    let id = fixture
        .minic(&["create", "--name", "still", "true"])
        .ok()
        .trim()
        .to_owned();
    for (what, make) in ODD {
        // what nobody needs: everything works without
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
fn files_that_a_user_names_are_files_and_end() {
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
fn what_the_kernel_tells_of_all_its_pages_is_hidden() {
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

/// Folders inside each other, made by descriptor: no path is that long.
fn deep(top: &Path, levels: usize) {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let mut at: OwnedFd = open(top, flags, Mode::empty()).unwrap();
    for _ in 0..levels {
        mkdirat(&at, "d", Mode::S_IRWXU).unwrap();
        at = openat(&at, "d", flags, Mode::empty()).unwrap();
    }
}

fn left(fixture: &Fixture) -> Vec<PathBuf> {
    let listed = fs::read_dir(fixture.state().join("containers"))
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    listed
        .filter(|path| {
            path.file_name()
                .unwrap()
                .as_encoded_bytes()
                .starts_with(b".")
        })
        .collect()
}

/// A folder in memory: where deleting is slow, a test of tens of thousands of folders tries nothing
/// but the disk.
struct InMemory(PathBuf);

impl InMemory {
    fn new() -> Self {
        let place = PathBuf::from(format!("/dev/shm/minic-deep-{}", std::process::id()));
        fs::create_dir(&place).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).unwrap();
        Self(place)
    }
}

impl Drop for InMemory {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

/// Removes what a failed test left before its fixture does, which is by recursion.
struct Emptied(PathBuf);

impl Drop for Emptied {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = Command::new("rm").arg("-rf").arg(&self.0).status();
        }
    }
}

#[test]
fn deep_folders_are_removed_with_few_descriptors() {
    let memory = InMemory::new();
    let fixture = Fixture::in_folder(&memory.0);
    let _first = Emptied(fixture.state().join("containers"));
    let image = image_root();
    let root = ["--root", image.to_str().unwrap(), "--overlay"];
    let upper = |id: &str| {
        fixture
            .state()
            .join("containers")
            .join(id.trim())
            .join("upper")
    };
    let id = fixture
        .minic(&[&["create", "--name", "deep"], &root[..], &["true"]].concat())
        .ok();
    deep(&upper(&id), 30_000);
    fs::create_dir(upper(&id).join("wide")).unwrap();
    (0..5_000).for_each(|n| fs::create_dir_all(upper(&id).join(format!("wide/{n}/x"))).unwrap());
    let line = format!(
        "ulimit -n 48; exec {} --state {} destroy deep",
        env!("CARGO_BIN_EXE_minic-tui"),
        fixture.state().display()
    );
    finish(Command::new("sh").arg("-c").arg(line), "").ok();
    assert_eq!(left(&fixture), Vec::<PathBuf>::new());

    // its supervisor removes it
    let container = fixture.detached("gone", &[&["--rm"], &root[..], &["sleep", "1000"]].concat());
    deep(&upper(&container.id()), 30_000);
    container.verb(&["kill"]).ok();
    eventually("it is gone", || fixture.list().is_empty());
    fixture.is_clean();

    // what a killed removal left
    let crashed = fixture.state().join("containers/.old-0123456789ab");
    fs::create_dir(&crashed).unwrap();
    deep(&crashed, 30_000);
    let told = fixture.minic(&["gc"]).ok();
    assert!(
        told.contains("removed half a removal") && !crashed.exists(),
        "{told}"
    );
}

/// A file that cannot be removed, until this is dropped (chattr(1), `+i`).
struct Immutable(PathBuf);

impl Immutable {
    fn new(path: &Path) -> Option<Self> {
        fs::write(path, "").unwrap();
        let set = Command::new("chattr")
            .arg("+i")
            .arg(path)
            .stderr(Stdio::null())
            .status();
        set.is_ok_and(|status| status.success())
            .then(|| Self(path.to_owned()))
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        // it may have been moved up with its folder
        let _ = Command::new("chattr")
            .args(["-R", "-i"])
            .arg(&self.0)
            .status();
    }
}

#[test]
fn what_cannot_be_removed_is_told_and_costs_nobody_else() {
    let fixture = Fixture::new();
    let id = fixture
        .minic(&["create", "--name", "held", "true"])
        .ok()
        .trim()
        .to_owned();
    let folder = fixture.state().join("containers").join(&id);
    let Some(mut held) = Immutable::new(&folder.join("upper/file")) else {
        eprintln!("skipped: this file system knows no immutable files");
        return;
    };
    let rest = folder.join("upper/rest");
    fs::create_dir_all(&rest).unwrap();
    let told = fixture.minic(&["destroy", "held"]).refused(125);
    assert!(
        told.contains("held is destroyed, but not all of its files could be removed")
            && told.contains("not permitted"),
        "{told}"
    );
    let trash = fixture.state().join(format!("containers/.old-{id}"));
    held.0.clone_from(&trash);
    assert!(
        trash.join("upper/file").exists() && !trash.join("upper/rest").exists(),
        "the rest is gone"
    );
    assert!(fixture.list().is_empty());
    assert!(
        fixture
            .minic(&["events", "--json"])
            .ok()
            .contains("not removed")
    );

    // whoever comes by does not try again before its time
    let reminder = fixture.state().join(format!("run/.put-off-.old-{id}"));
    fs::File::options()
        .append(true)
        .open(&reminder)
        .unwrap()
        .set_modified(SystemTime::now() + Duration::from_secs(1000))
        .unwrap();
    let failures = fs::metadata(&reminder).unwrap().len();
    for _ in 0..3 {
        let _ = fs::remove_file(fixture.state().join("run/.swept"));
        fixture.minic(&["run", "--rm", "true"]).ok();
    }
    assert_eq!(fs::metadata(&reminder).unwrap().len(), failures);
    // gc does, and says why it stays
    let told = fixture.minic(&["gc"]).ok();
    assert!(
        told.contains("left alone half a removal") && told.contains("not permitted"),
        "{told}"
    );
    assert_eq!(fs::metadata(&reminder).unwrap().len(), failures + 1);
    drop(held);
    assert!(
        fixture
            .minic(&["gc"])
            .ok()
            .contains("removed half a removal")
    );
    assert!(!reminder.exists() && !trash.exists());
}

/// An unprivileged user who exchanges every folder in `folder`, which is theirs, for a link to
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
fn what_is_extracted_lands_where_no_user_leads_it() {
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
    tmux.press(&["5"]);
    tmux.wait_for("/data/");
    let extract = |into: &Path, word: &str| {
        tmux.press(&["e"]);
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
    tmux.press(&["Escape"]);
    extract(&ours, "left out");
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

    // a link is refused, whoever made it
    symlink(&victim, theirs.join("to-victim")).unwrap();
    tmux.press(&["Escape"]);
    extract(&theirs.join("to-victim"), "a link or no folder");
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

#[test]
fn who_comes_too_late_to_destroy_hears_it_in_words() {
    let fixture = Fixture::new();
    for round in 0..8 {
        let name = format!("raced-{round}");
        fixture.detached(&name, &["sleep", "1000"]);
        let racers: Vec<Child> = (0..6)
            .map(|n| {
                let verb: &[&str] = if n % 3 == 0 {
                    &["stop", "-t", "0"]
                } else {
                    &["destroy", "-f"]
                };
                fixture
                    .command(&[verb, &[&name]].concat())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for racer in racers {
            let output = racer.wait_with_output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(
                !told.contains(".json") && !told.contains("No such file"),
                "{told}"
            );
        }
    }
    fixture.is_clean();
}
