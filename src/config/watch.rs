//! Which repositories timmy looks after.

use std::fmt;

use toml::de::DeValue;

use super::glob::Glob;
use super::section::Section;
use super::value::{Wrong, is_account, text};
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

impl Watch {
    /// What was named, in the order of the file.
    pub fn patterns(&self) -> &[WatchPattern] {
        &self.patterns
    }

    /// Whether `repository` is looked after. Names ignore case.
    pub fn covers(&self, repository: &RepoName) -> bool {
        let is_named = self.patterns.iter().any(|pattern| match pattern {
            WatchPattern::Everything => true,
            WatchPattern::Owner(owner) => owner.eq_ignore_ascii_case(repository.owner()),
            WatchPattern::Repository(name) => name == repository,
        });
        let name = repository.to_string().to_ascii_lowercase();
        is_named && !self.except.iter().any(|glob| glob.matches(&name))
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
