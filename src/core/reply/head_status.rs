//! What timmy says of the head of a pull request that no job at work judges: whoever requires its
//! verdict to merge would wait for ever without a word on each head.

use std::collections::BTreeSet;

use super::jobs::guards_of;
use super::verify_status::named;
use crate::core::effect::SetStatus;
use crate::core::guards::OWN_CONTEXT;
use crate::core::jobs::evidence::{Finding, Grade};
use crate::core::jobs::{Commit, JobId, Verdict};
use crate::core::model::commit_status::{CheckState, CommitStatus, SaidOfCommit, newest};

/// Whose head it is, and what was found of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadJudgement {
    /// No agent opened its pull request.
    Persons,
    /// An agent opened it, and no job asked for it.
    WithoutJob,
    /// An agent, by this login, pushed to a person's, and no job asked for that.
    PushedTo(String),
    /// Nobody can tell whose work it is: their account is gone, or the forge does not say.
    Unknown,
    /// A job is at work on it, and says what it makes of it once it has judged.
    AtWork(JobId),
    /// Its job is over, and brought nothing that could be judged again.
    JobOver(JobId),
    /// It was pushed after its job was done, and the guards looked at it.
    Again { job: JobId, verdict: Verdict, found: Vec<Finding> },
}

/// What stands on a commit under the name of timmy's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StandingVerdict {
    /// timmy's own word.
    Own,
    /// The same: that a job is at work, which judges it. By its number.
    OwnWaits(i64),
    /// Nothing yet.
    Nothing,
    /// Somebody else's word: their login, if they are still there, and what timmy itself said last.
    Forged { by: Option<String>, own: Option<Box<CommitStatus>>, newest: i64 },
    /// So much was said of the commit that it was not found: what was said last of all.
    Flooded { newest: i64 },
}

impl StandingVerdict {
    /// Whether timmy's own last word is among the newest of what was said of the commit, and all that
    /// may have been said since. What is said in one second comes in any order.
    pub fn is_seen(said: &[CommitStatus], own: i64) -> bool {
        let is_own = |status: &&CommitStatus| {
            status.context == OWN_CONTEXT && status.by.as_ref().is_some_and(|by| by.id == own)
        };
        let at = said.iter().filter(is_own).map(|status| status.at).max();
        let oldest = said.last().and_then(|status| status.at);
        at.is_some_and(|at| oldest.is_none() || oldest < at)
    }

    /// Among what was said of the commit; `own`: the number of timmy's account.
    pub fn of(said: Vec<CommitStatus>, own: i64) -> Self {
        let is_own = |status: &CommitStatus| status.by.as_ref().is_some_and(|by| by.id == own);
        let said: Vec<_> = said.into_iter().filter(|said| said.context == OWN_CONTEXT).collect();
        // What waited for a job says nothing of the commit.
        let judges = |said: &&CommitStatus| is_own(said) && !waits(said);
        let last_own = newest(said.iter().filter(judges).cloned()).pop();
        match newest(said).pop() {
            None => Self::Nothing,
            Some(last) if is_own(&last) && waits(&last) => Self::OwnWaits(last.id),
            Some(last) if is_own(&last) => Self::Own,
            Some(last) => Self::Forged {
                by: last.by.map(|by| by.login),
                own: last_own.map(Box::new),
                newest: last.id,
            },
        }
    }
}

/// How it ends that a job is at work.
const WAITS: &str = " is at work on it: I judge what it brings.";

fn waits(said: &CommitStatus) -> bool {
    said.state == CheckState::Pending && said.description.ends_with(WAITS)
}

/// The status that says it on `commit`. `name`: how commands are written.
pub fn head_status(commit: Commit, judgement: &HeadJudgement, name: &str) -> SetStatus {
    let (state, description) = says(judgement, name);
    status(commit, state, description)
}

/// What timmy said once, said again.
pub fn said_again(commit: Commit, said: &CommitStatus) -> SetStatus {
    status(commit, said.state, said.description.clone())
}

fn status(commit: Commit, state: CheckState, description: String) -> SetStatus {
    let (context, target_url) = (OWN_CONTEXT.to_owned(), String::new());
    SetStatus { commit, says: SaidOfCommit { context, state, description, target_url } }
}

