//! Told to stop, or never started: the exit code and the message say which.

use std::io::Write as _;
use std::net::TcpStream;

use timmy::sandbox::{Fault, Gate, Matcher};
use timmy::store::Ledger;

use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;
use crate::support::process::{Run, timmy};
use crate::thread::Word;

/// How often a stop is tried that a slow machine makes look like one of which the forge hangs.
const TRIES: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_is_told_to_stop_finishes_what_it_has_begun() {
    for requests in [1, 3, 6, 10, 15] {
        let mut tries = 1;
        while !finishes_in_time(requests).await {
            assert!(tries < TRIES, "{TRIES} times it took too long to finish");
            tries += 1;
        }
    }
}

/// Stops a bot when the forge has seen so many requests: it leaves nothing in the middle. Whether it could
/// finish within the time that it gives to a forge that may hang.
async fn finishes_in_time(requests: usize) -> bool {
    let mut stage = Stage::set(SHORT, 0).await;
    let bot = stage.bot().await;
    for _ in 0..6 {
        let thread = stage.open(DOOR, Word::Ping);
        stage.say(thread, Word::Several("p0", "xl"));
    }
    stage.asked(requests).await;
    let status = bot.stop().await;
    assert_eq!(status.code(), Some(0), "{status}\n{}", stage.dump());
    let log = std::fs::read_to_string(&stage.launch.log).unwrap();
    let in_time = !log.contains("forge hangs: the next start looks");
    let has_finished = !in_flight(&stage).await;
    assert!(has_finished || !in_time, "stopped in the middle of a write\n{}", stage.dump());
    let bot = stage.bot().await;
    stage.finish(bot).await;
    in_time
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forge_that_hangs_does_not_keep_it_from_stopping() {
    let mut stage = Stage::with_two_issues(SHORT).await;
    let bot = stage.bot().await;
    for (thread, write) in ["/issues/1/comments", "/reactions"].into_iter().enumerate() {
        let gate = Gate::new();
        let hang = Fault::HangAfter(gate.clone());
        stage.sandbox.faults().next(Matcher::method_path("POST", write), hang);
        stage.say(thread, Word::Ping);
        gate.reached().await;
    }
    let status = bot.stop().await;
    assert_eq!(status.code(), Some(0), "{status}\n{}", stage.dump());
    assert!(in_flight(&stage).await, "waited until the request was given up\n{}", stage.dump());
    let bot = stage.bot().await;
    stage.finish(bot).await;
}

/// Whether a write was begun whose outcome is not in the ledger.
async fn in_flight(stage: &Stage) -> bool {
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    let open = ledger.read(|conn| {
        let mut sending =
            conn.prepare("SELECT 1 FROM outbox WHERE state = 'sending' AND tries = 0")?;
        Ok(sending.exists([])?)
    });
    open.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_sent_webhook_does_not_keep_it_from_stopping() {
    let stage = Stage::set(SHORT, 0).await;
    let bot = stage.bot().await;
    let open = |text: &[u8]| {
        let mut line = TcpStream::connect(("127.0.0.1", stage.launch.port)).unwrap();
        line.write_all(text).unwrap();
        line
    };
    let _silent = open(b"");
    let _half_a_head = open(b"POST /webhook HTTP/1.1\r\nHost: ti");
    let _half_a_body = open(b"POST /webhook HTTP/1.1\r\nHost: t\r\nContent-Length: 99\r\n\r\n{");
    let status = bot.stop().await;
    assert_eq!(status.code(), Some(0), "{status}\n{}", stage.dump());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_bot_on_the_same_ledger_refuses_to_start() {
    let stage = Stage::set(SHORT, 0).await;
    let bot = stage.bot().await;
    let Run { code, err, .. } = Run::of(&mut stage.launch.command());
    assert_eq!(code, 1, "{err}");
    assert_eq!(err.lines().filter(|line| line.contains("timmy.db")).count(), 1, "{err}");
    stage.finish(bot).await;
}

#[test]
fn a_wrong_configuration_is_explained_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[gitea]\nurl = \"forge\"\nwach = []\n[ledger]\npath = 7\n";
    std::fs::write(folder.path().join("timmy.toml"), text).unwrap();
    let Run { code, err, .. } = Run::of(&mut timmy(folder.path(), "serve"));
    assert_eq!(code, 2, "{err}");
    for problem in ["url", "wach", "path", "TIMMY_GITEA_TOKEN", "owner"] {
        assert!(err.contains(problem), "nothing about {problem}:\n{err}");
    }
}
