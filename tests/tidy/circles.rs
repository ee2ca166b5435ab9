//! Circles of modules: which of the modules that stand side by side in a folder below `src/` name
//! what stands in which other, and which of them lead back to themselves.
//!
//! A module is a file, or a folder with all that is in it. A folder's `mod.rs` and what the folder
//! holds are one thing, and may name each other. A name is followed through what re-exports it.
//! Tests do not count.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::tokens::{Token, tokens};

type Segments = Vec<String>;

/// What a file binds and names.
#[derive(Default)]
struct Module {
    /// What `use` binds in it.
    bound: BTreeMap<String, Segments>,
    /// What it names, from the root: paths in its code, and what it imports for itself.
    named: Vec<Segments>,
}

type Modules = BTreeMap<Segments, Module>;

/// For each module, by its path, the modules beside it that it names.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// Modules that lead to each other, and a shortest way round.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Circle {
    pub modules: Vec<String>,
    pub way: Vec<String>,
}

/// The circles; what `exempt` names makes none.
pub(crate) fn circles(files: &[(String, String)], exempt: &str) -> Vec<Circle> {
    let mut graph = graph(files);
    graph.remove(exempt);
    let reached: BTreeMap<&String, BTreeSet<&String>> = graph
        .keys()
        .map(|module| (module, reached_from(&graph, module)))
        .collect();
    let mut found = BTreeSet::new();
    for (module, from_here) in &reached {
        let circle: Vec<String> = from_here
            .iter()
            .filter(|other| {
                reached
                    .get(**other)
                    .is_some_and(|back| back.contains(*module))
            })
            .map(|other| (*other).clone())
            .collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    let with_way = |modules: Vec<String>| Circle {
        way: way_round(&graph, &modules[0]),
        modules,
    };
    found.into_iter().map(with_way).collect()
}

fn way_round(graph: &Graph, first: &String) -> Vec<String> {
    let mut ways = VecDeque::from([vec![first.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = &way[way.len() - 1];
        for next in graph.get(last).into_iter().flatten() {
            let mut longer = way.clone();
            longer.push(next.clone());
            if next == first {
                return longer;
            }
            if seen.insert(next.clone()) {
                ways.push_back(longer);
            }
        }
    }
    Vec::new()
}

fn reached_from<'a>(graph: &'a Graph, module: &str) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![module];
    while let Some(at) = open.pop() {
        for next in graph.get(at).into_iter().flatten() {
            if reached.insert(next) {
                open.push(next);
            }
        }
    }
    reached
}

fn graph(files: &[(String, String)]) -> Graph {
    let files: Vec<(Segments, &String)> = files
        .iter()
        .filter(|(path, _)| path.matches('/').count() > 1 && !path.ends_with("tests.rs"))
        .map(|(path, text)| (module_path(path), text))
        .collect();
    let paths: BTreeSet<Segments> = files.iter().map(|(path, _)| path.clone()).collect();
    let modules: Modules = files
        .into_iter()
        .map(|(path, text)| {
            let module = read(&path, text, &paths);
            (path, module)
        })
        .collect();
    let mut graph = Graph::new();
    for (path, module) in &modules {
        for other in module.named.iter().filter_map(|name| home(&modules, name)) {
            if let Some((here, there)) = siblings(path, &other) {
                graph.entry(here).or_default().insert(there);
            }
        }
    }
    graph
}

/// The two modules side by side that `a` and `b` are or stand in; none when one holds the other, or
/// when they have no folder in common below `src/` (`imports_point_down` is for those).
fn siblings(a: &Segments, b: &Segments) -> Option<(String, String)> {
    let shared = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    if shared == 0 || shared == a.len() || shared == b.len() {
        return None;
    }
    Some((a[..=shared].join("/"), b[..=shared].join("/")))
}

/// `src/a/b.rs` and `src/a/b/mod.rs` are a, b.
fn module_path(file: &str) -> Segments {
    let inside = file.trim_start_matches("src/").trim_end_matches(".rs");
    let parts = inside.split('/').filter(|part| *part != "mod");
    parts.map(str::to_owned).collect()
}

/// The module where what `path` names stands; none when it names a module itself, or nothing here.
fn home(modules: &Modules, path: &[String]) -> Option<Segments> {
    let mut path = path.to_vec();
    for _ in 0..8 {
        let at = (1..=path.len())
            .rev()
            .find(|n| modules.contains_key(&path[..*n]))?;
        let module = &modules[&path[..at]];
        let name = path.get(at)?;
        match module.bound.get(name) {
            Some(target) => path = [target, &path[at + 1..]].concat(),
            None => return Some(path[..at].to_vec()),
        }
    }
    None
}

/// What a file binds and names. `paths` are all modules.
fn read(own: &Segments, text: &str, paths: &BTreeSet<Segments>) -> Module {
    let all = tokens(text);
    let word = |i: usize| all.get(i).map_or("", |token| token.text);
    let mut module = Module::default();
    let (mut inline, mut braces, mut i) = (Vec::new(), 0_usize, 0);
    let (mut reexported, mut in_code, mut words) = (Vec::new(), Vec::new(), BTreeSet::new());
    while i < all.len() {
        let base = || -> Segments {
            let inline = inline.iter().map(|(name, _): &(String, usize)| name);
            own.iter().chain(inline).cloned().collect()
        };
        match word(i) {
            "mod" if word(i + 2) == "{" && word(i + 1) == "tests" => {
                i = closing(&all, i + 2);
            }
            "mod" if word(i + 2) == "{" => inline.push((word(i + 1).to_owned(), braces)),
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                inline.pop_if(|(_, opened_at)| *opened_at == braces);
            }
            "use" if word(i + 1) != "<" => {
                let public = i > 0 && matches!(word(i - 1), "pub" | ")");
                let mut imports = Vec::new();
                i = use_tree(&all, i + 1, &Vec::new(), &mut imports);
                for (path, name) in imports {
                    let Some(path) = absolute(&path, &base(), paths, &BTreeMap::new()) else {
                        continue;
                    };
                    if public {
                        reexported.push((name.clone(), path.clone()));
                    } else {
                        module.named.push(path.clone());
                    }
                    module.bound.insert(name, path);
                }
            }
            ":" | "." => {}
            name if word(i + 1) == ":" && word(i + 2) == ":" => {
                let mut path = vec![name.to_owned()];
                while word(i + 1) == ":" && word(i + 2) == ":" && is_name(word(i + 3)) {
                    path.push(word(i + 3).to_owned());
                    i += 3;
                }
                words.insert(path[0].clone());
                in_code.push((path, base()));
            }
            name => {
                words.insert(name.to_owned());
            }
        }
        i += 1;
    }
    // what is handed on and used here as well is an import like any other
    let used = reexported
        .into_iter()
        .filter(|(name, _)| words.contains(name));
    module.named.extend(used.map(|(_, path)| path));
    for (path, base) in in_code {
        module
            .named
            .extend(absolute(&path, &base, paths, &module.bound));
    }
    module
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Where the brace that opens at `i` closes.
fn closing(all: &[Token<'_>], i: usize) -> usize {
    let mut depth = 0_usize;
    for (n, token) in all.iter().enumerate().skip(i) {
        match token.text {
            "{" => depth += 1,
            "}" if depth == 1 => return n,
            "}" => depth -= 1,
            _ => {}
        }
    }
    all.len()
}

/// Reads one branch of a `use` at `i`: each path of it with the name that it binds. Returns where
/// the branch ends.
fn use_tree(
    all: &[Token<'_>],
    mut i: usize,
    before: &Segments,
    found: &mut Vec<(Segments, String)>,
) -> usize {
    let word = |i: usize| all.get(i).map_or("", |token| token.text);
    let mut path = before.clone();
    loop {
        match word(i) {
            "{" => {
                i += 1;
                while !matches!(word(i), "}" | "") {
                    i = use_tree(all, i, &path, found);
                    i += usize::from(word(i) == ",");
                }
                return i + 1;
            }
            ":" => i += 1,
            "as" => {
                found.push((path, word(i + 1).to_owned()));
                return i + 2;
            }
            "," | "}" | ";" | "" => {
                if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                    path.pop();
                }
                let name = path.last().cloned().unwrap_or_default();
                found.push((path, name));
                return i;
            }
            name => {
                path.push(name.to_owned());
                i += 1;
            }
        }
    }
}

/// `path` as it stands in the module `base`, from the root; none when it leads out of the crate.
fn absolute(
    path: &[String],
    base: &Segments,
    paths: &BTreeSet<Segments>,
    bound: &BTreeMap<String, Segments>,
) -> Option<Segments> {
    let first = path.first()?;
    let mut from = base.clone();
    let mut rest = &path[1..];
    match first.as_str() {
        "crate" => from.clear(),
        "self" => {}
        "super" => {
            from.pop();
            while rest.first().is_some_and(|segment| segment == "super") {
                from.pop();
                rest = &rest[1..];
            }
        }
        name => match bound.get(name) {
            Some(target) => from.clone_from(target),
            None => {
                from.push(name.to_owned());
                if !paths.contains(&from) {
                    return None;
                }
            }
        },
    }
    from.extend_from_slice(rest);
    Some(from)
}

#[test]
fn a_circle_of_modules_is_found() {
    let circles_of = |files: &[(&str, &str)]| {
        let files: Vec<(String, String)> = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        circles(&files, "a/exempt")
            .into_iter()
            .map(|circle| circle.modules.join(" "))
            .collect::<Vec<_>>()
    };
    let none = Vec::<String>::new();
    let back = ("src/a/y.rs", "fn g() { crate::a::x::f() }");
    for names in [
        "use super::y::g;",
        "use super::{z, y::{self, g}};",
        "use super::y; fn f() { y::g() }",
        "use crate::a::y::G as H;",
        "fn f() { super::y::g() }",
        "mod inner { use super::super::y::g; }",
        "fn f() { use super::y as other; other::g() }",
    ] {
        assert_eq!(
            circles_of(&[("src/a/x.rs", names), back]),
            ["a/x a/y"],
            "{names}"
        );
    }
    for names in [
        "use super::z::g;",
        "use crate::b::y::g;",
        "pub use super::y::g;",
        "mod tests { use super::super::y::g; }",
        "// use super::y::g;\nconst A: &str = \"super::y::g\";",
    ] {
        assert_eq!(circles_of(&[("src/a/x.rs", names), back]), none, "{names}");
    }
    // through what hands it on; a folder counts as one module, and may name what it holds
    let handed_on = [
        ("src/a/mod.rs", "mod y; pub use y::g;"),
        ("src/a/x.rs", "use super::g;"),
        back,
    ];
    assert_eq!(circles_of(&handed_on), ["a/x a/y"]);
    let folder = [
        ("src/a/x/deep.rs", "use crate::a::y::g;"),
        ("src/a/x/mod.rs", ""),
        back,
    ];
    assert_eq!(circles_of(&folder), ["a/x a/y"]);
    let parent = [
        ("src/a/mod.rs", "mod x; fn f() { x::f() }"),
        ("src/a/x.rs", "use super::f;"),
    ];
    assert_eq!(circles_of(&parent), none);
    let exempt = [
        ("src/a/exempt.rs", "use super::x;\nfn f() { x::f() }"),
        ("src/a/x.rs", "use super::exempt::A;"),
    ];
    assert_eq!(circles_of(&exempt), none);
}
