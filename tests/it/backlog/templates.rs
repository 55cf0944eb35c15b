//! What an issue template says, whoever opens an issue with it did not write.

use timmy::core::scheduling::Readiness;

use crate::backlog::stage::{REPO, Via, awake, without_timmy};
use crate::support::app::App;
use crate::support::clock::{HOUR, MINUTE};

const TEMPLATE: &str = "\
## What happened

Please tell us here, in whole sentences, what you did, and what happened then.

## Expected

What you expected, as far as you expected anything.

- [ ] I looked into `docs/known.md` before
";

/// How ready the issues of the first repository are, the oldest first.
async fn readiness(stage: &App) -> Vec<Readiness> {
    stage.facts().await.iter().map(|facts| facts.readiness).collect()
}

fn filled() -> String {
    TEMPLATE.replace(
        "Please tell us here, in whole sentences, what you did, and what happened then.",
        "The door opens by itself as soon as it rains.",
    )
}

#[tokio::test]
async fn what_a_template_says_makes_nothing_ready() {
    let mut stage = without_timmy(1, 0).await;
    stage.sandbox.add_template(REPO, "", TEMPLATE).unwrap();
    stage.sandbox.open_issue("anna", REPO, "Zon VITAL", TEMPLATE).unwrap();
    stage.sandbox.open_issue("anna", REPO, "The door", &filled()).unwrap();
    stage.clock.advance(HOUR);
    stage.wake().await;
    let said = Readiness { scope: true, ..Readiness::default() };
    assert_eq!(readiness(&stage).await, [Readiness::default(), said]);

    stage.sandbox.open_issue("anna", REPO, "Zon, still VITAL", TEMPLATE).unwrap();
    stage.wait(MINUTE).await;
    assert_eq!(readiness(&stage).await[2], Readiness::default());
    stage.timmy.stop().await;
    stage.sandbox.open_issue("anna", REPO, "Zon, ever so VITAL", TEMPLATE).unwrap();
    stage.wake().await;
    assert_eq!(readiness(&stage).await[3], Readiness::default(), "it remembers the template");
}

#[tokio::test]
async fn a_webhook_brings_what_is_judged_by_the_template_as_well() {
    let stage = awake(1, 0, Via::Webhooks).await;
    stage.sandbox.add_template(REPO, "", TEMPLATE).unwrap();
    stage.sandbox.open_issue("anna", REPO, "Zon VITAL", TEMPLATE).unwrap();
    stage.catch_up(Via::Webhooks).await;
    stage.wait(MINUTE).await;
    assert_eq!(readiness(&stage).await, [Readiness::default()]);
    stage.sandbox.open_issue("anna", REPO, "Zon, still VITAL", TEMPLATE).unwrap();
    stage.catch_up(Via::Webhooks).await;
    assert_eq!(readiness(&stage).await[1], Readiness::default(), "at once");
}

#[tokio::test]
async fn templates_are_asked_for_once_a_day_and_only_where_issues_look_like_one() {
    let mut stage = without_timmy(3, 4).await;
    stage.sandbox.open_issue("anna", REPO, "The door", &filled()).unwrap();
    stage.clock.advance(HOUR);
    stage.wake().await;
    let asked = |stage: &App| {
        let requests = stage.sandbox.requests().into_iter();
        requests.filter(|request| request.path.ends_with("/issue_templates")).count()
    };
    assert_eq!(asked(&stage), 1);
    for _ in 0..23 {
        stage.wait(HOUR).await;
    }
    assert_eq!(asked(&stage), 1);
    // It was given a template.
    stage.sandbox.add_template(REPO, "", &filled()).unwrap();
    stage.wait(2 * HOUR).await;
    assert_eq!(asked(&stage), 2);
    assert_eq!(readiness(&stage).await[4], Readiness::default());
}
