//! Brings spans to the collector, beside all else.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::collector::Collector;
use super::encode;
use super::error::OtlpError;
use super::outcome::SendOutcome;
use crate::config::OtlpConfig;
use crate::core::backoff::Backoff;
use crate::core::trace::Span;
use crate::tracer::SpanQueue;

/// Before a collector that is away or fails is tried again.
const PAUSE: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(60) };

/// How long a stop waits for what is not sent yet.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How often it is said at most that spans are lost although the collector takes some.
const LOSSES_SAID: Duration = Duration::from_secs(10 * 60);

/// Sends what comes out of a queue.
pub struct Exporter {
    collector: Collector,
    queue: SpanQueue,
    /// Whether the last batch was taken: what is so is said once.
    is_well: bool,
    /// When it was said last that spans are lost although the collector takes some.
    losses_said: Option<Instant>,
}

impl Exporter {
    /// # Errors
    /// If the headers of the configuration are none.
    pub fn new(config: &OtlpConfig, queue: SpanQueue) -> Result<Self, OtlpError> {
        Ok(Self { collector: Collector::new(config)?, queue, is_well: true, losses_said: None })
    }

    /// Sends what there is until `stop`, then what is left, as far as the collector takes it at once.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut begun = Vec::new();
        let ended = stop.run_until_cancelled(self.send_all(&mut begun)).await;
        if ended.is_none() {
            // A collector that hangs keeps nobody from ending.
            let _ = tokio::time::timeout(LAST_WORDS, self.send_rest(begun)).await;
        }
    }

    /// Ends only when nobody hands anything in any more. What is under way is in `begun`.
    async fn send_all(&mut self, begun: &mut Vec<Span>) {
        loop {
            self.queue.gather(begun).await;
            if begun.is_empty() {
                return;
            }
            match self.bring(begun).await {
                true => self.queue.sent(begun.len()),
                false => self.queue.refused(begun.len()),
            }
            begun.clear();
        }
    }

    async fn send_rest(&mut self, begun: Vec<Span>) {
        let mut batch = begun;
        loop {
            if !batch.is_empty() {
                let outcome = self.collector.send(encode::request(&batch)).await;
                self.note(&outcome, batch.len());
                match outcome {
                    SendOutcome::Taken | SendOutcome::Partly { .. } => self.queue.sent(batch.len()),
                    SendOutcome::Refused(_) | SendOutcome::Later { .. } => return,
                }
            }
            batch = self.queue.rest();
            if batch.is_empty() {
                return;
            }
        }
    }

    /// Until they are taken, or will never be: whether they were taken.
    async fn bring(&mut self, batch: &[Span]) -> bool {
        let request = encode::request(batch);
        let mut failures: u32 = 0;
        loop {
            let outcome = self.collector.send(request.clone()).await;
            self.note(&outcome, batch.len());
            let asked = match outcome {
                SendOutcome::Taken | SendOutcome::Partly { .. } => return true,
                SendOutcome::Refused(_) => {
                    // Nor will the next ones be, most likely.
                    tokio::time::sleep(PAUSE.first).await;
                    return false;
                }
                SendOutcome::Later { asked, .. } => asked,
            };
            failures = failures.saturating_add(1);
            tokio::time::sleep(pause(asked, failures, fastrand::f64())).await;
        }
    }

    /// Says what changed with a batch of so many spans.
    fn note(&mut self, outcome: &SendOutcome, count: usize) {
        let host = self.collector.host();
        match outcome {
            SendOutcome::Partly { rejected } => {
                // One batch may be taken whole and the next one not: that is no change.
                self.queue.dropped((*rejected).min(u64::try_from(count).unwrap_or(u64::MAX)));
            }
            SendOutcome::Taken if !self.is_well => {
                let dropped = self.queue.take_dropped();
                tracing::info!(collector = host, dropped, "traces are taken again");
                self.is_well = true;
            }
            SendOutcome::Refused(why) | SendOutcome::Later { why, .. } if self.is_well => {
                tracing::warn!(
                    collector = host,
                    why,
                    "traces are not taken: all else goes on; timmy doctor says more"
                );
                self.is_well = false;
            }
            SendOutcome::Taken => self.note_losses(),
            SendOutcome::Refused(_) | SendOutcome::Later { .. } => {}
        }
    }

    /// The collector is well, and may be too slow, or take some and not all.
    fn note_losses(&mut self) {
        if self.losses_said.is_some_and(|said| said.elapsed() < LOSSES_SAID) {
            return;
        }
        let dropped = self.queue.take_dropped();
        if dropped > 0 {
            tracing::warn!(
                collector = self.collector.host(),
                dropped,
                "traces were lost: the collector is too slow, or takes not all; its log may say why"
            );
            self.losses_said = Some(Instant::now());
        }
    }
}

/// How long it is until the next try, after so many failures. A collector that asks for less than that,
/// or for nothing, is not asked all the time.
fn pause(asked: Option<Duration>, failures: u32, chance: f64) -> Duration {
    asked.unwrap_or_default().max(PAUSE.pause(failures, chance))
}

/// Whether the collector takes what it is sent; else why not, and what to do. It is sent no span.
///
/// # Errors
/// If nothing can be sent at all.
pub async fn probe(config: &OtlpConfig) -> Result<Result<(), String>, OtlpError> {
    let collector = Collector::new(config)?;
    Ok(match collector.try_out(encode::request(&[])).await {
        SendOutcome::Taken | SendOutcome::Partly { .. } => Ok(()),
        SendOutcome::Refused(why) | SendOutcome::Later { why, .. } => Err(why),
    })
}

#[cfg(test)]
mod tests {
    use crate::otlp::exporter::*;
    use crate::tracer::Tracer;

    fn exporter() -> Exporter {
        let url = "http://127.0.0.1:1/v1/traces".parse().unwrap();
        let (_, queue) = Tracer::to_queue();
        Exporter::new(&OtlpConfig { url, headers: None }, queue).unwrap()
    }

    #[test]
    fn a_batch_that_is_taken_in_part_changes_nothing_and_is_counted() {
        let mut exporter = exporter();
        let later = SendOutcome::Later { asked: None, why: "it answers 503".to_owned() };
        for is_well in [true, false] {
            exporter.note(&SendOutcome::Partly { rejected: 3 }, 2);
            assert_eq!((exporter.is_well, exporter.queue.take_dropped()), (is_well, 2));
            exporter.note(&later, 2);
        }
    }

    #[test]
    fn what_is_lost_on_the_way_to_a_slow_collector_is_said_and_not_each_time() {
        let mut exporter = exporter();
        exporter.note(&SendOutcome::Taken, 1);
        assert!(exporter.losses_said.is_none());
        exporter.queue.dropped(5);
        exporter.note(&SendOutcome::Taken, 1);
        assert!(exporter.losses_said.is_some());
        exporter.queue.dropped(7);
        exporter.note(&SendOutcome::Taken, 1);
        assert_eq!(exporter.queue.take_dropped(), 7, "it is said later");
    }

    #[test]
    fn a_collector_that_asks_to_be_called_at_once_is_not() {
        let asked = |seconds| pause(Some(Duration::from_secs(seconds)), 1, 1.0).as_secs();
        assert_eq!([0, 1, 30].map(asked), [1, 1, 30]);
        assert_eq!(pause(Some(Duration::ZERO), 20, 1.0), pause(None, 20, 1.0));
        assert!(pause(Some(Duration::ZERO), 1, 0.0) >= PAUSE.first / 2);
    }
}
