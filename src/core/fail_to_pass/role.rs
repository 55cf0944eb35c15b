//! What a file is for, by its path alone.

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathRole {
    /// Tests, and what only tests use: their data, their machinery.
    Test,
    /// Tests that only run if code beside them names them, so that they cannot be parted from it.
    BoundTest,
    /// What says which tests there are and what they need: taken away, it may hide them.
    Manifest,
    /// Nothing that runs.
    Prose,
    Code,
}

const TEST_FOLDERS: [&str; 9] = [
    "tests",
    "test",
    "__tests__",
    "__mocks__",
    "__snapshots__",
    "spec",
    "specs",
    "e2e",
    "testdata",
];

const MANIFESTS: [&str; 22] = [
    "cargo.toml",
    "package.json",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "pytest.ini",
    "tox.ini",
    "noxfile.py",
    "go.mod",
    "go.work",
    "cmakelists.txt",
    "makefile",
    "meson.build",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "gemfile",
    "rakefile",
    "composer.json",
    "phpunit.xml",
    "mix.exs",
    "justfile",
];

const PROSE: [&str; 8] = ["md", "rst", "txt", "adoc", "png", "jpg", "svg", "pdf"];

/// What the file at `path` is for.
pub fn role(path: &str) -> PathRole {
    let mut parts: Vec<&str> = path.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    let in_tests = parts.iter().position(|part| TEST_FOLDERS.contains(part));
    if in_tests.is_some() || is_test_file(name) {
        let before = &parts[..in_tests.unwrap_or(parts.len())];
        let is_module = name.ends_with(".rs") && before.contains(&"src");
        return if is_module { PathRole::BoundTest } else { PathRole::Test };
    }
    let lower = name.to_ascii_lowercase();
    let is_config = lower.contains(".config.") || lower.starts_with("requirements");
    if MANIFESTS.contains(&lower.as_str()) || is_config || is_project_file(&lower) {
        return PathRole::Manifest;
    }
    let ending = lower.rsplit_once('.').map_or("", |(_, ending)| ending);
    match PROSE.contains(&ending) || matches!(lower.as_str(), "license" | "readme") {
        true => PathRole::Prose,
        false => PathRole::Code,
    }
}

fn is_project_file(lower: &str) -> bool {
    [".csproj", ".sln", ".fsproj", ".cabal", ".gemspec"].iter().any(|end| lower.ends_with(end))
}

/// Whether test runners take the file for tests by its name, wherever it stands.
fn is_test_file(name: &str) -> bool {
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    match ending {
        "py" => stem.starts_with("test_") || stem.ends_with("_test") || stem == "conftest",
        "go" | "exs" | "dart" | "cc" | "cpp" | "c" => stem.ends_with("_test"),
        "rs" => stem == "tests" || stem.ends_with("_test") || stem.ends_with("_tests"),
        "rb" => stem.ends_with("_test") || stem.ends_with("_spec"),
        "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "mts" | "cts" | "vue" | "svelte" => {
            let marks = ["test", "spec", "cy", "e2e"];
            stem.split('.').skip(1).any(|part| marks.contains(&part))
        }
        "java" | "kt" | "scala" | "cs" | "php" | "swift" | "groovy" => {
            ["Test", "Tests", "Spec", "IT"].iter().any(|end| stem.ends_with(end))
        }
        "snap" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::fail_to_pass::role::*;

    #[test]
    fn the_path_tells_what_a_file_is_for() {
        for (path, expected) in [
            ("tests/door.rs", PathRole::Test),
            ("crates/door/tests/it/main.rs", PathRole::Test),
            ("src/door/tests.rs", PathRole::BoundTest),
            ("src/tests/door.rs", PathRole::BoundTest),
            ("tests/src/door.rs", PathRole::Test),
            ("src/door.rs", PathRole::Code),
            ("door/test_door.py", PathRole::Test),
            ("door/conftest.py", PathRole::Test),
            ("door/testing.py", PathRole::Code),
            ("door/door_test.go", PathRole::Test),
            ("door/testdata/door.json", PathRole::Test),
            ("src/door.spec.ts", PathRole::Test),
            ("src/spec.ts", PathRole::Code),
            ("src/contest.js", PathRole::Code),
            ("src/main/java/Contest.java", PathRole::Code),
            ("src/test/java/DoorTest.java", PathRole::Test),
            ("Cargo.toml", PathRole::Manifest),
            ("web/vitest.config.ts", PathRole::Manifest),
            ("requirements-dev.txt", PathRole::Manifest),
            ("README.md", PathRole::Prose),
            ("LICENSE", PathRole::Prose),
            ("", PathRole::Code),
        ] {
            assert_eq!(role(path), expected, "{path}");
        }
    }
}
