//! How the flags become a request.

use clap::Parser;

use super::*;
use crate::cli::run::parse_run;
use crate::spec::{ContainerId, preview};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    request: Request,
}

fn resolved(words: &[&str]) -> Result<ContainerRequest, Failure> {
    let line = Line::try_parse_from([&["run"], words].concat()).unwrap();
    line.request.resolve(&Config::defaults().unwrap())
}

#[test]
fn options_after_the_command_are_the_commands() {
    let what = resolved(&[
        "-i", "--memory", "64", "sh", "-c", "x", "--memory", "1", "-t",
    ])
    .unwrap();
    assert_eq!(
        what.settings.command.unwrap(),
        ["sh", "-c", "x", "--memory", "1", "-t"]
    );
    assert_eq!(what.settings.memory.as_deref(), Some("64"));
    assert!(what.interactive && !what.tty);
    let what = resolved(&["--", "-odd", "name"]).unwrap();
    assert_eq!(what.settings.command.unwrap(), ["-odd", "name"]);
    assert!(
        Line::try_parse_from(["run", "--memroy", "1", "sh"]).is_err(),
        "before it they are ours"
    );
}

/// Every flag, except `--privileged`, beside which most of them are refused.
const EVERY_FLAG: [&str; 64] = [
    "-u=1000",
    "-v=/a:/b:ro",
    "--tmpfs=/t",
    "--device=/dev/null",
    "--root=/srv",
    "--overlay",
    "--read-only",
    "--mount-propagation=slave",
    "--ulimit=nofile=10",
    "--sysctl=net.core.somaxconn=1",
    "--oom-score-adj",
    "-5",
    "--nice",
    "-1",
    "--add-host=a:1.2.3.4",
    "--dns=1.2.3.4",
    "-l=a=b",
    "--group=shop",
    "--health-cmd=true",
    "--health-interval=1s",
    "--health-retries=2",
    "--log-size=1M",
    "--log-files=2",
    "--log-rate=1M",
    "--stop-signal=HUP",
    "--hostname=h",
    "--workdir=/w",
    "--net=none",
    "--restart=always",
    "--memory=64",
    "--swap=0",
    "--cpu=512",
    "--cpus=1",
    "--cpu-shares=2",
    "--pids-limit=3",
    "-e=A=1",
    "--pid=host",
    "--ipc=host",
    "--uts=own",
    "--cgroupns=host",
    "--userns=auto",
    "--time-offset=boottime=1h",
    "--cpu-burst=20ms",
    "--cpuset-cpus=0",
    "--memory-high=32M",
    "--memory-low=16M",
    "--memory-min=8M",
    "--oom-policy=process",
    "--io-weight=50",
    "--device-read-bps=/dev/sda:1M",
    "--device-write-bps=/dev/sda:1M",
    "--device-read-iops=/dev/sda:9",
    "--device-write-iops=/dev/sda:9",
    "--best-effort",
    "--storage=tmpfs:1G",
    "--init",
    "--stop-timeout=1s",
    "--cap-add=NET_RAW",
    "--cap-drop=CHOWN",
    "--seccomp=unconfined",
    "--apparmor=unconfined",
    "--selinux=spc_t",
    "--security-opt=no-new-privileges=false",
    "true",
];

#[test]
fn every_flag_reaches_its_field() {
    let what = resolved(&EVERY_FLAG).unwrap();
    let toml = toml::Table::try_from(&what.settings).unwrap();
    // the error about an unknown key names every key there is
    let known = toml::from_str::<Preset>("nosuch = 1")
        .unwrap_err()
        .message()
        .to_owned();
    let keys = known.split('`').skip(3).step_by(2);
    let missing: Vec<&str> = keys.filter(|key| !toml.contains_key(*key)).collect();
    // what --privileged gives up cannot be set beside it
    assert_eq!(
        missing,
        ["description", "image", "privileged"],
        "said by the config file alone, or a line of its own"
    );
    assert_eq!(
        resolved(&["--privileged", "true"])
            .unwrap()
            .settings
            .privileged,
        Some(true)
    );
    assert!(preview(ContainerId::from_random([1; 6]), None, &what.settings).is_ok());
}

#[test]
fn flags_go_over_their_preset() {
    let what = resolved(&["--preset", "cpu-quarter"]).unwrap();
    assert_eq!(
        (what.preset.as_deref(), what.settings.cpu.as_deref()),
        (Some("cpu-quarter"), Some("256"))
    );
    assert_eq!(what.settings.command.unwrap()[0], "sh");
    let what = resolved(&["--preset", "cpu-quarter", "--cpus", "2", "true"]).unwrap();
    assert_eq!(
        (what.settings.cpu, what.settings.cpus.as_deref()),
        (None, Some("2"))
    );
    assert_eq!(what.settings.command.unwrap(), ["true"]);
    let what = resolved(&["--preset", "none", "true"]).unwrap();
    assert_eq!(what.preset, None);
    let line = resolved(&["--preset", "nosuch", "true"])
        .unwrap_err()
        .line
        .unwrap();
    assert!(
        line.starts_with("--preset: there is no preset \"nosuch\"; there are tiny, "),
        "{line}"
    );
}

