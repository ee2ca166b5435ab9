//! A mutation made by hand (`tests/mutants/hand/`) whose text is not found exactly once changes
//! nothing, and one whose tests have another name now is noticed by nobody.

/// What keeps `mutation` from its purpose, if anything does.
fn complaint(mutation: &str, sources: &[(String, String)]) -> Option<String> {
    let parts = mutation.split_once("\nfrom:\n").and_then(|(head, rest)| {
        let (old, _) = rest.split_once("\nto:\n")?;
        let suite = head.lines().find_map(|line| line.strip_prefix("suite: "))?;
        Some((old, suite)).filter(|_| head.starts_with("title: "))
    });
    let Some((old, suite)) = parts else {
        return Some("title:, suite:, from: or to: is missing".to_owned());
    };
    let is_changed = |path: &str| path.starts_with("src/") || path.starts_with("assets/");
    let found: usize = sources
        .iter()
        .filter(|(path, _)| is_changed(path))
        .map(|(_, text)| text.matches(old).count())
        .sum();
    if found != 1 {
        return Some(format!(
            "its text is in src/ and assets/ {found} times, not once: write what stands there now, with the least around it that is there once"
        ));
    }
    // a filter that ends in `::` is a whole module
    let test = suite.rsplit("::").next().unwrap_or_default();
    let is_there = sources
        .iter()
        .any(|(path, text)| path.ends_with(".rs") && text.contains(&format!("fn {test}(")));
    (!test.is_empty() && !is_there).then(|| format!("there is no test {suite}"))
}

#[test]
fn each_mutation_finds_its_text_once() {
    let sources = super::contents(|path| path.ends_with(".rs") || path.starts_with("assets/"));
    let mutations = super::contents(|path| path.starts_with("tests/mutants/hand/"));
    let complaints: Vec<String> = mutations
        .iter()
        .filter_map(|(path, mutation)| Some(format!("{path}: {}", complaint(mutation, &sources)?)))
        .collect();
    assert_eq!(complaints, Vec::<String>::new());
    assert!(mutations.len() >= 40, "only {} are left", mutations.len());
}

#[test]
fn what_a_mutation_lacks_is_told() {
    let sources = [
        ("src/a.rs", "fn a() { b + c }"),
        ("tests/x/y.rs", "fn z() {}"),
    ];
    let sources = sources.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let told = |mutation: &str| complaint(mutation, &sources);
    assert_eq!(
        told("title: t\nsuite: x y::z\nfrom:\nb + c\nto:\nb - c\n"),
        None
    );
    assert_eq!(
        told("title: t\nsuite: x y::\nfrom:\nb + c\nto:\nb - c\n"),
        None
    );
    for wrong in [
        "title: t\nfrom:\nb + c\nto:\nb - c\n",
        "title: t\nsuite: x y::z\nfrom:\nb - c\nto:\nb + c\n",
        "title: t\nsuite: x y::z\nfrom:\n \nto:\nb + c\n",
        "title: t\nsuite: x y::gone\nfrom:\nb + c\nto:\nb - c\n",
    ] {
        assert!(told(wrong).is_some(), "{wrong}");
    }
}
