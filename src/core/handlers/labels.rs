//! priority and size: exclusive labels.

use super::change_set::ScheduledLabel;
use super::context::CommandContext;
use super::handler::Handler;
use super::snapshot::Needs;
use crate::core::command::value::{Date, Level, Size};
use crate::core::effect::{Condition, Effect, LabelScope, SetLabel};
use crate::core::model::time::said;
use crate::core::reply::Answer;

pub(super) fn priority<'a>(level: Option<Level>, until: Option<Date>) -> Handler<'a> {
    let needs = Needs { item: true, ..Needs::default() };
    Handler::new(needs, move |context| context.priority(level, until))
}

pub(super) fn size<'a>(size: Size) -> Handler<'a> {
    let needs = Needs { item: true, ..Needs::default() };
    Handler::new(needs, move |context| context.size(size))
}

impl CommandContext<'_> {
    fn priority(&mut self, level: Option<Level>, until: Option<Date>) -> Answer {
        let scope = LabelScope::Priority;
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let end = until.map(|date| date.begins(zone));
        if let (Some(end), Some(date)) = (end, until)
            && end <= now
        {
            return Answer::Past { date: date.to_string() };
        }
        let wanted = level.map(|level| level.to_string());
        let was = self.relabel(scope, wanted.clone());
        // A second term replaces the first; what was before both comes back.
        let still = Condition::Still(was.clone());
        let first = self.pending.take().filter(|back| back.condition == still);
        let former = first.map_or(was.clone(), |back| back.value);
        let condition = Condition::Still(wanted.clone());
        let back = SetLabel { scope, value: former.clone(), condition };
        self.pending = (end.is_some() && former != wanted).then_some(back);
        self.changes.later.push(ScheduledLabel { scope, due: end.zip(self.pending.clone()) });
        let until = end.map(|end| said(end, now, zone));
        Answer::Priority { now: wanted, was, former, until }
    }

    fn size(&mut self, size: Size) -> Answer {
        let wanted = size.to_string();
        let was = self.relabel(LabelScope::Size, Some(wanted.clone()));
        Answer::Size { now: wanted, was }
    }

    /// Wishes for a label; gives the value that the thread had.
    ///
    /// Also if that is the wanted one: a second label of the scope, put there by hand, goes.
    fn relabel(&mut self, scope: LabelScope, wanted: Option<String>) -> Option<String> {
        let condition = Condition::Always;
        self.push_effect(Effect::Label(SetLabel { scope, value: wanted.clone(), condition }));
        self.labels.insert(scope.name(), wanted).flatten()
    }
}
