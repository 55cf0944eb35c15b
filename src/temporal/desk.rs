//! The desk: what agents on other hosts are to be asked lies here until a worker fetches it, and what
//! they answer is brought here.
//!
//! Who asks opens a session if none is attached: a workflow has a worker of that host called
//! (`agent_workflow`), which comes with its ticket and from then on asks for what is next, again and
//! again. An ask that nobody fetched in time is taken back: then it surely was not put to the agent.
//!
//! Sessions are in memory. A worker whose session began before a restart of timmy goes on with its
//! ticket; one of which nothing is asked for a while is told that it is over.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::ask::{Answer, Ask, Asked, Turn};
use super::ticket::{Ticket, Tickets};
use crate::agents::AgentTrouble;
use crate::config::Secret;

/// How long a worker has to come and fetch what is asked.
const FETCH: Duration = Duration::from_secs(25);

/// How long its agent has to answer, far above what any of them allows itself.
const ANSWER: Duration = Duration::from_secs(120);

/// How long a turn waits for something to ask.
const TURN: Duration = Duration::from_secs(15);

/// How long a worker may be between two turns.
const BETWEEN: Duration = Duration::from_secs(5);

/// After so long without anything to ask a session is over.
const IDLE: Duration = Duration::from_secs(180);

/// The most that waits in one session.
const MOST: usize = 64;

/// Has a worker called that serves an agent.
pub(super) trait Calls: Send + Sync {
    /// Opens a session with this ticket, and gives up the one that was opened about the same before.
    /// Why not, if it cannot be tried now.
    fn call(&self, agent: &str, ticket: &Ticket, text: String) -> Result<(), AgentTrouble>;
}

pub struct Desk {
    tickets: Tickets,
    calls: Box<dyn Calls>,
    table: Mutex<DeskTable>,
    /// Gives each session a name that no other has.
    fresh: Box<dyn Fn() -> String + Send + Sync>,
}

#[derive(Default)]
struct DeskTable {
    sessions: HashMap<String, Session>,
    count: u64,
}

struct Session {
    /// Whose turns are taken; none until somebody comes, or is called.
    instance: Option<String>,
    asks: VecDeque<Waiting>,
    /// Who waits for an answer to what was fetched.
    answers: HashMap<u64, oneshot::Sender<Answer>>,
    /// How many turns wait here now, and when one ended last.
    turns: usize,
    turned_at: Option<Instant>,
    /// When a worker was called last, and when something was asked.
    called_at: Option<Instant>,
    asked_at: Instant,
    news: Arc<Notify>,
}

struct Waiting {
    number: u64,
    ask: Ask,
    fetched: oneshot::Sender<()>,
    answer: oneshot::Sender<Answer>,
}

impl Session {
    fn new() -> Self {
        Self {
            instance: None,
            asks: VecDeque::new(),
            answers: HashMap::new(),
            turns: 0,
            turned_at: None,
            called_at: None,
            asked_at: Instant::now(),
            news: Arc::default(),
        }
    }

    /// Whether a worker is there, or busy with what it was asked.
    fn is_attached(&self) -> bool {
        let is_recent = |at: Option<Instant>, span| at.is_some_and(|at| at.elapsed() < span);
        let is_busy = self.answers.values().any(|waiting| !waiting.is_closed());
        self.turns > 0
            || is_recent(self.turned_at, BETWEEN)
            || (is_busy && is_recent(self.turned_at, ANSWER))
    }

    /// Whether nobody needs to know of it any more.
    fn is_forgotten(&self) -> bool {
        let is_used = self.turns > 0 || !self.asks.is_empty() || !self.answers.is_empty();
        !is_used && self.asked_at.elapsed() >= IDLE * 2
    }

    /// Whether one was called, and may come.
    fn is_called(&self) -> bool {
        self.called_at.is_some_and(|at| at.elapsed() < FETCH)
    }
}

impl Desk {
    /// Tickets are made with `secret`.
    pub(super) fn new(
        secret: &Secret,
        calls: Box<dyn Calls>,
        fresh: Box<dyn Fn() -> String + Send + Sync>,
    ) -> Self {
        Self { tickets: Tickets::new(secret), calls, table: Mutex::default(), fresh }
    }

    fn table(&self) -> MutexGuard<'_, DeskTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ticket that a worker shows, if it is one.
    pub(super) fn ticket(&self, text: &str) -> Option<Ticket> {
        self.tickets.read(text)
    }

