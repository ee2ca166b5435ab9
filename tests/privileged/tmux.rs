//! [`Tmux`]: a terminal with simulated key presses.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::command::comes_true;

/// A tmux server of its own, with one session that runs a shell. It ends when this is dropped.
pub(crate) struct Tmux {
    socket: String,
    /// What the screen remembers is its own too, or tests would show each other's panes.
    home: PathBuf,
}

impl Tmux {
    /// A terminal of `width` × `height` cells, of somebody who has seen the screen before.
    #[track_caller]
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self::of(width, height, Some("hint_seen = true\n"))
    }

    /// The same of somebody who has not.
    #[track_caller]
    pub(crate) fn of_newcomer(width: u16, height: u16) -> Self {
        Self::of(width, height, None)
    }

    #[track_caller]
    fn of(width: u16, height: u16, remembered: Option<&str>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let socket = format!(
            "minic-test-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let home = std::env::temp_dir().join(format!("{socket}-home"));
        let folder = home.join(".local/state/minic-tui");
        fs::create_dir_all(&folder).unwrap();
        if let Some(text) = remembered {
            fs::write(folder.join("screen.toml"), text).unwrap();
        }
        let shell = format!(
            "env -u XDG_STATE_HOME -u XDG_CONFIG_HOME HOME={} PS1='prompt$ ' sh",
            home.display()
        );
        let tmux = Self { socket, home };
        let (width, height) = (width.to_string(), height.to_string());
        tmux.tell(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &width,
            "-y",
            &height,
            &shell,
        ]);
        tmux.wait_for("prompt$");
        tmux
    }

    #[track_caller]
    fn tell(&self, args: &[&str]) -> String {
        let mut command = Command::new("tmux");
        let output = command.args(["-u", "-L", &self.socket]).args(args).output();
        let output = output.unwrap_or_else(|error| panic!("tmux: {error}; apt-get install tmux"));
        assert!(
            output.status.success(),
            "tmux {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Types `text` as it stands.
    #[track_caller]
    pub(crate) fn write(&self, text: &str) {
        self.tell(&["send-keys", "-l", "--", text]);
    }

    /// Presses keys by tmux's names: `Enter`, `Escape`, `C-c`, `F1`.
    #[track_caller]
    pub(crate) fn press(&self, keys: &[&str]) {
        self.tell(&[&["send-keys"], keys].concat());
    }

    /// Makes the terminal `width` × `height` cells.
    #[track_caller]
    pub(crate) fn resize(&self, width: u16, height: u16) {
        self.tell(&[
            "resize-window",
            "-x",
            &width.to_string(),
            "-y",
            &height.to_string(),
        ]);
    }

    /// Lets programs inside set tmux's clipboard with OSC 52.
    #[track_caller]
    pub(crate) fn allow_copying(&self) {
        self.tell(&["set-option", "-g", "set-clipboard", "on"]);
    }

    /// What was copied last; nothing when nothing was.
    #[track_caller]
    pub(crate) fn copied(&self) -> String {
        // without a buffer show-buffer fails
        if self.tell(&["list-buffers"]).is_empty() {
            String::new()
        } else {
            self.tell(&["show-buffer"])
        }
    }

    /// What is on the screen.
    #[track_caller]
    pub(crate) fn screen(&self) -> String {
        self.tell(&["capture-pane", "-p"])
    }

    /// The same with the escape sequences that its colours are made of.
    #[track_caller]
    pub(crate) fn colours(&self) -> String {
        self.tell(&["capture-pane", "-p", "-e"])
    }

    /// What the terminal is set to: alternate screen, mouse, cursor.
    #[track_caller]
    pub(crate) fn modes(&self) -> String {
        self.tell(&[
            "display-message",
            "-p",
            "#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{keypad_cursor_flag}",
        ])
    }

    /// The process that runs in the foreground.
    #[track_caller]
    pub(crate) fn foreground(&self) -> String {
        self.tell(&["display-message", "-p", "#{pane_current_command}"])
            .trim()
            .to_owned()
    }

    /// Waits until `text` is on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?} on the screen"), |screen| {
            screen.contains(text)
        });
    }

    /// Waits until the screen is as `wanted` says.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        assert!(
            comes_true(|| wanted(&self.screen())),
            "never came true: {what}. The screen:\n{}",
            self.screen()
        );
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .args(["-L", &self.socket, "kill-server"])
            .output();
        let _ = fs::remove_dir_all(&self.home);
    }
}
