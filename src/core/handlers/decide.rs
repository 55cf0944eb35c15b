//! approve, reject, revise, answer: what people say to a decision.

use super::context::CommandContext;
use super::decision_facts::DecisionQuery;
use super::handler::Handler;
use super::jobs::{JobQuery, JobRequest, KnownJob};
use super::snapshot::Needs;
use crate::core::command::value::DecisionId;
use crate::core::command::{Command, Note};
use crate::core::decisions::{
    AskedDecision, Decision, DecisionRefusal, DecisionReply, QuestionCheck, TakeOver, VoidReason,
    meant, verbs_for,
};
use crate::core::jobs::{JobEvent, JobStep, PersonAnswer, Question, ToldText, advance};
use crate::core::model::ids::{Subject, ThreadId};
use crate::core::model::time;
use crate::core::reply::decisions::answer_lines;
use crate::core::reply::{Answer, DecisionAnswer};

pub(super) fn decide(command: &Command) -> Handler<'_> {
    let decisions = DecisionQuery { answers: true, named: named(command).into_iter().collect() };
    let jobs = JobQuery { acts: true, ..JobQuery::default() };
    Handler::new(Needs { decisions, jobs, ..Needs::default() }, move |context| {
        context.decide(command)
    })
}

/// The decision that a command names.
pub(super) fn named(command: &Command) -> Option<DecisionId> {
    match command {
        Command::Approve { decision, .. }
        | Command::Reject { decision, .. }
        | Command::Revise { decision, .. }
        | Command::Answer { decision, .. } => *decision,
        _ => None,
    }
}

fn note(command: &Command) -> Option<&str> {
    match command {
        Command::Approve { note, .. } | Command::Reject { note, .. } => {
            note.as_ref().map(Note::as_str)
        }
        Command::Revise { note, .. } | Command::Answer { note, .. } => Some(note.as_str()),
        _ => None,
    }
}

