//! What a match knows of the agents beside their roles: where they may work, what they cost, what
//! may be spent.

use serde_json::json;
use timmy::core::scheduling::Rejection;
use timmy::store::matches;

use crate::matches::stage::{configuration, issue, with};
use crate::support::app::Timmy;
use crate::support::config::Config;

/// A timmy that has decided about one issue of the door, with an agent bezalel beside the two.
async fn decided(bezalel: impl FnOnce(Config) -> Config) -> Timmy {
    let mut timmy = with(vec![issue(1, "priority/p1", 3)]).await;
    timmy.config = bezalel(configuration().agent("bezalel", ["coder"]));
    timmy.wake().await;
    timmy
}

/// What an agent lacked to get that issue.
async fn lack(timmy: &Timmy, agent: &str) -> Option<Rejection> {
    let latest = timmy.read(|conn| matches::all(conn, matches::latest(conn)?.unwrap())).await;
    let lost = latest[0].others.iter().find(|lost| lost.agent == agent);
    lost.map(|lost| lost.lack)
}

#[tokio::test]
async fn of_equals_the_cheaper_gets_it() {
    let mut timmy = decided(|config| config).await;
    assert_eq!(timmy.given().await[0].1, "bezalel", "by name");
    timmy.stop().await;
    let free = json!({ "input": 0, "output": 0 });
    timmy.config = timmy.config.clone().agent("zoe", ["coder"]).its("price", free);
    timmy.wake().await;
    assert_eq!(timmy.given().await[0].1, "zoe", "nothing is cheaper");
    timmy.stop().await;
}

#[tokio::test]
async fn who_may_not_work_there_gets_nothing_there() {
    let mut timmy = decided(|config| config.its("repositories", ["foundation/window"])).await;
    assert_eq!(timmy.given().await[0].1, "ezra");
    assert_eq!(lack(&timmy, "bezalel").await, Some(Rejection::NoAccess));
    timmy.stop().await;
    timmy.config = timmy.config.clone().its("repositories", ["public"]);
    timmy.wake().await;
    assert_eq!(timmy.given().await[0].1, "bezalel");
    timmy.stop().await;
}

#[tokio::test]
async fn who_costs_more_than_may_be_spent_gets_nothing() {
    let price = json!({ "input": 1000, "output": 1000 });
    let dear = |config: Config| {
        config
            .its("kind", "openai")
            .its("url", "https://127.0.0.1:1/v1")
            .its("model", "llama")
            .its("max_tokens", 1_000_000)
            .its("price", price)
            .its("key_file", "s3cret")
    };
    let mut timmy = decided(dear).await;
    assert_eq!(lack(&timmy, "bezalel").await, Some(Rejection::Budget));
    timmy.stop().await;
}
