//! Merges that the forge will carry out by itself, as soon as its rules allow it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::Gitea;
use super::error::Error;
use super::pages::UnusableEntry;
use super::timeline::timeline_of;
use super::wire::{WireUser, or_default};
use crate::core::model::account::Account;
use crate::core::model::ids::RepoName;

/// That somebody scheduled the merge of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledMerge {
    /// The number of the timeline's entry.
    pub id: i64,
    /// None for a deleted user.
    pub by: Option<Account>,
}

/// One was scheduled, or called off.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Schedule {
    Merges(ScheduledMerge),
    CalledOff,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireSchedule {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: String,
    user: Option<WireUser>,
}

impl Gitea {
    /// The merge that is scheduled for a pull request: its timeline tells of it, and nothing else.
    ///
    /// # Errors
    /// As any read; also if the timeline has more pages than are read.
    pub async fn scheduled_merge(
        &self,
        repo: &RepoName,
        number: i64,
    ) -> Result<Option<ScheduledMerge>, Error> {
        let told = self.timeline(timeline_of(repo, number), schedule).await?;
        Ok(match told.into_iter().next_back() {
            Some(Schedule::Merges(scheduled)) => Some(scheduled),
            Some(Schedule::CalledOff) | None => None,
        })
    }
}

fn schedule(json: &RawValue) -> Result<Option<Schedule>, UnusableEntry> {
    let WireSchedule { id, kind, user } = serde_json::from_str(json.get())?;
    Ok(match kind.as_str() {
        "pull_scheduled_merge" => {
            let by = user.and_then(WireUser::account);
            Some(Schedule::Merges(ScheduledMerge { id, by }))
        }
        "pull_cancel_scheduled_merge" => Some(Schedule::CalledOff),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use crate::gitea::scheduled_merges::*;

    #[test]
    fn what_was_scheduled_or_called_off_is_read_and_all_else_is_passed_over() {
        let read = |kind: &str| {
            let user = r#"{"id":1,"login":"alexander"}"#;
            let json = format!(r#"{{"id":207,"type":"{kind}","user":{user},"body":""}}"#);
            schedule(&RawValue::from_string(json).unwrap()).unwrap()
        };
        let Some(Schedule::Merges(scheduled)) = read("pull_scheduled_merge") else { panic!("not") };
        assert_eq!((scheduled.id, scheduled.by.unwrap().login.as_str()), (207, "alexander"));
        assert_eq!(read("pull_cancel_scheduled_merge"), Some(Schedule::CalledOff));
        assert_eq!(read("merge_pull"), None);
    }
}
