//! What comes of an attempt: a branch, commits and a pull request by the agent's account, or nothing.

use timmy::agents::{
    Agent, AgentTask, FailureKind, LocalOptions, Sighting, Speaker, command_agent,
};
use timmy::core::jobs::evidence::read_result;
use timmy::core::jobs::money::{Tokens, Usage};
use timmy::core::jobs::{NeverRan, Purpose};
use timmy::sandbox::{Fault, Gate, Matcher};

use super::stage::{BRANCH, MENDED, Stage, end, reason, result, said, start};
use crate::confinement::stage::{lives, long, staged};
use crate::support::clock::{HOUR, MINUTE};
use crate::support::forge::DOOR;
use crate::support::process::a_moment;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_uncommitted_becomes_a_commit_and_a_pull_request() {
    drop(staged!());
    let stage = Stage::new().await;
    let script = format!(
        r#"read -r task; echo "$task" > /tmp/task; echo '{{"doing":"mends the hinge"}}'
        echo '{{"usage":{{"input_tokens":50,"output_tokens":7}}}}'
        echo '{{"say":"my secret is correct horse battery"}}'; echo "$task"
        echo 'fn turn() {{}}' > src/hinge.rs; echo oil > oil.md; {MENDED}"#
    );
    let agent = stage.agent(&script);
    let handle = start(&agent, &stage.task()).await;
    let end = end(&agent, &handle).await;
    let result = result(&end);
    assert_eq!(result["commit"].as_str(), stage.head().as_deref());
    assert_eq!(stage.file("src/hinge.rs").as_deref(), Some("fn turn() {}\n"));
    assert_eq!(stage.file("oil.md").as_deref(), Some("oil\n"));
    let expected = "Mend the hinge\n\nIt is silent now.\n\nTimmy-Attempt: ledger/j42/7\n";
    assert_eq!(stage.messages().await, [expected]);
    let number = result["pull"].as_i64().unwrap();
    let pull = stage.ezra.pull(&DOOR.parse().unwrap(), number).await.unwrap().unwrap();
    assert_eq!((pull.title.as_str(), pull.base_branch.as_str()), ("Mend the hinge", "main"));
    assert_eq!(pull.author.map(|author| author.login).as_deref(), Some("ezra"));
    let usage = agent.usage(&handle).await.unwrap();
    assert_eq!(usage.tokens, Some(Tokens { input: 50, output: 7 }));
    let told = &said(&agent, &handle, Speaker::ToolResult).await[0];
    for part in [r#""version":1"#, r#""prompt":"Mend the hinge.""#, BRANCH, r#""purpose":"code""#] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(said(&agent, &handle, Speaker::Agent).await[0], "my secret is [secret]");
    stage.assert_empty();
    // After a restart it is told the same.
    let after = stage.agent(&script).follow(&handle).await.unwrap();
    assert_eq!(super::stage::result(&after), result);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_own_commits_come_as_they_are_and_a_repair_goes_on_from_them() {
    drop(staged!());
    let stage = Stage::new().await;
    let script = "echo 'fn turn() {}' > src/hinge.rs; git commit -qam 'Turn the hinge'; \
                  git log --format='%an' -1 >&2; echo oil > oil.md; git add oil.md; \
                  git commit -qm 'Oil it'; \
                  echo '{\"result\":{\"outcome\":\"pull_request\",\"summary\":\"Done.\"}}'";
    let first = result(&stage.end_of(script).await);
    assert_eq!(stage.messages().await, ["Oil it\n", "Turn the hinge\n"]);
    let number = first["pull"].as_i64().unwrap();
    let pull = stage.ezra.pull(&DOOR.parse().unwrap(), number).await.unwrap().unwrap();
    assert_eq!(pull.title, "Turn the hinge");

    let agent = stage.agent(&format!("test -f oil.md && echo more >> oil.md; {MENDED}"));
    let repair = AgentTask {
        key: "ledger/j42/8".to_owned(),
        purpose: Purpose::Repair,
        pull: Some(number),
        base: first["commit"].as_str().unwrap().parse().unwrap(),
        ..stage.task()
    };
    let handle = start(&agent, &repair).await;
    let second = result(&end(&agent, &handle).await);
    assert_eq!(second["pull"], first["pull"]);
    assert_eq!(stage.messages().await.len(), 3);
    assert_eq!(stage.file("oil.md").as_deref(), Some("oil\nmore\n"));
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changed_nothing_is_believed_and_nothing_is_pushed() {
    drop(staged!());
    let stage = Stage::new().await;
    for outcome in ["no_change", "blocked", "comment"] {
        let line = format!(r#"{{"result":{{"outcome":"{outcome}","summary":"Why."}}}}"#);
        let result = result(&stage.end_of(&format!("echo '{line}'; exit 3")).await);
        assert_eq!((&result["outcome"], &result["summary"]), (&outcome.into(), &"Why.".into()));
    }
    let claimed = result(&stage.end_of(MENDED).await);
    assert!(claimed.get("commit").is_none(), "{claimed}");
    assert_eq!(stage.head(), None);
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_blocked_goes_on_with_its_changes_where_these_are_its_result() {
    drop(staged!());
    let stage = Stage::new().await;
    let blocked =
        r#"echo oil > oil.md; echo '{"result":{"outcome":"blocked","summary":"Which oil?"}}'"#;
    let looks = r#"test -f oil.md && found=kept || found=gone
        echo '{"result":{"outcome":"comment","summary":"'$found'"}}'"#;
    let mut fence = 1..;
    for (purpose, found) in [(Purpose::Research, "gone"), (Purpose::Code, "kept")] {
        for (script, outcome, summary) in
            [(blocked, "blocked", "Which oil?"), (looks, "comment", found)]
        {
            let agent = stage.agent(script);
            let key = format!("ledger/j42/{}", fence.next().unwrap());
            let task = AgentTask { key, purpose, ..stage.task() };
            let handle = start(&agent, &task).await;
            let result = result(&end(&agent, &handle).await);
            let said = (&result["outcome"], &result["summary"]);
            assert_eq!(said, (&outcome.into(), &summary.into()), "{purpose:?}");
        }
    }
    assert_eq!(stage.head(), None);
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_outlives_an_attempt_that_never_began() {
    drop(staged!());
    let mut stage = Stage::new().await;
    let blocked =
        r#"echo oil > oil.md; echo '{"result":{"outcome":"blocked","summary":"Which oil?"}}'"#;
    result(&stage.end_of(blocked).await);
    stage.more = vec![("command", ["no-such-program"].as_slice().into())];
    let agent = stage.agent("");
    let next = AgentTask { key: "ledger/j42/8".to_owned(), ..stage.task() };
    match end(&agent, &start(&agent, &next).await).await {
        Sighting::Failed { kind: FailureKind::NeverBegan(NeverRan::NoProgram), reason, .. } => {
            assert!(reason.contains("there is no program no-such-program"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    stage.more.clear();
    let agent = stage.agent(&format!("test -f oil.md && {{ {MENDED}; }}"));
    let next = AgentTask { key: "ledger/j42/9".to_owned(), ..stage.task() };
    result(&end(&agent, &start(&agent, &next).await).await);
    assert_eq!(stage.file("oil.md").as_deref(), Some("oil\n"));
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_stopped_while_its_repository_is_fetched_never_began() {
    drop(staged!());
    let (stage, gate) = (Stage::new().await, Gate::new());
    let git = Matcher::method_path("GET", "info/refs");
    stage.sandbox.faults().next(git, Fault::Late(gate.clone()));
    let agent = stage.agent(MENDED);
    let handle = start(&agent, &stage.task()).await;
    gate.reached().await;
    agent.stop(&handle).await.unwrap();
    let end = end(&agent, &handle).await;
    assert!(
        matches!(end, Sighting::Failed { kind: FailureKind::NeverBegan(NeverRan::Stopped), .. }),
        "{end:?}"
    );
    gate.open();
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ends_badly_without_a_result_has_failed_with_its_last_words() {
    drop(staged!());
    let stage = Stage::new().await;
    let end = stage.end_of("echo oil > oil.md; echo no such key >&2; exit 7").await;
    assert_eq!(reason(end), "it ended with 7 and gave no result: no such key");
    let reason = reason(stage.end_of("kill -9 $$").await);
    assert!(reason.starts_with("it ended with 137"), "{reason}");
    assert_eq!(stage.head(), None);
    stage.assert_empty();
}

/// Begins what has nothing in common with what there is, and brings it in without any of its files.
const ORPHAN: &str = "git checkout -q --orphan other; git rm -rfq .";
const JOIN: &str = "git checkout -qf timmy/41-j42; git merge -q -s ours --allow-unrelated-histories \
                    -m Join other; echo oil > oil.md";

/// Begins a merge.
const MERGE: &str = "git checkout -qb other; git commit -q --allow-empty -m Other; git checkout -q -; \
                     git commit -q --allow-empty -m Own; git merge -q --no-commit --no-ff other";

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_be_pushed_is_not() {
    drop(staged!());
    let stage = Stage::new().await;
    let key = format!("ghp_{}", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5");
    let cases = [
        (format!("echo {key} > key"), "a secret would have been"),
        (format!("echo {key} > key; git add key; git commit -qm Try; git rm -q key"), "a secret"),
        (format!("echo x > x; git add x; git commit -qm 'With {key}'"), "a secret"),
        (format!("echo '{key}' > logo.png; echo 'logo.png binary' > .gitattributes"), "a secret"),
        (
            format!("{ORPHAN}; echo {key} > key; git add key; git commit -qm Root; {JOIN}"),
            "a secret",
        ),
        (
            format!("{MERGE}; echo {key} > key; git add key; git commit -qm Join; git rm -q key"),
            "a secret",
        ),
        ("git commit -q --amend -m 'Another door'".to_owned(), "follow on"),
        ("truncate -s 300M film".to_owned(), "film is larger than"),
        ("head -c 10M /dev/urandom > film".to_owned(), "nobody can look through"),
        ("rm -rf .git; git init -q; echo x > x".to_owned(), "cannot be committed"),
        ("for n in $(seq 501); do git commit -q --allow-empty -m $n; done".to_owned(), "more than"),
    ];
    for (script, expected) in cases {
        let reason = reason(stage.end_of(&format!("{script}; {MENDED}")).await);
        assert!(reason.contains(expected) && !reason.contains(&key), "{script}: {reason}");
        assert_eq!(stage.head(), None, "{script}");
        stage.assert_empty();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workflow_files_are_not_pushed_and_the_work_is_kept() {
    drop(staged!());
    for folder in [".gitea", ".github", ".forgejo"] {
        let stage = Stage::new().await;
        let file = format!("{folder}/workflows/ci.yml");
        let script = format!(
            "mkdir -p {folder}/workflows; echo 'on: push' > {file}; echo oil > oil.md; {MENDED}"
        );
        let reason = reason(stage.end_of(&script).await);
        for part in [file.as_str(), "nothing was pushed", "take it out", "by hand"] {
            assert!(reason.contains(part), "{part}: {reason}");
        }
        assert_eq!(stage.head(), None);
        let agent = stage.agent(&format!("test -f oil.md && git rm -rfq {folder}; {MENDED}"));
        let next = AgentTask { key: "ledger/j42/8".to_owned(), ..stage.task() };
        result(&end(&agent, &start(&agent, &next).await).await);
        assert_eq!(stage.file("oil.md").as_deref(), Some("oil\n"));
        assert_eq!(stage.file(&file), None);
        stage.assert_empty();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workflow_files_that_the_default_branch_brings_are_no_agents() {
    drop(staged!());
    let stage = Stage::new().await;
    stage.sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil\n")], "Oil it").unwrap();
    let files = [(".gitea/workflows/ci.yml", "on: push\n")];
    let base = stage.sandbox.commit("anna", DOOR, "main", &files, "Check it").unwrap();
    let agent = stage.agent(&format!("git merge -q -m 'Catch up' origin/main; {MENDED}"));
    let task = AgentTask { base: base.parse().unwrap(), ..stage.task() };
    result(&end(&agent, &start(&agent, &task).await).await);
    assert_eq!(stage.file(".gitea/workflows/ci.yml").as_deref(), Some("on: push\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pushed_and_could_not_be_asked_for_is_asked_for_by_the_next_attempt() {
    drop(staged!());
    let stage = Stage::new().await;
    stage.sandbox.faults().rate(1, Matcher::method_path("POST", "/pulls"), 1000, Fault::BadGateway);
    let agent = stage.agent(&format!("echo oil > oil.md; {MENDED}"));
    let handle = start(&agent, &stage.task()).await;
    let failed = loop {
        match agent.follow(&handle).await.unwrap() {
            // It waits before it asks again.
            Sighting::Working { .. } if stage.head().is_some() => stage.clock.advance(MINUTE),
            Sighting::Working { .. } => a_moment().await,
            end => break end,
        }
    };
    assert!(matches!(failed, Sighting::Failed { kind: FailureKind::Upstream, .. }), "{failed:?}");
    stage.sandbox.faults().clear();
    let next = AgentTask { key: "ledger/j42/8".to_owned(), ..stage.task() };
    let handle = start(&agent, &next).await;
    let second = result(&end(&agent, &handle).await);
    assert_eq!(second["commit"].as_str(), stage.head().as_deref());
    assert!(second["pull"].as_i64().is_some(), "{second}");
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_stopped_or_late_while_its_work_is_handed_in_hands_in_nothing() {
    drop(staged!());
    for is_stopped in [true, false] {
        let stage = Stage::new().await;
        let long = long();
        let agent = stage.agent(&format!(
            "git config filter.slow.clean 'sleep {long}'; echo '* filter=slow' > .gitattributes; \
             echo oil > oil.md; {MENDED}"
        ));
        let handle = start(&agent, &stage.task()).await;
        while !lives(&long) {
            a_moment().await;
        }
        match is_stopped {
            true => agent.stop(&handle).await.unwrap(),
            false => stage.clock.advance(HOUR),
        }
        let end = end(&agent, &handle).await;
        match end {
            Sighting::Stopped(_) if is_stopped => {}
            Sighting::Failed { kind: FailureKind::GaveUp, reason, .. } if !is_stopped => {
                assert_eq!(reason, "it did not finish within 60 minutes");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(stage.head(), None);
        stage.assert_empty();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_somebody_else_moved_is_not_written_over() {
    drop(staged!());
    let stage = Stage::new().await;
    let agent = stage.agent(&format!(
        "echo oil > oil.md; echo '{{\"doing\":\"waits\"}}'; read -r task; \
         until [ -f ../home/go ]; do read -r -t 0.05 never <> <(:); done; {MENDED}"
    ));
    let handle = start(&agent, &stage.task()).await;
    super::stage::does(&agent, &handle, "waits").await;
    let files = [("lock.md", "a lock\n")];
    let theirs = stage.sandbox.commit("anna", DOOR, BRANCH, &files, "A lock").unwrap();
    let work =
        std::fs::read_dir(stage.path("agent-runs/ezra/work")).unwrap().next().unwrap().unwrap();
    std::fs::write(work.path().join("home/go"), "").unwrap();
    let reason = reason(end(&agent, &handle).await);
    assert!(reason.contains("holds something else by now"), "{reason}");
    assert_eq!(stage.head(), Some(theirs));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_that_fails_is_no_fault_of_the_agent() {
    drop(staged!());
    let stage = Stage::new().await;
    let agent = stage.agent(MENDED);
    let base = "0".repeat(40).parse().unwrap();
    let handle = start(&agent, &AgentTask { base, ..stage.task() }).await;
    match end(&agent, &handle).await {
        Sighting::Failed {
            kind: FailureKind::NeverBegan(NeverRan::NoWorkplace), reason, ..
        } => {
            assert!(reason.contains("cannot be had from the forge"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forge_that_is_away_while_it_is_fetched_is_no_fault_of_the_agent() {
    drop(staged!());
    let stage = Stage::new().await;
    // It answers what is asked of its interface, and gives nothing of the repository.
    let git = Matcher::method_path("GET", "info/refs");
    stage.sandbox.faults().rate(1, git, 1000, Fault::BadGateway);
    match stage.end_of(MENDED).await {
        Sighting::Failed {
            kind: FailureKind::NeverBegan(NeverRan::NoWorkplace),
            usage: Usage::NONE,
            reason,
        } => {
            assert!(reason.contains("cannot be had from the forge"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.head(), None);
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_is_one_that_never_gives_it() {
    drop(staged!());
    let (stage, gate) = (Stage::new().await, Gate::new());
    let git = Matcher::method_path("GET", "info/refs");
    stage.sandbox.faults().next(git, Fault::Late(gate.clone()));
    let agent = stage.agent(MENDED);
    let handle = start(&agent, &stage.task()).await;
    gate.reached().await;
    stage.clock.advance(HOUR);
    match end(&agent, &handle).await {
        Sighting::Failed {
            kind: FailureKind::NeverBegan(NeverRan::NoWorkplace), reason, ..
        } => {
            assert_eq!(reason, "its repository could not be had within 60 minutes");
        }
        other => panic!("{other:?}"),
    }
    gate.open();
    assert_eq!(stage.head(), None);
    stage.assert_empty();
}

/// What no packing makes small.
fn noise() -> String {
    let mut state = 7_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{:08x}\n", state >> 32)
    };
    (0..50_000).map(|_| next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_is_too_large_is_said_to_be() {
    drop(staged!());
    let stage = Stage::new().await;
    let files = [("noise.txt", noise())];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    let base = stage.sandbox.commit("anna", DOOR, "main", &files, "Make noise").unwrap();
    let options = LocalOptions { most_fetched: 64 << 10, ..stage.options(MENDED) };
    let agent = command_agent(options);
    let task = AgentTask { base: base.parse().unwrap(), ..stage.task() };
    let handle = start(&agent, &task).await;
    match end(&agent, &handle).await {
        Sighting::Failed { kind: FailureKind::GaveUp, reason, .. } => {
            let said =
                "the repository is too large: more than 64 KiB of it would have to be fetched";
            assert!(reason.contains(said), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.head(), None);
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_is_too_long_is_said_to_be_and_the_work_is_handed_in() {
    drop(staged!());
    for length in ["100K", "2M"] {
        let stage = Stage::new().await;
        let script = format!(
            r#"echo oil > oil.md; printf '{{"result":{{"outcome":"pull_request","summary":"'
            head -c {length} /dev/zero | tr '\0' x; echo '"}}}}'"#
        );
        let result = result(&stage.end_of(&script).await);
        let summary = result["summary"].as_str().unwrap();
        assert_eq!(summary, "Its result line is longer than 64 KiB, and was not read.");
        assert_eq!(stage.file("oil.md").as_deref(), Some("oil\n"));
        stage.assert_empty();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_too_long_leaves_a_trace() {
    drop(staged!());
    let stage = Stage::new().await;
    let script = r#"printf '{"result":{"outcome":"comment","summary":"'
        head -c 100K /dev/zero | tr '\0' x; echo '"}}'"#;
    let agent = stage.agent(script);
    let task = AgentTask { purpose: Purpose::Research, ..stage.task() };
    match end(&agent, &start(&agent, &task).await).await {
        Sighting::Ended(ending) => assert!(read_result(&ending.text).is_too_long),
        other => panic!("{other:?}"),
    }
    stage.assert_empty();
}
