//! The desk: what agents on other hosts are to be asked lies here until a worker fetches it, and what
//! they answer is brought here.
//!
//! Who asks opens a session if none is attached: a workflow has a worker of that host called
//! (`agent_workflow`), which comes with its ticket and from then on asks for what is next, again and
//! again. An ask that nobody fetched in time is taken back: then it surely was not put to the agent.
//!
//! A worker has a turn here all the time, also while its agent thinks. So it is known when it is gone:
//! its line is cut, or no turn follows the last one. What it fetched and did not answer has an unknown
//! outcome from then on, and another worker is called by the next ask.
//!
//! Two workers for one agent would each hold the other's attempts for lost. So what is asked about an
//! attempt is asked of the worker that began it, and of no other one, however long that is away: who is
//! given a start, the ledger has before (`starts`). For all else the one that was there first is served, for
//! as long as it comes. The other one is told so, and where none but that one comes, calls become rare.
//!
//! Sessions are in memory. A worker whose session about an attempt began before a restart of timmy goes on
//! with its ticket, if it comes soon; one of which nothing is asked for a while is told that it is over.
//! Any other ticket than that of the session that was opened last is good for nothing.

mod turns;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::ask::Ask;
use super::session::{Patience, Reply, Session};
use super::starts::Starts;
use super::ticket::{Ticket, Tickets};
use crate::agents::AgentTrouble;
use crate::clock::Clock;
use crate::config::Secret;

/// Between two tries to have a worker called, while that cannot be done.
const CALL_AGAIN: Duration = Duration::from_millis(200);

/// Has a worker called that serves an agent.
pub(super) trait Calls: Send + Sync {
    /// Opens a session with this ticket, and gives up the one that was opened about the same before.
    /// Why not, if it cannot be tried now.
    fn call(&self, agent: &str, ticket: &Ticket, text: String) -> Result<(), AgentTrouble>;
}

pub(super) struct Desk {
    tickets: Tickets,
    calls: Box<dyn Calls>,
    starts: Box<dyn Starts>,
    /// Held while it is kept who is given a start.
    keeping: tokio::sync::Mutex<()>,
    table: Mutex<DeskTable>,
    /// Gives each session a name that no other has.
    fresh: Box<dyn Fn() -> String + Send + Sync>,
    began_at: Instant,
    patience: Patience,
}

struct DeskTable {
    sessions: HashMap<String, Session>,
    /// Who serves an agent.
    serving: HashMap<String, Serving>,
    /// The number of the latest ask, or turn.
    count: u64,
}

struct Serving {
    worker: String,
    seen_at: Instant,
}

impl Desk {
    /// Tickets are made with `secret`.
    pub(super) fn new(
        secret: &Secret,
        clock: Arc<dyn Clock>,
        (calls, starts): (Box<dyn Calls>, Box<dyn Starts>),
        fresh: Box<dyn Fn() -> String + Send + Sync>,
    ) -> Self {
        // Numbers of another process mean nothing here: a worker may bring answers to what that asked.
        let letters = fresh().into_bytes().into_iter().map(u64::from);
        let count = letters.fold(0, |count: u64, letter| count.wrapping_mul(64) ^ letter);
        let (sessions, serving) = (HashMap::new(), HashMap::new());
        let table = DeskTable { sessions, serving, count: count >> 1 };
        Self {
            tickets: Tickets::new(secret, clock),
            calls,
            starts,
            keeping: tokio::sync::Mutex::default(),
            table: Mutex::new(table),
            fresh,
            began_at: Instant::now(),
            patience: Patience::USUAL,
        }
    }

    fn table(&self) -> MutexGuard<'_, DeskTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ticket that a worker shows, if it is one.
    pub(super) fn ticket(&self, text: &str) -> Option<Ticket> {
        self.tickets.read(text)
    }

    /// Whether nothing is to be had at the desk with this ticket: then nobody needs to read what came
    /// with it.
    pub(super) fn is_over(&self, ticket: &Ticket) -> bool {
        self.is_over_in(&self.table(), ticket)
    }

    fn is_over_in(&self, table: &DeskTable, ticket: &Ticket) -> bool {
        let session = table.sessions.get(&ticket.session);
        match session.and_then(|session| session.instance.as_ref()) {
            Some(instance) => *instance != ticket.instance,
            None if session.is_some_and(|session| session.is_closed) => true,
            // Of one that began before this process did nothing is known. How an agent is, whoever is
            // called for it says as well.
            None => ticket.attempt().is_none() || self.began_at.elapsed() >= self.patience.adopts,
        }
    }

    /// Whether no other session about the same was opened since.
    pub(super) fn is_newest(&self, ticket: &Ticket) -> bool {
        let table = self.table();
        let session = table.sessions.get(&ticket.session);
        let newest = session.and_then(|session| session.instance.as_ref());
        newest.is_none_or(|newest| *newest == ticket.instance)
    }

    /// Asks in a session about `about` what `agent` is to answer.
    ///
    /// [`NotAsked`]: it surely was not put to the agent.
    pub(super) async fn ask(
        &self,
        agent: &str,
        about: &str,
        ask: Ask,
    ) -> Result<Result<Reply, AgentTrouble>, NotAsked> {
        self.ask_of((agent, None), about, ask).await
    }

