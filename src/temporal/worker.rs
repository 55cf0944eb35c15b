//! What a worker does: on a call it goes to timmy with the ticket that came with it, and has its agent
//! answer what is asked there, until that is over.

#![allow(
    unreachable_pub,
    clippy::module_inception,
    reason = "the macros of activities make modules, and what is public in them"
)]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use temporalio_macros::activities;
use temporalio_sdk::ApplicationFailure;
use temporalio_sdk::activities::{ActivityContext, ActivityError};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::ask::{Answer, Ask, Asked, Turn};
use super::errand::{ErrandError, Errands};
use super::guard_ask::{GuardAsk, guards_of};
use super::guard_session::GuardSession;
use super::message::ServeOrder;
use super::ticket::agent_of;
use crate::agents::{Agent, AgentTrouble, Sighting, Started};
use crate::guard_runs::GuardPlace;

/// How often the server hears that a session goes on.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(20);

/// How long it is from one try to reach timmy to the next.
const AGAIN: Duration = Duration::from_secs(2);

/// The agents of one host, and what runs guards there.
#[derive(Clone)]
pub struct Hands {
    /// What this worker is called.
    name: String,
    agents: BTreeMap<String, Arc<dyn Agent>>,
    /// As whom they are asked for, and where they run.
    guards: Option<(String, GuardPlace)>,
    errands: Arc<Errands>,
    /// Where agents work: what runs here stands still while they do.
    main: Handle,
    /// Nothing new is begun.
    stopping: CancellationToken,
}

impl Hands {
    pub(super) fn new(
        name: String,
        agents: BTreeMap<String, Arc<dyn Agent>>,
        errands: Arc<Errands>,
        main: Handle,
        stopping: CancellationToken,
    ) -> Self {
        Self { name, agents, guards: None, errands, main, stopping }
    }

    /// The same, which run guards there, as the host of this name.
    pub(super) fn with_guards(self, guards: Option<(String, GuardPlace)>) -> Self {
        let guards = guards.map(|(host, place)| (guards_of(&host), place));
        Self { guards, ..self }
    }

    /// Who answers with this ticket for `agent`; none if nobody here does.
    fn served(&self, agent: &str, ticket: &str) -> Option<Served> {
        match &self.guards {
            Some((name, place)) if name == agent => {
                let (errands, main) = (self.errands.clone(), self.main.clone());
                let session = GuardSession::new(place.clone(), errands, main, ticket.to_owned());
                Some(Served::Guards(Box::new(session)))
            }
            _ => self.agents.get(agent).cloned().map(Served::Agent),
        }
    }

    fn turn(&self, answers: Vec<(u64, Answer)>) -> Turn {
        Turn { worker: self.name.clone(), answers, is_busy: false }
    }

    /// Answers what is asked with this ticket, until that is over.
    async fn session(&self, ticket: &str, served: &Served) -> Result<(), ErrandError> {
        let (mut turn, mut works, mut is_away) = (self.turn(Vec::new()), false, false);
        loop {
            let asked = tokio::select! {
                asked = self.errands.turn(ticket, &turn) => asked,
                // An attempt is followed to its end, as long as there is time.
                () = self.stopping.cancelled(), if !works && turn.answers.is_empty() => {
                    return Ok(());
                }
            };
            match asked {
                Ok(Asked { is_over: true, .. }) => return Ok(()),
                Ok(Asked { asks, .. }) => {
                    // Only now it is known to be a good one: whoever writes to Temporal makes others.
                    self.errands.tickets().hold(ticket);
                    if is_away {
                        tracing::info!("timmy is there again");
                    }
                    is_away = false;
                    turn = self.turn(match asks.is_empty() {
                        true => Vec::new(),
                        false => tokio::select! {
                            answers = self.answers(served, asks) => answers,
                            never = self.show_itself(ticket) => match never {},
                        },
                    });
                    works = turn
                        .answers
                        .iter()
                        .fold(works, |works, (_, answer)| works_after(answer).unwrap_or(works));
                }
                Err(ErrandError::Away(why)) => {
                    if !is_away {
                        tracing::warn!(why, "timmy is away: it is tried again and again");
                    }
                    is_away = true;
                    tokio::time::sleep(AGAIN).await;
                }
                Err(slow @ ErrandError::TooSlow(_)) => {
                    // It would not come the next time, either: who asked finds out without it.
                    tracing::warn!(%slow, "what an agent answered is not brought");
                    turn = self.turn(Vec::new());
                    tokio::time::sleep(AGAIN).await;
                }
                Err(refused) => return Err(refused),
            }
        }
    }