    /// Asks in a session about `about` what `agent` is to answer.
    ///
    /// [`NotAsked`]: it surely was not put to the agent.
    pub(super) async fn ask(
        &self,
        agent: &str,
        about: &str,
        ask: Ask,
    ) -> Result<Result<Answer, AgentTrouble>, NotAsked> {
        let (number, fetched, answer) = self.put(about, ask)?;
        // Whoever asks no more takes it back.
        let waiting = TakenBack { desk: self, about, number };
        self.call_if_needed(agent, about)?;
        let was_fetched = tokio::time::timeout(FETCH, fetched).await;
        if !matches!(was_fetched, Ok(Ok(()))) {
            drop(waiting);
            let why = "no worker of its host came for it: start `timmy worker` there";
            return Err(NotAsked(AgentTrouble::HostAway(why.to_owned())));
        }
        match tokio::time::timeout(ANSWER, answer).await {
            Ok(Ok(answer)) => Ok(Ok(answer)),
            Ok(Err(_)) | Err(_) => Ok(Err(AgentTrouble::Timeout)),
        }
    }

    /// Lays an ask down.
    #[allow(clippy::type_complexity, reason = "two ends of channels")]
    fn put(
        &self,
        about: &str,
        ask: Ask,
    ) -> Result<(u64, oneshot::Receiver<()>, oneshot::Receiver<Answer>), NotAsked> {
        let mut table = self.table();
        table.sessions.retain(|_, session| !session.is_forgotten());
        table.count += 1;
        let number = table.count;
        let session = table.sessions.entry(about.to_owned()).or_insert_with(Session::new);
        if session.asks.len() >= MOST {
            let reason = "too much waits for it already".to_owned();
            return Err(NotAsked(AgentTrouble::Busy { reason, until: None }));
        }
        let ((fetched, is_fetched), (answer, is_answered)) =
            (oneshot::channel(), oneshot::channel());
        session.asks.push_back(Waiting { number, ask, fetched, answer });
        session.asked_at = Instant::now();
        session.news.notify_waiters();
        Ok((number, is_fetched, is_answered))
    }

    /// Has a worker called if none is there.
    fn call_if_needed(&self, agent: &str, about: &str) -> Result<(), NotAsked> {
        let ticket = {
            let mut table = self.table();
            let Some(session) = table.sessions.get_mut(about) else { return Ok(()) };
            if session.is_attached() || session.is_called() {
                return Ok(());
            }
            let instance = (self.fresh)();
            session.instance = Some(instance.clone());
            session.called_at = Some(Instant::now());
            // The one before is told so.
            session.news.notify_waiters();
            Ticket { session: about.to_owned(), instance }
        };
        let text = self.tickets.write(&ticket);
        self.calls.call(agent, &ticket, text).map_err(|trouble| {
            if let Some(session) = self.table().sessions.get_mut(about) {
                session.called_at = None;
            }
            NotAsked(trouble)
        })
    }

    fn take_back(&self, about: &str, number: u64) {
        let mut table = self.table();
        let Some(session) = table.sessions.get_mut(about) else { return };
        session.asks.retain(|waiting| waiting.number != number);
        session.answers.remove(&number);
    }

    /// One turn of a worker: takes what it answers, and waits a while for what it is asked next.
    pub(super) async fn turn(&self, ticket: &Ticket, turn: Turn) -> Asked {
        let Some(news) = self.come(ticket, turn) else { return OVER };
        let _there = Turning { desk: self, about: &ticket.session };
        let until = Instant::now() + TURN;
        loop {
            let notified = news.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            match self.next(ticket) {
                Some(asked) if asked == Asked::default() => {}
                Some(asked) => return asked,
                None => return OVER,
            }
            tokio::select! {
                () = notified => {}
                () = tokio::time::sleep_until(until) => return Asked::default(),
            }
        }
    }

    /// A worker comes, with answers. None if its session is over.
    fn come(&self, ticket: &Ticket, turn: Turn) -> Option<Arc<Notify>> {
        let mut table = self.table();
        let session = table.sessions.entry(ticket.session.clone()).or_insert_with(Session::new);
        // Of one that began before this process did nothing is known, and its ticket is good.
        let instance = session.instance.get_or_insert_with(|| ticket.instance.clone());
        if *instance != ticket.instance {
            return None;
        }
        for (number, answer) in turn.answers {
            if let Some(waiting) = session.answers.remove(&number) {
                // Who does not wait any more has no use for it.
                let _ = waiting.send(answer);
            }
        }
        session.turns += 1;
        Some(session.news.clone())
    }

    /// What it is asked now, which may be nothing; none if its session is over.
    fn next(&self, ticket: &Ticket) -> Option<Asked> {
        let mut table = self.table();
        let session = table.sessions.get_mut(&ticket.session)?;
        if session.instance.as_ref() != Some(&ticket.instance) {
            return None;
        }
        let is_idle = session.asks.is_empty() && session.asked_at.elapsed() >= IDLE;
        if is_idle {
            session.instance = None;
            return None;
        }
        let mut asks = Vec::new();
        while let Some(waiting) = session.asks.pop_front() {
            // Whoever asked may have gone meanwhile: then nobody asks.
            if waiting.fetched.send(()).is_ok() {
                session.answers.insert(waiting.number, waiting.answer);
                asks.push((waiting.number, waiting.ask));
            }
        }
        Some(Asked { asks, is_over: false })
    }

