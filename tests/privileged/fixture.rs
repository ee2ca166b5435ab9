//! [`Fixture`]: a state folder of a test's own, and the census when the test is over.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::statfs::{FUSE_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, statfs};
use nix::unistd::{AccessFlags, access};
use serde_json::Value;

use crate::census::{Census, cgroup_parent};
use crate::command::{Outcome, comes_true, eventually, finish};

/// A state folder with the `host` image, built once for all tests: building it takes longer than
/// most of them.
fn built_image() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let build = Path::new(env!("CARGO_TARGET_TMPDIR"));
        // a checkout below /tmp is shown to the emulated machine for reading alone; what is in that
        // one's own /tmp goes with it
        let writable = access(build, AccessFlags::W_OK).is_ok();
        let state = if writable {
            build.join("image")
        } else {
            std::env::temp_dir().join("minic-image")
        };
        // only created: the file system of the build folder may not be one that an overlay can
        // write to
        let minic = |args: &[&str]| {
            finish(
                Command::new(env!("CARGO_BIN_EXE_minic-tui"))
                    .arg("--state")
                    .arg(&state)
                    .args(args),
                "",
            )
            .ok()
        };
        let id = minic(&["create", "true"]);
        minic(&["destroy", id.trim()]);
        state
    })
}

/// Copies a folder: by hard links where both are on one file system, for nothing in it is ever
/// written to.
#[track_caller]
fn copy(from: &Path, to: &Path) {
    let copied = |how: &str| {
        Command::new("cp")
            .arg(how)
            .arg(from)
            .arg(to)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success())
    };
    if !copied("-al") {
        let _ = fs::remove_dir_all(to);
        assert!(copied("-a"), "copy {} to {}", from.display(), to.display());
    }
}

/// The root folder of the `host` image, for `run --root FOLDER --overlay`. The emulated machine's
/// view of this host's disk has no idmapped mounts: there it is a copy.
pub(crate) fn image_root() -> PathBuf {
    static COPY: OnceLock<PathBuf> = OnceLock::new();
    let root = || fs::canonicalize(built_image().join("images/host/current/rootfs")).unwrap();
    let copied = || {
        let (root, copy) = (root(), std::env::temp_dir().join("minic-image-root"));
        if ![FUSE_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC]
            .contains(&statfs(&root).unwrap().filesystem_type())
        {
            return root;
        }
        assert!(
            Command::new("cp")
                .arg("-a")
                .args([&root, &copy])
                .status()
                .unwrap()
                .success()
        );
        copy
    };
    COPY.get_or_init(copied).clone()
}

/// A state folder, what runs in it, and what is known of it.
pub(crate) struct Fixture {
    state: PathBuf,
}

impl Fixture {
    /// A fresh state folder with the `host` image built, so that no later command has that to say.
    #[track_caller]
    pub(crate) fn new() -> Self {
        assert!(
            nix::unistd::geteuid().is_root(),
            "the privileged tests make containers and need root: run them through cargo test"
        );
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "minic-test-{}-{:03}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let state = std::env::temp_dir().join(name);
        fs::create_dir(&state).unwrap();
        copy(&built_image().join("images"), &state.join("images"));
        let fixture = Self { state };
        fixture.minic(&["run", "--rm", "/bin/true"]).ok();
        fixture
    }

    /// A state folder in `place` without an image of its own: containers take [`image_root`].
    #[track_caller]
    pub(crate) fn in_folder(place: &Path) -> Self {
        let state = place.join("state");
        fs::create_dir(&state).unwrap();
        Self { state }
    }

    /// Its folder.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// The binary with this state folder and `args`, not yet started.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minic-tui"));
        command.arg("--state").arg(&self.state).args(args);
        command
    }

    /// Runs the binary to its end with nothing on its standard input.
    #[track_caller]
    pub(crate) fn minic(&self, args: &[&str]) -> Outcome {
        finish(&mut self.command(args), "")
    }

    /// What `script` prints in a container of its own that is gone afterwards.
    #[track_caller]
    pub(crate) fn sh(&self, script: &str) -> String {
        self.minic(&["run", "--rm", "sh", "-c", script]).ok()
    }

    /// `run -d --name NAME`: it runs when this returns.
    #[track_caller]
    pub(crate) fn detached(&self, name: &str, args: &[&str]) -> Container<'_> {
        self.minic(&[&["run", "-d", "--name", name], args].concat())
            .ok();
        self.container(name)
    }

    /// One that is there.
    pub(crate) fn container(&self, name: &str) -> Container<'_> {
        Container {
            fixture: self,
            name: name.to_owned(),
        }
    }

    /// The processes that watch its containers: they hold the logs and are in no container.
    pub(crate) fn supervisors(&self) -> Vec<i32> {
        let found = Census::take(&self.state).processes;
        found
            .into_iter()
            .filter(|(_, title)| title.contains("supervisor"))
            .map(|(pid, _)| pid)
            .collect()
    }

    /// What a verb prints with `--json`.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let text = self.minic(&[args, &["--json"]].concat()).ok();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error}: {text}"))
    }

    /// The containers, as `list --json` shows them.
    #[track_caller]
    pub(crate) fn list(&self) -> Vec<Value> {
        let listed = self.json(&["list"]);
        listed
            .as_array()
            .unwrap_or_else(|| panic!("not an array: {listed}"))
            .clone()
    }

    /// Fails unless every trace of every container is gone, or goes within a moment (a supervisor
    /// ends just after its container).
    #[track_caller]
    pub(crate) fn is_clean(&self) {
        let clean = comes_true(|| Census::take(&self.state).is_empty());
        assert!(clean, "left behind:\n{}", Census::take(&self.state));
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        let listed = self.command(&["list", "--json"]).output();
        let listed = listed
            .ok()
            .and_then(|out| serde_json::from_slice::<Vec<Value>>(&out.stdout).ok())
            .unwrap_or_default();
        for id in listed
            .iter()
            .filter_map(|container| container["id"].as_str())
        {
            let _ = self.command(&["destroy", "-f", id]).output();
        }
        if !failed {
            self.is_clean();
        }
        let left = Census::take(&self.state);
        if !left.is_empty() {
            eprintln!("left behind, and swept:\n{left}");
            left.sweep();
        }
        fs::remove_dir_all(&self.state)
            .unwrap_or_else(|error| eprintln!("{}: {error}", self.state.display()));
    }
}

