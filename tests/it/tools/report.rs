//! `timmy report`: written now where nobody else writes it, printed without touching anything.

use insta::assert_snapshot;
use timmy::core::command::verb::Verb;
use timmy::core::model::ids::{Subject, ThreadId};
use timmy::sandbox::{Fault, Matcher};
use timmy::store::audit::{self, AuditEntry};
use timmy::store::repos;

use crate::tools::stage::Stage;

const OFFICE: &str = "foundation/door";

/// A stage whose configuration names a report, with an hour that does not come while it plays.
async fn stage() -> Stage {
    let stage = Stage::at_noon().await;
    stage.configure(|config| config.with("report.repository", OFFICE).with("report.at", "23:59"));
    stage
}

/// Somebody gave a command, a moment ago.
async fn heard_a_command(stage: &Stage) {
    let repo = stage.sandbox.add_repo("foundation/hall", false).unwrap();
    let entry = AuditEntry {
        at: stage.now(),
        subject: Subject::Comment(1),
        thread: ThreadId { repo, number: 1 },
        actor: "walt".to_owned(),
        line: "/timmy ping".to_owned(),
        verb: Some(Verb::Ping),
        args: Default::default(),
        outcome: "done".to_owned(),
        answer: "Here.".to_owned(),
        effect: None,
    };
    let name = "foundation/hall".parse().unwrap();
    let hall = timmy::core::model::repository::Repo { id: repo, name, private: false };
    let write = stage.ledger().write(move |tx| {
        repos::remember(tx, &hall)?;
        audit::record(tx, &entry)
    });
    write.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_news_has_no_report() {
    let stage = stage().await;
    let run = stage.run("report");
    assert_eq!((run.code, run.out.as_str()), (0, "Nothing to say today.\n"), "{run:?}");
    assert!(stage.sandbox.is_open(OFFICE, 1).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_written_at_once_and_once() {
    let stage = stage().await;
    heard_a_command(&stage).await;
    for _ in 0..2 {
        let run = stage.run("report");
        let place = "http://forge/foundation/door/issues/1#issuecomment-1\n";
        assert_eq!((run.code, run.out.as_str()), (0, place), "{run:?}");
    }
    let days = stage.sandbox.comments(OFFICE, 1).unwrap();
    assert_eq!((days.len(), days[0].edits), (1, 0));
    assert!(days[0].body.contains("1 command by one person, done."));
    heard_a_command_again(&stage).await;
    assert_eq!(stage.run("report").code, 0);
    let days = stage.sandbox.comments(OFFICE, 1).unwrap();
    assert_eq!((days.len(), days[0].edits), (1, 1));
}

async fn heard_a_command_again(stage: &Stage) {
    let ledger = stage.ledger();
    let again = "INSERT INTO audit (at, subject_kind, subject_id, repo, number, actor, line, args,
                                    outcome, answer)
                 SELECT at, subject_kind, 2, repo, number, actor, line, args, outcome, answer
                 FROM audit";
    ledger.write(move |tx| Ok(tx.execute_batch(again)?)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_says_can_be_printed_beside_who_writes_it() {
    let stage = stage().await;
    heard_a_command(&stage).await;
    let held = stage.ledger();
    let run = stage.run("report --print");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.contains("\n\nNothing needs you. 1 command by one person, done.\n"), "{run:?}");
    let run = stage.run("report");
    assert_eq!(run.code, 0, "{run:?}");
    assert_snapshot!(run.out.split(" (").next().unwrap(), @"timmy serve");
    assert!(run.out.ends_with("runs, and keeps the report up to date.\n"));
    assert!(stage.sandbox.is_open(OFFICE, 1).is_err());
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_place_it_is_wrong_usage() {
    let stage = Stage::set().await;
    let run = stage.run("report");
    assert_eq!(run.code, 2, "{run:?}");
    assert_snapshot!(run.err.trim(), @"timmy: there is no [report] in the configuration: report.repository names its place");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forge_that_refuses_is_told() {
    let stage = stage().await;
    heard_a_command(&stage).await;
    stage.sandbox.archive(OFFICE, true).unwrap();
    let run = stage.run("report");
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("archived"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_was_put_off_is_tried_now() {
    let stage = stage().await;
    heard_a_command(&stage).await;
    assert_eq!(stage.run("report").code, 0);
    heard_a_command_again(&stage).await;
    let edit = Matcher::method_path("PATCH", "/issues/comments/");
    stage.sandbox.faults().next(edit, Fault::TooManyRequests { retry_after: 3000 });
    let run = stage.run("report");
    assert_eq!(run.code, 1, "{run:?}");
    let run = stage.run("report");
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(stage.sandbox.comments(OFFICE, 1).unwrap()[0].edits, 1);
}
