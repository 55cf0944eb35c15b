//! How long it takes from a comment to its reply.

use std::time::{Duration, Instant};

use timmy::sandbox::{Asked, Sandbox};

use crate::chain::{Chain, Link};
use crate::sample::{Compared, milliseconds};
use crate::stage::{OWNER, REPO, Stage};
use crate::table::Row;

const COMMANDS: [&str; 3] = ["/timmy ping", "/timmy status", "/timmy hold until spring"];
const COMMENTS: usize = 300;

/// Beside the bare chain of what timmy does meanwhile.
pub fn measure() -> Row {
    let (stage, bare) = (Stage::new(), Stage::new());
    let _timmy = stage.start();
    let chain = Chain::start(&bare);
    let links = COMMANDS.map(|command| links(&stage, command));
    let in_turn = (0..COMMENTS).map(|at| {
        let at = at % COMMANDS.len();
        chain.follow(&links[at]);
        (ask(&stage, COMMANDS[at]), ask(&bare, COMMANDS[at]))
    });
    // The first of each kind warm up.
    let Compared { ours, yardstick, ratio } = in_turn.skip(COMMANDS.len()).collect();
    let middle = ours.median() / yardstick.median();
    let lengths: Vec<String> = links.iter().map(|links| links.len().to_string()).collect();
    Row {
        what: "comment in, reply posted",
        goal: "<= 1.5 x the bare chain",
        measured: format!("{middle:.2} ({:.2}..{:.2})", ratio.percentile(10), ratio.percentile(90)),
        holds: middle <= 1.5,
        figures: format!(
            "{:.2} ms, p99 {:.1} ms; bare {:.2} ms, p99 {:.1} ms; {} requests",
            ours.median(),
            ours.percentile(99),
            yardstick.median(),
            yardstick.percentile(99),
            lengths.join(", ")
        ),
        method: "from when the comment exists on the sandbox forge until the reply does; ping, \
                 status and hold in turn, one at a time, each in an issue of its own, answered by \
                 the real process over real HTTP; then by a listener of this process that commits \
                 (synchronous=FULL), reads, claims and replies with the same requests, and thinks \
                 nothing. The medians compared; in brackets nine of ten pairs",
    }
}

/// With many threads to be read in the background, which nobody waits for.
pub fn measure_beside() -> Row {
    const MOVED: usize = 300;
    const ROUNDS: usize = 3;
    let (busy, alone) = (Stage::at_default_pace(), Stage::at_default_pace());
    for stage in [&busy, &alone] {
        // It learns which repositories there are, and who it is.
        drop(stage.start());
    }
    let Compared { ours, yardstick, ratio } = (0..ROUNDS)
        .map(|round| {
            for at in 0..MOVED {
                let branch = format!("oil-{round}-{at}");
                busy.sandbox.open_pull(OWNER, REPO, "Oil the hinge", "It helps.", &branch).unwrap();
            }
            (first_ping(&busy), first_ping(&alone))
        })
        .collect();
    Row {
        what: "a ping among 300 background reads",
        goal: "<= 1.5 x the ping alone",
        measured: ratio.to_string(),
        holds: ratio.median() <= 1.5,
        figures: format!("{ours} ms; alone {yardstick} ms"),
        method: "300 pull requests are opened while timmy is down; it starts, and two \
                 seconds later somebody says `/timmy ping`; beside it the same where nothing moved. At the \
                 default pace of ten requests a second",
    }
}

/// What it takes from the comment to the reply when timmy was started a moment ago, and reads what
/// it missed.
fn first_ping(stage: &Stage) -> f64 {
    let issue = stage.sandbox.open_issue(OWNER, REPO, "It squeaks", "").unwrap();
    let _timmy = stage.start();
    std::thread::sleep(Duration::from_secs(2));
    milliseconds(|| {
        stage.sandbox.comment(OWNER, REPO, issue, "/timmy ping").unwrap();
        stage.wait_until(|sandbox| is_answered(sandbox, issue));
    })
}

/// What passes until the reply is there, in milliseconds.
fn ask(stage: &Stage, command: &str) -> f64 {
    let issue = open(stage);
    milliseconds(|| {
        stage.sandbox.comment(OWNER, REPO, issue, command).unwrap();
        stage.wait_until(|sandbox| is_answered(sandbox, issue));
    })
}

/// An issue whose body was heard and passed over.
fn open(stage: &Stage) -> i64 {
    let issue = stage.sandbox.open_issue(OWNER, REPO, "It squeaks", "Only when it is cold.");
    std::thread::sleep(Duration::from_millis(20));
    issue.unwrap()
}

/// The requests that a command takes up to its reply, learned from timmy.
fn links(stage: &Stage, command: &str) -> Vec<Link> {
    // Once before, since the first of its kind may ask for more.
    ask(stage, command);
    let issue = open(stage);
    let before = stage.sandbox.count_requests();
    let comment = stage.sandbox.comment(OWNER, REPO, issue, command).unwrap();
    // The reply stands in the log a moment after it stands in the thread.
    let begun = Instant::now();
    loop {
        let asked: Vec<Asked> = stage.sandbox.requests().split_off(before);
        if let Some(last) = asked.iter().position(is_reply) {
            let reply = stage.sandbox.comments(REPO, issue).unwrap().pop().unwrap().body;
            let link = |asked| Link::of(asked, issue, comment, &reply);
            return asked[..=last].iter().map(link).collect();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no reply to {command}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn is_reply(asked: &Asked) -> bool {
    asked.method == "POST" && asked.path.ends_with("/comments")
}

fn is_answered(sandbox: &Sandbox, issue: i64) -> bool {
    sandbox.comments(REPO, issue).unwrap().len() == 2
}
