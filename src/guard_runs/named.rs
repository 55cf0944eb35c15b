//! The files of the repository that a command runs. They decide what passes, so each run takes them
//! as they are on the base branch, whatever the head makes of them.

use std::collections::BTreeSet;

use crate::confinement::TreeChange;

/// Where a checkout lies for whatever runs in it.
const CHECKOUT: &str = "/timmy/checkout/";

/// More words than any command has. What stands behind them is not looked at.
const MOST_WORDS: usize = 500;

/// What runs the file that is named behind it.
const INTERPRETERS: [&str; 18] = [
    ".", "source", "sh", "bash", "dash", "zsh", "ksh", "python", "python3", "pypy3", "node",
    "deno", "bun", "ruby", "perl", "php", "lua", "Rscript",
];

/// What stands before the program that is run.
const BEFORE: [&str; 26] = [
    "!",
    "if",
    "then",
    "else",
    "elif",
    "do",
    "while",
    "until",
    "exec",
    "env",
    "time",
    "nice",
    "nohup",
    "command",
    "sudo",
    "setsid",
    "stdbuf",
    "timeout",
    "xvfb-run",
    "uv",
    "poetry",
    "pipenv",
    "bundle",
    "npx",
    "run",
    "run-script",
];

/// The files that a command runs and that a change touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NamedFiles {
    /// Taken from the base.
    pub(super) restored: Vec<String>,
    /// Taken away, as the base has none of that name.
    pub(super) removed: Vec<String>,
}

impl NamedFiles {
    /// Those that `words` run among `changes`.
    pub(super) fn of(words: &[String], changes: &[TreeChange]) -> Self {
        let named = Named::by(words);
        let mut found = Self::default();
        for change in changes {
            let path = &change.path;
            if named.run.contains(path) && change.was_there {
                found.restored.push(path.clone());
            } else if named.run.contains(path) || named.goals.contains(path) && !change.was_there {
                found.removed.push(path.clone());
            }
        }
        found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.restored.is_empty() && self.removed.is_empty()
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        self.restored.iter().chain(&self.removed)
    }
}

