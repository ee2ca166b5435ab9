//! Graphs: their scale, their marks and their times.

use minic_tui::internals::Sample;
use minic_tui::stats::Gap;

use crate::stage::{Stage, ascii};

#[test]
fn graphs_are_scaled_to_the_data_or_to_the_limit() {
    let mut stage = Stage::new(200, 60);
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
fn every_figure_has_a_graph_that_looks_back() {
    let history = |width, height, keys: &str, name: &str| {
        let mut stage = Stage::new(width, height);
        stage.tick(40);
        stage.select("cpu-quarter").keys(keys).golden(name);
    };
    history(80, 24, "h", "history-80x24");
    history(120, 40, "h", "history-120x40");
    history(200, 60, "h", "history-200x60");
    history(40, 10, "h", "history-zoomed-40x10");
    for (width, height) in [(80, 24), (120, 40), (300, 100)] {
        history(
            width,
            height,
            "hz",
            &format!("history-zoomed-{width}x{height}"),
        );
    }
    let mut stage = Stage::with(ascii(), 80, 24);
    stage.tick(40);
    stage
        .select("cpu-quarter")
        .keys("hz")
        .golden("history-zoomed-ascii-80x24");
}

#[test]
fn the_history_shows_more_time() {
    for settings in [crate::stage::settings(), ascii()] {
        let mut stage = Stage::with(settings, 120, 40);
        stage.tick(590);
        stage.select("cpu-quarter").keys("h").hides("each value is");
        stage.hides("-10m");
        stage.keys("w").shows("each value is the highest of 2s");
        stage.keys("w").shows("each value is the highest of 5s");
        stage.keys("w").shows("each value is the highest of");
        stage.shows("-10m");
        stage.shows("now");
        stage.keys("<Left><Left>").shows("PAST");
        stage.shows("14:13:09");
        stage.shows("each value is the highest of");
        stage.keys("<End>w").hides("each value is");
        stage.model.span = None;
        stage.keys("z").shows("-10m");
        stage.keys("z").hides("-10m");
    }
}

#[test]
fn the_history_looks_back_and_changes_its_scale() {
    let mut stage = Stage::new(120, 40);
    stage.tick(20);
    stage.select("web").keys("hz").shows("0–50%, limit 100%");
    stage.keys("g").shows("0–100% (limit)");
    stage.keys("<Left><Left>").shows("PAST \u{2212}2 s");
    stage.shows(" 14:03:39");
    stage.shows("Memory pressure");
    stage.keys("<Right>").shows("PAST \u{2212}1 s");
    stage.keys("<End>").hides("PAST");
    stage.shows("Memory pressure");
    // only what has a network of its own has received something
    stage.shows("Received");
    stage
        .keys("<Esc><Esc>")
        .select("cpu-quarter")
        .hides("Received");
}

#[test]
fn throttling_is_marked_and_the_time_is_written() {
    let mut stage = Stage::new(200, 60);
    stage.tick(20);
    stage.select("cpu-quarter").shows("▒▒▒▒▒▒▒▒▒▒▒▒▒▒");
    stage.keys("hz");
    stage.shows("▒ throttled");
    stage.shows("-2m09s ");
    stage.shows(" now ");
    // while looking back they are times of the day: 30 s after the beginning, less 4
    stage.keys(",,,,").shows(" 14:03:37 ");
    stage.tick(3);
    stage.shows(" 14:03:37 ");
    let mut stage = Stage::with(ascii(), 120, 40);
    stage.tick(20);
    stage.select("cpu-quarter").shows("%%%%%%%%%%%%%%");
    stage.keys("hz");
    stage.shows("% throttled");
}

#[test]
fn an_oom_kill_that_the_container_survives_is_marked() {
    for (settings, mark) in [(crate::stage::settings(), '✗'), (ascii(), '!')] {
        let mut stage = Stage::with(settings, 200, 60);
        let id = stage.record("web").spec.id;
        stage.select("web").keys("hz").hides("OOM kill ");
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
        // once, where the count grew, in each graph
        let axis = screen
            .lines()
            .filter(|text| text.contains(mark) && !text.contains("OOM kill"));
        let marks: Vec<_> = axis.map(|text| text.matches(mark).count()).collect();
        assert_eq!(marks, [3, 3, 3, 2], "{screen}");
        assert!(screen.contains(&format!("{mark}{line}{line}")), "{screen}");
    }
}

#[test]
fn what_the_host_does_not_count_is_said_with_the_reason() {
    let mut stage = Stage::new(300, 100);
    let id = stage.record("web").spec.id;
    let lacking = |figure, reason: &str| Gap {
        figure,
        reason: reason.into(),
    };
    for _ in 0..2 {
        stage.tick_changed(|snapshot| {
            let sample = snapshot.samples.get_mut(&id).unwrap();
            (sample.memory_peak, sample.oom_kills, sample.psi) = (None, None, None);
            (sample.nr_throttled, sample.throttled_usec) = (None, None);
            snapshot.gaps = vec![
                lacking("memory peak", "needs Linux 5.19"),
                lacking("oom kills", "not counted"),
                lacking("throttling", "no bandwidth control"),
                lacking("psi", "boot with psi=1"),
            ];
        });
    }
    stage.select("web").shows("peak n/a (needs Linux 5.19)");
    stage.shows("kills n/a (not counted)");
    stage.shows("throttled n/a (no bandwidth control)");
    stage.keys("h").shows("CPU pressure n/a (boot with psi=1)");
    stage.shows("Throttled n/a (no bandwidth control)");
}

#[test]
fn a_container_that_was_not_sampled_has_no_history_and_says_why() {
    let mut stage = Stage::new(120, 40);
    stage
        .select("nightly")
        .keys("h")
        .shows("n/a: it ended before this screen was opened");
    stage.keys("<Esc>").select("staging");
    stage.shows("n/a: it was never started");
    stage.hides("0–");
    // one that ended while it was watched keeps its graphs
    stage.select("web").keys("s").tick(2);
    stage.shows("up to its end, 2s ago");
    stage.shows("CPU 27.1%            0–50%, limit 100%");
}
