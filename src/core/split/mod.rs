//! Split: an epic becomes issues.
//!
//! A job ([`Purpose::Split`](super::jobs::Purpose::Split)) has an agent propose them, in its last words
//! ([`read_drafts`]). Each is looked for among the issues that are there ([`propose`]): what exists is
//! only linked. What is left is put to a person ([`SplitProposal`]), and made once they say yes.

mod checklist;
mod draft;
mod fault;
mod known;
mod left_out;
mod proposal;

pub use checklist::{ChecklistItem, Home, checklist, has_checklist};
pub use draft::{DraftIssue, read_drafts};
pub use fault::{MOST_DEPENDENCIES, MOST_ISSUES, SplitFault};
pub use known::{KnownIssue, KnownIssues, same_title};
pub use left_out::{LeftOut, LeftOutWhy};
pub use proposal::{LinkedIssue, ProposedIssue, SplitProposal, WaitsOn, propose};
