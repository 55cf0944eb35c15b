//! Reviews that people give in the forge's own page to the pull request of a job. An approval is a
//! yes to the question whether that is accepted; a request for changes is a round of repair, or a
//! text for the agent that works.

use super::context::CommandContext;
use super::decide::{named, said};
use super::decision_facts::DecisionQuery;
use super::jobs::{JobQuery, KnownJob};
use super::snapshot::Needs;
use crate::core::command::Command;
use crate::core::command::grammar::Reading;
use crate::core::command::verb::{Right, Verb};
use crate::core::decisions::{AskedDecision, DecisionReply, QuestionCheck, TakeOver, verbs_for};
use crate::core::jobs::{
    Commit, Deciding, Done, Job, JobEvent, PersonAnswer, Question, State, StateKind, ToldReview,
    ToldText,
};
use crate::core::model::ids::Subject;
use crate::core::model::verdict::{Opinion, ReviewVerdict};
use crate::core::reply::decisions::answer_lines;
use crate::core::reply::{Answer, DecisionAnswer, JobAnswer, ReviewAnswer};

/// What has to be known to answer a review.
pub(super) fn needs(verdict: &ReviewVerdict) -> Needs {
    let decisions = DecisionQuery { answers: true, ..DecisionQuery::default() };
    let jobs = JobQuery { latest: true, acts: true, ..JobQuery::default() };
    Needs { decisions, jobs, review: Some(verdict.clone()), ..Needs::default() }
}

/// The verb that says the same; none of a review that only comments.
fn verb_of(opinion: Opinion) -> Option<Verb> {
    match opinion {
        Opinion::Approved => Some(Verb::Approve),
        Opinion::ChangesRequested => Some(Verb::Revise),
        Opinion::Comment => None,
    }
}

pub(super) fn answers_a_decision(verb: Verb) -> bool {
    matches!(verb, Verb::Approve | Verb::Reject | Verb::Revise | Verb::Answer)
}

/// The right that it takes: whoever may tell an agent something may ask it for changes.
pub fn right_to_review(opinion: Opinion) -> Right {
    match opinion {
        Opinion::Approved => Verb::Approve.right(),
        Opinion::ChangesRequested | Opinion::Comment => Verb::Tell.right(),
    }
}

/// How a review is called where lines are told one by one.
pub(super) fn called(verdict: &ReviewVerdict) -> &'static str {
    match verdict.opinion {
        Opinion::Approved => "review: approved",
        Opinion::ChangesRequested => "review: changes requested",
        Opinion::Comment => "review",
    }
}

