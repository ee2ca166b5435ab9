//! `--storage`: a container writes as much as it can; its own layer is full then, and nothing else.

use std::fs;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::command::not_tried;
use crate::fixture::{Container, Fixture, image_root};
use crate::history::{own_program, probe, words};

/// Writes until it is refused, a file of no end and then files without end; and says what it was
/// told.
const FILL: &str = "dd if=/dev/zero of=/filler bs=64k 2>&1; mkdir -p /many; i=0; \
                    while echo x > /many/$i; do i=$((i+1)); [ $i -lt 100000 ] || break; done; echo made $i; df -k / | tail -n 1";

/// What the state folder's file system has in use, in bytes.
fn in_use(place: &Path) -> u64 {
    let told = nix::sys::statvfs::statvfs(place).unwrap();
    (told.blocks() - told.blocks_free()) * told.fragment_size()
}

/// The layer's bound and use, as `info --json` tells them.
#[track_caller]
fn told(container: &Container<'_>) -> (String, u64, Option<u64>) {
    let storage = container.info()["storage"].clone();
    (
        storage["kind"].as_str().unwrap().to_owned(),
        storage["limit"].as_u64().unwrap(),
        storage["used"].as_u64(),
    )
}

#[test]
fn a_layer_in_memory_is_full_at_its_size_and_empty_after_a_stop() {
    let fixture = Fixture::new();
    for users in ["host", "auto"] {
        let name = format!("memory-{users}");
        let container = fixture.detached(
            &name,
            &["--userns", users, "--storage", "tmpfs:8M", "sleep", "1000"],
        );
        assert_eq!(told(&container).0, "tmpfs");
        let before = in_use(fixture.state());
        let said = container.exec(FILL).stdout;
        let after = in_use(fixture.state());
        assert!(
            said.contains("No space left on device") && said.contains("made 0"),
            "{users}: {said}"
        );
        assert!(after < before + (4 << 20), "{users}: {before} {after}");
        let (_, limit, used) = told(&container);
        assert_eq!(limit, 8 << 20);
        assert!(
            used.is_some_and(|used| used > 7 << 20 && used <= 8 << 20),
            "{users}: {used:?}"
        );
        let text = fixture.minic(&["info", &name]).ok();
        assert!(
            text.contains("of 8.00M in memory (tmpfs), lost when it stops"),
            "{text}"
        );
        // it is the memory of the container, and only that
        let memory = container
            .cgroup_file(&["memory.usage_in_bytes", "memory.current"])
            .trim()
            .parse::<u64>()
            .unwrap();
        assert!(memory > 7 << 20, "{users}: {memory}");
        // programs work in it, it has its own owner, and what is deleted makes room
        let works = "rm -rf /filler /many; cp -a /etc /tmp/etc && mv /tmp/etc /tmp/etc2 && rm /etc/hostname && touch /new && stat -c '%u %a' / /new";
        assert_eq!(container.exec(works).ok(), "0 755\n0 644\n", "{users}");
        container.verb(&["restart", "-t", "0"]).ok();
        assert_eq!(
            container
                .exec("ls /new /etc/hostname 2>/dev/null; true")
                .ok(),
            "/etc/hostname\n",
            "{users}"
        );
        container.verb(&["stop", "-t", "0"]).ok();
        assert_eq!(told(&container), ("tmpfs".into(), 8 << 20, None));
        let upper: Vec<_> = fs::read_dir(
            fixture
                .state()
                .join("containers")
                .join(container.id())
                .join("upper"),
        )
        .unwrap()
        .collect();
        assert!(upper.is_empty(), "nothing of it is on disk: {upper:?}");
    }
}

#[test]
fn files_without_content_are_bounded_too() {
    let fixture = Fixture::new();
    let said = fixture.minic(&[
        "run",
        "--rm",
        "--storage",
        "tmpfs:4M",
        "sh",
        "-c",
        "i=0; while echo > /f$i; do i=$((i+1)); done; echo $i",
    ]);
    let made: u64 = said
        .stdout
        .lines()
        .last()
        .and_then(|line| line.parse().ok())
        .unwrap_or_else(|| panic!("{said:?}"));
    assert!((500..1024).contains(&made), "{said:?}");
}

#[test]
fn a_folder_as_root_with_a_layer_in_memory_stays_as_it_is() {
    let fixture = Fixture::new();
    let root = image_root();
    let args = [
        "run",
        "--rm",
        "--root",
        root.to_str().unwrap(),
        "--overlay",
        "--storage",
        "tmpfs:8M",
        "sh",
        "-c",
    ];
    let script = "echo x > /made; (echo x >> /etc/hosts) 2>/dev/null && echo written; dd if=/dev/zero of=/f bs=64k 2>&1 | head -n 1";
    let said = fixture.minic(&[&args[..], &[script]].concat()).ok();
    assert!(
        said.contains("No space left") && !said.contains("written"),
        "{said}"
    );
    assert!(!root.join("made").exists());
}

