//! Graphs: their scale, their marks and their times.

use minic_tui::internals::Sample;
use minic_tui::tui::model::Pane;

use crate::stage::{Stage, ascii};

#[test]
fn graphs_are_scaled_to_the_data_or_to_the_limit() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").shows("0–50%, limit 100%");
    stage.shows("0–200M, limit 256M");
    stage.keys("g").shows("0–100% (limit)");
    stage.shows("0–256M (limit)");
    stage.select("db").shows("0–8G (host)");
    stage.shows("0–400% (host)");
    stage.keys("g").hides("(host)");
    // near its limit it is scaled to it anyway
    stage.select("cpu-quarter").shows("0–25% (limit)");
}

#[test]
fn the_card_of_graphs_changes_its_scale_and_stays() {
    let mut stage = Stage::new(120, 40);
    stage.select("web").keys("hg").shows("0–100% (limit)");
    assert!(stage.model.shows(Pane::History));
}

#[test]
fn throttling_is_marked_and_the_time_is_written() {
    let mut stage = Stage::new(120, 40);
    stage.tick(20);
    stage.select("cpu-quarter").shows("▒▒▒▒▒▒▒▒▒▒▒▒▒▒");
    stage.shows("▒ throttled");
    stage.shows("-1m55s ");
    stage.keys(",,,,").shows("-1m59s ");
    stage.shows(" -4s");
    stage.select("web").hides("throttled  ");
    let mut stage = Stage::with(ascii(), 120, 40);
    stage.tick(20);
    stage.select("cpu-quarter").shows("%%%%%%%%%%%%%%");
    stage.shows("% throttled");
}

#[test]
fn an_oom_kill_that_the_container_survives_is_marked() {
    for (settings, mark) in [(crate::stage::settings(), '✗'), (ascii(), '!')] {
        let mut stage = Stage::with(settings, 120, 40);
        let id = stage.record("web").spec.id;
        stage.select("web").hides("OOM kill ");
        let kills = |count: u64| {
            let id = id.clone();
            move |sample: &mut std::collections::BTreeMap<_, Sample>| {
                sample.get_mut(&id).unwrap().oom_kills = Some(count);
            }
        };
        stage.tick_changed(|snapshot| kills(3)(&mut snapshot.samples));
        for _ in 0..6 {
            stage.tick_changed(|snapshot| kills(3)(&mut snapshot.samples));
        }
        stage.shows(&format!("{mark} OOM kill"));
        let screen = stage.screen();
        let line = stage.model.settings.theme.symbols.line;
        // once, where the count grew, in both graphs
        let axis = screen
            .lines()
            .filter(|text| text.contains(mark) && !text.contains("OOM kill"));
        let marks: Vec<_> = axis.map(|text| text.matches(mark).count()).collect();
        assert_eq!(marks, [2], "{screen}");
        assert!(screen.contains(&format!("{mark}{line}{line}")), "{screen}");
    }
}

#[test]
fn a_container_that_was_not_sampled_has_no_graph_and_says_why() {
    let mut stage = Stage::new(120, 40);
    stage
        .select("nightly")
        .keys("h")
        .shows("CPU n/a (not running)");
    stage.hides("0–");
}
