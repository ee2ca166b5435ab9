//! Waiting for changes: the stream of what happened (inotify(7)), and the deaths that nobody is left to tell of (pidfds).

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use super::{Error, Manager, Watching};
use crate::record::Store;
use crate::sys::pidfd;

struct Changes {
    inotify: Inotify,
    store: Store,
    /// Supervisors that were alive at the last look.
    supervisors: Vec<OwnedFd>,
}

impl Changes {
    /// Watches the supervisors that are alive now.
    fn look(&mut self) {
        let ids = self.store.ids().unwrap_or_default();
        let records = ids.iter().filter_map(|id| self.store.load(id).ok());
        let supervisors = records.filter(|r| r.status.is_alive()).filter_map(|r| r.supervisor);
        self.supervisors = supervisors.filter_map(|s| pidfd::open(s.pid).ok()).collect();
    }
}

impl Watching for Changes {
    fn wait(&mut self, timeout: Duration) -> Result<bool, Error> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let millis = i32::try_from(left.as_millis()).unwrap_or(i32::MAX);
            let mut fds = vec![PollFd::new(self.inotify.as_fd(), PollFlags::POLLIN)];
            fds.extend(self.supervisors.iter().map(|s| PollFd::new(s.as_fd(), PollFlags::POLLIN)));
            match poll(&mut fds, PollTimeout::try_from(millis).unwrap_or(PollTimeout::ZERO)) {
                Ok(0) if left.is_zero() || millis == 0 => return Ok(false),
                Ok(0) | Err(Errno::EINTR) => continue,
                Ok(_) => {}
                Err(errno) => return Err(unwatchable(errno)),
            }
            match self.inotify.read_events() {
                Ok(_) | Err(Errno::EAGAIN) => {}
                Err(errno) => return Err(unwatchable(errno)),
            }
            self.look();
            return Ok(true);
        }
    }
}

pub(super) fn unwatchable(errno: Errno) -> Error {
    let hint = match errno {
        Errno::EMFILE | Errno::ENOSPC => Some("raise fs.inotify.max_user_instances or max_user_watches with sysctl".to_owned()),
        _ => None,
    };
    Error::System { message: format!("cannot watch the state folder: {}", errno.desc()), hint }
}

impl Manager {
    /// Something that waits for the next change of any record.
    ///
    /// # Errors
    /// When there are too many inotify watches.
    pub fn watch(&self) -> Result<Box<dyn Watching>, Error> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).map_err(unwatchable)?;
        // the folder, not the file: the stream may not exist yet
        inotify.add_watch(self.store().folder(), AddWatchFlags::IN_MODIFY | AddWatchFlags::IN_CREATE).map_err(unwatchable)?;
        let mut changes = Changes { inotify, store: self.store().clone(), supervisors: Vec::new() };
        changes.look();
        Ok(Box::new(changes))
    }
}
