//! Bytes received and sent by the interfaces of a network namespace, from `/proc/PID/net/dev`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::Traffic;

/// Initial room in bytes; the kernel gives at most a page at a time.
const ROOM: usize = 4096;
/// Longer than any line: an answer that leaves so much of a page free was the last.
const LONGEST_LINE: usize = 512;
/// Maximum length of the table: some two thousand interfaces.
const MAX_TABLE: usize = 256 << 10;

/// Reads the traffic of one network namespace, at one pread(2) a time.
#[derive(Debug)]
pub(crate) struct TrafficReader {
    /// Keeps the namespace while it is open.
    file: File,
}

impl TrafficReader {
    /// That of the network namespace of `pid`.
    ///
    /// # Errors
    /// ENOENT when it has ended; EMFILE.
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        Ok(Self {
            file: File::open(format!("/proc/{pid}/net/dev"))?,
        })
    }

    /// The traffic of all interfaces that `counts` accepts by name; `None` without one. `buffer` is
    /// scratch space.
    ///
    /// # Errors
    /// The error of pread(2), and a table that is too long.
    pub(crate) fn read(
        &self,
        buffer: &mut Vec<u8>,
        counts: impl Fn(&[u8]) -> bool,
    ) -> io::Result<Option<Traffic>> {
        let mut end = 0;
        loop {
            if buffer.len() < end + ROOM {
                buffer.resize(end + ROOM, 0);
            }
            let length = self.file.read_at(&mut buffer[end..], end as u64)?;
            end += length;
            if length + LONGEST_LINE < ROOM {
                return Ok(sum(&buffer[..end], counts));
            }
            if end > MAX_TABLE {
                return Err(io::Error::other("it has too many interfaces"));
            }
        }
    }
}

/// Every interface but the loopback, which reaches nobody else.
pub(crate) fn not_loopback(interface: &[u8]) -> bool {
    interface != b"lo"
}

/// Pure: the sum over the lines of a `net/dev` table (proc_pid_net(5)) whose interface counts.
fn sum(table: &[u8], counts: impl Fn(&[u8]) -> bool) -> Option<Traffic> {
    let line = |line: &[u8]| {
        // a name may hold a colon, a number cannot
        let colon = line.iter().rposition(|byte| *byte == b':')?;
        let (name, numbers) = (line[..colon].trim_ascii(), &line[colon + 1..]);
        let mut numbers = numbers
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
            .map(|word| std::str::from_utf8(word).ok()?.parse::<u64>().ok());
        let (rx_bytes, tx_bytes) = (numbers.next()??, numbers.nth(7)??);
        counts(name).then_some(Traffic { rx_bytes, tx_bytes })
    };
    table
        .split(|byte| *byte == b'\n')
        .filter_map(line)
        .reduce(|all, one| Traffic {
            rx_bytes: all.rx_bytes.saturating_add(one.rx_bytes),
            tx_bytes: all.tx_bytes.saturating_add(one.tx_bytes),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0: 1000000     900    0    0    0     0          0         0    20000     300    0    0    0     0       0          0
 a:b:5     7      1    0    0    0     0          0         0    8     1    0    0    0     0       0          0
  eth1:18446744073709551615 1 0 0 0 0 0 0 30 3 0 0 0 0 0 0
";

    #[test]
    fn interfaces_are_added_up() {
        let of = |name: &'static [u8]| sum(TABLE.as_bytes(), move |found| found == name);
        let traffic = |rx_bytes, tx_bytes| Some(Traffic { rx_bytes, tx_bytes });
        assert_eq!(of(b"eth0"), traffic(1_000_000, 20_000));
        assert_eq!(of(b"lo"), traffic(100, 100));
        assert_eq!(of(b"wlan0"), None, "no interface is not zero bytes");
        let all = sum(TABLE.as_bytes(), not_loopback);
        assert_eq!(all, traffic(u64::MAX, 20_030), "it does not wrap");
        assert_eq!(sum(b"a:\n:\n  b: 1 2 x\n", |_| true), None);
    }

    #[test]
    fn this_process_has_the_hosts_loopback() {
        let reader = TrafficReader::open(std::process::id()).unwrap();
        let mut buffer = Vec::new();
        let mut of_loopback = || {
            reader
                .read(&mut buffer, |name| name == b"lo")
                .unwrap()
                .unwrap()
        };
        let before = of_loopback();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .send_to(&[0; 5_000], socket.local_addr().unwrap())
            .unwrap();
        let after = of_loopback();
        assert!(
            after.rx_bytes >= before.rx_bytes + 5_000,
            "{before:?} {after:?}"
        );
        assert!(after.tx_bytes >= before.tx_bytes + 5_000);
        assert!(TrafficReader::open(u32::MAX).is_err());
    }
}
