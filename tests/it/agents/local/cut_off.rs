//! How attempts end that did not end by themselves, and what is left of them for the next one.

use timmy::agents::{Agent, AgentTask, FailureKind, Sighting};
use timmy::core::jobs::money::Usage;

use super::stage::{MENDED, Stage, does, end, result, start};
use crate::confinement::stage::{lives, long, staged};
use crate::support::clock::HOUR;

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
        assert!(lives(&long));
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
        tokio::task::yield_now().await;
    }

    let agent = stage.agent(&format!("cat oil.md src/hinge.rs > seen.md; {MENDED}"));
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
async fn what_nobody_comes_back_for_goes_after_a_week() {
    drop(staged!());
    let stage = Stage::new().await;
    let long = long();
    let agent = stage.agent(&hangs("echo oil > oil.md", &long));
    let handle = start(&agent, &stage.task()).await;
    does(&agent, &handle, "hangs").await;
    drop(agent);
    let kept = || std::fs::read_dir(stage.path("agents/ezra/kept")).unwrap().count();
    assert!(stage.agent("true").follow(&handle).await.is_ok());
    assert_eq!(kept(), 1);
    stage.clock.advance(HOUR * 24 * 8);
    assert!(stage.agent("true").follow(&handle).await.is_ok());
    stage.assert_empty();
    assert_eq!(std::fs::read_dir(stage.path("agents/ezra/attempts")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_began_is_not_found() {
    let stage = Stage::new().await;
    let agent = stage.agent("true");
    assert_eq!(agent.find(&agent.prepare(&stage.task())).await, Ok(None));
}
