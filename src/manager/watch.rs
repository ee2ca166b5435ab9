//! Waiting for changes: the stream of what happened (inotify(7)), and the deaths that nobody is
//! left to tell of (pidfds).

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

/// How often to look where nothing tells of a change.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Tells of changes in one folder: by inotify(7), or, when the host has no instance or watch left
/// (one program may have taken them all), by looking again and again.
#[derive(Debug)]
pub(super) struct Notices(Result<Inotify, Errno>);

impl Notices {
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

    /// Why it looks again and again, where it does.
    pub(super) fn polling(&self) -> Option<Error> {
        self.0.as_ref().err().map(|errno| unwatchable(*errno))
    }

    /// Waits for `timeout` at most, until a change or until one of `others` is ready; `true` when
    /// something may have changed.
    ///
    /// # Errors
    /// What poll(2) says.
    pub(super) fn wait(&self, timeout: Duration, others: &[OwnedFd]) -> Result<bool, Error> {
        let timeout = if self.0.is_err() {
            timeout.min(LOOK_AGAIN)
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

struct Changes {
    notices: Notices,
    store: Store,
    /// Supervisors that were alive at the last look.
    supervisors: Vec<OwnedFd>,
    /// The stream of what happened, as it was at the last look.
    stream: Option<(u64, u64, i64, i64)>,
}

impl Changes {
    /// Watches the supervisors that are alive now.
    fn look(&mut self) {
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

    /// It changes whenever any record does.
    fn stream(&self) -> Option<(u64, u64, i64, i64)> {
        let data = std::fs::metadata(self.store.events()).ok()?;
        Some((data.ino(), data.len(), data.mtime(), data.mtime_nsec()))
    }
}

impl Watching for Changes {
    fn wait(&mut self, timeout: Duration) -> Result<bool, Error> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let told = self.notices.wait(left, &self.supervisors)?;
            if told || self.notices.polling().is_some() && self.stream != self.stream() {
                self.look();
                return Ok(true);
            }
            if left.is_zero() {
                return Ok(false);
            }
        }
    }

    fn polling(&self) -> Option<Error> {
        self.notices.polling()
    }
}

fn unwatchable(errno: Errno) -> Error {
    let hint = match errno {
        Errno::EMFILE | Errno::ENOSPC => Some(
            "something has taken all that root may have; raise fs.inotify.max_user_instances or max_user_watches with sysctl".to_owned(),
        ),
        _ => None,
    };
    Error::System {
        message: format!("cannot watch the state folder: {}", errno.desc()),
        hint,
    }
}

impl Manager {
    /// Something that waits for the next change of any record.
    ///
    /// # Errors
    /// When the state folder is gone.
    pub fn watch(&self) -> Result<Box<dyn Watching>, Error> {
        // the folder, not the file: the stream may not exist yet
        let notices = Notices::of(
            self.store().folder(),
            AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_CREATE,
        )?;
        self.warn_of_polling(&notices);
        let mut changes = Changes {
            notices,
            store: self.store().clone(),
            supervisors: Vec::new(),
            stream: None,
        };
        changes.look();
        Ok(Box::new(changes))
    }

    /// Says so once, where somebody listens.
    pub(super) fn warn_of_polling(&self, notices: &Notices) {
        if let Some(error) = notices.polling() {
            (self.warn)(&format!("{error}; looking again and again instead"));
        }
    }
}
