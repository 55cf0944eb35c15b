//! Tickets: with one of them a worker proves that timmy sent for it, for one session.
//!
//! A session is about one attempt, or about how an agent is. Whoever reads what goes through Temporal
//! has its tickets as well; they are good for nothing else, and not for ever: old ones lie in copies of
//! its database, and on machines that somebody else has by now.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::clock::Clock;
use crate::config::Secret;
use crate::core::model::time::Timestamp;

/// How long a ticket is good: as long as one session may last.
pub(super) const GOOD_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// What is signed begins with this, so that nothing else that timmy signs is a ticket.
const PURPOSE: &str = "timmy worker ticket 2\n";

/// The longest ticket that is read, in bytes.
const LONGEST: usize = 512;

/// What sessions about attempts begin with.
const ATTEMPT: &str = "attempt/";

/// Of how many parts a ticket is made.
const PARTS: usize = 5;

/// What a session about an attempt is called.
pub(super) fn attempt_session(key: &str) -> String {
    format!("{ATTEMPT}{key}")
}

/// The key of the attempt for which a worker was given this ticket, if it is for one. Whether it is
/// good, only timmy knows.
pub(super) fn attempt_of(ticket: &str) -> Option<&str> {
    ticket.splitn(PARTS, ':').nth(4)?.strip_prefix(ATTEMPT)
}

/// The agent that is to be asked by whoever was given this ticket. Whether it is good, only timmy knows.
pub(super) fn agent_of(ticket: &str) -> Option<&str> {
    ticket.split(':').nth(2)
}

/// Which session it is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticket {
    /// The agent that is asked in it.
    pub(super) agent: String,
    /// What the session is about.
    pub(super) session: String,
    /// Which of the sessions that were opened about that, one after the other.
    pub(super) instance: String,
}

impl Ticket {
    /// The key of the attempt that its session is about, if it is one.
    pub(super) fn attempt(&self) -> Option<&str> {
        self.session.strip_prefix(ATTEMPT)
    }
}

/// Makes tickets, and knows them again, also after a restart.
pub(super) struct Tickets {
    mac: Hmac<Sha256>,
    /// Says when one was made, and when it is good no more: timmy's own on both occasions.
    clock: Arc<dyn Clock>,
}

impl Tickets {
    /// Nobody makes them who does not know `secret`; what it is cannot be told by them.
    pub(super) fn new(secret: &Secret, clock: Arc<dyn Clock>) -> Self {
        let secret: &[u8] = secret.as_ref();
        let mac = Hmac::new_from_slice(secret).expect("a key of any length is good");
        Self { mac, clock }
    }

    /// As a worker shows it.
    pub(super) fn write(&self, ticket: &Ticket) -> String {
        let at = self.clock.now().micros();
        let mac = base16ct::lower::encode_string(&self.mac(ticket, at).finalize().into_bytes());
        format!("{mac}:{at}:{}:{}:{}", ticket.agent, ticket.instance, ticket.session)
    }

    /// What `text` is good for; none if it is none of ours, or too old.
    pub(super) fn read(&self, text: &str) -> Option<Ticket> {
        if text.len() > LONGEST {
            return None;
        }
        let mut parts = text.splitn(PARTS, ':');
        let (mac, at) = (parts.next()?, parts.next()?.parse::<i64>().ok()?);
        let mut next = || Some(parts.next()?.to_owned());
        let (agent, instance, session) = (next()?, next()?, next()?);
        let mut shown = [0; 32];
        let is_whole = base16ct::lower::decode(mac, &mut shown).ok()?.len() == shown.len();
        let ticket = Ticket { agent, session, instance };
        let is_ours = self.mac(&ticket, at).verify_slice(&shown).is_ok();
        (is_whole && is_ours && self.is_fresh(at)).then_some(ticket)
    }

    /// Also of a clock that was set back since nothing is good for longer.
    fn is_fresh(&self, made_at: i64) -> bool {
        let (made_at, now) = (Timestamp::from_micros(made_at), self.clock.now());
        made_at.since(now).max(now.since(made_at)) <= GOOD_FOR
    }

    fn mac(&self, ticket: &Ticket, at: i64) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        // None holds a line break.
        mac.update(PURPOSE.as_bytes());
        mac.update(at.to_string().as_bytes());
        mac.update(b"\n");
        mac.update(ticket.agent.as_bytes());
        mac.update(b"\n");
        mac.update(ticket.instance.as_bytes());
        mac.update(b"\n");
        mac.update(ticket.session.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use crate::clock::ManualClock;
    use crate::temporal::ticket::*;

    fn tickets(secret: &str, clock: &ManualClock) -> Tickets {
        Tickets::new(&Secret::new(secret).unwrap(), Arc::new(clock.clone()))
    }

    fn ours() -> Ticket {
        Ticket {
            agent: "ezra".to_owned(),
            session: "attempt/abcd-j1-1".to_owned(),
            instance: "one".to_owned(),
        }
    }

    #[test]
    fn a_ticket_is_good_for_its_session_alone() {
        let clock = ManualClock::at(Timestamp::from_micros(7_000_000));
        let tickets = tickets("a-token", &clock);
        let text = tickets.write(&ours());
        assert_eq!(tickets.read(&text), Some(ours()));
        assert_eq!((agent_of(&text), attempt_of(&text)), (Some("ezra"), Some("abcd-j1-1")));
        assert!(!text.contains("a-token"));
        for forged in [
            text.replace("j1-1", "j1-2"),
            text.replace(":one:", ":two:"),
            text.replace(":ezra:", ":bezalel:"),
            text.replace(":7000000:", ":7000001:"),
            text.replacen(&text[..4], "0000", 1),
            text[..63].to_owned(),
            String::new(),
            format!("{}:7000000:ezra:one:attempt/abcd-j1-1", "0".repeat(64)),
            format!("{text}{}", "x".repeat(LONGEST)),
        ] {
            assert_eq!(tickets.read(&forged), None, "{forged}");
        }
        let others = super::tests::tickets("another-token", &clock);
        assert_eq!(others.read(&text), None);
    }

    #[test]
    fn an_old_ticket_is_good_for_nothing() {
        let clock = ManualClock::at(Timestamp::from_micros(7_000_000));
        let tickets = tickets("a-token", &clock);
        let text = tickets.write(&ours());
        clock.advance(GOOD_FOR);
        assert_eq!(tickets.read(&text), Some(ours()));
        clock.advance(Duration::from_secs(1));
        assert_eq!(tickets.read(&text), None);
        // Nor is one that was made while the clock was days ahead.
        let ahead = tickets.write(&ours());
        let before = super::tests::tickets("a-token", &ManualClock::at(Timestamp::default()));
        assert_eq!(before.read(&ahead), None);
    }
}
