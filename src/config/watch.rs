//! Which repositories timmy looks after.

use std::fmt;

use toml::de::DeValue;

use super::section::Section;
use super::value::{Wrong, is_account, text};
use crate::core::model::glob::Glob;
use crate::core::model::ids::RepoName;

/// The repositories that timmy looks after: what a pattern names, but no exception covers.
#[derive(Debug, Clone)]
pub struct Watch {
    patterns: Vec<WatchPattern>,
    except: Vec<Glob>,
}

/// What `gitea.watch` can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchPattern {
    /// `*`: every repository that the account may see in `GET /user/repos`.
    Everything,
    /// `foundation`: all repositories of an organisation or a user.
    Owner(String),
    /// `alexander/notes`: one repository.
    Repository(RepoName),
}

impl fmt::Display for WatchPattern {
    /// As it stands in the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("*"),
            Self::Owner(owner) => f.write_str(owner),
            Self::Repository(name) => name.fmt(f),
        }
    }
}

impl WatchPattern {
    fn names(&self, repository: &RepoName) -> bool {
        match self {
            Self::Everything => true,
            Self::Owner(owner) => owner.eq_ignore_ascii_case(repository.owner()),
            Self::Repository(name) => name == repository,
        }
    }
}

impl Watch {
    /// What was named, in the order of the file.
    pub fn patterns(&self) -> &[WatchPattern] {
        &self.patterns
    }

    /// Whether `repository` is looked after. Names ignore case.
    pub fn covers(&self, repository: &RepoName) -> bool {
        let name = repository.to_string().to_ascii_lowercase();
        self.names(repository) && !self.except.iter().any(|glob| glob.matches(&name))
    }

    fn names(&self, repository: &RepoName) -> bool {
        self.patterns.iter().any(|pattern| pattern.names(repository))
    }

    /// What is to be written in place of `pattern`, which leads to `found`: the forge goes on to
    /// lead from a former name to the present one. None if that is watched all the same.
    pub fn renamed(&self, pattern: &WatchPattern, found: &RepoName) -> Option<String> {
        match pattern {
            _ if self.names(found) => None,
            WatchPattern::Everything => None,
            WatchPattern::Owner(_) => Some(found.owner().to_owned()),
            WatchPattern::Repository(_) => Some(found.to_string()),
        }
    }

    /// Whether all repositories of `owner` are looked after, without exception. Names ignore case.
    pub fn covers_all_of(&self, owner: &str) -> bool {
        let names = |pattern: &WatchPattern| match pattern {
            WatchPattern::Owner(named) => named.eq_ignore_ascii_case(owner),
            WatchPattern::Everything | WatchPattern::Repository(_) => false,
        };
        self.except.is_empty() && self.patterns.iter().any(names)
    }

    /// Reads `watch` and `except`.
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let patterns = section.need_list("watch", pattern);
        let except = section.list_or("except", [], exception);
        let patterns = patterns?.into_iter().map(toml::Spanned::into_inner).collect();
        Some(Self { patterns, except })
    }
}

fn pattern(value: &DeValue<'_>) -> Result<WatchPattern, Wrong> {
    let text = text(value)?;
    if text == "*" {
        return Ok(WatchPattern::Everything);
    }
    if let Ok(name) = text.parse() {
        return Ok(WatchPattern::Repository(name));
    }
    if is_account(&text) {
        return Ok(WatchPattern::Owner(text));
    }
    Err(Wrong::not(
        &text,
        "organisation, user or repository",
        "Write \"foundation\", \"alexander/notes\" or \"*\". Patterns stand in except.",
    ))
}

/// `owner/pattern`, in lower case, as names of repositories are compared.
fn exception(value: &DeValue<'_>) -> Result<Glob, Wrong> {
    let text = text(value)?;
    let glob = Glob::new(&text.to_ascii_lowercase());
    glob.filter(|_| text.matches('/').count() == 1).ok_or_else(|| {
        Wrong::not(&text, "pattern of repositories", "Write it like \"foundation/archive-*\".")
    })
}

#[cfg(test)]
mod tests {
    use crate::config::watch::*;

    fn watch(patterns: &[&str], except: &[&str]) -> Watch {
        let value = |text: &&str| DeValue::String(text.to_string().into());
        Watch {
            patterns: patterns.iter().map(|text| pattern(&value(text)).unwrap()).collect(),
            except: except.iter().map(|text| exception(&value(text)).unwrap()).collect(),
        }
    }

    fn covers(watch: &Watch, name: &str) -> bool {
        watch.covers(&name.parse().unwrap())
    }

    #[test]
    fn owners_and_repositories_are_covered_without_case() {
        let watch = watch(&["foundation", "alexander/notes"], &["foundation/Archive-*"]);
        assert!(covers(&watch, "Foundation/door"));
        assert!(covers(&watch, "alexander/Notes"));
        assert!(!covers(&watch, "alexander/diary"));
        assert!(!covers(&watch, "foundation/archive-2024"));
    }

    #[test]
    fn a_former_name_is_told_unless_the_present_one_is_watched() {
        let renamed = |watch: &Watch, found: &str| {
            watch.renamed(&watch.patterns()[0], &found.parse().unwrap())
        };
        let owner = watch(&["foundation"], &["foundation/archive-*"]);
        assert_eq!(renamed(&owner, "Foundation/door"), None);
        assert_eq!(renamed(&owner, "foundation/archive-1"), None);
        assert_eq!(renamed(&owner, "guild/door").as_deref(), Some("guild"));
        assert_eq!(renamed(&watch(&["foundation", "guild"], &[]), "guild/door"), None);
        let one = watch(&["alexander/notes"], &[]);
        assert_eq!(renamed(&one, "alexander/diary").as_deref(), Some("alexander/diary"));
    }

    #[test]
    fn a_star_is_everything_but_the_exceptions() {
        let watch = watch(&["*"], &["*/secret"]);
        assert!(covers(&watch, "anna/door"));
        assert!(!covers(&watch, "anna/secret"));
    }

    #[test]
    fn a_pattern_is_no_owner() {
        for bad in ["", "foundation/*", "a/b/c", "-", "a b", "../x"] {
            assert!(pattern(&DeValue::String(bad.into())).is_err(), "{bad}");
        }
        assert!(exception(&DeValue::String("foundation".into())).is_err());
    }
}
