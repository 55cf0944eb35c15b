//! The turns of workers at the desk: each brings answers, and takes what is asked next.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Desk, DeskTable, Serving};
use crate::temporal::ask::{Asked, Turn};
use crate::temporal::other_worker::OtherWorker;
use crate::temporal::session::{Next, OVER, Session};
use crate::temporal::ticket::Ticket;

impl Desk {
    /// A worker begins to bring a turn. On a slow line that takes a while: it is there as long as what is
    /// returned. None if nobody waits for it here.
    pub(in crate::temporal) fn brings<'a>(&'a self, ticket: &'a Ticket) -> Option<Turning<'a>> {
        let mut table = self.table();
        let session = table.sessions.get_mut(&ticket.session)?;
        if session.instance.as_ref() != Some(&ticket.instance) {
            return None;
        }
        session.turns += 1;
        Some(Turning { desk: self, about: &ticket.session })
    }

    /// One turn of a worker: takes what it answers, and waits a while for what it is asked next. While
    /// it is busy it is asked nothing.
    ///
    /// # Errors
    /// If it is another worker that is served.
    pub(in crate::temporal) async fn turn(
        &self,
        ticket: &Ticket,
        turn: Turn,
    ) -> Result<Asked, OtherWorker> {
        let is_busy = turn.is_busy;
        let Some((number, news)) = self.come(ticket, turn)? else { return Ok(OVER) };
        let _there = Turning { desk: self, about: &ticket.session };
        let until = Instant::now() + self.patience.turn;
        loop {
            let notified = news.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            match self.next(ticket, number, is_busy).await {
                Next::Wait | Next::Keep(_) => {}
                Next::Asked(asked) => return Ok(asked),
            }
            tokio::select! {
                () = notified => {}
                () = tokio::time::sleep_until(until) => return Ok(Asked::default()),
            }
        }
    }

    /// A worker comes, with answers: the number of its turn. None if its session is over.
    fn come(&self, ticket: &Ticket, turn: Turn) -> Result<Option<(u64, Arc<Notify>)>, OtherWorker> {
        let mut table = self.table();
        if self.is_over_in(&table, ticket) {
            return Ok(None);
        }
        let DeskTable { sessions, serving, count } = &mut *table;
        let session = sessions.entry(ticket.session.clone()).or_insert_with(Session::new);
        session.instance.get_or_insert_with(|| ticket.instance.clone());
        session.agent.get_or_insert_with(|| ticket.agent.clone());
        if session.worker.get_or_insert_with(|| turn.worker.clone()) != &turn.worker {
            return Err(OtherWorker::HasTicket);
        }
        if session.is_of_another(&turn.worker) {
            session.send_away(OtherWorker::HasAttempt.to_string());
            return Err(OtherWorker::HasAttempt);
        }
        // Who has an attempt is asked about it, whoever serves by now.
        if let Some(agent) = session.agent.as_ref().filter(|_| session.has.is_none()) {
            let other = serving.get(agent).filter(|its| its.worker != turn.worker);
            if other.is_some_and(|other| other.seen_at.elapsed() < self.patience.serves) {
                // The call went to the wrong one: it is called again.
                let refused = OtherWorker::Serves(agent.clone());
                session.send_away(refused.to_string());
                return Err(refused);
            }
            let worker = turn.worker.clone();
            serving.insert(agent.clone(), Serving { worker, seen_at: Instant::now() });
        }
        *count += 1;
        session.come(*count, turn);
        Ok(Some((*count, session.news.clone())))
    }

    /// What comes of a turn now. A start is given to nobody before the ledger has who that is.
    async fn next(&self, ticket: &Ticket, turn: u64, is_busy: bool) -> Next {
        let next = self.looked(ticket, turn, is_busy);
        if !matches!(next, Next::Keep(_)) {
            return next;
        }
        // One after the other: who is kept last is who gets it.
        let _alone = self.keeping.lock().await;
        let start = match self.looked(ticket, turn, is_busy) {
            Next::Keep(start) => start,
            next => return next,
        };
        if let Err(trouble) = self.starts.keep(&start.key, &start.worker).await {
            tracing::warn!(key = start.key, %trouble, "a start is given to nobody");
            return Next::Wait;
        }
        if let Some(session) = self.table().sessions.get_mut(&ticket.session) {
            session.kept = Some(start);
        }
        self.looked(ticket, turn, is_busy)
    }

    fn looked(&self, ticket: &Ticket, turn: u64, is_busy: bool) -> Next {
        let mut table = self.table();
        match table.sessions.get_mut(&ticket.session) {
            Some(session) => session.next(&ticket.instance, turn, is_busy, self.patience),
            None => Next::Asked(OVER),
        }
    }

    fn go(&self, about: &str) {
        let mut table = self.table();
        let table = &mut *table;
        let Some(session) = table.sessions.get_mut(about) else { return };
        session.go();
        if let (Some(agent), Some(worker)) = (&session.agent, &session.worker)
            && let Some(its) = table.serving.get_mut(agent)
            && its.worker == *worker
        {
            its.seen_at = Instant::now();
        }
    }
}

/// A worker that is there for a turn.
pub(in crate::temporal) struct Turning<'a> {
    desk: &'a Desk,
    about: &'a str,
}

impl Drop for Turning<'_> {
    fn drop(&mut self) {
        self.desk.go(self.about);
    }
}
