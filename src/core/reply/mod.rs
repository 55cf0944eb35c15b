//! What timmy says to a comment: an answer for each of its lines.
//!
//! An [`Answer`] holds facts, never Markdown. It is rendered when it is decided: the outbox holds
//! the finished text, with another one for the lines that speak of effects which may yet fail. A
//! template's first paragraph is the outcome in one sentence; what follows are details. One command
//! is answered with all of it, several in one comment with a list of the first sentences and the
//! details folded away.

mod agent_order;
mod agent_view;
mod answer;
mod backlog;
mod budget;
pub mod cards;
pub mod crew;
pub mod decisions;
pub(super) mod filters;
mod fleet;
pub mod head_status;
pub mod job_speech;
pub mod jobs;
pub mod plain;
mod pull_text;
mod remarks;
mod rendered;
mod review;
mod routine;
mod said_result;
pub mod scope_question;
pub mod split;
pub mod split_list;
mod start_question;
mod state;
mod status;
mod told_reviews;
mod verify_status;
pub mod words;

use super::effect::{Body, Fallback, REASON};
use crate::core::effect::defuse;
use rendered::RenderedAnswer;

pub use agent_order::CalledAgent;
pub use agent_view::{AgentRights, AgentState, AgentView};
pub use answer::Answer;
pub use backlog::{
    Autonomy, Basis, Bid, DispatchPreview, DisregardedPull, Idle, Judgement, MissedIssue,
    PlannedIssue, Queue, QueueEntry, WeakTerm,
};
pub use budget::{BudgetAnswer, SpentBudget};
pub use decisions::DecisionAnswer;
pub use fleet::{AgentNow, AgentRow, AgentSummary, FitLine, Gets, ReportAnswer, ToldQuestion};
pub use jobs::{DeadLetter, JobAnswer, JobRefusal, JobWait};
pub use pull_text::pull_body;
pub use review::ReviewAnswer;
pub use routine::RoutineView;
pub use said_result::{answer_of, review_of};
pub use state::{Held, ParkedThread, Paused};
pub use status::{Earlier, HelpVerb, Status, Why};

/// The reply to one comment.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// timmy's account: how commands are written to it.
    pub name: String,
    /// In the order of the lines; at least one.
    pub answers: Vec<Answered>,
}

/// The answer to one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The line, as written.
    pub said: String,
    /// What came of it.
    pub answer: Answer,
    /// The key of the effect that has to come about for the answer to be true.
    pub needs: Option<String>,
}

impl Reply {
    /// What the comment says to somebody who wrote nothing: first what they did, as it is said to
    /// them.
    pub fn body_behind(&self, did: &str, key: &str) -> Body {
        let said = self.answers.iter().map(|one| RenderedAnswer::new(&self.name, "", &one.answer));
        let mut body = Body::default();
        for one in said {
            body.push(format!("{did}: {}\n\n{}", one.in_a_list(), one.details).trim_end());
        }
        body.marked(key)
    }

    /// What the comment says, marked with its `key`. A line whose effect fails says so instead.
    pub fn body(&self, key: &str) -> Body {
        let failed = Answer::Failed { reason: REASON.to_owned() };
        let failed = RenderedAnswer::new(&self.name, "", &failed);
        let said: Vec<RenderedAnswer> = self
            .answers
            .iter()
            .map(|answered| RenderedAnswer::new(&self.name, &answered.said, &answered.answer))
            .collect();
        let fallback = |nth: usize, text: String| {
            let effect = self.answers[nth].needs.clone()?;
            Some(Fallback { effect, text })
        };
        let mut body = Body::default();
        if let [only] = said.as_slice() {
            body.push_or(&only.whole(), fallback(0, failed.whole()));
            return body.marked(key);
        }
        for (nth, one) in said.iter().enumerate() {
            let line = if nth == 0 { "- " } else { "\n- " };
            body.push(&format!("{line}{}: ", defuse::code(&one.said)));
            body.push_or(&one.in_a_list(), fallback(nth, failed.in_a_list()));
        }
        for (nth, one) in said.iter().enumerate().filter(|(_, one)| !one.details.is_empty()) {
            body.push_or(&format!("\n\n{}", one.folded()), fallback(nth, String::new()));
        }
        body.marked(key)
    }
}
