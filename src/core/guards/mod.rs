//! Guards: what a result must stand up to. Facts in, findings out; nothing here asks anybody.
//!
//! A finding is what one guard says; a verdict is all of them on one commit ([`CommitVerdict`]). What
//! did not run and what cannot be read has not passed. One file, or folder, for each guard:
//!
//! | guard | what it judges |
//! |---|---|
//! | [`substance`] | whether anything changes but white space and lock files |
//! | [`checks`] | what CI says, of whom one can believe it |
//! | [`tests`] | tests that are gone, skipped or weaker, and the machinery that runs them |
//! | [`protected`] | what no agent changes unasked |
//! | [`secrets`] | keys and tokens in lines, messages and names |
//! | [`size`] | how much one change may be |
//! | [`claims`] | what an agent says, beside what changed |
//! | [`author`] | who made it, who reviews it |
//! | [`duplicate`] | who else did it |
//! | [`base`] | whether it can be merged |
//! | [`late`] | what came outside of a lease |
//!
//! All that they find stands in one list ([`FindingCode`]); each row of it is caught by a test.

mod author;
mod base;
mod change_size;
mod checks;
mod claims;
mod code;
pub mod diff;
mod duplicate;
mod facts;
mod finding;
mod grade;
mod late;
mod lifted;
mod lifting;
mod log_end;
mod name;
mod paths;
mod protected;
mod result;
mod review_claims;
mod rules;
mod secrets;
mod sentence;
mod size;
mod skip_marker;
mod substance;
mod tests;
mod verdict;

pub use author::{AuthorFacts, ReviewFacts, author, reviewer};
pub use base::{BaseFacts, Merges, base};
pub use change_size::{ChangeSize, ExaminedChange, GuardCount, PassedGuard};
pub use checks::{CheckFacts, OWN_CONTEXT, OWN_CONTEXTS, checks, rests_on_actions};
pub use claims::{ClaimFacts, claims, claims_said};
pub use code::FindingCode;
pub use duplicate::{OtherPull, OtherPullStanding, duplicate};
pub use facts::{ChangeFacts, CommentFacts, GuardFacts, examine};
pub use finding::{CheckLink, EvidenceLink, GuardFinding};
pub use grade::GuardGrade;
pub use late::{LatePush, late};
pub use lifted::LiftedGuard;
pub use lifting::{LiftedGuards, Lifting};
pub use log_end::LogEnd;
pub use name::GuardName;
pub use paths::{change_actions, is_actions};
pub use protected::{is_protected, protected};
pub use result::{CannotBeRead, GuardResult};
pub use review_claims::{ReviewClaims, review_claims};
pub use rules::{CheckoutCommand, ExpectedChecks, GuardRules};
pub use secrets::{
    BinaryLook, BinaryLooks, LARGEST_BINARY, MOST_BINARIES, SaidFacts, look_into, secrets,
    secrets_said,
};
pub use sentence::{Sentence, Words};
pub use size::size;
pub use substance::substance;
pub use tests::{TestChanges, tests};
pub use verdict::{CommitVerdict, LetPass, RULES_VERSION, Standing};
