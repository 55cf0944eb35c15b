//! What is under way was begun by whoever drove its agent then: a change of that in mid-work would take
//! it for lost, or start it a second time. So it is refused as long as anything is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::agents::StoredRequest;
use crate::core::jobs::JobId;
use crate::store::{Connection, Error, jobs};

/// What is asked of an agent on another host says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct ForWorkers {
    /// The form of it.
    for_workers: FormOne,
}

/// The number one: what is stored in another form is something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
struct FormOne;

impl From<FormOne> for u32 {
    fn from(_: FormOne) -> Self {
        1
    }
}

impl TryFrom<u32> for FormOne {
    type Error = &'static str;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        if number == 1 { Ok(Self) } else { Err("another form") }
    }
}

/// A job that an agent works on, begun where the agent was driven otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{agent} works on {job}, begun where it was {}: start timmy with the configuration from before, \
     run `timmy drain`, and change it then", driven(.was_remote)
)]
pub struct BegunOtherwise {
    agent: String,
    job: JobId,
    was_remote: bool,
}

fn driven(was_remote: &bool) -> &'static str {
    if *was_remote { "driven by a worker on its host" } else { "driven from here" }
}

/// The first job under way that was begun where its agent was driven otherwise; the agents of other
/// hosts are `remote` now.
pub fn begun_otherwise(
    conn: &Connection,
    remote: &BTreeSet<String>,
) -> Result<Option<BegunOtherwise>, Error> {
    for lease in jobs::leases(conn)? {
        let request = jobs::attempt(conn, lease.fence())?.and_then(|attempt| attempt.request);
        let Some(request) = request else { continue };
        let was_remote = is_for_workers(&request);
        if was_remote != remote.contains(lease.agent()) {
            let agent = lease.agent().to_owned();
            return Ok(Some(BegunOtherwise { agent, job: lease.job(), was_remote }));
        }
    }
    Ok(None)
}

/// Whether what the ledger keeps as the request of an attempt was made for a worker.
fn is_for_workers(kept: &str) -> bool {
    let request = serde_json::from_str::<StoredRequest>(kept);
    request.is_ok_and(|request| serde_json::from_str::<ForWorkers>(&request.body).is_ok())
}

#[cfg(test)]
mod tests {
    use crate::temporal::switching::*;

    fn kept(body: &str) -> String {
        let request = StoredRequest { key: "a".to_owned(), body: body.to_owned() };
        serde_json::to_string(&request).unwrap()
    }

    #[test]
    fn what_is_for_workers_is_known() {
        let ours = serde_json::to_string(&ForWorkers::default()).unwrap();
        assert_eq!(ours, r#"{"for_workers":1}"#);
        for body in [ours.as_str(), r#"{"for_workers":1,"key":"a"}"#] {
            assert!(is_for_workers(&kept(body)), "{body}");
            // What is asked stands in the body of the request.
            assert!(!is_for_workers(body), "{body}");
        }
        for other in [r#"{"for_workers":2}"#, r#"{"key":"a"}"#, "[]", "a prompt"] {
            assert!(!is_for_workers(&kept(other)), "{other}");
        }
    }

    #[test]
    fn it_says_what_to_do() {
        let begun = BegunOtherwise { agent: "ezra".to_owned(), job: JobId(42), was_remote: true };
        let said = begun.to_string();
        assert!(said.contains("ezra works on j42") && said.contains("timmy drain"), "{said}");
        assert!(said.contains("by a worker on its host"), "{said}");
    }
}
