//! The launch form: typing, presets, errors beside their fields, launching.

use minic_tui::manager::Error;
use minic_tui::spec::ContainerRequest;
use minic_tui::spec::Preset;
use minic_tui::tui::effect::{Call, Effect, EffectId};
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Field, Overlay, Spot};

use crate::stage::Stage;

/// The request that the form makes after these keys.
fn asked(keys: &str) -> ContainerRequest {
    let mut stage = Stage::new(80, 24);
    stage.held = true;
    stage.take_effects();
    stage.keys(keys);
    let effects = stage.take_effects();
    match effects.as_slice() {
        [Effect::Call(EffectId(1), Call::Launch(created))] => (**created).clone(),
        other => panic!("{keys}: {other:?}\n{}", stage.screen()),
    }
}

fn words(text: &[&str]) -> Option<Vec<String>> {
    Some(text.iter().map(|word| (*word).to_owned()).collect())
}

#[test]
fn the_form_at_every_size() {
    for (width, height) in [(40, 10), (60, 15), (80, 24), (120, 40), (200, 60)] {
        let mut stage = Stage::new(width, height);
        stage
            .keys("r")
            .golden(&format!("form-empty-{width}x{height}"));
        stage
            .keys("<Up><Right><Right>")
            .golden(&format!("form-preset-{width}x{height}"));
    }
}

#[test]
fn typed_fields_become_the_request() {
    let created = asked("rsh -c 'sleep 5; exit 3'<Tab>batch<Down>64M<Tab>512<Enter>");
    let request = Preset {
        command: words(&["sh", "-c", "sleep 5; exit 3"]),
        memory: Some("64M".into()),
        cpu: Some("512".into()),
        ..Preset::default()
    };
    assert_eq!(
        created,
        ContainerRequest {
            name: Some("batch".into()),
            settings: request,
            preset: None,
            ..ContainerRequest::default()
        }
    );
}

#[test]
fn a_cpu_amount_with_a_point_is_cores() {
    let created = asked("rtop<Tab><Tab><Tab>0.5<Enter>");
    assert_eq!(
        (created.settings.cpus.as_deref(), created.settings.cpu),
        (Some("0.5"), None)
    );
}

#[test]
fn typed_fields_override_the_preset() {
    let quarter = asked("r<Up><Right><Right><Enter>");
    assert_eq!(quarter.preset.as_deref(), Some("cpu-quarter"));
    assert_eq!(quarter.settings.cpu.as_deref(), Some("256"));
    assert_eq!(
        quarter.settings.command,
        words(&["sh", "-c", "while true; do :; done"])
    );
    let own = asked("r<Up><Left><Tab>sleep 9<Tab><Tab><Ctrl-U>128<Enter>");
    assert_eq!(
        (own.preset.as_deref(), own.settings.memory.as_deref()),
        (Some("small"), Some("128"))
    );
    assert_eq!(
        (own.settings.pids.as_deref(), own.settings.cpus.as_deref()),
        (Some("32"), Some("0.5")),
        "untouched"
    );
    let cleared = asked("r<Up><Right><Right><Tab><Tab><Tab><Tab><Ctrl-U><Enter>");
    assert_eq!(
        cleared.settings.cpu, None,
        "an emptied field is no limit, not the preset's"
    );
}

#[test]
fn errors_stay_beside_their_fields_until_edited() {
    let mut stage = Stage::new(80, 24);
    stage.held = true;
    stage.take_effects();
    stage.keys("r<Enter>").golden("form-no-command-80x24");
    stage
        .keys("sh -c 'oops<Enter>")
        .golden("form-open-quote-80x24");
    stage.keys("'<Tab>a/b<Enter>").golden("form-bad-name-80x24");
    stage
        .keys("<Ctrl-U>ok<Tab>lots<Enter>")
        .golden("form-bad-memory-80x24");
    stage
        .keys("<Ctrl-U>1<Tab>1<Enter>")
        .golden("form-bad-cpu-80x24");
    assert_eq!(stage.take_effects(), [], "nothing was asked of the engine");
    stage.keys("<Backspace>");
    stage.hides("✗");
    stage.keys("512<Enter>");
    assert_eq!(stage.take_effects().len(), 1);
}

