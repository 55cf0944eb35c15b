//! Patterns over paths: `*` is any run within a segment, `**` any number of segments, `?` one ASCII
//! character, `[a-z]` one of several of them, `{a,b}` one of several texts.

use globset::{GlobBuilder, GlobSet};

/// A pattern such as `foundation/archive-*` or `**/*.lock`. Compared as written; whoever wants
/// to ignore case lowers both sides.
#[derive(Debug, Clone)]
pub struct Glob(GlobSet);

impl Glob {
    /// The pattern, or none if it is malformed, empty or has an empty segment (`a//b`, `/a`, `a/`).
    pub fn new(pattern: &str) -> Option<Self> {
        if pattern.split('/').any(str::is_empty) {
            return None;
        }
        // What is in a folder is not the folder itself to globset. Here it is: a link in its place
        // would change all that is in it.
        let folder = pattern.strip_suffix("/**");
        let globs = folder.into_iter().chain([pattern]).map(|pattern| {
            GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build()
        });
        let globs: Vec<globset::Glob> = globs.collect::<Result<_, _>>().ok()?;
        GlobSet::new(globs).ok().map(Self)
    }

    /// A pattern in which `*` and `?` go across slashes, as Gitea reads the contexts that a branch
    /// requires: `ci/*` covers `ci/test / unit (push)`. None if it is malformed or empty.
    pub fn across(pattern: &str) -> Option<Self> {
        if pattern.is_empty() {
            return None;
        }
        let glob =
            GlobBuilder::new(pattern).literal_separator(false).backslash_escape(true).build();
        GlobSet::new([glob.ok()?]).ok().map(Self)
    }

    /// Whether the whole of `path` has this form.
    pub fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::glob::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Glob::new(pattern).unwrap().matches(path)
    }

    #[test]
    fn one_star_stays_in_its_segment() {
        assert!(matches("foundation/archive-*", "foundation/archive-2024"));
        assert!(matches("*/notes", "alexander/notes"));
        assert!(!matches("foundation/*", "foundation/a/b"));
        assert!(!matches("*", "a/b"));
        assert!(matches("a?c", "abc") && !matches("a?c", "ac"));
    }

    #[test]
    fn two_stars_cross_segments() {
        for path in ["Cargo.lock", "web/Cargo.lock", "a/b/c.lock"] {
            assert!(matches("**/*.lock", path), "{path}");
        }
        assert!(matches("ci/**", "ci/a/b") && matches("ci/**", "ci/a"));
        assert!(!matches("ci/**", "cix/a") && !matches("**/*.lock", "a.lock/b"));
        assert!(matches("ci/**", "ci") && !matches("ci/**", "web/ci"));
        assert!(matches("**/a/**/b", "x/a/y/a/b"));
    }

    #[test]
    fn sets_and_choices_stay_in_their_segment() {
        assert!(matches("v[0-9].md", "v1.md") && !matches("v[!0-9].md", "v1.md"));
        assert!(matches("{ci,web}/*", "web/a") && !matches("{ci,web}/*", "app/a"));
        assert!(!matches("a[!b]c", "a/c"));
    }

    #[test]
    fn patterns_of_contexts_go_across_slashes() {
        for (pattern, context) in [
            ("ci/*", "ci/test / unit (push)"),
            ("*", "a/b/c"),
            ("ci/{test,lint}*", "ci/lint"),
            ("?/x", "a/x"),
        ] {
            assert!(Glob::across(pattern).unwrap().matches(context), "{pattern}");
        }
        assert!(!Glob::across("ci/*").unwrap().matches("xci/a"));
        assert!(Glob::across("").is_none() && Glob::across("a[").is_none());
    }

    #[test]
    fn hostile_patterns_take_no_time() {
        let pattern = "*a".repeat(500);
        assert!(!matches(&pattern, &format!("{}b", "a".repeat(5000))));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for bad in ["", "/a", "a/", "a//b", "a[b", "{a"] {
            assert!(Glob::new(bad).is_none(), "{bad}");
        }
    }
}
