//! Isolation beside limits: namespaces, system call filters, security modules.

use std::fs;
use std::path::Path;

use super::Finding;
use crate::security::{apparmor, selinux};

/// Namespaces that every container uses, by their names in `/proc/PID/ns` (namespaces(7)).
const NEEDED: [&str; 6] = ["mnt", "pid", "net", "ipc", "uts", "cgroup"];

pub(super) fn namespaces() -> Finding {
    judge_namespaces(|name| Path::new("/proc/self/ns").join(name).exists())
}

fn judge_namespaces(is_there: impl Fn(&str) -> bool) -> Finding {
    let what = "namespaces";
    let lacking: Vec<&str> = NEEDED.into_iter().filter(|name| !is_there(name)).collect();
    if !lacking.is_empty() {
        let detail = format!("this kernel has no {} namespace", lacking.join(", "));
        return Finding::missing(what, detail, "containers cannot be started")
            .fix("boot a kernel built with every CONFIG_*_NS");
    }
    if !is_there("time") {
        return Finding::limited(
            what,
            "this kernel has no time namespace",
            "a container cannot have a clock of its own",
        )
        .fix("boot Linux 5.6 or later, built with CONFIG_TIME_NS");
    }
    Finding::good(what, format!("{}, time", NEEDED.join(", ")))
}

pub(super) fn seccomp() -> Finding {
    judge_seccomp(
        fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail")
            .ok()
            .as_deref(),
    )
}

/// `actions` is `/proc/sys/kernel/seccomp/actions_avail` (seccomp(2)).
fn judge_seccomp(actions: Option<&str>) -> Finding {
    let what = "seccomp";
    let consequence = "containers cannot be given system call filters";
    let fix = "boot a kernel built with CONFIG_SECCOMP_FILTER";
    match actions.map(|text| text.split_whitespace().collect::<Vec<_>>()) {
        Some(actions) if actions.contains(&"errno") => Finding::good(what, actions.join(" ")),
        Some(actions) => Finding::limited(
            what,
            format!("no action errno, only: {}", actions.join(" ")),
            consequence,
        )
        .fix(fix),
        None => {
            Finding::limited(what, "this kernel has no system call filters", consequence).fix(fix)
        }
    }
}

pub(super) fn security_modules() -> Finding {
    if let Some(own) = selinux::own_label() {
        return judge_selinux(
            &own,
            selinux::is_enforcing(),
            selinux::of_containers().map(|labels| labels.process),
        );
    }
    let read = |path: &str| fs::read_to_string(path).ok();
    let label = read("/proc/self/attr/apparmor/current")
        .or_else(|| read("/proc/self/attr/current"))
        .unwrap_or_default();
    let lacking = if !apparmor::is_on() {
        Some((
            "its file system is not mounted",
            "mount -t securityfs securityfs /sys/kernel/security",
        ))
    } else if !apparmor::is_loaded(apparmor::DEFAULT) && !apparmor::has_parser() {
        Some(("there is no apparmor_parser", "apt-get install apparmor"))
    } else {
        None
    };
    let label = label.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    judge_apparmor(apparmor::is_in_the_kernel().then_some(lacking), label)
}

/// `own` is our label; `containers` is theirs, or why they get none (selinux(8)).
fn judge_selinux(
    own: &str,
    enforcing: Option<bool>,
    containers: Result<String, String>,
) -> Finding {
    let what = "security modules";
    let how = match enforcing {
        Some(true) => "enforcing",
        Some(false) => "permissive",
        None => "mode unknown",
    };
    match containers {
        Ok(process) => Finding::good(
            what,
            format!(
                "SELinux, {how}, as {own}; containers run as {process} with categories of their own"
            ),
        ),
        Err(why) => Finding::limited(
            what,
            format!("SELinux, {how}, as {own}, but {why}"),
            "containers run without an SELinux label",
        ),
    }
}

/// `apparmor` is, if the kernel has it, why we cannot use it, with the fix; `label` is our own
/// (apparmor(7)).
fn judge_apparmor(apparmor: Option<Option<(&str, &str)>>, label: &str) -> Finding {
    let what = "security modules";
    match apparmor {
        Some(_) if !label.is_empty() && !label.starts_with("unconfined") => Finding::limited(
            what,
            format!("AppArmor confines us: {label}"),
            "it may deny the mounts that a container needs",
        )
        .fix("run outside that profile; inside docker: --security-opt apparmor=unconfined"),
        Some(Some((why, fix))) => Finding::limited(
            what,
            format!("AppArmor, but {why}"),
            "containers run without an AppArmor profile",
        )
        .fix(fix),
        Some(None) => Finding::good(
            what,
            "AppArmor, which does not confine us; containers run under minic-default",
        ),
        None => Finding::good(what, "neither AppArmor nor SELinux is active; not required"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[test]
    fn a_missing_namespace_is_named() {
        assert_eq!(judge_namespaces(|_| true).verdict, Verdict::Good);
        assert_eq!(
            judge_namespaces(|name| name != "time").verdict,
            Verdict::Limited
        );
        let missing = judge_namespaces(|name| name != "cgroup" && name != "ipc");
        assert_eq!(
            (missing.verdict, missing.detail.as_str()),
            (Verdict::Missing, "this kernel has no ipc, cgroup namespace")
        );
    }

    #[test]
    fn seccomp_needs_errno() {
        assert_eq!(
            judge_seccomp(Some("kill_process trap errno allow\n")).verdict,
            Verdict::Good
        );
        assert_eq!(
            judge_seccomp(Some("kill_thread allow\n")).verdict,
            Verdict::Limited
        );
        assert_eq!(judge_seccomp(None).verdict, Verdict::Limited);
    }

    #[test]
    fn modules_are_judged() {
        assert_eq!(judge_apparmor(None, "").verdict, Verdict::Good);
        assert_eq!(
            judge_apparmor(Some(None), "unconfined").verdict,
            Verdict::Good
        );
        assert_eq!(
            judge_apparmor(Some(Some(("a", "b"))), "unconfined").verdict,
            Verdict::Limited
        );
        let confined = judge_apparmor(Some(None), "docker-default (enforce)");
        assert_eq!(
            (confined.verdict, confined.detail.as_str()),
            (
                Verdict::Limited,
                "AppArmor confines us: docker-default (enforce)"
            )
        );
        let labelled = judge_selinux(
            "u:r:unconfined_t:s0",
            Some(true),
            Ok("u:r:container_t:s0".into()),
        );
        assert_eq!(labelled.verdict, Verdict::Good);
        assert!(labelled.detail.starts_with(
            "SELinux, enforcing, as u:r:unconfined_t:s0; containers run as u:r:container_t:s0"
        ));
        let without = judge_selinux(
            "u:r:unconfined_t:s0",
            Some(false),
            Err("there is no label".into()),
        );
        assert_eq!(without.verdict, Verdict::Limited);
        assert!(
            without.detail.contains("permissive")
                && without.detail.ends_with("but there is no label")
        );
    }
}
