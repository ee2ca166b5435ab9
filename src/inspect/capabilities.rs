//! The names of capabilities, and which of them give access to the host.

/// By number, from 0 on (capability.h of Linux 6.18; none was added since 5.9).
const NAMES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

/// Those that give root in a container access to the host or other containers (capabilities(7)).
const DANGEROUS: [&str; 13] = [
    "dac_read_search",
    "net_admin",
    "sys_module",
    "sys_rawio",
    "sys_ptrace",
    "sys_admin",
    "sys_boot",
    "sys_time",
    "mac_override",
    "mac_admin",
    "syslog",
    "perfmon",
    "bpf",
];

/// The names in a set as in `/proc/PID/status`: 16 hexadecimal digits.
pub(super) fn names(hex: &str) -> Option<Vec<String>> {
    let bits = u64::from_str_radix(hex.trim(), 16).ok()?;
    let named = |bit: usize| {
        NAMES
            .get(bit)
            .map_or_else(|| format!("capability {bit}"), |name| (*name).to_owned())
    };
    Some(
        (0..64)
            .filter(|bit| bits >> bit & 1 == 1)
            .map(named)
            .collect(),
    )
}

/// Those of `names` that give access to the host.
pub(super) fn dangerous(names: &[String]) -> Vec<&str> {
    names
        .iter()
        .map(String::as_str)
        .filter(|name| DANGEROUS.contains(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_named() {
        assert_eq!(names("0000000000000000"), Some(Vec::new()));
        let some = names("0000000000200021").unwrap();
        assert_eq!(some, ["chown", "kill", "sys_admin"]);
        assert_eq!(dangerous(&some), ["sys_admin"]);
        assert_eq!(names("000001ffffffffff").unwrap().len(), 41);
        assert_eq!(names("nonsense"), None);
    }
}