    fn go(&self, about: &str) {
        let mut table = self.table();
        let Some(session) = table.sessions.get_mut(about) else { return };
        session.turns = session.turns.saturating_sub(1);
        session.turned_at = Some(Instant::now());
        let is_done = session.turns == 0
            && session.instance.is_none()
            && session.asks.is_empty()
            && session.answers.is_empty();
        if is_done {
            table.sessions.remove(about);
        }
    }
}

/// Nothing more is asked.
const OVER: Asked = Asked { asks: Vec::new(), is_over: true };

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

/// A worker that is there for a turn.
struct Turning<'a> {
    desk: &'a Desk,
    about: &'a str,
}

impl Drop for Turning<'_> {
    fn drop(&mut self) {
        self.desk.go(self.about);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::mpsc;

    use crate::temporal::desk::*;

    const ABOUT: &str = "attempt/abcd-j1-1";

    /// Tells of the tickets that it is called with.
    struct Called(mpsc::UnboundedSender<Ticket>);

    impl Calls for Called {
        fn call(&self, _: &str, ticket: &Ticket, _: String) -> Result<(), AgentTrouble> {
            self.0.send(ticket.clone()).map_err(|_| AgentTrouble::HostAway("gone".to_owned()))
        }
    }

    fn desk() -> (Arc<Desk>, mpsc::UnboundedReceiver<Ticket>) {
        let (calls, called) = mpsc::unbounded_channel();
        let count = AtomicUsize::new(0);
        let fresh = move || format!("s{}", count.fetch_add(1, Ordering::SeqCst));
        let secret = Secret::new("a-token").unwrap();
        (Arc::new(Desk::new(&secret, Box::new(Called(calls)), Box::new(fresh))), called)
    }

    fn asks(
        desk: &Arc<Desk>,
    ) -> tokio::task::JoinHandle<Result<Result<Answer, AgentTrouble>, NotAsked>> {
        let desk = desk.clone();
        tokio::spawn(async move { desk.ask("ezra", ABOUT, Ask::Health).await })
    }

    #[tokio::test(start_paused = true)]
    async fn a_worker_is_called_and_answers_in_turns() {
        let (desk, mut called) = desk();
        let asking = asks(&desk);
        let ticket = called.recv().await.unwrap();
        let asked = desk.turn(&ticket, Turn::default()).await;
        let [(number, Ask::Health)] = asked.asks[..] else { panic!("{asked:?}") };
        let answers = vec![(number, Answer::Done)];
        let next = desk.clone();
        let again = asks(&desk);
        let asked = next.turn(&ticket, Turn { answers }).await;
        assert_eq!(asking.await.unwrap(), Ok(Ok(Answer::Done)));
        assert_eq!(asked.asks.len(), 1, "{asked:?}");
        // It was there: nobody is called a second time.
        assert!(called.try_recv().is_err());
        again.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_fetches_was_not_asked() {
        let (desk, mut called) = desk();
        let asking = asks(&desk);
        let ticket = called.recv().await.unwrap();
        let given_up = asking.await.unwrap();
        assert!(matches!(given_up, Err(NotAsked(AgentTrouble::HostAway(_)))), "{given_up:?}");
        // Who comes too late finds nothing.
        assert_eq!(desk.turn(&ticket, Turn::default()).await, Asked::default());
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_newest_session_is_served() {
        let (desk, mut called) = desk();
        assert!(asks(&desk).await.unwrap().is_err());
        let old = called.recv().await.unwrap();
        let asking = asks(&desk);
        let new = called.recv().await.unwrap();
        assert_ne!(old, new);
        assert!(desk.turn(&old, Turn::default()).await.is_over);
        assert_eq!(desk.turn(&new, Turn::default()).await.asks.len(), 1);
        asking.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_from_before_a_restart_goes_on_until_nothing_is_asked() {
        let (desk, mut called) = desk();
        let ticket = Ticket { session: ABOUT.to_owned(), instance: "before".to_owned() };
        assert_eq!(desk.turn(&ticket, Turn::default()).await, Asked::default());
        let asking = asks(&desk);
        tokio::task::yield_now().await;
        assert_eq!(desk.turn(&ticket, Turn::default()).await.asks.len(), 1);
        assert!(called.try_recv().is_err());
        asking.abort();
        let mut turns = 0;
        while !desk.turn(&ticket, Turn::default()).await.is_over {
            turns += 1;
            assert!(turns < 100, "it is never over");
        }
    }
}
