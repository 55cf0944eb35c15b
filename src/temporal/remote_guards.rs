//! The host on which guards run, as the engine knows it: what it is to run lies on the desk until a worker
//! of it comes.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::ask::{Answer, Ask};
use super::desk::{Desk, NotAsked};
use super::guard_ask::{GuardAsk, GuardsSaid, guard_session, guards_of};
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

/// How often a run may lose its worker, and how long that has to come again.
const MOST_LOST: u32 = 2;
const COMES_AGAIN: Duration = Duration::from_secs(10);

/// How much longer than its parts may all of it take: what is run is checked out, and thrown away.
const GRACE: Duration = Duration::from_secs(15 * 60);

/// The most of a line that comes from another host, in characters.
const LONGEST_LINE: usize = 500;

pub(super) struct RemoteGuards {
    host: String,
    /// Who is asked there.
    guards: String,
    desk: Arc<Desk>,
    reception: Arc<Reception>,
    /// By which workers fetch what they run.
    forge: Gitea,
    /// Gives each run a name that no other has.
    chance: Chance,
    comes_again: Duration,
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
        let (guards, chance) = (guards_of(&host), Chance::default());
        Self { host, guards, desk, reception, forge, chance, comes_again: COMES_AGAIN }
    }

    /// Asks until it is over. A worker whose line broke goes on with what it runs; what one began that is
    /// gone, the next one begins anew. Of one that is lost each time nothing comes: that may be for what
    /// it runs.
    async fn asked(&self, about: &str, ask: GuardAsk) -> Result<GuardsSaid, HostTrouble> {
        let _open = OpenSession { desk: &self.desk, about };
        let away = |why: &str| Err(HostTrouble::Away(why.to_owned()));
        let mut lost = 0;
        loop {
            match self.desk.ask(&self.guards, about, Ask::Guards(ask.clone())).await {
                Ok(Ok(Reply { answer: Answer::Guards(GuardsSaid::UnderWay), .. })) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(Ok(Reply { answer: Answer::Guards(said), .. })) => return Ok(said),
                Ok(Ok(Reply { answer: Answer::Trouble(trouble), .. })) | Err(NotAsked(trouble)) => {
                    return away(&words(&trouble));
                }
                Ok(Ok(_)) => return away("its worker answers something else"),
                Ok(Err(_)) => {
                    lost += 1;
                    if lost >= MOST_LOST {
                        let why = "its worker was lost in mid-run, again and again";
                        return Err(HostTrouble::NotNow(why.to_owned()));
                    }
                    // One whose line broke comes with the same ticket.
                    tokio::time::sleep(self.comes_again).await;
                }
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
    let fixture = |result: FixtureResult| match result {
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::mpsc;
    use tokio::task::JoinHandle;

    use crate::clock::SystemClock;
    use crate::config::Secret;
    use crate::core::guards::GuardName;
    use crate::core::script_guard::ScriptFacts;
    use crate::gitea::{ClientOptions, Token};
    use crate::guard_runs::{ChangeToRun, GuardPlan, GuardSandbox};
    use crate::temporal::ask::Turn;
    use crate::temporal::desk::Calls;
    use crate::temporal::guard_ask::is_of_guards;
    use crate::temporal::remote_guards::*;
    use crate::temporal::starts::Starts;
    use crate::temporal::starts::in_memory::StartsInMemory;
    use crate::temporal::ticket::Ticket;

    /// Tells of the tickets with which workers are called.
    struct Called(mpsc::UnboundedSender<Ticket>);

    impl Calls for Called {
        fn call(&self, _: &str, ticket: &Ticket, _: String) -> Result<(), AgentTrouble> {
            self.0.send(ticket.clone()).unwrap();
            Ok(())
        }
    }

    type Running = JoinHandle<Result<Vec<GuardResult>, HostTrouble>>;

    struct Asked {
        desk: Arc<Desk>,
        reception: Arc<Reception>,
        running: Running,
        ticket: Ticket,
    }

    fn order() -> GuardOrder {
        let commit = |letter: &str| letter.repeat(40);
        let facts = ScriptFacts {
            repository: "foundation/door".to_owned(),
            pull: 7,
            issue: Some(1),
            target: "main".to_owned(),
            base: commit("a"),
            head: commit("b"),
            author: None,
            files: Vec::new(),
        };
        let (base, head) = (commit("a").parse().unwrap(), commit("b").parse().unwrap());
        let change = ChangeToRun { base, head, facts };
        let sandbox = GuardSandbox::Bwrap { mounts: Vec::new() };
        GuardOrder { plan: GuardPlan::default(), change, sandbox }
    }

    /// A run for which a worker was called.
    async fn asked() -> Asked {
        let url = "http://127.0.0.1:1/".parse().unwrap();
        let forge = Gitea::new(ClientOptions::new(url, Token::new("a-token").unwrap())).unwrap();
        let folder = std::env::temp_dir().join("nothing-is-brought");
        let reception = Arc::new(Reception::new(folder));
        let (calls, mut called) = mpsc::unbounded_channel();
        let count = AtomicUsize::new(0);
        let fresh = Box::new(move || format!("s{}", count.fetch_add(1, Ordering::SeqCst)));
        let secret = Secret::new("a-token").unwrap();
        let ends: (Box<dyn Calls>, Box<dyn Starts>) =
            (Box::new(Called(calls)), Box::new(StartsInMemory::default()));
        let desk = Desk::new(&secret, Arc::new(SystemClock), ends, fresh);
        let desk = Arc::new(desk);
        let host = "vps-2".to_owned();
        let mut guards = RemoteGuards::new(host, desk.clone(), reception.clone(), forge);
        guards.comes_again = Duration::from_millis(10);
        let running = tokio::spawn(async move {
            let from = "http://127.0.0.1:1/foundation/door.git".parse().unwrap();
            guards.run(&order(), &from).await
        });
        let ticket = called.recv().await.unwrap();
        Asked { desk, reception, running, ticket }
    }

    fn turn(answers: Vec<(u64, Answer)>) -> Turn {
        Turn { worker: "one".to_owned(), answers, is_busy: false }
    }

    #[tokio::test]
    async fn it_is_asked_until_it_is_over_and_then_nothing_may_be_fetched_any_more() {
        let Asked { desk, reception, running, ticket } = asked().await;
        assert!(is_of_guards(&ticket) && ticket.attempt().is_none());
        let lent = reception.lent(&ticket.session).unwrap();
        assert!(lent.url.ends_with("/foundation/door.git"));
        let result = GuardResult::passed(GuardName::FailToPass, "it ran");
        let mut answers = Vec::new();
        for said in [GuardsSaid::UnderWay, GuardsSaid::Ran(vec![result.clone()])] {
            let asked = desk.turn(&ticket, turn(answers)).await.unwrap();
            let [(number, ask)] = &asked.asks[..] else { panic!("{asked:?}") };
            assert_eq!(*ask, Ask::Guards(GuardAsk::Run(Box::new(order()))));
            answers = vec![(*number, Answer::Guards(said))];
        }
        let (at, with) = (desk.clone(), ticket.clone());
        let last = tokio::spawn(async move { at.turn(&with, turn(answers)).await });
        assert_eq!(running.await.unwrap(), Ok(vec![result]));
        assert!(last.await.unwrap().unwrap().is_over);
        assert!(desk.is_over(&ticket) && reception.lent(&ticket.session).is_none());
    }

    #[tokio::test]
    async fn a_worker_that_ends_in_mid_run_says_nothing_of_the_change() {
        let Asked { desk, reception, running, ticket } = asked().await;
        let asked = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
        let stopped = AgentTrouble::HostAway("its worker was told\nto stop".to_owned());
        let answers = vec![(asked.asks[0].0, Answer::Trouble(stopped))];
        let (at, with) = (desk.clone(), ticket.clone());
        let last = tokio::spawn(async move { at.turn(&with, turn(answers)).await });
        let away = HostTrouble::Away("its worker was told to stop".to_owned());
        assert_eq!(running.await.unwrap(), Err(away));
        assert!(last.await.unwrap().unwrap().is_over);
        assert!(reception.lent(&ticket.session).is_none());
    }

    #[tokio::test]
    async fn a_worker_whose_line_broke_goes_on_and_one_that_is_lost_again_is_not_asked_for_ever() {
        let Asked { desk, running, ticket, .. } = asked().await;
        let first = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
        // What it fetched was lost on the way: it comes with the same ticket, and is asked the same.
        let again = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
        let ([(one, ask)], [(other, same)]) = (&first.asks[..], &again.asks[..]) else {
            panic!("{first:?}, {again:?}")
        };
        assert!(one != other && ask == same, "{first:?}, {again:?}");
        assert!(!running.is_finished());
        let last = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
        assert!(last.is_over && last.asks.is_empty(), "{last:?}");
        // That counts, unlike that nobody is there.
        let end = running.await.unwrap();
        assert!(matches!(end, Err(HostTrouble::NotNow(_))), "{end:?}");
    }

    #[tokio::test]
    async fn who_waits_no_more_has_it_ended_there() {
        let Asked { desk, reception, running, ticket } = asked().await;
        let asked = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
        assert_eq!(asked.asks.len(), 1, "{asked:?}");
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        assert!(desk.is_over(&ticket) && reception.lent(&ticket.session).is_none());
    }
}
