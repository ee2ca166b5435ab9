//! The config file, the environment and the flags, merged and checked.

use super::*;

fn nothing(_: &str) -> Option<OsString> {
    None
}

fn with_file(text: &str) -> Result<Config, ConfigError> {
    Config::layered(
        Some(Document::new("f", text)),
        &Overrides::default(),
        nothing,
    )
}

fn wrong(text: &str) -> String {
    with_file(text).unwrap_err().to_string()
}

#[test]
fn the_example_holds_every_default_and_explains_every_key() {
    let defaults = Config::defaults().unwrap();
    let copied = with_file(EXAMPLE).unwrap();
    assert_eq!(
        Config {
            file: None,
            ..copied
        },
        defaults,
        "a copy of the example changes nothing"
    );
    let says = |key: &str| {
        let words = |line: &str| {
            line.trim_start_matches(['#', ' '])
                .split([' ', '='])
                .next()
                .map(str::to_owned)
        };
        EXAMPLE
            .lines()
            .any(|line| words(line).as_deref() == Some(key))
    };
    // the error about an unknown key lists every key there is
    for (text, least) in [("nosuch = 1", 7), ("[presets.a]\nnosuch = 1", 15)] {
        let message = wrong(text);
        let keys: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        assert!(keys.len() >= least, "{message}");
        for key in keys {
            assert!(
                says(key) || EXAMPLE.contains(&format!("[{key}")),
                "{key} is not in the example"
            );
        }
    }
    assert_eq!(
        defaults.ids,
        IdPool::default(),
        "what a manager without settings has"
    );
    for (name, preset) in &defaults.presets {
        assert!(preset.description.is_some(), "{name} says what it is");
    }
    presets::check(
        &Document::new("f", EXAMPLE),
        &defaults.presets.iter().cloned().collect(),
    )
    .unwrap();
}

#[test]
fn stripping_comments_of_the_example_changes_nothing() {
    let parsed = |text: &str| toml::from_str::<toml::Table>(text).unwrap();
    assert_eq!(parsed(&without_comments(EXAMPLE)), parsed(EXAMPLE));
    assert!(without_comments(EXAMPLE).len() < EXAMPLE.len() / 2);
}

#[test]
fn the_presets_of_mini_container_exist() {
    let defaults = Config::defaults().unwrap();
    let limits = |name: &str| defaults.preset(name).unwrap().limits().unwrap();
    assert_eq!(limits("cpu-quarter").cpu.unwrap().cores(), 0.25);
    assert_eq!(limits("cpu-quarter").cpu_shares, Some(256));
    assert_eq!(limits("memory-300").memory, Some(300 << 20));
    assert_eq!(limits("combined").memory, Some(200 << 20));
    assert_eq!(limits("cpu-stress"), crate::spec::Limits::default());
    for name in ["tiny", "small", "medium", "large", "build"] {
        assert!(
            defaults.preset(name).unwrap().command.is_none(),
            "{name} is a profile"
        );
    }
    let names: Vec<&str> = defaults
        .presets
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        (names[0], names[names.len() - 1]),
        ("tiny", "combined"),
        "in the order of the file"
    );
}

#[test]
fn each_layer_overrides_the_one_before() {
    let file = || {
        Some(Document::new(
            "f",
            "state = \"/file\"\ntick = \"2s\"\nstop_grace = \"3s\"",
        ))
    };
    let environment = |name: &str| match name {
        "MINIC_ROOT" => Some("/environment".into()),
        "MINIC_TICK" => Some("4s".into()),
        _ => None,
    };
    let flags = Overrides {
        file: None,
        state: Some("relative".into()),
    };
    let config = Config::layered(file(), &Overrides::default(), environment).unwrap();
    assert_eq!(config.state, Path::new("/environment"));
    assert_eq!((config.tick.as_secs(), config.stop_grace.as_secs()), (4, 3));
    let config = Config::layered(file(), &flags, environment).unwrap();
    assert!(
        config.state.is_absolute() && config.state.ends_with("relative"),
        "{:?}",
        config.state
    );
    let empty = |_: &str| Some(OsString::new());
    assert_eq!(
        Config::layered(file(), &Overrides::default(), empty)
            .unwrap()
            .state,
        Path::new("/file")
    );
}

