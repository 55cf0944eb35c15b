//! What is said of decisions: the question, the answer to an answer, why one is void.

use askama::Template;
use jiff::tz::TimeZone;

use super::crew::PlanView;
use super::filters::{self, Name};
use super::jobs::{
    CheckLine, LetPassView, UnheardView, findings_of, guards_of_change, moment, short, shown_of,
};
use super::split::{SplitView, wish_of};
use super::start_question::StartView;
use super::told_reviews::ToldReviews;
use crate::core::command::value::DecisionId;
use crate::core::command::verb::Verb;
use crate::core::decisions::{
    CoveredHead, Decision, DecisionRefusal, DecisionStatus, TakeOver, VoidReason, verbs_for,
};
use crate::core::guards::GuardCount;
use crate::core::jobs::{Commit, GivenReview, JobRecord, Purpose, Question};
use crate::core::model::account::Account;
use crate::core::model::time::Timestamp;

/// A question, as its comment puts it. Texts in it are as agents and the forge wrote them: the
/// template defuses them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionView {
    pub id: String,
    pub question: Question,
    /// Who is called.
    pub owner: String,
    pub agent: Option<String>,
    pub pull: Option<i64>,
    /// How large the change is: `3 files, +40 -2`.
    pub size: Option<String>,
    /// The commit that was judged, as people write it.
    pub commit: Option<String>,
    /// How many guards looked at a change, and how many of them had nothing against it.
    pub guards: Option<GuardCount>,
    /// What people let pass all the same.
    pub let_pass: LetPassView,
    /// What its agent was told and did not hear, where that can still be brought to it.
    pub unheard: Vec<UnheardView>,
    /// What else was checked of a pull request, a line each.
    pub checks: Vec<CheckLine>,
    /// What agents said of this very commit, each the last.
    pub reviews: Vec<GivenReview>,
    /// What those of them said last of what was there before who said nothing of that one.
    pub earlier: Vec<GivenReview>,
    /// What asked for changes of this very commit and was dismissed, of those of them who say nothing else
    /// of it.
    pub dismissed: Vec<GivenReview>,
    /// What the same job brought last that was merged, and which commit took that back.
    pub reverted: Option<(Option<i64>, String)>,
    /// What was found, a sentence each.
    pub found: Vec<String>,
    /// What shows that nothing has to change.
    pub shown_by: Vec<String>,
    /// What the agent says of it.
    pub says: Option<String>,
    /// Rounds of repair that were made, and that a yes adds.
    pub rounds: u32,
    pub more: u32,
    /// When it is over without an answer.
    pub until: Option<String>,
    /// A yes merges it.
    pub merges: bool,
    /// What is to begin.
    pub start: Option<StartView>,
    /// By which plan a crew is to work.
    pub plan: Option<PlanView>,
    /// What an epic would become.
    pub split: Option<SplitView>,
    /// What its reviews leave open, a sentence each: where a crew brought it, and where the forge will
    /// not merge because of them.
    pub notes: Vec<String>,
    /// Whether it is about an issue: a routine's is not.
    pub has_issue: bool,
    /// Whether the text that it is about is that of a pull request.
    pub is_pull: bool,
}

