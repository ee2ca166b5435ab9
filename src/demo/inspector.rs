//! [`Inspector`] for simulated containers: processes, events, isolation, the host, changed files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::Demo;
use super::connections::connections;
use super::shared::Shared;
use super::sheets::{facts, host, isolation};
use super::shell::DemoShell;
use super::world::{FATAL_SIGNALS, Member};
use crate::inspect::{
    Change, ChangeKind, Changes, Connections, Extracted, Fact, FileType, Judgement, ProcessInfo,
    Section, Sheet,
};
use crate::manager::{Error, EventStream, Inspector, Shell, alive, joinable};
use crate::record::{ExitCause, LoggedEvent, Record, Status};
use crate::spec::{ContainerId, quote_command, signal_name};
use crate::sys::tty::WindowSize;

impl Demo {
    fn member<T>(&self, id: &ContainerId, look: impl FnOnce(&Member) -> T) -> Result<T, Error> {
        self.shared.now().find(id).map(look)
    }
}

impl Inspector for Demo {
    fn processes(&self, id: &ContainerId) -> Result<Vec<ProcessInfo>, Error> {
        self.member(id, processes)
    }

    fn processes_up_to(&self, id: &ContainerId, most: usize) -> Result<Vec<ProcessInfo>, Error> {
        let list = self.processes(id)?;
        if list.len() > most {
            return Err(Error::System {
                message: format!(
                    "compare its processes: it has {}, more than {most}",
                    list.len()
                ),
                hint: None,
            });
        }
        Ok(list)
    }

    fn signal_process(&self, id: &ContainerId, pid: i32, signal: i32) -> Result<(), Error> {
        let (record, known) =
            self.member(id, |member| (member.record.clone(), processes(member)))?;
        if !known.iter().any(|process| process.pid == pid) {
            let message = format!(
                "send {} to process {pid} of {}: it has ended",
                signal_name(signal),
                record.spec.name
            );
            return Err(Error::System {
                message,
                hint: None,
            });
        }
        let is_init = record
            .state
            .status
            .process()
            .is_some_and(|process| process.pid == pid);
        if is_init && FATAL_SIGNALS.contains(&signal) {
            return self.change(|world| world.stop(id)).map(drop);
        }
        Ok(())
    }

    fn event_stream(&self) -> Result<Box<dyn EventStream>, Error> {
        Ok(Box::new(DemoEventStream {
            shared: Arc::clone(&self.shared),
            known: BTreeMap::new(),
            first: true,
        }))
    }

    fn isolation(&self, id: &ContainerId) -> Result<Sheet, Error> {
        self.member(id, |member| {
            alive(&member.record, "isolation").map(|_| isolation(&member.record))
        })?
    }

    fn connections(&self, id: &ContainerId) -> Result<Connections, Error> {
        self.member(id, |member| {
            let process = alive(&member.record, "connections")?;
            Ok(connections(member, process.pid))
        })?
    }

    fn host_sheet(&self) -> Result<Sheet, Error> {
        Ok(host())
    }

    fn image_sheet(&self, root: Option<&Path>) -> Result<Sheet, Error> {
        let kept = match root {
            Some(root) => root.display().to_string(),
            None => "/var/lib/minic/images/host/9f86d081884c7d65/rootfs".into(),
        };
        let facts = [
            ("kept in", kept.as_str()),
            ("compared", "12m ago: as this machine's files were"),
            ("size", "48.2M in 412 files and folders"),
        ];
        let facts = facts.map(|(what, value)| Fact::plain(what, value));
        Ok(Sheet {
            sections: vec![Section::new("image", facts.into())],
        })
    }

    fn facts_sheet(&self) -> Result<Sheet, Error> {
        Ok(Sheet {
            sections: vec![Section::new("What this host can do", facts().into())],
        })
    }

    fn check_sheet(&self) -> Result<Sheet, Error> {
        let [kernel, swap] = facts();
        let calls = Fact::judged(
            "system calls",
            "clone3, pidfd_open, openat2, mount_setattr all answer",
            Judgement::Good,
            "",
        );
        let proofs = ["CPU use", "CPU limit", "memory limit", "CPU and memory"]
            .map(|what| Fact::judged(what, "ok", Judgement::Good, ""));
        Ok(Sheet {
            sections: vec![
                Section::new("Check", vec![kernel, calls, swap]),
                Section::new("Proofs", proofs.into()),
            ],
        })
    }

    fn changes(&self, id: &ContainerId) -> Result<Changes, Error> {
        let reverted = self.reverted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list = self.member(id, changes)?;
        list.retain(|change| !reverted.contains(&(id.clone(), change.path.clone())));
        Ok(Changes { list, cut: false })
    }

    fn changed_file(&self, id: &ContainerId, path: &str, most: usize) -> Result<Vec<u8>, Error> {
        let change = self
            .changes(id)?
            .list
            .into_iter()
            .find(|change| change.path == path);
        match change {
            Some(change) if matches!(change.file_type, FileType::Regular(_)) => {
                let text: String = (1..=60)
                    .map(|n| format!("{n:>2}  a line of {path}\n"))
                    .collect();
                Ok(text.into_bytes().into_iter().take(most).collect())
            }
            _ => Err(Error::System {
                message: format!("open {path}: Invalid argument"),
                hint: None,
            }),
        }
    }

