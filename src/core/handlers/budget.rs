//! budget: what may be spent today, by the owner's word.

use super::context::CommandContext;
use super::handler::Handler;
use super::snapshot::Needs;
use crate::core::command::value::{Amount, Date, Scope};
use crate::core::command::verb::Verb;
use crate::core::jobs::money::Ceiling;
use crate::core::model::time::said;
use crate::core::policy::controls::{ControlChange, DayBudget, DayScope};
use crate::core::reply::Answer;

pub(super) fn budget(amount: Option<Amount>, scope: Option<&Scope>) -> Handler<'_> {
    Handler::new(Needs::default(), move |context| {
        context.set_day_budget(amount, scope).unwrap_or_else(|answer| answer)
    })
}

impl CommandContext<'_> {
    fn set_day_budget(
        &mut self,
        amount: Option<Amount>,
        scope: Option<&Scope>,
    ) -> Result<Answer, Answer> {
        let not_yet = |what: &str| Err(Answer::NotYet { what: what.to_owned() });
        let (of, what) = match scope {
            Some(Scope::All) => (DayScope::All, "all".to_owned()),
            Some(Scope::Agent(name)) => {
                let name = self.agent_called(name.as_str(), Verb::Budget)?.name.clone();
                (DayScope::Agent(name.clone()), name)
            }
            Some(Scope::Issue | Scope::Repo(_)) | None => {
                return not_yet("`budget` of an issue or a repository");
            }
        };
        let Some(amount) = amount else { return not_yet("`budget` without an amount") };
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let tomorrow = now.zoned(zone).date().tomorrow();
        let until = tomorrow.map_or(now, |day| Date(day).begins(zone));
        let (until_said, by) = (said(until, now, zone), self.asked.actor.clone());
        self.apply_control(ControlChange::SetDayBudget(DayBudget { of, amount, by, until }));
        let amount = Ceiling::default().set(amount).said().unwrap_or_default();
        Ok(Answer::DayBudget { what, amount, until: until_said })
    }
}
