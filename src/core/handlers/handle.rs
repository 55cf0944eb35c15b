//! Answers a text, line by line: who may not is refused, what is doubtful is to be confirmed, and
//! the rest goes to its handler.

use std::time::Duration;

use super::change_set::{AuditLine, ChangeSet, comment};
use super::context::{CommandContext, CommandRequest};
use super::decide::named;
use super::dispatch::handler;
use super::jobs::KnownJob;
use super::review::{self, answers_a_decision};
use super::snapshot::{Needs, Snapshot};
use super::two_answers::TwoAnswers;
use crate::core::command::Command;
use crate::core::command::grammar::{CommandText, ErrorKind, LineError, Reading};
use crate::core::command::value::{DecisionId, Scope};
use crate::core::command::verb::{Right, Verb};
use crate::core::decisions::Decision;
use crate::core::model::text::TextEvent;
use crate::core::model::thread::ThreadChange;
use crate::core::model::time::said;
use crate::core::model::verdict::ReviewVerdict;
use crate::core::policy::authority::Proof;
use crate::core::policy::authorship::Authorship;
use crate::core::reply::{Answer, Answered, Reply};

/// How long a confirmation that was asked for is waited for.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// What has to be known to answer this.
pub fn needs(reading: &Reading, verdict: Option<&ReviewVerdict>) -> Needs {
    let of_review = verdict.map(review::needs).unwrap_or_default();
    let handlers = reading.commands.iter().map(|line| handler(&line.command));
    handlers.fold(of_review, |needs, handler| needs.and(handler.needs))
}

/// Answers a text that calls for an answer.
pub fn handle(asked: CommandRequest<'_>, reading: &Reading, snapshot: &Snapshot) -> ChangeSet {
    let mut lines =
        AnsweredLines { context: CommandContext::new(asked, snapshot), answers: Vec::new() };
    if asked.right.is_none() {
        lines.refuse_stranger(reading);
    } else {
        lines.judge(reading);
        for line in reading.in_order() {
            match line {
                Ok(line) => lines.answer(line, reading),
                Err(error) => lines.explain(error),
            }
        }
    }
    lines.close()
}

/// The lines of a text, as far as they are answered.
struct AnsweredLines<'a> {
    context: CommandContext<'a>,
    answers: Vec<Answered>,
}

impl AnsweredLines<'_> {
    /// One refusal for all that a stranger asked.
    fn refuse_stranger(&mut self, reading: &Reading) {
        self.context.changes.refused_stranger = true;
        let owner = self.context.snapshot.people.owner.login().to_owned();
        let unproved = self.context.asked.inbound.permissions.is_none();
        if let Some(line) = reading.commands.first() {
            let answer = Answer::Stranger { unproved, owner };
            self.say(&line.text, Some(&line.command), answer, None);
        }
    }

    /// What the text says as a review goes before its lines.
    fn judge(&mut self, reading: &Reading) {
        let Some(verdict) = self.context.asked.verdict else { return };
        if let Some(answer) = self.context.review(verdict, reading) {
            self.say(review::called(verdict), None, answer, None);
        }
    }

    fn answer(&mut self, line: &CommandText, reading: &Reading) {
        let verb = line.command.verb();
        if self.context.is_said_by_review(&line.command) {
            return;
        }
        let before = self.context.changes.effects.len();
        let answer = if let Some(refusal) = self.context.refuse(verb) {
            refusal
        } else if let Some(both) = TwoAnswers::with(line, reading) {
            if !both.begin_with(line) {
                return self.record(&line.text, Some(&line.command), &both.answer(), None);
            }
            both.answer()
        } else if self.context.is_doubtful(&line.command) {
            self.context.ask_to_confirm(&line.text)
        } else {
            handler(&line.command).handle(&mut self.context)
        };
        let needs = self.context.changes.effects.get(before).map(|keyed| keyed.key.clone());
        self.say(&line.text, Some(&line.command), answer, needs);
    }

    /// Talk beside commands is left alone.
    fn explain(&mut self, error: &LineError) {
        if error.kind != ErrorKind::Talk {
            let (problem, instead) = (error.problem.clone(), error.corrected.clone());
            self.say(&error.text, None, Answer::Malformed { problem, instead }, None);
        }
    }

    fn say(
        &mut self,
        said: &str,
        command: Option<&Command>,
        answer: Answer,
        needs: Option<String>,
    ) {
        self.record(said, command, &answer, needs.clone());
        self.answers.push(Answered { said: said.to_owned(), answer, needs });
    }

    fn record(
        &mut self,
        said: &str,
        command: Option<&Command>,
        answer: &Answer,
        needs: Option<String>,
    ) {
        self.context.changes.records.push(AuditLine {
            line: said.to_owned(),
            verb: command.map(Command::verb),
            args: command.map(Command::args).unwrap_or_default(),
            outcome: answer.outcome(),
            answer: answer.sentence(&self.context.snapshot.own),
            needs,
        });
    }

    fn close(self) -> ChangeSet {
        let CommandContext { asked, snapshot, state, mut changes, .. } = self.context;
        changes.state = ThreadChange::between(&snapshot.state, state);
        changes.is_card = match (self.answers.as_slice(), changes.jobs.as_slice()) {
            ([_], [job]) => job.begins() && job.home() == Some(asked.inbound.thread()),
            _ => false,
        };
        if !self.answers.is_empty() {
            let reply = Reply { name: snapshot.own.clone(), answers: self.answers };
            changes.effects.push(comment(asked.inbound, asked.key, &reply));
        }
        changes
    }
}