    /// What `served` answers, one after the other.
    async fn answers(&self, served: &Served, asks: Vec<(u64, Ask)>) -> Vec<(u64, Answer)> {
        let mut answers = Vec::new();
        for (number, ask) in asks {
            let answer = match (served, ask) {
                (Served::Guards(guards), Ask::Guards(ask)) => self.of_guards(guards, ask).await,
                (Served::Guards(_), _) => Answer::Trouble(AgentTrouble::Unsupported),
                (Served::Agent(agent), ask) => self.answer(agent.clone(), ask).await,
            };
            answers.push((number, answer));
        }
        answers
    }

    /// How a run of guards goes. One that has not ended when this worker is to end, runs again with
    /// another one.
    async fn of_guards(&self, guards: &GuardSession, ask: GuardAsk) -> Answer {
        tokio::select! {
            said = guards.answer(ask) => Answer::Guards(said),
            () = self.stopping.cancelled() => {
                Answer::Trouble(AgentTrouble::HostAway("its worker was told to stop".to_owned()))
            }
        }
    }

    /// Has timmy see that somebody is there, however long an agent thinks. It takes nothing: so it may
    /// be broken off at any moment.
    async fn show_itself(&self, ticket: &str) -> Infallible {
        let busy = Turn { is_busy: true, ..self.turn(Vec::new()) };
        loop {
            match self.errands.turn(ticket, &busy).await {
                Ok(Asked { is_over: false, .. }) => {}
                // What the agent does is brought anyway.
                Ok(_) | Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    async fn answer(&self, agent: Arc<dyn Agent>, ask: Ask) -> Answer {
        let answering = self.main.spawn(async move { ask.put_to(&*agent).await });
        answering.await.unwrap_or_else(|error| {
            tracing::error!(%error, "panic at what an agent was asked (a bug in timmy)");
            Answer::Trouble(AgentTrouble::Down("its worker failed at it".to_owned()))
        })
    }
}

/// Who answers in a session.
enum Served {
    Agent(Arc<dyn Agent>),
    Guards(Box<GuardSession>),
}

/// Whether an attempt works after that was answered, as far as it says so.
fn works_after(answer: &Answer) -> Option<bool> {
    match answer {
        Answer::Started(Started::Accepted(_))
        | Answer::Sighting(Sighting::Working { .. } | Sighting::Asks { .. }) => Some(true),
        Answer::Sighting(_) => Some(false),
        _ => None,
    }
}

#[activities]
impl Hands {
    /// Goes to timmy with this ticket.
    #[activity(name = "serve")]
    pub async fn serve(
        self: Arc<Self>,
        ctx: ActivityContext,
        order: ServeOrder,
    ) -> Result<(), ActivityError> {
        let refused = |why: &str| {
            Err(ActivityError::application(ApplicationFailure::non_retryable(why.to_owned())))
        };
        let Some(served) = self.served(&order.agent, &order.ticket) else {
            return refused("this worker does not serve it");
        };
        // What it brings is for that one: whoever writes to Temporal may name another.
        if agent_of(&order.ticket) != Some(order.agent.as_str()) {
            return refused("its ticket is for another agent");
        }
        let session = self.session(&order.ticket, &served);
        tokio::pin!(session);
        loop {
            tokio::select! {
                over = &mut session => return match over {
                    Ok(()) => Ok(()),
                    Err(error) => {
                        tracing::warn!(agent = order.agent, %error, "called in vain");
                        let failure = ApplicationFailure::non_retryable(error.to_string());
                        Err(ActivityError::application(failure))
                    }
                },
                () = tokio::time::sleep(HEARTBEAT) => ctx.record_heartbeat(()).await?,
                () = ctx.cancelled() => return Err(ActivityError::cancelled()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use crate::agents::{HermesAgent, HermesOptions, Redactor};
    use crate::clock::SystemClock;
    use crate::config::Secret;
    use crate::temporal::desk::{Calls, Desk};
    use crate::temporal::fetch_proxy::FetchProxy;
    use crate::temporal::listener::{Counter, router};
    use crate::temporal::reception::Reception;
    use crate::temporal::rights::Rights;
    use crate::temporal::starts::in_memory::StartsInMemory;
    use crate::temporal::ticket::{Ticket, Tickets, attempt_session};
    use crate::temporal::worker::*;

    const KEY: &str = "abcd-j1-1";

    /// Tells of the tickets with which workers are called.
    struct Called(mpsc::UnboundedSender<(Ticket, String)>);

    impl Calls for Called {
        fn call(&self, _: &str, ticket: &Ticket, text: String) -> Result<(), AgentTrouble> {
            self.0.send((ticket.clone(), text)).unwrap();
            Ok(())
        }
    }

    /// A gateway that nobody runs.
    fn agent() -> Arc<dyn Agent> {
        let agent = HermesAgent::new(HermesOptions {
            url: "http://127.0.0.1:1".parse().unwrap(),
            key: Secret::new("a-key").unwrap(),
            redactor: Redactor::default(),
            clock: Arc::new(SystemClock),
        });
        Arc::new(agent.unwrap())
    }

    #[tokio::test]
    async fn guards_are_run_as_the_named_host_alone() {
        let errands = Errands::to(&"http://127.0.0.1:1".parse().unwrap(), None).unwrap();
        let (here, stopping) = (Handle::current(), CancellationToken::new());
        let hands = Hands::new("one".to_owned(), BTreeMap::new(), errands, here, stopping);
        let (folder, secrets) = (std::env::temp_dir(), Vec::new());
        let place = GuardPlace { folder, secrets, may_be_bare: false };
        let hands = hands.with_guards(Some(("vps-2".to_owned(), place)));
        let served = |host: &str| hands.served(&guards_of(host), "a-ticket").is_some();
        assert!(served("vps-2") && !served("vps-3"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn only_a_ticket_that_timmy_takes_is_held() {
        let secret = Secret::new("a-token").unwrap();
        let (calls, mut called) = mpsc::unbounded_channel();
        let (clock, fresh) = (Arc::new(SystemClock), Box::new(|| "s".to_owned()));
        let (calls, starts) = (Box::new(Called(calls)), Box::new(StartsInMemory::default()));
        let desk = Arc::new(Desk::new(&secret, clock.clone(), (calls, starts), fresh));
        let reception = Arc::new(Reception::new(std::env::temp_dir().join("nothing-is-brought")));
        let rights: Rights = Arc::new(|_| Box::pin(async { Ok(()) }));
        let fetches = FetchProxy::new().unwrap();
        let answers = router(Counter { desk: desk.clone(), reception, fetches, rights });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let timmy = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let serving = tokio::spawn(async { axum::serve(listener, answers).await });
        let errands = Errands::to(&timmy, None).unwrap();
        let (name, here) = ("one".to_owned(), Handle::current());
        let stopping = CancellationToken::new();
        let hands = Hands::new(name, BTreeMap::new(), errands.clone(), here, stopping);
        let agent = Arc::new(Served::Agent(agent()));

        let session = attempt_session(KEY);
        let (at_desk, about) = (desk.clone(), session.clone());
        let asking = tokio::spawn(async move { at_desk.ask("ezra", &about, Ask::Health).await });
        let (ticket, good) = called.recv().await.unwrap();
        let (its, with, driven) = (hands.clone(), good.clone(), agent.clone());
        let serves = tokio::spawn(async move { its.session(&with, &driven).await });
        let answered = asking.await.unwrap();
        let answer = answered.unwrap().unwrap().answer;
        assert!(matches!(answer, Answer::Trouble(_)), "{answer:?}");
        assert_eq!(errands.tickets().of(KEY).as_ref(), Some(&good));

        // Somebody else made it, or it was made for an earlier session.
        let forged = good.replacen(&good[..4], "0f0f", 1);
        let refused = hands.session(&forged, &agent).await;
        assert!(matches!(refused, Err(ErrandError::Refused(_))), "{refused:?}");
        let earlier = Ticket { instance: "earlier".to_owned(), ..ticket };
        let earlier = Tickets::new(&secret, clock).write(&earlier);
        assert!(hands.session(&earlier, &agent).await.is_ok());
        assert_eq!(errands.tickets().of(KEY), Some(good));

        serves.abort();
        serving.abort();
    }
}
