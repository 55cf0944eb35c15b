//! On a listener that can be reached from outside, what is not public has no name.

use super::html::Html;
use super::stage::site;

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
