//! The tickets of attempts that a worker has: of each the one that timmy took last. One that timmy takes
//! no more stays until there is another one: a session may be over before what was made in it is handed in.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::ticket::attempt_of;

/// Of how many attempts: far more than run on one host.
const MOST: usize = 4096;

/// By the key of the attempt, the oldest first.
#[derive(Default)]
pub(super) struct HeldTickets(Mutex<VecDeque<(String, String)>>);

impl HeldTickets {
    /// Holds a ticket that timmy took, if it is one for an attempt.
    pub(super) fn hold(&self, ticket: &str) {
        let Some(key) = attempt_of(ticket) else { return };
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|(known, _)| known != key);
        held.push_back((key.to_owned(), ticket.to_owned()));
        while held.len() > MOST {
            held.pop_front();
        }
    }

    /// The ticket for the attempt `key`.
    pub(super) fn of(&self, key: &str) -> Option<String> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().find(|(known, _)| known == key).map(|(_, ticket)| ticket.clone())
    }
}

#[cfg(test)]
mod tests {
    use crate::temporal::held_tickets::*;

    #[test]
    fn the_last_one_of_each_attempt_is_held() {
        let held = HeldTickets::default();
        let ticket = |instance: u32, session: &str| format!("mac:0:ezra:{instance}:{session}");
        let (first, last) = (ticket(1, "attempt/a/j1/1"), ticket(2, "attempt/a/j1/1"));
        let other = ticket(1, "agent/ezra");
        for ticket in [first.as_str(), last.as_str(), other.as_str(), "nothing"] {
            held.hold(ticket);
        }
        assert_eq!(held.of("a/j1/1"), Some(last));
        assert_eq!(held.of("ezra"), None);
        for number in 0..MOST {
            held.hold(&ticket(1, &format!("attempt/b/j1/{number}")));
        }
        assert_eq!(held.of("a/j1/1"), None);
    }
}
