//! Kernel settings of the host are refused when they are requested, before anything is created.

use std::fs;

use crate::fixture::Fixture;

#[test]
fn a_setting_of_the_hosts_is_refused_when_it_is_asked_for() {
    let fixture = Fixture::new();
    let shared = [
        ("--net", "net.ipv4.ip_default_ttl", "63"),
        ("--ipc", "kernel.shmmni", "4095"),
        ("--ipc", "fs.mqueue.queues_max", "255"),
    ];
    for (flag, name, value) in shared {
        let file = format!("/proc/sys/{}", name.replace('.', "/"));
        let before = fs::read_to_string(&file).unwrap();
        let setting = format!("{name}={value}");
        let refused = fixture
            .minic(&["create", flag, "host", "--sysctl", &setting, "true"])
            .refused(125);
        assert!(
            refused.contains(&format!("{name} would change the host")),
            "{setting}: {refused}"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), before, "{setting}");
    }
    // settings without a namespace cannot be set by any container
    for setting in [
        "kernel.core_pattern=|/bin/sh",
        "kernel.shm_rmid_forced/../core_pattern=x",
        "vm.overcommit_memory=1",
        "net/../kernel/core_pattern=x",
        "kernel.hostname=x",
    ] {
        let refused = fixture
            .minic(&["create", "--sysctl", setting, "true"])
            .refused(125);
        assert!(refused.contains("--sysctl"), "{setting}: {refused}");
    }
    assert_eq!(fixture.list().len(), 0, "nothing was made");
}
