//! What came of one line: every answer has a name here and a template in `templates/reply/`.

use askama::Template;

use super::agent_view::AgentState;
use super::backlog::{Autonomy, Basis, DispatchPreview, Idle, Queue, WeakTerm};
use super::budget::BudgetAnswer;
use super::crew::CrewLineState;
use super::decisions::DecisionAnswer;
use super::filters;
use super::fleet::{AgentNow, AgentRow, AgentSummary, Gets, ReportAnswer};
use super::jobs::{CancelledBy, JobAnswer, JobRefusal, JobStanding, JobWait};
use super::review::ReviewAnswer;
use super::state::Paused;
use super::status::{HelpVerb, Status, Why};
use super::words::SHOWN;
use crate::core::command::verb::Verb;
use crate::core::crew::CrewState;
use crate::core::decisions::{DecisionRefusal, VoidReason};
use crate::core::jobs::NotAdoptable;
use crate::core::policy::authority::RequiredRight;
use crate::core::scheduling::{
    Beginning, Ineligible, MANY_DEPENDENTS, Readiness, Rejection, Term, TermReason,
};

/// What came of one line. Texts in it are as people wrote them; the templates defuse them.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(ext = "md")]
pub enum Answer {
    /// I hear you.
    #[template(path = "reply/pong.md")]
    Pong {
        /// timmy's version.
        version: String,
    },
    /// What can be said, and how.
    #[template(path = "reply/help.md")]
    Help {
        /// Each verb, and whether the asker may use it here.
        verbs: Vec<HelpVerb>,
    },
    /// How one verb is used.
    #[template(path = "reply/help_verb.md")]
    HelpVerb {
        /// The verb.
        help: HelpVerb,
    },
    /// How things stand in a thread.
    #[template(path = "reply/status.md")]
    Status {
        /// How.
        status: Box<Status>,
    },
    /// Why an issue has its place, or what stands in its way.
    #[template(path = "reply/why.md")]
    Why {
        /// What is known.
        why: Box<Why>,
    },
    /// Why an agent gets what it gets.
    #[template(path = "reply/why_agent.md")]
    WhyAgent {
        /// What is known.
        portrait: Box<AgentSummary>,
    },
    /// What comes next.
    #[template(path = "reply/queue.md")]
    Queue {
        /// All of it.
        queue: Box<Queue>,
    },
    /// What would be handed out now.
    #[template(path = "reply/plan.md")]
    Plan {
        /// All of it.
        plan: Box<DispatchPreview>,
    },
    /// The backlog is not known yet.
    #[template(path = "reply/unread.md")]
    Unread,
    /// Put on hold.
    #[template(path = "reply/held.md")]
    Held {
        /// Whose hold this one takes the place of, if it was on hold before.
        was_by: Option<String>,
        /// The reason of that one.
        was_reason: Option<String>,
    },
    /// No longer on hold, nor snoozed.
    #[template(path = "reply/unheld.md")]
    Unheld {
        /// Whether it was on hold.
        hold: bool,
        /// Whether it was snoozed.
        snooze: bool,
    },
    /// Put off.
    #[template(path = "reply/snoozed.md")]
    Snoozed {
        /// Until when, as people say it.
        until: String,
    },
    /// A new priority.
    #[template(path = "reply/priority.md")]
    Priority {
        /// What it is now; none for no priority.
        now: Option<String>,
        /// What it was.
        was: Option<String>,
        /// What comes back then.
        former: Option<String>,
        /// When it changes back, as people say it.
        until: Option<String>,
    },
    /// A new size.
    #[template(path = "reply/size.md")]
    Size {
        /// What it is now.
        now: String,
        /// What it was.
        was: Option<String>,
    },
    /// Somebody is assigned.
    #[template(path = "reply/assigned.md")]
    Assigned {
        /// Whom.
        user: String,
        /// Whether they were before.
        already: bool,
        /// To which other thread, if not to this one.
        target: Option<String>,
    },
    /// Somebody cannot be assigned.
    #[template(path = "reply/not_assignable.md")]
    NotAssignable {
        /// Whom.
        user: String,
        /// To which other thread, if not to this one.
        target: Option<String>,
    },
    /// Nobody, or somebody less, is assigned.
    #[template(path = "reply/unassigned.md")]
    Unassigned {
        /// Who no longer is; empty if nobody was.
        users: Vec<String>,
        /// Who was meant; none for everybody.
        meant: Option<String>,
    },
    /// It waits for another thread.
    #[template(path = "reply/waits.md")]
    Waits {
        /// Which, as this thread writes it.
        target: String,
        /// Its title, as people wrote it.
        title: String,
        /// Whether that one is open.
        open: bool,
        /// Whether it did before.
        already: bool,
        /// After how many threads the search for a circle was given up, if it was.
        looked_at: Option<usize>,
    },
    /// It waits for another thread no longer.
    #[template(path = "reply/waits_no_more.md")]
    WaitsNoMore {
        /// Which, as this thread writes it.
        target: String,
        /// Its title, as people wrote it.
        title: String,
        /// Whether it did before.
        waited: bool,
    },
    /// It was to wait for itself.
    #[template(path = "reply/itself.md")]
    Itself,
    /// It was to wait for a thread that waits for it.
    #[template(path = "reply/circle.md")]
    Circle {
        /// The round, from this thread to this thread; none for those that cannot be named here.
        threads: Vec<Option<String>>,
    },
    /// More people read that thread than this one, and the forge would show them this one there.
    #[template(path = "reply/readers_differ.md")]
    ReadersDiffer {
        /// Which, as this thread writes it.
        target: String,
        /// Whether it waits for that, and was to do so no longer.
        waits: bool,
    },
    /// Nothing can wait here: the forge keeps no dependencies.
    #[template(path = "reply/no_bonds.md")]
    NoBonds,
    /// Somebody approves in the owner's place.
    #[template(path = "reply/delegated.md")]
    Delegated {
        /// Who.
        user: String,
        /// Until when, as people say it; none if they may anyway.
        until: Option<String>,
        /// Until when it was before.
        was: Option<String>,
    },
    /// Somebody approves no longer.
    #[template(path = "reply/undelegated.md")]
    Undelegated {
        /// Who.
        user: String,
        /// Whether they had it.
        had: bool,
    },
    /// An account that is not there.
    #[template(path = "reply/no_account.md")]
    NoAccount {
        /// Which.
        user: String,
    },
    /// An account whose words are never commands.
    #[template(path = "reply/unheeded.md")]
    Unheeded {
        /// Which.
        user: String,
        /// Whether it is timmy's own.
        own: bool,
    },
    /// Nothing new starts.
    #[template(path = "reply/paused.md")]
    Paused {
        /// Where.
        pause: Paused,
        /// Whether that was so before.
        already: bool,
    },
    /// Something about budgets.
    #[template(path = "reply/budget.md")]
    Budget {
        /// What.
        budget: Box<BudgetAnswer>,
    },
    /// Things start again.
    #[template(path = "reply/resumed.md")]
    Resumed {
        /// Where, as commands write it.
        what: String,
        /// Whether it was paused.
        was: bool,
        /// Whether it is an agent, which is trusted again as well.
        is_agent: bool,
        /// Whether the whole fleet still is.
        still: bool,
    },
    /// An agent that is not there.
    #[template(path = "reply/no_agent.md")]
    NoAgent {
        /// As written.
        name: String,
        /// The command that may have been meant.
        instead: Option<String>,
    },
    /// Who the agents are.
    #[template(path = "reply/agents.md")]
    Agents {
        /// In the order of the configuration.
        agents: Vec<AgentRow>,
        /// The pause of the whole fleet.
        pause: Option<Paused>,
    },
    /// What happened, and what rests.
    #[template(path = "reply/report.md")]
    Report {
        /// All of it.
        report: Box<ReportAnswer>,
    },
    /// A day that lies ahead.
    #[template(path = "reply/ahead.md")]
    Ahead {
        /// As written.
        date: String,
    },
    /// Without the right.
    #[template(path = "reply/refused.md")]
    Refused {
        /// Of what.
        verb: Verb,
        /// Who may.
        need: RequiredRight,
        /// Whether they may have the right, but the forge did not say so here.
        unproved: bool,
        /// Whom to ask.
        owner: String,
    },
    /// Without any right: said once per thread and day.
    #[template(path = "reply/stranger.md")]
    Stranger {
        /// Whether the forge did not say who the actor is here.
        unproved: bool,
        /// Whom to ask.
        owner: String,
    },
    /// No command.
    #[template(path = "reply/malformed.md")]
    Malformed {
        /// Why not.
        problem: String,
        /// The line that would have worked.
        instead: Option<String>,
    },
    /// A moment that lies behind.
    #[template(path = "reply/past.md")]
    Past {
        /// As written.
        date: String,
    },
    /// A command that came by an edit, of somebody or something nobody can vouch for.
    #[template(path = "reply/repeat.md")]
    Repeat,
    /// A command that somebody else could have put into the actor's mouth.
    #[template(path = "reply/confirm.md")]
    Confirm {
        /// The line, as written.
        line: String,
        /// Who is asked.
        actor: String,
        /// Whether it is an edit, and not a text that no delivery told of, that leaves the doubt.
        edited: bool,
        /// Until when, as people say it.
        until: String,
    },
    /// A decision's verb in the body of an issue or in an edit, where decisions are not taken.
    #[template(path = "reply/not_here.md")]
    NotHere {
        /// Of what.
        verb: Verb,
    },
    /// Lines that say different things about one decision.
    #[template(path = "reply/two_answers.md")]
    TwoAnswers {
        /// Which, if one of them says so.
        decision: Option<String>,
        /// What they say of it, each once.
        verbs: Vec<Verb>,
        /// The lines, as written.
        lines: Vec<String>,
    },
    /// Something about a job.
    #[template(path = "reply/job.md")]
    Job {
        /// What.
        job: Box<JobAnswer>,
    },
    /// An answer to a decision.
    #[template(path = "reply/decision.md")]
    Decision {
        /// What came of it.
        decision: Box<DecisionAnswer>,
    },
    /// Why a review does not count.
    #[template(path = "reply/review.md")]
    Review {
        /// Why.
        review: Box<ReviewAnswer>,
    },
    /// A target that is not there, or not for the readers of this thread.
    #[template(path = "reply/not_found.md")]
    NotFound {
        /// As written.
        target: String,
    },
    /// The forge refused an effect.
    #[template(path = "reply/failed.md")]
    Failed {
        /// In one sentence, with what to do.
        reason: String,
    },
}

