//! The whole program in a real terminal beside real containers: what share of a core it uses.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// A state folder and a tmux server, removed at the end.
struct Site {
    binary: String,
    state: PathBuf,
    socket: String,
}

impl Site {
    fn minic(&self, args: &[&str]) -> bool {
        let output = Command::new(&self.binary)
            .arg("--state")
            .arg(&self.state)
            .args(args)
            .output()
            .expect("the binary runs");
        output.status.success()
    }

    fn tmux(&self, args: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-u", "-L", &self.socket])
            .args(args)
            .output()
            .expect("tmux is there");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
        let listed = Command::new(&self.binary)
            .arg("--state")
            .arg(&self.state)
            .args(["list", "-q"])
            .output()
            .expect("the binary runs");
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let ids: Vec<&str> = listed.split_whitespace().collect();
        for some in ids.chunks(50) {
            self.minic(&[&["destroy", "-f"], some].concat());
        }
        let _ = fs::remove_dir_all(&self.state);
    }
}

/// CPU time that `pid` has used, user and system, in clock ticks (proc(5), stat: utime and stime),
/// and its resident kilobytes.
fn used(pid: u32) -> Option<(u64, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let resident = status.lines().find_map(|line| {
        line.strip_prefix("VmRSS:")?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    })?;
    Some((
        fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?,
        resident,
    ))
}

/// Starts `count` containers that sleep, opens the screen of `binary` beside them, and says what it
/// uses of a core in `seconds`.
pub(crate) fn share(binary: &str, count: usize, seconds: u64) -> String {
    let state = std::env::temp_dir().join(format!("minic-bench-{}", std::process::id()));
    let site = Site {
        binary: binary.into(),
        state,
        socket: format!("minic-bench-{}", std::process::id()),
    };
    for _ in 0..count {
        assert!(
            site.minic(&["run", "-d", "--memory", "64", "sleep", "10000"]),
            "a container starts"
        );
    }
    let command = format!("exec {} --state {}", site.binary, site.state.display());
    site.tmux(&[
        "-f",
        "/dev/null",
        "new-session",
        "-d",
        "-x",
        "120",
        "-y",
        "40",
        &command,
    ]);
    // the first samples open every file; what comes after is how it goes on
    std::thread::sleep(Duration::from_secs(10));
    let pid: u32 = site
        .tmux(&["display-message", "-p", "#{pane_pid}"])
        .trim()
        .parse()
        .expect("the pane has a process");
    let shown = site.tmux(&["capture-pane", "-p"]);
    assert!(
        shown.contains(&format!("{count} running")),
        "the screen shows them:\n{shown}"
    );
    let (before, _) = used(pid).expect("the screen runs");
    std::thread::sleep(Duration::from_secs(seconds));
    let (after, resident) = used(pid).expect("the screen still runs");
    // sysconf(_SC_CLK_TCK) is 100 on every Linux that this program runs on
    let percent = (after - before) as f64 / seconds as f64;
    format!(
        "{percent:.2} % of a core, {:.1} MB resident",
        resident as f64 / 1024.0
    )
}
