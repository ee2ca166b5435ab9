//! The launch form's sections, lists and errors.

use minic_tui::spec::ContainerRequest;
use minic_tui::tui::action::Action;
use minic_tui::tui::effect::{Call, Effect};
use minic_tui::tui::message::{Input, Message};
use minic_tui::tui::model::{Field, LaunchForm, Overlay, Section, Spot, Target};

use crate::stage::{Stage, settings};

pub(crate) fn form(stage: &Stage) -> &LaunchForm {
    match &stage.model.overlay {
        Some(Overlay::Form(form)) => form,
        other => panic!("no form: {other:?}"),
    }
}

/// A form at this size, whose effects are only recorded.
pub(crate) fn opened(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height);
    stage.held = true;
    stage.keys("r").take_effects();
    stage
}

/// Goes to `spot` with the keys, through the headings, which it unfolds.
pub(crate) fn go_to(stage: &mut Stage, spot: Spot) {
    for _ in 0..200 {
        match form(stage).focus {
            now if now == spot => return,
            Spot::Heading(section) if form(stage).folded.contains(&section) => {
                stage.keys("<Space>");
            }
            _ => {}
        }
        stage.keys("<Down>");
    }
    panic!("{spot:?} cannot be reached\n{}", stage.screen());
}

pub(crate) fn launched(stage: &mut Stage) -> ContainerRequest {
    stage.take_effects();
    stage.keys("<Ctrl-R>");
    let effects = stage.take_effects();
    match effects.as_slice() {
        [Effect::Call(_, Call::Launch(request))] => (**request).clone(),
        other => panic!("{other:?}\n{}", stage.screen()),
    }
}

#[test]
fn the_focus_is_always_in_sight() {
    for (width, height) in [(40, 10), (60, 15), (80, 24), (120, 40), (200, 60)] {
        let mut stage = opened(width, height);
        for section in Section::ALL {
            go_to(&mut stage, Spot::Heading(*section));
            if form(&stage).folded.contains(section) {
                stage.keys("<Enter>");
            }
        }
        let spots = form(&stage).spots();
        assert!(spots.len() > 60);
        for forward in [true, false] {
            for _ in 0..spots.len() {
                stage
                    .keys(if forward { "<Tab>" } else { "<Shift-Tab>" })
                    .buffer();
                let focus = form(&stage).focus;
                let seen = stage.model.hits.find(&Target::Spot(focus));
                assert!(
                    seen.is_some_and(|area| area.height > 0 && area.bottom() < height),
                    "{focus:?} at {width}×{height}\n{}",
                    stage.screen()
                );
            }
        }
    }
}

#[test]
fn sections_fold_and_say_what_is_set_inside() {
    let mut stage = opened(80, 24);
    stage.keys("sleep 9");
    go_to(&mut stage, Spot::Entry(Field::VOLUME, 0));
    stage.keys("/srv/a:/a<Down>/srv/b:/b:ro");
    go_to(&mut stage, Spot::Entry(Field::named("overlay").unwrap(), 0));
    stage.keys("<PageUp>");
    assert_eq!(form(&stage).focus, Spot::Heading(Section::Storage));
    stage.golden("form-storage-80x24");
    stage.keys("<Space>");
    stage.shows("▸ Storage           volumes /srv/a:/a, /srv/b:/b:ro");
    stage.keys("<Enter>");
    stage.shows("▾ Storage");
    stage.keys("<PageUp><PageUp><Enter>");
    assert_eq!(form(&stage).focus, Spot::Heading(Section::Basics));
    stage.shows("▸ Basics            command sleep 9");
    stage.shows("▾ Limits");
    stage.keys("<PageDown>");
    assert_eq!(form(&stage).focus, Spot::Heading(Section::Limits));
}

#[test]
fn the_lines_of_a_list_come_and_go() {
    let mut stage = opened(80, 24);
    go_to(&mut stage, Spot::Entry(Field::ENV, 0));
    stage.keys("A=1<Down>B=2<Down>C=3");
    assert_eq!(form(&stage).texts(Field::ENV), ["A=1", "B=2", "C=3"]);
    stage.keys("<Up><Ctrl-U><Up>");
    assert_eq!(form(&stage).texts(Field::ENV), ["A=1", "C=3"]);
    assert_eq!(form(&stage).focus, Spot::Entry(Field::ENV, 0));
    stage.keys("<Ctrl-X>");
    assert_eq!(form(&stage).texts(Field::ENV), ["C=3"]);
    stage.keys("<Ctrl-X><Ctrl-X>");
    assert_eq!(form(&stage).texts(Field::ENV), [""; 0]);
    let pasted = "# of the shop\nDB=db 1\r\n\n  LANG=C\u{1b}[31m\nLAST=3";
    stage.send(Message::Input(Input::Paste(pasted.into())));
    assert_eq!(
        form(&stage).texts(Field::ENV),
        ["DB=db 1", "LANG=C", "LAST=3"]
    );
    assert_eq!(form(&stage).focus, Spot::Entry(Field::ENV, 2));
    stage.golden("form-environment-80x24");
    stage.send(Message::Input(Input::Paste("0 more".into())));
    assert_eq!(form(&stage).texts(Field::ENV)[2], "LAST=30 more");
}

