//! Every numbered step fails once, and its process is killed there once (`src/sys/fault.rs`). After
//! each: the next command works, `list` is correct, other containers are untouched, and nothing is
//! left.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::census::Census;
use crate::command::{Outcome, comes_true, finish, scale};
use crate::fixture::Fixture;
use crate::truth::lies;

/// Each how many of them are tried.
struct Strides {
    steps: usize,
    mounts: usize,
    /// The steps of an init.
    numbers: usize,
}

/// All where `MINIC_LONG=1` asks for it. Mounts are alike, a fourth of them does; and an emulated
/// machine, in which each trial takes seconds, does with a few of everything.
fn strides() -> Strides {
    if std::env::var("MINIC_LONG").is_ok_and(|long| long == "1") {
        Strides {
            steps: 1,
            mounts: 1,
            numbers: 1,
        }
    } else if scale(Duration::from_secs(1)) > Duration::from_secs(1) {
        Strides {
            steps: 9,
            mounts: 16,
            numbers: 3,
        }
    } else {
        Strides {
            steps: 1,
            mounts: 4,
            numbers: 1,
        }
    }
}

/// Where `step` is tried.
fn places(step: &str) -> impl Iterator<Item = u16> {
    let (most, stride) = match step {
        "init.mount" => (MOST_PLACES, strides().mounts),
        "init" | "exec.init" => (20, strides().numbers),
        "init.sysctl" => (MOST_PLACES, 1),
        _ => (1, 1),
    };
    (0..most).step_by(stride)
}

/// A step that is taken several times is tried at each of its places up to here; an init has 14
/// steps and some 30 mounts.
const MOST_PLACES: u16 = 100;

/// What is being done when the fault comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scene {
    Create,
    /// `start`, and, if that went well, `stop` without grace: the supervisor's whole life.
    Start,
    /// `run -d` of a new one: it runs in the end, or there is none.
    Run,
    /// As `Start`, on a terminal and with `--rm`.
    Terminal,
    Exec,
    Update,
    Pause,
    Resume,
    Stop,
    /// `stop` of a container whose supervisor was killed.
    StopAlone,
    Destroy,
    /// `list` with a container whose supervisor and init were killed.
    Lost,
    /// The same with `--rm`.
    LostRemoved,
    /// `list` with half a removal in the folder.
    Sweep,
}

const CONTAINER: [&str; 5] = [
    "--tmpfs",
    "/scratch",
    "--sysctl",
    "net.ipv4.ip_forward=1",
    "--memory",
];
const COMMAND: [&str; 4] = ["64M", "sh", "-c", "trap '' TERM; while :; do sleep 1; done"];

/// The processes that watch containers of this state folder.
fn supervisors(fixture: &Fixture) -> BTreeSet<i32> {
    let found = Census::take(fixture.state()).processes;
    found
        .into_iter()
        .filter(|(_, title)| title.contains("supervisor"))
        .map(|(pid, _)| pid)
        .collect()
}

fn end(pid: i32) {
    let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    assert!(
        comes_true(|| !crate::truth::lives(pid)),
        "{pid} does not die"
    );
}

impl Scene {
    /// Everything that comes before the fault.
    fn set(self, fixture: &Fixture) {
        let others = supervisors(fixture);
        let make = |verb: &[&str]| {
            drop(
                fixture
                    .minic(&[verb, &["--name", "x"], &CONTAINER, &COMMAND].concat())
                    .ok(),
            )
        };
        match self {
            Self::Create | Self::Run => {}
            Self::Start => make(&["create"]),
            Self::Terminal => make(&["create", "-t", "--rm"]),
            Self::Exec | Self::Update | Self::Pause | Self::Resume | Self::Stop | Self::Destroy => {
                make(&["run", "-d"])
            }
            Self::StopAlone | Self::Lost => make(&["run", "-d"]),
            Self::LostRemoved => make(&["run", "-d", "--rm"]),
            Self::Sweep => {
                fs::create_dir_all(fixture.state().join("containers/.old-0123456789ab/upper"))
                    .unwrap()
            }
        }
        match self {
            Self::Resume => drop(fixture.minic(&["pause", "x"]).ok()),
            Self::StopAlone | Self::Lost | Self::LostRemoved => {
                let init = fixture.json(&["info", "x"])[0]["pid"].as_i64().unwrap() as i32;
                supervisors(fixture)
                    .difference(&others)
                    .for_each(|pid| end(*pid));
                if self != Self::StopAlone {
                    end(init);
                }
            }
            _ => {}
        }
    }

