//! What happened in a thread, and who did it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::Gitea;
use super::error::Error;
use super::pages::{self, UnusableEntry};
use super::route::Route;
use super::wire::{WireUser, or_default};
use crate::core::model::account::Account;
use crate::core::model::ids::RepoName;
use crate::core::model::time::Timestamp;

/// So many entries a page has.
const PAGE: usize = 50;

/// How many pages are read.
const MOST_PAGES: usize = 100;

/// A label or an assignee that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadChange {
    /// Who did it; none for a deleted user.
    pub by: Option<Account>,
    pub what: Changed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// The name of the label.
    Label(String),
    /// Who is assigned, or was.
    Assignee(String),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireChange {
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: String,
    user: Option<WireUser>,
    label: Option<LabelName>,
    assignee: Option<WireUser>,
}

#[derive(Deserialize)]
struct LabelName {
    name: String,
}

impl Gitea {
    /// Which labels and assignees changed in a thread at `since` or later, the oldest first. None
    /// if more happened there than one page shows: the forge does not say how much.
    ///
    /// # Errors
    /// As any read.
    pub async fn changes_since(
        &self,
        repo: &RepoName,
        number: i64,
        since: Timestamp,
    ) -> Result<Option<Vec<ThreadChange>>, Error> {
        let route =
            timeline_of(repo, number).with("since", since).with("page", 1).with("limit", PAGE);
        let list = pages::plain(&self.get(&route).await?)?;
        let is_all = list.len() < PAGE;
        Ok(is_all.then(|| pages::usable(&list, change, route.template())))
    }
}

impl Gitea {
    /// What `entry` takes of all pages of a timeline, the oldest first.
    pub(super) async fn timeline<T>(
        &self,
        route: Route,
        entry: fn(&RawValue) -> Result<Option<T>, UnusableEntry>,
    ) -> Result<Vec<T>, Error> {
        let (mut found, mut first) = (Vec::new(), None);
        for page in 1..=MOST_PAGES {
            let answer = self.get(&route.clone().with("page", page).with("limit", PAGE)).await?;
            let list = pages::plain(&answer)?;
            found.extend(pages::usable(&list, entry, route.template()));
            // The answers tell only how long each page is: a whole one has a round number of entries,
            // whatever the server is set to.
            let size = *first.get_or_insert(list.len());
            if list.is_empty() || list.len() < size || !size.is_multiple_of(10) {
                return Ok(found);
            }
        }
        Err(Error::TooLarge { limit: MOST_PAGES, unit: "pages" })
    }
}

/// The timeline of a thread.
pub(super) fn timeline_of(repo: &RepoName, number: i64) -> Route {
    let arguments: [&(dyn std::fmt::Display + Sync); 3] = [&repo.owner(), &repo.name(), &number];
    Route::new("repos/{owner}/{repo}/issues/{index}/timeline", &arguments)
}

fn change(json: &RawValue) -> Result<Option<ThreadChange>, UnusableEntry> {
    let WireChange { kind, user, label, assignee } = serde_json::from_str(json.get())?;
    let what = match kind.as_str() {
        "label" => label.map(|label| Changed::Label(label.name)),
        "assignees" => {
            assignee.and_then(WireUser::account).map(|assignee| Changed::Assignee(assignee.login))
        }
        _ => None,
    };
    Ok(what.map(|what| ThreadChange { by: user.and_then(WireUser::account), what }))
}

#[cfg(test)]
mod tests {
    use crate::gitea::timeline::*;

    #[test]
    fn what_came_and_went_is_read_and_all_else_is_passed_over() {
        let read = |json: &str| {
            let raw = RawValue::from_string(json.to_owned()).unwrap();
            change(&raw).unwrap().map(|change| (change.by.map(|by| by.login), change.what))
        };
        let walt = Some("walt".to_owned());
        let label = r#"{"type":"label","body":"1","user":{"id":2,"login":"walt"},
            "label":{"id":1,"name":"priority/p1"},"assignee":null}"#;
        assert_eq!(read(label), Some((walt.clone(), Changed::Label("priority/p1".into()))));
        let assignee = r#"{"type":"assignees","user":{"id":2,"login":"walt"},"label":null,
            "assignee":{"id":3,"login":"anna"},"removed_assignee":true}"#;
        assert_eq!(read(assignee), Some((walt, Changed::Assignee("anna".into()))));
        assert_eq!(read(r#"{"type":"comment","user":null}"#), None);
        assert_eq!(read(r#"{"type":"label","user":null,"label":null}"#), None);
    }
}
