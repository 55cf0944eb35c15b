//! The wire shapes of Gitea, key by key and in its order.
//!
//! Each shape is a view of the [`World`] through somebody's eyes: Gitea shows the address of an
//! account, and whether it is active, only to those it concerns.

mod branch;
pub(crate) mod code_payload;
mod comment;
mod commit;
mod content;
pub(crate) mod encode;
mod feed;
mod hidden;
mod hook;
mod issue;
pub(crate) mod payload;
mod pull;
mod repo;
mod status;
mod team;
mod timeline;
mod user;

pub(crate) use commit::UnsignedJson;
pub(crate) use content::ContentPlace;
pub(crate) use pull::{ReviewJson, ReviewRequestJson};
pub(crate) use repo::RepoJson;
pub(crate) use user::UserJson;

use std::fmt;

use serde::{Serialize, Serializer};

use super::world::World;
use crate::core::model::time::Timestamp;

/// How Gitea writes "never" where it has no time at all.
pub(super) const NO_TIME: &str = "0001-01-01T00:00:00Z";
/// How Gitea writes "never" where it has the time zero.
pub(super) const ZERO_TIME: &str = "1970-01-01T00:00:00Z";

/// Serializes an object from keys and values, in the order written. `"key"? value` leaves a
/// `None` out.
macro_rules! object {
    ($serializer:expr, { $($key:literal $mark:tt $value:expr),* $(,)? }) => {{
        use serde::ser::SerializeMap;
        let mut map = $serializer.serialize_map(None)?;
        $(object!(@entry map, $key $mark $value);)*
        map.end()
    }};
    (@entry $map:ident, $key:literal : $value:expr) => {
        $map.serialize_entry($key, &$value)?
    };
    (@entry $map:ident, $key:literal ? $value:expr) => {
        if let Some(value) = &$value {
            $map.serialize_entry($key, value)?
        }
    };
}
pub(super) use object;

/// The world, through the eyes of `viewer`.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) world: &'a World,
    /// None for a visitor without an account.
    pub(crate) viewer: Option<i64>,
}

impl<'a> View<'a> {
    pub(crate) fn new(world: &'a World, viewer: Option<i64>) -> Self {
        Self { world, viewer }
    }

    /// An address on the forge; `path` begins with a slash.
    fn url(self, path: impl fmt::Display) -> String {
        format!("{}{path}", self.world.base)
    }
}

/// A time as Gitea writes it.
pub(super) struct Time(pub(super) Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A time that may not be.
pub(super) fn time(at: Option<Timestamp>) -> Option<Time> {
    at.map(Time)
}

/// An array that Gitea writes as `null` when it is empty.
pub(super) fn null_if_empty<T>(items: Vec<T>) -> Option<Vec<T>> {
    Some(items).filter(|items| !items.is_empty())
}