/// One container that was started in the background.
pub(crate) struct Container<'a> {
    fixture: &'a Fixture,
    pub(crate) name: String,
}

impl Container<'_> {
    /// What `info --json` says of it.
    #[track_caller]
    pub(crate) fn info(&self) -> Value {
        let all = self.fixture.json(&["info", &self.name]);
        let one = all
            .as_array()
            .filter(|all| all.len() == 1)
            .unwrap_or_else(|| panic!("not one container: {all}"));
        one[0].clone()
    }

    /// Its id.
    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.info()["id"].as_str().unwrap().to_owned()
    }

    /// Its state's word.
    #[track_caller]
    pub(crate) fn state(&self) -> String {
        let info = self.info();
        info["state"]
            .as_str()
            .unwrap_or_else(|| panic!("no state: {info}"))
            .to_owned()
    }

    /// The host's number of its init.
    #[track_caller]
    pub(crate) fn pid(&self) -> i32 {
        let info = self.info();
        let pid = info["pid"]
            .as_i64()
            .unwrap_or_else(|| panic!("no pid: {info}"));
        i32::try_from(pid).unwrap()
    }

    /// Its cgroup folders, one in each tree.
    #[track_caller]
    fn cgroups(&self) -> Vec<PathBuf> {
        let info = self.info();
        let folders = info["cgroups"]
            .as_array()
            .unwrap_or_else(|| panic!("no cgroups: {info}"));
        folders
            .iter()
            .map(|folder| PathBuf::from(folder.as_str().unwrap()))
            .collect()
    }

    /// The first of `files` that any of its cgroup folders has: v1 and v2 name the same thing
    /// differently.
    #[track_caller]
    pub(crate) fn cgroup_path(&self, files: &[&str]) -> PathBuf {
        let folders = self.cgroups();
        let mut paths = files
            .iter()
            .flat_map(|file| folders.iter().map(move |folder| folder.join(file)));
        paths
            .find(|path| path.exists())
            .unwrap_or_else(|| panic!("none of {files:?} in {folders:?}"))
    }

    /// What that file says.
    #[track_caller]
    pub(crate) fn cgroup_file(&self, files: &[&str]) -> String {
        fs::read_to_string(self.cgroup_path(files)).unwrap()
    }

    /// Gives this test's containers the highest CPU weight among the host's cgroups: however busy
    /// the host is, they get what their own limits allow.
    #[track_caller]
    pub(crate) fn outweighs_the_host(&self) {
        let ours = cgroup_parent(self.fixture.state());
        let mut weighed = 0;
        for folder in self.cgroups() {
            let parent = folder.ancestors().find(|above| above.ends_with(&ours));
            for (file, most) in [("cpu.shares", "262144"), ("cpu.weight", "10000")] {
                let file = parent.unwrap().join(file);
                if file.exists() {
                    fs::write(&file, most).unwrap();
                    weighed += 1;
                }
            }
        }
        assert_eq!(weighed, 1, "one tree has the CPU: {:?}", self.cgroups());
    }

    /// The figure `field` of the first file called `file` in any of its cgroups that has it.
    #[track_caller]
    pub(crate) fn cgroup_figure(&self, file: &str, field: &str) -> u64 {
        let info = self.info();
        let folders = info["cgroups"]
            .as_array()
            .unwrap_or_else(|| panic!("no cgroups: {info}"));
        let texts = folders
            .iter()
            .filter_map(|folder| fs::read_to_string(Path::new(folder.as_str()?).join(file)).ok());
        let figure = |text: String| {
            text.lines()
                .find_map(|line| line.strip_prefix(field)?.trim().parse().ok())
        };
        texts
            .into_iter()
            .find_map(figure)
            .unwrap_or_else(|| panic!("no {field} in any {file}: {info}"))
    }

    /// Waits until it has ended.
    #[track_caller]
    pub(crate) fn ends(&self) {
        eventually(&format!("{} is STOPPED", self.name), || {
            self.state() == "STOPPED"
        });
    }

    /// A verb on it.
    #[track_caller]
    pub(crate) fn verb(&self, args: &[&str]) -> Outcome {
        let (verb, rest) = args.split_first().unwrap();
        self.fixture
            .minic(&[&[*verb], rest, &[self.name.as_str()]].concat())
    }

    /// `exec` of a shell script in it.
    #[track_caller]
    pub(crate) fn exec(&self, script: &str) -> Outcome {
        self.fixture
            .minic(&["exec", &self.name, "sh", "-c", script])
    }
}
