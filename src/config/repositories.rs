//! Which repositories a setting is about.

use toml::de::DeValue;

use super::section::Section;
use super::value::{Wrong, is_account, text};
use crate::core::model::glob::Glob;
use crate::core::model::ids::RepoName;

/// Repositories by name, by owner, by pattern, or because everybody may read them.
#[derive(Debug, Clone)]
pub struct RepositoryFilter {
    /// Whether no repository is left out.
    everything: bool,
    public: bool,
    /// In lower case, as names of repositories are compared.
    globs: Vec<Glob>,
}

/// One entry of such a list.
enum Entry {
    Everything(Glob),
    Public,
    Glob(Glob),
}

impl RepositoryFilter {
    /// Whether it names none at all.
    pub fn is_empty(&self) -> bool {
        !self.public && self.globs.is_empty()
    }

    /// Whether it leaves out none.
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// Whether `repository` is among them. Names ignore case.
    pub fn covers(&self, repository: &RepoName, is_public: bool) -> bool {
        let name = repository.to_string().to_ascii_lowercase();
        (self.public && is_public) || self.globs.iter().any(|glob| glob.matches(&name))
    }

    fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Everything(glob) => {
                self.everything = true;
                self.globs.push(glob);
            }
            Entry::Public => self.public = true,
            Entry::Glob(glob) => self.globs.push(glob),
        }
    }

    /// Reads the list `key`; `default` if it is not there.
    pub(super) fn read(section: &Section<'_>, key: &'static str, default: &[&str]) -> Self {
        let default = default.iter().filter_map(|text| parse(text));
        let mut filter = Self { everything: false, public: false, globs: Vec::new() };
        for entry in section.list_or(key, default, entry) {
            filter.add(entry);
        }
        filter
    }
}

fn entry(value: &DeValue<'_>) -> Result<Entry, Wrong> {
    let text = text(value)?;
    parse(&text).ok_or_else(|| {
        let remedy = "Write \"foundation/door\", \"foundation\", a pattern such as \
                      \"foundation/tool-*\", \"public\" or \"*\".";
        Wrong::not(&text, "repository or pattern of repositories", remedy)
    })
}

fn parse(text: &str) -> Option<Entry> {
    match text {
        "public" => Some(Entry::Public),
        "*" => Glob::new("*/*").map(Entry::Everything),
        _ if is_account(text) => {
            Glob::new(&format!("{}/*", text.to_ascii_lowercase())).map(Entry::Glob)
        }
        _ if text.matches('/').count() == 1 => {
            Glob::new(&text.to_ascii_lowercase()).map(Entry::Glob)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::config::repositories::*;

    fn filter(entries: &[&str]) -> RepositoryFilter {
        let mut filter = RepositoryFilter { everything: false, public: false, globs: Vec::new() };
        for entry in entries {
            filter.add(parse(entry).unwrap_or_else(|| panic!("{entry}")));
        }
        filter
    }

    #[test]
    fn repositories_are_named_in_four_ways() {
        let door: RepoName = "Foundation/door".parse().unwrap();
        for (entries, private, public) in [
            (&["*"][..], true, true),
            (&["public"], false, true),
            (&["foundation"], true, true),
            (&["foundation/Door"], true, true),
            (&["foundation/d*", "public"], true, true),
            (&["*/gate", "alexander"], false, false),
            (&[], false, false),
        ] {
            let filter = filter(entries);
            let covers = |is_public| filter.covers(&door, is_public);
            assert_eq!((covers(false), covers(true)), (private, public), "{entries:?}");
            assert_eq!(filter.is_empty(), entries.is_empty());
        }
    }

    #[test]
    fn what_names_no_repository_is_refused() {
        for bad in ["", "a/b/c", "/a", "a/", "**", "a/[b"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
