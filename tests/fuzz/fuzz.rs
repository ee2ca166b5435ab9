//! One target under libFuzzer: `MINIC_FUZZ=NAME fuzz CORPUS…`. Started by `tests/fuzz/run`.

#![no_main]
#![allow(clippy::expect_used)]

use std::sync::OnceLock;

mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| {
        let name = std::env::var("MINIC_FUZZ").expect("MINIC_FUZZ names a target");
        targets::TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target).expect("a target of that name")
    });
    chosen(data);
});
