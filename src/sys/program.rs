//! Protecting our own executable from containers (CVE-2019-5736).
//!
//! A process about to execute something in a container exposes our executable through
//! `/proc/PID/exe`, `/proc/PID/map_files`, and as the interpreter of a script that begins with
//! `#!/proc/self/exe`. These links open the file through the mount it was mapped from, and root
//! inside could write it. So every file mapping is replaced by one of the same file through a
//! detached read-only mount, and `/proc/self/exe` is pointed there (prctl(2), PR_SET_MM_EXE_FILE):
//! writing fails with EROFS. Re-executing from there would do the same, at the cost of a program
//! start in each launch.

use std::ffi::{CStr, CString, c_void};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow};

use super::clone::thread_count;
use super::mount::{self, ATTR_RDONLY};

/// prctl(2) options of `linux/prctl.h`.
const PR_SET_MM: i32 = 35;
const PR_SET_MM_EXE_FILE: u64 = 13;
const PR_SET_MM_MAP: u64 = 14;

/// `struct prctl_mm_map` of `linux/prctl.h`.
#[repr(C)]
#[derive(Default)]
struct MemoryMap {
    start_code: u64,
    end_code: u64,
    start_data: u64,
    end_data: u64,
    start_brk: u64,
    brk: u64,
    start_stack: u64,
    arg_start: u64,
    arg_end: u64,
    env_start: u64,
    env_end: u64,
    auxv: u64,
    auxv_size: u32,
    exe_fd: u32,
}

/// Whether this process, or one that it was forked from, has done it already.
static DONE: AtomicBool = AtomicBool::new(false);

/// Keeps the read-only mount. Dropping it waits for an RCU grace period in the kernel: do so off
/// the critical path, and before a child can inherit it.
#[derive(Debug)]
pub(crate) struct ReadOnlyView {
    _root: Option<OwnedFd>,
}

/// A mapped part of a file.
struct Area {
    range: Range<usize>,
    protection: i32,
    offset: i64,
    /// Index of the file.
    file: usize,
}

/// Replaces this process's file mappings, and its exe link, with read-only ones. Forked children
/// inherit them; a second call, or one in such a child, does nothing.
///
/// # Errors
/// When this process has more than one thread, or EPERM without CAP_SYS_ADMIN and CAP_SYS_RESOURCE
/// in the initial user namespace.
pub(crate) fn make_read_only() -> io::Result<ReadOnlyView> {
    if DONE.load(Ordering::Relaxed) {
        return Ok(ReadOnlyView { _root: None });
    }
    if thread_count()? != 1 {
        return Err(io::Error::other(
            "a process with threads cannot replace its mappings",
        ));
    }
    let root = read_only(c"/")?;
    let (areas, files) = mapped(&root)?;
    let program = open_read_only(&root, Path::new("/proc/self/exe"))?;
    let written = written_ranges();
    let others = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    // no allocation from here on: malloc's state is among the data being replaced
    let exchanged = areas.iter().try_for_each(|area| {
        let is_written = written
            .iter()
            .any(|w| w.start < area.range.end && area.range.start < w.end);
        if is_written {
            replace_by_copy(area)
        } else {
            replace_by_file(area, &files[area.file])
        }
    });
    others.thread_set_mask()?;
    exchanged?;
    set_exe_link(&program)?;
    DONE.store(true, Ordering::Relaxed);
    Ok(ReadOnlyView { _root: Some(root) })
}

/// Points `/proc/self/exe` at `program`. The kernel refuses while the old one is still mapped.
fn set_exe_link(program: &File) -> io::Result<()> {
    // SAFETY: integers only; the kernel takes a reference of its own.
    match Errno::result(unsafe {
        libc::prctl(
            PR_SET_MM,
            PR_SET_MM_EXE_FILE,
            program.as_raw_fd() as u64,
            0,
            0,
        )
    }) {
        // without CAP_SYS_RESOURCE only PR_SET_MM_MAP is allowed, which needs
        // CONFIG_CHECKPOINT_RESTORE
        Err(Errno::EPERM) => set_exe_link_with_map(program),
        other => Ok(other.map(drop)?),
    }
}

