//! The backlog: which issues may be handed out, what each is worth, whom it fits.
//!
//! Pure and in whole numbers: the same [`IssueFacts`] under the same [`Rules`] give the same order and
//! the same choice on every platform. Shares and points are counted in millionths ([`MILLION`]).

mod adjacency;
mod automatic;
mod calendar;
mod candidate;
mod capacity;
mod comparison;
mod components;
mod eligibility;
mod entry;
mod explain;
mod facts;
mod fit;
mod fit_cache;
mod graph;
mod labels;
mod linked;
mod matching;
pub mod outlook;
mod quota;
mod ranked_backlog;
mod ranking;
mod ranking_input;
mod recheck;
mod roster;
mod routine;
mod rules;
mod scope_question;
mod score;
mod starting;
mod tables;
#[cfg(test)]
pub(in crate::core) mod testing;
pub mod text;

pub use super::model::issue::Milestone;
pub use automatic::{AutoState, AutoTerms, Beginning, SuggestReason, TRIAL_RESULTS, Trial};
pub use candidate::Candidate;
pub use comparison::{Placement, RankChange, compare};
pub use eligibility::Ineligible;
pub use entry::BacklogEntry;
pub use explain::{Term, TermLine, TermReason, explain};
pub use facts::{IssueFacts, Readiness, WorkState};
pub use fit::{AgentRecords, Depth, Fit, Outcome, Tally};
pub use graph::MANY_DEPENDENTS;
pub use labels::IssueLabels;
pub use linked::{Disregarded, LinkedPull};
pub use matching::{MOST_EXPLAINED, match_issues, match_one};
pub use quota::{QuotaGate, QuotaWindow, QuotaWord, SpentQuota};
pub use ranked_backlog::RankedBacklog;
pub use ranking::{RankedIssue, Ranking, rank};
pub use ranking_input::RankingInput;
pub use recheck::{lack, obstacles};
pub use roster::{
    AgentSlot, Assignment, Limits, Load, Match, Pool, RejectedAgent, Rejection, Roster, TriedAgent,
    Workplaces,
};
pub use routine::{Routine, RoutineCalendar, RoutineState, RoutineTurn};
pub use rules::{Authors, Rules, Weights};
pub use scope_question::{QUESTIONS_A_DAY, QuestionTerms};
pub use score::{Score, Terms};

/// One whole, where shares are counted in millionths.
pub const MILLION: u64 = 1_000_000;
