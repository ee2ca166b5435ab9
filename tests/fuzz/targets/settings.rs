//! What the user's files say: config, keys, themes, presets, system call profiles.

use std::path::PathBuf;

use minic_tui::config::{Config, Overrides};
use minic_tui::internals::Profile;
use minic_tui::spec::{Capabilities, ContainerId, ContainerSpec, Preset, preview};
use minic_tui::tui::keymap::Keymap;
use minic_tui::tui::theme::{ColorDepth, Symbols, Theme};

use super::{InMemory, texts};

/// A config file, with NUL-separated values of the environment after it.
pub(super) fn config(data: &[u8]) {
    let [text, tick, grace, theme, preset] = texts::<5>(data);
    let file = InMemory::new(text.as_bytes());
    let flags = Overrides {
        file: Some(file.path().to_owned()),
        ..Overrides::default()
    };
    let variable = |name: &str| {
        let value = match name {
            "MINIC_TICK" => &tick,
            "MINIC_STOP_GRACE" => &grace,
            "MINIC_THEME" => &theme,
            "MINIC_PRESET" => &preset,
            _ => return None,
        };
        Some(value.into())
    };
    match Config::load(&flags, variable) {
        Ok(config) => {
            assert!(config.state.is_absolute() && !config.tick.is_zero());
            assert!(config.ids.check().is_ok() && config.ids.free(&[], 0).is_some());
            for (name, request) in &config.presets {
                assert!(
                    request.limits().is_ok(),
                    "the preset {name} was looked through"
                );
            }
            let _ = Keymap::embedded()
                .expect("assets")
                .with_overrides(&config.keys);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A keymap: what is read can be laid over itself, and something still quits.
pub(super) fn keymap(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(keymap) = Keymap::from_toml(&text) {
        for context in minic_tui::tui::keymap::Context::ALL.iter().copied() {
            for (action, chords) in keymap.listed(context) {
                for chord in chords {
                    assert_eq!(
                        keymap.action(&[context], *chord),
                        Some(action),
                        "a key does one thing"
                    );
                }
            }
            let _ = keymap.bar(context);
        }
    }
}

/// Themes.
pub(super) fn theme(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for name in ["dark", "x"] {
        for depth in [ColorDepth::True, ColorDepth::Indexed, ColorDepth::Sixteen] {
            let _ = Theme::from_toml(&text, name, depth, Symbols::UNICODE);
        }
    }
}

/// A preset as TOML, with a name after a NUL: what is accepted is a whole spec that can be saved.
pub(super) fn request(data: &[u8]) {
    let [text, name] = texts::<2>(data);
    let Ok(request) = toml::from_str::<Preset>(&text) else {
        return;
    };
    let base = Preset {
        command: Some(vec!["sh".into()]),
        memory: Some("64M".into()),
        ..Preset::default()
    };
    let _ = request.limits();
    let id = ContainerId::new("0123456789ab").expect("an id");
    match preview(id.clone(), Some(&name), &request.clone().over(&base)) {
        Ok(spec) => {
            assert!(
                !spec.argv.is_empty()
                    && spec.cwd.starts_with('/')
                    && (1..=64).contains(&spec.stop_signal)
            );
            let nul = spec
                .argv
                .iter()
                .chain(&spec.env)
                .any(|word| word.contains('\0'));
            assert!(
                !nul && spec
                    .root
                    .as_ref()
                    .is_none_or(|root: &PathBuf| root.is_absolute())
            );
            let json = serde_json::to_string(&spec).expect("it can be saved");
            assert_eq!(
                serde_json::from_str::<ContainerSpec>(&json).expect("and read back"),
                spec
            );
        }
        Err(error) => assert!(!error.reason.is_empty()),
    }
}

/// A seccomp profile: a program that was made ends for every system call, within what the kernel
/// takes.
pub(super) fn seccomp(data: &[u8]) {
    let Ok(profile) = Profile::parse(&String::from_utf8_lossy(data)) else {
        return;
    };
    for capabilities in [
        Capabilities::NONE,
        Capabilities::default(),
        Capabilities::ALL,
    ] {
        let Ok(program) = profile.compile(capabilities, (6, 1)) else {
            continue;
        };
        assert!(!program.is_empty() && program.len() <= 4096);
        let (ends, jumps, always) = (0x06, 0x05, 0x05); // BPF_RET, BPF_JMP, BPF_JMP | BPF_JA (linux/bpf_common.h)
        for (at, instruction) in program.iter().enumerate() {
            let left = program.len() - at - 1;
            let furthest = match instruction.code & 0x07 {
                class if class == ends => continue,
                class if class == jumps && instruction.code == always => instruction.k as usize,
                class if class == jumps => usize::from(instruction.jt.max(instruction.jf)),
                _ => 0,
            };
            assert!(
                furthest < left,
                "instruction {at} goes on beyond the end of the program"
            );
        }
    }
}
