//! A session: what one agent is asked about one attempt, or about itself, and the worker that fetches it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::ask::{Answer, Ask, Asked, Turn};

/// How long a call waits on the queue of an agent for a worker to take it.
pub(super) const COME: Duration = Duration::from_secs(30);

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For a worker to come and fetch what is asked.
    pub(super) fetch: Duration,
    /// For one that was called, before another one is: the call may be lost. As long as it may still be
    /// taken, another one would only lie beside it.
    pub(super) come: Duration,
    /// For its agent to answer: far above what any of them allows itself.
    pub(super) answer: Duration,
    /// In a turn, for something to ask.
    pub(super) turn: Duration,
    /// For a worker, from one turn to the next: after that it is gone.
    pub(super) between: Duration,
    /// For something to ask, until a session is over.
    pub(super) idle: Duration,
    /// Until another one is called, at most, where the one that came was not the right one.
    pub(super) rest: Duration,
    /// For the worker of an agent to come again, before another one may serve it.
    pub(super) serves: Duration,
    /// After a start, for workers whose sessions began before it.
    pub(super) adopts: Duration,
}

impl Patience {
    pub(super) const USUAL: Self = Self {
        fetch: Duration::from_secs(25),
        come: COME.saturating_add(Duration::from_secs(5)),
        answer: Duration::from_secs(120),
        turn: Duration::from_secs(15),
        between: Duration::from_secs(5),
        idle: Duration::from_secs(180),
        rest: Duration::from_secs(60),
        serves: Duration::from_secs(300),
        adopts: Duration::from_secs(300),
    };
}

/// The most that waits in one session.
const MOST: usize = 64;

/// Tells that an ask was fetched, and then what was answered.
type Expected = (oneshot::Receiver<()>, oneshot::Receiver<Reply>);

/// What was answered, and by which worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) worker: String,
    pub(super) answer: Answer,
}

/// Nothing more is asked.
pub(super) const OVER: Asked = Asked { asks: Vec::new(), is_over: true };

/// What comes of a turn.
pub(super) enum Next {
    /// Nothing yet.
    Wait,
    Asked(Asked),
    /// It gets this start once it is kept that it does.
    Keep(StartGiven),
}

/// The start of an attempt, and who is given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StartGiven {
    /// The number of what is asked.
    ask: u64,
    pub(super) key: String,
    pub(super) worker: String,
}

pub(super) struct Session {
    /// Whose agent is asked, as far as that is known.
    pub(super) agent: Option<String>,
    /// Whose turns are taken; none until somebody comes, or is called.
    pub(super) instance: Option<String>,
    /// It was ended here: who had it comes in vain, until somebody is called.
    pub(super) is_closed: bool,
    /// The worker that came with the ticket of that.
    pub(super) worker: Option<String>,
    /// The one that has the attempt: no other one knows of it, and would say that it is not there.
    pub(super) has: Option<String>,
    /// The start of which it is kept who is given it.
    pub(super) kept: Option<StartGiven>,
    /// Why the last one that came was sent away, when, and how many were, one after the other.
    pub(super) refused: Option<String>,
    sent_away_at: Option<Instant>,
    sent_away: u32,
    /// Its latest turn: an earlier one is none any more.
    pub(super) turn: u64,
    pub(super) asks: VecDeque<Waiting>,
    /// Who waits for an answer to what this instance fetched.
    pub(super) answers: HashMap<u64, oneshot::Sender<Reply>>,
    /// How many turns wait here now, and when one ended last.
    pub(super) turns: usize,
    turned_at: Option<Instant>,
    /// When a worker was called last, and when something was asked.
    pub(super) called_at: Option<Instant>,
    asked_at: Instant,
    /// Whether what was asked last is what is asked of an attempt that is over: most likely nothing more is.
    is_last: bool,
    pub(super) news: Arc<Notify>,
}

pub(super) struct Waiting {
    number: u64,
    ask: Ask,
    fetched: oneshot::Sender<()>,
    answer: oneshot::Sender<Reply>,
}

impl Waiting {
    /// The start of an attempt that this is for `worker`, if it is one that somebody still waits for.
    fn start_for(&self, worker: Option<&str>) -> Option<StartGiven> {
        match &self.ask {
            Ask::Start(task) if !self.fetched.is_closed() => Some(StartGiven {
                ask: self.number,
                key: task.key.clone(),
                worker: worker.unwrap_or_default().to_owned(),
            }),
            _ => None,
        }
    }
}

impl Session {
    pub(super) fn new() -> Self {
        Self {
            agent: None,
            instance: None,
            is_closed: false,
            worker: None,
            has: None,
            kept: None,
            refused: None,
            sent_away_at: None,
            sent_away: 0,
            turn: 0,
            asks: VecDeque::new(),
            answers: HashMap::new(),
            turns: 0,
            turned_at: None,
            called_at: None,
            asked_at: Instant::now(),
            is_last: false,
            news: Arc::default(),
        }
    }

    /// Whether a worker is there.
    pub(super) fn is_attached(&self, patience: Patience) -> bool {
        self.turns > 0 || self.turned_at.is_some_and(|at| at.elapsed() < patience.between)
    }

