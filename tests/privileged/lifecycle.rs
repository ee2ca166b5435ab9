//! From created to destroyed: every verb, in the usual order, and what each refuses.

use std::fs;
use std::os::unix::fs::symlink;

use crate::command::eventually;
use crate::fixture::Fixture;

#[test]
fn one_container_from_create_to_destroy() {
    let fixture = Fixture::new();
    let web = fixture.detached("web", &["sleep", "1000"]);
    assert_eq!(web.state(), "RUNNING");
    let first = web.pid();

    web.verb(&["stop", "-t", "0"]).ok();
    assert_eq!(web.state(), "STOPPED");
    let info = web.info();
    assert!(
        info["pid"].is_null(),
        "a pid exists only while it is alive: {info}"
    );
    assert_eq!(info["exit_code"], 137, "{info}");

    web.verb(&["start"]).ok();
    assert_eq!(web.state(), "RUNNING");
    assert_ne!(web.pid(), first);
    assert_eq!(
        web.info()["command"],
        info["command"],
        "it starts again from what was saved"
    );

    let refused = web.verb(&["destroy"]).refused(1);
    assert!(
        refused.contains("RUNNING") && refused.contains("-f"),
        "{refused}"
    );
    web.verb(&["destroy", "-f"]).ok();
    assert!(fixture.list().is_empty());
    fixture.is_clean();
}

#[test]
fn stop_asks_first() {
    let fixture = Fixture::new();
    let polite = fixture.detached(
        "polite",
        &[
            "sh",
            "-c",
            "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done",
        ],
    );
    eventually("it is ready", || {
        polite.verb(&["logs"]).stdout.contains("ready")
    });
    polite.verb(&["stop", "-t", "600"]).ok();
    assert_eq!(polite.info()["exit_code"], 3);
    assert_eq!(polite.verb(&["logs"]).ok(), "ready\nbye\n");
}

#[test]
fn stop_ends_all_its_processes() {
    let fixture = Fixture::new();
    let family = fixture.detached(
        "family",
        &[
            "sh",
            "-c",
            "sleep 1000 & setsid sleep 1000 & trap '' TERM; while :; do sleep 1000; done",
        ],
    );
    eventually("its children run", || {
        family
            .exec("ls /proc | grep -c '^[0-9]'")
            .stdout
            .trim()
            .parse::<u32>()
            .is_ok_and(|n| n > 4)
    });
    family.verb(&["stop", "-t", "0"]).ok();
    assert_eq!(family.state(), "STOPPED");
    let processes = crate::census::Census::take(fixture.state()).processes;
    let left: Vec<_> = processes
        .iter()
        .filter(|(_, title)| title.contains("sleep"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn found_by_name_and_by_the_beginning_of_the_id() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["sleep", "1000"]);
    let id = one.id();
    assert_eq!(id.len(), 12);
    for word in ["one", &id, &id[..6]] {
        assert_eq!(fixture.json(&["info", word])[0]["name"], "one", "{word}");
    }
    assert!(fixture.minic(&["info", "nosuch"]).stderr.contains("nosuch"));
    assert_eq!(fixture.minic(&["info", "nosuch"]).code, Some(1));
}

#[test]
fn a_name_can_be_used_only_once() {
    let fixture = Fixture::new();
    fixture.detached("twin", &["sleep", "1000"]);
    assert!(
        fixture
            .minic(&["run", "-d", "--name", "twin", "sleep", "1000"])
            .refused(125)
            .contains("twin")
    );
    assert_eq!(fixture.list().len(), 1);
}

/// The links from names to ids are only where to look first.
#[test]
fn the_index_of_names_is_only_a_hint() {
    let fixture = Fixture::new();
    let one = fixture.minic(&["create", "--name", "one", "true"]).ok();
    let two = fixture.minic(&["create", "--name", "two", "true"]).ok();
    let found = |word: &str| {
        fixture
            .minic(&["list", "-q"])
            .ok()
            .lines()
            .any(|id| id == word.trim())
    };
    let index = fs::read_dir(fixture.state())
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let index = index
        .into_iter()
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(".names-")
        })
        .unwrap();
    let link = |name: &str| index.join(name);
    // a link that lies, one that leads nowhere, one that is lost, and all of them lost
    fs::remove_file(link("one")).unwrap();
    symlink(two.trim(), link("one")).unwrap();
    fixture
        .minic(&["create", "--name", "one", "true"])
        .refused(125);
    symlink("nobody", link("free")).unwrap();
    fixture.minic(&["create", "--name", "free", "true"]).ok();
    fs::remove_file(link("two")).unwrap();
    fixture.minic(&["rename", "two", "second"]).ok();
    fs::remove_dir_all(&index).unwrap();
    fixture
        .minic(&["create", "--name", "second", "true"])
        .refused(125);
    for (name, id) in [("one", &one), ("second", &two)] {
        assert!(found(id));
        fixture.minic(&["destroy", name]).ok();
        assert!(!found(id));
        assert!(fs::symlink_metadata(link(name)).is_err(), "{name}");
    }
    fixture.minic(&["create", "--name", "two", "true"]).ok();
    fixture.minic(&["destroy", "two", "free"]).ok();
}

