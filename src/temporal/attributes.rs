//! What jobs can be searched by on the Temporal server: keywords, where whoever runs that has registered
//! them. Where they are not, nothing is sent; nor is anything of a private repository.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use temporalio_client::Client;
use temporalio_client::tonic::Request;
use temporalio_common::protos::temporal::api::enums::v1::IndexedValueType;
use temporalio_common::protos::temporal::api::operatorservice::v1::ListSearchAttributesRequest;
use temporalio_common::search_attributes::{SearchAttributeKey, SearchAttributeUpdate};

use crate::core::jobs::JobId;
use crate::store::{Connection, Error, jobs, repos};

const REPOSITORY: SearchAttributeKey<String> = SearchAttributeKey::keyword("TimmyRepository");
const ISSUE: SearchAttributeKey<String> = SearchAttributeKey::keyword("TimmyIssue");
const AGENT: SearchAttributeKey<String> = SearchAttributeKey::keyword("TimmyAgent");
const STATE: SearchAttributeKey<String> = SearchAttributeKey::keyword("TimmyState");

/// How long the server may take to say which there are: whoever is not told in time has none until it is
/// connected again.
const PATIENCE: Duration = Duration::from_secs(15);

/// What jobs can be searched by there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct KnownAttributes {
    repository: bool,
    issue: bool,
    agent: bool,
    state: bool,
}

impl KnownAttributes {
    /// Those that the server has. One that does not say so has none.
    pub(super) async fn of(client: &Client, namespace: &str) -> Self {
        let asked = Request::new(ListSearchAttributesRequest { namespace: namespace.to_owned() });
        let mut operator = client.connection().operator_service();
        match tokio::time::timeout(PATIENCE, operator.list_search_attributes(asked)).await {
            Ok(Ok(told)) => {
                let told = told.into_inner().custom_attributes;
                let has = |key: SearchAttributeKey<String>| {
                    told.get(key.name())
                        .is_some_and(|kind| *kind == IndexedValueType::Keyword as i32)
                };
                Self {
                    repository: has(REPOSITORY),
                    issue: has(ISSUE),
                    agent: has(AGENT),
                    state: has(STATE),
                }
            }
            Ok(Err(status)) => {
                tracing::debug!(code = ?status.code(), "jobs cannot be searched by anything there");
                Self::default()
            }
            Err(_) => Self::default(),
        }
    }

    /// Whether there is any.
    pub(super) fn is_any(self) -> bool {
        self != Self::default()
    }

    /// What of a job can be searched by, and may be known to whoever runs the server.
    pub(super) fn read(self, conn: &Connection, id: JobId) -> Result<ShownJob, Error> {
        let Some(stored) = jobs::get(conn, id)? else { return Ok(ShownJob::default()) };
        let (job, mut shown) = (stored.job, ShownJob::default());
        if let Some(thread) = job.spec.given() {
            let repo = repos::name(conn, thread.repo)?.filter(|repo| !repo.private);
            shown.issue = repo.as_ref().map(|_| thread.number.to_string());
            shown.repository = repo.map(|repo| repo.name.to_string());
        }
        if let Some(fence) = job.past.fence {
            shown.agent = jobs::attempt(conn, fence)?.map(|attempt| attempt.agent);
        }
        shown.state = Some(job.state.kind().name().to_owned());
        Ok(shown.only(self))
    }
}

/// What a job is searched by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShownJob {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issue: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
}

impl ShownJob {
    fn only(self, known: KnownAttributes) -> Self {
        Self {
            repository: self.repository.filter(|_| known.repository),
            issue: self.issue.filter(|_| known.issue),
            agent: self.agent.filter(|_| known.agent),
            state: self.state.filter(|_| known.state),
        }
    }

    /// Whether there is nothing to be searched by.
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// What is to be told of it to whoever was told `before`.
    pub(super) fn updates(&self, before: &Self) -> Vec<SearchAttributeUpdate> {
        let each = [
            (REPOSITORY, &self.repository, &before.repository),
            (ISSUE, &self.issue, &before.issue),
            (AGENT, &self.agent, &before.agent),
            (STATE, &self.state, &before.state),
        ];
        // What was told once is never taken back: a server that forgot an attribute would not take it.
        let changed = each.into_iter().filter(|(_, now, before)| now != before);
        changed.filter_map(|(key, now, _)| Some(key.value_set(now.clone()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::StateKind;
    use crate::temporal::attributes::*;

    fn shown(agent: &str, state: StateKind) -> ShownJob {
        ShownJob {
            repository: Some("foundation/door".to_owned()),
            issue: Some("41".to_owned()),
            agent: Some(agent.to_owned()),
            state: Some(state.name().to_owned()),
        }
    }

    fn names(updates: &[SearchAttributeUpdate]) -> Vec<&str> {
        updates.iter().map(SearchAttributeUpdate::name).collect()
    }

    #[test]
    fn only_what_changed_is_told() {
        let first = shown("ezra", StateKind::Running);
        let all = ["TimmyRepository", "TimmyIssue", "TimmyAgent", "TimmyState"];
        assert_eq!(names(&first.updates(&ShownJob::default())), all);
        assert!(first.updates(&first).is_empty());
        let next = shown("bezalel", StateKind::Running);
        assert_eq!(names(&next.updates(&first)), ["TimmyAgent"]);
        assert!(ShownJob::default().updates(&first).is_empty());
    }

    #[test]
    fn what_the_server_does_not_have_is_not_sent() {
        let known = KnownAttributes { agent: true, ..KnownAttributes::default() };
        let only = shown("ezra", StateKind::Done).only(known);
        assert_eq!(serde_json::to_string(&only).unwrap(), r#"{"agent":"ezra"}"#);
        assert!(shown("ezra", StateKind::Done).only(KnownAttributes::default()).is_nothing());
    }
}
