//! Decisions: questions to a person, what a yes to one covers, and what an answer means.
//!
//! Pure. A job that cannot go on without a person puts a [`Question`](crate::core::jobs::Question);
//! put to people it is a [`Decision`]: one comment, with a number that is never given again. What is
//! said to it goes through three gates: which decision is [`meant`], whether it is still what was
//! shown ([`Covered::difference`]), and what the verb says to such a question ([`answer_of`]). What
//! does not pass one of them is a [`DecisionRefusal`], and nothing is done.
//!
//! | question | yes | no | revise | nobody answers |
//! |---|---|---|---|---|
//! | dispatch | the attempt begins | cancelled: nobody works on it | - | cancelled |
//! | accept | the result is taken over | pull requests closed, cancelled | a round of repair | stays open |
//! | no_change | the issue is closed | cancelled | another attempt | stays open |
//! | guard | what was found passes on that commit | closed, cancelled | a round of repair | stays open |
//! | repair | more rounds | closed, cancelled | one round | stays open |
//! | stuck, permission | allowed | denied | `answer`: the text goes to the agent | denied |
//! | uncertain | another attempt | cancelled | - | cancelled |
//! | plan, split | a crew works by it; its issues are made | cancelled | proposed anew | cancelled |

mod answers;
mod covers;
mod decision;
mod effort;
mod meant;
mod refusal;
mod void;

pub use answers::{answer_of, verbs_for};
pub use covers::{Covered, CoveredHead, CoveredStart, TakeOver};
pub use decision::{AskedDecision, Decision, DecisionStatus, QuestionCheck};
pub use effort::expected_effort;
pub use meant::{DecisionReply, meant};
pub use refusal::DecisionRefusal;
pub use void::VoidReason;
