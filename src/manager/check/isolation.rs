//! What isolates a container beside its limits: namespaces, system call filters, security modules.

use std::fs;
use std::path::Path;

use super::Finding;
use crate::security::apparmor;

/// Every container's (namespaces(7)); the names of `/proc/PID/ns`.
const NEEDED: [&str; 6] = ["mnt", "pid", "net", "ipc", "uts", "cgroup"];

pub(super) fn namespaces() -> Finding {
    judge_namespaces(|name| Path::new("/proc/self/ns").join(name).exists())
}

fn judge_namespaces(is_there: impl Fn(&str) -> bool) -> Finding {
    let what = "namespaces";
    let lacking: Vec<&str> = NEEDED.into_iter().filter(|name| !is_there(name)).collect();
    if !lacking.is_empty() {
        let detail = format!("this kernel has no {} namespace", lacking.join(", "));
        return Finding::missing(what, detail, "containers cannot be started").fix("boot a kernel built with every CONFIG_*_NS");
    }
    if !is_there("time") {
        return Finding::limited(what, "this kernel has no time namespace", "a container cannot have a clock of its own")
            .fix("boot Linux 5.6 or later, built with CONFIG_TIME_NS");
    }
    Finding::good(what, format!("{}, time", NEEDED.join(", ")))
}

pub(super) fn seccomp() -> Finding {
    judge_seccomp(fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail").ok().as_deref())
}

/// `actions` is `/proc/sys/kernel/seccomp/actions_avail` (seccomp(2)).
fn judge_seccomp(actions: Option<&str>) -> Finding {
    let what = "seccomp";
    let consequence = "containers cannot be given system call filters";
    let fix = "boot a kernel built with CONFIG_SECCOMP_FILTER";
    match actions.map(|text| text.split_whitespace().collect::<Vec<_>>()) {
        Some(actions) if actions.contains(&"errno") => Finding::good(what, actions.join(" ")),
        Some(actions) => Finding::limited(what, format!("no action errno, only: {}", actions.join(" ")), consequence).fix(fix),
        None => Finding::limited(what, "this kernel has no system call filters", consequence).fix(fix),
    }
}

pub(super) fn security_modules() -> Finding {
    let read = |path: &str| fs::read_to_string(path).ok();
    let yes = |path: &str, word: &str| read(path).is_some_and(|text| text.trim() == word);
    let on = apparmor::is_in_the_kernel();
    let selinux = Path::new("/sys/fs/selinux").join("enforce").exists().then(|| yes("/sys/fs/selinux/enforce", "1"));
    let label = read("/proc/self/attr/apparmor/current").or_else(|| read("/proc/self/attr/current")).unwrap_or_default();
    let lacking = if !apparmor::is_on() {
        Some(("its file system is not mounted", "mount -t securityfs securityfs /sys/kernel/security"))
    } else if !apparmor::is_loaded(apparmor::DEFAULT) && !apparmor::has_parser() {
        Some(("there is no apparmor_parser", "apt-get install apparmor"))
    } else {
        None
    };
    judge_modules(on, lacking, selinux, label.trim_matches(|c: char| c.is_whitespace() || c == '\0'))
}

/// `lacking` is what keeps us from using AppArmor, and the fix; `selinux` says whether it enforces; `label` is what the kernel says of us
/// (apparmor(7), selinux(8)).
fn judge_modules(apparmor: bool, lacking: Option<(&str, &str)>, selinux: Option<bool>, label: &str) -> Finding {
    let what = "security modules";
    match (apparmor, selinux) {
        (true, _) if !label.is_empty() && !label.starts_with("unconfined") => {
            Finding::limited(what, format!("AppArmor confines us: {label}"), "it may forbid the mounts that a container needs")
                .fix("work outside of that profile; inside docker: --security-opt apparmor=unconfined")
        }
        (true, _) => match lacking {
            Some((why, fix)) => {
                Finding::limited(what, format!("AppArmor, but {why}"), "containers run without an AppArmor profile").fix(fix)
            }
            None => Finding::good(what, "AppArmor, which does not confine us; containers run under minic-default"),
        },
        (false, Some(enforces)) => {
            let how = if enforces { "enforcing" } else { "permissive" };
            let as_whom = if label.is_empty() { String::new() } else { format!(", as {label}; containers inherit that") };
            Finding::good(what, format!("SELinux, {how}{as_whom}"))
        }
        (false, None) => Finding::good(what, "neither AppArmor nor SELinux is active; none is needed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manager::check::Verdict;

    #[test]
    fn a_lacking_namespace_is_named() {
        assert_eq!(judge_namespaces(|_| true).verdict, Verdict::Good);
        assert_eq!(judge_namespaces(|name| name != "time").verdict, Verdict::Limited);
        let missing = judge_namespaces(|name| name != "cgroup" && name != "ipc");
        assert_eq!((missing.verdict, missing.detail.as_str()), (Verdict::Missing, "this kernel has no ipc, cgroup namespace"));
    }

    #[test]
    fn seccomp_needs_errno() {
        assert_eq!(judge_seccomp(Some("kill_process trap errno allow\n")).verdict, Verdict::Good);
        assert_eq!(judge_seccomp(Some("kill_thread allow\n")).verdict, Verdict::Limited);
        assert_eq!(judge_seccomp(None).verdict, Verdict::Limited);
    }

    #[test]
    fn modules_count_when_they_stand_in_the_way() {
        assert_eq!(judge_modules(false, None, None, "").verdict, Verdict::Good);
        assert_eq!(judge_modules(true, None, None, "unconfined").verdict, Verdict::Good);
        assert_eq!(judge_modules(true, Some(("a", "b")), None, "unconfined").verdict, Verdict::Limited);
        let confined = judge_modules(true, None, None, "docker-default (enforce)");
        assert_eq!((confined.verdict, confined.detail.as_str()), (Verdict::Limited, "AppArmor confines us: docker-default (enforce)"));
        let selinux = judge_modules(false, None, Some(true), "unconfined_u:unconfined_r:unconfined_t:s0");
        assert!(selinux.detail.starts_with("SELinux, enforcing, as unconfined_u"));
    }
}