impl CommandContext<'_> {
    fn decide(&mut self, command: &Command) -> Answer {
        self.decide_as(self.decision_reply(command))
    }

    /// Does what somebody says to a decision, in whatever way they say it.
    pub(super) fn decide_as(&mut self, reply: DecisionReply<'_>) -> Answer {
        let facts = &self.snapshot.decisions;
        let (asked, answer) = match meant(reply, &facts.known) {
            Ok(found) => found,
            Err(why) => return self.undecided(reply, why),
        };
        let id = asked.decision.id;
        let job = facts.jobs.get(&asked.decision.job).map(|known| self.at_present(known));
        let Some(known) = job else {
            return self.undecided(reply, DecisionRefusal::Unknown { id });
        };
        if let Some(refusal) = self.refuse_in(known.repo_id(), reply.verb) {
            return refusal;
        }
        if self.decided.contains(&id) {
            let by = self.asked.actor.clone();
            return self.undecided(reply, DecisionRefusal::Decided { id, by });
        }
        let text = reply.note.filter(|_| answer == PersonAnswer::Revise);
        let told = text.map(|text| ToldText::by(&self.asked.actor.login, text));
        match self.carry_out(&known, asked, answer, told) {
            true => said(asked, &known, answer, self.place_of(&known)).into(),
            false => self.undecided(reply, DecisionRefusal::Void { id, why: VoidReason::WentOn }),
        }
    }

    fn decision_reply<'r>(&self, command: &'r Command) -> DecisionReply<'r> {
        let inbound = self.asked.inbound;
        DecisionReply {
            verb: command.verb(),
            named: named(command),
            cause: match command {
                Command::Reject { cause, .. } => *cause,
                _ => None,
            },
            note: note(command),
            thread: inbound.thread(),
            is_in_report: self.snapshot.decisions.is_in_report,
            comment: match inbound.subject {
                Subject::Comment(id) => Some(id),
                Subject::Issue(_) => None,
            },
            said_at: inbound.created_at,
        }
    }

    /// How a thread in the repository of a job is called here, by its number.
    pub(super) fn place_of(&self, known: &KnownJob) -> impl Fn(i64) -> String {
        let is_here = known.repo_id() == self.asked.inbound.repo.id;
        let repo = if is_here { String::new() } else { known.repo.to_string() };
        move |number| format!("{repo}#{number}")
    }

    /// How a thread in which something is asked is called here: a routine's question stands elsewhere
    /// than where its job works.
    fn called_here(&self, thread: ThreadId) -> String {
        let number = thread.number;
        match self.snapshot.decisions.repos.get(&thread.repo) {
            Some(repo) if thread.repo != self.asked.inbound.repo.id => format!("{repo}#{number}"),
            _ => format!("#{number}"),
        }
    }

    /// Does what the answer says, for the lines that follow as well, if the job can do that.
    pub(super) fn carry_out(
        &mut self,
        known: &KnownJob,
        asked: &AskedDecision,
        answer: PersonAnswer,
        told: Option<ToldText>,
    ) -> bool {
        let seen = &known.record.job;
        let now = self.step_time();
        let texts = told.clone().map(JobEvent::Told).into_iter();
        let after = texts
            .chain([JobEvent::Decided(asked.decision.number, answer)])
            .map(JobStep::from)
            .try_fold(seen.clone(), |job, step| advance(&job, &step, now).map(|(after, _)| after));
        let Ok(after) = after else { return false };
        self.jobs.insert(after.spec.id, after);
        self.decided.insert(asked.decision.id);
        let (seen, decision) = (Box::new(seen.clone()), asked.decision.id);
        let is_lent = self.asked.is_lent;
        let request = JobRequest::Decide { seen, decision, answer, told, is_lent, now };
        self.changes.jobs.push(request);
        true
    }

    /// Nothing is decided. What is found to be void is closed, and asked anew.
    fn undecided(&mut self, reply: DecisionReply<'_>, why: DecisionRefusal) -> Answer {
        let facts = &self.snapshot.decisions;
        let place = match &why {
            DecisionRefusal::OtherThread { thread, .. }
            | DecisionRefusal::DecidedElsewhere { thread, .. } => self.called_here(*thread),
            _ => String::new(),
        };
        let when = match &why {
            DecisionRefusal::DecidedElsewhere { at, .. } => {
                time::said(*at, self.snapshot.now, &self.snapshot.zone)
            }
            _ => String::new(),
        };
        let is_answered_here = |next: &&Decision| reply.is_in_report || next.is_of(reply.thread);
        let next = |void: &DecisionId| again(&facts.known, *void).filter(is_answered_here);
        let name = &self.snapshot.own;
        let lines = match &why {
            DecisionRefusal::WhichOne { open } => {
                let line = |id: &DecisionId| answer_lines(&id.to_string(), &[reply.verb], name);
                open.iter().flat_map(line).collect()
            }
            DecisionRefusal::OtherVerb { id, verbs } => answer_lines(&id.to_string(), verbs, name),
            DecisionRefusal::Void { id, .. } => next(id).map_or_else(Vec::new, |next| {
                answer_lines(&next.id.to_string(), verbs_for(next.question), name)
            }),
            _ => Vec::new(),
        };
        let again = match &why {
            DecisionRefusal::Void { id, .. } => next(id).map(|d| d.id.to_string()),
            _ => None,
        };
        if let DecisionRefusal::Void { id, .. } = &why {
            self.close_void(*id);
        }
        DecisionAnswer::Refused { why, place, when, lines, again }.into()
    }

    fn close_void(&mut self, id: DecisionId) {
        let facts = &self.snapshot.decisions;
        let asked = facts.known.iter().find(|asked| asked.decision.id == id);
        let Some(AskedDecision { decision, check: QuestionCheck::Void(why), .. }) = asked else {
            return;
        };
        let Some(known) = facts.jobs.get(&decision.job) else { return };
        if decision.is_open() && self.decided.insert(id) {
            let (seen, why) = (Box::new(known.record.job.clone()), why.clone());
            let now = self.step_time();
            self.changes.jobs.push(JobRequest::Void { seen, decision: id, why, now });
        }
    }
}