impl QuestionView {
    /// The question that the job of `record` asks now. `says`: its agent's own words.
    pub fn of(
        record: &JobRecord,
        question: Question,
        says: Option<String>,
        (owner, take_over): (&str, Option<TakeOver>),
        now: Timestamp,
        zone: &TimeZone,
    ) -> Self {
        let job = &record.job;
        let is_code = matches!(job.spec.purpose, Purpose::Code | Purpose::Repair);
        let ToldReviews { reviews, earlier, dismissed } =
            if is_code { ToldReviews::of(record) } else { ToldReviews::default() };
        let (checks, mut found) = findings_of(record);
        found.extend(
            job.past.late.as_ref().map(|late| {
                format!("`{}` was pushed outside of any attempt.", short(&late.commit))
            }),
        );
        Self {
            id: String::new(),
            question,
            owner: owner.to_owned(),
            agent: record.agent().map(str::to_owned),
            pull: job.past.pull.filter(|_| is_code),
            size: record.change_size().filter(|_| is_code).map(|size| size.said()),
            commit: job.past.commit.as_ref().filter(|_| is_code).map(short),
            guards: guards_of_change(record),
            let_pass: LetPassView::of(record),
            unheard: if can_be_revised(question) { UnheardView::all(record) } else { Vec::new() },
            checks: if question == Question::Accept && is_code { checks } else { Vec::new() },
            reviews,
            earlier,
            dismissed,
            reverted: reverted(record),
            found,
            shown_by: shown_of(record),
            says,
            rounds: job.past.rounds,
            more: job.spec.limits.repairs.max(1),
            until: job.state.due_at().map(|until| moment(until, now, zone)),
            merges: take_over == Some(TakeOver::Merge),
            start: StartView::of(record),
            plan: None,
            split: None,
            notes: Vec::new(),
            has_issue: job.spec.given().is_some(),
            is_pull: job.spec.adopts.is_some() || job.spec.purpose.is_review(),
        }
    }

    /// What its comment says when it has this number, said by the account `name`.
    pub fn text(&self, id: DecisionId, name: &str) -> String {
        let view = Self { id: id.to_string(), ..self.clone() };
        let page = QuestionPage { found: &view.found, view: &view, name };
        let text = page.render_with_values(&Name(name.to_owned()));
        text.expect("a String takes everything, and the name is told").trim().to_owned()
    }

    /// Whether the lines that answer it follow in the same breath.
    fn is_plain(&self) -> bool {
        self.let_pass.is_empty() && self.unheard.is_empty()
    }

    /// The lines that answer it.
    fn lines(&self, name: &str) -> Vec<String> {
        answer_lines(&self.id, verbs_for(self.question), name)
    }
}

/// The last of what was merged of a job before it began once more, if that was taken back: its pull
/// request, and by which commit.
fn reverted(record: &JobRecord) -> Option<(Option<i64>, String)> {
    let merged = record.merged_before().pop()?;
    let (by, _) = merged.reverted?;
    Some((merged.pull, short(&by)))
}

/// Whether the result can be asked for otherwise.
fn can_be_revised(question: Question) -> bool {
    verbs_for(question).contains(&Verb::Revise)
}

#[derive(Template)]
#[template(path = "decision/question.md")]
struct QuestionPage<'a> {
    view: &'a QuestionView,
    found: &'a [String],
    name: &'a str,
}

/// The lines that answer the decision `id` with each of `verbs`, as people copy them.
pub fn answer_lines(id: &str, verbs: &[Verb], name: &str) -> Vec<String> {
    let line = |verb: &Verb| {
        let note = match verb {
            Verb::Revise => " what should change",
            Verb::Reject => " why",
            Verb::Answer => " what it needs to know",
            _ => "",
        };
        format!("/{name} {verb} {id}{note}")
    };
    verbs.iter().map(line).collect()
}

/// What is asked, in a few words, as the report lists it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShortQuestion {
    pub words: String,
    /// The pull request that follows them, in full.
    pub pull: Option<String>,
    /// What follows that; names stand in backticks.
    pub rest: String,
}

impl From<String> for ShortQuestion {
    fn from(words: String) -> Self {
        Self { words, ..Self::default() }
    }
}

