//! The host on which guards run, as the engine knows it: what it is to run lies on the desk until a worker
//! of it comes.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::ask::{Answer, Ask};
use super::desk::{Desk, NotAsked};
use super::guard_ask::{GUARDS, GuardAsk, GuardsSaid, guard_session};
use super::reception::Reception;
use super::session::Reply;
use crate::agents::AgentTrouble;
use crate::chance::Chance;
use crate::core::guards::GuardResult;
use crate::core::model::confined::ConfinementResult;
use crate::core::model::fixture::FixtureResult;
use crate::gitea::Gitea;
use crate::guard_runs::{GuardCall, GuardHost, GuardOrder, GuardTrial, HostTrouble, TrialEnd};

/// How long it is from one question to the next: the worker itself waits much longer.
const PAUSE: Duration = Duration::from_millis(200);

/// How much longer than its parts may all of it take: what is run is checked out, and thrown away.
const GRACE: Duration = Duration::from_secs(15 * 60);

/// The most of a line that comes from another host, in characters.
const LONGEST_LINE: usize = 500;

pub(super) struct RemoteGuards {
    host: String,
    desk: Arc<Desk>,
    reception: Arc<Reception>,
    /// By which workers fetch what they run.
    forge: Gitea,
    /// Gives each run a name that no other has.
    chance: Chance,
}

/// A session that is over when nobody asks in it any more: then its worker ends what runs.
struct OpenSession<'a> {
    desk: &'a Desk,
    about: &'a str,
}

impl Drop for OpenSession<'_> {
    fn drop(&mut self) {
        self.desk.close(self.about);
    }
}

impl RemoteGuards {
    pub(super) fn new(
        host: String,
        desk: Arc<Desk>,
        reception: Arc<Reception>,
        forge: Gitea,
    ) -> Self {
        Self { host, desk, reception, forge, chance: Chance::default() }
    }

    /// Asks until it is over. What a worker began that is gone, the next one begins anew.
    async fn asked(&self, about: &str, ask: GuardAsk) -> Result<GuardsSaid, HostTrouble> {
        let _open = OpenSession { desk: &self.desk, about };
        let away = |why: &str| Err(HostTrouble::Away(why.to_owned()));
        loop {
            match self.desk.ask(GUARDS, about, Ask::Guards(ask.clone())).await {
                Ok(Ok(Reply { answer: Answer::Guards(GuardsSaid::UnderWay), .. })) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(Ok(Reply { answer: Answer::Guards(said), .. })) => return Ok(said),
                Ok(Ok(Reply { answer: Answer::Trouble(trouble), .. })) | Err(NotAsked(trouble)) => {
                    return away(&words(&trouble));
                }
                Ok(Ok(_)) => return away("its worker answers something else"),
                Ok(Err(_)) => return away("its worker went away in mid-run"),
            }
        }
    }

    /// The same, and it has to be over within `longest`.
    async fn asked_within(
        &self,
        longest: Duration,
        about: &str,
        ask: GuardAsk,
    ) -> Result<GuardsSaid, HostTrouble> {
        match tokio::time::timeout(longest + GRACE, self.asked(about, ask)).await {
            Ok(said) => said,
            Err(_) => Err(HostTrouble::NotNow("its worker does not come to an end".to_owned())),
        }
    }
}

impl GuardHost for RemoteGuards {
    fn name(&self) -> &str {
        &self.host
    }

    fn run<'a>(&'a self, order: &'a GuardOrder, from: &'a Url) -> GuardCall<'a, Vec<GuardResult>> {
        Box::pin(async move {
            let about = guard_session(&self.chance.word());
            let _lent = self.reception.lend(&about, from, &self.forge);
            let ask = GuardAsk::Run(Box::new(order.clone()));
            match self.asked_within(order.longest(), &about, ask).await? {
                GuardsSaid::Ran(results) => Ok(results),
                said => Err(unfit(said)),
            }
        })
    }

    fn try_out<'a>(&'a self, trial: &'a GuardTrial) -> GuardCall<'a, TrialEnd> {
        Box::pin(async move {
            let about = guard_session(&self.chance.word());
            let ask = GuardAsk::Try(Box::new(trial.clone()));
            match self.asked_within(trial.longest(), &about, ask).await? {
                GuardsSaid::Tried(end) => Ok(tamed(end)),
                said => Err(unfit(said)),
            }
        })
    }
}

/// What is said to another question, or that it cannot be done.
fn unfit(said: GuardsSaid) -> HostTrouble {
    match said {
        GuardsSaid::NotNow(why) => HostTrouble::NotNow(line(&why)),
        GuardsSaid::UnderWay | GuardsSaid::Ran(_) | GuardsSaid::Tried(_) => {
            HostTrouble::NotNow("its worker answers something else".to_owned())
        }
    }
}

fn words(trouble: &AgentTrouble) -> String {
    match trouble {
        AgentTrouble::HostAway(why) => line(why),
        trouble => line(&trouble.to_string()),
    }
}

/// Bounded: another host may say anything.
fn tamed(end: TrialEnd) -> TrialEnd {
    let TrialEnd { confined, fixtures } = end;
    let confined = confined.map(|confined| match confined {
        ConfinementResult::Works => ConfinementResult::Works,
        ConfinementResult::Fails { why, remedy } => {
            ConfinementResult::Fails { why: line(&why), remedy: line(&remedy) }
        }
    });
    let fixture = |result| match result {
        FixtureResult::Broken { why } => FixtureResult::Broken { why: line(&why) },
        FixtureResult::NotRun { why, remedy } => {
            FixtureResult::NotRun { why: line(&why), remedy: line(&remedy) }
        }
        other @ (FixtureResult::None | FixtureResult::Caught | FixtureResult::Missed) => other,
    };
    TrialEnd { confined, fixtures: fixtures.into_iter().map(fixture).collect() }
}

fn line(text: &str) -> String {
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    visible.take(LONGEST_LINE).collect()
}
