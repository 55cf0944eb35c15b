//! What goes well: starts, looks, words, questions, stops, ends.

use timmy::agents::{
    Agent, AgentTrouble, Asking, FailureKind, Sighting, Speaker, Started, SteerOutcome,
};
use timmy::core::jobs::money::Tokens;
use timmy::sandbox::gateway::RunStatus;

use super::stage::{BOTH, NEW, OLD, Stage};

#[tokio::test]
async fn an_attempt_ends_with_its_last_words_and_what_it_used() {
    for version in BOTH {
        let stage = Stage::of(version).await;
        let run = stage.started("timmy:l:j1:a1", "all is done").await;
        stage.until(RunStatus::Completed).await;
        stage.gateway.bill("timmy-l-j1-a1", 2500);
        let Sighting::Ended(ending) = stage.end(&run).await else { panic!("no end") };
        assert_eq!(ending.text, "all is done");
        assert_eq!(ending.usage.tokens, Some(Tokens { input: 100, output: 10 }));
        assert_eq!(ending.usage.micro_usd, Some(2500));
        assert_eq!(stage.agent.usage(&run).await.unwrap(), ending.usage);
        let transcript = stage.agent.transcript(&run).await.unwrap();
        let told: Vec<(Speaker, &str)> =
            transcript.parts().0.iter().map(|e| (e.speaker, e.text.as_str())).collect();
        let call = (Speaker::ToolCall, "terminal {\"command\":\"ls\"}");
        let (asked, result) = ((Speaker::Asked, "all is done"), (Speaker::ToolResult, "a b"));
        assert_eq!(told, [asked, call, result, (Speaker::Agent, "all is done")]);
    }
}