    /// The command that the fault comes to.
    fn act(self, fixture: &Fixture, fault: &str) -> Outcome {
        let create = [&["create", "--name", "x"], &CONTAINER[..], &COMMAND[..]].concat();
        let run = [&["run", "-d", "--name", "x"], &CONTAINER[..], &COMMAND[..]].concat();
        let args: &[&str] = match self {
            Self::Create => &create,
            Self::Run => &run,
            Self::Start | Self::Terminal => &["start", "x"],
            Self::Exec => &["exec", "x", "true"],
            Self::Update => &["update", "--memory", "96M", "x"],
            Self::Pause => &["pause", "x"],
            Self::Resume => &["resume", "x"],
            Self::Stop | Self::StopAlone => &["stop", "-t", "0", "x"],
            Self::Destroy => &["destroy", "-f", "x"],
            Self::Lost | Self::LostRemoved | Self::Sweep => &["list"],
        };
        let outcome = finish(fixture.command(args).env("MINIC_FAULT", fault), "");
        if matches!(self, Self::Start | Self::Terminal) && outcome.code == Some(0) {
            fixture.minic(&["stop", "-t", "0", "x"]);
            // what it does after its last word
            assert!(
                comes_true(|| supervisors(fixture).len() == 1),
                "a supervisor does not end: {self:?} {fault}"
            );
        }
        outcome
    }
}

/// `x` is usable, whatever its state: it can be started, and destroyed.
fn recover(fixture: &Fixture, what: &str) {
    let state = fixture
        .list()
        .iter()
        .find(|c| c["name"] == "x")
        .map(|c| c["state"].as_str().unwrap().to_owned());
    match state.as_deref() {
        None => drop(
            fixture
                .minic(&[&["run", "-d", "--name", "x"], &CONTAINER[..], &COMMAND[..]].concat())
                .ok(),
        ),
        Some("CREATED" | "STOPPED") => drop(fixture.minic(&["start", "x"]).ok()),
        Some("PAUSED") => drop(fixture.minic(&["resume", "x"]).ok()),
        Some("RUNNING") => {}
        Some(other) => panic!("{what}: x is {other}"),
    }
    // the same change again brings what was interrupted to its end
    fixture.minic(&["update", "--memory", "96M", "x"]).ok();
    fixture.minic(&["exec", "x", "true"]).ok();
    fixture.minic(&["destroy", "-f", "x"]).ok();
}

/// One fault; `false` when `scene` never comes to it.
fn try_one(
    fixture: &Fixture,
    before: &Census,
    scene: Scene,
    step: &str,
    nth: u16,
    how: &str,
) -> bool {
    let what = format!("{scene:?}: {step}#{nth} {how}");
    let flag = fixture.state().join("fault");
    fs::write(&flag, [0]).unwrap();
    scene.set(fixture);
    let outcome = scene.act(fixture, &format!("{step}#{nth}={how}:{}", flag.display()));
    let happened = fs::read(&flag).unwrap() == [1];
    assert!(
        outcome.stderr.lines().count() <= 1 && !outcome.stderr.contains("internal error"),
        "{what}: {outcome:?}"
    );
    if happened {
        let told = comes_true(|| lies(fixture).is_empty());
        assert!(told, "{what}: {:?} {outcome:?}", lies(fixture));
        if scene == Scene::Run {
            let all_or_nothing =
                comes_true(|| fixture.list().iter().all(|c| c["state"] == "RUNNING"));
            assert!(all_or_nothing, "{what}: {outcome:?} {:?}", fixture.list());
        }
        recover(fixture, &what);
    } else {
        assert_eq!(outcome.code, Some(0), "{what}: {outcome:?}");
        fixture.minic(&["destroy", "-f", "x"]);
    }
    fs::remove_file(&flag).unwrap();
    fixture.minic(&["list"]).ok();
    let clean = comes_true(|| taken(fixture) == *before);
    assert!(
        clean,
        "{what}: {outcome:?}\nbefore:\n{before}\nafter:\n{}",
        taken(fixture)
    );
    happened
}

/// What is there, but for where supervisors are: the one of a container that lives goes there when
/// it has lived for a while.
fn taken(fixture: &Fixture) -> Census {
    let mut census = Census::take(fixture.state());
    census
        .cgroups
        .retain(|folder| !folder.ends_with("supervisors"));
    census
}

