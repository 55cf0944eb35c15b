//! Which worker is given the start of an attempt, as the ledger keeps it: before the worker has it, so that
//! whoever asks what came of it, also after a crash, asks that one and no other.

use crate::agents::{AgentCall, AgentTrouble};
use crate::store::{Error, Ledger, jobs};

/// Keeps that, and knows it again.
pub(super) trait Starts: Send + Sync {
    /// This worker is given the start of the attempt `key` next. Where that cannot be kept, it is not.
    fn keep<'a>(&'a self, key: &'a str, worker: &'a str) -> AgentCall<'a, ()>;

    /// The worker that was given it; none if nobody was, or that is not known.
    fn fetcher<'a>(&'a self, key: &'a str) -> AgentCall<'a, Option<String>>;
}

impl Starts for Ledger {
    fn keep<'a>(&'a self, key: &'a str, worker: &'a str) -> AgentCall<'a, ()> {
        let (asked, worker) = (key.to_owned(), worker.to_owned());
        Box::pin(async move {
            let write = self.write(move |tx| jobs::keep_start_fetcher(tx, &asked, &worker));
            match write.await.map_err(|error| unkept(&error))? {
                true => Ok(()),
                false => Err(AgentTrouble::Down("this attempt is over".to_owned())),
            }
        })
    }

    fn fetcher<'a>(&'a self, key: &'a str) -> AgentCall<'a, Option<String>> {
        let key = key.to_owned();
        Box::pin(async move {
            let read = self.read(move |conn| jobs::start_fetcher(conn, &key));
            read.await.map_err(|error| unkept(&error))
        })
    }
}

/// Keeps it for as long as a test runs.
#[cfg(test)]
#[derive(Default, Clone)]
pub(super) struct StartsInMemory(
    std::sync::Arc<std::sync::Mutex<std::collections::HashMap<String, String>>>,
);

#[cfg(test)]
impl StartsInMemory {
    pub(super) fn who(&self, key: &str) -> Option<String> {
        self.0.lock().unwrap().get(key).cloned()
    }
}

#[cfg(test)]
impl Starts for StartsInMemory {
    fn keep<'a>(&'a self, key: &'a str, worker: &'a str) -> AgentCall<'a, ()> {
        self.0.lock().unwrap().insert(key.to_owned(), worker.to_owned());
        Box::pin(async { Ok(()) })
    }

    fn fetcher<'a>(&'a self, key: &'a str) -> AgentCall<'a, Option<String>> {
        let who = self.who(key);
        Box::pin(async move { Ok(who) })
    }
}

fn unkept(error: &Error) -> AgentTrouble {
    tracing::warn!(%error, "the ledger does not say which worker has an attempt");
    AgentTrouble::Down("timmy cannot use its ledger".to_owned())
}
