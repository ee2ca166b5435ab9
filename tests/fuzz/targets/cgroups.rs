//! What the kernel says of control groups. It means no harm, but a mount's name is anybody's, and a
//! container may see any of it.

use std::path::Path;

use minic_tui::internals::{Controller, Layout, parse, plan};
use minic_tui::spec::{CpuLimit, Limits};

/// `/proc/self/mountinfo`, `/proc/self/cgroup`, and the two files that are asked for then, with
/// NULs between them.
pub(super) fn mountinfo(data: &[u8]) {
    let [mountinfo, own, controllers, known] = super::texts::<4>(data);
    let read = |path: &Path| {
        Some(if path.ends_with("cgroups") {
            known.clone()
        } else {
            controllers.clone()
        })
    };
    let Ok(layout) = Layout::parse(&mountinfo, &own, &read) else {
        return;
    };
    assert!(!layout.hierarchies().is_empty());
    for controller in Controller::ALL {
        assert_eq!(
            layout.version(controller),
            layout.hierarchy(controller).map(|h| h.version)
        );
    }
    let limits = Limits {
        memory: Some(64 << 20),
        swap: Some(0),
        cpu: Some(CpuLimit::from_millicores(500)),
        cpu_shares: Some(512),
        pids: Some(10),
        ..Limits::default()
    };
    let _ = plan(&limits, &Limits::default(), &layout, false);
    plan(&limits, &Limits::default(), &layout, true).expect("what cannot be limited is left out");
}

/// The files that are read at every tick.
pub(super) fn files(data: &[u8]) {
    let number = parse::number(data);
    if let Some(number) = number {
        assert_eq!(parse::number(number.to_string().as_bytes()), Some(number));
    }
    for key in [
        "usage_usec",
        "nr_periods",
        "oom_kill",
        "total_inactive_file",
        "",
    ] {
        let _ = parse::field(data, key);
    }
    let _ = parse::some_avg10(data);
    let (v1, v2) = (parse::io_v1(data), parse::io_v2(data));
    // the same figures twice are at least as much
    let twice = [data, b"\n", data].concat();
    assert!(
        parse::io_v1(&twice).read_bytes >= v1.read_bytes
            && parse::io_v2(&twice).write_bytes >= v2.write_bytes
    );
}
