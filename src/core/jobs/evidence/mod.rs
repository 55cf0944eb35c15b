//! Evidence: what an agent says that it did ([`result_line`]), what the forge shows of that
//! ([`facts`]), and what follows ([`judge()`]), with what a person is told of it ([`Finding`]).
//!
//! What an agent says is a claim. It decides where is looked, and never what is found.

mod facts;
mod finding;
mod judge;
mod result_line;
mod review;
mod said_list;
mod said_review;
mod visible_lines;

pub use facts::{
    BranchFacts, CitedFact, CodeFacts, Facts, GivenHead, HeadPusher, MOST_LOOKED_AT, Made,
    NamedCommit, NamedPull, PullFacts, PullStanding,
};
pub use finding::{Finding, Grade};
pub use judge::{Findings, judge};
pub use result_line::{AgentResult, CUT_RESULT_LINE, begins_as_result, read_result};
pub use review::{
    ReviewLook, ReviewPosting, ReviewedFacts, ReviewedPull, SeenReview, judge_review,
};
pub use said_list::{ListFault, SaidEntry, said_entries, said_words};
