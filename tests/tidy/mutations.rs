//! A hand-made mutation (`tests/mutants/hand/`) whose text is not found exactly once changes
//! nothing: its test would be praised for what it never noticed.

use std::path::Path;

/// The text that a mutation changes.
fn changed_text(mutation: &str) -> Option<&str> {
    let (head, rest) = mutation.split_once("\nfrom:\n")?;
    let (old, _) = rest.split_once("\nto:\n")?;
    (head.starts_with("title: ") && head.contains("\nsuite: ")).then_some(old)
}

#[test]
fn each_mutation_finds_its_text_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tracked = super::tracked();
    let read = |path: &&String| std::fs::read_to_string(root.join(path)).ok();
    let sources: Vec<String> = tracked
        .iter()
        .filter(|path| path.starts_with("src/") || path.starts_with("assets/"))
        .filter_map(|path| read(&path))
        .collect();
    let mutations: Vec<&String> = tracked
        .iter()
        .filter(|path| path.starts_with("tests/mutants/hand/"))
        .collect();
    let complaints: Vec<String> = mutations
        .iter()
        .filter_map(|path| {
            let mutation = read(path)?;
            let Some(old) = changed_text(&mutation) else {
                return Some(format!("{path}: title:, suite:, from: or to: is missing"));
            };
            let found: usize = sources.iter().map(|text| text.matches(old).count()).sum();
            (found != 1).then(|| {
                format!(
                    "{path}: its text is in src/ and assets/ {found} times, not once: write there what stands there now"
                )
            })
        })
        .collect();
    assert_eq!(complaints, Vec::<String>::new());
    assert!(mutations.len() >= 40, "only {} are left", mutations.len());
}