impl From<JobAnswer> for Answer {
    fn from(job: JobAnswer) -> Self {
        Self::Job { job: Box::new(job) }
    }
}

impl From<DecisionAnswer> for Answer {
    fn from(decision: DecisionAnswer) -> Self {
        Self::Decision { decision: Box::new(decision) }
    }
}

impl From<BudgetAnswer> for Answer {
    fn from(budget: BudgetAnswer) -> Self {
        Self::Budget { budget: Box::new(budget) }
    }
}

impl From<ReviewAnswer> for Answer {
    fn from(review: ReviewAnswer) -> Self {
        Self::Review { review: Box::new(review) }
    }
}

impl Answer {
    /// What came of the line, as a stable code for the audit.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Refused { .. } | Self::Stranger { .. } => "refused",
            Self::Malformed { .. } => "malformed",
            Self::Job { job } => job.outcome(),
            Self::Decision { decision } => decision.outcome(),
            Self::Review { review } => review.outcome(),
            Self::Budget { budget } => budget.outcome(),
            Self::NotHere { .. } => "not_here",
            Self::TwoAnswers { .. } => "two_answers",
            Self::NotFound { .. } | Self::NoAccount { .. } | Self::NoAgent { .. } => "not_found",
            Self::Itself | Self::Circle { .. } => "circle",
            Self::ReadersDiffer { .. } => "readers_differ",
            Self::NoBonds => "no_dependencies",
            Self::Unread => "unread",
            Self::Unheeded { .. } => "unheeded",
            Self::NotAssignable { .. } => "not_assignable",
            Self::Past { .. } => "past",
            Self::Ahead { .. } => "ahead",
            Self::Failed { .. } => "failed",
            Self::Confirm { .. } => "to_confirm",
            Self::Pong { .. }
            | Self::Help { .. }
            | Self::HelpVerb { .. }
            | Self::Status { .. }
            | Self::Why { .. }
            | Self::WhyAgent { .. }
            | Self::Queue { .. }
            | Self::Plan { .. }
            | Self::Held { .. }
            | Self::Unheld { .. }
            | Self::Snoozed { .. }
            | Self::Priority { .. }
            | Self::Size { .. }
            | Self::Assigned { .. }
            | Self::Unassigned { .. }
            | Self::Waits { .. }
            | Self::WaitsNoMore { .. }
            | Self::Delegated { .. }
            | Self::Undelegated { .. }
            | Self::Paused { .. }
            | Self::Resumed { .. }
            | Self::Agents { .. }
            | Self::Report { .. }
            | Self::Repeat => "done",
        }
    }
}
