//! The processes of a container, from its cgroup and `/proc`, and sending signals to them.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::AsFd;
use std::path::Path;

use super::failure::{InspectError, failed};
use crate::cgroup::Cgroup;
use crate::spec::{ContainerName, name_of, signal_name};
use crate::sys::pidfd;

/// Maximum number of processes listed of one container: a fork bomb must not block the screen.
const MAX_PROCESSES: usize = 5_000;
/// Maximum depth of cgroups that a container makes in its own.
const MAX_DEPTH: usize = 8;
/// Maximum length of a command line, in bytes.
const MAX_COMMAND: usize = 4_096;

/// One process of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Its pid on the host.
    pub pid: i32,
    /// Its pid in the container; `None` for one of ours that joined only the cgroup.
    pub inside: Option<i32>,
    /// Its parent's pid on the host.
    pub parent: i32,
    /// Its real user id on the host.
    pub uid: u32,
    /// Its user id in the container; `None` when it has none there.
    pub user: Option<u32>,
    /// CPU time used so far, in microseconds (the kernel counts it in ticks of 10 ms).
    pub cpu_usec: u64,
    /// Resident memory in bytes.
    pub memory: u64,
    /// Its state as in proc_pid_stat(5): `R`, `S`, `D`, `T`, `Z`, …
    pub state: char,
    /// Number of threads.
    pub threads: u64,
    /// Its command line, or its name in brackets without one.
    pub command: String,
}

/// The processes in a container's cgroup.
pub(crate) fn processes(cgroup: &Cgroup) -> Result<Vec<ProcessInfo>, InspectError> {
    let pids = pids(cgroup)?;
    let mut list: Vec<ProcessInfo> = pids
        .into_iter()
        .take(MAX_PROCESSES)
        .filter_map(read)
        .collect();
    // the users of its init's namespace are the container's, also for what made another in it
    let init = list.iter().find(|info| info.inside == Some(1));
    if let Some(init) = init.or(list.first()) {
        let map = fs::read_to_string(format!("/proc/{}/uid_map", init.pid)).unwrap_or_default();
        for info in &mut list {
            info.user = user_inside(&map, info.uid);
        }
    }
    Ok(list)
}

/// Pure: the user id in a user namespace with this `uid_map` (user_namespaces(7)) of the host's
/// `uid`.
fn user_inside(map: &str, uid: u32) -> Option<u32> {
    map.lines().find_map(|line| {
        let numbers: Vec<u32> = line
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        let [inside, outside, count] = numbers[..] else {
            return None;
        };
        let offset = uid.checked_sub(outside).filter(|offset| *offset < count)?;
        inside.checked_add(offset)
    })
}

/// The same of a cgroup with at most `most` processes.
pub(crate) fn processes_up_to(
    cgroup: &Cgroup,
    most: usize,
) -> Result<Vec<ProcessInfo>, InspectError> {
    let pids = pids(cgroup)?;
    if pids.len() > most {
        let count = pids.len();
        return Err(failed(
            "compare its processes",
            format!("it has {count}, more than {most}"),
        ));
    }
    Ok(pids.into_iter().filter_map(read).collect())
}

/// The pids of all processes in `cgroup`.
pub(super) fn pids(cgroup: &Cgroup) -> Result<BTreeSet<i32>, InspectError> {
    let mut pids = BTreeSet::new();
    // all folders of the cgroup have the same processes: the first readable one is enough
    let mut last = None;
    for folder in cgroup.paths() {
        match collect(folder, MAX_DEPTH, &mut pids) {
            Ok(()) => return Ok(pids),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                last = Some(failed(
                    format!("read {}", folder.join("cgroup.procs").display()),
                    error,
                ));
            }
        }
    }
    last.map_or(Ok(pids), Err)
}

/// Sends `signal` to the process `pid` of the container `name`, whose cgroup this is.
pub(crate) fn signal_process(
    cgroup: &Cgroup,
    name: &ContainerName,
    pid: i32,
    signal: i32,
) -> Result<(), InspectError> {
    let what = format!("send {} to process {pid} of {name}", signal_name(signal));
    let process = pidfd::open(pid).map_err(|_| failed(&what, "it has ended"))?;
    // the pidfd refers to one process: check that it is the container's
    if !pids(cgroup)?.contains(&pid) {
        return Err(failed(&what, "it is not a process of the container"));
    }
    pidfd::send_signal(process.as_fd(), signal).map_err(|error| failed(&what, error))
}

fn collect(folder: &Path, depth: usize, pids: &mut BTreeSet<i32>) -> std::io::Result<()> {
    let listed = fs::read_to_string(folder.join("cgroup.procs"))?;
    pids.extend(listed.lines().filter_map(|line| line.parse::<i32>().ok()));
    if depth == 0 {
        return Ok(());
    }
    for entry in fs::read_dir(folder)?.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            // a cgroup that was removed meanwhile has no processes
            let _ = collect(&entry.path(), depth - 1, pids);
        }
    }
    Ok(())
}

