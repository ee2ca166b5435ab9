//! The capabilities that we hold (capabilities(7)), some of which containers need.

use std::fs;

use super::Finding;
use crate::spec::Capabilities;

const WHAT: &str = "capabilities";

/// Required to start any container, beside those that containers keep.
const NEEDED: [(u8, &str); 2] = [(12, "CAP_NET_ADMIN"), (21, "CAP_SYS_ADMIN")];

/// Required by some options.
const OPTIONAL: [(u8, &str, &str); 3] = [
    (
        19,
        "CAP_SYS_PTRACE",
        "exec may be refused in a container that runs as another user",
    ),
    (23, "CAP_SYS_NICE", "--nice cannot raise a priority"),
    (
        24,
        "CAP_SYS_RESOURCE",
        "--ulimit cannot raise a hard limit, --oom-score-adj cannot lower a score",
    ),
];

pub(super) fn held() -> Finding {
    match fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| effective(&status))
    {
        Some(mask) => judge(mask),
        None => Finding::missing(
            WHAT,
            "not in /proc/self/status",
            "nothing works without /proc",
        )
        .fix("mount -t proc proc /proc"),
    }
}

/// The effective set from `/proc/PID/status` (proc_pid_status(5)).
fn effective(status: &str) -> Option<u64> {
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(value.trim(), 16).ok()
}

fn judge(mask: u64) -> Finding {
    let held = |number: u8| mask & (1 << number) != 0;
    let kept = Capabilities::default()
        .without(Capabilities::from_mask(mask))
        .names();
    let needed = NEEDED
        .iter()
        .filter(|(number, _)| !held(*number))
        .map(|(_, name)| *name);
    let lacking: Vec<&str> = kept.iter().map(String::as_str).chain(needed).collect();
    if !lacking.is_empty() {
        return Finding::missing(
            WHAT,
            format!("without {}", lacking.join(", ")),
            "containers cannot be started",
        )
        .fix(how_to_get(&lacking));
    }
    let lacking: Vec<_> = OPTIONAL
        .iter()
        .filter(|(number, ..)| !held(*number))
        .collect();
    if lacking.is_empty() {
        return Finding::good(WHAT, "all required ones");
    }
    let names: Vec<&str> = lacking.iter().map(|(_, name, _)| *name).collect();
    let consequences: Vec<&str> = lacking
        .iter()
        .map(|(.., consequence)| *consequence)
        .collect();
    Finding::limited(
        WHAT,
        format!("without {}", names.join(", ")),
        consequences.join("; "),
    )
    .fix(how_to_get(&names))
}

fn how_to_get(names: &[&str]) -> String {
    let flags: Vec<String> = names
        .iter()
        .map(|name| format!("--cap-add {}", name.trim_start_matches("CAP_")))
        .collect();
    format!(
        "run as the host's root; inside a container, start it with {}",
        flags.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    const ALL: u64 = 0x1ff_ffff_ffff;

    #[test]
    fn read_from_status() {
        assert_eq!(
            effective(
                "Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t000001fffeffffff\nCapBnd:\t0\n"
            ),
            Some(ALL & !(1 << 24))
        );
        assert_eq!(effective("Name:\tx\n"), None);
    }

    #[test]
    fn missing_capabilities_are_named() {
        assert_eq!(judge(ALL).verdict, Verdict::Good);
        let limited = judge(ALL & !(1 << 24));
        assert_eq!(
            (limited.verdict, limited.detail.as_str()),
            (Verdict::Limited, "without CAP_SYS_RESOURCE")
        );
        assert!(limited.consequence.unwrap().contains("--ulimit"));
        let docker = judge(0xa804_25fb);
        assert_eq!(
            (docker.verdict, docker.detail.as_str()),
            (Verdict::Missing, "without CAP_NET_ADMIN, CAP_SYS_ADMIN")
        );
        assert!(
            docker
                .fix
                .unwrap()
                .ends_with("--cap-add NET_ADMIN --cap-add SYS_ADMIN")
        );
    }
}
