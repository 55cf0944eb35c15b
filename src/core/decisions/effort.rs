//! How long an answer to a question is expected to take: quick ones are told first.
//!
//! | question | seconds |
//! |---|---|
//! | accept, guard, of a change | what a look at it is expected to take; unread, ten minutes |
//! | repair | the same and a minute, for what was tried so far |
//! | accept, of something else; no_change; dispatch | a minute |
//! | permission, uncertain | half a minute |
//! | plan, split | a minute and a half |
//! | stuck | two minutes: somebody has to find words |

use super::decision::Decision;
use crate::core::jobs::Question;

/// What is expected of a change that could not be read.
const UNREAD: u32 = 600;

/// How many seconds an answer takes; `look`: at the change that it is about, if that was read.
pub fn expected_effort(decision: &Decision, look: Option<u32>) -> u32 {
    let look = match decision.pull {
        Some(_) => look.unwrap_or(UNREAD),
        None => 60,
    };
    match decision.question {
        Question::Accept | Question::Guard => look,
        Question::Repair => look.saturating_add(60),
        Question::Dispatch | Question::NoChange => 60,
        Question::Permission | Question::Uncertain => 30,
        Question::Stuck => 120,
        Question::Plan | Question::Split => 90,
    }
}