/// What is asked of the result of `record`; `name`: what a thread beside it is called in full.
pub fn asked_in_short(
    decision: &Decision,
    record: &JobRecord,
    name: impl Fn(i64) -> String,
) -> ShortQuestion {
    let of_pull = |words: &str, pull, rest: &str| {
        let lifted: Vec<String> = LetPassView::of(record)
            .lifted
            .iter()
            .map(|lifted| format!("`{}`", lifted.guard))
            .collect();
        let rest = match lifted.len() {
            0 => rest.to_owned(),
            count => format!("{rest} {count} lifted: {}.", lifted.join(", ")),
        };
        ShortQuestion { words: words.to_owned(), pull: Some(name(pull)), rest }
    };
    let words = match (decision.question, decision.pull) {
        (Question::Dispatch, _) => {
            let agent = decision.covers.start.as_ref().and_then(|start| start.agent.as_deref());
            agent.map_or_else(|| "May it begin?".to_owned(), |agent| format!("May {agent} begin?"))
        }
        (Question::Accept, Some(pull)) => match decision.covers.take_over {
            Some(TakeOver::Merge) => return of_pull("Merge ", pull, "?"),
            Some(TakeOver::Review) | None => return of_pull("Accept ", pull, "?"),
        },
        (Question::Guard, Some(pull)) => return of_pull("May ", pull, " pass?"),
        (Question::Accept, None) => "Is this done?".to_owned(),
        (Question::NoChange, _) => "Is there nothing to change?".to_owned(),
        (Question::Guard, None) => "May this pass?".to_owned(),
        (Question::Repair, _) => "More rounds of repair?".to_owned(),
        (Question::Stuck, _) => "What does its agent need to know?".to_owned(),
        (Question::Permission, _) => "May its agent do this?".to_owned(),
        (Question::Uncertain, _) => "Another attempt?".to_owned(),
        (Question::Plan, _) => "May a crew work by this plan?".to_owned(),
        (Question::Split, _) => match &decision.covers.split {
            Some(split) => format!("{}?", wish_of(split)),
            None => "Make these issues?".to_owned(),
        },
    };
    words.into()
}

/// What came of a line that answers a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionAnswer {
    /// A result in a pull request is accepted.
    Accepted {
        id: String,
        pull: String,
        commit: Option<String>,
        /// timmy merges it now.
        merges: bool,
    },
    /// Work begins, or goes on, with this agent, for so much in all.
    Begins {
        id: String,
        agent: Option<String>,
        budget: Option<String>,
    },
    /// Nobody works on it.
    NotBegun {
        id: String,
    },
    /// A crew works by its plan.
    CrewBegins {
        id: String,
    },
    /// A crew's plan, or what an epic becomes, is proposed anew.
    PlannedAnew {
        id: String,
    },
    /// An epic becomes so many new issues, and so many that are there.
    Splits {
        id: String,
        made: usize,
        linked: usize,
    },
    /// An epic becomes nothing.
    NotSplit {
        id: String,
    },
    /// A result that is no pull request is accepted: its issue is closed.
    Closed {
        id: String,
    },
    /// The same of a routine's, which has no issue.
    NothingToChange {
        id: String,
    },
    /// What was found passes.
    Passed {
        id: String,
        commit: Option<String>,
    },
    MoreRounds {
        id: String,
        more: u32,
    },
    /// It is done otherwise: in a round of repair, or another attempt.
    Revised {
        id: String,
        is_round: bool,
        /// What it shall be stands in a review.
        by_review: bool,
    },
    Rejected {
        id: String,
        pull: Option<String>,
        /// It was there before the job.
        stays_open: bool,
    },
    /// An agent that could not, goes on.
    GoesOn {
        id: String,
    },
    /// An agent is told what it needs to know.
    Told {
        id: String,
    },
    Allowed {
        id: String,
    },
    Denied {
        id: String,
    },
    /// Another attempt, though the first may have run.
    Again {
        id: String,
    },
    GivenUp {
        id: String,
    },
    /// Nothing is done. `place`: where that decision is asked, or was, and `when` it was answered there;
    /// `lines`: what would have worked.
    /// `again`: the question that took the place of one that is void.
    Refused {
        why: DecisionRefusal,
        place: String,
        when: String,
        lines: Vec<String>,
        again: Option<String>,
    },
}

impl DecisionAnswer {
    /// What came of the line, as a stable code for the audit.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Refused { why, .. } => why.code(),
            Self::Accepted { .. }
            | Self::Begins { .. }
            | Self::NotBegun { .. }
            | Self::CrewBegins { .. }
            | Self::PlannedAnew { .. }
            | Self::Splits { .. }
            | Self::NotSplit { .. }
            | Self::Closed { .. }
            | Self::NothingToChange { .. }
            | Self::Passed { .. }
            | Self::MoreRounds { .. }
            | Self::Revised { .. }
            | Self::Rejected { .. }
            | Self::GoesOn { .. }
            | Self::Told { .. }
            | Self::Allowed { .. }
            | Self::Denied { .. }
            | Self::Again { .. }
            | Self::GivenUp { .. } => "done",
        }
    }
}

