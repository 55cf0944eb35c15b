//! Which part of a change is tests, and whether the rest can be taken away from them.

use super::judgement::Untold;
use super::role::{PathRole, role};

/// A file that differs between base and head. One that was moved is gone here and new there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedPath {
    pub path: String,
    pub change: PathChange,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathChange {
    /// It is new, or other than it was.
    Written,
    Removed,
}

/// The tests of a change, to be tried without its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartedChange {
    /// Taken from the head as they are there.
    pub written: Vec<String>,
    /// Taken away, as the head has them no more.
    pub removed: Vec<String>,
    /// Whether tests that pass without the code prove that they prove nothing. Else it may be that
    /// they did not run at all.
    pub is_conclusive: bool,
}

/// Parts tests from code. `inline`: whether files of code that changed hold tests themselves.
///
/// # Errors
/// What cannot be told of such a change, whatever is run.
pub fn part(changed: &[ChangedPath], inline: bool) -> Result<PartedChange, Untold> {
    let of = |wanted: PathRole| changed.iter().filter(move |file| role(&file.path) == wanted);
    let tests = |change| {
        let paths = of(PathRole::Test).filter(move |file| file.change == change);
        paths.map(|file| file.path.clone()).collect::<Vec<_>>()
    };
    let is_bound = inline || of(PathRole::BoundTest).next().is_some();
    let (written, removed) = (tests(PathChange::Written), tests(PathChange::Removed));
    if written.is_empty() {
        return Err(if is_bound { Untold::NotParted } else { Untold::NoTests });
    }
    let has_manifest = of(PathRole::Manifest).next().is_some();
    if of(PathRole::Code).next().is_none() && !is_bound && !has_manifest {
        return Err(Untold::NoCode);
    }
    Ok(PartedChange { written, removed, is_conclusive: !is_bound && !has_manifest })
}

#[cfg(test)]
mod tests {
    use crate::core::fail_to_pass::parting::*;

    fn changed(paths: &[&str]) -> Vec<ChangedPath> {
        let of = |path: &&str| match path.strip_prefix('-') {
            Some(path) => ChangedPath { path: path.to_owned(), change: PathChange::Removed },
            None => ChangedPath { path: (*path).to_owned(), change: PathChange::Written },
        };
        paths.iter().map(of).collect()
    }

    #[test]
    fn tests_are_parted_from_code() {
        let parted = part(&changed(&["src/a.py", "tests/test_a.py", "-tests/test_b.py"]), false);
        let parted = parted.unwrap();
        assert_eq!(parted.written, ["tests/test_a.py"]);
        assert_eq!(parted.removed, ["tests/test_b.py"]);
        assert!(parted.is_conclusive);
    }

    #[test]
    fn what_cannot_be_parted_is_said() {
        for (paths, inline, expected) in [
            (&["src/a.rs", "src/a/tests.rs"][..], false, Untold::NotParted),
            (&["src/a.rs"], true, Untold::NotParted),
            (&["src/a.rs", "README.md"], false, Untold::NoTests),
            (&["src/a.rs", "-tests/a.rs"], false, Untold::NoTests),
            (&["tests/a.rs", "README.md"], false, Untold::NoCode),
            (&[], false, Untold::NoTests),
        ] {
            assert_eq!(part(&changed(paths), inline), Err(expected), "{paths:?}");
        }
    }

    #[test]
    fn tests_that_may_not_have_run_are_not_blamed() {
        let parted = part(&changed(&["src/a.rs", "tests/a.rs", "Cargo.toml"]), false).unwrap();
        assert!(!parted.is_conclusive);
        assert!(!part(&changed(&["src/a.rs", "tests/a.rs"]), true).unwrap().is_conclusive);
    }
}
