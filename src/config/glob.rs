//! Patterns over paths: `*` is any run within a segment, `?` one character of it, `**` any
//! number of segments.

use std::fmt;

/// A pattern such as `foundation/archive-*` or `**/*.lock`. Compared as written; whoever wants
/// to ignore case lowers both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    pattern: String,
}

impl Glob {
    /// The pattern, or none if it is empty or has an empty segment (`a//b`, `/a`, `a/`).
    pub fn new(pattern: &str) -> Option<Self> {
        let is_good = pattern.split('/').all(|segment| !segment.is_empty());
        is_good.then(|| Self { pattern: pattern.to_owned() })
    }

    /// Whether the whole of `path` has this form.
    pub fn matches(&self, path: &str) -> bool {
        let pattern: Vec<&str> = self.pattern.split('/').collect();
        let path: Vec<&str> = path.split('/').collect();
        wildcard(
            &pattern,
            &path,
            |segment| *segment == "**",
            |pattern, segment| {
                let pattern: Vec<char> = pattern.chars().collect();
                let segment: Vec<char> = segment.chars().collect();
                wildcard(&pattern, &segment, |c| *c == '*', |p, c| *p == '?' || p == c)
            },
        )
    }
}

/// The pattern as written.
impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

/// Whether `items` fits `pattern`, in which what `is_star` says stands for any run of items.
///
/// On a mismatch it goes back to the last star only, and lets it take one item more: an earlier
/// star never needs to take more. So no pattern takes more than `pattern * items` steps.
fn wildcard<P, T>(
    pattern: &[P],
    items: &[T],
    is_star: impl Fn(&P) -> bool,
    fits: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut p, mut i) = (0, 0);
    let mut last_star = None;
    while i < items.len() {
        match pattern.get(p) {
            Some(star) if is_star(star) => {
                last_star = Some((p, i));
                p += 1;
            }
            Some(one) if fits(one, &items[i]) => {
                p += 1;
                i += 1;
            }
            _ => match last_star {
                Some((star, taken)) => {
                    last_star = Some((star, taken + 1));
                    p = star + 1;
                    i = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(is_star)
}

#[cfg(test)]
mod tests {
    use crate::config::glob::*;

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
        assert!(matches("**/a/**/b", "x/a/y/a/b"));
    }

    #[test]
    fn hostile_patterns_take_no_time() {
        let pattern = "*a".repeat(500);
        assert!(!matches(&pattern, &format!("{}b", "a".repeat(5000))));
    }

    #[test]
    fn empty_segments_are_refused() {
        for bad in ["", "/a", "a/", "a//b"] {
            assert_eq!(Glob::new(bad), None, "{bad}");
        }
    }
}