    fn extract(
        &self,
        _: &ContainerId,
        path: &str,
        _: &Path,
        _: &mut dyn FnMut(&Extracted) -> bool,
    ) -> Result<Extracted, Error> {
        Err(Error::System {
            message: format!("extract {path}: the demo's files are made up"),
            hint: None,
        })
    }

    fn revert(&self, id: &ContainerId, path: &str) -> Result<(), Error> {
        let record = self.member(id, |member| member.record.clone())?;
        if record.state.status.is_alive() {
            return Err(Error::wrong_state(&record, "revert", "a stopped one"));
        }
        let mut reverted = self.reverted.lock().unwrap_or_else(PoisonError::into_inner);
        reverted.insert((id.clone(), path.to_owned()));
        Ok(())
    }

    fn shell(&self, id: &ContainerId, _: WindowSize) -> Result<Box<dyn Shell>, Error> {
        let record = self.member(id, |member| member.record.clone())?;
        joinable(&record, "a shell")?;
        Ok(Box::new(DemoShell::new(record.spec.name.as_str())))
    }
}

/// Its init, and workers that share what the container uses.
fn processes(member: &Member) -> Vec<ProcessInfo> {
    let Some(init) = member.record.state.status.process() else {
        return Vec::new();
    };
    let sample = &member.simulation.sample;
    let count = sample.pids.unwrap_or(1).max(1);
    let (cpu, memory) = (sample.cpu_usec.unwrap_or(0), sample.memory.unwrap_or(0));
    let command = quote_command(&member.record.spec.argv);
    let program = member.record.spec.argv.first().cloned().unwrap_or_default();
    let spinning = command.contains("while");
    (0..count)
        .map(|n| ProcessInfo {
            pid: init.pid + n as i32,
            inside: Some(if n == 0 { 1 } else { 6 + n as i32 }),
            // every third worker has a helper of its own
            parent: if n == 0 {
                1
            } else {
                init.pid + if n % 3 == 2 { n as i32 - 1 } else { 0 }
            },
            uid: if n == 0 { 0 } else { 65_534 },
            user: Some(if n == 0 { 0 } else { 65_534 }),
            cpu_usec: if count == 1 {
                cpu
            } else {
                cpu * 2 * n / (count * (count - 1)).max(1)
            },
            memory: memory / count,
            state: if spinning || (n == 1 && cpu > 0) {
                'R'
            } else {
                'S'
            },
            threads: 1,
            command: if n == 0 {
                command.clone()
            } else {
                format!("{program}: worker {n}")
            },
        })
        .collect()
}

fn changes(member: &Member) -> Vec<Change> {
    if matches!(member.record.state.status, Status::Created) {
        return Vec::new();
    }
    let name = member.record.spec.name.as_str();
    let change = |path: String, kind, file_type| Change {
        path,
        kind,
        file_type,
    };
    let file = |path, kind, size| change(path, kind, FileType::Regular(size));
    let folder = |path| change(path, ChangeKind::Added, FileType::Folder);
    vec![
        change("/etc/motd".into(), ChangeKind::Deleted, FileType::Gone),
        file("/etc/profile".into(), ChangeKind::Changed, 812),
        folder(format!("/var/lib/{name}")),
        file(
            format!("/var/lib/{name}/data.db"),
            ChangeKind::Added,
            18_874_368,
        ),
        file(format!("/var/lib/{name}/lock"), ChangeKind::Added, 0),
        file(format!("/var/log/{name}.log"), ChangeKind::Added, 51_200),
    ]
}

/// Derives events from the changes since the last read.
struct DemoEventStream {
    shared: Arc<Shared>,
    known: BTreeMap<ContainerId, Record>,
    first: bool,
}

impl EventStream for DemoEventStream {
    fn read(&mut self) -> Result<Vec<LoggedEvent>, Error> {
        let records = self.shared.now().records();
        let now = (self.shared.clock)();
        let mut happened = Vec::new();
        let mut tell = |at, record: &Record, event: &str, cause: Option<ExitCause>| {
            let (id, name) = (record.spec.id.clone(), record.spec.name.clone());
            happened.push(LoggedEvent {
                at,
                id,
                name,
                event: event.to_owned(),
                cause,
                detail: None,
            });
        };
        for record in &records {
            let before = self.known.get(&record.spec.id);
            if before.is_none() {
                tell(record.state.created_at, record, "created", None);
            }
            if before.is_some_and(|before| before.state.status == record.state.status) {
                continue;
            }
            let at = |at| if self.first { at } else { now };
            match &record.state.status {
                Status::Running { since, .. } => tell(at(*since), record, "started", None),
                Status::Stopped {
                    cause, at: ended, ..
                } => tell(at(*ended), record, "died", Some(cause.clone())),
                Status::Created | Status::Paused { .. } | Status::Broken { .. } => {}
            }
        }
        for (id, record) in &self.known {
            if !records.iter().any(|other| other.spec.id == *id) {
                tell(now, record, "destroyed", None);
            }
        }
        self.first = false;
        self.known = records
            .into_iter()
            .map(|record| (record.spec.id.clone(), record))
            .collect();
        happened.sort_by_key(|happening| happening.at);
        Ok(happened)
    }
}
