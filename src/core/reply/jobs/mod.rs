//! What is said of jobs: where one stands, what it went through, what came of it.

mod answers;
mod findings;
mod let_pass;
mod log;
mod not_merged;
mod outcome;
mod place;
mod standing;
mod unheard;
mod view;
mod words;

pub use answers::{DeadLetter, JobAnswer, JobRefusal, JobWait};
pub use findings::CheckLine;
pub use findings::sentences_of;
pub(super) use findings::{findings_of, guards_of, guards_of_change, shown_of};
pub use let_pass::{LetPassView, LiftedView};
pub use log::{AgentWords, JobLogLine, timeline};
pub use not_merged::{keeps_from_merging, not_merged};
pub use outcome::{AttemptLine, JobOutcome, LeftResult, NextTry, late, outcome, superseded};
pub use place::{place_of, said_in_report};
pub use standing::{CancelledBy, JobStanding};
pub use unheard::UnheardView;
pub use view::JobView;
pub use words::usd;
pub(in crate::core) use words::{moment, short};
