//! What metrics tell of what people say, and of what comes to the webhook.

use crate::conversations::talk::talk_where;
use crate::support::clock::{MINUTE, SECOND};
use crate::support::config::Config;
use crate::support::delivery::Delivery;

fn watched(config: Config) -> Config {
    config.with("web.listen", "127.0.0.1:0")
}

#[tokio::test]
async fn texts_deliveries_and_requests_are_counted() {
    talk_where(watched, async |t| {
        let before = t.timmy.scrape().await;
        assert_eq!(before.of_sample("timmy_text_wait_seconds_count"), "0");
        assert_eq!(before.of_sample("timmy_ready"), "1");
        let taken = "timmy_webhook_deliveries_total{result=\"taken\"}";
        let taken_before: u64 = before.of_sample(taken).parse().unwrap();

        t.ask("walt", "/timmy ping").await;
        t.ignored("walt", "Nice door.").await;
        let forged =
            Delivery { signature: String::new(), ..Delivery::of(1, "walt", "/timmy ping") };
        assert_eq!(forged.send(t.timmy.webhook()).await, 401);
        // What was just committed counts a moment later.
        t.wait(SECOND * 30).await;

        let after = t.timmy.scrape().await;
        assert_eq!(after.of_sample("timmy_text_wait_seconds_count"), "1", "one was answered");
        assert_eq!(after.of_sample("timmy_text_wait_seconds_sum"), "0", "by a clock that stood");
        let taken_after: u64 = after.of_sample(taken).parse().unwrap();
        assert!(taken_after >= taken_before + 2, "{taken_before}, {taken_after}");
        assert_eq!(after.of_sample("timmy_webhook_deliveries_total{result=\"refused\"}"), "1");
        for empty in
            ["timmy_inbox_texts", "timmy_outbox_effects", "timmy_outbox_oldest_age_seconds"]
        {
            assert_eq!(after.of_sample(empty), "0", "{empty}");
        }
        let posted = "timmy_forge_requests_total{method=\"POST\",status=\"2xx\"}";
        assert!(after.of_sample(posted).parse::<u64>().unwrap() >= 2, "a claim and a reply");
        let again = t.timmy.scrape().await;
        assert_eq!(again.of_sample("timmy_text_wait_seconds_count"), "1", "and counts once");
    })
    .await;
}

/// Nobody outside learns from them what is said where.
#[tokio::test]
async fn labels_hold_names_of_the_configuration_and_nothing_else() {
    talk_where(watched, async |t| {
        t.ask("walt", "/timmy ping").await;
        let scrape = t.timmy.scrape().await;
        let allowed = [
            "agent", "kind", "outcome", "state", "basis", "result", "method", "status", "le",
            "version", "commit", "features",
        ];
        for (name, value) in scrape.labels() {
            assert!(allowed.contains(&name), "{name}");
            assert!(!value.contains("door") && !value.contains("foundation"), "{name}={value}");
            if name == "agent" {
                assert!(["ezra", "other"].contains(&value), "{value}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_forge_that_is_away_shows() {
    talk_where(watched, async |t| {
        t.wait(MINUTE).await;
        let well = t.timmy.scrape().await;
        assert_eq!(well.of_sample("timmy_poll_lag_seconds"), "0");
        t.sandbox.faults().down();
        t.wait(MINUTE * 3).await;
        let away = t.timmy.scrape().await;
        assert_eq!(away.of_sample("timmy_incidents_open{kind=\"forge_down\"}"), "1");
        let lag: f64 = away.of_sample("timmy_poll_lag_seconds").parse().unwrap();
        assert!(lag >= 180.0, "{lag}");
        t.sandbox.faults().up();
        t.wait(MINUTE * 10).await;
    })
    .await;
}
