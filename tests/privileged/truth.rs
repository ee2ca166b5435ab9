//! `list` is correct: every container's state compared with the kernel's processes, cgroups and
//! freezer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::census::{cgroup_parent, find_cgroups};
use crate::fixture::Fixture;

/// What `list` says that is not so; empty when all of it is. A state may change between the list
/// and the look: ask again.
pub(crate) fn lies(fixture: &Fixture) -> Vec<String> {
    let listed = fixture.list();
    let living = living(fixture.state());
    let mut lies: Vec<String> = listed
        .iter()
        .filter_map(|container| lie(container, &living))
        .collect();
    let known = |id: &String| {
        listed
            .iter()
            .any(|container| container["id"] == id.as_str())
    };
    lies.extend(
        living
            .iter()
            .filter(|(id, pids)| !pids.is_empty() && !known(id))
            .map(|(id, pids)| format!("{id} is not listed: {pids:?}")),
    );
    lies
}

fn lie(container: &Value, living: &BTreeMap<String, Vec<i32>>) -> Option<String> {
    let (id, state) = (
        container["id"].as_str().unwrap(),
        container["state"].as_str().unwrap(),
    );
    let pids = living.get(id).cloned().unwrap_or_default();
    let wrong = |what: &str| {
        Some(format!(
            "{} is {state}, but {what}: {pids:?}",
            container["name"]
        ))
    };
    match (state, container["pid"].as_i64()) {
        ("RUNNING" | "PAUSED", None) => wrong("has no pid"),
        ("RUNNING" | "PAUSED", Some(pid)) if !pids.contains(&(pid as i32)) => {
            wrong(&format!("its pid {pid} is not in its cgroup"))
        }
        ("RUNNING" | "PAUSED", Some(_)) => None,
        (_, Some(_)) => wrong("has a pid"),
        (_, None) if !pids.is_empty() => wrong("processes live in it"),
        (_, None) => None,
    }
}

/// The living processes in each container's cgroups, by container id.
fn living(state: &Path) -> BTreeMap<String, Vec<i32>> {
    let parent = cgroup_parent(state);
    let mut folders: Vec<PathBuf> = Vec::new();
    find_cgroups(Path::new("/sys/fs/cgroup"), &parent, false, &mut folders);
    let mut living: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for folder in folders {
        let mut parts = folder
            .iter()
            .skip_while(|part| *part != parent.as_str())
            .skip(1);
        let Some(id) = parts.next().filter(|part| *part != "supervisors") else {
            continue;
        };
        let pids = living.entry(id.to_string_lossy().into_owned()).or_default();
        let procs = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        pids.extend(
            procs
                .lines()
                .filter_map(|pid| pid.parse::<i32>().ok())
                .filter(|pid| lives(*pid)),
        );
        pids.sort_unstable();
        pids.dedup();
    }
    living
}

/// Whether there is such a process, and it is more than a zombie.
pub(crate) fn lives(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
