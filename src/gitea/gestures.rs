//! What people did in a thread without a word, as its timeline tells it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::Gitea;
use super::error::Error;
use super::pages::UnusableEntry;
use super::timeline::timeline_of;
use super::wire::{WireTime, WireUser, or_default, positive};
use crate::core::model::gesture::{Gesture, ListedGesture};
use crate::core::model::ids::RepoName;
use crate::core::model::time::Timestamp;

impl Gitea {
    /// The gestures in a thread at `since` or later, the oldest first.
    ///
    /// # Errors
    /// As any read.
    pub async fn gestures_since(
        &self,
        repo: &RepoName,
        number: i64,
        since: Timestamp,
    ) -> Result<Vec<ListedGesture>, Error> {
        self.timeline(timeline_of(repo, number).with("since", since), gesture).await
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireEntry {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: String,
    user: Option<WireUser>,
    created_at: WireTime,
    assignee: Option<WireUser>,
    #[serde(deserialize_with = "or_default")]
    removed_assignee: bool,
    #[serde(deserialize_with = "or_default")]
    pull_request_url: String,
}

/// Both are told as a change of assignees; a team that is asked for a review is no account.
fn gesture(json: &RawValue) -> Result<Option<ListedGesture>, UnusableEntry> {
    let entry: WireEntry = serde_json::from_str(json.get())?;
    let account = || entry.assignee.clone().and_then(WireUser::account);
    let gesture = match (entry.kind.as_str(), entry.removed_assignee) {
        ("assignees", false) => account().map(|account| Gesture::Assigned { account }),
        ("assignees", true) => account().map(|account| Gesture::Unassigned { account }),
        ("review_request", false) => account().map(|account| Gesture::ReviewAsked { account }),
        ("review_request", true) => account().map(|account| Gesture::ReviewUnasked { account }),
        ("close", _) => Some(Gesture::Closed),
        _ => None,
    };
    let Some(gesture) = gesture else { return Ok(None) };
    let id = positive(entry.id, "id")?;
    let at = entry.created_at.or(WireTime::default(), "created_at")?;
    let is_pull = !entry.pull_request_url.is_empty();
    let by = entry.user.and_then(WireUser::account);
    Ok(Some(ListedGesture { id, by, at, is_pull, gesture }))
}

#[cfg(test)]
mod tests {
    use crate::core::model::account::Account;
    use crate::gitea::gestures::*;

    fn read(kind: &str, rest: &str) -> Result<Option<ListedGesture>, UnusableEntry> {
        let head = r#""id":7,"user":{"id":2,"login":"anna"},"created_at":"2026-11-28T22:22:55Z""#;
        let json = format!(r#"{{{head},"type":"{kind}"{rest}}}"#);
        gesture(&RawValue::from_string(json).unwrap())
    }

    #[test]
    fn what_says_something_is_read_and_all_else_is_passed_over() {
        let account = || Account { id: 3, login: "ezra".to_owned() };
        let of = |removed| {
            format!(r#","assignee":{{"id":3,"login":"ezra"}},"removed_assignee":{removed}"#)
        };
        for (kind, removed, expected) in [
            ("assignees", false, Gesture::Assigned { account: account() }),
            ("assignees", true, Gesture::Unassigned { account: account() }),
            ("review_request", false, Gesture::ReviewAsked { account: account() }),
            ("review_request", true, Gesture::ReviewUnasked { account: account() }),
        ] {
            let made = read(kind, &of(removed)).unwrap().unwrap();
            let by = made.by.map(|by| by.login);
            assert_eq!((made.id, by.as_deref(), made.gesture), (7, Some("anna"), expected));
        }
        assert_eq!(read("close", "").unwrap().unwrap().gesture, Gesture::Closed);
        assert_eq!(read("review_request", r#","assignee":null"#).unwrap(), None, "a team");
        for other in ["comment", "merge_pull", "label", ""] {
            assert_eq!(read(other, "").unwrap(), None, "{other}");
        }
    }
}
