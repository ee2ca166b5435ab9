//! Waiting for changes: the event stream (inotify(7)), and supervisors that die without an event
//! (pidfds).

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use super::{Error, Manager, Watching};
use crate::record::Store;
use crate::sys::pidfd;

/// How often to poll without inotify.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Watches one folder by inotify(7), or, when the host has no instance or watch left (one program
/// may have taken them all), by polling.
#[derive(Debug)]
pub(super) struct FolderWatch(Result<Inotify, Errno>);

impl FolderWatch {
    /// # Errors
    /// When the folder is gone.
    pub(super) fn of(folder: &Path, what: AddWatchFlags) -> Result<Self, Error> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK);
        let watched = inotify.and_then(|inotify| inotify.add_watch(folder, what).map(|_| inotify));
        match watched {
            Err(errno)
                if !matches!(
                    errno,
                    Errno::EMFILE | Errno::ENOSPC | Errno::ENOMEM | Errno::ENOSYS
                ) =>
            {
                Err(unwatchable(errno))
            }
            watched => Ok(Self(watched)),
        }
    }

    /// Why it polls, if it does.
    pub(super) fn polling(&self) -> Option<Error> {
        self.0.as_ref().err().map(|errno| unwatchable(*errno))
    }

    /// Waits for a change or until one of `others` is ready, at most for `timeout`. Returns `true`
    /// when something may have changed.
    ///
    /// # Errors
    /// When poll(2) fails.
    pub(super) fn wait(&self, timeout: Duration, others: &[OwnedFd]) -> Result<bool, Error> {
        let timeout = if self.0.is_err() {
            timeout.min(POLL_INTERVAL)
        } else {
            timeout
        };
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        let fds = self
            .0
            .iter()
            .map(AsFd::as_fd)
            .chain(others.iter().map(AsFd::as_fd));
        let mut fds: Vec<PollFd<'_>> = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let ready = match poll(
            &mut fds,
            PollTimeout::try_from(millis).unwrap_or(PollTimeout::ZERO),
        ) {
            Ok(ready) => ready > 0,
            Err(Errno::EINTR) => false,
            Err(errno) => return Err(unwatchable(errno)),
        };
        match self.0.as_ref().map(Inotify::read_events) {
            Ok(Err(errno)) if errno != Errno::EAGAIN => Err(unwatchable(errno)),
            _ => Ok(ready),
        }
    }
}

struct RecordWatch {
    folder: FolderWatch,
    store: Store,
    /// Supervisors that were alive at the last refresh.
    supervisors: Vec<OwnedFd>,
    /// The event stream's metadata at the last refresh.
    stream: Option<(u64, u64, i64, i64)>,
}

impl RecordWatch {
    /// Opens the supervisors that are alive now.
    fn refresh(&mut self) {
        let ids = self.store.ids().unwrap_or_default();
        let records = ids.iter().filter_map(|id| self.store.load(id).ok());
        let supervisors = records
            .filter(|r| r.state.status.is_alive())
            .filter_map(|r| r.state.supervisor);
        self.supervisors = supervisors
            .filter_map(|s| pidfd::open(s.pid).ok())
            .collect();
        self.stream = self.stream();
    }

    /// Metadata of the event stream, which changes with every record.
    fn stream(&self) -> Option<(u64, u64, i64, i64)> {
        let data = std::fs::metadata(self.store.events()).ok()?;
        Some((data.ino(), data.len(), data.mtime(), data.mtime_nsec()))
    }
}

impl Watching for RecordWatch {
    fn wait(&mut self, timeout: Duration) -> Result<bool, Error> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let changed = self.folder.wait(left, &self.supervisors)?;
            if changed || self.folder.polling().is_some() && self.stream != self.stream() {
                self.refresh();
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
        }
    }

    fn polling(&self) -> Option<Error> {
        self.folder.polling()
    }
}

fn unwatchable(errno: Errno) -> Error {
    let hint = match errno {
        Errno::EMFILE | Errno::ENOSPC => Some(
            "root's inotify limits are used up; raise fs.inotify.max_user_instances or max_user_watches with sysctl".to_owned(),
        ),
        _ => None,
    };
    Error::System {
        message: format!("cannot watch the state folder: {}", errno.desc()),
        hint,
    }
}

impl Manager {
    /// A watch that waits for the next change of any record.
    ///
    /// # Errors
    /// When the state folder is gone.
    pub fn watch(&self) -> Result<Box<dyn Watching>, Error> {
        // watch the folder: the stream may not exist yet
        let folder = FolderWatch::of(
            self.store().folder(),
            AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_CREATE,
        )?;
        self.warn_of_polling(&folder);
        let mut changes = RecordWatch {
            folder,
            store: self.store().clone(),
            supervisors: Vec::new(),
            stream: None,
        };
        changes.refresh();
        Ok(Box::new(changes))
    }

    /// Warns that it has to poll.
    pub(super) fn warn_of_polling(&self, folder: &FolderWatch) {
        if let Some(error) = folder.polling() {
            (self.warn)(&format!("{error}; polling instead"));
        }
    }
}
