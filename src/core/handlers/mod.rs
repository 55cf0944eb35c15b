//! Command × snapshot -> answers and effects. Pure: the same facts give the same decision.
//!
//! [`response_to`] says whether a text is answered at all, [`needs`] what has to be known for it,
//! [`handle`] what is said and done. One file per family of commands.

mod agents;
mod assign;
mod backlog;
mod controls;
mod dependencies;
mod hold;
mod issue_view;
mod labels;
mod snapshot;
mod status;

use std::collections::HashMap;
use std::time::Duration;

pub use agents::report_begins;
pub use backlog::{BacklogFacts, BacklogQuery, IssueCase};
pub use snapshot::{DelegateAccount, Needs, OtherThread, Snapshot, needs};

use super::command::grammar::{CommandText, ErrorKind, LineError, Reading};
use super::command::value::{Login, Who};
use super::command::verb::{Right, Verb};
use super::command::{Args, Command};
use super::effect::{Comment, Effect, Keyed, LabelScope, React, Reaction, SetLabel};
use super::model::account::Account;
use super::model::dependency::VisibleBlocker;
use super::model::repository::Repo;
use super::model::text::{InboundText, TextEvent};
use super::model::thread::ThreadState;
use super::model::time::{Timestamp, said};
use super::policy::authority::Proof;
use super::policy::authorship::Authorship;
use super::policy::controls::{ControlChange, Controls};
use super::reply::{Answer, Answered, Reply};

/// What a text calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Response {
    /// Nothing.
    Silence,
    /// A puzzled look: somebody talked to timmy, and said no command.
    Wonder,
    /// An answer.
    Answer,
}

/// What a text calls for, said by somebody with this right.
///
/// A stranger's commands are refused once per thread and day; their talk and slips get silence.
pub fn response_to(right: Option<Right>, reading: &Reading, refused_today: bool) -> Response {
    let commands = !reading.commands.is_empty();
    let slips = reading.errors.iter().any(|error| error.kind != ErrorKind::Talk);
    match right {
        None if !commands || refused_today => Response::Silence,
        None => Response::Answer,
        Some(_) if commands || slips => Response::Answer,
        Some(_) if !reading.errors.is_empty() => Response::Wonder,
        Some(_) => Response::Silence,
    }
}

/// The right that all commands of a text together take; to be heard at all takes a reader's.
pub fn needed_right(reading: &Reading) -> Right {
    let rights = reading.commands.iter().map(|line| line.command.verb().right());
    rights.max().unwrap_or(Right::Reader)
}

/// What is to be said, done and remembered.
#[derive(Debug, Clone, Default)]
pub struct HandlerOutput {
    /// What to do, in order; the reply comes last.
    pub effects: Vec<Keyed>,
    /// The thread's new state, if it changed.
    pub state: Option<ThreadState>,
    /// What to do later in this thread.
    pub later: Vec<ScheduledLabel>,
    /// What changes of the fleet, in order.
    pub fleet: Vec<ControlChange>,
    /// Repositories to remember, so that what was said of them can be told.
    pub repos: Vec<Repo>,
    /// One record per line, for the audit.
    pub records: Vec<AuditLine>,
    /// Whether a stranger was refused.
    pub refused_stranger: bool,
    /// The lines that the reply asks the actor to confirm, as written.
    pub to_confirm: Vec<String>,
}

/// How long a confirmation that was asked for is waited for.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// A label that changes back later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledLabel {
    /// What it is about: a thread has one of each. `due: None` takes it back.
    pub scope: LabelScope,
    /// When, and what then.
    pub due: Option<(Timestamp, SetLabel)>,
}

/// What came of one line, for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// The line, as written.
    pub line: String,
    /// Its verb, if it is a command.
    pub verb: Option<Verb>,
    /// Its arguments.
    pub args: Args,
    /// What came of it, as a stable code.
    pub outcome: &'static str,
    /// What was said to it.
    pub answer: String,
    /// The key of the effect that has to come about for that to be true.
    pub needs: Option<String>,
}

impl HandlerOutput {
    /// A reaction to the text, and nothing else.
    pub fn reaction(heard: &InboundText, reaction: Reaction) -> Self {
        let key = format!("{}.{reaction:?}", heard.subject.key()).to_lowercase();
        let effect = Effect::React(React { subject: heard.subject, reaction });
        let effects = vec![Keyed { key, thread: heard.thread(), effect }];
        Self { effects, ..Self::default() }
    }
}

