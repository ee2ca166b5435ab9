//! Whether a security module confines a container, by its label.

use std::path::Path;

use super::{Fact, Judgement};
use crate::record::Unapplied;
use crate::security::{apparmor, selinux};

/// The label of a process, or why its container has none.
pub(super) fn confinement(process: &Path, lacks: Option<&Unapplied>) -> Fact {
    let fact = match selinux::own_label() {
        Some(own) => selinux_label(selinux::label_of(process), &own, selinux::is_enforcing()),
        None => apparmor_label(apparmor::label_of(process)),
    };
    reasoned(fact, lacks)
}

/// Pure: the fact with its reason, unless all is well.
fn reasoned(fact: Fact, lacks: Option<&Unapplied>) -> Fact {
    match lacks {
        Some(lacks) if fact.judgement != Judgement::Good => Fact {
            effect: lacks.why.clone(),
            ..fact
        },
        _ => fact,
    }
}

/// Pure: the SELinux label of a process, without its user and role, which decide nothing for a
/// container; `own` is ours.
fn selinux_label(label: Option<String>, own: &str, enforcing: Option<bool>) -> Fact {
    let type_and_level = label
        .as_deref()
        .map(|label| label.splitn(3, ':').last().unwrap_or(label).to_owned());
    match (type_and_level.as_deref(), enforcing) {
        (None, _) => Fact::plain("SELinux", "n/a: not reported by the kernel"),
        (Some(shown), _) if shown.split(':').next() == own.split(':').nth(2) => Fact::judged(
            "SELinux",
            shown,
            Judgement::Weak,
            "has the rights of minic-tui",
        ),
        (Some(shown), _) if shown.starts_with("spc_t:") => {
            Fact::judged("SELinux", shown, Judgement::Weak, "an unconfined type")
        }
        (Some(shown), Some(false)) => Fact::judged(
            "SELinux",
            shown,
            Judgement::Weak,
            "permissive: the policy is not enforced",
        ),
        (Some(shown), _) => Fact::judged(
            "SELinux",
            shown,
            Judgement::Good,
            "restricted by the policy",
        ),
    }
}

/// Pure: the AppArmor label of a process.
fn apparmor_label(label: Option<String>) -> Fact {
    match label.as_deref() {
        None => Fact::plain(
            "AppArmor",
            "n/a: this host has neither it nor SELinux, or its securityfs is not mounted",
        ),
        Some("unconfined") => Fact::judged(
            "AppArmor",
            "unconfined",
            Judgement::Weak,
            "not restricted by a profile",
        ),
        Some(label) if label.ends_with("(complain)") => Fact::judged(
            "AppArmor",
            label,
            Judgement::Weak,
            "complain mode: violations are only logged",
        ),
        Some(label) => Fact::judged(
            "AppArmor",
            label,
            Judgement::Good,
            "restricted by the profile",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_judged() {
        assert_eq!(
            apparmor_label(Some("minic-default (enforce)".into())).judgement,
            Judgement::Good
        );
        assert_eq!(
            apparmor_label(Some("unconfined".into())).judgement,
            Judgement::Weak
        );
        assert!(apparmor_label(None).value.starts_with("n/a"));
        let lacks = Some(&Unapplied {
            what: "AppArmor".into(),
            why: "it has no tools".into(),
        });
        assert_eq!(
            reasoned(apparmor_label(Some("unconfined".into())), lacks).effect,
            "it has no tools"
        );
        let confined = apparmor_label(Some("minic-default (enforce)".into()));
        assert_eq!(reasoned(confined.clone(), lacks), confined);
        let of = |label: &str, enforcing| {
            selinux_label(
                Some(label.into()),
                "unconfined_u:unconfined_r:unconfined_t:s0",
                enforcing,
            )
            .judgement
        };
        let shown = selinux_label(
            Some("system_u:system_r:container_t:s0:c1,c2".into()),
            "u:r:unconfined_t:s0",
            Some(true),
        );
        assert_eq!(
            (shown.value.as_str(), shown.judgement),
            ("container_t:s0:c1,c2", Judgement::Good)
        );
        assert_eq!(
            of("system_u:system_r:container_t:s0:c1,c2", Some(false)),
            Judgement::Weak
        );
        assert_eq!(
            of("system_u:system_r:spc_t:s0", Some(true)),
            Judgement::Weak
        );
        assert_eq!(
            of(
                "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023",
                Some(true)
            ),
            Judgement::Weak
        );
    }
}
