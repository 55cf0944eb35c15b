//! What comes of a text: all that is said, done and remembered, stored in one transaction.

use super::jobs::JobRequest;
use crate::core::command::Args;
use crate::core::command::grammar::Reading;
use crate::core::command::verb::Verb;
use crate::core::effect::{
    Body, CreateComment, Effect, Keyed, LabelScope, React, Reaction, SetLabel,
};
use crate::core::model::ids::Subject;
use crate::core::model::quota::QuotaName;
use crate::core::model::repository::Repo;
use crate::core::model::text::InboundText;
use crate::core::model::thread::ThreadChange;
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::ControlChange;
use crate::core::reply::{Answer, Answered, Reply};

/// What is to be said, done and remembered.
#[derive(Debug, Clone, Default)]
pub struct ChangeSet {
    /// What to do, in order; the reply comes last.
    pub effects: Vec<Keyed>,
    /// What becomes of the thread's state, if that changes.
    pub state: Option<ThreadChange>,
    /// What to do later in this thread.
    pub later: Vec<ScheduledLabel>,
    /// What changes of the fleet, in order.
    pub fleet: Vec<ControlChange>,
    /// The quotas that may be tried at once, whatever was said of them.
    pub quotas: Vec<QuotaName>,
    /// What happens to jobs, in order.
    pub jobs: Vec<JobRequest>,
    /// Whether the reply shows the one job that begins here, from then on.
    pub is_card: bool,
    /// Repositories to remember, so that what was said of them can be told.
    pub repos: Vec<Repo>,
    /// One record per line, for the audit.
    pub records: Vec<AuditLine>,
    /// Whether a stranger was refused.
    pub refused_stranger: bool,
    /// The lines that the reply asks the actor to confirm, as written.
    pub to_confirm: Vec<String>,
}

/// A label that changes back later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledLabel {
    /// What it is about: a thread has one of each. `due: None` takes it back.
    pub scope: LabelScope,
    /// When, and what then.
    pub due: Option<(Timestamp, SetLabel)>,
}

/// What came of one line, for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// The line, as written.
    pub line: String,
    /// Its verb, if it is a command.
    pub verb: Option<Verb>,
    /// Its arguments.
    pub args: Args,
    /// What came of it, as a stable code.
    pub outcome: &'static str,
    /// What was said to it.
    pub answer: String,
    /// The key of the effect that has to come about for that to be true.
    pub needs: Option<String>,
}

impl ChangeSet {
    /// A reaction to the text, and nothing else.
    pub fn reaction(inbound: &InboundText, reaction: Reaction) -> Self {
        let key = format!("{}.{reaction:?}", inbound.subject.key()).to_lowercase();
        let effect = Effect::React(React { subject: inbound.subject, reaction });
        let effects = vec![Keyed { key, thread: inbound.thread(), effect }];
        Self { effects, ..Self::default() }
    }

    /// One answer to all that a text says, whatever it says, and nothing else: asked to repeat
    /// lines that nobody can vouch for, or told that the forge refuses what an answer takes.
    pub fn single_answer(
        own: &str,
        inbound: &InboundText,
        key: &str,
        reading: &Reading,
        answer: Answer,
    ) -> Self {
        let said = reading.commands.first().map_or("", |line| line.text.as_str()).to_owned();
        let answers = vec![Answered { said, answer, needs: None }];
        let reply = Reply { name: own.to_owned(), answers };
        Self { effects: vec![comment(inbound, key, &reply)], ..Self::default() }
    }
}

/// The comment that answers a text.
pub(super) fn comment(inbound: &InboundText, key: &str, reply: &Reply) -> Keyed {
    says(inbound, key, reply.body(key))
}

/// The comment that says this to a text.
pub(super) fn says(inbound: &InboundText, key: &str, body: Body) -> Keyed {
    let reply_to = match inbound.subject {
        Subject::Comment(id) if inbound.on_line => Some(id),
        _ => None,
    };
    let effect = Effect::Comment(CreateComment { body, since: inbound.updated_at, reply_to });
    Keyed { key: key.to_owned(), thread: inbound.thread(), effect }
}