#[test]
fn errors_fit_on_the_smallest_screen() {
    let mut stage = Stage::new(60, 15);
    stage.keys("r<Enter>").golden("form-no-command-60x15");
}

#[test]
fn engine_errors_are_shown_in_the_form() {
    let mut stage = Stage::new(80, 24);
    stage
        .keys("rsleep 1<Tab>web<Enter>")
        .golden("form-name-in-use-80x24");
    stage
        .keys("<Up><Ctrl-U>nosuch<Tab>2<Enter>")
        .golden("form-launch-failed-80x24");
    stage
        .keys("<Up><Ctrl-U>sleep 1000<Enter>")
        .golden("launched-80x24");
    assert_eq!(stage.selected(), "web2");
}

#[test]
fn launching_shows_its_progress_in_the_form_or_beside_it() {
    let mut stage = Stage::new(80, 24);
    stage.held = true;
    stage.keys("rsleep 1<Tab>slow<Enter>");
    let progress = Message::Progress(
        EffectId(1),
        "building the host image: 12 of 40 binaries".into(),
    );
    stage.send(progress.clone());
    stage.golden("form-launching-80x24");
    stage.keys("x<Enter>");
    stage.hides("slowx");
    assert_eq!(
        stage
            .take_effects()
            .iter()
            .filter(|e| matches!(e, Effect::Call(..)))
            .count(),
        1,
        "launched once"
    );
    stage.keys("<Esc>").golden("launch-progress-toast-80x24");
    let error = Error::Launch {
        message: "execve sleep: Permission denied".into(),
        code: 126,
        launch: Vec::new(),
    };
    stage.send(Message::EffectDone(EffectId(1), Err(error)));
    stage.shows("✗ launch slow: execve sleep: Permission denied");
    stage.hides("12 of 40");
    assert!(
        stage.model.overlay.is_none(),
        "a closed form does not come back"
    );
}

#[test]
fn a_long_command_shows_the_part_with_the_cursor() {
    let mut stage = Stage::new(80, 24);
    stage.keys("r").send(Message::Input(Input::Paste(format!(
        "echo {} END",
        "x".repeat(300)
    ))));
    stage.golden("form-long-command-80x24");
    stage.keys("<Home>");
    stage.shows("▌Command           echo xxx");
}

#[test]
fn a_new_form_keeps_nothing_of_a_cancelled_one() {
    let mut stage = Stage::new(80, 24);
    stage.take_effects();
    stage.keys("rsleep 5<Esc><Esc>r");
    stage.hides("sleep 5");
    assert!(matches!(
        &stage.model.overlay,
        Some(minic_tui::tui::model::Overlay::Form(form)) if form.focus == Spot::Entry(Field::COMMAND, 0)
    ));
    assert_eq!(stage.take_effects(), []);
}

#[test]
fn the_first_letters_of_a_preset_select_it() {
    let mut stage = Stage::new(80, 24);
    stage
        .keys("r<Shift-Tab>cp")
        .golden("form-preset-sought-80x24");
    let chosen = |stage: &Stage| match &stage.model.overlay {
        Some(Overlay::Form(form)) => form.preset.clone().map(|(name, _)| name),
        _ => None,
    };
    let first = chosen(&stage).unwrap();
    assert!(first.starts_with("cp"), "{first}");
    stage.keys("u-q");
    assert_eq!(chosen(&stage).as_deref(), Some("cpu-quarter"));
    stage.keys("zzz");
    assert_eq!(
        chosen(&stage).as_deref(),
        Some("cpu-quarter"),
        "a letter that fits none changes nothing"
    );
    stage.keys("<Backspace>");
    let any = stage.model.settings.presets[0].0.chars().next().unwrap();
    stage.keys(&any.to_string());
    assert!(chosen(&stage).unwrap().starts_with(any), "begun anew");
}
