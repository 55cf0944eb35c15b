//! When deliveries last came: how `timmy doctor` sees, beside a running `serve`, that the forge
//! reaches it.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;

use crate::core::model::time::Timestamp;
use crate::gitea::PROBE_EVENT;
use crate::store::{Connection, Error, Ledger, meta};

pub use crate::store::delivery_log::{DeliveryKind, DeliveryLog, RefusedDeliveries};

/// The same is noted again after so long at the soonest, so that it costs nothing.
const PAUSE: Duration = Duration::from_secs(1);

/// Names of events are shorter.
const LONGEST_NAME: usize = 40;

impl DeliveryKind {
    /// What a delivery of `event` is, whose signature is good or not, and which came `from` there.
    /// None if it is no delivery of the forge's: timmy's own knock, and what says of no event, such
    /// as a scanner's call.
    pub fn of(event: &str, is_good: bool, from: Option<IpAddr>) -> Option<Self> {
        let is_name = (1..=LONGEST_NAME).contains(&event.len())
            && event.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        match is_good {
            _ if !is_name || event == PROBE_EVENT => None,
            true => Some(Self::Signed(event.to_owned())),
            false => Some(Self::Refused(from)),
        }
    }
}

impl DeliveryLog {
    /// What `serve` noted in the ledger; nothing if it never heard anything.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn read(conn: &Connection) -> Result<Self, Error> {
        Ok(meta::get(conn, meta::DELIVERIES)?.unwrap_or_default())
    }
}

/// Writes arrivals into the ledger, each kind at most once a second.
#[derive(Debug, Default)]
pub(super) struct DeliveryRecorder(Mutex<Notes>);

#[derive(Debug, Default)]
struct Notes {
    /// What was written, as far as this process knows.
    written: DeliveryLog,
    /// What came since.
    unwritten: DeliveryLog,
}

impl DeliveryRecorder {
    /// Notes one that comes `now`, if it is one.
    pub(super) async fn take(
        &self,
        ledger: &Ledger,
        arrival: Option<DeliveryKind>,
        now: Timestamp,
    ) {
        let Some(news) = self.news(arrival, now) else { return };
        let noted = ledger.write(move |tx| {
            let mut arrivals = DeliveryLog::read(tx)?;
            arrivals.append(news, now);
            meta::set(tx, meta::DELIVERIES, &arrivals)
        });
        if let Err(error) = noted.await {
            tracing::warn!(%error, "arrival of a webhook could not be stored");
        }
    }

    /// What is to be written: nothing if the same was within the last second. What is refused
    /// meanwhile is counted, and written with whatever comes next.
    fn news(&self, arrival: Option<DeliveryKind>, now: Timestamp) -> Option<DeliveryLog> {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = match &arrival {
            Some(arrival) => notes.written.last(arrival),
            None => notes.written.refused,
        };
        let is_too_soon = last.is_some_and(|last| now.since(last) < PAUSE);
        match arrival {
            Some(DeliveryKind::Signed(_)) if is_too_soon => {}
            Some(arrival) => notes.unwritten.add(arrival, now),
            None => {}
        }
        if is_too_soon || notes.unwritten == DeliveryLog::default() {
            return None;
        }
        let news = std::mem::take(&mut notes.unwritten);
        notes.written.append(news.clone(), now);
        Some(news)
    }
}

/// From where a request comes.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// From where what `peer` passes on comes: a proxy on this machine is believed.
pub fn source(peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = peer?.to_canonical();
    let passed_on = || {
        let all = headers.get_all("X-Forwarded-For").iter().next_back()?.to_str().ok()?;
        all.rsplit(',').next()?.trim().parse().ok()
    };
    if peer.is_loopback() { passed_on().or(Some(peer)) } else { Some(peer) }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use crate::web::delivery_log::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    fn signed(event: &str) -> Option<DeliveryKind> {
        DeliveryKind::of(event, true, None)
    }

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn the_same_is_news_once_a_second() {
        let notes = DeliveryRecorder::default();
        let is_news = |arrival, millis| notes.news(arrival, at(millis)).is_some();
        assert!(is_news(signed("push"), 10_000));
        assert!(!is_news(signed("push"), 10_999));
        assert!(is_news(signed("issues"), 10_999));
        assert!(is_news(Some(DeliveryKind::Refused(None)), 10_999));
        assert!(is_news(signed("push"), 11_000));
    }

    #[test]
    fn what_is_refused_within_a_second_is_counted_all_the_same() {
        let notes = DeliveryRecorder::default();
        let count = |news: Option<DeliveryLog>| news.map(|news| news.refused_from[&HERE].count);
        let refused = || Some(DeliveryKind::Refused(Some(HERE)));
        assert_eq!(count(notes.news(refused(), at(10_000))), Some(1));
        assert_eq!(notes.news(refused(), at(10_100)), None);
        assert_eq!(notes.news(refused(), at(10_200)), None);
        assert_eq!(notes.news(None, at(10_300)), None);
        assert_eq!(count(notes.news(None, at(11_000))), Some(2));
        assert_eq!(notes.news(None, at(12_000)), None);
    }

    #[test]
    fn only_what_the_forge_may_have_sent_counts() {
        let refused = Some(DeliveryKind::Refused(Some(HERE)));
        assert_eq!(DeliveryKind::of("push", false, Some(HERE)), refused);
        for other in [PROBE_EVENT, "", "Push", &"x".repeat(1000)] {
            assert_eq!(DeliveryKind::of(other, false, None), None, "{other}");
            assert_eq!(DeliveryKind::of(other, true, None), None, "{other}");
        }
    }

    #[test]
    fn a_proxy_on_this_machine_tells_for_whom_it_calls() {
        let headers = HeaderMap::from_iter([(
            "x-forwarded-for".parse().unwrap(),
            "10.0.0.1, 203.0.113.7".parse().unwrap(),
        )]);
        let stranger = IpAddr::from([203, 0, 113, 7]);
        let other = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(source(Some(HERE), &headers), Some(stranger));
        assert_eq!(source(Some(other), &headers), Some(other));
        assert_eq!(source(Some(HERE), &HeaderMap::new()), Some(HERE));
    }
}