#[test]
fn presets_and_keys_of_a_file_follow_and_override_the_embedded_ones() {
    let config = with_file("[presets.web]\nmemory = 64\n[presets.app]\n[presets.tiny]\npids = 1\n[keys.logs]\nwrap = [\"W\"]").unwrap();
    let names: Vec<&str> = config
        .presets
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names[names.len() - 2..], ["web", "app"], "{names:?}");
    assert_eq!(
        config.preset("tiny").unwrap().memory,
        None,
        "a preset is replaced whole"
    );
    assert_eq!(config.keys["logs"]["wrap"], ["W"]);
    assert_eq!(
        config.place(&["keys", "logs", "wrap"]).as_deref(),
        Some("f:7:8")
    );
    assert_eq!(config.place(&["keys", "logs", "follow"]), None);
}

#[test]
fn errors_name_the_place_and_what_is_allowed() {
    for (text, begins, allowed) in [
        (
            "tock = 1",
            "f:1:1: tock: unknown key, expected one of",
            "`tick`",
        ),
        (
            "\n[presets.web]\nmemroy = 1",
            "f:3:1: presets.web.memroy: unknown key",
            "`memory`",
        ),
        (
            "tick = \"soon\"",
            "f:1:8: tick: \"soon\" is not a time",
            "500ms",
        ),
        ("tick = 5", "f:1:8: tick: invalid type", "string"),
        ("tick = \"1ms\"", "f:1:8: tick: ", "100ms to 1m"),
        ("stop_grace = \"2h\"", "f:1:14: stop_grace: ", "0s to 1h"),
        (
            "detach_keys = \"esc\"",
            "f:1:15: detach_keys: ",
            "ctrl-p,ctrl-q",
        ),
        ("theme = \"neon\"", "f:1:9: theme: ", "`colourless`"),
        (
            "tick = \"1s\"\ncolumns = [\"name\", \"colour\"]",
            "f:2:20: columns: ",
            "`cpu-history`",
        ),
        (
            "columns = [\"cpu\"]",
            "f:1:11: columns: ",
            "\"name\" is missing",
        ),
        (
            "columns = [\"name\", \"cpu\", \"cpu\"]",
            "f:1:11: columns: ",
            "\"cpu\" is given twice",
        ),
        ("meters = [\"moon\"]", "f:1:11: meters: ", "`pressure`"),
        ("state = \"here\"", "f:1:9: state: ", "absolute"),
        (
            "preset = \"nosuch\"",
            "f:1:10: preset: there is no preset \"nosuch\"",
            "cpu-quarter",
        ),
        (
            "[presets.web]\npids = 1\nmemory = \"lots\"",
            "f:3:10: presets.web.memory: \"lots\"",
            "64M",
        ),
        (
            "[presets.web]\ncpu_shares = 1",
            "f:2:14: presets.web.cpu_shares: ",
            "262144",
        ),
        (
            "[presets.web]\nmemory = [1]",
            "f:2:10: presets.web.memory: ",
            "amount",
        ),
        (
            "[presets.web]\nnet = \"bridge\"",
            "f:2:7: presets.web.net: ",
            "none, host or container:ID",
        ),
        (
            "[presets.web]\nrestart = \"often\"",
            "f:2:11: presets.web.restart: ",
            "on-failure",
        ),
        (
            "[presets.web]\nworkdir = \"tmp\"",
            "f:2:11: presets.web.workdir: ",
            "absolute",
        ),
        (
            "[presets.web]\nenv = [\"A\"]",
            "f:2:7: presets.web.env: ",
            "KEY=value",
        ),
        (
            "[presets.web]\nvolumes = [\"a\"]",
            "f:2:11: presets.web.volumes: ",
            "SRC:DST",
        ),
        (
            "[presets.web]\nlog_files = 0\nlog_size = 5",
            "f:2:13: presets.web.log_files: ",
            "100",
        ),
        (
            "[presets.web]\nhealth_command = \"a\\u0000\"",
            "f:2:18: presets.web.health_command: ",
            "NUL",
        ),
        (
            "[presets.none]\npids = 1",
            "f:1:1: presets.none: ",
            "another name",
        ),
        ("[presets.\"a b\"]", "f:1:1: presets.a b: ", "letters"),
        (
            "[keys.logs]\nwrap = \"W\"",
            "f:2:8: keys.logs.wrap: invalid type",
            "sequence",
        ),
        ("[userns]\nfirst = 0", "f:1:1: userns: ", "at least 1"),
        (
            "[userns]\nsize = 4000000000",
            "f:1:1: userns: ",
            "4294967294",
        ),
        ("[userns]\nsize = -1", "f:2:8: userns.size: ", "u32"),
        (
            "[presets.web]\nuserns = \"keep\"",
            "f:2:10: presets.web.userns: ",
            "auto or host",
        ),
        (
            "[presets.web]\ntime_offsets = [\"x=1\"]",
            "f:2:16: presets.web.time_offsets: ",
            "boottime",
        ),
        ("tick", "f:1:5: ", "`=`"),
        ("a = 1\na = 2", "f:2:1: ", "duplicate"),
    ] {
        let message = wrong(text);
        assert!(
            message.starts_with(begins) && message.contains(allowed),
            "{text:?} → {message}"
        );
        assert!(!message.contains('\n'), "{message:?}");
    }
}

