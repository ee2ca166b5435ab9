//! Surveying the host: which of the listed tools it has, and the libraries that they need.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use lddtree::DependencyAnalyzer;

use super::list::ImageList;
use super::manifest::{Manifest, Stamp};
use super::{ImageError, Progress};

/// The files to copy.
#[derive(Debug)]
pub(super) struct Survey {
    /// Host paths, links unresolved.
    pub paths: Vec<PathBuf>,
    /// The same, with their recorded states.
    pub manifest: Manifest,
}

/// Surveys the host for everything in `list`.
///
/// # Errors
/// [`ImageError::Missing`] when a required path or one of its libraries is missing.
pub(super) fn survey(list: &ImageList, progress: Progress<'_>) -> Result<Survey, ImageError> {
    let folders = list.folders.iter().map(|f| Stamp::of(f)).collect();
    let mut found = Found::default();
    for path in &list.required {
        found.add(path)?;
    }
    let tools: Vec<(&String, PathBuf)> = list
        .tools
        .iter()
        .flat_map(|(group, names)| {
            names
                .iter()
                .filter_map(move |name| Some((group, look_up(&list.folders, name)?)))
        })
        .collect();
    for (index, (group, tool)) in tools.iter().enumerate() {
        progress(format!(
            "building the host image: {}/{} {group}…",
            index + 1,
            tools.len()
        ));
        // a tool without its libraries would not start: left out like a missing one
        let _ = found.add(tool);
    }
    let library_folders: BTreeSet<PathBuf> = found
        .libraries
        .iter()
        .filter_map(|l| Some(l.parent()?.to_owned()))
        .collect();
    for library in list
        .libraries
        .iter()
        .filter_map(|name| look_up(&library_folders, name))
    {
        let _ = found.add(&library);
    }
    for entry in &list.terminfo {
        let Some(initial) = entry.get(..1) else {
            continue;
        };
        if let Some(path) = first_file(
            list.terminfo_folders
                .iter()
                .map(|f| f.join(initial).join(entry)),
        ) {
            found.stamp(&path);
        }
    }
    let sources: Vec<Stamp> = found.stamps.into_values().collect();
    let data = list.data.iter().filter(|path| path.is_file()).cloned();
    Ok(Survey {
        paths: sources.iter().map(|s| s.path.clone()).chain(data).collect(),
        manifest: Manifest::new(list.digest, folders, sources),
    })
}

fn first_file(mut candidates: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    candidates.find(|path| path.is_file())
}

/// The first of `folders` that has an executable `name`. Libraries are executable on some
/// distributions only.
fn look_up<'a>(folders: impl IntoIterator<Item = &'a PathBuf>, name: &str) -> Option<PathBuf> {
    let library = name.contains(".so");
    let fits = |path: &PathBuf| {
        fs::metadata(path)
            .is_ok_and(|m| m.is_file() && (library || m.permissions().mode() & 0o111 != 0))
    };
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(fits)
}

#[derive(Default)]
struct Found {
    stamps: BTreeMap<PathBuf, Stamp>,
    libraries: BTreeSet<PathBuf>,
    /// Programs already read, by their real paths: many names share one.
    read: BTreeSet<PathBuf>,
}

impl Found {
    fn stamp(&mut self, path: &Path) {
        self.stamps
            .entry(path.to_owned())
            .or_insert_with(|| Stamp::of(path));
    }

    /// Adds a program or library with its dependencies, or nothing.
    fn add(&mut self, path: &Path) -> Result<(), ImageError> {
        let missing = |what: String| ImageError::Missing {
            path: path.to_owned(),
            what,
        };
        let real = fs::canonicalize(path).map_err(|e| missing(e.to_string()))?;
        // before it is read: a later change is noticed next time
        let stamp = Stamp::of(path);
        if !self.read.contains(&real) {
            let dependencies = dependencies(&real).map_err(missing)?;
            for library in &dependencies {
                self.stamp(library);
            }
            self.libraries.extend(dependencies);
            self.read.insert(real);
        }
        self.stamps.insert(path.to_owned(), stamp);
        Ok(())
    }
}

/// The loader and libraries of a program, as paths with their links unresolved.
///
/// # Errors
/// A message: why it would not start in a container.
fn dependencies(program: &Path) -> Result<Vec<PathBuf>, String> {
    let mut start = [0; 64];
    let length = File::open(program)
        .and_then(|mut file| file.read(&mut start))
        .map_err(|e| e.to_string())?;
    let start = &start[..length];
    if let Some(line) = start.strip_prefix(b"#!") {
        return script(line)
            .then(Vec::new)
            .ok_or_else(|| "it is a script for another interpreter".into());
    }
    if !start.starts_with(b"\x7fELF") {
        return Err("it is neither a program nor a script".into());
    }
    // a root other than "/" makes it ignore LD_LIBRARY_PATH, which containers do not have
    let tree = DependencyAnalyzer::new("/..".into())
        .analyze(program)
        .map_err(|e| e.to_string())?;
    let loader = tree.interpreter.map(PathBuf::from);
    let libraries = tree.libraries.into_values().map(|library| {
        if library.found() {
            Ok(library.path)
        } else {
            Err(format!("its library {} is not found", library.name))
        }
    });
    libraries
        .chain(loader.map(Ok))
        .map(|path| path.map(|p| normal(&p)))
        .collect()
}

/// Whether a script's first line names a shell of every image.
fn script(line: &[u8]) -> bool {
    let interpreter = line
        .trim_ascii_start()
        .split(u8::is_ascii_whitespace)
        .next()
        .unwrap_or_default();
    [
        &b"/bin/sh"[..],
        b"/usr/bin/sh",
        b"/bin/bash",
        b"/usr/bin/bash",
    ]
    .contains(&interpreter)
}

/// Removes `..` components at the root.
fn normal(path: &Path) -> PathBuf {
    let leads_nowhere = |c: &Component<'_>| matches!(c, Component::RootDir | Component::ParentDir);
    Path::new("/").join(
        path.components()
            .skip_while(leads_nowhere)
            .collect::<PathBuf>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_scripts_run_anywhere_others_do_not() {
        assert!(script(b"/bin/sh\n# x") && script(b" /bin/bash -e\n"));
        assert!(!script(b"/usr/bin/env python3\n") && !script(b"/usr/bin/perl\n") && !script(b""));
    }

    #[test]
    fn a_shell_needs_a_loader_and_a_c_library_found_without_our_environment() {
        let found = dependencies(&fs::canonicalize("/bin/sh").unwrap()).unwrap();
        assert!(
            found.iter().all(|p| p.is_absolute() && p.exists()),
            "{found:?}"
        );
        assert!(
            found
                .iter()
                .all(|p| !p.components().any(|c| c == Component::ParentDir)),
            "{found:?}"
        );
    }

    #[test]
    fn parent_components_at_the_root_are_removed() {
        assert_eq!(
            normal(Path::new("/../../lib/libc.so.6")),
            Path::new("/lib/libc.so.6")
        );
        assert_eq!(
            normal(Path::new("/lib/libc.so.6")),
            Path::new("/lib/libc.so.6")
        );
    }
}
