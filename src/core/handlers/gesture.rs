//! Gestures: what people do in the forge's own pages that means the same as a command.
//!
//! Who is given work is answered as `assign` is, by the comment that shows the job from then on. What
//! ends work shows on that comment alone. A refusal begins with what was done, since nobody wrote
//! anything that it could be read behind.

use super::change_set::{AuditLine, ChangeSet, comment, says};
use super::context::{CommandContext, CommandRequest};
use super::jobs::{self, AgentChoice, AgentOrder, JobQuery, KnownJob, REVIEWER};
use super::snapshot::{Needs, Snapshot};
use crate::core::command::Args;
use crate::core::command::verb::Verb;
use crate::core::effect::defuse;
use crate::core::jobs::{CancelReason, JobEvent};
use crate::core::model::account::Account;
use crate::core::model::gesture::Gesture;
use crate::core::reply::{Answer, Answered, JobAnswer, Reply};

/// What has to be known to act on a gesture.
pub fn needs_of_gesture(gesture: &Gesture) -> Needs {
    match gesture {
        Gesture::Assigned { account } => jobs::needs(&order(account, None)),
        Gesture::ReviewAsked { account } => jobs::needs(&order(account, Some(REVIEWER))),
        Gesture::Unassigned { .. } | Gesture::ReviewUnasked { .. } | Gesture::Closed => {
            Needs { jobs: JobQuery { latest: true, ..JobQuery::default() }, ..Needs::default() }
        }
    }
}

/// Does what a gesture means.
pub fn handle_gesture(
    asked: CommandRequest<'_>,
    gesture: &Gesture,
    snapshot: &Snapshot,
) -> ChangeSet {
    let mut context = CommandContext::new(asked, snapshot);
    let answer = match asked.right {
        Some(_) => context.gesture(gesture),
        None => context.refuse_a_stranger(gesture),
    };
    match answer {
        Some(answer) => context.close(gesture, answer),
        None => context.changes,
    }
}

fn order<'a>(account: &'a Account, role: Option<&'a str>) -> AgentOrder<'a> {
    AgentOrder { who: AgentChoice::OfAccount(&account.login), on: None, role, budget: None }
}

impl CommandContext<'_> {
    /// None if there is nothing to do: it is so already.
    fn gesture(&mut self, gesture: &Gesture) -> Option<Answer> {
        match gesture {
            Gesture::Assigned { account } => self.given(account, None),
            Gesture::ReviewAsked { account } => self.given(account, Some(REVIEWER)),
            Gesture::Unassigned { account } => self.taken_off(account, false),
            Gesture::ReviewUnasked { account } => self.taken_off(account, true),
            Gesture::Closed => self.pull_closed(),
        }
    }

    fn given(&mut self, account: &Account, role: Option<&str>) -> Option<Answer> {
        let is_known = self.snapshot.agents.iter().any(|agent| account.is(&agent.account));
        // Whoever reads it as an order to the agent that is at work already is right.
        if !is_known || self.works_here(account, role.is_some()).is_some() {
            return None;
        }
        Some(self.refuse(Verb::Assign).unwrap_or_else(|| self.order(&order(account, role))))
    }

    fn taken_off(&mut self, account: &Account, is_review: bool) -> Option<Answer> {
        let known = self.works_here(account, is_review)?;
        let reason = CancelReason::TakenOff(self.asked.actor.login.clone());
        Some(self.refuse(Verb::Cancel).unwrap_or_else(|| self.cancel_since(known, reason)))
    }

    /// The job here of the agent with this account that has not ended.
    fn works_here(&self, account: &Account, is_review: bool) -> Option<KnownJob> {
        let here = self.asked.inbound.thread();
        let known = if is_review { self.latest_review(here) } else { self.latest_job(here) };
        known.filter(|known| self.is_job_of(known, Some(&account.login)))
    }

    /// Nobody wants what a job brought.
    fn pull_closed(&mut self) -> Option<Answer> {
        let known = self.latest_job(self.asked.inbound.thread())?;
        let brought = known.given() != Some(self.asked.inbound.thread());
        if !brought || known.record.job.state.kind().is_end() {
            return None;
        }
        let (by, pull) = (self.asked.actor.login.clone(), self.asked.inbound.number);
        let unwanted = JobEvent::Cancel(CancelReason::PullClosed { by, pull });
        let after = self.happen(&known.record, unwanted).ok()?;
        let mut stopped = known;
        stopped.record.job = after;
        Some(Answer::from(JobAnswer::Cancelled { view: Box::new(self.job_view(&stopped)) }))
    }

    fn refuse_a_stranger(&mut self, gesture: &Gesture) -> Option<Answer> {
        // Whoever may close it may; and what they take off or close is no work for anybody.
        if !matches!(gesture, Gesture::Assigned { .. } | Gesture::ReviewAsked { .. }) {
            return None;
        }
        self.changes.refused_stranger = true;
        let owner = self.snapshot.people.owner.login().to_owned();
        Some(Answer::Stranger { unproved: true, owner })
    }

    fn close(mut self, gesture: &Gesture, answer: Answer) -> ChangeSet {
        let (asked, name) = (self.asked, &self.snapshot.own);
        self.changes.records.push(AuditLine {
            line: done(gesture),
            verb: None,
            args: Args::default(),
            outcome: answer.outcome(),
            answer: answer.sentence(name),
            needs: None,
        });
        let of_job = match &answer {
            Answer::Job { job } => Some(job.as_ref()),
            _ => None,
        };
        let begins = matches!(of_job, Some(JobAnswer::Given { .. }));
        // Its card says so.
        if let Some(
            JobAnswer::Cancelled { .. }
            | JobAnswer::AlreadyStopping { .. }
            | JobAnswer::Over { .. },
        ) = of_job
        {
            return self.changes;
        }
        let answers = vec![Answered { said: String::new(), answer, needs: None }];
        let reply = Reply { name: name.clone(), answers };
        self.changes.is_card = begins;
        self.changes.effects.push(match begins {
            true => comment(asked.inbound, asked.key, &reply),
            false => says(asked.inbound, asked.key, reply.body_behind(&told(gesture), asked.key)),
        });
        self.changes
    }
}

/// A gesture as the past of a thread tells it.
fn done(gesture: &Gesture) -> String {
    match gesture {
        Gesture::Assigned { account } => format!("assigned {}", account.login),
        Gesture::Unassigned { account } => format!("took {} off", account.login),
        Gesture::ReviewAsked { account } => format!("asked {} for a review", account.login),
        Gesture::ReviewUnasked { account } => {
            format!("asked {} for a review no longer", account.login)
        }
        Gesture::Closed => "closed it".to_owned(),
    }
}

/// A gesture as it is told to whoever made it.
fn told(gesture: &Gesture) -> String {
    let named = |account: &Account| defuse::code(&account.login);
    match gesture {
        Gesture::Assigned { account } => format!("You assigned {}", named(account)),
        Gesture::Unassigned { account } => format!("You took {} off", named(account)),
        Gesture::ReviewAsked { account } => format!("You asked {} for a review", named(account)),
        Gesture::ReviewUnasked { account } => {
            format!("You asked {} for a review no longer", named(account))
        }
        Gesture::Closed => "You closed this".to_owned(),
    }
}
