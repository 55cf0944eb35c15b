//! The path of a call: a template for the log, arguments for the forge.

use std::fmt::Display;

use url::Url;

use super::error::Error;

/// The largest body of a success: a thread of a few dozen comments of one megabyte each.
const LARGEST_BODY: usize = 32 << 20;

/// One resource of the API, such as `repos/{owner}/{repo}/issues/{index}` with its arguments.
#[derive(Debug, Clone)]
pub(super) struct Route {
    template: &'static str,
    arguments: Vec<String>,
    query: Vec<(&'static str, String)>,
    limit: usize,
    part: AnswerPart,
}

/// How much of an answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerPart {
    Whole,
    /// So many bytes of its end.
    End(usize),
}

impl Route {
    /// The route `template`, whose segments in braces are replaced by `arguments` in order. That of
    /// `{path}` may be several segments.
    pub(super) fn new(template: &'static str, arguments: &[&(dyn Display + Sync)]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        debug_assert_eq!(template.matches('{').count(), arguments.len(), "{template}");
        Self {
            template,
            arguments,
            query: Vec::new(),
            limit: LARGEST_BODY,
            part: AnswerPart::Whole,
        }
    }

    /// The same route with `name=value` in its query.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// The same route, whose answer may have so many bytes at most.
    #[must_use]
    pub(super) fn at_most(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// The same route, of whose answer so many bytes of the end are wanted.
    #[must_use]
    pub(super) fn ending(mut self, bytes: usize) -> Self {
        self.part = AnswerPart::End(bytes);
        self
    }

    pub(super) fn part(&self) -> AnswerPart {
        self.part
    }

    /// How many bytes the answer may have.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// What logs may show: the path without its arguments.
    pub(super) fn template(&self) -> &'static str {
        self.template
    }

    /// The address below `api` (which ends in a slash). Arguments are escaped; one that would
    /// change the path (`..`) is refused.
    pub(super) fn url(&self, api: &Url) -> Result<Url, Error> {
        let mut url = api.clone();
        let mut arguments = self.arguments.iter();
        {
            let mut path =
                url.path_segments_mut().map_err(|()| Error::NotAName(api.to_string()))?;
            path.pop_if_empty();
            for segment in self.template.split('/') {
                match arguments.as_slice() {
                    [argument, ..] if segment.starts_with('{') => {
                        for part in parts(segment, argument) {
                            if matches!(part, "" | "." | "..") {
                                return Err(Error::NotAName(argument.clone()));
                            }
                            path.push(part);
                        }
                        arguments.next();
                    }
                    _ => {
                        path.push(segment);
                    }
                }
            }
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}

/// The segments that take the place of `segment`.
fn parts<'a>(segment: &str, argument: &'a str) -> Vec<&'a str> {
    if segment == "{path}" { argument.split('/').collect() } else { vec![argument] }
}

#[cfg(test)]
mod tests {
    use crate::gitea::route::*;

    fn api() -> Url {
        "https://forge.example/git/api/v1/".parse().unwrap()
    }

    #[test]
    fn arguments_cannot_leave_their_segment() {
        let url = Route::new("orgs/{org}/members/{user}", &[&"a/../b", &"x?y#z%2f"]);
        assert_eq!(
            url.url(&api()).unwrap().as_str(),
            "https://forge.example/git/api/v1/orgs/a%2F..%2Fb/members/x%3Fy%23z%252f"
        );
        for climbing in ["", ".", ".."] {
            let route = Route::new("orgs/{org}/members/{user}", &[&"o", &climbing]);
            assert!(matches!(route.url(&api()), Err(Error::NotAName(_))), "{climbing}");
        }
    }

    #[test]
    fn the_path_of_a_file_cannot_climb() {
        let file = |path: &'static str| {
            Route::new("repos/{owner}/{repo}/raw/{path}", &[&"o", &"r", &path])
        };
        assert_eq!(
            file("src/a b?.txt").url(&api()).unwrap().path(),
            "/git/api/v1/repos/o/r/raw/src/a%20b%3F.txt"
        );
        for path in ["", "/etc", "a//b", "a/", "../x", "a/../../x", "./a"] {
            assert!(matches!(file(path).url(&api()), Err(Error::NotAName(_))), "{path}");
        }
    }

    #[test]
    fn queries_are_escaped() {
        let route = Route::new("user", &[]).with("q", "a+b &c").with("page", 1);
        assert_eq!(route.url(&api()).unwrap().query(), Some("q=a%2Bb+%26c&page=1"));
    }
}
