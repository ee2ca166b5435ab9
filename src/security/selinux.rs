//! SELinux (selinux(8)): the labels of a container's processes and files, on a host with SELinux.
//!
//! The policy's labels for containers are in its `lxc_contexts` (as for podman and docker). Whether
//! we may start such a process, and it may use our descriptors, is checked beforehand: at execve
//! the kernel silently replaces descriptors that the policy forbids by a null device
//! (security/selinux/hooks.c: flush_unauthorized_files).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use super::apparmor;
use crate::spec::{ContainerSpec, SeLinux};
use crate::sys::xattr;

/// Exists when selinuxfs is mounted (libselinux: SELINUXMNT).
const FOLDER: &str = "/sys/fs/selinux";
/// selinux_config(5).
const CONFIG: &str = "/etc/selinux/config";

/// The contexts of a container's processes and files: `USER:ROLE:TYPE[:LEVEL]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Labels {
    /// Of its processes.
    pub process: String,
    /// Of all files in its root (OCI runtime spec, linux.mountLabel).
    pub file: String,
}

impl Labels {
    /// The label of files shared by all containers: without categories.
    #[must_use]
    pub(crate) fn shared_file(&self) -> String {
        self.file
            .splitn(5, ':')
            .take(4)
            .collect::<Vec<_>>()
            .join(":")
    }

    /// Labels a host file that the container is given.
    ///
    /// # Errors
    /// EACCES where the policy forbids it, ENOTSUP where the file system has no labels.
    pub(crate) fn set_on(&self, file: BorrowedFd<'_>) -> nix::Result<()> {
        xattr::set(
            file,
            xattr::SELINUX,
            &[self.file.as_bytes(), b"\0"].concat(),
        )
    }
}

/// Our own label; `None` when SELinux is off, or no policy is loaded.
#[must_use]
pub(crate) fn own_label() -> Option<String> {
    if apparmor::is_in_the_kernel() {
        // both modules use this file; only one is enabled
        return None;
    }
    label_of(Path::new("/proc/thread-self"))
}

/// The label of a process (`/proc/PID/attr/current`); `None` when SELinux is off.
#[must_use]
pub(crate) fn label_of(process: &Path) -> Option<String> {
    let text = fs::read_to_string(process.join("attr/current")).ok()?;
    let label = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    // "kernel" while no policy is loaded
    (label.splitn(4, ':').count() >= 3).then(|| label.to_owned())
}

/// Whether it is enforcing rather than permissive; `None` when unknown.
#[must_use]
pub(crate) fn is_enforcing() -> Option<bool> {
    fs::read_to_string(Path::new(FOLDER).join("enforce"))
        .ok()
        .map(|text| text.trim() == "1")
}

/// The labels of this host's containers, without categories.
///
/// # Errors
/// A message: why they cannot have any.
pub(crate) fn of_containers() -> Result<Labels, String> {
    let own = own_label().ok_or("this host has no SELinux")?;
    check(policy_labels()?, &own, true)
}

/// The labels of `spec`; `None` without SELinux, or when it is unconfined.
///
/// # Errors
/// A message: why it cannot have them.
pub(crate) fn labels(spec: &ContainerSpec) -> Result<Option<Labels>, String> {
    let wanted = &spec.security.selinux;
    let own = match (wanted, own_label()) {
        (SeLinux::Unconfined, _) | (SeLinux::Default, None) => return Ok(None),
        (SeLinux::Named(_), None) => return Err("this host has no SELinux".into()),
        (_, Some(own)) => own,
    };
    let categories = spec.categories.map(crate::spec::Categories::words);
    check(
        chosen(&policy_labels()?, wanted, categories.as_deref()),
        &own,
        spec.security.no_new_privileges,
    )
    .map(Some)
}

/// The policy's labels for containers, before those of one container are derived.
fn policy_labels() -> Result<Labels, String> {
    if is_enforcing().is_none() {
        return Err(format!(
            "its file system is not mounted (mount -t selinuxfs selinuxfs {FOLDER})"
        ));
    }
    let config = fs::read_to_string(CONFIG).map_err(|e| format!("{CONFIG}: {e}"))?;
    let policy = value_of(&config, "SELINUXTYPE").unwrap_or_else(|| "targeted".into());
    let file = PathBuf::from("/etc/selinux")
        .join(&policy)
        .join("contexts/lxc_contexts");
    let without = |why: &dyn std::fmt::Display| {
        format!(
            "the policy {policy:?} has no labels for containers: {}: {why}",
            file.display()
        )
    };
    let text = fs::read_to_string(&file).map_err(|e| without(&e))?;
    match (value_of(&text, "process"), value_of(&text, "file")) {
        (Some(process), Some(file)) => Ok(Labels { process, file }),
        _ => Err(without(&"it names no process and no file")),
    }
}

