//! The amount of CPU as one field of a form: shares, or cores with a point.

use crate::spec::Preset;
use crate::tui::wording;

/// Sets the cap, or the shares and the cap, from one field: a number with a point is cores, a whole
/// number is shares.
pub(super) fn set_cap(preset: &mut Preset, text: &str) {
    (preset.cpu, preset.cpus) = (None, None);
    let field = if text.contains('.') {
        &mut preset.cpus
    } else {
        &mut preset.cpu
    };
    *field = Some(text.to_owned()).filter(|text| !text.is_empty());
}

/// As [`set_cap`], and takes the weight away, unless the amount is the same.
pub(super) fn set_cpu(preset: &mut Preset, text: &str) {
    if text != cpu_text(preset) {
        preset.cpu_shares = None;
        set_cap(preset, text);
    }
}

/// The meaning of a CPU amount as text.
pub(super) fn cpu_meaning(text: &str) -> String {
    let mut preset = Preset::default();
    set_cap(&mut preset, text);
    match preset.limits() {
        Ok(limits) => {
            let Some(cap) = limits.cpu.map(|cpu| wording::cap_percent(cpu.cores())) else {
                return "no limit".into();
            };
            let weight = limits
                .cpu_shares
                .map_or(String::new(), |shares| format!(", weight {shares}"));
            format!("at most {cap} of a core{weight}")
        }
        Err(error) => error.reason,
    }
}

/// A preset's CPU amount as text: cores with a point, shares without.
pub(super) fn cpu_text(preset: &Preset) -> String {
    match (&preset.cpu, &preset.cpus) {
        (_, Some(cpus)) if cpus.contains('.') => cpus.clone(),
        (_, Some(cpus)) => format!("{cpus}.0"),
        (Some(cpu), None) => cpu.clone(),
        (None, None) => String::new(),
    }
}