fn set_exe_link_with_map(program: &File) -> io::Result<()> {
    let stat = super::text::read("/proc/self/stat")?;
    let fields = stat
        .rsplit_once(") ")
        .map(|(_, fields)| fields.split_whitespace().collect::<Vec<_>>())
        .unwrap_or_default();
    // proc(5) counts fields from 1, and the first one here is the third
    let field = |number: usize| {
        fields
            .get(number - 3)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    };
    // SAFETY: queries the end of the heap; an invalid address changes nothing.
    let brk = unsafe { libc::syscall(libc::SYS_brk, 0) } as u64;
    let map = MemoryMap {
        start_code: field(26),
        end_code: field(27),
        start_data: field(45),
        end_data: field(46),
        start_brk: field(47),
        brk,
        start_stack: field(28),
        arg_start: field(48),
        arg_end: field(49),
        env_start: field(50),
        env_end: field(51),
        exe_fd: program.as_raw_fd() as u32,
        ..MemoryMap::default()
    };
    // SAFETY: the kernel reads one structure of the given size, and validates the addresses, which
    // are the current ones.
    let done = unsafe {
        libc::prctl(
            PR_SET_MM,
            PR_SET_MM_MAP,
            &raw const map,
            size_of::<MemoryMap>(),
            0,
        )
    };
    Ok(Errno::result(done).map(drop)?)
}

/// A detached read-only copy of the mount at `path`.
fn read_only(path: &CStr) -> nix::Result<OwnedFd> {
    let tree = mount::clone_tree(path, false)?;
    mount::set_attributes(tree.as_fd(), ATTR_RDONLY, false)?;
    Ok(tree)
}

/// Opens the target of `link` (a magic link of proc(5)) through a read-only mount: through `root`
/// if the file is in it, else through a new one.
fn open_read_only(root: &OwnedFd, link: &Path) -> io::Result<File> {
    let wanted = std::fs::metadata(link)?;
    let shown = std::fs::read_link(link)?;
    let text = CString::new(shown.as_os_str().as_bytes())?;
    if let Ok(fd) = mount::open_in_root(root.as_fd(), &text, libc::O_RDONLY | libc::O_NONBLOCK) {
        let file = File::from(fd);
        let found = file.metadata()?;
        if (found.dev(), found.ino()) == (wanted.dev(), wanted.ino()) {
            return Ok(file);
        }
    }
    // on another mount, or replaced since it was mapped
    let alone = read_only(&CString::new(link.as_os_str().as_bytes())?)?;
    File::open(format!("/proc/self/fd/{}", alone.as_raw_fd()))
}

