//! The path of a file in the repository, which nothing can lead out of it.

use std::fmt;
use std::str::FromStr;

/// The longest path, in bytes.
const LONGEST_PATH: usize = 1_024;

/// The longest name of a file or a folder that file systems take, in bytes.
const LONGEST_NAME: usize = 255;

/// A path from the root of the repository on, with `/`: no `..`, nothing of git's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RepoPath(String);

/// Why a text is no path in the repository. It is told to the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotARepoPath {
    #[error("the path is empty: name a file, such as `src/main.rs`")]
    Empty,
    #[error("the path is longer than {LONGEST_PATH} bytes")]
    TooLong,
    #[error("`{0}` is not a path within the repository: write it from the root on, without `..`")]
    Outside(String),
    #[error("`{0}` belongs to git itself")]
    GitsOwn(String),
    #[error("the path holds characters that no file here may have in its name")]
    Characters,
}

impl RepoPath {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this lies in `folder`; everything lies in the root, which is none.
    pub(super) fn is_in(&self, folder: Option<&RepoPath>) -> bool {
        folder.is_none_or(|folder| {
            self.0.strip_prefix(&folder.0).is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// The folders that it lies in, the outermost first.
    pub(super) fn folders(&self) -> impl Iterator<Item = Self> {
        self.0.match_indices('/').map(|(at, _)| Self(self.0[..at].to_owned()))
    }
}

impl FromStr for RepoPath {
    type Err = NotARepoPath;

    /// Reads what a model writes: `./` at its beginning and `/` at its end mean nothing.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix("./").unwrap_or(text);
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.is_empty() || path == "." {
            return Err(NotARepoPath::Empty);
        }
        if path.len() > LONGEST_PATH {
            return Err(NotARepoPath::TooLong);
        }
        if path.contains(is_unfit) {
            return Err(NotARepoPath::Characters);
        }
        for name in path.split('/') {
            if matches!(name, "" | "." | "..") || name.len() > LONGEST_NAME {
                return Err(NotARepoPath::Outside(path.to_owned()));
            }
            if is_gits_own(name) {
                return Err(NotARepoPath::GitsOwn(name.to_owned()));
            }
        }
        Ok(Self(path.to_owned()))
    }
}

/// What cannot be seen, and what is a separator elsewhere.
fn is_unfit(c: char) -> bool {
    c == '\\' || c.is_control() || crate::core::command::invisible::Invisible::new(c).is_some()
}

/// The names under which file systems find `.git`: without regard to case, to what stands at the
/// end, and by the short name of old ones.
fn is_gits_own(name: &str) -> bool {
    let stem = name.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
    stem.eq_ignore_ascii_case(".git") || stem.eq_ignore_ascii_case("git~1")
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::openai::path::*;

    #[test]
    fn a_path_stays_in_the_repository() {
        for (text, path) in [
            ("src/main.rs", "src/main.rs"),
            ("./src/main.rs", "src/main.rs"),
            ("src/", "src"),
            (".gitignore", ".gitignore"),
            (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
            ("a b/é.txt", "a b/é.txt"),
            ("...", "..."),
        ] {
            assert_eq!(text.parse::<RepoPath>().unwrap().as_str(), path);
        }
        for bad in [
            "",
            ".",
            "./",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../../x",
            "a/..",
            "a//b",
            "a/./b",
            ".git",
            ".git/config",
            "a/.GIT/hooks/x",
            ".git./x",
            ".git /x",
            "GIT~1/x",
            "a\\b",
            ".git::$INDEX_ALLOCATION/x",
            "a\nb",
            "a\0",
            "a\u{202E}b",
            ".g\u{200C}it/config",
        ] {
            assert!(bad.parse::<RepoPath>().is_err(), "{bad:?}");
        }
        assert_eq!("x/".repeat(600).parse::<RepoPath>(), Err(NotARepoPath::TooLong));
        assert!("x".repeat(300).parse::<RepoPath>().is_err());
    }

    #[test]
    fn folders_are_told_from_names_that_begin_alike() {
        let path: RepoPath = "a/b/c".parse().unwrap();
        assert_eq!(path.folders().map(|f| f.to_string()).collect::<Vec<_>>(), ["a", "a/b"]);
        assert!(path.is_in(None) && path.is_in(Some(&"a/b".parse().unwrap())));
        assert!(!path.is_in(Some(&"a/b/c".parse().unwrap())));
        assert!(!"ab/c".parse::<RepoPath>().unwrap().is_in(Some(&"a".parse().unwrap())));
    }
}
