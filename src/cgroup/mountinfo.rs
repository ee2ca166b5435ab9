//! Reading `/proc/self/mountinfo` (proc_pid_mountinfo(5)): which cgroup mounts can be seen.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A mounted cgroup tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CgroupMount {
    /// Which folder of the tree is mounted, as our cgroup namespace names it; `/..` is above the
    /// namespace.
    pub root: String,
    /// Where it is mounted.
    pub point: PathBuf,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// Whether it is cgroup2.
    pub v2: bool,
    /// The options of the file system: a v1 tree's controllers are among them.
    pub options: Vec<String>,
}

struct Line {
    id: u32,
    parent: u32,
    root: String,
    point: PathBuf,
    mount_options: String,
    kind: String,
    options: String,
}

/// Every cgroup mount that no other mount hides, in the order of the file.
pub(super) fn cgroup_mounts(text: &str) -> Vec<CgroupMount> {
    let lines: Vec<Line> = text.lines().filter_map(parse).collect();
    let hidden = hidden(&lines);
    lines
        .into_iter()
        .filter(|line| {
            (line.kind == "cgroup" || line.kind == "cgroup2") && !hidden.contains(&line.id)
        })
        .map(|line| CgroupMount {
            read_only: [&line.mount_options, &line.options]
                .iter()
                .any(|o| o.split(',').any(|word| word == "ro")),
            v2: line.kind == "cgroup2",
            options: line.options.split(',').map(str::to_owned).collect(),
            root: line.root,
            point: line.point,
        })
        .collect()
}

fn parse(line: &str) -> Option<Line> {
    let (mount, filesystem) = line.split_once(" - ")?;
    let mut mount = mount.split(' ');
    let id = mount.next()?.parse().ok()?;
    let parent = mount.next()?.parse().ok()?;
    let root = unescape(mount.nth(1)?);
    let point = unescape(mount.next()?);
    let mount_options = mount.next()?.to_owned();
    let mut filesystem = filesystem.split(' ');
    let kind = filesystem.next()?.to_owned();
    Some(Line {
        id,
        parent,
        root: String::from_utf8_lossy(&root).into_owned(),
        point: PathBuf::from(OsString::from_vec(point)),
        mount_options,
        kind,
        options: filesystem.nth(1).unwrap_or_default().to_owned(),
    })
}

/// The kernel writes space, tab, newline and backslash as `\ooo`.
fn unescape(field: &str) -> Vec<u8> {
    let bytes = field.as_bytes();
    if !bytes.contains(&b'\\') {
        return bytes.to_vec();
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let octal = (bytes[at] == b'\\')
            .then(|| field.get(at + 1..at + 4))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match octal {
            Some(byte) => {
                out.push(byte);
                at += 4;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

/// Mounts that a path no longer reaches: another one lies on them, or on a folder above them, or on
/// what they stand in.
fn hidden(lines: &[Line]) -> BTreeSet<u32> {
    let covered = |m: &Line| {
        // the kernel's first root stands in itself and lies on nothing
        lines
            .iter()
            .filter(|over| over.id != over.parent)
            .any(|over| {
                let on_it = over.parent == m.id && over.point == m.point;
                // lengths first: paths are compared component by component
                let shorter = over.point.as_os_str().len() < m.point.as_os_str().len();
                let above_it = over.id != m.id
                    && over.parent == m.parent
                    && shorter
                    && m.point.starts_with(&over.point);
                on_it || above_it
            })
    };
    let mut hidden: BTreeSet<u32> = lines
        .iter()
        .filter(|m| m.id != m.parent && covered(m))
        .map(|m| m.id)
        .collect();
    // what stands in a hidden mount is hidden too, except the mount that hides it by lying on its
    // top
    loop {
        let more: Vec<u32> = lines
            .iter()
            .filter(|m| !hidden.contains(&m.id) && hidden.contains(&m.parent))
            .filter(|m| lines.iter().any(|p| p.id == m.parent && p.point != m.point))
            .map(|m| m.id)
            .collect();
        if more.is_empty() {
            return hidden;
        }
        hidden.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Vec<String> {
        cgroup_mounts(text)
            .iter()
            .map(|m| m.point.display().to_string())
            .collect()
    }

    #[test]
    fn the_kernels_first_root_hides_nothing() {
        let text = "1 1 0:2 / / rw - rootfs rootfs rw\n26 1 0:23 / /sys rw - sysfs sys rw\n68 26 0:34 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
        assert_eq!(points(text), ["/sys/fs/cgroup"]);
    }

    #[test]
    fn fields_escapes_and_optional_fields() {
        let text = r"1 0 0:1 / / rw - ext4 /dev/vda rw
40 1 0:30 /a\040b /mnt/c\134d\040e rw,nosuid shared:7 master:2 - cgroup cgroup rw,cpu,cpuacct
41 1 0:31 / /u ro,nosuid - cgroup2 cgroup2 rw,nsdelegate
42 1 0:32 / /é rw - cgroup2 cgroup2 ro
not a line";
        let mounts = cgroup_mounts(text);
        assert_eq!(mounts.len(), 3);
        assert_eq!(
            (mounts[0].root.as_str(), mounts[0].point.to_str()),
            ("/a b", Some(r"/mnt/c\d e"))
        );
        assert_eq!(mounts[0].options, ["rw", "cpu", "cpuacct"]);
        assert!(!mounts[0].read_only && mounts[1].read_only && mounts[2].read_only);
        assert_eq!(mounts[2].point.to_str(), Some("/é"));
    }

    #[test]
    fn hidden_mounts_are_not_seen() {
        let base = "1 0 0:1 / / rw - ext4 d rw\n2 1 0:2 / /sys rw - sysfs s rw\n3 2 0:3 / /sys/fs/cgroup rw - tmpfs t rw\n\
                    4 3 0:4 / /sys/fs/cgroup/cpu rw - cgroup c rw,cpu\n";
        assert_eq!(points(base), ["/sys/fs/cgroup/cpu"]);
        let over = format!("{base}5 3 0:5 / /sys/fs/cgroup rw - cgroup2 c rw\n");
        assert_eq!(
            points(&over),
            ["/sys/fs/cgroup"],
            "a mount on the tmpfs hides what stands in it"
        );
        let above = format!("{base}9 2 0:9 / /sys/fs rw - tmpfs t rw\n");
        assert!(points(&above).is_empty(), "nor is a path below another");
        let beside = format!("{base}9 2 0:9 / /sys/f rw - tmpfs t rw\n");
        assert_eq!(points(&beside), ["/sys/fs/cgroup/cpu"]);
        let sysfs = format!(
            "{base}6 2 0:6 / /sys rw - sysfs s rw\n7 6 0:7 / /sys/fs/cgroup rw - cgroup2 c rw\n"
        );
        assert_eq!(
            points(&sysfs),
            ["/sys/fs/cgroup"],
            "a second sysfs hides the first one's mounts"
        );
        let twice = format!("{base}8 4 0:8 / /sys/fs/cgroup/cpu ro - cgroup c rw,cpu\n");
        assert_eq!(
            cgroup_mounts(&twice)
                .iter()
                .map(|m| m.read_only)
                .collect::<Vec<_>>(),
            [true],
            "the upper one counts"
        );
    }
}
