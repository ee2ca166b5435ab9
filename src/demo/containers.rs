//! The containers that exist when the demo begins, and how each behaves.

use crate::spec::Preset;

const MIB: u64 = 1 << 20;

/// What a made-up container does with its CPU and memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Behaviour {
    /// Cores it would use without a limit, on average.
    pub cores: f64,
    /// Amplitude of its variation, as a share of it.
    pub swing: f64,
    /// Memory at the start, in bytes.
    pub memory: u64,
    /// Bytes of memory growth per second.
    pub growth: f64,
    /// Maximum memory, in bytes; over its limit it is killed.
    pub ceiling: u64,
    /// Processes.
    pub pids: u64,
    /// Seconds between two lines of its log.
    pub chatter: u64,
}

/// The behaviour of unknown commands: close to idle.
pub(super) const QUIET: Behaviour = Behaviour {
    cores: 0.002,
    swing: 0.5,
    memory: 2 * MIB,
    growth: 0.0,
    ceiling: 3 * MIB,
    pids: 1,
    chatter: 3600,
};

/// The state of a container when the demo begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InitialState {
    /// It was started so many seconds before.
    Up(u64),
    /// It was never started.
    Created,
    /// It ended by itself so many seconds before, with this exit code.
    Exited(u64, i32),
    /// It was OOM-killed so many seconds before.
    OomKilled(u64),
}

/// A container of the demo.
#[derive(Debug, Clone)]
pub(super) struct Template {
    /// Its name.
    pub name: &'static str,
    /// Its request.
    pub request: Preset,
    /// The preset it came from.
    pub preset: Option<&'static str>,
    /// Its behaviour.
    pub behaviour: Behaviour,
    /// Its state when the demo begins.
    pub initial: InitialState,
}

fn request(command: &[&str], memory: Option<&str>, cpu: Option<&str>) -> Preset {
    Preset {
        command: Some(command.iter().map(|word| (*word).to_owned()).collect()),
        memory: memory.map(str::to_owned),
        cpu: cpu.map(str::to_owned),
        ..Preset::default()
    }
}

const SPIN: &[&str] = &["sh", "-c", "while true; do :; done"];

/// The containers when the demo begins: one throttled, one near its memory limit, one without limits,
/// one created, one that finished, one that failed and one that the kernel killed.
pub(super) fn templates() -> Vec<Template> {
    let web = Behaviour {
        cores: 0.31,
        swing: 0.7,
        memory: 96 * MIB,
        growth: 40_000.0,
        ceiling: 140 * MIB,
        pids: 9,
        chatter: 2,
    };
    let template = |name, request, behaviour, initial| Template {
        name,
        request,
        preset: None,
        behaviour,
        initial,
    };
    let mut spin = template(
        "cpu-quarter",
        request(SPIN, None, Some("256")),
        behaviour_of(&words(SPIN)),
        InitialState::Up(252),
    );
    spin.preset = Some("cpu-quarter");
    let mut cache = request(
        &["redis-server", "--maxmemory", "240mb"],
        Some("256"),
        Some("512"),
    );
    cache.pids = Some("64".into());
    vec![
        template(
            "web",
            request(&["httpd", "-f", "-p", "8080"], Some("256"), Some("1024")),
            web,
            InitialState::Up(187_260),
        ),
        template(
            "cache",
            cache,
            Behaviour {
                cores: 0.06,
                memory: 228 * MIB,
                growth: 9_000.0,
                ceiling: 247 * MIB,
                pids: 5,
                chatter: 7,
                ..web
            },
            InitialState::Up(187_244),
        ),
        spin,
        template(
            "db",
            request(&["postgres", "-D", "/data"], None, None),
            Behaviour {
                cores: 0.12,
                memory: 412 * MIB,
                ceiling: 480 * MIB,
                pids: 14,
                chatter: 5,
                ..web
            },
            InitialState::Up(11_046),
        ),
        template(
            "sleeper",
            request(&["sleep", "1000"], Some("64"), None),
            QUIET,
            InitialState::Up(754),
        ),
        template(
            "migrate",
            request(&["./migrate", "--to", "42"], Some("128"), None),
            QUIET,
            InitialState::Exited(4_920, 0),
        ),
        template(
            "nightly",
            request(
                &["sh", "-c", "backup | gzip > /tmp/b.gz"],
                Some("512"),
                Some("512"),
            ),
            QUIET,
            InitialState::Exited(39_600, 3),
        ),
        template(
            "memory-hog",
            request(
                &[
                    "sh",
                    "-c",
                    "x=; while :; do x=$x$(printf %0100000d 0); done",
                ],
                Some("200"),
                Some("256"),
            ),
            QUIET,
            InitialState::OomKilled(128),
        ),
        template(
            "staging",
            request(&["httpd", "-f", "-p", "8081"], Some("256"), Some("512")),
            web,
            InitialState::Created,
        ),
    ]
}

fn words(command: &[&str]) -> Vec<String> {
    command.iter().map(|word| (*word).to_owned()).collect()
}

/// Guesses a command's behaviour: loops use CPU, fillers use memory, the rest is idle.
pub(super) fn behaviour_of(argv: &[String]) -> Behaviour {
    let command = argv.join(" ");
    if command.contains("head -c") || command.contains("printf %0") {
        return Behaviour {
            cores: 0.2,
            memory: 4 * MIB,
            growth: 8.0 * MIB as f64,
            ceiling: if command.contains("seq 1 256") {
                260 * MIB
            } else {
                u64::MAX
            },
            chatter: 10,
            ..QUIET
        };
    }
    if command.contains("while true") || command.contains("while :") {
        return Behaviour {
            cores: 1.0,
            swing: 0.0,
            ..QUIET
        };
    }
    QUIET
}

/// The presets that go with the demo.
pub(super) fn presets() -> Vec<(String, Preset)> {
    let preset = |name: &str, description: &str, preset: Preset| {
        let described = Preset {
            description: Some(description.into()),
            ..preset
        };
        (name.to_owned(), described)
    };
    let fill = "x=; for i in $(seq 1 256); do x=\"$x$(head -c 1M /dev/zero)\"; sleep 0.12; done; sleep infinity";
    let burst = "a=; while true; do a=\"$a$(printf %0100000d 0)\"; done";
    vec![
        preset(
            "cpu-stress",
            "one loop that takes a whole core",
            request(SPIN, None, None),
        ),
        preset(
            "cpu-quarter",
            "a loop held to a quarter of a core",
            request(SPIN, None, Some("256")),
        ),
        preset(
            "memory-300",
            "256 MB filled gradually under a limit of 300 MB",
            request(&["sh", "-c", fill], Some("300"), None),
        ),
        preset(
            "combined",
            "memory filled and CPU burnt at once, until the kernel ends it",
            request(&["sh", "-c", burst], Some("200"), Some("256")),
        ),
        preset(
            "small",
            "a limit profile for your own command",
            Preset {
                memory: Some("64M".into()),
                cpus: Some("0.5".into()),
                pids: Some("32".into()),
                ..Preset::default()
            },
        ),
    ]
}
