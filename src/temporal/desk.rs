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

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// For a worker to come and fetch what is asked.
    fetch: Duration,
    /// For its agent to answer: far above what any of them allows itself.
    answer: Duration,
    /// In a turn, for something to ask.
    turn: Duration,
    /// For a worker, between two turns.
    between: Duration,
    /// For something to ask, until a session is over.
    idle: Duration,
}

impl Patience {
    const USUAL: Self = Self {
        fetch: Duration::from_secs(25),
        answer: Duration::from_secs(120),
        turn: Duration::from_secs(15),
        between: Duration::from_secs(5),
        idle: Duration::from_secs(180),
    };
}

/// The most that waits in one session.
const MOST: usize = 64;

/// Has a worker called that serves an agent.
pub(super) trait Calls: Send + Sync {
    /// Opens a session with this ticket, and gives up the one that was opened about the same before.
    /// Why not, if it cannot be tried now.
    fn call(&self, agent: &str, ticket: &Ticket, text: String) -> Result<(), AgentTrouble>;
}

pub(super) struct Desk {
    tickets: Tickets,
    calls: Box<dyn Calls>,
    table: Mutex<DeskTable>,
    /// Gives each session a name that no other has.
    fresh: Box<dyn Fn() -> String + Send + Sync>,
    patience: Patience,
}

struct DeskTable {
    sessions: HashMap<String, Session>,
    /// The number of the latest ask.
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
    fn is_attached(&self, patience: Patience) -> bool {
        let is_recent = |at: Option<Instant>, span| at.is_some_and(|at| at.elapsed() < span);
        let is_busy = self.answers.values().any(|waiting| !waiting.is_closed());
        self.turns > 0
            || is_recent(self.turned_at, patience.between)
            || (is_busy && is_recent(self.turned_at, patience.answer))
    }

    /// Whether nobody needs to know of it any more.
    fn is_forgotten(&self, patience: Patience) -> bool {
        let is_used = self.turns > 0 || !self.asks.is_empty() || !self.answers.is_empty();
        !is_used && self.asked_at.elapsed() >= patience.idle * 2
    }

    /// Whether one was called, and may come.
    fn is_called(&self, patience: Patience) -> bool {
        self.called_at.is_some_and(|at| at.elapsed() < patience.fetch)
    }
}

