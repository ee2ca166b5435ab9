//! The sockets of a container, listed in its network namespace, with the processes that hold them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::failure::{InspectError, failed};
use super::processes::pids;
use crate::cgroup::Cgroup;
use crate::namespace::JoinTarget;
use crate::network::{Endpoint, Protocol, Socket, SocketCounts, SocketList, sockets};
use crate::record::{Process, is_alive};
use crate::spec::{ContainerName, name_of};
use crate::sys::pidfd;

/// Maximum number of processes searched for sockets: a container may have ten thousand.
const MAX_SEARCHED: usize = 2_000;
/// Maximum number of descriptors looked at in all of them.
const MAX_DESCRIPTORS: usize = 50_000;
/// The time after which no further process is searched.
const TIME: Duration = Duration::from_millis(300);

/// Whose network a container uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// Its own.
    Own,
    /// The host's: nothing of it is listed.
    Host,
    /// Another container's.
    Of(ContainerName),
}

/// The process that holds a socket; the first one found when there are several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its pid on the host.
    pub pid: i32,
    /// Its name (proc_pid_comm(5)): any text.
    pub command: String,
    /// Its container when that is another one in the same network.
    pub container: Option<ContainerName>,
}

/// A socket, who holds it, and who holds the other end if that is in the same network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The socket.
    pub socket: Socket,
    /// Its process; `None` when none holds it, as after closing, or when none was found.
    pub holder: Option<Holder>,
    /// The process at the other end.
    pub peer: Option<Holder>,
}

/// The sockets of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connections {
    /// Whose network it is.
    pub network: Network,
    /// The sockets, those that listen first.
    pub list: Vec<Connection>,
    /// How many there are, listed or not.
    pub counts: SocketCounts,
    /// Whether there was no time to count them all.
    pub uncounted: bool,
    /// Whether the search for processes ended early because there are too many.
    pub search_cut: bool,
}

/// A container in the network that is looked into.
#[derive(Debug)]
pub(crate) struct Member {
    /// Its name, unless it is the one that was asked for.
    pub name: Option<ContainerName>,
    /// Its cgroup.
    pub cgroup: Cgroup,
}

/// The sockets of the container whose init is `process`. `others` gives the containers that use
/// the same network; it is called when some socket belongs to none of its own processes.
pub(crate) fn connections(
    process: &Process,
    network: Network,
    cgroup: Cgroup,
    others: impl FnOnce() -> Vec<Member>,
) -> Result<Connections, InspectError> {
    let found = match network {
        Network::Host => None,
        Network::Own | Network::Of(_) => {
            sockets_of(process).map_err(|error| failed("list the sockets of its network", error))?
        }
    };
    let Some(SocketList {
        list,
        counts,
        uncounted,
    }) = found
    else {
        return Ok(Connections {
            network: Network::Host,
            list: Vec::new(),
            counts: SocketCounts::default(),
            uncounted: false,
            search_cut: false,
        });
    };
    let wanted = list.iter().map(|socket| socket.inode).filter(|i| *i != 0);
    let mut search = Search {
        wanted: wanted.collect(),
        found: HashMap::new(),
        processes: MAX_SEARCHED,
        descriptors: MAX_DESCRIPTORS,
        deadline: Instant::now() + TIME,
    };
    let own = Member { name: None, cgroup };
    search.run(&[own])?;
    if !search.wanted.is_empty() {
        search.run(&others())?;
    }
    Ok(Connections {
        network,
        list: joined(list, &search.found),
        counts,
        uncounted,
        search_cut: search.is_over(),
    })
}

/// The sockets in the network namespace of `process`; `None` when that is our own, the host's.
fn sockets_of(process: &Process) -> io::Result<Option<SocketList>> {
    let ended = || io::Error::other("it has just ended");
    let opened = pidfd::open(process.pid).map_err(|_| ended())?;
    // the pidfd refers to one process: check that it is this one, and not another with its pid
    if !is_alive(process) {
        return Err(ended());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("sockets".into())
            .spawn_scoped(scope, || sockets_within(opened.as_fd()))?;
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that lists them failed")))
    })
}

/// Lists in the network namespace of `process`. Run in a thread of its own: namespaces belong to
/// threads (setns(2)), and this one ends in there.
fn sockets_within(process: BorrowedFd<'_>) -> io::Result<Option<SocketList>> {
    let current =
        || fs::metadata("/proc/thread-self/ns/net").map(|about| (about.dev(), about.ino()));
    let before = current()?;
    JoinTarget::Network.enter(process)?;
    if current()? == before {
        return Ok(None);
    }
    sockets().map(Some)
}

/// A search for the processes that hold sockets, bounded in processes, descriptors and time.
struct Search {
    wanted: BTreeSet<u32>,
    found: HashMap<u32, Holder>,
    processes: usize,
    descriptors: usize,
    deadline: Instant,
}

