//! Every overlay and error at the second usual size: what the other suites show only at 80×24, here
//! at 120×40, and vice versa.

use minic_tui::manager::Error;
use minic_tui::tui::Settings;
use minic_tui::tui::effect::EffectId;
use minic_tui::tui::message::Message;

use crate::stage::{Stage, settings};

fn wide() -> Stage {
    Stage::new(120, 40)
}

#[test]
fn questions() {
    let mut stage = wide();
    stage
        .made_passing("web")
        .select("web")
        .keys("D")
        .golden("confirm-destroy-120x40");
    let mut stage = wide();
    stage.held = true;
    stage.select("web").keys("sq").golden("confirm-quit-120x40");
}

#[test]
fn menus_and_lines() {
    Stage::new(80, 24).keys("<F6>").golden("sort-menu-80x24");
    wide().keys("/we").golden("filter-typing-120x40");
    wide()
        .keys("/nothing<Enter>")
        .golden("filter-no-match-120x40");
    wide().keys("x").golden("export-120x40");
    wide().keys(":sto").golden("palette-found-120x40");
    wide().keys("<processes>?").golden("help-logs-120x40");
}

#[test]
fn errors_in_the_form() {
    for (name, keys) in [
        ("bad-memory", "rsleep 9<Tab><Tab>lots<Enter>"),
        ("bad-cpu", "rsleep 9<Tab><Tab><Tab>9999999<Enter>"),
        ("bad-name", "rsleep 9<Tab>no spaces<Enter>"),
        ("open-quote", "rsh -c 'oops<Enter>"),
        ("name-in-use", "rsleep 9<Tab>web<Enter>"),
        ("launch-failed", "rnosuch --verbose<Enter>"),
        ("no-command", "r<Enter>"),
    ] {
        wide().keys(keys).golden(&format!("form-{name}-120x40"));
    }
}

#[test]
fn messages() {
    let failed = || {
        Err(Error::System {
            message: "write 1 to cgroup.kill of web: Device or resource busy".into(),
            hint: Some("try again".into()),
        })
    };
    let mut stage = wide();
    stage.held = true;
    stage.select("web").keys("s").golden("stopping-120x40");
    stage.send(Message::EffectDone(EffectId(1), failed()));
    stage.golden("error-toast-120x40");
    let mut stage = wide();
    stage.send(Message::ObserverFailed(Error::System {
        message: "inotify_init: Too many open files".into(),
        hint: None,
    }));
    stage.golden("blind-120x40");
    let mut stage = wide();
    stage.send(Message::Settings(Err(
        "/etc/minic/config.toml:3:8: tick: soon is not a time".into(),
    )));
    stage.golden("reload-wrong-120x40");
    let mut stage = wide();
    stage
        .select("cache")
        .keys("=<F7><F7>y")
        .golden("limit-refused-120x40");
    let mut stage = wide();
    stage.select("sleeper").keys("D").golden("destroyed-120x40");
}

#[test]
fn states() {
    let mut stage = Stage::with(
        Settings {
            read_only: true,
            ..settings()
        },
        120,
        40,
    );
    stage.select("web").keys("s").golden("read-only-120x40");
    let mut stage = wide();
    stage
        .select("web")
        .keys("<Space><Space>")
        .golden("marked-120x40");
    let mut stage = wide();
    stage.keys("Z").tick(7);
    stage.golden("frozen-120x40");
    let mut stage = wide();
    stage.tick(20);
    stage
        .select("web")
        .keys("lt,,,,,,,,")
        .golden("past-logs-120x40");
    let mut stage = wide();
    stage
        .select("memory-hog")
        .keys("w")
        .golden("launch-of-dead-120x40");
}