impl CommandContext<'_> {
    /// Does what a review says, and nothing if a line of its text says something else.
    pub(super) fn review(&mut self, verdict: &ReviewVerdict, reading: &Reading) -> Option<Answer> {
        let verb = verb_of(verdict.opinion)?;
        let mut verbs = reading.commands.iter().map(|line| line.command.verb());
        if verbs.any(|other| answers_a_decision(other) && other != verb) {
            return Some(ReviewAnswer::TwoVerdicts.into());
        }
        match verdict.opinion {
            Opinion::Approved => Some(self.approved(verdict)),
            Opinion::ChangesRequested => self.changes_requested(verdict),
            Opinion::Comment => None,
        }
    }

    fn approved(&mut self, verdict: &ReviewVerdict) -> Answer {
        let inbound = self.asked.inbound;
        let known = &self.snapshot.decisions.known;
        let open = || known.iter().filter(|asked| asked.decision.is_open());
        let accept = open().find(|asked| {
            let decision = &asked.decision;
            decision.question == Question::Accept && decision.pull == Some(inbound.number)
        });
        let Some(asked) = accept else { return self.nothing_to_approve(open().next_back()) };
        if let Some(refusal) = self.refuse(Verb::Approve) {
            return refusal;
        }
        let decision = &asked.decision;
        let shown = decision.covers.head.as_ref().map(|head| &head.commit);
        // Where the head has moved, the question is void: then that is what is said.
        let is_as_asked = asked.check == QuestionCheck::Stands;
        if let Some(shown) = shown.filter(|shown| is_as_asked && !is_of(verdict, shown)) {
            let lines = self.lines(&decision.id.to_string(), &[Verb::Approve]);
            return other_commit(verdict, shown, lines);
        }
        self.decide_as(DecisionReply {
            verb: Verb::Approve,
            named: Some(decision.id),
            cause: None,
            note: None,
            thread: inbound.thread(),
            is_in_report: false,
            comment: match inbound.subject {
                Subject::Comment(id) => Some(id),
                Subject::Issue(_) => None,
            },
            said_at: inbound.created_at,
        })
    }

    /// Nobody asks whether it is accepted; `open`: what is asked instead.
    fn nothing_to_approve(&self, open: Option<&AskedDecision>) -> Answer {
        match open {
            Some(asked) => {
                let id = asked.decision.id.to_string();
                let lines = self.lines(&id, verbs_for(asked.decision.question));
                ReviewAnswer::OtherQuestion { id, lines }.into()
            }
            None => ReviewAnswer::NothingAsked { pull: self.asked.inbound.number }.into(),
        }
    }

    /// None if there is no job to which it could be said.
    fn changes_requested(&mut self, verdict: &ReviewVerdict) -> Option<Answer> {
        let known = self.latest_job(self.asked.inbound.thread())?;
        let right = right_to_review(verdict.opinion);
        if self.asked.right < Some(right) {
            let need = self.snapshot.people.need(right, &self.fleet.delegations);
            let owner = self.snapshot.people.owner.login().to_owned();
            let lines = match self.lacks_only_proof(right) {
                true => {
                    let job = &known.record.job;
                    let is_open = self.is_accepted_and_open(job, verdict);
                    self.lines_to_tell(&known, is_open && self.is_to_be_merged(&known))
                }
                false => Vec::new(),
            };
            return Some(ReviewAnswer::NotForYou { need, owner, lines }.into());
        }
        let inbound = self.asked.inbound;
        let remarks = self.snapshot.review.remarks.clone();
        let review = ToldReview::new(inbound.number, commit_of(verdict), remarks);
        let told = ToldText::by(&self.asked.actor.login, &inbound.body).of(review);
        let job = &known.record.job;
        let kind = job.state.kind();
        if kind.is_end() {
            let is_of_result = self.is_accepted_and_open(job, verdict);
            if is_of_result && self.happen(&known.record, JobEvent::Told(told)).is_ok() {
                return Some(ReviewAnswer::MendedFirst { pull: inbound.number }.into());
            }
            if is_of_result && let Some(other) = self.in_the_way(&known.record.job) {
                return Some(JobAnswer::Lives { view: Box::new(self.job_view(&other)) }.into());
            }
            let (id, lines) = (known.id().to_string(), self.lines_to_tell(&known, false));
            return Some(ReviewAnswer::Over { id, lines }.into());
        }
        let facts = &self.snapshot.review;
        let is_at_rest = matches!(kind, StateKind::Verifying | StateKind::Deciding);
        if let Some(head) = facts.head.as_ref().filter(|head| is_at_rest && !is_of(verdict, head)) {
            let lines = self.lines_for_changes(&known);
            return Some(other_commit(verdict, head, lines));
        }
        Some(match asks_about(job).is_some_and(|shown| is_of(verdict, shown)) {
            true => self.revise_by_review(&known, told),
            false => self.tell_job(&known, told),
        })
    }

    /// Whether a review is of what a person said yes to, and that is not merged yet: then the job goes on.
    fn is_accepted_and_open(&self, job: &Job, verdict: &ReviewVerdict) -> bool {
        let facts = &self.snapshot.review;
        let is_head = facts.head.as_ref().is_some_and(|head| is_of(verdict, head));
        facts.is_open && is_head && job.state == State::Done(Done::Accepted)
    }

    /// Whether timmy itself is about to merge what it brought.
    fn is_to_be_merged(&self, known: &KnownJob) -> bool {
        let (id, number) = (known.id(), known.record.job.past.asked);
        let mut all = self.snapshot.decisions.known.iter().map(|asked| &asked.decision);
        let yes = all.find(|decision| (decision.job, decision.number) == (id, number));
        yes.is_some_and(|yes| yes.covers.take_over == Some(TakeOver::Merge))
            && known.record.waits_to_be_merged().is_none()
    }

    /// A round of repair with what a review says, whether or not the question is there that it
    /// answers.
    fn revise_by_review(&mut self, known: &KnownJob, told: ToldText) -> Answer {
        let job = &known.record.job;
        let (id, number) = (job.spec.id, job.past.asked);
        let all = &self.snapshot.decisions.known;
        let asked = all.iter().find(|asked| {
            let decision = &asked.decision;
            (decision.job, decision.number) == (id, number) && decision.is_open()
        });
        if let Some(asked) = asked
            && self.carry_out(known, asked, PersonAnswer::Revise, Some(told.clone()))
        {
            return match said(asked, known, PersonAnswer::Revise, self.place_of(known)) {
                DecisionAnswer::Revised { id, is_round, .. } => {
                    DecisionAnswer::Revised { id, is_round, by_review: true }
                }
                other => other,
            }
            .into();
        }
        let answer = self.tell_job(known, told);
        let told = self.at_present(known);
        // Else it is in the texts all the same, and no result passes by it.
        let revised = JobEvent::Decided(number, PersonAnswer::Revise);
        let _ = self.happen(&told.record, revised);
        answer
    }

    fn lines_for_changes(&self, known: &KnownJob) -> Vec<String> {
        let open = |asked: &&AskedDecision| {
            asked.decision.job == known.id()
                && asked.decision.is_open()
                && verbs_for(asked.decision.question).contains(&Verb::Revise)
        };
        match self.snapshot.decisions.known.iter().find(open) {
            Some(asked) => self.lines(&asked.decision.id.to_string(), &[Verb::Revise]),
            None => vec![self.line_to_tell(known)],
        }
    }

    /// The lines that tell it something, together: what is over begins again first. `is_accepted`: nothing is
    /// merged as long as the review stands, so that it is not over for long.
    fn lines_to_tell(&self, known: &KnownJob, is_accepted: bool) -> Vec<String> {
        let is_over = known.record.job.state.kind().is_end() && !is_accepted;
        let again = is_over.then(|| format!("/{} retry {}", self.snapshot.own, known.id()));
        again.into_iter().chain([self.line_to_tell(known)]).collect()
    }

    fn line_to_tell(&self, known: &KnownJob) -> String {
        format!("/{} tell {} what should change", self.snapshot.own, known.id())
    }

    fn lines(&self, id: &str, verbs: &[Verb]) -> Vec<String> {
        answer_lines(id, verbs, &self.snapshot.own)
    }

    /// Whether a line of a review says no more than the review itself has done, or contradicts it.
    pub(super) fn is_said_by_review(&self, command: &Command) -> bool {
        let verb = self.asked.verdict.and_then(|verdict| verb_of(verdict.opinion));
        let Some(verb) = verb.filter(|_| answers_a_decision(command.verb())) else { return false };
        let is_done = || match named(command) {
            Some(id) => self.decided.contains(&id),
            None => !self.decided.is_empty(),
        };
        command.verb() != verb || is_done()
    }
}

/// The commit that a question is about which `revise` answers with a round of repair.
fn asks_about(job: &Job) -> Option<&Commit> {
    match &job.state {
        State::Deciding(Deciding {
            question: Question::Accept | Question::Guard | Question::Repair,
            ..
        }) => job.past.commit.as_ref(),
        _ => None,
    }
}

fn is_of(verdict: &ReviewVerdict, commit: &Commit) -> bool {
    verdict.commit == commit.to_string()
}

fn commit_of(verdict: &ReviewVerdict) -> Option<Commit> {
    verdict.commit.parse().ok()
}

fn other_commit(verdict: &ReviewVerdict, now: &Commit, lines: Vec<String>) -> Answer {
    let seen = commit_of(verdict).map(|commit| commit.to_string());
    ReviewAnswer::OtherCommit { seen, now: now.to_string(), lines }.into()
}
