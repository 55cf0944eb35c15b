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

fn unkept(error: &Error) -> AgentTrouble {
    tracing::warn!(%error, "the ledger does not say which worker has an attempt");
    AgentTrouble::Down("timmy cannot use its ledger".to_owned())
}

#[cfg(test)]
pub(super) mod in_memory {
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

    use crate::agents::AgentCall;
    use crate::temporal::starts::Starts;

    /// Keeps it for as long as a test runs.
    #[derive(Default, Clone)]
    pub(in crate::temporal) struct StartsInMemory(Arc<Mutex<HashMap<String, String>>>);

    impl StartsInMemory {
        pub(in crate::temporal) fn who(&self, key: &str) -> Option<String> {
            self.table().get(key).cloned()
        }

        fn table(&self) -> MutexGuard<'_, HashMap<String, String>> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    impl Starts for StartsInMemory {
        fn keep<'a>(&'a self, key: &'a str, worker: &'a str) -> AgentCall<'a, ()> {
            self.table().insert(key.to_owned(), worker.to_owned());
            Box::pin(async { Ok(()) })
        }

        fn fetcher<'a>(&'a self, key: &'a str) -> AgentCall<'a, Option<String>> {
            let who = self.who(key);
            Box::pin(async move { Ok(who) })
        }
    }
}
