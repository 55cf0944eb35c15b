//! What differs from kind to kind: how the process of an attempt is talked to.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::order::LocalOrder;
use crate::agents::agent::{Capabilities, FailureKind};
use crate::agents::run::Run;
use crate::agents::trouble::AgentTrouble;
use crate::clock::Clock;
use crate::confinement::Session;

/// What a dialogue gives in the end.
pub(in crate::agents) type DialogueCall<'a> =
    Pin<Box<dyn Future<Output = DialogueEnd> + Send + 'a>>;

/// What trying an agent out gives: what it calls itself.
pub(in crate::agents) type TrialCall<'a> =
    Pin<Box<dyn Future<Output = Result<Option<String>, AgentTrouble>> + Send + 'a>>;

/// How the process of an attempt is talked to.
pub(in crate::agents) trait Dialogue: Send + Sync {
    /// What such an agent can do beyond working.
    fn capabilities(&self) -> Capabilities;

    /// Talks to the process until all is said, or it has ended. It may be given up at any await;
    /// what of it lives then is ended.
    fn hold<'a>(&'a self, talk: Talk<'a>) -> DialogueCall<'a>;

    /// How long a process that is asked to stop may take to do so by itself. Only who looks at
    /// [`Run::stop`] gains by it.
    fn grace(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether such a program can be asked how it is before it is given anything to do.
    fn is_tried_out(&self) -> bool {
        false
    }

    /// Asks it that.
    fn try_out<'a>(&'a self, _: Trial<'a>) -> TrialCall<'a> {
        Box::pin(async { Ok(None) })
    }
}

/// A process that is only asked how it is.
pub(in crate::agents) struct Trial<'a> {
    pub(in crate::agents) session: &'a mut Session,
    /// Where it works, as it sees that.
    pub(in crate::agents) folder: &'a str,
    pub(in crate::agents) clock: &'a Arc<dyn Clock>,
}

/// An attempt whose process runs.
pub(in crate::agents) struct Talk<'a> {
    pub(in crate::agents) session: &'a mut Session,
    /// How the attempt is called outside.
    pub(in crate::agents) key: &'a str,
    pub(in crate::agents) order: &'a LocalOrder,
    /// Where its clone lies, as it sees that.
    pub(in crate::agents) folder: &'a str,
    /// How long it may take in all.
    pub(in crate::agents) time: Duration,
    /// Where it is told how it goes.
    pub(in crate::agents) run: &'a Run,
    pub(in crate::agents) clock: &'a Arc<dyn Clock>,
}

/// How a dialogue ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::agents) enum DialogueEnd {
    /// All is said: the last words, in which the result line stands.
    Said(String),
    Failed {
        kind: FailureKind,
        reason: String,
    },
}