#[derive(Default)]
struct Named {
    run: BTreeSet<String>,
    /// Of `make`: a file of such a name tells it that nothing is to be done.
    goals: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Named {
    fn by(words: &[String]) -> Self {
        let mut named = Self::default();
        let whole: Vec<&str> = words.iter().map(String::as_str).take(MOST_WORDS).collect();
        named.command(&whole);
        for script in words.iter().filter(|word| word.contains(char::is_whitespace)) {
            let commands = script.split([';', '&', '|', '(', ')', '`', '{', '}', '\n']);
            for command in commands.take(MOST_WORDS) {
                let words = command.split([' ', '\t', '\r', '"', '\'', '<', '>']);
                let words = words.filter(|word| !word.is_empty());
                named.command(&words.take(MOST_WORDS).collect::<Vec<_>>());
            }
        }
        let below: Vec<String> = named.run.iter().cloned().collect();
        for folder in &named.folders {
            named.run.extend(below.iter().map(|path| format!("{folder}/{path}")));
        }
        named
    }

    /// Takes in one command of a shell.
    fn command(&mut self, words: &[&str]) {
        for pair in words.windows(2) {
            if matches!(pair[0], "cd" | "-C" | "--prefix" | "--directory") {
                self.folders.extend(path_of(pair[1]));
            }
        }
        let is_before = |word: &&&str| {
            let is_option = word.starts_with('-') || word.starts_with(|c: char| c.is_ascii_digit());
            let is_variable = word.split_once('=').is_some_and(|(name, _)| !name.contains('/'));
            is_option || is_variable || BEFORE.contains(*word)
        };
        let before = words.iter().take_while(is_before).count();
        let Some((program, arguments)) = words[before..].split_first() else { return };
        // Without a slash it is looked for on the machine.
        self.run.extend(path_of(program).filter(|_| program.contains('/')));
        let name = program.rsplit('/').next().unwrap_or_default();
        if INTERPRETERS.contains(&name) || name.starts_with("python3.") {
            self.interpreted(name, arguments);
        } else if matches!(name, "make" | "gmake" | "just" | "task" | "rake") {
            self.goals.extend(arguments.iter().filter_map(|word| path_of(word)));
            let files = arguments.windows(2).filter(|two| {
                matches!(two[0], "-f" | "--file" | "--makefile" | "--justfile" | "--taskfile")
            });
            self.run.extend(files.filter_map(|two| path_of(two[1])));
        }
    }

    /// The first of the arguments that is no option is what runs.
    fn interpreted(&mut self, name: &str, arguments: &[&str]) {
        let mut arguments = arguments.iter();
        while let Some(word) = arguments.next() {
            match *word {
                "-m" => {
                    let module = arguments.next().unwrap_or(&"").replace('.', "/");
                    let ends = ["", "/__main__", "/__init__"];
                    self.run.extend(ends.map(|end| format!("{module}{end}.py")));
                    return;
                }
                // It is only read through.
                "-n" if name.ends_with("sh") => return,
                "--check" => return,
                // Deno, bun.
                "run" => {}
                word if word.starts_with('-') => {}
                word => {
                    self.run.extend(path_of(word));
                    return;
                }
            }
        }
    }
}

/// The path from the root of the repository on.
fn path_of(word: &str) -> Option<String> {
    let word = word.strip_prefix(CHECKOUT).unwrap_or(word);
    if word.starts_with(['/', '-', '~']) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in word.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use crate::guard_runs::named::*;

    fn named(words: &[&str], changed: &[&str]) -> NamedFiles {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let change = |path: &&str| {
            let is_new = path.starts_with('+');
            TreeChange {
                path: path.trim_start_matches('+').to_owned(),
                is_exact: true,
                was_there: !is_new,
                is_there: true,
            }
        };
        let changes: Vec<TreeChange> = changed.iter().map(change).collect();
        NamedFiles::of(&words, &changes)
    }

    #[test]
    fn a_file_that_runs_is_found_however_it_is_named() {
        for (words, path) in [
            (&["./run-tests.sh"][..], "run-tests.sh"),
            (&["sh", "-e", "ci//./test.sh", "--all"], "ci/test.sh"),
            (&["/timmy/checkout/run"], "run"),
            (&["bash", "-ec", "make build && ./run.sh>log"], "run.sh"),
            (&["sh", "-c", "cd web; node 'test.js'"], "web/test.js"),
            (&["sh", "-c", "if ! CI=1 timeout 60 ci/test; then exit 1; fi"], "ci/test"),
            (&["sh", "-c", ". ci/lib.sh && all"], "ci/lib.sh"),
            (&["env", "CI=1", "python3.11", "tools/a b.py"], "tools/a b.py"),
            (&["make", "-C", "web", "-f", "ci/a.mk"], "web/ci/a.mk"),
            (&["python", "-m", "tools.run_tests"], "tools/run_tests.py"),
            (&["python", "-m", "tools"], "tools/__main__.py"),
            (&["sh", "ci/../run"], "run"),
        ] {
            assert_eq!(named(words, &[path, "src/a.rs"]).restored, [path], "{words:?}");
        }
    }

    #[test]
    fn what_it_only_looks_at_is_the_heads() {
        for (words, path) in [
            (&["cargo", "test", "--offline"][..], "test"),
            (&["cargo", "test", "--manifest-path", "web/Cargo.toml"], "web/Cargo.toml"),
            (&["pip", "install", "-r", "requirements.txt"], "requirements.txt"),
            (&["pytest", "tests/test_a.py"], "tests/test_a.py"),
            (&["sh", "-c", "test ! -e docs/oil.md"], "docs/oil.md"),
            (&["sh", "ci/run.sh", "src/a.rs"], "src/a.rs"),
            (&["sh", "-n", "run.sh"], "run.sh"),
            (&["make", "all"], "all"),
            (&["../a", "", ".."], "a"),
        ] {
            let found = named(words, &[path]);
            assert!(found.is_empty(), "{words:?}: {found:?}");
        }
    }

    #[test]
    fn what_takes_the_place_of_what_runs_is_taken_away() {
        assert_eq!(named(&["make", "test"], &["+test", "Makefile"]).removed, ["test"]);
        assert_eq!(named(&["python", "-m", "pytest"], &["+pytest.py"]).removed, ["pytest.py"]);
    }
}