fn says(judgement: &HeadJudgement, name: &str) -> (CheckState, String) {
    let names = |found: &[Finding], grade| {
        let names: BTreeSet<&str> = guards_of(found, grade).collect();
        named(&names)
    };
    let over = |job: &JobId| {
        format!("Judged no more: {job} is over. To go on with it, say /{name} retry {job}.")
    };
    match judgement {
        HeadJudgement::Persons => {
            (CheckState::Success, "Not an agent's: nothing to judge.".to_owned())
        }
        HeadJudgement::WithoutJob => (
            CheckState::Failure,
            "An agent's, and no job asked for it: take it over in your own name, or close it."
                .to_owned(),
        ),
        HeadJudgement::PushedTo(agent) => (
            CheckState::Failure,
            format!(
                "{agent} pushed to it without a job: drop that by a force push, or say /{name} assign."
            ),
        ),
        HeadJudgement::Unknown => (
            CheckState::Failure,
            "Nobody can tell who pushed this: push another commit in your own name.".to_owned(),
        ),
        HeadJudgement::AtWork(job) => (CheckState::Pending, format!("{job}{WAITS}")),
        HeadJudgement::JobOver(job) => (CheckState::Failure, over(job)),
        HeadJudgement::Again { job, verdict, found } => match verdict {
            Verdict::Pass { .. } => (CheckState::Success, "All guards passed.".to_owned()),
            Verdict::Block => {
                let by = names(found, Grade::Block);
                let text = format!("Blocked by {by}. To have it mended, say /{name} retry {job}.");
                (CheckState::Failure, text)
            }
            Verdict::Ask => {
                let by = names(found, Grade::Ask);
                let text = format!(
                    "{job} was done before this, and {by} needs a person: say /{name} retry {job}."
                );
                (CheckState::Failure, text)
            }
            Verdict::NoChange { .. }
            | Verdict::Stuck
            | Verdict::Nothing
            | Verdict::HeadMoved
            | Verdict::Unfit => (CheckState::Failure, over(job)),
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::account::Account;
    use crate::core::model::time::Timestamp;
    use crate::core::reply::head_status::*;

    fn said(id: i64, by: i64, context: &str) -> CommitStatus {
        CommitStatus {
            id,
            context: context.to_owned(),
            state: CheckState::Success,
            by: Some(Account { id: by, login: format!("user{by}") }),
            description: format!("word {id}"),
            target_url: String::new(),
            at: None,
        }
    }

    #[test]
    fn the_newest_word_of_the_context_stands() {
        let standing = |said| StandingVerdict::of(said, 1);
        assert_eq!(standing(vec![said(1, 2, "ci/test")]), StandingVerdict::Nothing);
        assert_eq!(
            standing(vec![said(3, 1, OWN_CONTEXT), said(2, 2, OWN_CONTEXT)]),
            StandingVerdict::Own
        );
        let forged = standing(vec![
            said(3, 2, OWN_CONTEXT),
            said(2, 1, OWN_CONTEXT),
            said(1, 1, OWN_CONTEXT),
        ]);
        let own = Some(Box::new(said(2, 1, OWN_CONTEXT)));
        let by = Some("user2".to_owned());
        assert_eq!(forged, StandingVerdict::Forged { by, own, newest: 3 });
    }

    #[test]
    fn own_words_are_seen_with_all_of_their_second() {
        let at = |second: i64| Some(Timestamp::from_micros(second * 1_000_000));
        let own = |second| CommitStatus { at: at(second), ..said(2, 1, OWN_CONTEXT) };
        let noise = |second| CommitStatus { at: at(second), ..said(1, 2, "noise") };
        assert!(StandingVerdict::is_seen(&[own(5), noise(4)], 1));
        assert!(!StandingVerdict::is_seen(&[own(5), noise(5)], 1));
        assert!(!StandingVerdict::is_seen(&[noise(5), noise(4)], 1));
        assert!(!StandingVerdict::is_seen(&[], 1));
    }

    #[test]
    fn what_an_agent_pushed_and_what_nobody_did_fails_and_a_job_at_work_is_waited_for() {
        let told = |judgement: HeadJudgement| says(&judgement, "timmy");
        let (state, text) = told(HeadJudgement::PushedTo("ezra".to_owned()));
        assert_eq!(state, CheckState::Failure);
        assert!(text.starts_with("ezra pushed") && text.len() <= 100, "{text}");
        assert_eq!(told(HeadJudgement::Unknown).0, CheckState::Failure);
        let pending = (CheckState::Pending, "j42 is at work on it: I judge what it brings.".into());
        assert_eq!(told(HeadJudgement::AtWork(JobId(42))), pending);
    }

    #[test]
    fn that_a_job_was_at_work_is_no_judgement() {
        let waits = |id| {
            let (state, description) = says(&HeadJudgement::AtWork(JobId(42)), "timmy");
            CommitStatus { state, description, ..said(id, 1, OWN_CONTEXT) }
        };
        assert_eq!(StandingVerdict::of(vec![waits(3)], 1), StandingVerdict::OwnWaits(3));
        let StandingVerdict::Forged { own, .. } = StandingVerdict::of(
            vec![said(4, 2, OWN_CONTEXT), waits(3), said(2, 1, OWN_CONTEXT)],
            1,
        ) else {
            panic!("it is forged")
        };
        assert_eq!(own.map(|own| own.id), Some(2));
    }

    #[test]
    fn each_judgement_says_what_to_do_in_a_line() {
        let job = JobId(42);
        let again = |verdict| HeadJudgement::Again { job, verdict, found: Vec::new() };
        let told = |judgement: HeadJudgement| says(&judgement, "timmy");
        assert_eq!(
            told(HeadJudgement::Persons),
            (CheckState::Success, "Not an agent's: nothing to judge.".into())
        );
        assert_eq!(told(again(Verdict::Pass { ask: true })).0, CheckState::Success);
        for judgement in [
            HeadJudgement::WithoutJob,
            HeadJudgement::JobOver(job),
            again(Verdict::Block),
            again(Verdict::Ask),
            again(Verdict::Nothing),
        ] {
            let (state, text) = told(judgement);
            assert_eq!(state, CheckState::Failure, "{text}");
            assert!(text.contains("/timmy retry j42") || text.contains("close it"), "{text}");
            assert!(text.len() <= 100, "{text}");
        }
    }
}
