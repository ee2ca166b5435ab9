//! The command line that the launch form shows asks for what the form launches.

use std::process::Command;

use minic_tui::cli::parse_run;
use minic_tui::config::Config;
use minic_tui::spec::{ContainerRequest, LimitKey, Preset};
use minic_tui::tui::model::{Field, Kind, LaunchForm, LineEdit, Spot};

use crate::form_fields::{form, go_to, launched, opened};
use crate::stage::settings;

/// The request that the words of a shown command line make.
fn read(line: &str, presets: &[(String, Preset)]) -> ContainerRequest {
    let words = shell_words::split(line).unwrap();
    assert_eq!(words[..3], ["minic-tui", "run", "-d"], "{line}");
    let mut config = Config::defaults().unwrap();
    config.presets = presets.to_vec();
    parse_run(&words[2..], &config).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// Something right for a field.
fn filling(field: Field) -> &'static str {
    let of_table = LimitKey::all().find(|key| key.field == field.name());
    match (of_table, field.name()) {
        (_, "cpu") => "0.5",
        (Some(key), _) => key.example,
        (None, name) => match name {
            "image" => "/srv/root image",
            "command" => "sh -c 'echo \"$A\"; exit 3' 日本",
            "name" => "all",
            "ulimit" => "nofile=64:128",
            "oom-score-adj" => "-300",
            "nice" => "-5",
            "volume" => "/srv/it's here:/data:ro",
            "tmpfs" => "/t:size=64M",
            "device" => "/dev/null",
            "storage" => "64M",
            "env" => "A=two 'words' $HOME",
            "workdir" => "/tmp/ü",
            "user" => "1000:1000",
            "hostname" => "host.example",
            "group" => "shop",
            "label" => "a=b c",
            "net" => "none",
            "pid" | "ipc" => "container:web",
            "dns" => "1.1.1.1",
            "add-host" => "db:10.0.0.1",
            "sysctl" => "net.core.somaxconn=1024",
            "restart" => "on-failure:3",
            "stop-signal" => "HUP",
            "stop-timeout" => "2m",
            "health-cmd" => "test -e '/tmp/a b' && true",
            "health-interval" => "10s",
            "health-retries" => "5",
            "log-size" => "1M",
            "log-files" => "2",
            "log-rate" => "1M",
            "cap-add" => "NET_RAW",
            "cap-drop" => "CHOWN",
            "seccomp" => "/etc/my profile.json",
            "apparmor" | "selinux" => "unconfined",
            "time-offset" => "boottime=-1h",
            other => panic!("{other} needs a filling"),
        },
    }
}

/// Fields that cannot be set beside the others, or are not typed.
fn is_apart(field: Field) -> bool {
    matches!(field.name(), "preset" | "privileged" | "uts")
}

#[test]
fn every_field_is_filled_by_keys_and_said_by_the_command_line() {
    let mut stage = opened(80, 24);
    stage.keys("<Up><Up><Up>");
    for field in Field::all().filter(|field| !is_apart(*field)) {
        go_to(&mut stage, Spot::Entry(field, 0));
        if matches!(field.kind(), Kind::Choice(_)) {
            stage.keys("<Right>");
        } else {
            stage.keys("<End><Ctrl-U>").keys(filling(field));
        }
    }
    let line = form(&stage).command_line.clone();
    let request = launched(&mut stage);
    assert_eq!(read(&line, &stage.model.settings.presets), request);
    assert_eq!(stage.model.last_command.as_ref(), Some(&line));
    for field in Field::all().filter(|field| !is_apart(*field)) {
        let texts = field.texts(&request);
        match field.kind() {
            Kind::Choice(words) => assert_eq!(texts, [words[1]], "{field:?}"),
            _ if field == Field::COMMAND => {}
            _ => assert_eq!(texts, [filling(field)], "{field:?}"),
        }
    }
    let said = toml::Table::try_from(&request.settings).unwrap();
    // the error about an unknown key names every key there is
    let known = toml::from_str::<Preset>("nosuch = 1").unwrap_err();
    let keys = known.message().split('`').skip(3).step_by(2);
    let missing: Vec<&str> = keys.filter(|key| !said.contains_key(*key)).collect();
    assert_eq!(
        missing,
        ["description", "image", "uts", "privileged", "cpu"],
        "no field sets it: of a preset alone, or beside a root, a host name, a profile, cores"
    );
    let command = request.settings.command.unwrap();
    assert_eq!(command, ["sh", "-c", "echo \"$A\"; exit 3", "日本"]);
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn text(&mut self) -> String {
        const PIECES: [&str; 22] = [
            "a", "'", "\"", " ", "  ", "\\", "$HOME", "`id`", "日本", "é", "-", "--rm", "#", "!",
            "*", "~", "{a,b}", "&&", ";", "=", "%", "x/y",
        ];
        let count = self.roll(6);
        (0..=count)
            .map(|_| PIECES[self.roll(PIECES.len())])
            .collect()
    }
}

#[test]
fn the_command_line_is_right_whatever_is_typed() {
    let settings = settings();
    let mut dice = Dice(7);
    let mut lines = Vec::new();
    for _ in 0..400 {
        let chosen = dice.roll(settings.presets.len() + 1);
        let mut form = LaunchForm::new(settings.presets.get(chosen));
        let words: Vec<String> = (0..=dice.roll(3)).map(|_| dice.text()).collect();
        let typed = [
            (
                Field::COMMAND,
                format!("run{}", minic_tui::spec::quote_command(&words)),
            ),
            (Field::ENV, format!("A={}", dice.text())),
            (Field::VOLUME, format!("/{}:/v", dice.text())),
            (Field::named("label").unwrap(), format!("k={}", dice.text())),
            (Field::named("health-cmd").unwrap(), dice.text()),
            (
                Field::named("workdir").unwrap(),
                format!("/{}", dice.text()),
            ),
        ];
        for (field, text) in typed {
            if dice.roll(3) > 0 || field == Field::COMMAND {
                form.focus_on(Spot::Entry(field, 0));
                form.edit(|line| *line = LineEdit::new(text));
            }
        }
        form.refresh(&settings, &[]);
        let request = match form.request(&[]) {
            Ok(request) => request,
            Err(problems) => panic!("{problems:?}"),
        };
        let line = form.command_line.clone();
        assert_eq!(read(&line, &settings.presets), request, "{line}");
        lines.push(line);
    }
    // a real shell reads it as we do
    for line in &lines[..40] {
        let script = format!("set -- {line}; for word; do printf '%s\\n' \"$word\"; done");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        let words = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            words.lines().collect::<Vec<_>>(),
            shell_words::split(line).unwrap()
        );
    }
}
