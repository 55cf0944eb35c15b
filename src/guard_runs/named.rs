//! The files of the repository that a command runs. They decide what passes, so each run takes them
//! as they are on the base branch, whatever the head makes of them.

use std::collections::BTreeSet;

use super::options::{TakesNext, of_interpreter, of_wrapper};
use crate::confinement::TreeChange;

/// Where a checkout lies for whatever runs in it.
const CHECKOUT: &str = "/timmy/checkout/";

/// More words than any command has. What stands behind them is not looked at.
const MOST_WORDS: usize = 500;

/// What runs the file that is named behind it.
const INTERPRETERS: [&str; 24] = [
    ".", "source", "sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "python", "python2",
    "python3", "pypy", "pypy3", "node", "nodejs", "tsx", "deno", "bun", "ruby", "perl", "php",
    "lua", "Rscript",
];

/// What stands before the program that is run.
const BEFORE: [&str; 33] = [
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
    "ionice",
    "nohup",
    "eval",
    "builtin",
    "busybox",
    "doas",
    "strace",
    "xargs",
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
    /// Those that `commands` run among `changes`.
    pub(super) fn of(commands: &[Vec<String>], changes: &[TreeChange]) -> Self {
        let mut named = Named::default();
        for words in commands {
            named.extend(Named::by(words));
        }
        let mut found = Self::default();
        for change in changes {
            let path = &change.path;
            if named.run.contains(path) && change.was_there {
                found.restored.push(path.clone());
            } else if named.run.contains(path) || named.hides_goal(change) {
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
    fn extend(&mut self, other: Self) {
        self.run.extend(other.run);
        self.goals.extend(other.goals);
    }

    /// Whether `make` would take it, or the new folder in which it lies, for a goal that is reached.
    fn hides_goal(&self, change: &TreeChange) -> bool {
        let TreeChange { path, was_there, new_folder, .. } = change;
        let is_above = |folder: &String, goal: &String| {
            goal.strip_prefix(folder.as_str())
                .is_some_and(|rest| matches!(rest.as_bytes().first(), None | Some(b'/')))
        };
        let lies_in = |goal: &String| {
            path.strip_prefix(goal.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        let is_in_new = |goal: &String| {
            lies_in(goal) && new_folder.as_ref().is_some_and(|folder| is_above(folder, goal))
        };
        !was_there && (self.goals.contains(path) || self.goals.iter().any(is_in_new))
    }

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
        for paths in [&mut named.run, &mut named.goals] {
            let below: Vec<String> = paths.iter().cloned().collect();
            for folder in &named.folders {
                paths.extend(below.iter().map(|path| format!("{folder}/{path}")));
            }
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
        let mut wrapper = "";
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let name = on_the_machine(word);
            let takes = match *word {
                word if word.starts_with('-') => of_wrapper(wrapper, word),
                word if is_variable(word) || word.starts_with(|c: char| c.is_ascii_digit()) => {
                    TakesNext::No
                }
                _ if BEFORE.contains(&name) => {
                    // `uv run`: the options are still those of uv.
                    if !name.starts_with("run") {
                        wrapper = name;
                    }
                    TakesNext::No
                }
                _ => return self.program(&words[at..]),
            };
            let next = words
                .get(at + 1)
                .filter(|next| !next.starts_with('-') && !BEFORE.contains(&on_the_machine(next)));
            at += match (takes, next) {
                (TakesNext::Yes, _) | (TakesNext::Perhaps, Some(_)) => 2,
                (TakesNext::No, _) | (TakesNext::Perhaps, None) => 1,
            };
            if takes == TakesNext::Perhaps && next.is_some() {
                self.program(&words[at - 1..]);
            }
        }
    }

    /// Takes in a program and its arguments.
    fn program(&mut self, words: &[&str]) {
        let Some((program, arguments)) = words.split_first() else { return };
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

    /// The first of the arguments that is no option is what runs; where it may be the value of the
    /// option before it, the next one may be it as well.
    fn interpreted(&mut self, name: &str, arguments: &[&str]) {
        let is_shell = name.ends_with("sh");
        let mut may_be_value = false;
        let mut arguments = arguments.iter();
        while let Some(word) = arguments.next() {
            match *word {
                word if name.starts_with("py") && is_module(word) => {
                    self.module(arguments.next().unwrap_or(&""));
                    return;
                }
                // It is only read through.
                "-n" if is_shell => return,
                "--check" => return,
                // Deno, bun.
                "run" => {}
                word if word.starts_with('-') || is_shell && word.starts_with('+') => {
                    // What is read in before, as of `--require=./a.js`.
                    let value = word.split_once('=').and_then(|(_, value)| path_of(value));
                    self.run.extend(value);
                    may_be_value = of_interpreter(name, word) != TakesNext::No;
                }
                word => {
                    self.run.extend(path_of(word));
                    if !may_be_value {
                        return;
                    }
                    may_be_value = false;
                }
            }
        }
    }

    /// Takes in a module that Python runs.
    fn module(&mut self, name: &str) {
        let module = name.replace('.', "/");
        let ends = ["", "/__main__", "/__init__"];
        self.run.extend(ends.map(|end| format!("{module}{end}.py")));
    }
}

/// `-m`, also behind letters that take nothing: `-Im`.
fn is_module(word: &str) -> bool {
    let letters = word.strip_prefix('-').and_then(|word| word.strip_suffix('m'));
    letters.is_some_and(|letters| letters.chars().all(|letter| "bBdEiIOPqsSuvx".contains(letter)))
}

fn is_variable(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| !name.contains('/'))
}

/// The name of a program, wherever on the machine it lies. A file of the repository is not that.
fn on_the_machine(word: &str) -> &str {
    match word.starts_with('/') && !word.starts_with(CHECKOUT) {
        true => word.rsplit('/').next().unwrap_or_default(),
        false => word,
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
                new_folder: None,
            }
        };
        let changes: Vec<TreeChange> = changed.iter().map(change).collect();
        NamedFiles::of(&[words], &changes)
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
            (&["bash", "-euo", "pipefail", "ci/test.sh", "src/a.rs"], "ci/test.sh"),
            (&["bash", "+e", "-o", "pipefail", "-x", "ci/test.sh", "src/a.rs"], "ci/test.sh"),
            (&["sh", "-e", "ci/test.sh", "src/a.rs"], "ci/test.sh"),
            (&["sh", "-c", "set -e; bash -o pipefail ci/test.sh src/a.rs"], "ci/test.sh"),
            (&["python3", "-W", "error", "ci/test.py", "src/a.rs"], "ci/test.py"),
            (&["python3", "-Im", "tools"], "tools/__main__.py"),
            (&["node", "-r", "./ci/first.js", "ci/test.js"], "ci/first.js"),
            (&["node", "--import=./ci/first.js", "ci/test.js"], "ci/first.js"),
            (&["node", "--conditions", "dev", "ci/test.js"], "ci/test.js"),
            (&["env", "-u", "CI", "ci/test.sh", "src/a.rs"], "ci/test.sh"),
            (&["/usr/bin/env", "-C", "web", "ci/test.sh"], "web/ci/test.sh"),
            (&["timeout", "-s", "KILL", "60", "nice", "-n", "5", "ci/test.sh"], "ci/test.sh"),
            (&["sudo", "-n", "-u", "nobody", "bash", "-eo", "pipefail", "ci/a.sh"], "ci/a.sh"),
            (&["uv", "run", "--frozen", "--with", "x", "ci/test.py", "src/a.rs"], "ci/test.py"),
            (&["uv", "run", "--brand-new", "x", "ci/test.py"], "ci/test.py"),
            (&["xvfb-run", "-a", "ci/test.sh", "src/a.rs"], "ci/test.sh"),
        ] {
            assert_eq!(named(words, &[path, "src/a.rs"]).restored, [path], "{words:?}");
        }
    }

    #[test]
    fn what_prepares_and_what_follows_are_two_commands() {
        let command = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let commands = [command("cargo fetch --locked"), command("bash ci/test.sh")];
        let path = "ci/test.sh".to_owned();
        let (is_exact, was_there, is_there, new_folder) = (true, true, true, None);
        let change = TreeChange { path, is_exact, was_there, is_there, new_folder };
        assert_eq!(NamedFiles::of(&commands, &[change]).restored, ["ci/test.sh"]);
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
            (&["uv", "run", "--frozen", "pytest", "tests/test_a.py"], "tests/test_a.py"),
            (&["xvfb-run", "-a", "pytest", "tests/test_a.py"], "tests/test_a.py"),
            (&["env", "-u", "CI", "pytest", "tests/test_a.py"], "tests/test_a.py"),
            (&["bash", "-eu", "ci/run.sh", "src/a.sh"], "src/a.sh"),
            (&["bash", "-o", "pipefail", "-c", "grep a src/a.sh"], "src/a.sh"),
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

    #[test]
    fn a_new_folder_does_not_take_the_place_of_a_goal() {
        let removed = |words: &[&str], path: &str, new_folder: Option<&str>| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let (path, new_folder) = (path.to_owned(), new_folder.map(str::to_owned));
            let (is_exact, was_there, is_there) = (true, false, true);
            let change = TreeChange { path, is_exact, was_there, is_there, new_folder };
            !NamedFiles::of(&[words], &[change]).removed.is_empty()
        };
        assert!(removed(&["make", "lint"], "lint/rules.md", Some("lint")));
        assert!(removed(&["make", "lint"], "lint/a/rules.md", Some("lint")));
        assert!(removed(&["make", "out/docs"], "out/docs/a.md", Some("out")));
        assert!(removed(&["make", "-C", "web", "lint"], "web/lint/a.md", Some("web/lint")));
        // The base has the folder: nothing is hidden that was not.
        assert!(!removed(&["make", "test"], "test/new.py", None));
        assert!(!removed(&["make", "test"], "test/new/a.py", Some("test/new")));
        assert!(!removed(&["make", "lint"], "linted/a.md", Some("linted")));
    }
}
