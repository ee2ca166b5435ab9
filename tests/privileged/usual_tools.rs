//! The profile as common tools report it: capsh(1), getpcaps(8), and what amicontained inspects.

#![allow(
    unsafe_code,
    reason = "system calls that no library makes are what is tried"
)]

use nix::errno::Errno;
use nix::libc;

use crate::fixture::Fixture;

/// Docker's capabilities without NET_RAW and MKNOD, as libcap orders them.
const USUAL: &str = "cap_chown,cap_dac_override,cap_fowner,cap_fsetid,cap_kill,cap_setgid,cap_setuid,cap_setpcap,cap_net_bind_service,\
                     cap_sys_chroot,cap_audit_write,cap_setfcap";

fn line<'a>(said: &'a str, head: &str) -> &'a str {
    said.lines()
        .find_map(|line| line.strip_prefix(head))
        .unwrap_or_else(|| panic!("no {head:?}: {said}"))
        .trim()
}

#[test]
fn capsh_and_getpcaps_show_the_profile() {
    let fixture = Fixture::new();
    // from libcap2-bin, which the host image takes from its host
    let said = fixture
        .minic(&["run", "--rm", "sh", "-c", "capsh --print; getpcaps 1 2>&1"])
        .ok();
    assert_eq!(line(&said, "Current:"), format!("{USUAL}=ep"));
    assert_eq!(line(&said, "Bounding set ="), USUAL);
    assert_eq!(line(&said, "Ambient set ="), "");
    assert!(
        line(&said, "Securebits:").ends_with("(no-new-privs=1)"),
        "{said}"
    );
    assert_eq!(line(&said, "1:"), format!("{USUAL}=ep"), "PID 1");
    let container = fixture.detached("box", &["sleep", "1000"]);
    let said = container.exec("capsh --print").ok();
    assert_eq!(line(&said, "Current:"), format!("{USUAL}=ep"), "exec");
    let said = container
        .exec("capsh --has-p=cap_sys_admin || echo none; capsh --has-b=cap_net_raw || echo none")
        .stdout;
    assert_eq!(said.matches("none").count(), 2, "{said}");
    let user = fixture
        .minic(&["run", "--rm", "--user", "1000", "capsh", "--print"])
        .ok();
    assert!(
        matches!(line(&user, "Current:"), "=" | ""),
        "another user has none: {user}"
    );
}

/// The calls that amicontained tries, with arguments that do nothing where they are allowed:
/// refused is EPERM, or ENOSYS.
const CALLS: [(&str, i64); 41] = [
    ("acct", libc::SYS_acct),
    ("add_key", libc::SYS_add_key),
    ("bpf", libc::SYS_bpf),
    ("clock_settime", libc::SYS_clock_settime),
    ("delete_module", libc::SYS_delete_module),
    ("fanotify_init", libc::SYS_fanotify_init),
    ("finit_module", libc::SYS_finit_module),
    ("fsconfig", libc::SYS_fsconfig),
    ("fsmount", libc::SYS_fsmount),
    ("fsopen", libc::SYS_fsopen),
    ("get_mempolicy", libc::SYS_get_mempolicy),
    ("init_module", libc::SYS_init_module),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("kcmp", libc::SYS_kcmp),
    ("kexec_file_load", libc::SYS_kexec_file_load),
    ("kexec_load", libc::SYS_kexec_load),
    ("keyctl", libc::SYS_keyctl),
    ("lookup_dcookie", 212),
    ("mbind", libc::SYS_mbind),
    ("migrate_pages", libc::SYS_migrate_pages),
    ("mount", libc::SYS_mount),
    ("mount_setattr", libc::SYS_mount_setattr),
    ("move_mount", libc::SYS_move_mount),
    ("move_pages", libc::SYS_move_pages),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    ("open_tree", libc::SYS_open_tree),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("pivot_root", libc::SYS_pivot_root),
    ("quotactl", libc::SYS_quotactl),
    ("reboot", libc::SYS_reboot),
    ("request_key", libc::SYS_request_key),
    ("setdomainname", libc::SYS_setdomainname),
    ("sethostname", libc::SYS_sethostname),
    ("set_mempolicy", libc::SYS_set_mempolicy),
    ("setns", libc::SYS_setns),
    ("swapoff", libc::SYS_swapoff),
    ("swapon", libc::SYS_swapon),
    ("syslog", libc::SYS_syslog),
    ("umount2", libc::SYS_umount2),
    ("userfaultfd", libc::SYS_userfaultfd),
    ("vhangup", libc::SYS_vhangup),
];

#[test]
#[ignore = "the child of another test, in a container"]
fn tries_every_call() {
    let mut allowed = Vec::new();
    for (name, number) in CALLS {
        // SAFETY: null pointers, descriptor 0 and flags of 0: what is allowed fails with EFAULT,
        // EINVAL or EBADF before it does anything.
        let result = unsafe { libc::syscall(number, 0, 0, 0, 0, 0, 0) };
        if result >= 0 || !matches!(Errno::last(), Errno::EPERM | Errno::ENOSYS) {
            allowed.push(name);
        }
    }
    println!("\nALLOWED {allowed:?}");
}

#[test]
fn the_questions_of_amicontained_are_answered() {
    let fixture = Fixture::new();
    let script = "for n in pid mnt uts ipc net cgroup user; do readlink /proc/self/ns/$n; done; cat /proc/self/uid_map; grep -E '^Seccomp:' /proc/self/status; \
                  cat /proc/self/attr/current 2>/dev/null | tr -d '\\000'; ls / /run | grep -E 'dockerenv|docker.sock|containerd' ; true";
    let said = fixture.sh(script);
    for kind in ["pid", "mnt", "uts", "ipc", "net", "cgroup"] {
        let own = std::fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
        assert!(
            said.contains(&format!("{kind}:[")) && !said.contains(own.to_str().unwrap()),
            "{kind} is its own: {said}"
        );
    }
    assert!(said.contains("Seccomp:\t2"), "filtering: {said}");
    assert!(!said.contains("sock"), "no engine's socket: {said}");
    let shared = fixture
        .minic(&["run", "--rm", "--userns", "host", "sh", "-c", script])
        .ok();
    let own = std::fs::read_link("/proc/self/ns/user").unwrap();
    assert!(
        !said.contains(own.to_str().unwrap()) && shared.contains(own.to_str().unwrap()),
        "users when asked for: {shared}"
    );
    let volume = format!(
        "{}:/probe:ro,noidmap",
        std::env::current_exe().unwrap().display()
    );
    let args = [
        "run",
        "--rm",
        "-v",
        &volume,
        "/probe",
        "--exact",
        "usual_tools::tries_every_call",
        "--ignored",
        "--nocapture",
    ];
    let tried = fixture.minic(&args).ok();
    assert_eq!(line(&tried, "ALLOWED"), "[]", "{tried}");
}