impl CommandContext<'_> {
    /// Why this command is not to be obeyed here, or not to this actor.
    pub(super) fn refuse(&self, verb: Verb) -> Option<Answer> {
        if self.asked.inbound.act != TextEvent::Created && verb.gives_consent() {
            return Some(Answer::NotHere { verb });
        }
        if self.asked.right < Some(verb.right()) {
            return Some(Answer::Refused {
                verb,
                need: self.snapshot.people.need(verb.right(), &self.fleet.delegations),
                owner: self.snapshot.people.owner.login().to_owned(),
                unproved: self.lacks_only_proof(verb.right()),
            });
        }
        None
    }

    /// Whether the forge did not say what the actor may do here, and writers have this right.
    pub(super) fn lacks_only_proof(&self, right: Right) -> bool {
        let writer = Proof { writes: true, belongs: true, ..Proof::default() };
        let (people, delegations) = (&self.snapshot.people, &self.fleet.delegations);
        self.asked.inbound.permissions.is_none()
            && people.right_of(self.asked.actor, writer, delegations) >= Some(right)
    }

    /// Whether somebody who may do less could have put this into the actor's mouth.
    fn is_doubtful(&self, command: &Command) -> bool {
        let verb = command.verb();
        let is_beyond = verb.right() > self.snapshot.people.right_of_writers();
        self.asked.authorship == Authorship::AnyWriter
            && (is_beyond || self.acts_elsewhere(command))
    }

    /// Whether it acts in a repository where others may write than here.
    fn acts_elsewhere(&self, command: &Command) -> bool {
        let here = self.asked.inbound.repo.id;
        match command {
            Command::Assign { on: Some(on), .. } => {
                self.snapshot.targets.get(on).is_some_and(|target| target.thread.repo != here)
            }
            Command::Cancel(Some(job))
            | Command::Verify(Some(job))
            | Command::Retry { job: Some(job), .. }
            | Command::Tell { job: Some(job), .. }
            | Command::Budget { scope: Some(Scope::Job(job)), .. } => {
                self.numbered_job(*job).is_some_and(|known| known.record.job.spec.repo() != here)
            }
            other => answers_a_decision(other.verb()) && self.answers_elsewhere(named(other)),
        }
    }

    /// Whether an answer is to a question about work in another repository, as that of a routine in the
    /// report is. One that names none may be to any that is open here.
    fn answers_elsewhere(&self, named: Option<DecisionId>) -> bool {
        let facts = &self.snapshot.decisions;
        let here = self.asked.inbound.thread();
        let is_meant = |decision: &&Decision| match named {
            Some(id) => decision.id == id,
            None => decision.is_open() && decision.is_of(here),
        };
        let mut meant = facts.known.iter().map(|asked| &asked.decision).filter(is_meant);
        meant.any(|decision| {
            let job = facts.jobs.get(&decision.job);
            job.map_or(decision.thread.repo, KnownJob::repo_id) != here.repo
        })
    }

    fn ask_to_confirm(&mut self, line: &str) -> Answer {
        let Snapshot { now, zone, .. } = self.snapshot;
        self.changes.to_confirm.push(line.to_owned());
        Answer::Confirm {
            line: line.to_owned(),
            actor: self.asked.actor.login.clone(),
            edited: self.asked.inbound.delivered,
            until: said(now.after(CONFIRM_WITHIN), *now, zone),
        }
    }
}
