//! What is known about an image without changing or building it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Fact, Section, Sheet};
use crate::rootfs::host_image;
use crate::spec::{format_bytes, format_duration};

/// The most files whose sizes are added up.
const MAX_FILES: usize = 20_000;

/// About the host image below `images`.
pub(crate) fn host_image(images: &Path) -> Sheet {
    let mut facts = vec![Fact::plain("what", "this machine's own programs, copied")];
    match host_image::kept(images) {
        None => facts.push(Fact::plain(
            "kept in",
            "n/a: not built yet; the first launch builds it",
        )),
        Some(kept) => {
            facts.push(Fact::plain("kept in", kept.root.path.display().to_string()));
            facts.push(Fact::plain("compared", compared(kept.compared)));
            facts.push(Fact::plain("size", size(&kept.root.path)));
        }
    }
    Sheet {
        sections: vec![Section::new("host", facts)],
    }
}

/// About the root filesystem at `root`.
pub(crate) fn root(root: &Path) -> Sheet {
    let is_there = match fs::metadata(root) {
        Ok(about) if about.is_dir() => "a folder".to_owned(),
        Ok(_) => "not a folder: no container can start from it".to_owned(),
        Err(error) => format!("n/a: {error}; no container can start from it"),
    };
    let facts = vec![
        Fact::plain("what", "a root filesystem given by --root"),
        Fact::plain("kept in", root.display().to_string()),
        Fact::plain("exists", is_there),
        Fact::plain("size", "n/a: not counted, it may be of any size"),
    ];
    Sheet {
        sections: vec![Section::new(root.display().to_string(), facts)],
    }
}

/// When the image was last found to be as this machine's files are.
fn compared(at: Option<SystemTime>) -> String {
    match at.map(|at| at.elapsed()) {
        Some(Ok(age)) => format!("{} ago: as this machine's files were", format_duration(age)),
        Some(Err(_)) => "n/a: the clock was set back since".into(),
        None => "n/a: not since it was built".into(),
    }
}

/// The size of all files below `root` on its filesystem.
fn size(root: &Path) -> String {
    let Ok(device) = fs::symlink_metadata(root).map(|about| about.dev()) else {
        return "n/a: it cannot be read".into();
    };
    let (mut folders, mut bytes, mut files) = (vec![PathBuf::from(root)], 0, 0_usize);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            return format!("n/a: {} cannot be read", folder.display());
        };
        for about in entries.flatten().filter_map(|entry| {
            let about = entry.metadata().ok()?;
            (about.dev() == device).then(|| (entry.path(), about))
        }) {
            files += 1;
            if files > MAX_FILES {
                return format!("n/a: more than {MAX_FILES} files");
            }
            bytes += about.1.blocks() * 512;
            if about.1.is_dir() {
                folders.push(about.0);
            }
        }
    }
    format!("{} in {files} files and folders", format_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(sheet: &Sheet, what: &str) -> String {
        let mut facts = sheet.sections.iter().flat_map(|section| &section.facts);
        let found = facts.find(|fact| fact.what == what);
        found.map(|fact| fact.value.clone()).unwrap_or_default()
    }

    #[test]
    fn what_is_not_there_is_told_with_its_reason_and_nothing_is_made() {
        let folder = std::env::temp_dir().join(format!("minic-image-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let sheet = host_image(&folder);
        assert!(value(&sheet, "kept in").contains("not built yet"));
        assert!(!folder.exists(), "looking makes nothing");
        assert!(value(&root(&folder), "exists").contains("No such file"));
        fs::create_dir(&folder).unwrap();
        assert_eq!(value(&root(&folder), "exists"), "a folder");
        fs::write(folder.join("file"), [1; 5000]).unwrap();
        std::os::unix::fs::symlink("/", folder.join("link")).unwrap();
        let size = size(&folder);
        assert!(size.ends_with("in 2 files and folders"), "{size}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_comparison_is_told_by_its_age() {
        let ago = SystemTime::now() - std::time::Duration::from_secs(90);
        assert!(compared(Some(ago)).starts_with("1m30s ago"));
        assert!(compared(None).starts_with("n/a"));
    }
}
