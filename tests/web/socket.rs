//! `--socket`: root's own way in, and a browser's through `ssh -L`.

use std::io::copy;
use std::net::{Shutdown, TcpListener};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::chromium::Chromium;
use crate::command::{Outcome, eventually, finish};
use crate::server::Server;

/// A folder of a test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("minic-socket-{}-{name}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        Self(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("web.sock")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The status that is answered to a request through `socket`, run by `before`; 0 when nothing is.
#[track_caller]
fn status(before: &[&str], socket: &Path, path: &str, args: &[&str]) -> u32 {
    let all = [
        before,
        &[
            "curl",
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "--max-time",
            "20",
            "--unix-socket",
        ],
    ]
    .concat();
    let output = Command::new(all[0])
        .args(&all[1..])
        .arg(socket)
        .args(args)
        .arg(format!("http://localhost{path}"))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout)
        .parse()
        .unwrap_or_else(|_| panic!("{before:?}: {output:?}"))
}

#[test]
fn root_needs_no_token_and_a_browser_does() {
    let folder = Folder::new("doors");
    let socket = folder.socket();
    let server = Server::on_socket(&socket, &["--allow-control"]);
    let made = std::fs::symlink_metadata(&socket).unwrap();
    assert!(
        made.file_type().is_socket() && made.mode() & 0o7777 == 0o600 && made.uid() == 0,
        "{made:?}"
    );
    let ask = |path: &str, args: &[&str]| status(&[], &socket, path, args);
    assert_eq!(ask("/api/containers", &[]), 200);
    assert_eq!(ask("/metrics", &[]), 200);
    let stop = "/api/containers/web/stop";
    assert_eq!(
        ask(stop, &["-X", "POST"]),
        403,
        "who changes something says from where"
    );
    assert_eq!(
        ask(stop, &["-X", "POST", "-H", "Origin: http://evil.example"]),
        403
    );
    assert_eq!(ask("/api/containers", &["-H", "Host: evil.example"]), 403);
    assert_eq!(
        ask("/api/containers", &["-H", "Host: evil.example:7070"]),
        403
    );
    assert_eq!(ask("/api/containers", &["-H", "Host: 10.0.0.1:7070"]), 403);
    let bearer = format!("Authorization: Bearer {}", server.token);
    for site in ["cross-site", "same-site", "same-origin", "none"] {
        let site = format!("Sec-Fetch-Site: {site}");
        assert_eq!(
            ask("/api/containers", &["-H", &site]),
            401,
            "a browser sends what any page asks it to"
        );
        assert_eq!(ask("/api/containers", &["-H", &site, "-H", &bearer]), 200);
    }
    let upgrade = [
        "-H",
        "Connection: Upgrade",
        "-H",
        "Upgrade: websocket",
        "-H",
        "Sec-WebSocket-Version: 13",
        "-H",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    assert_eq!(
        ask(
            "/ws",
            &[&upgrade[..], &["-H", "Origin: http://localhost"]].concat()
        ),
        401
    );
    assert_eq!(
        ask(stop, &["-X", "POST", "-H", "Origin: http://localhost"]),
        200
    );
}

#[test]
fn other_users_and_namespaces_are_refused() {
    let folder = Folder::new("peers");
    let socket = folder.socket();
    let _server = Server::on_socket(&socket, &[]);
    assert_eq!(
        status(
            &[
                "setpriv",
                "--reuid",
                "65534",
                "--regid",
                "65534",
                "--clear-groups"
            ],
            &socket,
            "/healthz",
            &[]
        ),
        0
    );
    // the mode is not all that keeps others out
    std::fs::set_permissions(&socket, PermissionsExt::from_mode(0o666)).unwrap();
    assert_eq!(
        status(
            &[
                "setpriv",
                "--reuid",
                "65534",
                "--regid",
                "65534",
                "--clear-groups"
            ],
            &socket,
            "/healthz",
            &[]
        ),
        0
    );
    assert_eq!(
        status(&["unshare", "--pid", "--fork"], &socket, "/healthz", &[]),
        0,
        "root of another PID namespace"
    );
    assert_eq!(
        status(
            &["unshare", "--user", "--map-root-user"],
            &socket,
            "/healthz",
            &[]
        ),
        0,
        "root of another user namespace"
    );
    assert_eq!(status(&[], &socket, "/healthz", &[]), 200);
}

#[track_caller]
fn web(socket: &Path) -> Outcome {
    finish(
        Command::new(env!("CARGO_BIN_EXE_minic-tui"))
            .args(["--config", "/dev/null", "web", "--demo", "--socket"])
            .arg(socket),
        "",
    )
}

#[test]
fn only_a_dead_socket_of_ours_is_replaced() {
    let folder = Folder::new("files");
    let socket = folder.socket();
    let mut server = Server::on_socket(&socket, &[]);
    assert!(
        web(&socket)
            .refused(125)
            .contains("another server listens there")
    );
    kill(Pid::from_raw(server.child.id() as i32), Signal::SIGTERM).unwrap();
    eventually("the server ends", || {
        server.child.try_wait().unwrap().is_some()
    });
    assert!(!socket.exists());
    // killed with -9 it stays, and the next takes its place
    drop(Server::on_socket(&socket, &[]));
    assert!(socket.exists());
    let mut server = Server::on_socket(&socket, &[]);
    assert_eq!(status(&[], &socket, "/healthz", &[]), 200);
    // somebody else's in its place is left alone
    std::fs::remove_file(&socket).unwrap();
    let _other = UnixListener::bind(&socket).unwrap();
    kill(Pid::from_raw(server.child.id() as i32), Signal::SIGTERM).unwrap();
    eventually("the server ends", || {
        server.child.try_wait().unwrap().is_some()
    });
    assert!(socket.exists());
    assert!(
        web(&socket)
            .refused(125)
            .contains("another server listens there")
    );
    drop(_other);
    std::os::unix::fs::chown(&socket, Some(65_534), None).unwrap();
    assert!(web(&socket).refused(125).contains("belongs to user 65534"));
    std::fs::remove_file(&socket).unwrap();
    std::fs::write(&socket, "kept").unwrap();
    assert!(
        web(&socket)
            .refused(125)
            .contains("exists and is not a socket")
    );
    let link = folder.0.join("link");
    std::os::unix::fs::symlink(&socket, &link).unwrap();
    assert!(
        web(&link)
            .refused(125)
            .contains("exists and is not a socket")
    );
    assert_eq!(std::fs::read_to_string(&socket).unwrap(), "kept");
    std::fs::set_permissions(&folder.0, PermissionsExt::from_mode(0o777)).unwrap();
    assert!(
        web(&folder.0.join("new"))
            .refused(125)
            .contains("others may replace files")
    );
    assert!(
        web(Path::new("/proc/nosuch/sock"))
            .refused(125)
            .contains("/proc/nosuch")
    );
    let both = Command::new(env!("CARGO_BIN_EXE_minic-tui"))
        .args(["web", "--demo", "--socket", "s", "--bind", "127.0.0.1:0"])
        .output();
    assert_eq!(both.unwrap().status.code(), Some(125));
}

/// What `ssh -L` does.
fn forward(socket: PathBuf) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut near in listener.incoming().map_while(Result::ok) {
            let Ok(mut far) = UnixStream::connect(&socket) else {
                return;
            };
            let (mut near_again, mut far_again) =
                (near.try_clone().unwrap(), far.try_clone().unwrap());
            thread::spawn(move || {
                let _ = copy(&mut near_again, &mut far_again);
                let _ = far_again.shutdown(Shutdown::Both);
            });
            thread::spawn(move || {
                let _ = copy(&mut far, &mut near);
                let _ = near.shutdown(Shutdown::Both);
            });
        }
    });
    port
}

#[test]
fn a_browser_comes_in_through_a_forwarded_port() {
    let folder = Folder::new("browser");
    let server = Server::on_socket(&folder.socket(), &[]);
    let port = forward(folder.socket());
    let mut browser = Chromium::start(900, 500);
    browser.open(&format!("http://localhost:{port}/"));
    browser
        .until_true("document.querySelector('#what')?.textContent.includes('No token') === true");
    browser.open(&format!("http://localhost:{port}/#token={}", server.token));
    browser.until("containers", |text| text.contains("cpu-quarter"));
    browser.press("4");
    browser.until("presets", |text| text.contains("[4"));
}
