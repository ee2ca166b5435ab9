//! Kernel limits that the host and all containers share, or that hold per user: whether they allow
//! many containers.

use std::fs;

use super::Finding;

const WHAT: &str = "kernel limits";

/// A kernel limit, the minimum that we recommend, and the consequence of less.
struct Limit {
    name: &'static str,
    least: u64,
    consequence: &'static str,
}

/// Linux's defaults suffice, except the first on small or old machines
/// (Documentation/admin-guide/sysctl, namespaces(7)).
const LIMITS: [Limit; 7] = [
    Limit {
        name: "fs.inotify.max_user_instances",
        least: 128,
        consequence: "one program of root may use all of them; logs -f and events -f then poll",
    },
    Limit {
        name: "fs.inotify.max_user_watches",
        least: 8192,
        consequence: "watching files fails early in containers",
    },
    Limit {
        name: "kernel.pty.max",
        least: 4096,
        consequence: "containers with many terminals leave none to others",
    },
    Limit {
        name: "user.max_user_namespaces",
        least: 1024,
        consequence: "containers with ids of their own cannot be started",
    },
    Limit {
        name: "user.max_net_namespaces",
        least: 1024,
        consequence: "containers with a network of their own cannot be started",
    },
    Limit {
        name: "user.max_mnt_namespaces",
        least: 1024,
        consequence: "containers cannot be started",
    },
    Limit {
        name: "kernel.pid_max",
        least: 32_768,
        consequence: "eight containers of 4096 processes leave none to others",
    },
];

pub(super) fn finding() -> Finding {
    let read = |limit: &Limit| {
        let file = format!("/proc/sys/{}", limit.name.replace('.', "/"));
        fs::read_to_string(file).ok()?.trim().parse().ok()
    };
    judge(
        &LIMITS
            .iter()
            .filter_map(|limit| Some((limit, read(limit)?)))
            .collect::<Vec<_>>(),
    )
}

fn judge(found: &[(&Limit, u64)]) -> Finding {
    let low: Vec<_> = found
        .iter()
        .filter(|(limit, now)| *now < limit.least)
        .collect();
    let told = |limits: &[&(&Limit, u64)]| {
        limits
            .iter()
            .map(|(limit, now)| format!("{} {now}", limit.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if low.is_empty() {
        return Finding::good(WHAT, told(&found.iter().collect::<Vec<_>>()));
    }
    let consequences: Vec<_> = low.iter().map(|(limit, _)| limit.consequence).collect();
    let raise: Vec<_> = low
        .iter()
        .map(|(limit, _)| format!("{}={}", limit.name, limit.least))
        .collect();
    Finding::limited(
        WHAT,
        format!("low: {}", told(&low)),
        consequences.join("; "),
    )
    .fix(format!("sysctl {}", raise.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_limits_are_listed_with_a_fix() {
        let good: Vec<_> = LIMITS.iter().map(|limit| (limit, limit.least)).collect();
        assert_eq!(judge(&good).verdict, super::super::Verdict::Good);
        let low = judge(&[(&LIMITS[0], 127), (&LIMITS[2], 4096), (&LIMITS[3], 0)]);
        assert_eq!(
            low.detail,
            "low: fs.inotify.max_user_instances 127, user.max_user_namespaces 0"
        );
        assert_eq!(
            low.fix.unwrap(),
            "sysctl fs.inotify.max_user_instances=128 user.max_user_namespaces=1024"
        );
    }
}