#[test]
fn a_bare_key_takes_our_value() {
    let ours = |name: &str| (name == "LANG").then(|| "C".into());
    let asked = ["A=1", "LANG", "NOT_SET", "B="].map(str::to_owned);
    assert_eq!(environment(&asked, ours).unwrap(), ["A=1", "LANG=C", "B="]);
    assert_eq!(
        environment(&[String::new()], ours).unwrap_err().field,
        "env"
    );
}

#[test]
fn security_options_are_spelled_as_docker_does() {
    let request = |words: &[&str]| resolved(&[words, &["true"]].concat()).map(|what| what.settings);
    assert_eq!(
        request(&["--security-opt", "seccomp=unconfined"])
            .unwrap()
            .seccomp
            .as_deref(),
        Some("unconfined")
    );
    assert_eq!(
        request(&["--security-opt", "no-new-privileges:false"])
            .unwrap()
            .no_new_privileges,
        Some(false)
    );
    assert_eq!(
        request(&["--security-opt", "no-new-privileges"])
            .unwrap()
            .no_new_privileges,
        Some(true)
    );
    let file = request(&["--seccomp", "profile.json"])
        .unwrap()
        .seccomp
        .unwrap();
    assert!(
        file.starts_with('/') && file.ends_with("/profile.json"),
        "{file}"
    );
    assert_eq!(
        request(&["--security-opt", "apparmor=x"])
            .unwrap()
            .apparmor
            .as_deref(),
        Some("x")
    );
    assert_eq!(
        request(&["--security-opt", "label=disable"])
            .unwrap()
            .selinux
            .as_deref(),
        Some("unconfined")
    );
    assert_eq!(
        request(&["--security-opt", "label=type:spc_t"])
            .unwrap()
            .selinux
            .as_deref(),
        Some("spc_t")
    );
    let line = request(&["--security-opt", "label=x"])
        .unwrap_err()
        .line
        .unwrap();
    assert!(
        line.starts_with("--security-opt: \"label=x\" is not known"),
        "{line}"
    );
}

/// What the flags that say `request` are read as.
#[track_caller]
fn said_again(
    request: &ContainerRequest,
    config: &Config,
    default_preset: bool,
) -> ContainerRequest {
    let base = request
        .preset
        .as_deref()
        .map(|name| config.preset(name).unwrap());
    let flags = request.flags(base, default_preset);
    parse_run(&flags, config).unwrap_or_else(|error| panic!("{flags:?}: {error}"))
}

#[test]
fn every_flag_is_said_again_in_the_command_line() {
    let config = Config::defaults().unwrap();
    let mut whats = vec![resolved(&EVERY_FLAG).unwrap()];
    for words in [
        &["--privileged", "--no-init", "true"][..],
        &[
            "-it", "--rm", "--name", "web", "sh", "-c", "exit 3", "--", "-x", "",
        ],
        &["--security-opt", "no-new-privileges=true", "true"],
        &["--cpus=2", "--cpu-shares=9", "true"],
    ] {
        whats.push(resolved(words).unwrap());
    }
    for (name, _) in &config.presets {
        for words in [
            &["true"][..],
            &["--cpus", "3", "-e", "A=1", "true"],
            &["--memory", "999", "--restart", "always", "true"],
        ] {
            whats.push(resolved(&[&["--preset", name][..], words].concat()).unwrap());
        }
    }
    for what in whats {
        assert_eq!(said_again(&what, &config, false), what);
        assert_eq!(said_again(&what, &config, true), what);
    }
}

#[test]
fn what_flags_cannot_take_from_a_preset_is_said_without_it() {
    let mut config = Config::defaults().unwrap();
    let base: Preset = toml::from_str(
        "description = \"d\"\ncommand = [\"a\"]\nmemory = 1\nenv = [\"A=1\"]\nread_only = true\ncpu = 512",
    )
    .unwrap();
    config.presets.push(("base".into(), base.clone()));
    let asked = |change: &dyn Fn(&mut Preset)| {
        let mut settings = base.clone();
        change(&mut settings);
        ContainerRequest {
            settings,
            preset: Some("base".into()),
            ..ContainerRequest::default()
        }
    };
    let kept = asked(&|settings| {
        settings.memory = Some("2".into());
        settings.env.push("B=2".into());
        (settings.cpu, settings.cpus) = (None, Some("0.5".into()));
    });
    assert_eq!(said_again(&kept, &config, false), kept);
    let changes: [&dyn Fn(&mut Preset); 5] = [
        &|settings| settings.memory = None,
        &|settings| settings.env.clear(),
        &|settings| settings.cpu = None,
        &|settings| settings.read_only = None,
        &|settings| settings.read_only = Some(false),
    ];
    config.preset = Some("base".into());
    for change in changes {
        let without = asked(change);
        let said = said_again(&without, &config, true);
        assert_eq!(said, without.as_flags_can(Some(&base)));
        assert_eq!((said.preset, said.settings.description), (None, None));
    }
}

#[test]
fn a_value_that_looks_like_a_flag_stays_a_value() {
    let what = ContainerRequest {
        name: Some("--rm".into()),
        settings: Preset {
            command: Some(vec!["--".into(), "-d".into()]),
            labels: vec!["-x=1".into()],
            hostname: Some(String::new()),
            ..Preset::default()
        },
        ..ContainerRequest::default()
    };
    assert_eq!(said_again(&what, &Config::defaults().unwrap(), false), what);
}
