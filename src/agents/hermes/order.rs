//! The request that starts an attempt, as it is stored.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::name::KeyScope;
use crate::agents::task::{AgentTask, StoredRequest};
use crate::agents::trouble::AgentTrouble;
use crate::config::Secret;

/// What is stored of a start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StartOrder {
    /// What is sent, letter by letter: the gateway compares it with what it had.
    pub(super) body: String,
    pub(super) session: String,
    /// With which key of the API it was to be sent.
    scope: String,
}

impl StartOrder {
    /// The start of `task` under `key`. Its session is its own: what an earlier attempt said and
    /// did is not in it.
    pub(super) fn of(task: &AgentTask, key: &Secret) -> Self {
        let session = session_of(&task.key);
        let body = json!({ "input": task.prompt, "session_id": session }).to_string();
        let scope = KeyScope::of(key, &session).to_string();
        Self { body, session, scope }
    }

    pub(super) fn scope(&self) -> KeyScope {
        KeyScope::read(&self.scope)
    }

    pub(super) fn store(&self, key: &str) -> StoredRequest {
        // Three texts always make JSON.
        let body = serde_json::to_string(self).unwrap_or_default();
        StoredRequest { key: key.to_owned(), body }
    }

    pub(super) fn read(request: &StoredRequest) -> Result<Self, AgentTrouble> {
        serde_json::from_str(&request.body).map_err(|error| {
            let words = format!("what was stored for it cannot be read ({error})");
            AgentTrouble::BadRequest(words)
        })
    }
}

/// The key, as far as it can stand in a path.
fn session_of(key: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    key.chars().map(plain).take(200).collect()
}

#[cfg(test)]
mod tests {
    use crate::agents::hermes::order::*;

    #[test]
    fn a_session_stands_in_a_path() {
        assert_eq!(session_of("timmy:9f3a:j42:a1"), "timmy-9f3a-j42-a1");
        assert_eq!(session_of("../a?b"), "---a-b");
    }
}