/// One line that says that a decision is void, where somebody may wait for it: as a job goes on,
/// that tells enough.
pub fn void_notice(decision: &Decision, why: &VoidReason) -> Option<String> {
    if *why == VoidReason::WentOn {
        return None;
    }
    let page = VoidPage { id: decision.id, why, again: None }.render();
    Some(page.expect("a String takes everything").trim().to_owned())
}

/// One line that says what an agent's review says of what is asked about already.
pub fn review_notice(decision: &Decision, review: &GivenReview) -> String {
    let page = ReviewedPage { id: decision.id, review }.render();
    page.expect("a String takes everything").trim().to_owned()
}

#[derive(Template)]
#[template(path = "decision/reviewed.md")]
struct ReviewedPage<'a> {
    id: DecisionId,
    review: &'a GivenReview,
}

/// One line that says that the forge merges what is asked about by itself, since somebody scheduled
/// that.
pub fn scheduled_notice(decision: &Decision, pull: i64, by: Option<&Account>) -> String {
    let by = by.map(|by| by.login.as_str());
    let page = ScheduledPage { id: decision.id, pull, by }.render();
    page.expect("a String takes everything").trim().to_owned()
}

#[derive(Template)]
#[template(path = "decision/scheduled.md")]
struct ScheduledPage<'a> {
    id: DecisionId,
    pull: i64,
    by: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "decision/void.md")]
struct VoidPage<'a> {
    id: DecisionId,
    why: &'a VoidReason,
    /// The question that took its place, where there is one already.
    again: Option<String>,
}

/// What timmy's approving review says.
pub fn accepted_by(id: DecisionId, by: &Account) -> String {
    let page = AcceptedPage { id, by: &by.login }.render();
    page.expect("a String takes everything").trim().to_owned()
}

#[derive(Template)]
#[template(path = "decision/accepted.md")]
struct AcceptedPage<'a> {
    id: DecisionId,
    by: &'a str,
}

/// What is said where a yes goes on over timmy's own update of what was shown: `commit` is merged.
pub fn still_accepted(
    id: DecisionId,
    by: &Account,
    shown: &CoveredHead,
    commit: &Commit,
) -> String {
    let CoveredHead { commit: approved, target, .. } = shown;
    let (shown, commit) = (short(approved), short(commit));
    let page = StillAcceptedPage { id, by: &by.login, shown, target, commit }.render();
    page.expect("a String takes everything").trim().to_owned()
}

#[derive(Template)]
#[template(path = "decision/still_accepted.md")]
struct StillAcceptedPage<'a> {
    id: DecisionId,
    by: &'a str,
    shown: String,
    target: &'a str,
    commit: String,
}

/// What is said in a pull request that is closed since nobody wants it.
pub fn unwanted(decided: Option<&Decision>) -> String {
    let by = decided.and_then(|decision| match &decision.status {
        DecisionStatus::Decided { by, .. } => Some(by.login.clone()),
        DecisionStatus::Open | DecisionStatus::Void { .. } | DecisionStatus::Expired { .. } => None,
    });
    let page = UnwantedPage { id: decided.map(|decision| decision.id), by }.render();
    page.expect("a String takes everything").trim().to_owned()
}

#[derive(Template)]
#[template(path = "decision/unwanted.md")]
struct UnwantedPage {
    id: Option<DecisionId>,
    by: Option<String>,
}

#[cfg(test)]
mod tests {
    use crate::core::reply::decisions::*;

    #[test]
    fn a_review_that_nobody_gives_again_is_not_announced() {
        let said = |is_due| {
            let why = VoidReason::Dismissed { agent: "ezra".to_owned(), is_due };
            VoidPage { id: DecisionId(2), why: &why, again: None }.render().expect("a String")
        };
        assert_eq!(
            said(true).trim(),
            "**d2 is void,** since the review by `ezra` was dismissed. It is reviewed again first; \
             then I ask anew."
        );
        assert_eq!(
            said(false).trim(),
            "**d2 is void,** since the review by `ezra` was dismissed. I ask anew, without it."
        );
    }
}
