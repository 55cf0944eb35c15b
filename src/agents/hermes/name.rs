//! How an attempt is found again at its gateway.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::agents::agent::RunHandle;
use crate::config::Secret;

/// What tells one key of the API from another, without telling the key: runs that were started
/// with one are not seen with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyScope(String);

impl KeyScope {
    /// Too short to find the key by it, and another one in each session.
    pub(super) fn of(key: &Secret, session: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(session.as_bytes());
        digest.update([0]);
        digest.update(key.expose().as_bytes());
        Self(base16ct::lower::encode_string(&digest.finalize()[..4]))
    }

    pub(super) fn read(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for KeyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known of an attempt that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RunName {
    /// Its id, and with which key it is seen; none if the answer to its start was lost, and only
    /// its session tells of it.
    pub(super) run: Option<(String, KeyScope)>,
    pub(super) session: String,
}

/// What stands in a handle in the place of an id that nobody knows.
const UNKNOWN: &str = "unknown";

impl RunName {
    pub(super) fn read(handle: &RunHandle) -> Option<Self> {
        let session = handle.session.clone()?;
        let run = match handle.run.split_once('@') {
            Some((id, scope)) => Some((id.to_owned(), KeyScope::read(scope))),
            None if handle.run == UNKNOWN => None,
            None => return None,
        };
        Some(Self { run, session })
    }

    pub(super) fn handle(self, process: Option<String>) -> RunHandle {
        let run = self.run.map(|(id, scope)| format!("{id}@{scope}"));
        RunHandle {
            run: run.unwrap_or_else(|| UNKNOWN.to_owned()),
            session: Some(self.session),
            process,
        }
    }
}

/// Whether `id` can stand in a path as it is: what else comes in the place of an id is none.
pub(super) fn is_run_id(id: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    !id.is_empty() && id.len() <= 128 && id.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use crate::agents::hermes::name::*;

    #[test]
    fn a_name_is_read_back_from_its_handle() {
        let scope = KeyScope::of(&Secret::new("a key").unwrap(), "s");
        for run in [None, Some(("run_1".to_owned(), scope))] {
            let name = RunName { run, session: "s".to_owned() };
            assert_eq!(RunName::read(&name.clone().handle(None)), Some(name));
        }
        let other = RunHandle { run: "what".into(), session: Some("s".into()), process: None };
        assert_eq!(RunName::read(&other), None);
    }

    #[test]
    fn a_scope_tells_keys_and_sessions_apart() {
        let scope = |key: &str, session| KeyScope::of(&Secret::new(key).unwrap(), session);
        assert_eq!(scope("one", "s"), scope("one", "s"));
        assert_ne!(scope("one", "s"), scope("two", "s"));
        assert_ne!(scope("one", "s"), scope("one", "t"));
        assert_eq!(scope("one", "s").to_string().len(), 8);
    }

    #[test]
    fn an_id_leads_nowhere_else() {
        assert!(is_run_id("run_0123456789abcdef0123456789abcdef"));
        for bad in ["", "a/b", "../x", "a?b", "a b", "ü", &"x".repeat(200)] {
            assert!(!is_run_id(bad), "{bad}");
        }
    }
}
