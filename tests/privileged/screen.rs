//! The screen from end to end: the real binary in a real terminal, with keys alone.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::census::Census;
use crate::command::eventually;
use crate::fixture::Fixture;
use crate::tmux::Tmux;

#[track_caller]
fn open(fixture: &Fixture, width: u16, height: u16) -> Tmux {
    let tmux = Tmux::new(width, height);
    tmux.write(&format!("{} --state {}", env!("CARGO_BIN_EXE_minic-tui"), fixture.state().display()));
    tmux.press(&["Enter"]);
    tmux.wait_for("Containers");
    tmux
}

#[test]
fn it_opens_and_leaves_the_terminal_as_it_was() {
    let fixture = Fixture::new();
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let before = Tmux::new(width, height).modes();
        let tmux = open(&fixture, width, height);
        assert_ne!(tmux.modes(), before, "it has the alternate screen");
        tmux.press(&["q"]);
        tmux.wait_for("prompt$");
        assert_eq!(tmux.modes(), before);
        tmux.write("stty -a | grep -c ' icanon'; echo $((6 * 7))");
        tmux.press(&["Enter"]);
        tmux.wait_for("1\n42\n");
    }
}

#[test]
fn killing_the_screen_loses_no_container() {
    let fixture = Fixture::new();
    for n in 0..20 {
        fixture.detached(&format!("c{n:02}"), &["sleep", "1000"]);
    }
    let all = |screen: &str| (0..20).all(|n| screen.contains(&format!("c{n:02}")));
    let tmux = open(&fixture, 120, 40);
    tmux.wait_until("all twenty are shown", all);
    let screen = env!("CARGO_BIN_EXE_minic-tui");
    let ours = Census::take(fixture.state()).processes;
    for (pid, _) in ours.iter().filter(|(_, title)| title.starts_with(screen)) {
        kill(Pid::from_raw(*pid), Signal::SIGKILL).unwrap();
    }
    eventually("the screen is gone", || tmux.foreground() == "sh");
    let running = fixture.list().iter().filter(|container| container["state"] == "RUNNING").count();
    assert_eq!(running, 20);
    let again = open(&fixture, 120, 40);
    again.wait_until("all twenty are shown again", all);
    again.press(&["q"]);
    again.wait_for("prompt$");
}