#[test]
fn a_verb_in_the_wrong_state_changes_nothing() {
    let fixture = Fixture::new();
    let one = fixture.detached("one", &["sleep", "1000"]);
    assert!(one.verb(&["start"]).refused(1).contains("RUNNING"));
    one.verb(&["stop", "-t", "0"]).ok();
    assert!(one.verb(&["stop"]).refused(1).contains("STOPPED"));
    assert!(one.exec("true").refused(1).contains("STOPPED"));
    assert_eq!(one.state(), "STOPPED");
}

#[test]
fn rm_leaves_nothing() {
    let fixture = Fixture::new();
    assert_eq!(fixture.sh("echo gone > /file; cat /file"), "gone\n");
    assert!(fixture.list().is_empty());
    fixture.is_clean();
}

#[test]
fn exec_joins_it() {
    let fixture = Fixture::new();
    let web = fixture.detached("web", &["sh", "-c", "echo mine > /marker; exec sleep 1000"]);
    eventually("it wrote", || web.exec("cat /marker").stdout == "mine\n");
    let hostname = web.exec("hostname").ok();
    assert_eq!(hostname.trim(), web.info()["hostname"].as_str().unwrap());
    let processes = web.exec("ps -e -o pid,args").ok();
    assert!(
        processes
            .lines()
            .any(|line| line.trim().starts_with("1 minic-init")),
        "process 1 is the container's: {processes}"
    );
    assert!(processes.contains("sleep 1000"), "{processes}");
    assert_eq!(web.exec("exit 42").code, Some(42));
    assert_eq!(fixture.minic(&["exec", "web", "nosuch"]).code, Some(127));
    assert_eq!(
        web.state(),
        "RUNNING",
        "a command that ends in it does not end it"
    );
}

#[test]
fn logs_keep_its_output() {
    let fixture = Fixture::new();
    let talker = fixture.detached(
        "talker",
        &["sh", "-c", "echo one; echo two >&2; printf three"],
    );
    talker.ends();
    let logs = talker.verb(&["logs"]);
    let mut lines: Vec<&str> = logs.stdout.lines().chain(logs.stderr.lines()).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["one", "three", "two"], "{logs:?}");
}

#[test]
fn following_a_log_ends_with_its_container() {
    let fixture = Fixture::new();
    let counter = fixture.detached(
        "counter",
        &["sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.3; done"],
    );
    assert_eq!(counter.verb(&["logs", "-f"]).ok(), "1\n2\n3\n");
}

#[test]
fn twenty_containers_at_once() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for n in 0..20 {
            let fixture = &fixture;
            scope.spawn(move || fixture.detached(&format!("c{n}"), &["sleep", "1000"]));
        }
    });
    let listed = fixture.list();
    assert_eq!(
        listed
            .iter()
            .filter(|container| container["state"] == "RUNNING")
            .count(),
        20
    );
    for n in 0..20 {
        fixture.minic(&["destroy", "-f", &format!("c{n}")]).ok();
    }
    fixture.is_clean();
}

#[test]
fn events_record_a_life_in_order() {
    let fixture = Fixture::new();
    fixture.minic(&["run", "--name", "short", "sh", "-c", "exit 3"]);
    fixture.minic(&["destroy", "short"]).ok();
    let text = fixture.minic(&["events", "--json"]).ok();
    let events: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of_short: Vec<&str> = events
        .iter()
        .filter(|e| e["name"] == "short")
        .filter_map(|e| e["event"].as_str())
        .collect();
    assert_eq!(of_short, ["created", "started", "died", "destroyed"]);
    assert!(
        fixture
            .minic(&["events"])
            .ok()
            .contains("short died: exited 3")
    );
}
