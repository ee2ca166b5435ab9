//! Nothing grows with history: bytes and allocations of a tick and its frame, early and late.

use minic_tui::manager::Engine;
use minic_tui::spec::ContainerId;
use minic_tui::tui::message::Message;

use crate::stage::{Stage, settings, snapshot};

/// A few more ticks than a container's rings hold.
const FULL: u64 = 700;

fn run(
    stage: &mut Stage,
    ids: &[ContainerId],
    ticks: std::ops::Range<u64>,
) -> allocation_counter::AllocationInfo {
    allocation_counter::measure(|| {
        for tick in ticks {
            let used: Vec<_> = ids
                .iter()
                .map(|id| (id, tick * 250_000, (1 << 20) + tick % 4096))
                .collect();
            stage.send(Message::Sampled(Box::new(snapshot(tick, &used))));
            drop(used);
            drop(stage.buffer());
            drop(stage.take_effects());
        }
    })
}

#[test]
fn memory_is_flat_once_the_rings_are_full() {
    let mut stage = Stage::before_messages(settings(), 80, 24);
    let records = stage.demo.records().unwrap();
    let ids: Vec<ContainerId> = records
        .iter()
        .filter(|r| r.state.status.is_alive())
        .map(|r| r.spec.id.clone())
        .collect();
    stage.send(Message::Records(1, Ok(records)));
    run(&mut stage, &ids, 1..FULL);
    let early = run(&mut stage, &ids, FULL..FULL + 100);
    let late = run(&mut stage, &ids, FULL + 100..FULL + 1_100);
    assert_eq!(early.bytes_current, 0, "{early:?}");
    assert_eq!(late.bytes_current, 0, "{late:?}");
    let (early, late) = (
        early.count_total as f64 / 100.0,
        late.count_total as f64 / 1_000.0,
    );
    assert!(
        (early - late).abs() < early / 100.0,
        "allocations a tick: {early}, then {late}"
    );
}

#[test]
fn the_history_of_a_container_is_allocated_at_its_first_tick() {
    let mut stage = Stage::before_messages(settings(), 80, 24);
    let records = stage.demo.records().unwrap();
    let ids: Vec<ContainerId> = records
        .iter()
        .filter(|r| r.state.status.is_alive())
        .map(|r| r.spec.id.clone())
        .collect();
    stage.send(Message::Records(1, Ok(records)));
    run(&mut stage, &ids, 1..3);
    let filling = run(&mut stage, &ids, 3..FULL);
    // the host's history adds little per tick; the containers' adds nothing
    assert!(filling.bytes_current < 40_000, "{filling:?}");
}