    /// Whether nobody needs to know of it any more.
    pub(super) fn is_forgotten(&self, patience: Patience) -> bool {
        let is_used = self.turns > 0 || !self.asks.is_empty() || !self.answers.is_empty();
        !is_used && self.asked_at.elapsed() >= patience.idle * 2
    }

    /// Whether one was called, and may come.
    pub(super) fn is_called(&self, patience: Patience) -> bool {
        self.called_at.is_some_and(|at| at.elapsed() < patience.come)
    }

    /// Whether nobody is called for a while: who came last, again and again, was not the right one.
    pub(super) fn rests(&self, patience: Patience) -> bool {
        self.sent_away_at.is_some_and(|at| at.elapsed() < self.rest(patience))
    }

    /// For how long that is: twice as long each time.
    pub(super) fn rest(&self, patience: Patience) -> Duration {
        let times = 1 << self.sent_away.saturating_sub(1).min(16);
        patience.between.saturating_mul(times).min(patience.rest)
    }

    /// Another instance begins, for which a worker is called.
    pub(super) fn begin(&mut self, instance: String) {
        self.end();
        (self.instance, self.is_closed) = (Some(instance), false);
        self.called_at = Some(Instant::now());
        self.news.notify_waiters();
    }

    /// Whoever came, comes in vain from now on; what it was asked has to be found out anew.
    pub(super) fn end(&mut self) {
        (self.instance, self.worker, self.called_at) = (None, None, None);
        self.is_closed = true;
        self.answers.clear();
    }

    /// Whoever came is not the right one.
    pub(super) fn send_away(&mut self, why: String) {
        self.end();
        self.refused = Some(why);
        self.sent_away_at = Some(Instant::now());
        self.sent_away = self.sent_away.saturating_add(1);
    }

    /// Lays an ask down. None if too much waits already.
    pub(super) fn put(&mut self, number: u64, ask: Ask) -> Option<Expected> {
        if self.asks.len() >= MOST {
            return None;
        }
        self.is_last = matches!(ask, Ask::Transcript(_));
        let ((fetched, is_fetched), (answer, is_answered)) =
            (oneshot::channel(), oneshot::channel());
        self.asks.push_back(Waiting { number, ask, fetched, answer });
        self.asked_at = Instant::now();
        self.news.notify_waiters();
        Some((is_fetched, is_answered))
    }

    /// Takes back what nobody fetched; false if it is not there.
    pub(super) fn withdraw(&mut self, number: u64) -> bool {
        let before = self.asks.len();
        self.asks.retain(|waiting| waiting.number != number);
        self.asks.len() < before
    }

    /// A turn of its worker begins, which brings answers.
    pub(super) fn come(&mut self, number: u64, turn: Turn) {
        for (number, answer) in turn.answers {
            if let Some(waiting) = self.answers.remove(&number) {
                // Who does not wait any more has no use for it.
                let _ = waiting.send(Reply { worker: turn.worker.clone(), answer });
            }
        }
        if !turn.is_busy {
            // It fetched them, and does not know of them: they were lost on the way.
            self.answers.clear();
        }
        (self.called_at, self.refused) = (None, None);
        (self.sent_away_at, self.sent_away) = (None, 0);
        self.turn = number;
        self.turns += 1;
        self.news.notify_waiters();
    }

    /// Whether the attempt is another worker's.
    pub(super) fn is_of_another(&self, worker: &str) -> bool {
        self.has.as_ref().is_some_and(|has| has != worker)
    }

    /// A turn ended.
    pub(super) fn go(&mut self) {
        self.turns = self.turns.saturating_sub(1);
        self.turned_at = Some(Instant::now());
    }

    /// What comes of this turn now.
    pub(super) fn next(
        &mut self,
        instance: &str,
        turn: u64,
        is_busy: bool,
        patience: Patience,
    ) -> Next {
        if self.instance.as_deref() != Some(instance) {
            return Next::Asked(OVER);
        }
        // Its worker has another line by now: on this one it hears nothing.
        if self.turn != turn {
            return Next::Asked(Asked::default());
        }
        if is_busy {
            return Next::Wait;
        }
        // Who waited for nothing would take up a line, and a place on its host.
        let idle = if self.is_last { patience.between } else { patience.idle };
        if self.asks.is_empty() && self.asked_at.elapsed() >= idle {
            self.end();
            return Next::Asked(OVER);
        }
        if self.worker.as_ref().is_some_and(|worker| self.is_of_another(worker)) {
            self.end();
            return Next::Asked(OVER);
        }
        let mut asks = Vec::new();
        while let Some(first) = self.asks.front() {
            if let Some(start) = first.start_for(self.worker.as_deref())
                && self.kept.as_ref() != Some(&start)
            {
                match asks.is_empty() {
                    true => return Next::Keep(start),
                    // What was laid down before it is asked before it.
                    false => break,
                }
            }
            let Some(waiting) = self.asks.pop_front() else { break };
            // Whoever asked may have gone meanwhile: then nobody asks.
            if waiting.fetched.send(()).is_ok() {
                // Whatever comes of it, only this one can say.
                if matches!(waiting.ask, Ask::Start(_)) {
                    self.has.clone_from(&self.worker);
                }
                self.answers.insert(waiting.number, waiting.answer);
                asks.push((waiting.number, waiting.ask));
            }
        }
        if asks.is_empty() { Next::Wait } else { Next::Asked(Asked { asks, is_over: false }) }
    }
}
