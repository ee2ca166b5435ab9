//! Whether a recorded process is still that process.

use std::sync::OnceLock;

use super::Process;
use crate::sys::text;

/// This boot's id (`/proc/sys/kernel/random/boot_id`, random(4)); empty when it cannot be read.
pub fn boot_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| text::read("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default())
}

/// The identity of the living process `pid`; `None` when there is none.
#[must_use]
pub fn identify(pid: i32) -> Option<Process> {
    let stat = text::read(format!("/proc/{pid}/stat")).ok()?;
    // behind the name, which may hold anything: field 3 is the state, field 22 the start time (proc(5))
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let (state, start_ticks) = (fields.next()?, fields.nth(18)?.parse().ok()?);
    // a zombie has ended: it only waits to be reaped
    (!matches!(state, "Z" | "X")).then(|| Process { pid, start_ticks, boot_id: boot_id().to_owned() })
}

/// Whether `process` still lives: the same number, start time and boot.
#[must_use]
pub fn is_alive(process: &Process) -> bool {
    identify(process.pid).is_some_and(|found| found == *process)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_pid_or_another_boot_is_another_process() {
        let me = identify(std::process::id() as i32).unwrap();
        assert!(is_alive(&me));
        assert!(!is_alive(&Process { start_ticks: me.start_ticks + 1, ..me.clone() }));
        assert!(!is_alive(&Process { boot_id: "another".into(), ..me.clone() }));
        assert!(!is_alive(&Process { pid: i32::MAX, ..me }));
    }

    #[test]
    fn a_zombie_has_ended() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let process = identify(child.id() as i32);
        while identify(child.id() as i32).is_some() {
            std::thread::yield_now();
        }
        assert!(process.is_none_or(|p| !is_alive(&p)));
        child.wait().unwrap();
    }
}