/// The open question that took the place of one that is void.
fn again(known: &[AskedDecision], void: DecisionId) -> Option<&Decision> {
    let all = || known.iter().map(|asked| &asked.decision);
    let job = all().find(|decision| decision.id == void)?.job;
    all().rfind(|decision| decision.job == job && decision.id != void && decision.is_open())
}

/// What is said of an answer that was given to `asked`, about the job as it was seen before.
pub(super) fn said(
    asked: &AskedDecision,
    known: &KnownJob,
    answer: PersonAnswer,
    place: impl Fn(i64) -> String,
) -> DecisionAnswer {
    let decision = &asked.decision;
    let (id, job) = (decision.id.to_string(), &known.record.job);
    let head = decision.covers.head.as_ref();
    let commit = head.map(|head| &head.commit).or(job.past.commit.as_ref());
    let commit = commit.map(|commit| commit.to_string().chars().take(7).collect());
    match (decision.question, answer) {
        (Question::Dispatch, PersonAnswer::Yes | PersonAnswer::Revise) => {
            let start = decision.covers.start.as_ref();
            DecisionAnswer::Begins {
                id,
                agent: start.and_then(|start| start.agent.clone()),
                budget: start.and_then(|start| start.budget.said()),
            }
        }
        (Question::Dispatch | Question::Plan, PersonAnswer::No(_)) => {
            DecisionAnswer::NotBegun { id }
        }
        (Question::Plan, PersonAnswer::Yes) => DecisionAnswer::CrewBegins { id },
        (Question::Split, PersonAnswer::Yes) => {
            let split = decision.covers.split.as_ref();
            let count = split.map(|split| (split.issues.len(), split.linked.len()));
            let (made, linked) = count.unwrap_or_default();
            DecisionAnswer::Splits { id, made, linked }
        }
        (Question::Split, PersonAnswer::No(_)) => DecisionAnswer::NotSplit { id },
        (Question::Plan | Question::Split, PersonAnswer::Revise) => {
            DecisionAnswer::PlannedAnew { id }
        }
        (Question::Accept, PersonAnswer::Yes) => match decision.pull {
            Some(pull) => {
                let merges = decision.covers.take_over == Some(TakeOver::Merge);
                DecisionAnswer::Accepted { id, pull: place(pull), commit, merges }
            }
            None => DecisionAnswer::Closed { id },
        },
        (Question::NoChange, PersonAnswer::Yes) => match job.spec.given() {
            Some(_) => DecisionAnswer::Closed { id },
            None => DecisionAnswer::NothingToChange { id },
        },
        (Question::Guard, PersonAnswer::Yes) => DecisionAnswer::Passed { id, commit },
        (Question::Repair, PersonAnswer::Yes) => {
            DecisionAnswer::MoreRounds { id, more: job.spec.limits.repairs.max(1) }
        }
        (Question::Accept | Question::Guard | Question::Repair, PersonAnswer::Revise) => {
            DecisionAnswer::Revised { id, is_round: true, by_review: false }
        }
        (Question::NoChange, PersonAnswer::Revise) => {
            DecisionAnswer::Revised { id, is_round: false, by_review: false }
        }
        (
            Question::Accept | Question::NoChange | Question::Guard | Question::Repair,
            PersonAnswer::No(_),
        ) => DecisionAnswer::Rejected {
            id,
            pull: decision.pull.map(place),
            stays_open: job.spec.adopts.is_some(),
        },
        (Question::Stuck, PersonAnswer::Yes) => DecisionAnswer::GoesOn { id },
        (Question::Stuck | Question::Permission, PersonAnswer::Revise) => {
            DecisionAnswer::Told { id }
        }
        (Question::Stuck, PersonAnswer::No(_)) => DecisionAnswer::GivenUp { id },
        (Question::Permission, PersonAnswer::Yes) => DecisionAnswer::Allowed { id },
        (Question::Permission, PersonAnswer::No(_)) => DecisionAnswer::Denied { id },
        (Question::Uncertain, PersonAnswer::Yes | PersonAnswer::Revise) => {
            DecisionAnswer::Again { id }
        }
        (Question::Uncertain, PersonAnswer::No(_)) => DecisionAnswer::GivenUp { id },
    }
}