fn read(pid: i32) -> Option<ProcessInfo> {
    let folder = Path::new("/proc").join(pid.to_string());
    // a name of any bytes hides no process
    let text = |file: &str| {
        let bytes = fs::read(folder.join(file)).ok()?;
        Some(name_of(&bytes))
    };
    let (stat, status) = (text("stat")?, text("status")?);
    let command = fs::read(folder.join("cmdline")).unwrap_or_default();
    parse(pid, &stat, &status, &command)
}

/// Pure: parses the three files (proc_pid_stat(5), proc_pid_status(5), proc_pid_cmdline(5)).
fn parse(pid: i32, stat: &str, status: &str, command: &[u8]) -> Option<ProcessInfo> {
    // the name is in parentheses and may contain anything, also parentheses
    let (before, after) = stat.rsplit_once(')')?;
    let name = before.split_once('(').map_or("", |(_, name)| name);
    let fields: Vec<&str> = after.split_whitespace().collect();
    let number = |index: usize| {
        fields
            .get(index)
            .and_then(|field| field.parse::<u64>().ok())
    };
    let line = |key: &str| status.lines().find_map(|line| line.strip_prefix(key));
    let ticks = number(11)? + number(12)?;
    let hertz = procfs::ticks_per_second().max(1);
    let kib = line("VmRSS:")
        .and_then(|text| text.split_whitespace().next())
        .and_then(|text| text.parse::<u64>().ok());
    let mut shown: Vec<u8> = command
        .iter()
        .copied()
        .take(MAX_COMMAND)
        .map(|b| if b == 0 { b' ' } else { b })
        .collect();
    while shown.last() == Some(&b' ') {
        shown.pop();
    }
    Some(ProcessInfo {
        pid,
        inside: line("NSpid:")
            .and_then(|text| text.split_whitespace().nth(1))
            .and_then(|text| text.parse().ok()),
        parent: number(1)? as i32,
        uid: line("Uid:")?.split_whitespace().next()?.parse().ok()?,
        user: None,
        cpu_usec: ticks * 1_000_000 / hertz,
        // kernel threads and zombies have none
        memory: kib.unwrap_or(0) * 1024,
        state: fields.first()?.chars().next()?,
        threads: number(17)?,
        command: if shown.is_empty() {
            format!("[{name}]")
        } else {
            name_of(&shown)
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_those_of_the_container() {
        let map = "         0 1349582848       1000\n      1000          0          1\n";
        let inside = |uid| user_inside(map, uid);
        assert_eq!(inside(1_349_582_848), Some(0));
        assert_eq!(inside(1_349_583_847), Some(999));
        assert_eq!(inside(0), Some(1000));
        assert_eq!(inside(1_349_583_848), None, "one beyond the range");
        assert_eq!(user_inside("0 0 4294967295\n", 65_534), Some(65_534));
        assert_eq!(user_inside("", 0), None);
    }

    #[test]
    fn a_name_that_is_no_text_hides_no_process() {
        use std::os::unix::ffi::OsStrExt as _;
        use std::process::{Command, Stdio};
        let folder = std::env::temp_dir().join(format!("minic-comm-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let program = folder.join(std::ffi::OsStr::from_bytes(b"\xffx"));
        std::os::unix::fs::symlink("/bin/sh", &program).unwrap();
        let started = Command::new(&program).stdin(Stdio::piped()).spawn();
        fs::remove_dir_all(&folder).unwrap();
        let mut child = started.unwrap();
        let of = |file: &str| fs::read(format!("/proc/{}/{file}", child.id())).unwrap();
        // execve(2) lets the parent go on a moment before the command line is there
        while of("cmdline").is_empty() {
            std::thread::yield_now();
        }
        let comm = of("comm");
        let info = read(child.id() as i32);
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(comm, b"\xffx\n");
        assert!(info.unwrap().command.ends_with("/<FF>x"));
    }

    #[test]
    fn the_files_of_a_process_are_parsed() {
        let stat = "4213 (a) b(c) S 4200 4213 4213 0 -1 4194304 100 0 0 0 25 5 0 0 20 0 3 0 99 1000 200 18446744073709551615";
        let status =
            "Name:\ta) b(c\nUid:\t1000\t1000\t1000\t1000\nNSpid:\t4213\t7\nVmRSS:\t   512 kB\n";
        let info = parse(4213, stat, status, b"sleep\x001000\x00").unwrap();
        assert_eq!(
            (info.inside, info.parent, info.uid, info.state, info.threads),
            (Some(7), 4200, 1000, 'S', 3)
        );
        assert_eq!(
            (info.cpu_usec, info.memory, info.command.as_str()),
            (300_000, 512 << 10, "sleep 1000")
        );
        let bare = parse(4213, stat, "Uid:\t0\t0\t0\t0\nNSpid:\t4213\n", b"").unwrap();
        assert_eq!((bare.inside, bare.command.as_str()), (None, "[a) b(c]"));
        assert_eq!(parse(1, "", status, b""), None);
    }
}
