//! The image builder on real files: its results, rebuilds, and crashes.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use super::digest::Digest;
use super::*;
use crate::rootfs::scratch::Scratch;

/// A list of one folder of tools in `scratch`, beside the shell.
fn small_list(scratch: &Path) -> ImageList {
    let tools = scratch.join("tools");
    fs::create_dir_all(&tools).unwrap();
    ImageList::parse(&format!(
        r#"
        folders = [{tools:?}]
        required = ["/bin/sh"]
        links = ["/bin", "/lib", "/lib64"]
        libraries = []
        terminfo_folders = []
        terminfo = []
        data = []
        tools = {{ mine = ["tool", "other", "alias", "foreign", "plain"] }}
        directories = [{{ path = "/tmp", mode = 0o1777 }}, {{ path = "/root", mode = 0o700 }}]
        files = [{{ path = "/etc/hostname", text = "x" }}]
        "#
    ))
    .unwrap()
}

fn write_tool(scratch: &Path, name: &str, text: &str) -> PathBuf {
    let path = scratch.join("tools").join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o4755)).unwrap();
    path
}

fn inside(root: &ImageRoot, path: &Path) -> PathBuf {
    root.path.join(path.strip_prefix("/").unwrap())
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Ensures the image, and returns whether it was built.
fn ensured(list: &ImageList, images: &Path) -> (ImageRoot, bool) {
    let mut built = false;
    let root = ensure_from(list, images, &mut |_| built = true).unwrap();
    (root, built)
}

#[test]
fn an_image_is_built_once_and_again_when_a_tool_changes() {
    let scratch = Scratch::new();
    let (list, images) = (small_list(scratch.path()), scratch.path().join("images"));
    let tool = write_tool(scratch.path(), "tool", "#!/bin/sh\necho one\n");
    write_tool(scratch.path(), "foreign", "#!/usr/bin/env python3\n");
    write_tool(scratch.path(), "plain", "no program at all");
    let (first, built) = ensured(&list, &images);
    assert!(built);
    let copy = inside(&first, &tool);
    assert_eq!(fs::read_to_string(&copy).unwrap(), "#!/bin/sh\necho one\n");
    assert_eq!(
        fs::metadata(&copy).unwrap().mode() & 0o7777,
        0o755,
        "set-uid is dropped"
    );
    assert_ne!(
        fs::metadata(&copy).unwrap().ino(),
        fs::metadata(&tool).unwrap().ino(),
        "the host's file is not linked"
    );
    assert_eq!(
        names(copy.parent().unwrap()),
        BTreeSet::from(["tool".to_owned()]),
        "what could not run is left out"
    );
    assert_eq!(ensured(&list, &images), (first.clone(), false));

    fs::write(&tool, "#!/bin/sh\necho other\n").unwrap();
    let (second, built) = ensured(&list, &images);
    assert!(built && second.generation != first.generation);
    assert!(
        fs::read_to_string(inside(&second, &tool))
            .unwrap()
            .contains("other")
    );
    assert!(
        fs::read_to_string(&copy).unwrap().contains("one"),
        "containers may run on the older one"
    );
    assert_eq!(ensured(&list, &images), (second, false));
}

#[test]
fn a_tool_that_comes_or_goes_and_another_list_make_another_image() {
    let scratch = Scratch::new();
    let (list, images) = (small_list(scratch.path()), scratch.path().join("images"));
    let (without, _) = ensured(&list, &images);
    let other = write_tool(scratch.path(), "other", "#!/bin/sh\n");
    let (with, built) = ensured(&list, &images);
    assert!(built && with.generation != without.generation && inside(&with, &other).is_file());
    fs::remove_file(&other).unwrap();
    let (gone, _) = ensured(&list, &images);
    assert_eq!(
        gone, without,
        "the same files make the same image, which is still there"
    );
    assert_eq!(ensured(&list, &images), (gone.clone(), false));
    let longer = ImageList {
        digest: list.digest.with(b"another"),
        ..list
    };
    assert_ne!(ensured(&longer, &images).0, gone);
}

#[test]
fn links_are_recreated_one_by_one_and_one_file_stays_one() {
    let scratch = Scratch::new();
    let (list, images) = (small_list(scratch.path()), scratch.path().join("images"));
    let tool = write_tool(scratch.path(), "tool", "#!/bin/sh\n");
    let alternative = scratch.path().join("alternative");
    symlink("tools/../tools/tool", &alternative).unwrap();
    let alias = scratch.path().join("tools/alias");
    symlink(&alternative, &alias).unwrap();
    fs::hard_link(&tool, scratch.path().join("tools/other")).unwrap();
    let (root, _) = ensured(&list, &images);
    assert_eq!(fs::read_link(inside(&root, &alias)).unwrap(), alternative);
    assert_eq!(
        fs::read_link(inside(&root, &alternative)).unwrap(),
        Path::new("tools/../tools/tool")
    );
    let ino = |path: &Path| fs::symlink_metadata(inside(&root, path)).unwrap().ino();
    assert_eq!(ino(&tool), ino(&scratch.path().join("tools/other")));
    assert_eq!(
        fs::symlink_metadata("/bin").unwrap().is_symlink(),
        inside(&root, Path::new("/bin")).is_symlink()
    );
    assert_eq!(
        fs::metadata(inside(&root, Path::new("/tmp")))
            .unwrap()
            .mode()
            & 0o7777,
        0o1777
    );
    assert_eq!(
        fs::metadata(inside(&root, Path::new("/root")))
            .unwrap()
            .mode()
            & 0o7777,
        0o700
    );
}

#[test]
fn a_comparison_holds_for_a_moment_unless_a_folder_or_the_list_changed() {
    let scratch = Scratch::new();
    let (list, images) = (small_list(scratch.path()), scratch.path().join("images"));
    write_tool(scratch.path(), "tool", "#!/bin/sh\n");
    // folders that changed just now are not known to be older than the comparison
    let home = || Home::open(&images).unwrap();
    let compared = |moment: Duration| {
        let (root, _) = ensured(&list, &images);
        std::thread::sleep(moment);
        assert_eq!(home().current(list.digest), Some(root.clone()));
        (home().compared(list.digest), root)
    };
    let (known, root) = compared(Duration::from_millis(50));
    assert_eq!(known, Some(root));
    assert_eq!(home().compared(Digest::default()), None, "another list");
    write_tool(scratch.path(), "other", "#!/bin/sh\n");
    assert_eq!(home().compared(list.digest), None, "a name was added");
    let stamp = images.join("host/compared");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(2);
    fs::File::options()
        .write(true)
        .open(&stamp)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    fs::remove_file(scratch.path().join("tools/other")).unwrap();
    assert_eq!(home().compared(list.digest), None, "too long ago");
}

#[test]
fn builders_at_once_agree_and_leave_nothing_unfinished() {
    let scratch = Scratch::new();
    let (list, images) = (small_list(scratch.path()), scratch.path().join("images"));
    write_tool(scratch.path(), "tool", "#!/bin/sh\n");
    let roots: Vec<(ImageRoot, bool)> = std::thread::scope(|scope| {
        let builders: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| ensured(&list, &images)))
            .collect();
        builders.into_iter().map(|b| b.join().unwrap()).collect()
    });
    assert!(
        roots.iter().all(|(root, _)| *root == roots[0].0),
        "{roots:?}"
    );
    let expected = ["compared", "current", "lock", &roots[0].0.generation].map(str::to_owned);
    assert_eq!(names(&images.join("host")), BTreeSet::from(expected));
}