#[test]
fn errors_are_shown_when_a_field_is_left_and_go_when_it_is_edited() {
    let mut stage = opened(80, 24);
    stage.keys("sleep 9");
    go_to(&mut stage, Spot::Entry(Field::VOLUME, 0));
    stage.keys("/srv/a:/a<Down>data:/b");
    stage.hides("✗");
    stage.keys("<Down>");
    stage.shows("✗ \"data\" is not an absolute path on the host");
    let golden_focus = form(&stage).focus;
    assert_eq!(golden_focus, Spot::Entry(Field::VOLUME, 2));
    stage.golden("form-bad-volume-80x24");
    // from elsewhere, with its section folded, Enter goes there
    stage.keys("<PageUp><Enter>");
    stage.shows("▸ Storage           ✗ 1 wrong");
    stage.keys("<PageUp><PageUp><Down><Enter>");
    assert_eq!(form(&stage).focus, Spot::Entry(Field::VOLUME, 1));
    assert_eq!(stage.take_effects(), [], "nothing was launched");
    stage.keys("<Home>/");
    stage.hides("✗");
    assert_eq!(
        launched(&mut stage).settings.volumes,
        ["/srv/a:/a", "/data:/b"]
    );
}

#[test]
fn fields_that_do_not_go_together_are_told_apart() {
    let mut stage = opened(80, 24);
    stage.keys("sleep 9");
    go_to(
        &mut stage,
        Spot::Entry(Field::named("cpu-burst").unwrap(), 0),
    );
    stage.keys("20ms<Down>");
    stage.shows("✗ time can be saved up only under a cap: give");
    go_to(&mut stage, Spot::Entry(Field::CPU, 0));
    stage.keys("0.5");
    stage.hides("✗");
    go_to(&mut stage, Spot::Entry(Field::named("overlay").unwrap(), 0));
    stage.keys("<Space><Down>");
    stage.shows("✗ an image always has a writable layer");
    go_to(&mut stage, Spot::Entry(Field::IMAGE, 0));
    stage.keys("<Ctrl-U>/srv");
    stage.hides("✗");
    let settings = launched(&mut stage).settings;
    assert_eq!(
        (settings.root.as_deref(), settings.overlay),
        (Some("/srv"), Some(true))
    );
}

#[test]
fn a_name_that_is_taken_and_a_container_that_is_not_there_are_said_at_once() {
    let mut stage = opened(80, 24);
    stage.keys("sleep 9<Tab>web<Tab>");
    stage.shows("✗ the name \"web\" is in use");
    go_to(&mut stage, Spot::Entry(Field::NET, 0));
    stage.keys("container:nosuch<Tab>");
    stage.shows("✗ no container \"nosuch\"");
}

#[test]
fn names_are_completed() {
    let mut stage = opened(80, 24);
    go_to(&mut stage, Spot::Entry(Field::NET, 0));
    stage.shows("none, host, container:");
    stage.keys("container:d<Right>");
    assert_eq!(form(&stage).text(Field::NET), "container:db");
    stage.keys("<Ctrl-U>h<End>");
    assert_eq!(form(&stage).text(Field::NET), "host");
    stage.keys("<Right>");
    assert!(
        form(&stage).text(Field::NET).starts_with("container:"),
        "the next choice"
    );
    stage.keys("<Left><Right>");
    let cursor = form(&stage).focused_line().unwrap();
    assert_eq!(
        cursor.before_cursor(),
        cursor.text(),
        "within the text it only moves"
    );
}

#[test]
fn a_preset_fills_in_what_was_not_touched() {
    let mut stage = opened(80, 24);
    stage.keys("sleep 9<Up>cpu-q<Down><Down><Down>64M<Up><Up><Up>small");
    let form = form(&stage);
    assert_eq!(form.preset.as_ref().unwrap().0, "small");
    assert_eq!(form.text(Field::COMMAND), "sleep 9", "typed");
    assert_eq!(form.text(Field::MEMORY), "64M", "typed");
    assert_eq!(
        form.text(Field::CPU),
        "0.5",
        "the second preset's, over the first's"
    );
    let request = launched(&mut stage);
    assert_eq!(request.preset.as_deref(), Some("small"));
}

