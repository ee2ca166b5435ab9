//! Volumes of a container with ids of its own: owners on the disk are the owners inside, and the
//! reverse.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::command::{Outcome, finish};
use crate::fixture::Fixture;

/// A folder of the host for one test, which may have something mounted on it.
struct Folder(PathBuf);

impl Folder {
    fn new(fixture: &Fixture, name: &str) -> Self {
        let folder = fixture.state().join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn mounted(fixture: &Fixture, name: &str, kind: &str, options: &str) -> Self {
        let folder = Self::new(fixture, name);
        mount(
            Some(kind),
            &folder.0,
            Some(kind),
            MsFlags::empty(),
            Some(options),
        )
        .unwrap();
        folder
    }

    fn at(&self, place: &str) -> String {
        format!("{}:{place}", self.0.display())
    }

    /// A file of root's and one of user 1000's, each readable only by its owner.
    fn fill(&self) {
        for (name, owner) in [("root", 0), ("user", 1000)] {
            let file = self.0.join(name);
            fs::write(&file, format!("{name}\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            chown(&file, Some(owner), Some(owner)).unwrap();
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        while umount2(&self.0, MntFlags::MNT_DETACH).is_ok() {}
    }
}

#[track_caller]
fn run(fixture: &Fixture, args: &[&str], script: &str) -> Outcome {
    fixture.minic(
        &[
            &["run", "--rm", "--userns", "auto"],
            args,
            &["sh", "-c", script],
        ]
        .concat(),
    )
}

fn owner(path: &Path) -> (u32, u32) {
    let found = fs::symlink_metadata(path).unwrap();
    (found.uid(), found.gid())
}

/// What a container of root does in a volume that is filled, and what the host finds afterwards.
#[track_caller]
fn is_root_inside_and_outside(fixture: &Fixture, folder: &Folder) {
    folder.fill();
    let script = "stat -c %u:%g /v/root /v/user; cat /v/root /v/user; echo more >> /v/root; mkdir /v/made; echo x > /v/made/file; \
                  ln -s x /v/made/link; chown 1000:1001 /v/made/file; mv /v/user /v/made/user";
    assert_eq!(
        run(fixture, &["-v", &folder.at("/v")], script).ok(),
        "0:0\n1000:1000\nroot\nuser\n"
    );
    assert_eq!(
        fs::read_to_string(folder.0.join("root")).unwrap(),
        "root\nmore\n"
    );
    let found = ["root", "made", "made/link", "made/file", "made/user"]
        .map(|name| owner(&folder.0.join(name)));
    assert_eq!(found, [(0, 0), (0, 0), (0, 0), (1000, 1001), (1000, 1000)]);
}

#[test]
fn root_inside_owns_the_files_of_root_outside() {
    let fixture = Fixture::new();
    is_root_inside_and_outside(&fixture, &Folder::new(&fixture, "plain"));
    is_root_inside_and_outside(
        &fixture,
        &Folder::mounted(&fixture, "memory", "tmpfs", "size=1m,mode=755"),
    );
    // and it is root of its volumes alone
    assert_eq!(
        run(
            &fixture,
            &[],
            "cat /proc/1/environ > /dev/null; id -u; cat /proc/self/uid_map | wc -l"
        )
        .ok(),
        "0\n1\n"
    );
}

#[test]
fn a_volume_on_a_disk_image_is_shifted_too() {
    let fixture = Fixture::new();
    let (image, folder) = (fixture.state().join("image"), Folder::new(&fixture, "disk"));
    fs::File::create(&image).unwrap().set_len(8 << 20).unwrap();
    let shell = |line: String| finish(Command::new("sh").args(["-c", &line]), "").ok();
    shell(format!(
        "mkfs.ext4 -q {0} && mount -o loop {0} {1}",
        image.display(),
        folder.0.display()
    ));
    is_root_inside_and_outside(&fixture, &folder);
}

#[test]
fn another_user_may_do_no_more_than_on_the_host() {
    let fixture = Fixture::new();
    let folder = Folder::new(&fixture, "data");
    folder.fill();
    chown(folder.0.join("user"), Some(1000), Some(1000)).unwrap();
    let script = "cat /v/user; cat /v/root || echo hidden; touch /v/new || echo refused; echo more >> /v/user";
    let seen = run(
        &fixture,
        &["--user", "1000:1000", "-v", &folder.at("/v")],
        script,
    )
    .ok();
    assert_eq!(seen, "user\nhidden\nrefused\n");
    assert_eq!(
        fs::read_to_string(folder.0.join("user")).unwrap(),
        "user\nmore\n"
    );
    // an id that the container has not is nobody's
    chown(folder.0.join("user"), Some(70_000), Some(70_000)).unwrap();
    assert_eq!(
        run(
            &fixture,
            &["-v", &folder.at("/v")],
            "stat -c %u:%g /v/user; chown 0 /v/user || echo refused"
        )
        .ok(),
        "65534:65534\nrefused\n"
    );
}

#[test]
fn two_containers_share_a_volume_and_a_read_only_one_stays_so() {
    let fixture = Fixture::new();
    let folder = Folder::new(&fixture, "shared");
    folder.fill();
    run(
        &fixture,
        &["-v", &folder.at("/v")],
        "umask 077; echo one > /v/of-one",
    )
    .ok();
    assert_eq!(
        run(
            &fixture,
            &["-v", &folder.at("/v")],
            "cat /v/of-one; stat -c %u /v/of-one"
        )
        .ok(),
        "one\n0\n"
    );
    for options in ["/v:ro", "/v:noidmap,ro"] {
        let seen = run(
            &fixture,
            &["-v", &folder.at(options)],
            "touch /v/new; echo x >> /v/root; rm /v/user",
        );
        assert!(seen.stderr.contains("Read-only file system"), "{seen:?}");
    }
    assert!(!folder.0.join("new").exists());
    // one file is a volume as well
    let file = format!("{}:/etc/one", folder.0.join("root").display());
    assert_eq!(
        run(
            &fixture,
            &["-v", &file],
            "cat /etc/one; stat -c %u /etc/one; echo more >> /etc/one"
        )
        .ok(),
        "root\n0\n"
    );
    assert_eq!(
        fs::read_to_string(folder.0.join("root")).unwrap(),
        "root\nmore\n"
    );
}

/// What is mounted below a volume has its owners too.
#[test]
fn what_is_mounted_below_is_mapped_too() {
    let fixture = Fixture::new();
    let above = Folder::new(&fixture, "above");
    fs::create_dir(above.0.join("below")).unwrap();
    let below = Folder(above.0.join("below"));
    mount(
        Some("tmpfs"),
        &below.0,
        Some("tmpfs"),
        MsFlags::empty(),
        Some("size=1m,mode=700"),
    )
    .unwrap();
    below.fill();
    let seen = run(
        &fixture,
        &["-v", &above.at("/v")],
        "stat -c %u /v/below /v/below/user; cat /v/below/root; touch /v/below/new",
    )
    .ok();
    assert_eq!(seen, "0\n1000\nroot\n");
    assert_eq!(owner(&below.0.join("new")), (0, 0));
}

/// A set-user-ID file of root's that a container makes is one on the host, as with docker: whoever
/// shows a folder keeps it from his users. Inside it is of no use.
#[test]
fn a_set_user_id_file_of_a_volume_has_no_effect_inside() {
    let fixture = Fixture::new();
    let folder = Folder::new(&fixture, "data");
    let made = run(
        &fixture,
        &["-v", &folder.at("/v")],
        "cp /usr/bin/id /v/id; chmod 4755 /v/id; mknod /v/sda b 8 0 || echo refused",
    )
    .ok();
    assert_eq!(made, "refused\n");
    let found = fs::metadata(folder.0.join("id")).unwrap();
    assert_eq!((found.uid(), found.mode() & 0o7777), (0, 0o4755));
    assert_eq!(
        run(
            &fixture,
            &["--user", "1000:1000", "-v", &folder.at("/v")],
            "/v/id -u"
        )
        .ok(),
        "1000\n"
    );
}

#[test]
fn a_file_system_that_cannot_be_shifted_is_refused_in_one_line() {
    let fixture = Fixture::new();
    let (lower, upper, work) = (
        Folder::new(&fixture, "l"),
        Folder::new(&fixture, "u"),
        Folder::new(&fixture, "w"),
    );
    fs::write(lower.0.join("file"), "lower\n").unwrap();
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        lower.0.display(),
        upper.0.display(),
        work.0.display()
    );
    let overlay = Folder::mounted(&fixture, "overlay", "overlay", &options);
    let above = Folder::new(&fixture, "above");
    fs::create_dir(above.0.join("proc")).unwrap();
    let _below = Folder(above.0.join("proc"));
    mount(
        Some("proc"),
        &above.0.join("proc"),
        Some("proc"),
        MsFlags::empty(),
        None::<&Path>,
    )
    .unwrap();
    for (source, inside) in [
        (overlay.0.to_str().unwrap(), "/v/file"),
        ("/proc", "/v/version"),
        ("/sys", "/v/kernel/mm/transparent_hugepage/enabled"),
        (above.0.to_str().unwrap(), "/v/proc/version"),
    ] {
        let volume = format!("{source}:/v");
        let refused = run(&fixture, &["-v", &volume], "true").refused(125);
        for word in [source, ":/v:noidmap", "--userns host", "idmapped"] {
            assert!(refused.contains(word), "{word}: {refused}");
        }
        let script = format!("test -r {inside} && echo seen");
        assert_eq!(
            run(&fixture, &["-v", &format!("{volume}:ro,noidmap")], &script).ok(),
            "seen\n",
            "{source}"
        );
        let host = [
            "run",
            "--rm",
            "--userns",
            "host",
            "-v",
            &format!("{volume}:ro"),
            "sh",
            "-c",
            &script,
        ];
        assert_eq!(fixture.minic(&host).ok(), "seen\n", "{source}");
    }
    // a source that is a link is what it leads to
    let link = fixture.state().join("link");
    symlink(&lower.0, &link).unwrap();
    assert_eq!(
        run(
            &fixture,
            &["-v", &format!("{}:/v", link.display())],
            "cat /v/file; touch /v/new"
        )
        .ok(),
        "lower\n"
    );
    assert_eq!(owner(&lower.0.join("new")), (0, 0));
}
