//! The backlog: which issues may be handed out, what each is worth, whom it fits.
//!
//! Pure and in whole numbers: the same [`Facts`] under the same [`Rules`] give the same order and
//! the same choice on every platform. Shares and points are counted in millionths ([`MILLION`]).

mod choose;
mod compare;
mod days;
mod entry;
mod explain;
mod facts;
mod fit;
mod graph;
mod judged;
mod knots;
mod links;
mod matching;
mod obstacles;
mod rank;
mod room;
mod rules;
mod score;
mod setting;
mod suit;
mod tables;
#[cfg(test)]
mod testing;
pub mod text;
mod traits;

pub use choose::{Candidate, TOLD, choose, choose_for};
pub use compare::{Change, Seat, compare};
pub use entry::Entry;
pub use explain::{Because, Line, Term, explain};
pub use facts::{Facts, Milestone, Pull, Readiness, Work};
pub use fit::{Depth, Fit, Outcome, Outcomes, Tally};
pub use graph::MANY;
pub use judged::Judged;
pub use matching::{Choice, Lack, Limits, Load, Lost, Pool, Roster, Verdict, Worker};
pub use rank::{Obstacle, Ranking, Score, Standing, Terms, rank};
pub use rules::{Authors, Rules, Weights};
pub use setting::Setting;
pub use traits::Traits;

/// One whole, where shares are counted in millionths.
pub const MILLION: u64 = 1_000_000;
