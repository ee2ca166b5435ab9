//! Names of tests and functions in documents: `module::name` in backquotes, a suite before it where
//! it is another one's, `*` for all that begin so.

/// Names in `document` that stand for nothing in `sources`, each with its line.
pub(crate) fn dangling(document: &str, sources: &[(String, String)]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (n, line) in document.lines().enumerate() {
        let quoted = line.split('`').skip(1).step_by(2);
        for name in quoted.filter(|name| is_reference(name) && !exists(name, sources)) {
            found.push((n + 1, name.to_owned()));
        }
    }
    found
}

/// `module::name`, with a suite before it or without.
fn is_reference(quoted: &str) -> bool {
    let path = quoted.split_once(' ').map_or(quoted, |(_, path)| path);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:*…".contains(c);
    path.contains("::") && path.chars().all(plain) && !quoted.starts_with("std::")
}

fn exists(quoted: &str, sources: &[(String, String)]) -> bool {
    let (suite, path) = quoted.split_once(' ').unwrap_or(("", quoted));
    let Some((module, name)) = path.rsplit_once("::") else {
        return false;
    };
    let is_in = |file: &str, module: &str| {
        let place = file.trim_end_matches(".rs").trim_end_matches("/mod");
        let module = format!("/{}", module.replace("::", "/"));
        place.ends_with(&module)
            && (suite.is_empty() || file.starts_with(&format!("tests/{suite}/")))
    };
    let function = match name.split_once('*') {
        Some((beginning, _)) => [format!("fn {beginning}"), String::new()],
        None => [format!("fn {name}("), format!("fn {name}<")],
    };
    let has = |text: &str| {
        let mut ways = function.iter().filter(|way| !way.is_empty());
        ways.any(|way| text.contains(way.as_str()))
    };
    sources
        .iter()
        .any(|(file, text)| is_in(file, module) && (name == "*" || has(text)) || is_in(file, path))
}

#[test]
fn a_name_of_nothing_is_found() {
    let sources = [
        ("tests/web/door.rs", "#[test]\nfn it_opens() {}"),
        ("src/sys/tree/mod.rs", "pub fn remove() {}"),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()));
    for name in [
        "`door::it_opens`, `web door::it_*`, `door::*`",
        "`sys::tree`, `tree::remove`, `sys::tree::remove`",
        "`Type::method`, `a b`, `cargo test`, door::none",
    ] {
        assert_eq!(dangling(name, &sources), [], "{name}");
    }
    for name in [
        "`door::it_closes`",
        "`cli door::it_opens`",
        "`door::shut*`",
        "`gate::*`",
    ] {
        assert_eq!(dangling(name, &sources).len(), 1, "{name}");
    }
}
