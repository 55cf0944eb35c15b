//! Imports run one way: between the parts of the house, inside the core, and in no circle.

mod imports;

use imports::Imports;

/// Which parts each part may name. One that is not listed here is a mistake.
const PARTS: [(&str, &[&str]); 20] = [
    (
        "cli",
        &[
            "agents",
            "app",
            "chance",
            "clock",
            "config",
            "confinement",
            "core",
            "crash",
            "engine",
            "gitea",
            "guard_runs",
            "otlp",
            "sandbox",
            "store",
            "temporal",
            "version",
            "web",
        ],
    ),
    ("agents", &["chance", "clock", "config", "confinement", "core", "crash", "gitea", "tracer"]),
    (
        "app",
        &[
            "agents",
            "chance",
            "clock",
            "config",
            "core",
            "crash",
            "engine",
            "gitea",
            "guard_runs",
            "otlp",
            "page",
            "store",
            "temporal",
            "tracer",
            "version",
            "web",
        ],
    ),
    (
        "engine",
        &[
            "agents",
            "chance",
            "clock",
            "config",
            "confinement",
            "core",
            "crash",
            "gitea",
            "guard_runs",
            "store",
            "tracer",
        ],
    ),
    (
        "temporal",
        &[
            "agents",
            "chance",
            "clock",
            "config",
            "confinement",
            "core",
            "crash",
            "engine",
            "gitea",
            "guard_runs",
            "store",
        ],
    ),
    ("otlp", &["config", "core", "gitea", "tracer", "version"]),
    ("page", &["core", "engine", "store"]),
    ("web", &["clock", "core", "crash", "gitea", "store"]),
    ("sandbox", &["clock", "core"]),
    ("store", &["core"]),
    ("gitea", &["chance", "clock", "core"]),
    ("config", &["core"]),
    ("guard_runs", &["confinement", "core"]),
    ("confinement", &["core"]),
    ("chance", &[]),
    ("clock", &["core"]),
    ("crash", &[]),
    ("tracer", &["core"]),
    ("version", &[]),
    ("core", &[]),
];

/// The same inside the core, where each may also name what those may that it names.
const CORE: [(&str, &[&str]); 20] = [
    ("model", &[]),
    ("metrics", &[]),
    ("notify", &["command", "model"]),
    ("backoff", &[]),
    ("fail_to_pass", &[]),
    ("script_guard", &["guards"]),
    ("command", &["model"]),
    ("policy", &["command", "model"]),
    ("scheduling", &["command", "model", "policy"]),
    ("jobs", &["command", "guards", "model", "policy"]),
    ("trace", &["command", "jobs", "model"]),
    ("guards", &["command", "model"]),
    ("crew", &["command", "jobs", "model"]),
    ("split", &["command", "jobs"]),
    ("decisions", &["command", "crew", "jobs", "model", "policy", "split"]),
    ("effect", &["command", "model", "policy", "scheduling"]),
    (
        "prompt",
        &["command", "crew", "effect", "guards", "jobs", "model", "policy", "scheduling", "split"],
    ),
    (
        "reply",
        &[
            "command",
            "crew",
            "decisions",
            "effect",
            "guards",
            "jobs",
            "model",
            "policy",
            "scheduling",
            "split",
        ],
    ),
    ("report", &["command", "effect", "guards", "jobs", "model", "policy", "reply", "scheduling"]),
    (
        "handlers",
        &[
            "command",
            "crew",
            "decisions",
            "effect",
            "guards",
            "jobs",
            "model",
            "policy",
            "reply",
            "report",
            "scheduling",
            "split",
        ],
    ),
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

/// All imports below `root` that its table does not allow.
fn against(table: &[(&str, &[&str])], root: &str) -> Vec<String> {
    let part = |module: &str| {
        let below = module.strip_prefix(root)?;
        Some(below.split("::").next().unwrap_or_default().to_owned())
    };
    let mut wrong = Vec::new();
    for (module, imported) in &Imports::read().of {
        let Some(from) = part(module).filter(|part| !part.is_empty()) else { continue };
        let Some((_, allowed)) = table.iter().find(|(name, _)| *name == from) else {
            panic!("{module}: say in tests/it/layers what `{root}{from}` may import");
        };
        for other in imported {
            let to = part(other).unwrap_or_else(|| other.clone());
            if !to.is_empty() && to != from && !allowed.contains(&to.as_str()) {
                wrong.push(format!("{module} imports {other}"));
            }
        }
    }
    wrong
}

#[test]
fn imports_run_one_way() {
    let wrong = [against(&PARTS, ""), against(&CORE, "core::")].concat();
    assert!(wrong.is_empty(), "against the direction of the layers:\n{}", wrong.join("\n"));
}

#[test]
fn no_files_import_one_another_in_a_circle() {
    let circle = Imports::read().circle().unwrap_or_default().join("\n  imports ");
    assert!(circle.is_empty(), "a circle:\n  {circle}");
}

#[test]
fn the_core_is_pure() {
    let mut wrong = Vec::new();
    for (module, code) in &Imports::read().code {
        for impure in
            IMPURE.iter().filter(|word| module.starts_with("core::") && code.contains(**word))
        {
            wrong.push(format!("{module} names {impure}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
