//! The path of a call: a template for the log, arguments for the forge.

use std::fmt::Display;

use url::Url;

use super::error::Error;

/// One resource of the API, such as `repos/{owner}/{repo}/issues/{index}` with its arguments.
#[derive(Debug, Clone)]
pub(super) struct Route {
    template: &'static str,
    arguments: Vec<String>,
    query: Vec<(&'static str, String)>,
}

impl Route {
    /// The route `template`, whose segments in braces are replaced by `arguments` in order.
    pub(super) fn new(template: &'static str, arguments: &[&(dyn Display + Sync)]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        debug_assert_eq!(template.matches('{').count(), arguments.len(), "{template}");
        Self { template, arguments, query: Vec::new() }
    }

    /// The same route with `name=value` in its query.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.query.push((name, value.to_string()));
        self
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
                        if matches!(argument.as_str(), "" | "." | "..") {
                            return Err(Error::NotAName(argument.clone()));
                        }
                        path.push(argument);
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
    fn queries_are_escaped() {
        let route = Route::new("user", &[]).with("q", "a+b &c").with("page", 1);
        assert_eq!(route.url(&api()).unwrap().query(), Some("q=a%2Bb+%26c&page=1"));
    }
}