/// Set for the builder that [`a_killed_builder_leaves_a_draft_that_the_next_one_removes`] starts:
/// where it builds.
const VICTIM: &str = "MINIC_TEST_VICTIM";

fn start_victim(scratch: &Path) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "rootfs::host_image::build_tests::a_builder_that_is_killed",
            "--ignored",
        ])
        .env(VICTIM, scratch)
        .output()
        .unwrap()
}

#[test]
#[ignore = "started by the test that kills it"]
fn a_builder_that_is_killed() {
    let scratch = PathBuf::from(std::env::var_os(VICTIM).unwrap());
    let (list, images) = (small_list(&scratch), scratch.join("images"));
    let mut die = |line: String| {
        if line.contains("copying file 2") {
            nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL).unwrap();
        }
    };
    let _ = ensure_from(&list, &images, &mut die);
}

#[test]
fn a_killed_builder_leaves_a_draft_that_the_next_one_removes() {
    let scratch = Scratch::new();
    let (list, images) = (small_list(scratch.path()), scratch.path().join("images"));
    write_tool(scratch.path(), "tool", "#!/bin/sh\n");
    let victim = start_victim(scratch.path());
    assert_eq!(
        victim.status.signal(),
        Some(9),
        "{}",
        String::from_utf8_lossy(&victim.stdout)
    );
    assert!(
        names(&images.join("host"))
            .iter()
            .any(|n| n.starts_with(".draft-"))
    );
    assert!(
        names(&images.join("host"))
            .iter()
            .all(|n| !digest::is_digest(n)),
        "half an image is not an image"
    );
    let (root, built) = ensured(&list, &images);
    assert!(built && inside(&root, Path::new("/bin/sh")).exists());
    assert!(
        names(&images.join("host"))
            .iter()
            .all(|n| !n.starts_with(".draft-"))
    );
}

