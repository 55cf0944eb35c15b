//! A request, read.

use std::str::FromStr;

use serde::de::DeserializeOwned;

use super::page::PageRequest;
use crate::core::model::time::Timestamp;
use crate::sandbox::json::View;
use crate::sandbox::versions::Version;
use crate::sandbox::world::World;
use crate::sandbox::world::refusal::Refusal;
use crate::sandbox::world::tokens::{Access, Scopes};

/// How long a page is if nobody says.
const DEFAULT_PAGE: usize = 30;
/// How long a page is at most.
const LONGEST_PAGE: usize = 50;

/// A request below `/api/v1`, with its caller known.
pub(crate) struct Call {
    pub(crate) method: String,
    /// The path below `/api/v1`, decoded, between its slashes.
    pub(crate) segments: Vec<String>,
    /// The decoded query; a raw `+` has become a blank, as in Gitea.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The header `Range`; empty without it.
    pub(crate) range: String,
    /// The caller; none without a token.
    pub(crate) user: Option<i64>,
    /// What the caller's token is good for.
    pub(crate) scopes: Option<Scopes>,
    /// Where the forge is reached.
    pub(crate) base: String,
    pub(crate) version: Version,
}

impl Call {
    /// Whether the request reads or writes.
    pub(crate) fn access(&self) -> Access {
        if matches!(self.method.as_str(), "GET" | "HEAD") { Access::Read } else { Access::Write }
    }

    /// The caller, who must have a token.
    pub(crate) fn require_user(&self) -> Result<i64, Refusal> {
        self.user.ok_or(Refusal::Unauthorized("token is required"))
    }

    /// Refuses a token that is not good for `category`.
    pub(crate) fn require_scope(&self, category: &str) -> Result<(), Refusal> {
        match &self.scopes {
            Some(scopes) => scopes.require(self.access(), category, self.version),
            None => Ok(()),
        }
    }

    /// The world, as the caller sees it.
    pub(crate) fn view<'a>(&self, world: &'a World) -> View<'a> {
        View::new(world, self.user)
    }

    /// A parameter of the query; an empty one counts as none.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let value = self.query.iter().find(|(key, _)| key == name).map(|(_, value)| &**value);
        value.filter(|value| !value.is_empty())
    }

    /// A parameter that is a time; nonsense is refused in the words of Go's parser.
    pub(crate) fn time_param(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let Some(text) = self.param(name) else { return Ok(None) };
        match Timestamp::parse(text) {
            // Gitea compares whole seconds and drops the rest.
            Some(time) => {
                Ok(Some(Timestamp::from_micros(time.micros().div_euclid(1_000_000) * 1_000_000)))
            }
            None => {
                let rest = text.get(19..).unwrap_or(text);
                Err(Refusal::Unprocessable(format!(
                    "parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": \
                     cannot parse {rest:?} as \"Z07:00\""
                )))
            }
        }
    }

    /// The page that is asked for.
    pub(crate) fn page(&self) -> PageRequest {
        PageRequest {
            number: self.positive("page").unwrap_or(1),
            size: self.positive("limit").unwrap_or(DEFAULT_PAGE).min(LONGEST_PAGE),
        }
    }

    /// A parameter that is a number above zero.
    pub(crate) fn positive(&self, name: &str) -> Option<usize> {
        self.param(name).and_then(|text| usize::from_str(text).ok()).filter(|n| *n > 0)
    }

    /// The body as JSON. What is no JSON, or not the right one, is a 422.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Refusal::Unprocessable(format!("[]: {error}")))
    }

    /// The same path and query under another repository's name.
    pub(crate) fn path_below_repo(&self, name: &str, rest: &[&str]) -> String {
        let mut path = format!("/api/v1/repos/{name}");
        for segment in rest {
            path.push('/');
            path.push_str(&segment.replace('%', "%25").replace('/', "%2F"));
        }
        if !self.query.is_empty() {
            let query =
                form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish();
            path.push('?');
            path.push_str(&query);
        }
        path
    }
}

/// A number in a path. Anything else leads nowhere.
pub(super) fn number_of(segment: &str) -> Result<i64, Refusal> {
    segment.parse().map_err(|_| Refusal::HIDDEN)
}
