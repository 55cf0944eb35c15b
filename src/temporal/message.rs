//! What goes through Temporal: numbers and single words. Whoever runs the server reads it, keeps it
//! for as long as it likes, and may change it: nothing that matters hangs on it.

use serde::{Deserialize, Serialize};

use super::attributes::ShownJob;
use crate::core::jobs::StateKind;
use crate::engine::LookedJob;

/// The most that one message may hold, in bytes.
const LARGEST: usize = 64 << 10;

/// The most of a word that somebody else chose, in bytes.
const LONGEST_WORD: usize = 128;

/// Which job a workflow is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookOrder {
    /// The name of the ledger that has it.
    pub ledger: String,
    pub job: i64,
    /// After how many looks its workflow goes on as another run, if not as usual: tests wait for fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_looks: Option<u32>,
}

impl LookOrder {
    /// For a job of this ledger.
    pub fn new(ledger: &str, job: i64) -> Self {
        Self { ledger: ledger.to_owned(), job, most_looks: None }
    }
}

/// Something happened to a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bell {
    /// Unlike all others.
    pub id: String,
}

impl Bell {
    /// The id of what came as one, as far as it is kept; none if it is none of ours.
    pub(super) fn heard(text: &[u8]) -> Option<String> {
        if text.len() > LARGEST {
            return None;
        }
        let Self { mut id } = serde_json::from_slice(text).ok()?;
        let end = (0..=LONGEST_WORD.min(id.len())).rev().find(|at| id.is_char_boundary(*at));
        id.truncate(end.unwrap_or_default());
        Some(id)
    }
}

/// How a job stands after `advance`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Advanced {
    /// The name of its state; empty if there is no such job.
    pub state: String,
    /// How long its history is.
    pub steps: i64,
    /// It is looked at no more, unless somebody rings.
    pub is_over: bool,
    /// In how many milliseconds it is to be looked at again.
    pub after_ms: Option<u64>,
    /// What it can be searched by, where the server has that.
    #[serde(default, skip_serializing_if = "ShownJob::is_nothing")]
    pub shown: ShownJob,
}

impl Advanced {
    pub(super) fn of(looked: LookedJob) -> Self {
        Self {
            state: looked.state.map(StateKind::name).unwrap_or_default().to_owned(),
            steps: looked.steps,
            is_over: looked.is_over,
            // Rounded up: a moment early there is nothing to see.
            after_ms: looked.after.map(|after| {
                u64::try_from(after.as_millis()).unwrap_or(u64::MAX).saturating_add(1)
            }),
            shown: ShownJob::default(),
        }
    }
}

/// For what a worker is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServeOrder {
    pub agent: String,
    /// Good for one session.
    pub ticket: String,
}

/// The queue on which an agent is served.
pub(super) fn agent_queue(agent: &str) -> String {
    format!("agent-{agent}")
}

/// What a workflow answers when it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JobView {
    /// The name of the state that was told last.
    pub state: String,
    pub steps: i64,
    /// How often this run of the workflow had it looked at.
    pub looks: u32,
    /// How often it was rung, in this run, and the id of the last bell.
    pub bells: u64,
    pub last_bell: String,
}

/// A message that is larger than any of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a message of {0} bytes is not sent through Temporal: {LARGEST} are the most")]
pub(super) struct TooLarge(usize);

/// `message`, if it is small enough to be sent.
pub(super) fn bounded<T: Serialize>(message: T) -> Result<T, TooLarge> {
    // What cannot be written down at all is not sent, either.
    let size = serde_json::to_vec(&message).map_or(usize::MAX, |text| text.len());
    if size <= LARGEST { Ok(message) } else { Err(TooLarge(size)) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::temporal::message::*;

    #[test]
    fn what_is_too_large_is_not_sent() {
        let order = |ledger: &str| LookOrder::new(ledger, 42);
        assert_eq!(bounded(order("abc")), Ok(order("abc")));
        assert!(bounded(order(&"x".repeat(LARGEST))).is_err());
    }

    #[test]
    fn an_order_says_what_it_said_before() {
        let order = LookOrder::new("abc", 42);
        let text = r#"{"ledger":"abc","job":42}"#;
        assert_eq!(serde_json::to_string(&order).unwrap(), text);
        assert_eq!(serde_json::from_str::<LookOrder>(text).unwrap(), order);
    }

    #[test]
    fn of_a_hostile_bell_little_is_kept() {
        let heard = |bell: &Bell| Bell::heard(&serde_json::to_vec(bell).unwrap());
        let ours = Bell { id: "word.1".to_owned() };
        assert_eq!(heard(&ours).as_deref(), Some("word.1"));
        let kept = heard(&Bell { id: "é".repeat(1 << 12) }).unwrap();
        assert!(kept.len() <= LONGEST_WORD && kept.starts_with('é'));
        assert_eq!(heard(&Bell { id: "é".repeat(1 << 20) }), None);
        for other in ["", "null", "[1, 2]", "{\"id\": 7}", "\u{0}"] {
            assert_eq!(Bell::heard(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_moment_is_rounded_up() {
        let after = Some(Duration::from_micros(1_200));
        let looked = LookedJob { state: Some(StateKind::Running), steps: 3, is_over: false, after };
        let advanced = Advanced::of(looked);
        assert_eq!((advanced.state.as_str(), advanced.after_ms), ("running", Some(2)));
    }
}
