//! How long it takes from a comment to its reply, the forge's own time aside.

use std::time::{Duration, Instant};

use timmy::sandbox::Sandbox;

use crate::sample::Sample;
use crate::stage::{OWNER, REPO, Stage};
use crate::table::Row;

const COMMANDS: [&str; 3] = ["/timmy ping", "/timmy status", "/timmy hold until spring"];
const COMMENTS: usize = 300;

pub fn measure() -> Row {
    let stage = Stage::new();
    let timmy = stage.start();
    let (mut own, mut forge) = (Vec::new(), Vec::new());
    for at in 0..COMMENTS {
        let (ours, theirs) = ask(&stage, COMMANDS[at % COMMANDS.len()]);
        // The first of each kind warm up.
        if at >= COMMANDS.len() {
            own.push(milliseconds(ours));
            forge.push(milliseconds(theirs));
        }
    }
    drop(timmy);
    let (own, forge) = (Sample::from(own), Sample::from(forge));
    Row {
        what: "comment in, reply posted",
        goal: "median <= 5 ms of its own",
        holds: own.median() <= 5.0,
        measured: format!("{:.2} ms, p99 {:.1} ms", own.median(), own.percentile(99)),
        yardstick: format!("the forge's own time: {:.2} ms", forge.median()),
        method: "from when the comment exists on the sandbox forge until the reply does, both by \
                 real HTTP to the real process; ping, status and hold in turn, one at a time, each \
                 in an issue of its own. Subtracted is what the forge itself worked on the \
                 requests that timmy made meanwhile (its claim, a read, the reply); not \
                 subtracted are HTTP, scheduling, and sending the webhook",
    }
}

/// What passes until the reply is there, and what of that the forge worked on timmy's requests.
fn ask(stage: &Stage, command: &str) -> (Duration, Duration) {
    let sandbox = &stage.sandbox;
    let issue = sandbox.open_issue(OWNER, REPO, "It squeaks", "Only when it is cold.").unwrap();
    // Its body is heard and passed over first.
    std::thread::sleep(Duration::from_millis(20));
    let before = sandbox.requests().len();
    let begun = Instant::now();
    sandbox.comment(OWNER, REPO, issue, command).unwrap();
    let is_answered = |sandbox: &Sandbox| sandbox.comments(REPO, issue).unwrap().len() == 2;
    stage.wait_until(is_answered);
    let took = begun.elapsed();
    // The reply stands in the log a moment after it stands in the thread.
    stage.wait_until(|sandbox| has_reply(sandbox, before));
    let forge: Duration = sandbox.requests()[before..].iter().map(|asked| asked.took).sum();
    (took.saturating_sub(forge), forge)
}

fn has_reply(sandbox: &Sandbox, before: usize) -> bool {
    let requests = sandbox.requests();
    requests[before..]
        .iter()
        .any(|asked| asked.method == "POST" && asked.path.ends_with("/comments"))
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}