/// The private file mappings (`/proc/self/maps`), and the files, opened read-only.
fn mapped(root: &OwnedFd) -> io::Result<(Vec<Area>, Vec<File>)> {
    let maps = super::text::read("/proc/self/maps")?;
    let (mut areas, mut files, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for line in maps.lines() {
        let Some((range, protection, offset, identity)) = parse(line) else {
            continue;
        };
        let file = match known.iter().position(|seen| *seen == identity) {
            Some(index) => index,
            None => {
                let link: PathBuf =
                    format!("/proc/self/map_files/{:x}-{:x}", range.start, range.end).into();
                files.push(open_read_only(root, &link)?);
                known.push(identity);
                files.len() - 1
            }
        };
        areas.push(Area {
            range,
            protection,
            offset,
            file,
        });
    }
    Ok((areas, files))
}

/// Parses `start-end perms offset dev inode path` of a private file mapping; the last element
/// identifies the file.
fn parse(line: &str) -> Option<(Range<usize>, i32, i64, &str)> {
    let mut words = line.splitn(4, ' ');
    let (start, end) = words.next()?.split_once('-')?;
    let (permissions, offset, identity) = (words.next()?, words.next()?, words.next()?);
    let inode = identity.split(' ').nth(1)?;
    if inode == "0" || !permissions.ends_with('p') {
        return None;
    }
    let hex = |text| usize::from_str_radix(text, 16).ok();
    let bits = [
        ('r', libc::PROT_READ),
        ('w', libc::PROT_WRITE),
        ('x', libc::PROT_EXEC),
    ];
    let protection = bits
        .iter()
        .filter(|(letter, _)| permissions.contains(*letter))
        .fold(0, |all, (_, bit)| all | bit);
    Some((
        hex(start)?..hex(end)?,
        protection,
        i64::from_str_radix(offset, 16).ok()?,
        identity,
    ))
}

/// Where loaded objects may differ from their files: writable segments, including relocated
/// read-only data.
fn written_ranges() -> Vec<Range<usize>> {
    unsafe extern "C" fn note(info: *mut libc::dl_phdr_info, _: usize, found: *mut c_void) -> i32 {
        // SAFETY: the loader calls this with a valid object, and `found` is the Vec passed below,
        // used only here.
        let (info, found) = unsafe { (&*info, &mut *found.cast::<Vec<Range<usize>>>()) };
        // SAFETY: the loader gives the number of headers, which stay in memory while the object is
        // loaded.
        let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
        for header in headers
            .iter()
            .filter(|h| h.p_type == libc::PT_LOAD && h.p_flags & libc::PF_W != 0)
        {
            let start = info.dlpi_addr as usize + header.p_vaddr as usize;
            found.push(start..start + header.p_memsz as usize);
        }
        0
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    // SAFETY: `note` has the required type and only uses the Vec, which outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(note), std::ptr::from_mut(&mut found).cast()) };
    found
}

/// Replaces an unmodified mapping with one of the same part of the same file.
fn replace_by_file(area: &Area, file: &File) -> nix::Result<()> {
    let flags = libc::MAP_PRIVATE | libc::MAP_FIXED;
    let length = area.range.len();
    // SAFETY: the range is a whole, unmodified file mapping of ours; the new one has the same
    // contents, address and protection when the call returns, so even the calling code may be in
    // it.
    let at = unsafe {
        libc::mmap(
            area.range.start as *mut c_void,
            length,
            area.protection,
            flags,
            file.as_raw_fd(),
            area.offset,
        )
    };
    if at == libc::MAP_FAILED {
        Err(Errno::last())
    } else {
        Ok(())
    }
}

/// Replaces a mapping with anonymous memory of the same contents.
fn replace_by_copy(area: &Area) -> nix::Result<()> {
    let (start, length) = (area.range.start as *mut c_void, area.range.len());
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping at an address of the kernel's choice.
    let copy = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            flags,
            -1,
            0,
        )
    };
    if copy == libc::MAP_FAILED {
        return Err(Errno::last());
    }
    // SAFETY: both ranges are mapped, of equal length and disjoint; the data is readable. There is
    // one thread, with all signals blocked: nothing writes to the data between copy and
    // replacement.
    unsafe { std::ptr::copy_nonoverlapping(start.cast::<u8>(), copy.cast::<u8>(), length) };
    // SAFETY: the new mapping is ours alone.
    Errno::result(unsafe { libc::mprotect(copy, length, area.protection) })?;
    // SAFETY: moves the copy onto the range atomically, with the same contents.
    let moved = unsafe {
        libc::mremap(
            copy,
            length,
            length,
            libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED,
            start,
        )
    };
    if moved == libc::MAP_FAILED {
        Err(Errno::last())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_private_file_mappings_are_parsed() {
        let line = "7f00000-7f02000 r-xp 00001000 fe:00 42                         /usr/lib/a b.so (deleted)";
        let (range, protection, offset, identity) = parse(line).unwrap();
        assert_eq!(
            (range, protection, offset),
            (
                0x7f0_0000..0x7f0_2000,
                libc::PROT_READ | libc::PROT_EXEC,
                0x1000
            )
        );
        assert!(identity.starts_with("fe:00 42 "));
        for other in [
            "7f0-7f1 rw-p 00000000 00:00 0 ",
            "7f0-7f1 rw-s 00000000 fe:00 42 /x",
            "7f0-7f1 r-xp 0 00:00 0 [vdso]",
            "nonsense",
            "",
        ] {
            assert!(parse(other).is_none(), "{other:?}");
        }
    }
}
