//! A container's base layer: its own files of `/etc`, in a layer over the image so that they need
//! no bind mounts.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

use super::FileError;
use crate::spec::{ContainerSpec, NetworkMode};

/// Maximum size of the host's resolv.conf that is copied: glibc reads a few lines of it.
const MAX_RESOLV_CONF: u64 = 64 << 10;

/// The files of `/etc` that are the container's own.
pub(super) const OWN_FILES: [&str; 3] = ["hosts", "hostname", "resolv.conf"];

/// Creates or rewrites `etc/hosts`, `etc/hostname` and `etc/resolv.conf` of `spec` in the folder
/// `base`.
///
/// Not while the container runs: an overlay's lower layers must not change under it.
///
/// # Errors
/// [`FileError`] when something cannot be created or written.
pub(crate) fn write_base(base: &Path, spec: &ContainerSpec) -> Result<(), FileError> {
    let etc = base.join("etc");
    let folder = |path: &Path| {
        match DirBuilder::new().mode(0o755).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => other.map_err(FileError::of("make", path))?,
        }
        let made = open_as_is(path, OFlag::O_RDONLY | OFlag::O_DIRECTORY)
            .map_err(FileError::of("open", path))?;
        set_mode(&made, 0o755)
            .map_err(FileError::of("set the permissions of", path))
            .map(|()| made)
    };
    folder(base)?;
    let made = folder(&etc)?;
    let texts = [
        hosts(spec),
        format!("{}\n", spec.hostname),
        resolv_conf(spec, Path::new("/etc/resolv.conf")),
    ];
    for (name, text) in OWN_FILES.into_iter().zip(texts) {
        let path = etc.join(name);
        // in the folder just created, following no link
        let flags = OFlag::O_WRONLY
            | OFlag::O_CREAT
            | OFlag::O_TRUNC
            | OFlag::O_NOFOLLOW
            | OFlag::O_NONBLOCK
            | OFlag::O_CLOEXEC;
        let file = openat(&made, name, flags, Mode::from_bits_truncate(0o644)).map(File::from);
        let written = file
            .map_err(io::Error::from)
            .and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file));
        let file = written.map_err(FileError::of("write", &path))?;
        set_mode(&file, 0o644).map_err(FileError::of("set the permissions of", &path))?;
    }
    Ok(())
}

/// Labels the files of `base`: with a root that is not an image they are mounted one by one, and
/// keep their own label.
///
/// # Errors
/// [`FileError`] where the policy or the file system refuses it.
pub(crate) fn label_base(
    base: &Path,
    set_label: impl Fn(BorrowedFd<'_>) -> nix::Result<()>,
) -> Result<(), FileError> {
    for name in OWN_FILES {
        let path = base.join("etc").join(name);
        let file = open_as_is(&path, OFlag::O_RDONLY | OFlag::O_NONBLOCK)
            .map_err(FileError::of("open", &path))?;
        set_label(file.as_fd()).map_err(|errno| FileError::of("label", &path)(errno.into()))?;
    }
    Ok(())
}

/// Makes it readable for all users inside, whatever the umask.
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode))
}

/// A link in its place is not followed.
fn open_as_is(path: &Path, flags: OFlag) -> io::Result<File> {
    Ok(nix::fcntl::open(
        path,
        flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC,
        Mode::empty(),
    )?
    .into())
}

fn hosts(spec: &ContainerSpec) -> String {
    let own = format!(
        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t{}\n",
        spec.hostname
    );
    spec.add_hosts.iter().fold(own, |text, (name, address)| {
        format!("{text}{address}\t{name}\n")
    })
}

fn resolv_conf(spec: &ContainerSpec, host: &Path) -> String {
    if !spec.dns.is_empty() {
        return spec
            .dns
            .iter()
            .map(|address| format!("nameserver {address}\n"))
            .collect();
    }
    match &spec.network {
        NetworkMode::None | NetworkMode::Container(_) => {
            "# this container has a network of its own with nothing but lo: no name server can be reached\n".into()
        }
        NetworkMode::Host => {
            let mut text = String::new();
            let read = File::open(host).and_then(|file| file.take(MAX_RESOLV_CONF).read_to_string(&mut text));
            match read {
                Ok(_) => text,
                Err(error) => format!("# the host's {} cannot be read: {error}\n", host.display()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::spec::Preset;

    fn spec(net: NetworkMode<String>) -> ContainerSpec {
        let request = Preset {
            command: Some(vec!["sh".into()]),
            net: Some(net),
            hostname: Some("web".into()),
            add_hosts: vec!["db:192.0.2.7".into()],
            ..Preset::default()
        };
        crate::spec::preview(
            crate::spec::ContainerId::from_random([1; 6]),
            None,
            &request,
        )
        .unwrap()
    }

    #[test]
    fn names_are_looked_up_where_the_network_is_the_hosts() {
        let file = std::env::temp_dir().join(format!("minic-resolv-{}", std::process::id()));
        fs::write(&file, "nameserver 192.0.2.1\n").unwrap();
        assert_eq!(
            resolv_conf(&spec(NetworkMode::Host), &file),
            "nameserver 192.0.2.1\n"
        );
        let own = ContainerSpec {
            dns: vec!["192.0.2.53".parse().unwrap()],
            ..spec(NetworkMode::Host)
        };
        assert_eq!(resolv_conf(&own, &file), "nameserver 192.0.2.53\n");
        fs::remove_file(&file).unwrap();
        for text in [
            resolv_conf(&spec(NetworkMode::None), &file),
            resolv_conf(&spec(NetworkMode::Host), &file),
        ] {
            assert!(text.starts_with('#') && text.ends_with('\n'), "{text}");
        }
    }

    #[test]
    fn hosts_has_its_own_name_and_added_ones() {
        let text = hosts(&spec(NetworkMode::None));
        for line in [
            ["127.0.1.1", "web"],
            ["127.0.0.1", "localhost"],
            ["192.0.2.7", "db"],
        ] {
            assert!(
                text.lines().any(|l| l.split_whitespace().eq(line)),
                "{text}"
            );
        }
    }
}
