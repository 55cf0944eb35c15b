//! Tickets: with one of them a worker proves that timmy sent for it, for one session.
//!
//! A session is about one attempt, or about how an agent is. Whoever reads what goes through Temporal
//! has its tickets as well; they are good for nothing else.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::Secret;

/// What is signed begins with this, so that nothing else that timmy signs is a ticket.
const PURPOSE: &str = "timmy worker ticket 1\n";

/// The longest ticket that is read, in bytes.
const LONGEST: usize = 512;

/// What sessions about attempts begin with.
const ATTEMPT: &str = "attempt/";

/// What a session about an attempt is called.
pub(super) fn attempt_session(key: &str) -> String {
    format!("{ATTEMPT}{key}")
}

/// The key of the attempt for which a worker was given this ticket, if it is for one. Whether it is
/// good, only timmy knows.
pub(super) fn attempt_of(ticket: &str) -> Option<&str> {
    ticket.splitn(3, ':').nth(2)?.strip_prefix(ATTEMPT)
}

/// Which session it is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticket {
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
#[derive(Clone)]
pub(super) struct Tickets(Hmac<Sha256>);

impl Tickets {
    /// Nobody makes them who does not know `secret`; what it is cannot be told by them.
    pub(super) fn new(secret: &Secret) -> Self {
        let secret: &[u8] = secret.as_ref();
        Self(Hmac::new_from_slice(secret).expect("a key of any length is good"))
    }

    /// As a worker shows it.
    pub(super) fn write(&self, ticket: &Ticket) -> String {
        let mac = base16ct::lower::encode_string(&self.mac(ticket).finalize().into_bytes());
        format!("{mac}:{}:{}", ticket.instance, ticket.session)
    }

    /// What `text` is good for; none if it is none of ours.
    pub(super) fn read(&self, text: &str) -> Option<Ticket> {
        if text.len() > LONGEST {
            return None;
        }
        let mut parts = text.splitn(3, ':');
        let (mac, instance, session) = (parts.next()?, parts.next()?, parts.next()?);
        let mut shown = [0; 32];
        let is_whole = base16ct::lower::decode(mac, &mut shown).ok()?.len() == shown.len();
        let ticket = Ticket { session: session.to_owned(), instance: instance.to_owned() };
        let is_ours = self.mac(&ticket).verify_slice(&shown).is_ok();
        (is_whole && is_ours).then_some(ticket)
    }

    fn mac(&self, ticket: &Ticket) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        // Neither holds a line break.
        mac.update(PURPOSE.as_bytes());
        mac.update(ticket.instance.as_bytes());
        mac.update(b"\n");
        mac.update(ticket.session.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use crate::temporal::ticket::*;

    #[test]
    fn a_ticket_is_good_for_its_session_alone() {
        let tickets = Tickets::new(&Secret::new("a-token").unwrap());
        let ticket = |session: &str, instance: &str| Ticket {
            session: session.to_owned(),
            instance: instance.to_owned(),
        };
        let ours = ticket("attempt/abcd-j1-1", "one");
        let text = tickets.write(&ours);
        assert_eq!(tickets.read(&text), Some(ours));
        assert!(!text.contains("a-token"));
        for forged in [
            text.replace("j1-1", "j1-2"),
            text.replace(":one:", ":two:"),
            text.replacen(&text[..4], "0000", 1),
            text[..63].to_owned(),
            String::new(),
            format!("{}:one:attempt/abcd-j1-1", "0".repeat(64)),
            format!("{text}{}", "x".repeat(LONGEST)),
        ] {
            assert_eq!(tickets.read(&forged), None, "{forged}");
        }
        let others = Tickets::new(&Secret::new("another-token").unwrap());
        assert_eq!(others.read(&text), None);
    }
}