/// Pure: the value of the last `KEY=value` line, without quotes.
fn value_of(text: &str, key: &str) -> Option<String> {
    let mut pairs = text.lines().filter_map(|line| line.trim().split_once('='));
    let found = pairs.rfind(|(name, _)| name.trim() == key)?.1;
    let value = found.trim().trim_matches('"').trim();
    (!value.is_empty() && !value.contains(char::is_whitespace)).then(|| value.to_owned())
}

/// Pure: derives the wanted labels from the policy's. Categories are added to a level without any;
/// a policy without levels gets none.
fn chosen(policy_labels: &Labels, wanted: &SeLinux, categories: Option<&str>) -> Labels {
    let mut process: Vec<String> = policy_labels
        .process
        .splitn(4, ':')
        .map(str::to_owned)
        .collect();
    match wanted {
        SeLinux::Named(label) if label.contains(':') => {
            process = label.splitn(4, ':').map(str::to_owned).collect()
        }
        SeLinux::Named(kind) => {
            if let Some(place) = process.get_mut(2) {
                kind.clone_into(place);
            }
        }
        SeLinux::Default | SeLinux::Unconfined => {}
    }
    if let (Some(level), Some(categories)) = (process.get_mut(3), categories)
        && !level.contains(':')
    {
        level.push(':');
        level.push_str(categories);
    }
    let mut file: Vec<String> = policy_labels
        .file
        .splitn(4, ':')
        .map(str::to_owned)
        .collect();
    if let (Some(theirs), Some(level)) = (file.get_mut(3), process.get(3)) {
        // files of a process with a range of levels have the lowest
        level.split('-').next().unwrap_or(level).clone_into(theirs);
    }
    Labels {
        process: process.join(":"),
        file: file.join(":"),
    }
}

/// Checks that the loaded policy knows the labels, lets `own` start such a process, and lets that
/// use its program and our pipes.
fn check(labels: Labels, own: &str, no_new_privs: bool) -> Result<Labels, String> {
    for label in [&labels.process, &labels.file] {
        is_known(label).map_err(|e| match e.raw_os_error() {
            Some(nix::libc::EINVAL) => format!("the loaded policy does not know {label} (its package for containers may be missing)"),
            _ => format!("{FOLDER}/context: {e}"),
        })?;
    }
    if is_enforcing() == Some(false) {
        // permissive: denials are only logged
        return Ok(labels);
    }
    let (process, file) = (labels.process.as_str(), labels.file.as_str());
    let needed = [
        (own, process, "process", "transition"),
        (process, file, "file", "entrypoint"),
        (process, file, "file", "execute"),
        (process, own, "fd", "use"),
        (process, file, "fifo_file", "read"),
        (process, file, "fifo_file", "write"),
    ];
    let nnp = no_new_privs.then_some((own, process, "process2", "nnp_transition"));
    check_access(&needed.into_iter().chain(nnp).collect::<Vec<_>>())?;
    Ok(labels)
}

/// Source and target labels, a class, a permission.
type Access<'a> = (&'a str, &'a str, &'a str, &'a str);

/// Refuses the first access of `needed` that the policy does not allow.
fn check_access(needed: &[Access]) -> Result<(), String> {
    for &(source, target, class, permission) in needed {
        if !may(source, target, class, permission).map_err(|e| format!("{FOLDER}: {e}"))? {
            let (source, target) = (kind(source), kind(target));
            return Err(format!(
                "the policy lacks \"allow {source} {target}:{class} {permission};\", or its categories forbid that"
            ));
        }
    }
    Ok(())
}

/// The type of a label.
fn kind(label: &str) -> &str {
    label.split(':').nth(2).unwrap_or(label)
}

/// Asks the kernel (security/selinux/selinuxfs.c: sel_write_context).
fn is_known(label: &str) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .open(Path::new(FOLDER).join("context"))?
        .write_all(label.as_bytes())
}

