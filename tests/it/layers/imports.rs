//! Who imports whom, file by file, read from the sources as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// A module by its path: `core::model::ids`; the empty one is the crate.
pub type Module = String;

/// The sources, and what each of them imports from others.
pub struct Imports {
    /// By module: the modules in which what it names is defined.
    pub of: BTreeMap<Module, BTreeSet<Module>>,
    /// The code of each module, without comments and unit tests.
    pub code: BTreeMap<Module, String>,
}

impl Imports {
    pub fn read() -> Self {
        let code: BTreeMap<Module, String> =
            sources().into_iter().map(|(module, file)| (module, code_of(&file))).collect();
        assert!(code.len() > 30, "the sources were not found");
        let mut given = BTreeMap::new();
        for (module, text) in &code {
            for (is_public, tree) in uses(text) {
                for path in leaves(&tree).iter().filter(|_| is_public) {
                    if let (Some(path), Some(name)) = (resolve(&code, module, path), path.last()) {
                        given.insert((module.clone(), name.clone()), path);
                    }
                }
            }
        }
        let mut of = BTreeMap::new();
        for (module, text) in &code {
            let mut imported = BTreeSet::new();
            for path in named(text) {
                let Some(path) = resolve(&code, module, &path) else { continue };
                let home = home(&code, &given, &path, 0);
                // The crate itself is the map, and holds nothing.
                imported.extend(home.filter(|home| home != module && !home.is_empty()));
            }
            of.insert(module.clone(), imported);
        }
        Self { of, code }
    }

    /// A shortest circle of modules that import one another, if there is one.
    pub fn circle(&self) -> Option<Vec<Module>> {
        self.of.keys().filter_map(|start| self.way_back(start)).min_by_key(Vec::len)
    }

    /// A shortest way from `start` to itself.
    fn way_back(&self, start: &Module) -> Option<Vec<Module>> {
        let mut came_from: BTreeMap<&Module, &Module> = BTreeMap::new();
        let mut next = vec![start];
        while !next.is_empty() {
            let mut further = Vec::new();
            for module in next {
                for imported in &self.of[module] {
                    if imported == start {
                        let mut way = vec![start.clone(), module.clone()];
                        let mut here = module;
                        while let Some(before) = came_from.get(here) {
                            way.push((*before).clone());
                            here = before;
                        }
                        way.reverse();
                        return Some(way);
                    }
                    if !came_from.contains_key(imported) {
                        came_from.insert(imported, module);
                        further.push(imported);
                    }
                }
            }
            next = further;
        }
        None
    }
}

/// Every source file but `main.rs`, with its module.
fn sources() -> Vec<(Module, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("main.rs") {
                let below = path.strip_prefix(&root).expect("below src").with_extension("");
                let parts = below.iter().map(|part| part.to_string_lossy().into_owned());
                let parts: Vec<String> =
                    parts.filter(|part| part != "mod" && part != "lib").collect();
                found.push((parts.join("::"), path));
            }
        }
    }
    found
}

/// The file without its comments and its unit tests.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a source file");
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The trees of all `use`, and whether each is given on (`pub use`).
fn uses(code: &str) -> Vec<(bool, String)> {
    let pattern = Regex::new(r"(?m)^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);").expect("a pattern");
    pattern.captures_iter(code).map(|found| (found.get(1).is_some(), found[2].to_owned())).collect()
}

/// The paths of a tree of `use`: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let tokens = Regex::new(r"::|[{},*]|\w+").expect("a pattern");
    let tokens: Vec<&str> = tokens.find_iter(tree).map(|found| found.as_str()).collect();
    let (mut paths, mut prefixes, mut path) = (Vec::new(), Vec::new(), Vec::new());
    let mut is_alias = false;
    for token in tokens {
        match token {
            "::" | "*" => {}
            "{" => prefixes.push(path.clone()),
            "," | "}" => {
                if path.len() > prefixes.last().map_or(0, Vec::len) {
                    paths.push(path.clone());
                }
                path = match token {
                    "}" => prefixes.pop().unwrap_or_default(),
                    _ => prefixes.last().cloned().unwrap_or_default(),
                };
                if token == "}" {
                    // What stands behind belongs to the group around it.
                    path = prefixes.last().cloned().unwrap_or_default();
                }
            }
            "as" => is_alias = true,
            _ if is_alias => is_alias = false,
            name => path.push(name.to_owned()),
        }
    }
    if path.len() > prefixes.last().map_or(0, Vec::len) {
        paths.push(path);
    }
    paths
}

/// What the code names by a path of this crate, in `use` and elsewhere. What is only given on
/// (`pub use`) is no import: whoever names it imports it from where it is.
fn named(code: &str) -> Vec<Vec<String>> {
    let inline = Regex::new(r"\b[a-z_]\w*(?:::\w+)+").expect("a pattern");
    let mut paths: Vec<Vec<String>> = uses(code)
        .iter()
        .filter(|(is_public, _)| !is_public)
        .flat_map(|(_, tree)| leaves(tree))
        .collect();
    let body = Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))?\s+)?use\s+[^;]+;").expect("a pattern");
    let visible = Regex::new(r"pub\([^)]*\)").expect("a pattern");
    let body = body.replace_all(code, "");
    let body = visible.replace_all(&body, "pub");
    let split = |path: &str| path.split("::").map(str::to_owned).collect();
    paths.extend(inline.find_iter(&body).map(|found| split(found.as_str())));
    paths
}

/// The path from the crate on, of one that is written in `module`; none of another crate.
fn resolve(code: &BTreeMap<Module, String>, module: &str, path: &[String]) -> Option<Vec<String>> {
    let mut base: Vec<String> =
        module.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => {
            base.clear();
            rest = &path[1..];
        }
        "self" => rest = &path[1..],
        "super" => {
            while let Some("super") = rest.first().map(String::as_str) {
                base.pop();
                rest = &rest[1..];
            }
        }
        first => {
            let child =
                if module.is_empty() { first.to_owned() } else { format!("{module}::{first}") };
            code.get(&child)?;
        }
    }
    base.extend(rest.iter().cloned());
    Some(base)
}

/// The module in which what `path` names is defined: through what modules only give on.
fn home(
    code: &BTreeMap<Module, String>,
    given: &BTreeMap<(Module, String), Vec<String>>,
    path: &[String],
    depth: usize,
) -> Option<Module> {
    for length in (0..=path.len()).rev() {
        let module = path[..length].join("::");
        if !code.contains_key(&module) {
            continue;
        }
        let name = path.get(length);
        if let Some(from) = name.and_then(|name| given.get(&(module.clone(), name.clone())))
            && depth < 8
            && from != path
        {
            return home(code, given, from, depth + 1);
        }
        return Some(module);
    }
    None
}

#[test]
fn a_tree_of_use_is_read() {
    let paths = |tree: &str| -> Vec<String> { leaves(tree).iter().map(|p| p.join("::")).collect() };
    assert_eq!(paths("a::b"), ["a::b"]);
    assert_eq!(paths("a::{b, c::d as e}"), ["a::b", "a::c::d"]);
    assert_eq!(paths("a::{self, b::{c, d}, e}"), ["a::self", "a::b::c", "a::b::d", "a::e"]);
    assert_eq!(paths("super::*"), ["super"]);
}