#[test]
fn the_environment_is_checked_too() {
    for (name, value) in [
        ("MINIC_TICK", "x"),
        ("MINIC_STOP_GRACE", "9h"),
        ("MINIC_THEME", "x"),
        ("MINIC_PRESET", "x"),
    ] {
        let set = |asked: &str| (asked == name).then(|| value.into());
        let error = Config::layered(None, &Overrides::default(), set)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(&format!("{name}: ")), "{error}");
    }
    let none = |asked: &str| (asked == "MINIC_PRESET").then(|| NO_PRESET.into());
    let file = Some(Document::new("f", "preset = \"tiny\""));
    assert_eq!(
        Config::layered(file, &Overrides::default(), none)
            .unwrap()
            .preset,
        None
    );
}

#[test]
fn only_the_default_file_may_be_missing_and_none_may_be_unreadable() {
    let folder = std::env::temp_dir();
    let missing = folder.join(format!("minic-no-such-config-{}", std::process::id()));
    assert_eq!(read_file(None, &missing), Ok(None));
    for (named, default, of) in [
        (Some(&*missing), &*missing, &missing),
        // a folder: there, but no file
        (None, &folder, &folder),
        (Some(&folder), &missing, &folder),
    ] {
        let error = read_file(named, default).unwrap_err().to_string();
        let begins = format!("{}: cannot read it", error::shown(of));
        assert!(error.starts_with(&begins), "{error}");
    }
}

#[test]
fn the_file_of_a_flag_goes_over_that_of_the_environment() {
    let environment = |asked: &str| (asked == "MINIC_CONFIG").then(|| "/environment".into());
    let flag = Overrides {
        file: Some("/flag".into()),
        state: None,
    };
    assert_eq!(Config::file(&flag, environment), Path::new("/flag"));
    let none = Overrides::default();
    assert_eq!(Config::file(&none, environment), Path::new("/environment"));
    assert_eq!(Config::file(&none, nothing), Path::new(DEFAULT_FILE));
    let empty = |_: &str| Some(OsString::new());
    assert_eq!(Config::file(&none, empty), Path::new(DEFAULT_FILE));
}
