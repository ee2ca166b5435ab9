//! Presets: laid over each other, read from a file, turned into limits.

use super::*;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn cpu_is_shares_and_cap_cpus_only_cap_shares_only_weight() {
    let limits = |preset: Preset| preset.limits().unwrap();
    let both = limits(Preset {
        cpu: some("512"),
        ..Preset::default()
    });
    assert_eq!(
        (both.cpu_shares, both.cpu.unwrap().cores()),
        (Some(512), 0.5)
    );
    let cap = limits(Preset {
        cpus: some("0.5"),
        ..Preset::default()
    });
    assert_eq!((cap.cpu_shares, cap.cpu.unwrap().cores()), (None, 0.5));
    let weight = limits(Preset {
        cpu_shares: some("512"),
        ..Preset::default()
    });
    assert_eq!((weight.cpu_shares, weight.cpu), (Some(512), None));
}

#[test]
fn own_cpu_amount_replaces_the_presets() {
    let base = Preset {
        cpu: some("256"),
        memory: some("300"),
        env: vec!["A=1".into()],
        ..Preset::default()
    };
    let own = Preset {
        cpus: some("2"),
        env: vec!["A=2".into()],
        ..Preset::default()
    };
    let laid = own.over(&base);
    assert_eq!(
        (
            laid.cpu.as_deref(),
            laid.cpus.as_deref(),
            laid.memory.as_deref()
        ),
        (None, Some("2"), Some("300"))
    );
    assert_eq!(laid.env, ["A=1", "A=2"]);
}

#[test]
fn amounts_in_a_file_may_be_numbers() {
    let preset: Preset = toml::from_str("memory = 300\ncpus = 0.5\npids = \"64\"").unwrap();
    assert_eq!(
        (
            preset.memory.as_deref(),
            preset.cpus.as_deref(),
            preset.pids.as_deref()
        ),
        (Some("300"), Some("0.5"), Some("64"))
    );
    assert!(
        toml::from_str::<Preset>("memory = true")
            .unwrap_err()
            .message()
            .contains("amount")
    );
}

#[test]
fn wrong_field_is_named() {
    let error = Preset {
        pids: some("many"),
        ..Preset::default()
    }
    .limits()
    .unwrap_err();
    assert_eq!(error.field, "pids");
}
