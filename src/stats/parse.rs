//! Reading what `/proc` says of the host. Pure.

/// CPU time of one core since boot, in clock ticks (proc_stat(5)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CoreTicks {
    /// The core's number: a core that is switched off has no line.
    pub core: usize,
    pub busy: u64,
    pub idle: u64,
}

/// The `cpuN` lines of `/proc/stat`. Waiting for a disk is idle time; a guest's time is within user time already.
pub(super) fn core_ticks(stat: &str) -> impl Iterator<Item = CoreTicks> {
    stat.lines().filter_map(|line| {
        let mut fields = line.strip_prefix("cpu")?.split_ascii_whitespace();
        let core = fields.next()?.parse().ok().filter(|_| !line.starts_with("cpu "))?;
        let mut ticks = [0u64; 8];
        for (slot, field) in ticks.iter_mut().zip(fields) {
            *slot = field.parse().ok()?;
        }
        let [user, nice, system, idle, iowait, irq, softirq, steal] = ticks;
        Some(CoreTicks { core, busy: user + nice + system + irq + softirq + steal, idle: idle + iowait })
    })
}

/// Memory and swap of the host, in bytes (proc_meminfo(5)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub total: u64,
    pub available: u64,
    pub swap_total: u64,
    pub swap_free: u64,
}

/// `/proc/meminfo`; `None` when its total is missing. `MemAvailable` is Linux 3.14.
pub(super) fn memory(meminfo: &str) -> Option<Memory> {
    let bytes = |key: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib.saturating_mul(1024))
    };
    Some(Memory {
        total: bytes("MemTotal")?,
        available: bytes("MemAvailable")?,
        swap_total: bytes("SwapTotal").unwrap_or(0),
        swap_free: bytes("SwapFree").unwrap_or(0),
    })
}

/// The three averages of `/proc/loadavg`.
pub(super) fn load(loadavg: &str) -> Option<[f64; 3]> {
    let mut fields = loadavg.split_ascii_whitespace().map(|field| field.parse::<f64>().ok());
    Some([fields.next()??, fields.next()??, fields.next()??])
}

/// The first number of `/proc/uptime`: seconds since boot.
pub(super) fn uptime(text: &str) -> Option<f64> {
    let seconds: f64 = text.split_ascii_whitespace().next()?.parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_without_the_sum() {
        let stat = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 3 100 50 4 5 6 1000 1000\ncpu3 1 0 0 7\nintr 5 cpu1\nctxt 3\n";
        let cores: Vec<CoreTicks> = core_ticks(stat).collect();
        let ticks = |core, busy, idle| CoreTicks { core, busy, idle };
        assert_eq!(cores, [ticks(0, 21, 150), ticks(3, 1, 7)], "guests are not counted twice; core 1 is off");
        assert_eq!(core_ticks("cpu0 1 x\n").count(), 0);
    }

    #[test]
    fn meminfo_is_in_kib() {
        let text =
            "MemTotal:       1000 kB\nMemFree:  1 kB\nMemAvailable:    400 kB\nSwapTotal:  10 kB\nSwapFree: 4 kB\nHugePages_Total: 0\n";
        let found = memory(text).unwrap();
        assert_eq!((found.total, found.available), (1_024_000, 409_600));
        assert_eq!((found.swap_total, found.swap_free), (10_240, 4_096));
        assert_eq!(memory("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn load_and_uptime() {
        assert_eq!(load("0.08 1.50 12.00 1/300 4242\n"), Some([0.08, 1.5, 12.0]));
        assert_eq!(load("0.08 1.50\n"), None);
        assert_eq!(uptime("350735.47 234388.90\n"), Some(350_735.47));
        assert_eq!(uptime("-1\n"), None);
    }
}