/// Tries `steps` in each of `scenes`; each must come up in one of them at least.
fn try_all(scenes: &[Scene], steps: &[&str]) {
    if cfg!(not(debug_assertions)) {
        return faults_are_absent();
    }
    let fixture = Fixture::new();
    let other = fixture.detached("other", &["sleep", "1000"]);
    let pid = other.pid();
    let before = taken(&fixture);
    let known = steps_in_source();
    for step in known
        .iter()
        .filter(|step| steps.contains(&group(step)))
        .step_by(strides().steps)
    {
        let mut happened = 0;
        for scene in scenes {
            for nth in places(step) {
                let (fails, kills) = (
                    try_one(&fixture, &before, *scene, step, nth, "fail"),
                    try_one(&fixture, &before, *scene, step, nth, "kill"),
                );
                assert_eq!(fails, kills, "{scene:?}: {step}#{nth}");
                happened += u32::from(fails);
                // the steps of an init are numbered with gaps: not every container takes each
                if !fails && !step.ends_with("init") {
                    break;
                }
            }
        }
        assert!(happened > 0, "none of {scenes:?} comes to {step}");
    }
    assert_eq!(other.pid(), pid, "who was there is untouched");
    fixture.minic(&["destroy", "-f", "other"]).ok();
}

/// A release build knows no faults: the variable means nothing to it.
fn faults_are_absent() {
    let fixture = Fixture::new();
    let flag = fixture.state().join("fault");
    fs::write(&flag, [0]).unwrap();
    let fault = format!("create.commit=fail:{}", flag.display());
    finish(
        fixture
            .command(&["create", "--name", "x", "true"])
            .env("MINIC_FAULT", fault),
        "",
    )
    .ok();
    assert_eq!(fs::read(&flag).unwrap(), [0]);
}

fn group(step: &str) -> &str {
    step.split('.').next().unwrap()
}

/// Every step that the source names.
fn steps_in_source() -> BTreeSet<String> {
    let mut steps = BTreeSet::new();
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut steps,
    );
    steps
}

fn collect(folder: &Path, steps: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, steps);
        } else if let Ok(text) = fs::read_to_string(&path) {
            for call in [
                "fault::may_fail(\"",
                "fault::may_fail_at(\"",
                "fault::may_die(\"",
            ] {
                steps.extend(
                    text.split(call)
                        .skip(1)
                        .filter_map(|rest| rest.split('"').next())
                        .map(str::to_owned),
                );
            }
        }
    }
}

/// Every group of steps is somebody's below: a new one has to be added to a scene.
#[test]
fn every_step_is_tried() {
    let tried = [
        "create",
        "record",
        "start",
        "supervisor",
        "init",
        "launcher",
        "exec",
        "update",
        "pause",
        "resume",
        "stop",
        "destroy",
        "remove",
        "reconcile",
        "sweep",
    ];
    let groups: BTreeSet<String> = steps_in_source()
        .iter()
        .map(|step| group(step).to_owned())
        .collect();
    assert_eq!(groups, tried.into_iter().map(str::to_owned).collect());
}

#[test]
fn creating() {
    try_all(&[Scene::Create], &["create"]);
}

#[test]
fn writing_a_record() {
    try_all(
        &[
            Scene::Create,
            Scene::Start,
            Scene::Update,
            Scene::Pause,
            Scene::Resume,
            Scene::Lost,
        ],
        &["record"],
    );
}

#[test]
fn starting() {
    try_all(&[Scene::Start, Scene::Run], &["start"]);
}

#[test]
fn supervising() {
    try_all(&[Scene::Start, Scene::Terminal], &["supervisor"]);
}

#[test]
fn the_steps_of_init() {
    try_all(&[Scene::Start], &["init"]);
}

#[test]
fn executing() {
    try_all(&[Scene::Exec], &["exec"]);
}

#[test]
fn changing_limits_and_pausing() {
    try_all(&[Scene::Update], &["update"]);
    try_all(&[Scene::Pause], &["pause"]);
    try_all(&[Scene::Resume], &["resume"]);
}

#[test]
fn stopping() {
    try_all(&[Scene::Stop, Scene::StopAlone], &["stop"]);
}

#[test]
fn destroying() {
    try_all(&[Scene::Destroy], &["destroy"]);
    try_all(&[Scene::Destroy, Scene::Terminal], &["remove"]);
}

#[test]
fn repairing() {
    try_all(
        &[Scene::Lost, Scene::LostRemoved, Scene::Sweep],
        &["reconcile", "sweep"],
    );
}
