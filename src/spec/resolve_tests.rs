//! What a request becomes: defaults, and the field that an error names.

use super::*;

fn id() -> ContainerId {
    ContainerId::from_random([0, 1, 2, 3, 4, 255])
}

fn request(command: &[&str]) -> Preset {
    Preset {
        command: Some(command.iter().map(|s| (*s).to_owned()).collect()),
        ..Preset::default()
    }
}

#[test]
fn defaults_are_filled_in() {
    let spec = preview(id(), None, &request(&["sh"])).unwrap();
    assert_eq!(
        (
            spec.name.as_str(),
            spec.hostname.as_str(),
            spec.cwd.as_str(),
            spec.image.as_str()
        ),
        ("0001020304ff", "0001020304ff", "/", "host")
    );
    assert!(spec.env.iter().any(|e| e.starts_with("PATH=")));
}

#[test]
fn a_shell_line_gets_an_init() {
    let init = |command: &[&str]| preview(id(), None, &request(command)).unwrap().init;
    assert!(init(&["sh", "-c", "sleep 1"]) && init(&["/bin/bash", "-ec", "true"]));
    assert!(!init(&["sh"]) && !init(&["sleep", "1"]) && !init(&["sh", "script"]));
    // orphans of a check have to be reaped
    let checked = Preset {
        health_command: Some("true".into()),
        ..request(&["sleep", "1"])
    };
    assert!(preview(id(), None, &checked).unwrap().init);
    assert!(
        !preview(
            id(),
            None,
            &Preset {
                init: Some(false),
                ..checked
            }
        )
        .unwrap()
        .init
    );
}

#[test]
fn later_environment_wins_and_replaces_defaults() {
    let mut wanted = request(&["sh"]);
    wanted.env = vec!["HOME=/a".into(), "HOME=/b".into()];
    let spec = parse_settings(
        id(),
        &ContainerRequest {
            settings: wanted,
            tty: true,
            ..ContainerRequest::default()
        },
    )
    .unwrap();
    let homes: Vec<_> = spec.env.iter().filter(|e| e.starts_with("HOME=")).collect();
    assert_eq!(homes, ["HOME=/b"]);
    assert!(spec.env.contains(&"TERM=xterm".to_owned()));
}

#[test]
fn an_empty_value_is_not_taken_for_none() {
    let sh = request(&["sh"]);
    for (name, preset, field) in [
        (Some(""), sh.clone(), "name"),
        (Some(" "), sh.clone(), "name"),
        (
            None,
            Preset {
                memory: Some(String::new()),
                ..sh.clone()
            },
            "memory",
        ),
        (
            None,
            Preset {
                storage: Some(String::new()),
                ..sh.clone()
            },
            "storage",
        ),
        (
            None,
            Preset {
                log_rate: Some(" ".into()),
                ..sh.clone()
            },
            "log-rate",
        ),
        (
            None,
            Preset {
                nice: Some(String::new()),
                ..sh.clone()
            },
            "nice",
        ),
    ] {
        let error = preview(id(), name, &preset).unwrap_err();
        assert_eq!(error.field, field);
        assert!(error.reason.starts_with("empty; "), "{error}");
    }
}

#[test]
fn each_wrong_field_is_named() {
    let field = |name, preset: &Preset| preview(id(), name, preset).unwrap_err().field;
    assert_eq!(field(None, &request(&[])), "command");
    assert_eq!(field(None, &request(&["a\0b"])), "command");
    assert_eq!(field(Some("../x"), &request(&["sh"])), "name");
    assert_eq!(
        field(
            None,
            &Preset {
                workdir: Some("tmp".into()),
                ..request(&["sh"])
            }
        ),
        "workdir"
    );
    assert_eq!(
        field(
            None,
            &Preset {
                hostname: Some("a b".into()),
                ..request(&["sh"])
            }
        ),
        "hostname"
    );
    assert_eq!(
        field(
            None,
            &Preset {
                env: vec!["NOVALUE".into()],
                ..request(&["sh"])
            }
        ),
        "env"
    );
    assert_eq!(
        field(
            None,
            &Preset {
                image: Some("debian".into()),
                ..request(&["sh"])
            }
        ),
        "image"
    );
    assert_eq!(
        field(
            None,
            &Preset {
                memory: Some("lots".into()),
                ..request(&["sh"])
            }
        ),
        "memory"
    );
}

#[test]
fn labels_are_keys_and_values() {
    let labels = |label: &str| {
        let labelled = Preset {
            labels: vec![label.into()],
            ..request(&["sh"])
        };
        preview(id(), None, &labelled).map(|spec| spec.labels)
    };
    let read = labels("team=a=b").unwrap();
    assert_eq!(read.iter().next(), Some((&"team".into(), &"a=b".into())));
    assert!(labels("=b").is_err());
    assert!(labels("team").is_err());
}

#[test]
fn a_group_is_a_label_and_compose_projects_are_groups() {
    let group = |group: Option<&str>, labels: &[&str]| {
        let asked = Preset {
            group: group.map(str::to_owned),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            ..request(&["sh"])
        };
        preview(id(), None, &asked).map(|spec| spec.group().map(str::to_owned))
    };
    let shop = Ok(Some("shop".to_owned()));
    assert_eq!(group(None, &["a=b", "minic.group="]), Ok(None));
    assert_eq!(group(Some("shop"), &[]), shop);
    assert_eq!(group(None, &["minic.group=shop"]), shop);
    assert_eq!(group(Some("shop"), &["minic.group=other"]), shop);
    let project = "com.docker.compose.project=shop";
    assert_eq!(group(None, &[project]), shop);
    assert_eq!(
        group(Some("own"), &[project]),
        Ok(Some("own".to_owned())),
        "ours is what was asked for here"
    );
    assert!(group(Some(" "), &[]).is_err());
}

#[test]
fn a_record_that_names_no_stop_signal_has_sigterm() {
    let mut spec = serde_json::to_value(preview(id(), None, &request(&["sh"])).unwrap()).unwrap();
    spec.as_object_mut().unwrap().remove("stop_signal").unwrap();
    let read: ContainerSpec = serde_json::from_value(spec).unwrap();
    assert_eq!(read.stop_signal, 15);
}

#[test]
fn a_host_name_has_up_to_64_plain_characters() {
    let accepted = |name: &str| {
        let named = Preset {
            hostname: Some(name.into()),
            ..request(&["sh"])
        };
        preview(id(), None, &named).is_ok() && host_line(&format!("{name}:::1")).is_ok()
    };
    for name in ["a", "-", ".", "_", "Web-1.example_2", &"a".repeat(64)] {
        assert!(accepted(name), "{name}");
    }
    for name in ["", "a b", "a/b", "ä", "a\n", &"a".repeat(65)] {
        assert!(!accepted(name), "{name}");
    }
}
