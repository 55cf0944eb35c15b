//! On a listener that can be reached from outside, what is not public has no name.

use timmy::agents::{AgentTrouble, FailureKind, Sighting};
use timmy::core::jobs::money::Usage;

use super::html::Html;
use super::stage::{Beside, page_of, site};
use crate::job_engine::stage::awake_where;
use crate::support::clock::MINUTE;

#[tokio::test]
async fn what_is_not_public_is_not_named_to_strangers() {
    let site = site().await;
    assert!(site.page("/").await.text().contains("foundation/vault"), "the owner knows");
    let outside = site.outside().await;
    let answer = outside.answer("/").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let lower = answer.body.to_lowercase();
    assert!(!lower.contains("vault"), "{}", answer.body);
    let page = Html::read(&answer.body);
    page.assert_accessible();
    for words in [
        "repositories that are not public are not named",
        "foundation/door#1",
        "not public",
        "why cannot be shown here: timmy doctor tells it",
    ] {
        assert!(page.text().contains(words), "{words} is missing: {}", page.text());
    }
    // It is counted all the same.
    assert!(page.text().contains(&site.hidden.to_string()));
    assert!(!page.links().contains(format!("/jobs/{}", site.hidden).as_str()));

    let hidden = outside.answer(&format!("/jobs/{}", site.hidden)).await;
    let missing = outside.answer("/jobs/j999").await;
    assert_eq!((hidden.status, hidden.body), (404, missing.body), "as if it were not there");
    site.stage.end().await;
}

#[tokio::test]
async fn what_agents_said_is_for_the_machines_owner() {
    let site = site().await;
    let outside = site.outside().await;
    let answer = outside.answer(&format!("/jobs/{}", site.claimed)).await;
    assert_eq!(answer.status, 200);
    let page = Html::read(&answer.body);
    page.assert_accessible();
    assert_eq!(page.all("pre").count(), 0);
    let there = format!("timmy jobs {} --log", site.claimed);
    assert!(page.text().contains(&there), "{}", page.text());
    site.stage.end().await;
}

/// Nor where they say what they do, why they failed, and why they take no work.
#[tokio::test]
async fn the_words_of_agents_stand_nowhere_else_either() {
    let stage = awake_where(|config| config.with("web.listen", "127.0.0.1:0")).await;
    let outside = Beside::outside(&stage).await;
    let job = stage.assign(1, Some("ezra")).await;
    stage.follow().await;
    let paths = ["/".to_owned(), format!("/jobs/{job}")];
    let own = page_of(&stage, &paths[1]).await;
    assert!(own.text().contains("reads door.rs"), "the owner knows: {}", own.text());
    for path in &paths {
        let answer = outside.answer(path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(!answer.body.contains("door.rs"), "{path}: {}", answer.body);
    }

    stage.bezalel.script().refuses = Some("the key of the vault is lost".to_owned());
    let (kind, reason) = (FailureKind::GaveUp, "ran out of hinges".to_owned());
    stage.ezra.goes(Sighting::Failed { kind, reason, usage: Usage::NONE });
    stage.pass(MINUTE * 2, MINUTE).await;
    let (all, one) = (page_of(&stage, &paths[0]).await, page_of(&stage, &paths[1]).await);
    assert!(all.text().contains("the key of the vault is lost"), "{}", all.text());
    assert!(one.text().contains("it failed: ran out of hinges"), "{}", one.text());
    for path in &paths {
        let answer = outside.answer(path).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        for words in ["the key of the vault", "hinges"] {
            assert!(!answer.body.contains(words), "{path}: {}", answer.body);
        }
        Html::read(&answer.body).assert_accessible();
    }
    let all = Html::read(&outside.answer(&paths[0]).await.body);
    assert!(all.text().contains("takes no work"), "{}", all.text());
    let one = Html::read(&outside.answer(&paths[1]).await.body);
    assert!(one.text().contains("it failed"), "{}", one.text());

    // What is wrong with it may be told in its words as well.
    stage.bezalel.script().trouble = Some(AgentTrouble::Down("ask for the hidden door".to_owned()));
    stage.pass(MINUTE * 2, MINUTE).await;
    let all = page_of(&stage, "/").await;
    assert!(all.text().contains("ask for the hidden door"), "{}", all.text());
    let answer = outside.answer("/").await;
    assert!(!answer.body.contains("hidden door"), "{}", answer.body);
    let all = Html::read(&answer.body);
    assert!(all.text().contains("Agent bezalel down; why cannot be shown"), "{}", all.text());
    stage.bezalel.script().trouble = None;
    stage.end().await;
}
