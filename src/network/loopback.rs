//! The loopback interface of a new network namespace, which starts down and without an address.

use crate::sys::net::set_interface_up;

/// Brings `lo` of the current network namespace up; the kernel then assigns 127.0.0.1 and ::1.
/// Allocates nothing, so it may run between clone and execve.
///
/// # Errors
/// EPERM without CAP_NET_ADMIN in the namespace.
pub(crate) fn bring_loopback_up() -> nix::Result<()> {
    set_interface_up(c"lo")
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::process::Command;

    use super::*;

    #[test]
    #[ignore = "the child of another test, in a network namespace of its own"]
    fn talks_to_itself() {
        assert!(
            TcpListener::bind("127.0.0.1:0")
                .and_then(|l| TcpStream::connect(l.local_addr()?))
                .is_err(),
            "lo starts down"
        );
        bring_loopback_up().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    }

    #[test]
    fn loopback_works_in_a_new_namespace() {
        assert!(
            nix::unistd::geteuid().is_root(),
            "namespaces need root: run the tests through cargo test"
        );
        let mut child = Command::new("unshare");
        child
            .args(["--net", "--"])
            .arg(std::env::current_exe().unwrap());
        child.args([
            "--exact",
            "network::loopback::tests::talks_to_itself",
            "--ignored",
        ]);
        let output = child.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
    }
}
