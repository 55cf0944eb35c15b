//! help and ping: what can be said, and whether anybody listens.

use super::context::CommandContext;
use super::handler::Handler;
use super::snapshot::Needs;
use crate::core::command::verb::Verb;
use crate::core::reply::{Answer, HelpVerb};

pub(super) fn help<'a>(verb: Option<Verb>) -> Handler<'a> {
    Handler::new(Needs::default(), move |context| context.help(verb))
}

pub(super) fn ping<'a>() -> Handler<'a> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Handler::new(Needs::default(), |_| Answer::Pong { version })
}

impl CommandContext<'_> {
    fn help(&self, verb: Option<Verb>) -> Answer {
        match verb {
            Some(verb) => Answer::HelpVerb { help: self.help_for(verb) },
            None => Answer::Help { verbs: Verb::all().map(|verb| self.help_for(verb)).collect() },
        }
    }

    fn help_for(&self, verb: Verb) -> HelpVerb {
        let guards = self.guards().filter(|_| verb == Verb::Override).map(str::to_owned);
        HelpVerb { verb, may: self.asked.right >= Some(verb.right()), guards: guards.collect() }
    }
}
