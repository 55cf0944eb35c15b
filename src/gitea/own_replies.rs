//! What timmy's account said before, as its activity shows it.

use serde::Deserialize;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{WireComment, or_default};
use crate::core::effect::marker;
use crate::core::model::issue::Comment;
use crate::core::model::time::Timestamp;

/// How many of the newest activities are looked at.
const NEWEST: u32 = 50;

/// A comment of timmy's own, by its marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnReply {
    /// The key of the effect that it was.
    pub key: String,
    /// The comment's number.
    pub comment: i64,
    pub at: Timestamp,
}

impl Gitea {
    /// What the account called `login`, this one, answered lately in all repositories, the newest
    /// first. None on a server that keeps no activities.
    pub async fn own_replies(&self, login: &str) -> Result<Vec<OwnReply>, Error> {
        let route = Route::new("users/{username}/activities/feeds", &[&login])
            .with("only-performed-by", true)
            .with("limit", NEWEST);
        let activities: Option<Vec<WireActivity>> = match self.get(&route).await {
            Ok(answer) => answer.json()?,
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        let comments = activities.into_iter().flatten().filter_map(|activity| activity.comment);
        Ok(comments.filter_map(|comment| own_reply(comment.try_into().ok()?)).collect())
    }
}

/// What somebody did; `comment` is there if they wrote one, as long as it is not deleted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireActivity {
    #[serde(deserialize_with = "or_default")]
    comment: Option<WireComment>,
}

fn own_reply(comment: Comment) -> Option<OwnReply> {
    let key = marker::key_of(&comment.body)?.to_owned();
    Some(OwnReply { key, comment: comment.id, at: comment.created_at })
}