    /// The same, and only this `worker` may fetch it: about an attempt that it has.
    pub(super) async fn ask_of(
        &self,
        (agent, worker): (&str, Option<&str>),
        about: &str,
        ask: Ask,
    ) -> Result<Result<Reply, AgentTrouble>, NotAsked> {
        let (number, fetched, answer) = self.put((agent, worker), about, ask)?;
        // Whoever asks no more takes it back.
        let _waiting = TakenBack { desk: self, about, number };
        let given_up = tokio::select! {
            Ok(()) = fetched => None,
            refused = self.keep_calling(agent, about) => Some(refused),
            () = tokio::time::sleep(self.patience.fetch) => {
                Some(NotAsked(AgentTrouble::HostAway(self.why_nobody_came(about))))
            }
        };
        // It may be fetched in this very moment.
        if let Some(reason) = given_up
            && self.withdraw(about, number)
        {
            return Err(reason);
        }
        tokio::select! {
            answer = answer => Ok(answer.map_err(|_| AgentTrouble::Timeout)),
            () = self.gone(about) => Ok(Err(AgentTrouble::Timeout)),
            () = tokio::time::sleep(self.patience.answer) => Ok(Err(AgentTrouble::Timeout)),
        }
    }

    /// The worker that was given the start of the attempt `key`; none if nobody was, or that is not
    /// known.
    pub(super) async fn starter(&self, key: &str) -> Result<Option<String>, AgentTrouble> {
        self.starts.fetcher(key).await
    }

    /// Has a worker called whenever none is there. Returns if that cannot be done for a while: where
    /// timmy has just begun, its line to the server is there in a moment.
    async fn keep_calling(&self, agent: &str, about: &str) -> NotAsked {
        let begun = Instant::now();
        loop {
            let pause = match self.call_if_needed(agent, about) {
                Ok(()) => self.patience.between,
                Err(refused) if begun.elapsed() >= self.patience.between => return refused,
                Err(_) => CALL_AGAIN,
            };
            tokio::time::sleep(pause).await;
        }
    }

    fn why_nobody_came(&self, about: &str) -> String {
        let table = self.table();
        let refused = table.sessions.get(about).and_then(|session| session.refused.clone());
        refused.unwrap_or_else(|| {
            "no worker of its host came for it: start `timmy worker` there".to_owned()
        })
    }

    /// A worker that was called is sent away, for this reason: another one may be called.
    pub(super) fn send_away(&self, ticket: &Ticket, why: String) {
        if let Some(session) = self.table().sessions.get_mut(&ticket.session)
            && session.instance.as_ref() == Some(&ticket.instance)
        {
            session.send_away(why);
        }
    }

    /// Nothing more is asked about this: its worker is told so at its next turn.
    pub(super) fn close(&self, about: &str) {
        if let Some(session) = self.table().sessions.get_mut(about) {
            session.end();
            session.news.notify_waiters();
        }
    }

    /// Returns when the worker of a session is there no more.
    async fn gone(&self, about: &str) {
        let is_there = || {
            let table = self.table();
            table.sessions.get(about).is_some_and(|session| session.is_attached(self.patience))
        };
        while is_there() {
            tokio::time::sleep(self.patience.between).await;
        }
    }

    /// Lays an ask down.
    #[allow(clippy::type_complexity, reason = "two ends of channels")]
    fn put(
        &self,
        (agent, worker): (&str, Option<&str>),
        about: &str,
        ask: Ask,
    ) -> Result<(u64, oneshot::Receiver<()>, oneshot::Receiver<Reply>), NotAsked> {
        let mut table = self.table();
        table.sessions.retain(|_, session| !session.is_forgotten(self.patience));
        table.count += 1;
        let number = table.count;
        let session = table.sessions.entry(about.to_owned()).or_insert_with(Session::new);
        session.agent = Some(agent.to_owned());
        match (worker, &ask) {
            (Some(worker), _) => session.has = Some(worker.to_owned()),
            // It is only asked for where nobody has the attempt.
            (None, Ask::Start(_)) => session.has = None,
            (None, _) => {}
        }
        let put = session.put(number, ask).ok_or_else(|| {
            let reason = "too much waits for it already".to_owned();
            NotAsked(AgentTrouble::Busy { reason, until: None })
        });
        put.map(|(fetched, answer)| (number, fetched, answer))
    }

    /// Has a worker called if none is there.
    fn call_if_needed(&self, agent: &str, about: &str) -> Result<(), NotAsked> {
        let ticket = {
            let mut table = self.table();
            let Some(session) = table.sessions.get_mut(about) else { return Ok(()) };
            let is_there = session.is_attached(self.patience) || session.is_called(self.patience);
            if is_there || session.rests(self.patience) {
                return Ok(());
            }
            let instance = (self.fresh)();
            session.begin(instance.clone());
            Ticket { agent: agent.to_owned(), session: about.to_owned(), instance }
        };
        let text = self.tickets.write(&ticket);
        self.calls.call(agent, &ticket, text).map_err(|trouble| {
            if let Some(session) = self.table().sessions.get_mut(about) {
                session.called_at = None;
            }
            NotAsked(trouble)
        })
    }

    /// Takes back what nobody fetched; false if somebody did.
    fn withdraw(&self, about: &str, number: u64) -> bool {
        let mut table = self.table();
        table.sessions.get_mut(about).is_some_and(|session| session.withdraw(number))
    }

    fn take_back(&self, about: &str, number: u64) {
        self.withdraw(about, number);
        if let Some(session) = self.table().sessions.get_mut(about) {
            session.answers.remove(&number);
        }
    }
}

/// What was asked surely was not put to the agent, for this reason.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotAsked(pub(super) AgentTrouble);

/// An ask that is taken back when whoever asked goes.
struct TakenBack<'a> {
    desk: &'a Desk,
    about: &'a str,
    number: u64,
}

impl Drop for TakenBack<'_> {
    fn drop(&mut self) {
        self.desk.take_back(self.about, self.number);
    }
}

#[cfg(test)]
mod tests;