/// One answer to all that a text says, whatever it says: asked to repeat lines that nobody can
/// vouch for, or told that the forge refuses what an answer takes.
pub fn single_answer(
    own: &str,
    heard: &InboundText,
    key: &str,
    reading: &Reading,
    answer: Answer,
) -> HandlerOutput {
    let said = reading.commands.first().map_or("", |line| line.text.as_str()).to_owned();
    let answers = vec![Answered { said, answer, needs: None }];
    let reply = Reply { name: own.to_owned(), answers };
    let effects = vec![comment(heard, key, &reply)];
    HandlerOutput { effects, ..HandlerOutput::default() }
}

/// The comment that answers a text.
fn comment(heard: &InboundText, key: &str, reply: &Reply) -> Keyed {
    let effect = Effect::Comment(Comment { body: reply.body(key), since: heard.updated_at });
    Keyed { key: key.to_owned(), thread: heard.thread(), effect }
}

/// A text that calls for an answer, and what is known of whoever said it.
#[derive(Debug, Clone, Copy)]
pub struct CommandRequest<'a> {
    /// The text.
    pub heard: &'a InboundText,
    /// What its effects are called after.
    pub key: &'a str,
    /// Who said it.
    pub actor: &'a Account,
    /// The right of the actor; none for a stranger.
    pub right: Option<Right>,
    /// How sure it is that the actor said it.
    pub authorship: Authorship,
}

/// Answers a text that calls for an answer.
pub fn handle(asked: CommandRequest<'_>, reading: &Reading, snapshot: &Snapshot) -> HandlerOutput {
    let mut desk = CommandContext::new(asked, snapshot);
    if asked.right.is_none() {
        desk.refuse_stranger(reading);
    } else {
        for line in reading.in_order() {
            match line {
                Ok(line) => desk.take(line),
                Err(error) => desk.explain(error),
            }
        }
    }
    desk.close()
}

/// Whether this build acts on a verb; of the others it only knows what they will mean.
fn is_built(verb: Verb) -> bool {
    use Verb::{
        Answer, Approve, Budget, Cancel, Crew, Dead, Override, Reject, Retry, Revise, Verify,
    };
    !matches!(
        verb,
        Cancel
            | Retry
            | Dead
            | Verify
            | Crew
            | Approve
            | Reject
            | Revise
            | Answer
            | Budget
            | Override
    )
}

/// Where the lines of one text are dealt with, one after the other: each sees what those before
/// it have changed.
struct CommandContext<'a> {
    heard: &'a InboundText,
    key: &'a str,
    right: Option<Right>,
    actor: &'a Account,
    authorship: Authorship,
    snapshot: &'a Snapshot,
    state: ThreadState,
    labels: HashMap<&'static str, Option<String>>,
    assignees: Vec<String>,
    /// What this thread waits for; none if it was not needed, or the forge keeps no such thing.
    blockers: Option<Vec<VisibleBlocker>>,
    fleet: Controls,
    pending: Option<SetLabel>,
    answers: Vec<Answered>,
    decision: HandlerOutput,
}

impl<'a> CommandContext<'a> {
    fn new(asked: CommandRequest<'a>, snapshot: &'a Snapshot) -> Self {
        let CommandRequest { heard, key, actor, right, authorship } = asked;
        let item = snapshot.item.as_ref();
        let labels = [LabelScope::Priority, LabelScope::Size].map(|scope| {
            let names = item.into_iter().flat_map(|i| &i.labels).map(|l| l.name.as_str());
            (scope.name(), scope.value_among(names).map(str::to_owned))
        });
        Self {
            heard,
            key,
            right,
            actor,
            authorship,
            snapshot,
            state: snapshot.state.clone(),
            labels: HashMap::from(labels),
            assignees: item
                .into_iter()
                .flat_map(|i| &i.assignees)
                .map(|a| a.login.clone())
                .collect(),
            blockers: snapshot.blockers.clone(),
            fleet: snapshot.fleet.clone(),
            pending: snapshot.pending.clone(),
            answers: Vec::new(),
            decision: HandlerOutput::default(),
        }
    }

    /// One refusal for all that a stranger asked.
    fn refuse_stranger(&mut self, reading: &Reading) {
        self.decision.refused_stranger = true;
        let owner = self.snapshot.people.owner.login().to_owned();
        let unproved = self.heard.permissions.is_none();
        if let Some(line) = reading.commands.first() {
            let answer = Answer::Stranger { unproved, owner };
            self.say(&line.text, Some(&line.command), answer, None);
        }
    }

    fn take(&mut self, line: &CommandText) {
        let before = self.decision.effects.len();
        let answer = match self.refuse(line.command.verb()) {
            Some(refusal) => refusal,
            None if self.is_doubtful(line.command.verb()) => self.ask_to_confirm(&line.text),
            None => self.run_command(&line.command),
        };
        let needs = self.decision.effects.get(before).map(|keyed| keyed.key.clone());
        self.say(&line.text, Some(&line.command), answer, needs);
    }