#[test]
fn the_command_line_is_copied_where_it_is_right() {
    let mut stage = opened(80, 24);
    stage.keys("<Ctrl-Y>");
    stage.shows("not before Command is right");
    assert_eq!(stage.take_effects(), []);
    stage.keys("echo y<Ctrl-Y>");
    let copied = |stage: &mut Stage| match stage.take_effects().as_slice() {
        [Effect::Copy(text)] => text.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(copied(&mut stage), "minic-tui run -d -- echo y");
    go_to(&mut stage, Spot::CommandLine);
    stage.keys("y");
    assert_eq!(copied(&mut stage), "minic-tui run -d -- echo y");
}

#[test]
fn a_long_command_line_shows_its_end_and_is_scrolled() {
    let mut stage = opened(80, 24);
    let words: Vec<String> = (0..200).map(|n| format!("word-{n}")).collect();
    stage.send(Message::Input(Input::Paste(words.join(" "))));
    stage.shows("word-199");
    go_to(&mut stage, Spot::CommandLine);
    stage.keys(&"<Left>".repeat(60));
    stage.shows("$ minic-tui run -d -- word-0 ");
    stage.golden("form-command-line-80x24");
    stage.keys("<Right>");
    stage.hides("$ minic-tui");
}

#[test]
fn another_like_a_container_begins_with_what_it_was_made_with() {
    let mut stage = Stage::new(120, 40);
    stage.held = true;
    stage.select("web").keys("a").golden("form-again-120x40");
    stage.shows("Another like web");
    let spec = stage.record("web").spec;
    assert_eq!(form(&stage).text(Field::NAME), "web-2");
    let request = launched(&mut stage);
    assert_eq!(request.settings.command.as_ref(), Some(&spec.argv));
    let id = spec.id.clone();
    let again = minic_tui::spec::preview(id, Some("web"), &request.settings).unwrap();
    assert_eq!(again.limits, spec.limits);
    assert_eq!(
        (again.env, again.labels, again.health),
        (spec.env, spec.labels, spec.health)
    );
}

#[test]
fn names_of_others_are_counted_on() {
    let mut stage = Stage::new(80, 24);
    stage.select("web").keys("a<Enter>");
    stage.select("web").keys("a");
    assert_eq!(form(&stage).text(Field::NAME), "web-3");
    stage.keys("<Esc>").select("web-2").keys("a");
    assert_eq!(form(&stage).text(Field::NAME), "web-3");
}

#[test]
fn what_is_wrong_stands_in_the_command_line_as_typed() {
    let mut stage = opened(80, 24);
    stage.keys("true");
    for (name, typed, line) in [
        ("pids", "abc", "--pids-limit abc"),
        ("memory", "web;x", "--memory 'web;x'"),
        ("cpu", "lots", "--cpu lots"),
    ] {
        go_to(&mut stage, Spot::Entry(Field::named(name).unwrap(), 0));
        stage.keys(typed);
        let whole = format!("minic-tui run -d {line} -- true");
        assert_eq!(form(&stage).command_line, whole);
        stage.keys("<Ctrl-Y><Ctrl-U>");
        assert_eq!(stage.take_effects(), [], "{name} is copied");
    }
    go_to(&mut stage, Spot::Entry(Field::NET, 0));
    stage.keys("nowhere");
    stage.shows("n/a until Network is right");
    stage.hides("$ minic-tui");
    stage.keys("<Ctrl-U>");
    go_to(&mut stage, Spot::Entry(Field::COMMAND, 0));
    stage.keys("<Ctrl-U>sh -c 'oops");
    assert_eq!(form(&stage).command_line, "minic-tui run -d -- sh -c 'oops");
}

#[test]
fn enter_in_a_list_adds_lines_and_leaves_it() {
    let mut stage = opened(80, 24);
    stage.keys("true");
    go_to(&mut stage, Spot::Entry(Field::ENV, 0));
    stage.keys("A=1<Enter>C=3<Enter>");
    assert_eq!(form(&stage).focus, Spot::Entry(Field::ENV, 2));
    stage.keys("<Up><Up><Enter>B=2");
    assert_eq!(form(&stage).texts(Field::ENV), ["A=1", "B=2", "C=3"]);
    stage.keys("<Enter>");
    assert_eq!(
        form(&stage).focus,
        Spot::Entry(Field::ENV, 2),
        "an empty line in between"
    );
    stage.keys("<Down><Down><Enter>");
    assert!(
        matches!(form(&stage).focus, Spot::Entry(field, 0) if field.name() == "workdir"),
        "{:?}",
        form(&stage).focus
    );
    assert_eq!(stage.take_effects(), [], "nothing was launched");
    assert_eq!(launched(&mut stage).settings.env, ["A=1", "B=2", "C=3"]);
}

#[test]
fn leaving_a_form_with_something_typed_asks_once() {
    let mut stage = opened(80, 24);
    stage.keys("<Esc>");
    assert!(stage.model.overlay.is_none(), "nothing was typed");
    stage.keys("rsleep 5<Esc>");
    stage.shows("throw away what you typed?");
    stage.keys("0");
    stage.hides("throw away");
    assert_eq!(form(&stage).text(Field::COMMAND), "sleep 50");
    stage.keys("<Esc><Esc>");
    assert!(stage.model.overlay.is_none());
    stage.keys("r<Up><Right><Esc>");
    assert!(
        stage.model.overlay.is_none(),
        "a preset is chosen again easily"
    );
}

#[test]
fn help_comes_over_the_form_and_gives_it_back() {
    let mut stage = opened(80, 24);
    stage.keys("sleep 5<F1>");
    assert!(matches!(stage.model.overlay, Some(Overlay::Help(_))));
    stage.shows("Launch form");
    stage.keys("<Esc> 6");
    assert_eq!(form(&stage).text(Field::COMMAND), "sleep 5 6");
}

#[test]
fn letters_on_a_choice_say_how_to_choose() {
    let mut stage = opened(80, 24);
    go_to(&mut stage, Spot::Entry(Field::named("tty").unwrap(), 0));
    stage.keys("m");
    stage.shows("Left and Right choose");
    stage.hides("does nothing here");
}

#[test]
fn a_screen_that_only_looks_opens_no_form() {
    let mut stage = Stage::with(
        minic_tui::tui::Settings {
            read_only: true,
            ..settings()
        },
        80,
        24,
    );
    stage.select("web").keys("a");
    assert!(stage.model.overlay.is_none());
    stage.shows("Again…: this screen is read-only");
}

#[test]
fn the_mouse_folds_chooses_and_launches() {
    let mut stage = opened(80, 24);
    let click = |stage: &mut Stage, target: Target| {
        stage.buffer();
        let area = stage
            .model
            .hits
            .find(&target)
            .unwrap_or_else(|| panic!("{target:?}"));
        stage.send(Message::Input(Input::Click(area.x, area.y)));
    };
    click(
        &mut stage,
        Target::Spot(Spot::Heading(Section::Environment)),
    );
    let tty = Field::named("tty").unwrap();
    click(&mut stage, Target::Spot(Spot::Entry(tty, 0)));
    assert_eq!(form(&stage).text(tty), "yes");
    click(
        &mut stage,
        Target::Spot(Spot::Heading(Section::Environment)),
    );
    assert!(form(&stage).folded.contains(&Section::Environment));
    click(&mut stage, Target::Arrow(Field::PRESET, true));
    let first = stage.model.settings.presets[0].0.clone();
    assert_eq!(form(&stage).preset.as_ref().unwrap().0, first);
    click(&mut stage, Target::Arrow(Field::PRESET, false));
    click(&mut stage, Target::Spot(Spot::Entry(Field::COMMAND, 0)));
    stage.keys("sleep 9").take_effects();
    click(&mut stage, Target::Action(Action::Launch));
    assert!(
        matches!(stage.take_effects().as_slice(), [Effect::Call(_, Call::Launch(request))] if request.tty)
    );
    click(&mut stage, Target::Action(Action::Cancel));
    assert!(stage.model.overlay.is_none());
}

#[test]
fn the_wheel_scrolls_the_fields() {
    let mut stage = opened(60, 15);
    stage.shows("▾ Basics");
    stage.send(Message::Input(Input::Wheel(9, 5, 1)));
    stage.hides("▾ Basics");
    stage.send(Message::Input(Input::Wheel(9, 5, -9)));
    stage.shows("▾ Basics");
}

#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let mut stage = opened(80, 24);
    go_to(&mut stage, Spot::Entry(Field::ENV, 0));
    stage.send(Message::Input(Input::Paste("A=\u{202e}\u{1b}[2Jx".into())));
    stage.keys("<Down>");
    let screen = stage.screen();
    assert!(
        !screen.contains('\u{202e}') && !screen.contains('\u{1b}'),
        "{screen}"
    );
}