/// Whether the policy allows `source` the permission on `target`, or `source` is permissive
/// (sel_write_access); undefined permissions are decided by `deny_unknown`.
fn may(source: &str, target: &str, class: &str, permission: &str) -> io::Result<bool> {
    let folder = Path::new(FOLDER);
    let read = |file: &Path| -> io::Result<Option<u32>> {
        match fs::read_to_string(folder.join(file)) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    };
    let place = Path::new("class").join(class);
    let (Some(class), Some(permission)) = (
        read(&place.join("index"))?,
        read(&place.join("perms").join(permission))?,
    ) else {
        return Ok(read(Path::new("deny_unknown"))? == Some(0));
    };
    let mut access: File = OpenOptions::new()
        .read(true)
        .write(true)
        .open(folder.join("access"))?;
    access.write_all(format!("{source} {target} {class}").as_bytes())?;
    let mut answer = [0; 256];
    let length = access.read(&mut answer)?;
    Ok(is_allowed(
        &String::from_utf8_lossy(&answer[..length]),
        permission,
    ))
}

/// Pure: the kernel's answer, `ALLOWED DECIDED AUDITALLOW AUDITDENY SEQUENCE FLAGS` (hexadecimal
/// but for the sequence), about permission number `permission`, counted from 1. The first flag says
/// that the source is permissive.
fn is_allowed(answer: &str, permission: u32) -> bool {
    let fields: Vec<&str> = answer.split_whitespace().collect();
    let hexadecimal = |n: usize| {
        fields
            .get(n)
            .and_then(|text| u32::from_str_radix(text, 16).ok())
            .unwrap_or(0)
    };
    let bit = permission
        .checked_sub(1)
        .and_then(|shift| 1_u32.checked_shl(shift))
        .unwrap_or(0);
    hexadecimal(0) & bit != 0 || hexadecimal(5) & 1 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy_labels() -> Labels {
        Labels {
            process: "system_u:system_r:container_t:s0".into(),
            file: "system_u:object_r:container_file_t:s0".into(),
        }
    }

    fn of(wanted: &str, categories: Option<&str>) -> (String, String) {
        let wanted = if wanted.is_empty() {
            SeLinux::Default
        } else {
            SeLinux::Named(wanted.into())
        };
        let Labels { process, file } = chosen(&policy_labels(), &wanted, categories);
        (process, file)
    }

    #[test]
    fn labels_are_derived_from_the_policy_with_own_categories() {
        let file = |level: &str| format!("system_u:object_r:container_file_t:{level}");
        assert_eq!(
            of("", Some("c1,c2")),
            (
                "system_u:system_r:container_t:s0:c1,c2".into(),
                file("s0:c1,c2")
            )
        );
        assert_eq!(
            of("", None),
            ("system_u:system_r:container_t:s0".into(), file("s0"))
        );
        assert_eq!(
            of("spc_t", Some("c1,c2")),
            ("system_u:system_r:spc_t:s0:c1,c2".into(), file("s0:c1,c2"))
        );
        assert_eq!(
            of("a_u:b_r:c_t:s0:c7", Some("c1,c2")),
            ("a_u:b_r:c_t:s0:c7".into(), file("s0:c7"))
        );
        assert_eq!(
            of("a_u:b_r:c_t:s0-s0:c0.c9", None),
            ("a_u:b_r:c_t:s0-s0:c0.c9".into(), file("s0"))
        );
        assert_eq!(
            chosen(&policy_labels(), &SeLinux::Default, Some("c1,c2")).shared_file(),
            file("s0")
        );
        let plain = Labels {
            process: "u:r:t".into(),
            file: "u:object_r:f".into(),
        };
        assert_eq!(
            chosen(&plain, &SeLinux::Default, Some("c1,c2")),
            plain,
            "a policy without levels"
        );
    }

    #[test]
    fn files_of_keys_are_read_with_and_without_quotes() {
        let text = "# process = \"a\"\nprocess = \"system_u:system_r:container_t:s0\"\nSELINUXTYPE=targeted \nempty = \"\"\n";
        assert_eq!(
            value_of(text, "process").as_deref(),
            Some("system_u:system_r:container_t:s0")
        );
        assert_eq!(value_of(text, "SELINUXTYPE").as_deref(), Some("targeted"));
        assert_eq!(
            (value_of(text, "empty"), value_of(text, "file")),
            (None, None)
        );
    }

    #[test]
    fn the_kernels_answer_is_a_set_of_bits() {
        assert!(is_allowed("2 ffffffff 0 ffffffff 7 0", 2));
        assert!(
            !is_allowed("2 ffffffff 0 ffffffff 7 0", 1)
                && !is_allowed("", 1)
                && !is_allowed("ffffffff", 0)
                && !is_allowed("ffffffff", 40)
        );
        assert!(
            is_allowed("0 ffffffff 0 ffffffff 7 1", 5),
            "a permissive type may do everything"
        );
    }
}
