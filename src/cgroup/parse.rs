//! Reading what cgroup files say. Pure, on bytes, without allocation: it runs for every container
//! at every tick.

use super::Io;

fn text(bytes: &[u8]) -> &str {
    // cgroup files are ASCII; were one not, the part before is still right
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => std::str::from_utf8(&bytes[..e.valid_up_to()]).unwrap_or_default(),
    }
}

/// A file that holds one number; `max` is none.
#[must_use]
pub fn number(bytes: &[u8]) -> Option<u64> {
    text(bytes).trim().parse().ok()
}

/// The value of `key` in a file of `key value` lines (`cpu.stat`, `memory.events`,
/// `memory.oom_control`).
#[must_use]
pub fn field(bytes: &[u8], key: &str) -> Option<u64> {
    text(bytes).lines().find_map(|line| {
        let value = line.strip_prefix(key)?.strip_prefix(' ')?;
        value.trim().parse().ok()
    })
}

/// `avg10` of the `some` line of a pressure file (kernel: Documentation/accounting/psi.rst).
#[must_use]
pub fn some_avg10(bytes: &[u8]) -> Option<f32> {
    let line = text(bytes)
        .lines()
        .find_map(|line| line.strip_prefix("some "))?;
    line.split(' ')
        .find_map(|word| word.strip_prefix("avg10="))?
        .parse()
        .ok()
}

/// Sums `blkio.throttle.io_service_bytes_recursive`: lines `8:0 Read 4096`
/// (kernel: Documentation/admin-guide/cgroup-v1/blkio-controller.rst).
#[must_use]
pub fn io_v1(bytes: &[u8]) -> Io {
    let mut io = Io::default();
    for line in text(bytes).lines() {
        let mut words = line.split(' ');
        let (_, operation, value) = (words.next(), words.next(), words.next());
        let Some(value) = value.and_then(|v| v.parse::<u64>().ok()) else {
            continue;
        };
        match operation {
            Some("Read") => io.read_bytes = io.read_bytes.saturating_add(value),
            Some("Write") => io.write_bytes = io.write_bytes.saturating_add(value),
            _ => {}
        }
    }
    io
}

/// Sums `io.stat`: lines `8:0 rbytes=1 wbytes=2 rios=…` (kernel:
/// Documentation/admin-guide/cgroup-v2.rst).
#[must_use]
pub fn io_v2(bytes: &[u8]) -> Io {
    let mut io = Io::default();
    for word in text(bytes).split_ascii_whitespace() {
        let Some((key, value)) = word.split_once('=') else {
            continue;
        };
        let value: u64 = value.parse().unwrap_or(0);
        match key {
            "rbytes" => io.read_bytes = io.read_bytes.saturating_add(value),
            "wbytes" => io.write_bytes = io.write_bytes.saturating_add(value),
            _ => {}
        }
    }
    io
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_fields() {
        assert_eq!(number(b"4096\n"), Some(4096));
        assert_eq!(number(b"max\n"), None);
        assert_eq!(number(b""), None);
        let stat = b"usage_usec 5\nnr_periods 7\nnr_throttled 3\nthrottled_usec 99\n";
        assert_eq!(field(stat, "nr_throttled"), Some(3));
        assert_eq!(field(stat, "throttled"), None, "a key is a whole word");
        assert_eq!(
            field(b"oom 1\noom_kill 2\noom_group_kill 0\n", "oom_kill"),
            Some(2)
        );
        assert_eq!(field(b"oom_kill x\n\xff\xfe", "oom_kill"), None);
    }

    #[test]
    fn pressure() {
        let file = b"some avg10=12.50 avg60=1.00 avg300=0.00 total=5\nfull avg10=99.00 avg60=0.00 avg300=0.00 total=0\n";
        assert_eq!(some_avg10(file), Some(12.5));
        assert_eq!(some_avg10(b"full avg10=1.00\n"), None);
        assert_eq!(some_avg10(b""), None);
    }

    #[test]
    fn block_devices_are_summed() {
        let v1 = b"8:0 Read 10\n8:0 Write 20\n8:0 Sync 30\n8:0 Total 30\n254:0 Read 1\n254:0 Write 2\nTotal 33\n";
        let both = |read_bytes, write_bytes| Io {
            read_bytes,
            write_bytes,
        };
        assert_eq!(io_v1(v1), both(11, 22));
        assert_eq!(io_v1(b"Total 0\n"), both(0, 0));
        let v2 = b"8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n254:0 rbytes=1 wbytes=2\n7:0 \n";
        assert_eq!(io_v2(v2), both(11, 22));
    }
}