#[test]
fn a_memory_limit_holds_a_layer_in_memory() {
    let fixture = Fixture::new();
    let args = [
        "run",
        "--rm",
        "--memory",
        "32M",
        "--swap",
        "0",
        "--storage",
        "tmpfs:1G",
        "dd",
        "if=/dev/zero",
        "of=/f",
        "bs=1M",
        "count=200",
    ];
    let ended = fixture.minic(&args);
    assert_ne!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn a_layer_that_cannot_be_bounded_is_refused() {
    let fixture = Fixture::new();
    let refused = fixture.minic(&["create", "--storage", "64M", "true"]);
    // a machine whose /tmp has project quotas can do it
    if refused.code != Some(0) {
        assert_eq!(refused.code, Some(125), "{refused:?}");
        assert!(
            refused.stderr.contains("without project quotas")
                && refused.stderr.contains("--storage tmpfs:64.0M"),
            "{refused:?}"
        );
        assert!(fixture.list().is_empty(), "nothing half-made");
    }
    for (args, word) in [
        (&["--storage", "lots"][..], "storage"),
        (&["--storage", "1K"], "less than"),
        (&["--root", "/srv", "--storage", "1G"], "--overlay"),
    ] {
        let refused = fixture.minic(&[&["create"], args, &["true"]].concat());
        assert!(
            refused.code == Some(125) && refused.stderr.contains(word),
            "{args:?}: {refused:?}"
        );
    }
}

#[test]
fn a_preset_can_bound_storage() {
    let fixture = Fixture::new();
    let config = fixture.state().join("config.toml");
    fs::write(&config, "[presets.small]\nstorage = \"tmpfs:8M\"\n").unwrap();
    let said = fixture
        .minic(&[
            "--config",
            config.to_str().unwrap(),
            "run",
            "--rm",
            "--preset",
            "small",
            "df",
            "-k",
            "/",
        ])
        .ok();
    assert!(
        said.lines()
            .last()
            .is_some_and(|line| line.split_whitespace().nth(1) == Some("8192")),
        "{said}"
    );
}

/// ext4 with project quotas, through a loop device; `None` where this kernel has none.
struct Disk(PathBuf);

impl Disk {
    fn new(name: &str) -> Option<Self> {
        let place = std::env::temp_dir().join(format!("minic-quota-{}-{name}", std::process::id()));
        fs::create_dir(&place).unwrap();
        let image = place.with_extension("image");
        fs::File::create(&image).unwrap().set_len(2 << 30).unwrap();
        let made = Command::new("mkfs.ext4")
            .args(["-q", "-O", "quota,project", "-E", "quotatype=prjquota"])
            .arg(&image)
            .status()
            .unwrap();
        assert!(made.success());
        let mounted = Command::new("mount")
            .args(["-o", "loop,prjquota"])
            .arg(&image)
            .arg(&place)
            .output()
            .unwrap();
        fs::remove_file(&image).unwrap();
        if mounted.status.success() {
            return Some(Self(place));
        }
        fs::remove_dir(&place).unwrap();
        // only for want of quotas: a test that must not pass without says so
        assert!(
            std::env::var_os("MINIC_TEST_QUOTA").is_none(),
            "{mounted:?}"
        );
        None
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
        let _ = fs::remove_dir(&self.0);
    }
}

/// The project that what is made in `folder` belongs to (`FS_IOC_FSGETXATTR`).
#[allow(unsafe_code, reason = "no library makes this call")]
fn project_of(folder: &Path) -> u32 {
    let folder = fs::File::open(folder).unwrap();
    let mut attributes = [0_u32; 7];
    // SAFETY: the kernel writes 28 bytes, struct fsxattr.
    let result =
        unsafe { nix::libc::ioctl(folder.as_raw_fd(), 0x801c_581f, attributes.as_mut_ptr()) };
    assert_eq!(result, 0, "{:?}", nix::errno::Errno::last());
    attributes[3]
}

/// The most bytes of a project of the file system at `place` (quotactl_fd(2), `Q_GETQUOTA`); 0 is
/// no limit.
#[allow(unsafe_code, reason = "no library makes this call")]
fn limit_of(place: &Path, project: u32) -> u64 {
    let place = fs::File::open(place).unwrap();
    let mut quota = [0_u64; 9];
    // SAFETY: the kernel writes 72 bytes, struct if_dqblk.
    let result = unsafe {
        nix::libc::syscall(
            nix::libc::SYS_quotactl_fd,
            place.as_raw_fd(),
            0x8000_0702_u32,
            project,
            quota.as_mut_ptr(),
        )
    };
    assert_eq!(result, 0, "{:?}", nix::errno::Errno::last());
    quota[0] * 1024
}

#[test]
fn a_project_quota_bounds_a_layer_on_disk() {
    let Some(disk) = Disk::new("layer") else {
        not_tried("this kernel has no ext4 quotas");
        return;
    };
    let fixture = Fixture::in_folder(&disk.0);
    // beside the layers: not every file system that tests may lie on can shift owners
    let root = disk.0.join("root");
    assert!(
        Command::new("cp")
            .arg("-a")
            .arg(image_root())
            .arg(&root)
            .status()
            .unwrap()
            .success()
    );
    let from = ["--root", root.to_str().unwrap(), "--overlay"];
    for users in ["host", "auto"] {
        let name = format!("disk-{users}");
        let container = fixture.detached(
            &name,
            &[
                &from[..],
                &["--userns", users, "--storage", "16M", "sleep", "1000"],
            ]
            .concat(),
        );
        let before = in_use(&disk.0);
        let said = container.exec(FILL).stdout;
        assert!(
            said.contains("No space left on device") || said.contains("Disk quota exceeded"),
            "{users}: {said}"
        );
        assert!(
            said.lines()
                .last()
                .is_some_and(|line| line.split_whitespace().nth(1) == Some("16384")),
            "df shows the bound: {said}"
        );
        let after = in_use(&disk.0);
        assert!(after <= before + (17 << 20), "{users}: {before} {after}");
        let (kind, limit, used) = told(&container);
        assert_eq!((kind.as_str(), limit), ("disk", 16 << 20));
        assert!(
            used.is_some_and(|used| used > 15 << 20 && used <= 16 << 20),
            "{users}: {used:?}"
        );
        // its own /etc files, which lie beside its layer, are in it too
        let hosts = container.exec("rm -f /many/1 /many/2; dd if=/dev/zero of=/etc/hosts bs=64k count=400 2>&1 | head -n 1").stdout;
        assert!(
            hosts.contains("No space left") || hosts.contains("exceeded"),
            "{users}: {hosts}"
        );
        assert!(in_use(&disk.0) <= before + (17 << 20), "{users}");
        // it cannot leave its project
        let (own, child) = (own_program(), probe("storage::leaves_its_project"));
        let mut args = vec![
            "run",
            "--rm",
            "-v",
            own.as_str(),
            "--userns",
            users,
            "--storage",
            "64M",
        ];
        args.extend(from);
        let left = fixture.minic(&words(&args, &child)).ok();
        assert!(
            left.contains("LEFT EOPNOTSUPP EOPNOTSUPP"),
            "{users}: {left}"
        );
        // others on the disk are not hurt, and what is deleted makes room
        fs::write(disk.0.join("others"), vec![1; 8 << 20]).unwrap();
        container
            .exec("rm -rf /filler /many; echo works > /file; cat /file")
            .ok();
        // it holds after a restart, with what was written
        container.verb(&["restart", "-t", "0"]).ok();
        let again = container
            .exec("cat /file; dd if=/dev/zero of=/filler bs=64k 2>&1 | head -n 1")
            .stdout;
        assert!(
            again.starts_with("works\n")
                && (again.contains("No space left") || again.contains("exceeded")),
            "{users}: {again}"
        );
        assert!(
            fixture
                .minic(&["info", &name])
                .ok()
                .contains("of 16.0M on disk (project quota)")
        );
    }
    let names = ["disk-host", "disk-auto"];
    let projects = names.map(|name| {
        project_of(
            &fixture
                .state()
                .join("containers")
                .join(fixture.container(name).id())
                .join("upper"),
        )
    });
    assert_ne!(projects[0], projects[1]);
    assert_eq!(
        projects.map(|project| limit_of(&disk.0, project)),
        [16 << 20; 2]
    );
    for name in names {
        fixture.minic(&["destroy", "-f", name]).ok();
    }
    assert_eq!(
        projects.map(|project| limit_of(&disk.0, project)),
        [0; 2],
        "the file system has forgotten them"
    );
    assert_eq!(json!(fixture.list()), json!([]));
}

/// What `chattr -P` and `xfs_quota -x -c project` do.
#[test]
#[ignore = "the child of another test, in a container"]
#[allow(unsafe_code, reason = "no library makes these calls")]
fn leaves_its_project() {
    let root = fs::File::open("/").unwrap();
    let mut attributes = [0_u8; 28];
    let mut flags: nix::libc::c_long = 0;
    let call = |number: u64, address: *mut nix::libc::c_void| {
        // SAFETY: each address is of what its command reads or writes.
        let result = unsafe { nix::libc::ioctl(root.as_raw_fd(), number as _, address) };
        if result < 0 {
            format!("{:?}", nix::errno::Errno::last())
        } else {
            "done".into()
        }
    };
    call(0x801c_581f, attributes.as_mut_ptr().cast());
    attributes[12..16].fill(0);
    call(0x8008_6601, (&raw mut flags).cast());
    flags &= !0x2000_0000;
    let (project, flag) = (
        call(0x401c_5820, attributes.as_mut_ptr().cast()),
        call(0x4008_6602, (&raw mut flags).cast()),
    );
    println!("\nLEFT {project} {flag}");
}
