//! Saving a container as a preset, and exporting its history.

use minic_tui::tui::Settings;
use minic_tui::tui::effect::{Call, Effect};

use crate::stage::{Stage, settings};

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("minic-screen-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn limits_become_a_preset_in_the_config_file() {
    let folder = folder("preset");
    let file = folder.join("config.toml");
    let mut stage = Stage::with(
        Settings {
            config_file: Some(file.clone()),
            ..settings()
        },
        80,
        24,
    );
    stage
        .select("web")
        .keys("<F7>A")
        .golden("save-preset-80x24");
    stage
        .keys("<Ctrl-U>cpu-quarter<Enter>")
        .golden("save-preset-taken-80x24");
    stage.keys("<Ctrl-U>a b<Enter>").shows("a b");
    stage
        .keys("<Ctrl-U>web-95<Enter>")
        .shows("saved the preset web-95");
    let text = std::fs::read_to_string(&file).unwrap();
    let wanted = "[presets.web-95]\ndescription = \"saved from web\"\ncommand = [\"httpd\", \"-f\", \"-p\", \"8080\"]\nmemory = \"256M\"\ncpus = \"0.95\"\ncpu_shares = \"1024\"\npids = \"4096\"\n";
    assert_eq!(text, wanted);
    std::fs::remove_dir_all(&folder).unwrap();
    Stage::new(120, 40).keys("A").golden("save-preset-120x40");
}

#[test]
fn history_is_exported_as_csv_or_json_to_a_new_file_only() {
    let folder = folder("export");
    let mut stage = Stage::new(80, 24);
    stage.select("cpu-quarter").keys("x").golden("export-80x24");
    let mut written = |name: &str| {
        let file = folder.join(name);
        stage
            .keys("<Esc>x<Ctrl-U>")
            .keys(file.to_str().unwrap())
            .keys("<Enter>");
        std::fs::read_to_string(file).unwrap()
    };
    let csv = written("past.csv");
    let json = written("past.json");
    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[0].starts_with("time,cpu_cores,throttled_cores,memory_bytes,pids,"));
    assert_eq!(lines.len(), 11, "ten ticks and a heading");
    assert_eq!(lines[1].split(',').count(), lines[0].split(',').count());
    assert!(
        lines[1].starts_with("2026-11-23T14:03:12.000Z,,"),
        "no rate before the second sample: {}",
        lines[1]
    );
    assert!(
        lines[10].starts_with("2026-11-23T14:03:21.000Z,0.25,"),
        "{}",
        lines[10]
    );
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 10);
    assert_eq!(rows[9]["cpu_cores"], 0.25);
    assert!(rows[0]["cpu_cores"].is_null() && rows[9]["psi_cpu_percent"].is_number());
    stage
        .keys("x<Ctrl-U>")
        .keys(folder.join("past.csv").to_str().unwrap())
        .keys("<Enter>")
        .shows("choose another name");
    std::fs::remove_dir_all(&folder).unwrap();
    let mut stage = Stage::new(80, 24);
    stage.select("migrate").take_effects();
    stage
        .keys("x<Enter>")
        .shows("nothing of it was sampled yet");
    stage.keys("<Ctrl-U><Enter>").shows("a file's name");
    assert!(
        !stage
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Call(_, Call::Write(..))))
    );
}
