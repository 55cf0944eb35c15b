//! `timmy simulate`, as a process beside a running timmy.

use timmy::store::matches;

use crate::matches::stage::{configuration, issue, with};
use crate::support::app::Timmy;
use crate::support::process::{self, Run};

fn simulate(timmy: &Timmy, arguments: &str) -> Run {
    let mut command = process::timmy(&timmy.path(""), &format!("simulate {arguments}"));
    Run::of(command.env("TIMMY_GITEA_TOKEN", "0123456789"))
}

/// An old issue and an urgent one, and a timmy that has decided about them.
async fn decided() -> Timmy {
    let mut timmy = with(vec![issue(1, "priority/p3", 300), issue(2, "priority/p1", 0)]).await;
    timmy.wake().await;
    timmy.stop().await;
    timmy
}

#[tokio::test]
async fn what_was_decided_comes_out_again() {
    let timmy = decided().await;
    let Run { code, out, .. } = simulate(&timmy, "");
    assert_eq!(
        (code, out.as_str()),
        (0, "1 stored decision replayed: each came out as it was made.\n")
    );
}

#[tokio::test]
async fn other_weights_move_issues_also_while_timmy_runs() {
    let mut timmy = decided().await;
    timmy.wake().await;
    let Run { code, out, err } = simulate(&timmy, "--weights urgency=0,age=0.45");
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("2 of 2 issues would move; 0 would go to another agent.\n\n"), "{out}");
    let row = out.lines().find(|line| line.starts_with("foundation/door#1")).unwrap();
    assert!(row.contains("2 -> 1") && row.ends_with("ezra"), "{row}");
    timmy.stop().await;
}

#[tokio::test]
async fn another_fleet_gets_the_issues_and_needs_no_secrets() {
    let timmy = decided().await;
    configuration()
        .without_agents()
        .agent("bezalel", ["coder"])
        .its("kind", "hermes")
        .its("url", "http://100.64.0.2:8642")
        .its("key_file", "/nowhere/bezalel.key")
        .its("capacity", 3)
        .write(&timmy.path("other.toml"));
    let Run { code, out, err } = simulate(&timmy, "--fleet other.toml --json");
    assert_eq!(code, 0, "{err}");
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&found["moved"], &found["reassigned"]), (&0.into(), &2.into()), "{found}");
    assert_eq!(found["changes"][0]["issue"], "foundation/door#2");
    assert_eq!(found["changes"][0]["before"]["agent"], "ezra");
    assert_eq!(found["changes"][0]["after"]["agent"], "bezalel");
}

#[tokio::test]
async fn the_same_fleet_changes_nothing() {
    let timmy = decided().await;
    configuration().write(&timmy.path("same.toml"));
    let Run { code, out, .. } = simulate(&timmy, "--fleet same.toml");
    assert_eq!(code, 0);
    assert!(out.starts_with("0 of 2 issues would move; 0 would go to another agent.\n"), "{out}");
}

#[tokio::test]
async fn a_decision_that_does_not_come_out_again_is_reported() {
    let timmy = decided().await;
    let forge = |tx: &timmy::store::Transaction<'_>| {
        let tick = matches::latest(tx)?.unwrap();
        let stored = matches::tick(tx, tick)?.unwrap();
        let mut forged = stored.choices;
        forged[0].winner.as_mut().unwrap().agent = "ruth".into();
        matches::add(tx, &stored.setting, &forged)
    };
    timmy.ledger().write(forge).await.unwrap();
    let Run { code, out, err } = simulate(&timmy, "");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("it was `ruth`") && err.contains("foundation/door#2"), "{err}");
}

#[tokio::test]
async fn nothing_decided_and_wrong_weights_are_told_apart() {
    let timmy = with(vec![]).await;
    let Run { code, err, .. } = simulate(&timmy, "");
    assert_eq!(code, 1);
    assert!(err.contains("nothing was decided yet"), "{err}");

    let timmy = decided().await;
    for (weights, why) in
        [("urgency=1", "sum to 1.65"), ("urgency=-1", "no weight"), ("x", "no weight")]
    {
        let Run { code, err, .. } = simulate(&timmy, &format!("--weights {weights}"));
        assert_eq!(code, 2, "{weights}");
        assert!(err.contains(why), "{weights}: {err}");
    }
    assert_eq!(simulate(&timmy, "--fleet nowhere.toml").code, 2);
}