#[tokio::test]
async fn what_it_is_and_can_is_told_by_itself() {
    for version in BOTH {
        let stage = Stage::of(version).await;
        let health = stage.agent.health().await.unwrap();
        let can = health.capabilities;
        assert_eq!(
            (can.keyed, can.steer, can.asking),
            (version == NEW, version == NEW, Asking::NotSeen)
        );
        assert!(health.refuses.is_none() && health.process.is_some() && health.version.is_some());
        stage.gateway.drain();
        let draining = stage.agent.health().await.unwrap();
        assert_eq!(draining.refuses.as_deref(), Some("its gateway is draining"));
        let refused = stage.agent.start(&stage.prepared("k", "x")).await.unwrap();
        let Started::Refused(AgentTrouble::Busy { until, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert!(until.is_some());
    }
}

#[tokio::test]
async fn what_it_does_is_heard_while_it_works() {
    for version in BOTH {
        let stage = Stage::of(version).await;
        let run = stage.started("k", "hang").await;
        loop {
            let Sighting::Working { doing, .. } = stage.seen(&run).await else { panic!() };
            if doing.as_deref() == Some("terminal: sleep 600") {
                break;
            }
            tokio::task::yield_now().await;
        }
        let (one, two) = (stage.seen(&run).await, stage.seen(&run).await);
        assert_eq!(one, two, "a sign of life from one that hangs");
    }
}

#[tokio::test]
async fn a_full_gateway_is_busy_and_nothing_was_started() {
    for version in BOTH {
        let stage = Stage::of(version).await;
        stage.started("a", "hang").await;
        stage.started("b", "hang").await;
        let refused = stage.agent.start(&stage.prepared("c", "hang")).await.unwrap();
        assert!(matches!(refused, Started::Refused(AgentTrouble::Busy { .. })), "{refused:?}");
        assert_eq!(stage.gateway.runs().len(), 2);
    }
}

#[tokio::test]
async fn words_reach_it_between_its_tools_or_are_given_back() {
    let stage = Stage::of(NEW).await;
    let run = stage.started("a", "listen").await;
    assert_eq!(stage.agent.steer(&run, "mind the hinge").await, Ok(SteerOutcome::Taken));
    let Sighting::Ended(ending) = stage.end(&run).await else { panic!() };
    assert_eq!((ending.text.as_str(), ending.unheard), ("I heard: mind the hinge", None));
    assert_eq!(stage.agent.steer(&run, "too late").await, Ok(SteerOutcome::NotNow));

    let run = stage.started("b", "ask").await;
    stage.until(RunStatus::WaitingForApproval).await;
    assert_eq!(stage.agent.steer(&run, "not now").await, Ok(SteerOutcome::NotNow));

    let old = Stage::of(OLD).await;
    let run = old.started("a", "hang").await;
    assert_eq!(old.agent.steer(&run, "hello").await, Err(AgentTrouble::Unsupported));
}

#[tokio::test]
async fn what_was_told_too_late_to_be_heard_comes_back() {
    let stage = Stage::of(NEW).await;
    let run = stage.started("a", "ask").await;
    stage.until(RunStatus::WaitingForApproval).await;
    stage.gateway.tell(&stage.gateway.runs()[0].id, "never delivered?");
    stage.agent.deny(&run).await.unwrap();
    let Sighting::Ended(ending) = stage.end(&run).await else { panic!() };
    assert_eq!(ending.unheard.as_deref(), Some("never delivered?"));
}

#[tokio::test]
async fn what_it_asks_is_denied_and_seen_to_be_asked() {
    for version in BOTH {
        let stage = Stage::of(version).await;
        let run = stage.started("a", "ask").await;
        stage.until(RunStatus::WaitingForApproval).await;
        let asks = loop {
            let Sighting::Asks { question, .. } = stage.seen(&run).await else { panic!() };
            // An old gateway tells the command only in its stream.
            if let Some(question) = question {
                break question;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(asks, "rm -rf ./junk (recursive delete)");
        assert!(stage.agent.health().await.unwrap().capabilities.asking == Asking::Seen);
        stage.agent.deny(&run).await.unwrap();
        let Sighting::Ended(ending) = stage.end(&run).await else { panic!() };
        assert_eq!(ending.text, "it was denied");
        stage.agent.deny(&run).await.unwrap();
    }
}

#[tokio::test]
async fn what_it_asks_is_allowed_once_and_nothing_else_is() {
    for version in BOTH {
        let stage = Stage::of(version).await;
        let run = stage.started("a", "ask").await;
        stage.until(RunStatus::WaitingForApproval).await;
        while !matches!(stage.seen(&run).await, Sighting::Asks { question: Some(_), .. }) {
            tokio::task::yield_now().await;
        }
        stage.agent.allow(&run, "rm -rf / (recursive delete)").await.unwrap();
        assert!(matches!(stage.seen(&run).await, Sighting::Asks { .. }), "that was not asked");
        stage.agent.allow(&run, "rm -rf ./junk (recursive delete)").await.unwrap();
        let Sighting::Ended(ending) = stage.end(&run).await else { panic!() };
        assert_eq!(ending.text, "removed");
    }
}

#[tokio::test]
async fn a_question_that_expired_is_work_again() {
    for version in BOTH {
        let stage = Stage::of(version).await;
        let run = stage.started("a", "ask").await;
        stage.until(RunStatus::WaitingForApproval).await;
        stage.gateway.expire(&stage.gateway.runs()[0].id);
        while let Sighting::Asks { .. } = stage.seen(&run).await {
            tokio::task::yield_now().await;
        }
        assert!(matches!(stage.seen(&run).await, Sighting::Working { .. }));
        stage.agent.deny(&run).await.unwrap();
    }
}

#[tokio::test]
async fn it_is_stopped_only_when_that_is_seen() {
    for version in BOTH {
        let stage = Stage::of(version).await;
        let run = stage.started("a", "hang").await;
        stage.agent.stop(&run).await.unwrap();
        assert!(matches!(stage.end(&run).await, Sighting::Stopped(_)));
        stage.agent.stop(&run).await.unwrap();

        let run = stage.started("b", "stubborn").await;
        stage.agent.stop(&run).await.unwrap();
        stage.agent.stop(&run).await.unwrap();
        let seen = stage.seen(&run).await;
        let Sighting::Working { doing, .. } = seen else { panic!("{seen:?}") };
        assert_eq!(doing.as_deref(), Some("stops"));
    }
}

#[tokio::test]
async fn failures_say_whose_they_are() {
    for version in BOTH {
        let stage = Stage::of(version).await;
        for (at, (prompt, kind)) in [
            ("HTTP 401: no such key", FailureKind::BadKey),
            ("HTTP 429: slow down", FailureKind::PoolSpent { until: None }),
            ("HTTP 500: out of order", FailureKind::Upstream),
        ]
        .into_iter()
        .enumerate()
        {
            let run = stage.started(&format!("k{at}"), prompt).await;
            let end = stage.end(&run).await;
            let Sighting::Failed { kind: seen, reason, .. } = end else { panic!("{end:?}") };
            assert_eq!((seen, reason.as_str()), (kind, prompt));
        }
        let run = stage.started("turns", "turns").await;
        match (version == NEW, stage.end(&run).await) {
            // An old one does not tell that its turns were over.
            (false, Sighting::Ended(_)) => {}
            (true, Sighting::Failed { kind: FailureKind::GaveUp, usage, .. }) => {
                assert_eq!(usage.tokens, Some(Tokens { input: 100, output: 10 }));
            }
            (_, other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn last_words_are_bounded_and_hold_no_secret() {
    let stage = Stage::of(NEW).await;
    let run = stage.started("a", "leak").await;
    let Sighting::Ended(ending) = stage.end(&run).await else { panic!() };
    assert_eq!(ending.text, "I used [secret]");
    let run = stage.started("b", "long").await;
    let Sighting::Ended(ending) = stage.end(&run).await else { panic!() };
    assert!(ending.text.len() <= 64 << 10 && ending.text.ends_with("\nresult: done"));
}

#[tokio::test]
async fn the_key_of_the_gateway_stands_in_nothing_that_is_stored() {
    let stage = Stage::of(NEW).await;
    let request = stage.prepared("a", "x");
    let run = stage.started("a", "x").await;
    let stored = format!(
        "{}{}",
        serde_json::to_string(&request).unwrap(),
        serde_json::to_string(&run).unwrap()
    );
    assert!(!stored.contains("gateway-key"), "{stored}");
    assert_eq!(stage.prepared("a", "x"), request);
}