impl Desk {
    /// Tickets are made with `secret`.
    pub(super) fn new(
        secret: &Secret,
        calls: Box<dyn Calls>,
        fresh: Box<dyn Fn() -> String + Send + Sync>,
    ) -> Self {
        // Numbers of another process mean nothing here: a worker may bring answers to what that asked.
        let letters = fresh().into_bytes().into_iter().map(u64::from);
        let count = letters.fold(0, |count: u64, letter| count.wrapping_mul(64) ^ letter);
        let table = DeskTable { sessions: HashMap::new(), count: count >> 1 };
        Self {
            tickets: Tickets::new(secret),
            calls,
            table: Mutex::new(table),
            fresh,
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
    ) -> Result<Result<Answer, AgentTrouble>, NotAsked> {
        let (number, fetched, answer) = self.put(about, ask)?;
        // Whoever asks no more takes it back.
        let waiting = TakenBack { desk: self, about, number };
        self.call_if_needed(agent, about)?;
        let was_fetched = tokio::time::timeout(self.patience.fetch, fetched).await;
        if !matches!(was_fetched, Ok(Ok(()))) {
            drop(waiting);
            let why = "no worker of its host came for it: start `timmy worker` there";
            return Err(NotAsked(AgentTrouble::HostAway(why.to_owned())));
        }
        match tokio::time::timeout(self.patience.answer, answer).await {
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
        table.sessions.retain(|_, session| !session.is_forgotten(self.patience));
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
            if session.is_attached(self.patience) || session.is_called(self.patience) {
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
        let until = Instant::now() + self.patience.turn;
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
        let is_idle = session.asks.is_empty() && session.asked_at.elapsed() >= self.patience.idle;
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

    const LONG: Duration = Duration::from_secs(600);
    const SHORT: Duration = Duration::from_millis(5);

    /// Where nothing is over by itself.
    const PATIENT: Patience =
        Patience { fetch: LONG, answer: LONG, turn: LONG, between: LONG, idle: LONG };

    fn desk(patience: Patience) -> (Arc<Desk>, mpsc::UnboundedReceiver<Ticket>) {
        let (calls, called) = mpsc::unbounded_channel();
        let count = AtomicUsize::new(0);
        let fresh = move || format!("s{}", count.fetch_add(1, Ordering::SeqCst));
        let secret = Secret::new("a-token").unwrap();
        let desk = Desk::new(&secret, Box::new(Called(calls)), Box::new(fresh));
        (Arc::new(Desk { patience, ..desk }), called)
    }

    fn asks(
        desk: &Arc<Desk>,
    ) -> tokio::task::JoinHandle<Result<Result<Answer, AgentTrouble>, NotAsked>> {
        let desk = desk.clone();
        tokio::spawn(async move { desk.ask("ezra", ABOUT, Ask::Health).await })
    }

    #[tokio::test]
    async fn a_worker_is_called_and_answers_in_turns() {
        let (desk, mut called) = desk(PATIENT);
        let asking = asks(&desk);
        let ticket = called.recv().await.unwrap();
        let asked = desk.turn(&ticket, Turn::default()).await;
        let [(number, Ask::Health)] = asked.asks[..] else { panic!("{asked:?}") };
        let answers = vec![(number, Answer::Done)];
        let again = asks(&desk);
        let asked = desk.turn(&ticket, Turn { answers }).await;
        assert_eq!(asking.await.unwrap(), Ok(Ok(Answer::Done)));
        assert_eq!(asked.asks.len(), 1, "{asked:?}");
        // It was there: nobody is called a second time.
        assert!(called.try_recv().is_err());
        again.abort();
    }

    #[tokio::test]
    async fn what_nobody_fetches_was_not_asked() {
        let (desk, mut called) = desk(Patience { fetch: SHORT, turn: SHORT, ..PATIENT });
        let given_up = asks(&desk).await.unwrap();
        assert!(matches!(given_up, Err(NotAsked(AgentTrouble::HostAway(_)))), "{given_up:?}");
        // Who comes too late finds nothing.
        let ticket = called.recv().await.unwrap();
        assert_eq!(desk.turn(&ticket, Turn::default()).await, Asked::default());
    }

    #[tokio::test]
    async fn only_the_newest_session_is_served() {
        let (desk, mut called) =
            desk(Patience { fetch: SHORT, between: Duration::ZERO, ..PATIENT });
        assert!(asks(&desk).await.unwrap().is_err());
        let old = called.recv().await.unwrap();
        let _ = asks(&desk).await.unwrap();
        let new = called.recv().await.unwrap();
        assert_ne!(old, new);
        assert!(desk.turn(&old, Turn::default()).await.is_over);
        let desk = Arc::new(Desk { patience: PATIENT, ..Arc::into_inner(desk).unwrap() });
        let asking = asks(&desk);
        assert_eq!(desk.turn(&new, Turn::default()).await.asks.len(), 1);
        asking.abort();
    }

    #[tokio::test]
    async fn a_session_from_before_a_restart_goes_on() {
        let (desk, mut called) = desk(PATIENT);
        let ticket = Ticket { session: ABOUT.to_owned(), instance: "before".to_owned() };
        let (worker, its) = (desk.clone(), ticket.clone());
        let turn = tokio::spawn(async move { worker.turn(&its, Turn::default()).await });
        while desk.table().sessions.is_empty() {
            tokio::task::yield_now().await;
        }
        let asking = asks(&desk);
        assert_eq!(turn.await.unwrap().asks.len(), 1);
        assert!(called.try_recv().is_err());
        asking.abort();
    }

    #[tokio::test]
    async fn a_session_in_which_nothing_is_asked_is_over() {
        let (desk, _called) = desk(Patience { idle: Duration::ZERO, ..PATIENT });
        let ticket = Ticket { session: ABOUT.to_owned(), instance: "before".to_owned() };
        assert!(desk.turn(&ticket, Turn::default()).await.is_over);
        assert!(desk.table().sessions.is_empty());
    }
}
