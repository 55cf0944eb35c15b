//! Imports run one way: main -> cli -> app -> {engine, web, sandbox} -> {store, gitea} -> core.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Which top-level modules each may name. A module that is not listed here is a mistake.
const MAY_IMPORT: [(&str, &[&str]); 12] = [
    ("main", &["cli"]),
    (
        "cli",
        &["app", "clock", "config", "core", "crash", "engine", "gitea", "sandbox", "store", "web"],
    ),
    ("app", &["clock", "config", "core", "crash", "engine", "gitea", "store", "web"]),
    ("engine", &["clock", "config", "core", "crash", "gitea", "store"]),
    ("web", &["clock", "core", "crash", "gitea", "store"]),
    ("sandbox", &["clock", "core"]),
    ("store", &["core"]),
    ("gitea", &["core"]),
    ("config", &["core"]),
    ("clock", &["core"]),
    ("crash", &[]),
    ("core", &[]),
];

/// The core is pure: no socket, no runtime, no database, and nobody asks it for the time.
const IMPURE: [&str; 8] = [
    "tokio",
    "reqwest",
    "rusqlite",
    "axum",
    "std::net",
    "std::fs",
    "SystemTime::now",
    "Instant::now",
];

#[test]
fn imports_run_one_way() {
    let mut wrong = Vec::new();
    for (module, file) in sources() {
        let text = code_of(&file);
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            panic!("{}: say in tests/it/layers.rs what `{module}` may import", file.display());
        };
        for imported in imported_by(&text) {
            if imported != module && !allowed.contains(&imported.as_str()) {
                wrong.push(format!("{} imports {imported}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "against the direction of the layers:\n{}", wrong.join("\n"));
}

#[test]
fn the_core_is_pure() {
    let mut wrong = Vec::new();
    for (_, file) in sources().into_iter().filter(|(module, _)| module == "core") {
        let text = code_of(&file);
        for impure in IMPURE.iter().filter(|word| text.contains(*word)) {
            wrong.push(format!("{} names {impure}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every source file with its top-level module; `lib.rs`, the map, belongs to none.
fn sources() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let relative = path.strip_prefix(&root).expect("below src");
                let first = relative.components().next().expect("a name").as_os_str();
                let module = first.to_string_lossy().trim_end_matches(".rs").to_owned();
                found.push((module, path));
            }
        }
    }
    found.retain(|(module, _)| module != "lib");
    assert!(found.len() > 30, "the sources were not found");
    found
}

/// The file without its comments and its unit tests.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a source file");
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn imported_by(code: &str) -> BTreeSet<String> {
    let named = code.split("crate::").skip(1).chain(code.split("timmy::").skip(1));
    named
        .flat_map(|rest| match rest.strip_prefix('{') {
            // `use crate::{a, b::c}`: each of the group.
            Some(group) => group.split('}').next().unwrap_or_default().split(',').collect(),
            None => vec![rest],
        })
        .map(|path| {
            path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
        })
        .filter(|name| !name.is_empty())
        .collect()
}
