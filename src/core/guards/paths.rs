//! What files are for, as their names say: lock files, CI, what steers agents, rules of linters.

/// The last part of a path, in lower case.
pub(super) fn name_of(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase()
}

/// What tools write that choose versions of dependencies: nobody reads it line by line.
pub(super) fn is_lock_file(path: &str) -> bool {
    const NAMES: [&str; 11] = [
        "package-lock.json",
        "npm-shrinkwrap.json",
        "pnpm-lock.yaml",
        "go.sum",
        "go.work.sum",
        "bun.lockb",
        "packages.lock.json",
        "package.resolved",
        "cartfile.resolved",
        "gradle.lockfile",
        "manifest.lock.toml",
    ];
    let name = name_of(path);
    name.ends_with(".lock") || NAMES.contains(&name.as_str())
}

/// What is written for people, and nothing runs.
pub(super) fn is_prose(path: &str) -> bool {
    const ENDINGS: [&str; 6] = [".md", ".rst", ".txt", ".adoc", ".org", ".tex"];
    let name = name_of(path);
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// What agents read as instructions or take their tools and rights from, at any depth.
pub(super) fn steers_agents(path: &str) -> bool {
    const NAMES: [&str; 15] = [
        "agents.md",
        "agents.override.md",
        "claude.md",
        "claude.local.md",
        "gemini.md",
        "qwen.md",
        "copilot-instructions.md",
        ".mcp.json",
        ".timmy.toml",
        ".cursorrules",
        ".windsurfrules",
        ".clinerules",
        ".aider.conf.yml",
        ".hermes.md",
        "opencode.json",
    ];
    const FOLDERS: [&str; 12] = [
        ".claude",
        ".cursor",
        ".codex",
        ".gemini",
        ".agents",
        ".hermes",
        ".kiro",
        ".clinerules",
        ".windsurf",
        ".opencode",
        ".roo",
        ".aider",
    ];
    NAMES.contains(&name_of(path).as_str()) || is_in(path, &FOLDERS)
}

/// What tells the forge what to run.
pub(super) fn is_workflow(path: &str) -> bool {
    const NAMES: [&str; 7] = [
        ".gitlab-ci.yml",
        ".drone.yml",
        ".woodpecker.yml",
        ".woodpecker.yaml",
        ".travis.yml",
        "jenkinsfile",
        "azure-pipelines.yml",
    ];
    is_actions(path) || is_in(path, &[".woodpecker", ".circleci"]) || is_named(path, &NAMES)
}

/// What tells Gitea's own Actions what to run.
pub fn is_actions(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [".gitea", ".github", ".forgejo"].iter().any(|folder| {
        path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).is_some_and(|rest| {
            rest.starts_with("workflows/") || rest.starts_with("actions/") || rest == "workflows"
        }) || path == *folder
    })
}

/// Whether a change of what is called so changes what Gitea's own Actions run: then these prove nothing of it.
pub fn change_actions<'a>(mut changed_paths: impl Iterator<Item = &'a str>) -> bool {
    changed_paths.any(is_actions)
}

/// What tells a linter, a formatter or a hook what to let pass.
pub(super) fn is_lint_rule(path: &str) -> bool {
    const NAMES: [&str; 20] = [
        "clippy.toml",
        ".clippy.toml",
        "deny.toml",
        ".golangci.yml",
        ".golangci.yaml",
        ".golangci.toml",
        "ruff.toml",
        ".ruff.toml",
        ".flake8",
        ".pylintrc",
        "pylintrc",
        "mypy.ini",
        ".mypy.ini",
        "pyrightconfig.json",
        "biome.json",
        ".pre-commit-config.yaml",
        ".gitleaks.toml",
        ".gitleaksignore",
        "codeowners",
        "lefthook.yml",
    ];
    let name = name_of(path);
    NAMES.contains(&name.as_str())
        || name.starts_with(".eslint")
        || name.starts_with("eslint.config.")
        || is_in(path, &[".husky"])
}

fn is_named(path: &str, names: &[&str]) -> bool {
    names.contains(&name_of(path).as_str())
}

/// Whether one of the folders on the way is one of `folders`; a link in its place counts as well.
pub(super) fn is_in(path: &str, folders: &[&str]) -> bool {
    path.split('/').any(|part| folders.iter().any(|folder| part.eq_ignore_ascii_case(folder)))
}

#[cfg(test)]
mod tests {
    use crate::core::guards::paths::*;

    #[test]
    fn files_are_told_by_their_names() {
        for (path, is) in [
            ("Cargo.lock", is_lock_file as fn(&str) -> bool),
            ("web/package-lock.json", is_lock_file),
            ("AGENTS.md", steers_agents),
            ("docs/Claude.md", steers_agents),
            (".claude", steers_agents),
            ("web/.cursor/rules/a.mdc", steers_agents),
            (".github/copilot-instructions.md", steers_agents),
            (".gitea/workflows/ci.yaml", is_workflow),
            (".github", is_workflow),
            ("Jenkinsfile", is_workflow),
            ("clippy.toml", is_lint_rule),
            ("web/eslint.config.mjs", is_lint_rule),
        ] {
            assert!(is(path), "{path}");
        }
        for (path, is) in [
            ("src/lock.rs", is_lock_file as fn(&str) -> bool),
            ("docs/agents.rs", steers_agents),
            ("claude/a.md", steers_agents),
            (".gitea/issue_template.md", is_workflow),
            ("docs/.github/workflows.md", is_workflow),
            ("src/clippy.rs", is_lint_rule),
        ] {
            assert!(!is(path), "{path}");
        }
    }
}
