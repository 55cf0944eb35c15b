//! The commands hold, unhold and snooze.

use super::context::CommandContext;
use super::handler::Handler;
use super::snapshot::{Needs, Quotes};
use crate::core::command::Note;
use crate::core::command::value::When;
use crate::core::model::thread::{Hold, Snooze};
use crate::core::model::time::said;
use crate::core::reply::Answer;

pub(super) fn hold(reason: Option<&Note>) -> Handler<'_> {
    let needs = Needs { quotes: Quotes::Reason, ..Needs::default() };
    Handler::new(needs, move |context| context.hold(reason))
}

pub(super) fn unhold<'a>() -> Handler<'a> {
    Handler::new(Needs::default(), |context| context.unhold())
}

pub(super) fn snooze<'a>(when: When) -> Handler<'a> {
    Handler::new(Needs::default(), move |context| context.snooze(when))
}

impl CommandContext<'_> {
    fn hold(&mut self, reason: Option<&Note>) -> Answer {
        let was = self.state.hold.take();
        self.state.hold = Some(Hold {
            by: self.asked.actor.clone(),
            reason: reason.map(Note::to_string),
            since: was.as_ref().map_or(self.snapshot.now, |was| was.since),
        });
        Answer::Held {
            was_by: was.as_ref().map(|was| was.by.login.clone()),
            was_reason: was.and_then(|was| was.reason),
        }
    }

    /// Ends a hold, and a snooze: there is one way to wake a thread, whatever put it to sleep.
    fn unhold(&mut self) -> Answer {
        let hold = self.state.hold.take().is_some();
        let snooze = self.state.snoozed(self.snapshot.now).is_some();
        self.state.snooze = None;
        Answer::Unheld { hold, snooze }
    }

    fn snooze(&mut self, when: When) -> Answer {
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let until = when.moment(now, zone);
        if until <= now {
            return Answer::Past { date: when.to_string() };
        }
        self.state.snooze = Some(Snooze { by: self.asked.actor.clone(), until });
        Answer::Snoozed { until: said(until, now, zone) }
    }
}
