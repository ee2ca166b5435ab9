//! The verbs on a state folder without containers: what they print, and how they say that there is
//! none.

use crate::binary::{Folder, minic};

fn with_state(args: &[&str]) -> crate::binary::Outcome {
    let folder = Folder::new();
    let state = folder.path().join("state");
    minic(&[&["--state", state.to_str().unwrap()], args].concat())
}

#[test]
fn an_empty_list_prints_nothing() {
    for verb in ["list", "ls", "ps"] {
        let table = with_state(&[verb]).ok();
        let header: Vec<&str> = table.split_whitespace().collect();
        let columns = [
            "ID",
            "NAME",
            "STATE",
            "PID",
            "CPU-LIMIT",
            "MEMORY-LIMIT",
            "UPTIME/ENDED",
            "IMAGE",
            "COMMAND",
        ];
        assert_eq!(header, columns);
    }
    assert_eq!(with_state(&["list", "-q"]).ok(), "");
    assert_eq!(with_state(&["list", "--json"]).ok(), "[]\n");
}

#[test]
fn an_unknown_container_is_one_line_and_exit_code_1() {
    for args in [
        &["start", "web"][..],
        &["stop", "web"],
        &["restart", "web"],
        &["kill", "web"],
        &["pause", "web"],
        &["resume", "web"],
        &["wait", "web"],
        &["destroy", "web"],
        &["rm", "-f", "web"],
        &["info", "web"],
    ] {
        let line = with_state(args).refused(1);
        let verb = if args[0] == "rm" { "destroy" } else { args[0] };
        assert_eq!(
            line,
            format!("{verb} web: no container \"web\" (`minic-tui list` shows all containers)")
        );
    }
    for args in [
        &["logs", "web"][..],
        &["attach", "web"],
        &["exec", "web", "sh"],
        &["rename", "web", "x"],
        &["start", "-a", "web"],
    ] {
        let line = with_state(args).refused(1);
        assert_eq!(
            line,
            format!(
                "{} web: no container \"web\" (`minic-tui list` shows all containers)",
                args[0]
            )
        );
    }
}

#[test]
fn each_of_several_errors_is_reported() {
    let outcome = with_state(&["stop", "one", "two"]);
    assert_eq!(outcome.code, Some(1));
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert!(
        lines.len() == 2 && lines[0].contains("stop one: ") && lines[1].contains("stop two: "),
        "{lines:?}"
    );
}

#[test]
fn a_wrong_request_names_its_flag() {
    for (args, begins) in [
        (
            &["run", "--memory", "1x", "sh"][..],
            "run: --memory: \"1x\" has the unknown unit",
        ),
        (
            &["run", "--cpu", "0", "sh"],
            "run: --cpu: \"0\" is not an amount of CPU shares",
        ),
        (&["run", "--cpus", "x", "sh"], "run: --cpus: "),
        (
            &["run", "--pids-limit", "many", "sh"],
            "run: --pids-limit: ",
        ),
        (&["run", "--name", "a/b", "sh"], "run: --name: "),
        (&["run", "--workdir", "tmp", "sh"], "run: --workdir: "),
        (&["run", "--env", "=x", "sh"], "run: --env: "),
        (&["run", "--stop-signal", "X", "sh"], "run: --stop-signal: "),
        (
            &["run", "--preset", "nosuch"],
            "run: --preset: there is no preset \"nosuch\"; there are tiny",
        ),
        (&["run"], "run: command: no command"),
        (&["create", "--swap", "x", "sh"], "create: --swap: "),
        (&["run", "-it", "sh"], "run: -it needs a terminal"),
        (
            &["start", "-a", "one", "two"],
            "start: -a attaches to one container",
        ),
        (
            &["prune"],
            "prune: would destroy every stopped container (say -f",
        ),
    ] {
        let line = with_state(args).refused(125);
        assert!(line.starts_with(begins), "{args:?} → {line}");
    }
}