impl Search {
    fn run(&mut self, members: &[Member]) -> Result<(), InspectError> {
        for member in members {
            for pid in pids(&member.cgroup)? {
                if self.wanted.is_empty() || self.is_over() {
                    return Ok(());
                }
                self.processes -= 1;
                self.search(pid, member.name.as_ref());
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        let spent = self.processes == 0 || self.descriptors == 0;
        !self.wanted.is_empty() && (spent || Instant::now() >= self.deadline)
    }

    /// Looks at the descriptors of `pid`. An inode is one socket's alone, so that a pid which was
    /// reused meanwhile finds nothing wrong.
    fn search(&mut self, pid: i32, container: Option<&ContainerName>) {
        let folder = Path::new("/proc").join(pid.to_string());
        let Ok(entries) = fs::read_dir(folder.join("fd")) else {
            return;
        };
        for entry in entries.flatten() {
            if self.descriptors == 0 {
                return;
            }
            self.descriptors -= 1;
            let Some(inode) = fs::read_link(entry.path()).ok().and_then(socket_inode) else {
                continue;
            };
            if self.wanted.remove(&inode) {
                let command = fs::read(folder.join("comm")).unwrap_or_default();
                let holder = Holder {
                    pid,
                    command: name_of(command.trim_ascii_end()),
                    container: container.cloned(),
                };
                self.found.insert(inode, holder);
            }
        }
    }
}

/// Pure: the inode in `socket:[123]`.
fn socket_inode(link: impl AsRef<Path>) -> Option<u32> {
    let text = link.as_ref().to_str()?;
    text.strip_prefix("socket:[")?
        .strip_suffix(']')?
        .parse()
        .ok()
}

/// Pure: the sockets with their holders, and with those of the other end where both are listed.
fn joined(list: Vec<Socket>, holders: &HashMap<u32, Holder>) -> Vec<Connection> {
    let ends: BTreeMap<(Protocol, SocketAddr, SocketAddr), u32> = list
        .iter()
        .filter_map(|socket| match (&socket.local, socket.peer) {
            (Endpoint::Ip(local), Some(peer)) => {
                Some(((socket.protocol, *local, peer), socket.inode))
            }
            _ => None,
        })
        .collect();
    let holder = |inode: u32| holders.get(&inode).cloned();
    let other_end = |socket: &Socket| match (&socket.local, socket.peer) {
        (Endpoint::Ip(local), Some(peer)) => holder(*ends.get(&(socket.protocol, peer, *local))?),
        _ => None,
    };
    list.into_iter()
        .map(|socket| Connection {
            holder: holder(socket.inode),
            peer: other_end(&socket),
            socket,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::network::{SocketState, Traffic};
    use crate::record::identify;

    fn tcp(local: &str, peer: Option<&str>, inode: u32) -> Socket {
        Socket {
            protocol: Protocol::Tcp,
            local: Endpoint::Ip(local.parse().unwrap()),
            peer: peer.map(|peer| peer.parse().unwrap()),
            state: SocketState::Established,
            inode,
            traffic: Some(Traffic::default()),
        }
    }

    fn holder(pid: i32, container: Option<&str>) -> Holder {
        Holder {
            pid,
            command: "server".into(),
            container: container.map(|name| ContainerName::new(name).unwrap()),
        }
    }

    #[test]
    fn both_ends_know_who_holds_the_other() {
        let (a, b) = ("127.0.0.1:80", "127.0.0.1:4000");
        let list = vec![
            tcp(a, Some(b), 1),
            tcp(b, Some(a), 2),
            tcp(a, Some("192.0.2.1:9"), 3),
            tcp(b, None, 0),
        ];
        let holders = HashMap::from([(1, holder(10, None)), (2, holder(20, Some("db")))]);
        let seen: Vec<_> = joined(list, &holders)
            .into_iter()
            .map(|found| {
                (
                    found.holder.map(|holder| holder.pid),
                    found.peer.map(|holder| (holder.pid, holder.container)),
                )
            })
            .collect();
        let db = ContainerName::new("db").ok();
        assert_eq!(
            seen,
            [
                (Some(10), Some((20, db))),
                (Some(20), Some((10, None))),
                (None, None),
                (None, None)
            ]
        );
    }

    #[test]
    fn links_of_sockets_are_read() {
        let inodes = ["socket:[42]", "pipe:[42]", "/socket:[42]", "socket:[x]"].map(socket_inode);
        assert_eq!(inodes, [Some(42), None, None, None]);
    }

    #[test]
    fn a_process_in_our_own_network_shows_nothing_of_it() {
        let _listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let me = identify(std::process::id() as i32).unwrap();
        assert_eq!(sockets_of(&me).unwrap(), None);
        let reused = Process {
            start_ticks: me.start_ticks + 1,
            ..me
        };
        assert!(sockets_of(&reused).is_err(), "another process had its pid");
    }

    #[test]
    fn the_holder_of_a_socket_is_found_within_bounds() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        use std::os::fd::AsRawFd as _;
        let link = fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).unwrap();
        let inode = socket_inode(link).unwrap();
        let me = std::process::id() as i32;
        let search = |descriptors| {
            let mut search = Search {
                wanted: BTreeSet::from([inode]),
                found: HashMap::new(),
                processes: 1,
                descriptors,
                deadline: Instant::now() + TIME,
            };
            search.search(me, None);
            search
        };
        let found = search(MAX_DESCRIPTORS);
        assert_eq!(found.found.get(&inode).map(|holder| holder.pid), Some(me));
        assert!(!found.is_over());
        let cut = search(1);
        assert!(cut.found.is_empty() && cut.is_over());
    }
}
