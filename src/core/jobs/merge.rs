//! That the pull request of a job was merged: what that made, and whether an agent's account did it,
//! which is for people and for timmy.

use serde::{Deserialize, Serialize};

use super::ids::Commit;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredMerge", into = "StoredMerge")]
pub struct JobMerge {
    pub commit: Commit,
    /// The agent whose account merged it.
    pub by_agent: Option<String>,
    /// The branch that it merged it into; none of one of which that was not kept.
    pub into: Option<String>,
}

/// As it is stored: what people merge is no more than a commit, as it always was.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredMerge {
    Commit(Commit),
    ByAgent {
        commit: Commit,
        by_agent: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        into: Option<String>,
    },
}

impl From<Commit> for JobMerge {
    fn from(commit: Commit) -> Self {
        Self { commit, by_agent: None, into: None }
    }
}

impl From<StoredMerge> for JobMerge {
    fn from(stored: StoredMerge) -> Self {
        match stored {
            StoredMerge::Commit(commit) => commit.into(),
            StoredMerge::ByAgent { commit, by_agent, into } => {
                Self { commit, by_agent: Some(by_agent), into }
            }
        }
    }
}

impl From<JobMerge> for StoredMerge {
    fn from(merge: JobMerge) -> Self {
        match merge {
            JobMerge { commit, by_agent: None, .. } => Self::Commit(commit),
            JobMerge { commit, by_agent: Some(by_agent), into } => {
                Self::ByAgent { commit, by_agent, into }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::JobEvent;
    use crate::core::jobs::merge::*;

    #[test]
    fn what_people_merge_is_stored_as_it_always_was() {
        let commit: Commit = "8b195ee08b195ee08b195ee08b195ee08b195ee0".parse().unwrap();
        let by_people = JobEvent::Merged(commit.clone().into());
        let stored = serde_json::to_string(&by_people).unwrap();
        assert_eq!(stored, format!(r#"{{"merged":"{commit}"}}"#));
        assert_eq!(serde_json::from_str::<JobEvent>(&stored).unwrap(), by_people);
        for (into, more) in [(None, ""), (Some("release".to_owned()), r#","into":"release""#)] {
            let by_agent = Some("ezra".to_owned());
            let by_agent = JobEvent::Merged(JobMerge { commit: commit.clone(), by_agent, into });
            let stored = serde_json::to_string(&by_agent).unwrap();
            let expected =
                format!(r#"{{"merged":{{"commit":"{commit}","by_agent":"ezra"{more}}}}}"#);
            assert_eq!(stored, expected);
            assert_eq!(serde_json::from_str::<JobEvent>(&stored).unwrap(), by_agent);
        }
    }
}
