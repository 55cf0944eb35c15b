//! How attempts end that did not end by themselves, and what is left of them for the next one.

use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use timmy::agents::{Agent, AgentTask, FailureKind, Sighting, Speaker, command_agent};
use timmy::clock::{Clock, SystemClock};
use timmy::core::jobs::money::Usage;

use super::stage::{BRANCH, MENDED, Stage, does, end, result, said, start};
use crate::confinement::stage::{lives, long, staged};
use crate::support::clock::HOUR;
use crate::support::forge::DOOR;
use crate::support::process::{a_moment, until};

/// Begins to work, and never ends.
fn hangs(work: &str, long: &str) -> String {
    format!(
        "trap '' HUP INT TERM; {work}; setsid -f sleep {long}; echo '{{\"doing\":\"hangs\"}}'; \
         while true; do sleep {long}; done"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_stopped_or_late_is_gone_with_all_that_it_started() {
    drop(staged!());
    let stage = Stage::new().await;
    for is_stopped in [true, false] {
        let long = long();
        let agent = stage.agent(&hangs("echo oil > oil.md", &long));
        let handle = start(&agent, &stage.task()).await;
        does(&agent, &handle, "hangs").await;
        // It was begun by a process that did not wait for that.
        until("what it started lives", async || lives(&long)).await;
        let end = match is_stopped {
            true => {
                agent.stop(&handle).await.unwrap();
                end(&agent, &handle).await
            }
            false => {
                stage.clock.advance(HOUR);
                end(&agent, &handle).await
            }
        };
        match end {
            Sighting::Stopped(usage) if is_stopped => assert_eq!(usage, Usage::NONE),
            Sighting::Failed { kind: FailureKind::GaveUp, reason, .. } if !is_stopped => {
                assert_eq!(reason, "it did not finish within 60 minutes");
            }
            other => panic!("{other:?}"),
        }
        assert!(!lives(&long));
        assert_eq!(stage.head(), None);
        stage.assert_empty();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_restart_cut_off_is_what_the_next_attempt_begins_with() {
    drop(staged!());
    let mut stage = Stage::new().await;
    std::fs::create_dir(stage.path("template")).unwrap();
    stage.more = vec![("home", "template".into()), ("home_keep", ["key"].as_slice().into())];
    let long = long();
    let work = "echo 'fn turn() {}' > src/hinge.rs; git commit -qam 'Turn it'; echo oil > oil.md; \
                touch .git/index.lock; echo fresh > ~/key";
    let agent = stage.agent(&hangs(work, &long));
    let handle = start(&agent, &stage.task()).await;
    does(&agent, &handle, "hangs").await;
    drop(agent);
    while lives(&long) {
        a_moment().await;
    }

    // By a clock that moves while it looks through what was left.
    let mut options = stage.options(&format!("cat oil.md src/hinge.rs > seen.md; {MENDED}"));
    options.clock = Arc::new(SystemClock);
    let agent = command_agent(options);
    let request = agent.prepare(&stage.task());
    let found = agent.find(&request).await.unwrap().expect("it may have run");
    for handle in [handle, found] {
        assert_eq!(agent.follow(&handle).await, Ok(Sighting::CutOff(Usage::NONE)));
    }
    assert_eq!(std::fs::read_to_string(stage.path("template/key")).unwrap(), "fresh\n");
    let next = AgentTask { key: "ledger/j42/8".to_owned(), ..stage.task() };
    let handle = start(&agent, &next).await;
    result(&end(&agent, &handle).await);
    assert_eq!(stage.file("seen.md").as_deref(), Some("oil\nfn turn() {}\n"));
    assert_eq!(stage.messages().await.last().map(String::as_str), Some("Turn it\n"));
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_goes_on_where_the_default_branch_moved_meanwhile() {
    drop(staged!());
    let stage = Stage::new().await;
    let long = long();
    let agent = stage.agent(&hangs("echo oil > oil.md", &long));
    let handle = start(&agent, &stage.task()).await;
    does(&agent, &handle, "hangs").await;
    drop(agent);
    let files = [("lock.md", "a lock\n")];
    let base = stage.sandbox.commit("anna", DOOR, "main", &files, "A lock").unwrap();
    let agent = stage.agent(&format!("test -f oil.md && test ! -f lock.md && {MENDED}"));
    let next =
        AgentTask { key: "ledger/j42/8".to_owned(), base: base.parse().unwrap(), ..stage.task() };
    let handle = start(&agent, &next).await;
    result(&end(&agent, &handle).await);
    assert_eq!(stage.file("oil.md").as_deref(), Some("oil\n"));
    assert_eq!(stage.messages().await.len(), 1, "it follows on the commit that it began with");
    let notes = said(&agent, &handle, Speaker::Note).await;
    assert!(notes[0].contains("what the attempt before it had done"), "{notes:?}");
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_and_does_not_fit_any_more_is_dropped_and_said() {
    drop(staged!());
    let stage = Stage::new().await;
    let long = long();
    let agent = stage.agent(&hangs("echo oil > oil.md", &long));
    let handle = start(&agent, &stage.task()).await;
    does(&agent, &handle, "hangs").await;
    drop(agent);
    let files = [("lock.md", "a lock\n")];
    stage.sandbox.commit("anna", DOOR, BRANCH, &files, "A lock").unwrap();
    let agent = stage.agent(&format!("test ! -f oil.md && echo more > more.md; {MENDED}"));
    let next = AgentTask { key: "ledger/j42/8".to_owned(), ..stage.task() };
    let handle = start(&agent, &next).await;
    result(&end(&agent, &handle).await);
    assert_eq!(stage.file("lock.md").as_deref(), Some("a lock\n"));
    assert_eq!(stage.file("more.md").as_deref(), Some("more\n"));
    let notes = said(&agent, &handle, Speaker::Note).await;
    assert!(notes[0].contains("does not fit any more"), "{notes:?}");
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pushed_before_it_was_cut_off_is_kept_for_nobody() {
    drop(staged!());
    let stage = Stage::new().await;
    let agent = stage.agent(&format!("echo oil > oil.md; {MENDED}"));
    let handle = start(&agent, &stage.task()).await;
    result(&end(&agent, &handle).await);
    drop(agent);
    // As a kill right after the push leaves it.
    let mut records = std::fs::read_dir(stage.path("agent-runs/ezra/attempts")).unwrap();
    let record = records.next().unwrap().unwrap().path();
    let mut told: Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    let head = stage.head().unwrap();
    told["step"] =
        json!({ "pushing": { "commit": head, "title": "Oil it", "summary": "Silent." } });
    std::fs::write(&record, told.to_string()).unwrap();
    let job = Sha256::digest(format!("{DOOR} {BRANCH}"));
    let job: String = job[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let name = format!("{job}-{head}-{}", stage.clock.now().micros());
    std::fs::write(stage.path("agent-runs/ezra/kept").join(name), "").unwrap();

    let agent = stage.agent("true");
    result(&end(&agent, &handle).await);
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_comes_back_for_goes_without_a_restart() {
    drop(staged!());
    let stage = Stage::new().await;
    let agent = stage.agent("echo '{\"result\":{\"outcome\":\"no_change\",\"summary\":\"Why.\"}}'");
    result(&end(&agent, &start(&agent, &stage.task()).await).await);
    let job = "0".repeat(32);
    let kept =
        stage.path("agent-runs/ezra/kept").join(format!("{job}-{}", stage.clock.now().micros()));
    std::fs::write(&kept, "").unwrap();
    stage.clock.advance(HOUR * 24 * 8);
    let next = AgentTask { key: "ledger/j42/8".to_owned(), ..stage.task() };
    result(&end(&agent, &start(&agent, &next).await).await);
    stage.assert_empty();
    let records = std::fs::read_dir(stage.path("agent-runs/ezra/attempts")).unwrap().count();
    assert_eq!(records, 1, "only that of the attempt of a moment ago");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_comes_back_for_goes_after_a_week() {
    drop(staged!());
    let stage = Stage::new().await;
    let long = long();
    let agent = stage.agent(&hangs("echo oil > oil.md", &long));
    let handle = start(&agent, &stage.task()).await;
    does(&agent, &handle, "hangs").await;
    drop(agent);
    let kept = || std::fs::read_dir(stage.path("agent-runs/ezra/kept")).unwrap().count();
    assert!(stage.agent("true").follow(&handle).await.is_ok());
    assert_eq!(kept(), 1);
    stage.clock.advance(HOUR * 24 * 8);
    assert!(stage.agent("true").follow(&handle).await.is_ok());
    stage.assert_empty();
    assert_eq!(std::fs::read_dir(stage.path("agent-runs/ezra/attempts")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_began_is_not_found() {
    let stage = Stage::new().await;
    let agent = stage.agent("true");
    assert_eq!(agent.find(&agent.prepare(&stage.task())).await, Ok(None));
}
