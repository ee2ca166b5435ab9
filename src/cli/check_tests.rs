//! What `check` prints, of made findings and proofs.

use super::*;
use crate::proof::{Expected, Unit};

fn findings() -> Vec<Finding> {
    let finding =
        |what, verdict, detail: &str, consequence: Option<&str>, fix: Option<&str>| Finding {
            what,
            verdict,
            detail: detail.into(),
            consequence: consequence.map(str::to_owned),
            fix: fix.map(str::to_owned),
        };
    vec![
        finding("kernel", Verdict::Good, "Linux 6.1 on x86_64", None, None),
        finding(
            "swap accounting",
            Verdict::Limited,
            "not counted",
            Some("--swap is refused, and swap shows n/a"),
            Some("boot with swapaccount=1"),
        ),
        finding(
            "overlayfs",
            Verdict::Missing,
            "No such device",
            Some("no images"),
            None,
        ),
    ]
}

fn measure(figure: &'static str, measured: f64) -> Measure {
    let expected = Expected::About {
        value: 25.0,
        tolerance: 2.0,
    };
    Measure {
        figure,
        unit: Unit::PercentOfCore,
        measured: Some(measured),
        expected,
    }
}

fn proofs() -> Vec<Proof> {
    let proof = |what, outcome, measures, note: Option<&str>| Proof {
        what,
        outcome,
        measures,
        note: note.map(str::to_owned),
    };
    vec![
        proof(
            "CPU limit",
            Outcome::Passed,
            vec![measure("CPU time", 25.1), measure("another", 24.0)],
            None,
        ),
        proof("memory limit", Outcome::Failed, Vec::new(), Some("no room")),
        proof(
            "both",
            Outcome::Unclear,
            vec![measure("CPU time", 9.0)],
            Some("busy"),
        ),
    ]
}

#[test]
fn the_word_comes_first_and_what_follows_stands_below() {
    let text = host_table(&findings(), None).render(None, false);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "VERDICT  WHAT             DETAIL",
            "ok       kernel           Linux 6.1 on x86_64",
            "limited  swap accounting  not counted",
            "                          so: --swap is refused, and swap shows n/a",
            "                          fix: boot with swapaccount=1",
            "missing  overlayfs        No such device",
            "                          so: no images",
        ]
    );
}

#[test]
fn a_narrow_terminal_gets_every_word() {
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let whole = host_table(&findings(), None).render(None, false);
    let narrow = host_table(&findings(), Some(60)).render(Some(60), false);
    assert_eq!(words(&whole), words(&narrow));
    assert!(
        narrow.lines().count() > whole.lines().count()
            && narrow.lines().all(|line| line.chars().count() <= 60),
        "{narrow}"
    );
}

#[test]
fn a_row_for_each_figure() {
    let text = proof_table(&proofs()).render(None, false);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "VERDICT  PROOF         FIGURE    MEASURED  EXPECTED",
            "ok       CPU limit     CPU time  25.1%     25.0% ± 2.0%",
            "                       another   24.0%     25.0% ± 2.0%",
            "failed   memory limit",
            "unclear  both          CPU time  9.0%      25.0% ± 2.0%",
        ]
    );
}

#[test]
fn the_last_line_sums_up() {
    assert_eq!(
        summary(&findings(), Some(&proofs())),
        "Missing: 1; limited: 1. Proofs failed: memory limit; unclear: both."
    );
    assert_eq!(
        summary(&findings()[..2], Some(&proofs()[..1])),
        "Nothing needed is missing; limited: 1. Every proof passed."
    );
    assert_eq!(
        summary(&findings()[..1], None),
        "Nothing needed is missing. No proof was run."
    );
}

#[test]
fn every_field_of_the_json_is_documented() {
    let (host, proofs) = (findings(), proofs());
    let value: serde_json::Value =
        serde_json::from_str(&json::pretty(&Report::new(false, &host, Some(&proofs))).unwrap())
            .unwrap();
    assert_eq!(
        (&value["host"][1]["verdict"], &value["proofs"][2]["verdict"]),
        (&"limited".into(), &"unclear".into())
    );
    let limit = &value["proofs"][0]["measures"][0];
    assert_eq!(
        (&limit["measured"], &limit["expected"], &limit["tolerance"]),
        (&25.1.into(), &25.0.into(), &2.0.into())
    );
    for object in [&value, &value["host"][0], &value["proofs"][0], limit] {
        for key in object.as_object().unwrap().keys() {
            assert!(FIELDS.contains(key), "{key} is not documented");
        }
    }
    assert!(serde_json::to_value(Report::new(true, &host, None)).unwrap()["proofs"].is_null());
}
