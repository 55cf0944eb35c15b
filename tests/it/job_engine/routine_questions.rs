//! What a routine asks in the report is about work elsewhere: who answers there acts elsewhere.

use timmy::core::jobs::StateKind;

use super::routines::{DAILY, OFFICE, begins, reported, routine, said_in, says, stage};
use super::scripted::ended;
use super::stage::Stage;
use crate::support::clock::MINUTE;

/// Whoever may write approves, and the routine asks something in the report.
async fn asked() -> Stage {
    let stage =
        stage(|config| config.with("people.approvers", ["writers"]).and(&routine("oil", DAILY)))
            .await;
    reported(&stage).await;
    let job = begins(&stage).await;
    stage.ezra.goes(ended("timmy-result: {\"outcome\":\"blocked\",\"summary\":\"Which oil?\"}"));
    stage.follow().await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    stage
}

#[tokio::test]
async fn who_may_write_to_the_report_puts_no_yes_into_anybodys_mouth() {
    let stage = asked().await;
    let job = timmy::core::jobs::JobId(1);
    for line in ["/timmy answer d1 whale oil", "/timmy answer whale oil"] {
        stage.app.sandbox.comment("alexander", OFFICE, 1, line).unwrap();
        stage.pass(3 * MINUTE, MINUTE).await;
        let (_, body) = said_in(&stage, OFFICE, 1).pop().unwrap();
        assert!(body.starts_with("**Is this yours, @alexander?**"), "{line}: {body}");
        assert_eq!(stage.kind(job).await, StateKind::Deciding, "{line}");
    }
    stage.end().await;
}

#[tokio::test]
async fn who_answers_elsewhere_is_sent_to_where_it_is_asked() {
    let stage = asked().await;
    let issue = stage.app.sandbox.open_issue("alexander", OFFICE, "Oil", "Which?").unwrap();
    says(&stage, (OFFICE, issue), "/timmy answer d1 whale oil").await;
    let (_, body) = said_in(&stage, OFFICE, issue).pop().unwrap();
    assert!(body.contains("d1 is asked in \\#1: say it there"), "{body}");
    stage.end().await;
}