#[test]
fn a_damaged_image_is_built_anew() {
    let scratch = Scratch::new();
    let (list, images) = (small_list(scratch.path()), scratch.path().join("images"));
    write_tool(scratch.path(), "tool", "#!/bin/sh\n");
    let (root, _) = ensured(&list, &images);
    let manifest = images
        .join("host")
        .join(&root.generation)
        .join("manifest.json");
    for damage in [&b"{"[..], b""] {
        fs::write(&manifest, damage).unwrap();
        assert_eq!(ensured(&list, &images), (root.clone(), true));
    }
    fs::remove_dir_all(&root.path).unwrap();
    assert_eq!(ensured(&list, &images), (root.clone(), true));
    assert!(inside(&root, Path::new("/bin/sh")).exists());
    fs::remove_file(images.join("host/current")).unwrap();
    symlink("../../elsewhere", images.join("host/current")).unwrap();
    assert_eq!(ensured(&list, &images).0, root);
}

#[test]
fn pruning_keeps_the_current_and_what_containers_use() {
    let scratch = Scratch::new();
    let (list, images) = (small_list(scratch.path()), scratch.path().join("images"));
    let generations: Vec<String> = (0..3)
        .map(|n| {
            write_tool(
                scratch.path(),
                "tool",
                &format!("#!/bin/sh\n# {n}{}", "x".repeat(n)),
            );
            ensured(&list, &images).0.generation
        })
        .collect();
    let removed = prune(&images, &generations[..1]).unwrap();
    assert_eq!(removed, generations[1..2]);
    let expected = ["current", "lock", &generations[0], &generations[2]].map(str::to_owned);
    assert_eq!(names(&images.join("host")), BTreeSet::from(expected));
}

#[test]
fn a_folder_that_others_can_write_is_refused() {
    let scratch = Scratch::new();
    let (list, images) = (small_list(scratch.path()), scratch.path().join("images"));
    fs::create_dir_all(images.join("host")).unwrap();
    fs::set_permissions(images.join("host"), Permissions::from_mode(0o777)).unwrap();
    let refused = || {
        matches!(
            ensure_from(&list, &images, &mut |_| ()),
            Err(ImageError::Unsafe { .. })
        )
    };
    assert!(refused());
    fs::remove_dir(images.join("host")).unwrap();
    symlink(scratch.path(), images.join("host")).unwrap();
    assert!(refused());
}

#[test]
fn without_a_required_path_there_is_no_image_and_no_rubbish() {
    let scratch = Scratch::new();
    let images = scratch.path().join("images");
    let list = ImageList {
        required: vec![scratch.path().join("no-shell")],
        ..small_list(scratch.path())
    };
    let error = ensure_from(&list, &images, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("no-shell"), "{error}");
    assert_eq!(
        names(&images.join("host")),
        BTreeSet::from(["lock".to_owned()])
    );
}

#[test]
fn the_whole_image_works_as_a_root() {
    assert!(
        nix::unistd::geteuid().is_root(),
        "chroot needs root: run the tests through cargo test"
    );
    let scratch = Scratch::new();
    let mut lines = Vec::new();
    let root = ensure(scratch.path(), &mut |line| lines.push(line)).unwrap();
    assert!(lines.iter().any(|l| l.contains("coreutils")), "{lines:?}");
    let script = "set -e; ls /; id -un; awk 'BEGIN { print 1 }'; stat -c %a /tmp /root; echo a-b | sed s/a/c/; getent hosts localhost || true";
    // no environment of ours, LD_LIBRARY_PATH least of all
    let output = Command::new("chroot")
        .arg(&root.path)
        .args(["/bin/sh", "-c", script])
        .env_clear()
        .env("PATH", crate::spec::DEFAULT_PATH)
        .output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for word in ["bin", "proc", "root", "1", "1777", "700", "c-b"] {
        assert!(
            text.lines().any(|l| l == word),
            "no line {word} in:\n{text}"
        );
    }
}