    /// Talk beside commands is left alone.
    fn explain(&mut self, error: &LineError) {
        if error.kind != ErrorKind::Talk {
            let (problem, instead) = (error.problem.clone(), error.corrected.clone());
            self.say(&error.text, None, Answer::Malformed { problem, instead }, None);
        }
    }

    /// Why this command is not to be obeyed here, or not to this actor.
    fn refuse(&self, verb: Verb) -> Option<Answer> {
        if self.heard.act != TextEvent::Created && verb.gives_consent() {
            return Some(Answer::NotHere { verb });
        }
        if self.right < Some(verb.right()) {
            return Some(Answer::Refused {
                verb,
                need: self.snapshot.people.need(verb.right()),
                owner: self.snapshot.people.owner.login().to_owned(),
                unproved: self.lacks_only_proof(verb.right()),
            });
        }
        None
    }

    /// Whether somebody who may do less could have put this into the actor's mouth.
    fn is_doubtful(&self, verb: Verb) -> bool {
        self.authorship == Authorship::AnyWriter
            && is_built(verb)
            && verb.right() > self.snapshot.people.right_of_writers()
    }

    fn ask_to_confirm(&mut self, line: &str) -> Answer {
        let Snapshot { now, zone, .. } = self.snapshot;
        self.decision.to_confirm.push(line.to_owned());
        Answer::Confirm {
            line: line.to_owned(),
            actor: self.actor.login.clone(),
            edited: self.heard.delivered,
            until: said(now.after(CONFIRM_WITHIN), *now, zone),
        }
    }

    fn run_command(&mut self, command: &Command) -> Answer {
        match command {
            Command::Help(verb) => self.help(*verb),
            Command::Ping => self.ping(),
            Command::Status(target) => self.status(target.as_ref()),
            Command::Why(target) => self.why(target.as_ref()),
            Command::Hold(reason) => self.hold(reason.as_ref()),
            Command::Unhold => self.unhold(),
            Command::Snooze(when) => self.snooze(*when),
            Command::Priority { level, until } => self.priority(level.0, *until),
            Command::Size(size) => self.size(*size),
            Command::Assign { who: Who::Account(user), role, budget } => {
                self.assign(user.as_str(), role.is_some() || budget.is_some())
            }
            Command::Assign { .. } => assign::to_an_agent(),
            Command::Unassign(user) => self.unassign(user.as_ref().map(Login::as_str)),
            Command::Block(issue) => self.block(issue),
            Command::Unblock(issue) => self.unblock(issue),
            Command::Delegate { user, until } => self.delegate(user.as_str(), *until),
            Command::Undelegate(user) => self.undelegate(user.as_str()),
            Command::Pause(part) => self.pause(part),
            Command::Resume(part) => self.resume(part),
            Command::Agents => self.agents(),
            Command::Queue { n, repo } => self.queue(*n, repo.as_ref()),
            Command::Plan(agent) => self.plan(agent.as_ref()),
            Command::Report { since } => self.report(*since),
            other => Answer::NotYet { what: format!("`{}`", other.verb()) },
        }
    }

    /// Whether the forge did not say what the actor may do here, and writers have this right.
    fn lacks_only_proof(&self, right: Right) -> bool {
        let writer = Proof { writes: true, belongs: true, ..Proof::default() };
        self.heard.permissions.is_none()
            && self.snapshot.people.right_of(self.actor, writer, &self.fleet.delegations)
                >= Some(right)
    }

    /// Changes the fleet, for the lines that follow as well.
    fn apply_control(&mut self, change: ControlChange) {
        self.fleet.apply(change.clone());
        self.decision.fleet.push(change);
    }

    /// Adds an effect; the answer to the present line is true only if it comes about.
    fn push_effect(&mut self, effect: Effect) {
        let nth = self.decision.effects.len() + 1;
        let key = format!("{}.{nth}", self.key);
        self.decision.effects.push(Keyed { key, thread: self.heard.thread(), effect });
    }

    fn say(
        &mut self,
        said: &str,
        command: Option<&Command>,
        answer: Answer,
        needs: Option<String>,
    ) {
        self.decision.records.push(AuditLine {
            line: said.to_owned(),
            verb: command.map(Command::verb),
            args: command.map(Command::args).unwrap_or_default(),
            outcome: answer.outcome(),
            answer: answer.sentence(&self.snapshot.own),
            needs: needs.clone(),
        });
        self.answers.push(Answered { said: said.to_owned(), answer, needs });
    }

    fn close(mut self) -> HandlerOutput {
        if self.state != self.snapshot.state {
            self.decision.state = Some(self.state);
        }
        if !self.answers.is_empty() {
            let reply = Reply { name: self.snapshot.own.clone(), answers: self.answers };
            self.decision.effects.push(comment(self.heard, self.key, &reply));
        }
        self.decision
    }
}
