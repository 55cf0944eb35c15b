//! How a program is told its task, and heard until its end: that is when it exits, whoever may still
//! hold its output.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::io::AsyncWriteExt as _;
use tokio::process::ChildStdout;
use tokio::time::timeout;

use super::lines::{Lines, NextLine};
use super::wire::{CommandLine, CommandTask};
use crate::agents::agent::{Asking, Capabilities, FailureKind};
use crate::agents::brief::brief;
use crate::agents::last_words::LAST_WORDS;
use crate::agents::local::{Dialogue, DialogueCall, DialogueEnd, Talk};
use crate::agents::transcript::Speaker;
use crate::agents::upstream_error;
use crate::confinement::{RunEnd, SessionEnd};
use crate::core::jobs::evidence::CUT_RESULT_LINE;

/// How long the rest of an output may take once the program has ended.
const REST: Duration = Duration::from_secs(5);

/// A program that is told its task once, and then only heard.
pub(in crate::agents) struct CommandDialogue;

impl Dialogue for CommandDialogue {
    fn capabilities(&self) -> Capabilities {
        // What it may do, its sandbox says.
        Capabilities { keyed: true, steer: false, asking: Asking::NotNeeded }
    }

    fn hold<'a>(&'a self, talk: Talk<'a>) -> DialogueCall<'a> {
        Box::pin(hold(talk))
    }
}

/// What was heard so far.
#[derive(Default)]
struct Heard {
    result: Option<Map<String, Value>>,
    /// Whether it gave one that is too long to be read.
    has_long_result: bool,
    failed: Option<String>,
    /// The last that it had to say.
    last: String,
}

async fn hold(talk: Talk<'_>) -> DialogueEnd {
    let Talk { session, key, order, time, run, clock, .. } = talk;
    let task = serde_json::to_string(&CommandTask::of(key, order, time)).expect("a task is JSON");
    let input = session.input.take();
    let telling = async {
        if let Some(mut input) = input {
            // Who does not want to read it need not.
            let _ = input.write_all(format!("{task}\n").as_bytes()).await;
        }
    };
    let mut heard = Heard::default();
    let mut hear = |line: &NextLine| {
        run.is_alive();
        let line = match line {
            NextLine::Line(line) => line,
            NextLine::Beginning(line) => {
                heard.has_long_result |= CommandLine::begins_as_result(line);
                line
            }
            NextLine::End | NextLine::TooMuch => return,
        };
        match CommandLine::read(line) {
            CommandLine::Doing(what) => run.does(brief(&what)),
            CommandLine::Usage(usage) => run.uses(usage),
            CommandLine::Say(text) => {
                run.note(clock.now(), Speaker::Agent, &text);
                heard.last = text;
            }
            CommandLine::Result(fields) => {
                run.note(clock.now(), Speaker::Agent, line);
                heard.result = Some(fields);
            }
            CommandLine::Failed(why) => {
                run.note(clock.now(), Speaker::Agent, &why);
                heard.failed = Some(run.redacted(&why));
            }
            CommandLine::Other(text) if text.trim().is_empty() => {}
            CommandLine::Other(text) => run.note(clock.now(), Speaker::ToolResult, &text),
        }
    };
    let mut lines = session.output.take().map(Lines::new);
    let listening = async {
        let Some(lines) = &mut lines else { return };
        loop {
            match lines.next().await {
                // Not its end: that is the end of its process.
                NextLine::End => std::future::pending::<()>().await,
                NextLine::TooMuch => return,
                line => hear(&line),
            }
        }
    };
    let talking = async { tokio::join!(telling, std::future::pending::<()>()) };
    let ended = tokio::select! {
        biased;
        ended = session.ended() => ended,
        () = listening => return gave_up("it printed more than anybody reads".to_owned()),
        _ = talking => return gave_up("it could not be told its task".to_owned()),
    };
    if let Some(lines) = lines {
        hear_rest(lines, &mut hear).await;
    }
    match ended {
        Ok(ended) => end(heard, &ended),
        Err(why) => {
            let is_upstream = why.is_of_this_machine();
            let kind = if is_upstream { FailureKind::Upstream } else { FailureKind::GaveUp };
            DialogueEnd::Failed { kind, reason: why.to_string() }
        }
    }
}

/// What lies in the pipe. One that somebody else holds open is left.
async fn hear_rest(mut lines: Lines<ChildStdout>, hear: &mut (impl FnMut(&NextLine) + Send)) {
    let hearing = async {
        loop {
            match lines.next().await {
                NextLine::End | NextLine::TooMuch => return,
                line => hear(&line),
            }
        }
    };
    let _ = timeout(REST, hearing).await;
}

fn end(heard: Heard, ended: &SessionEnd) -> DialogueEnd {
    let Heard { result, has_long_result, failed, last } = heard;
    let Some(fields) = result else {
        if has_long_result {
            return DialogueEnd::Said(CUT_RESULT_LINE.to_owned());
        }
        if let Some(why) = failed {
            let kind = match upstream_error::kind_of(&why) {
                // Whatever runs in there can say so.
                FailureKind::PoolSpent { .. } => FailureKind::ClaimsPoolSpent,
                kind => kind,
            };
            return DialogueEnd::Failed { kind, reason: brief(&why) };
        }
        return match ended.end {
            Some(RunEnd::Exited(0)) => DialogueEnd::Said(last),
            Some(RunEnd::Exited(code)) => {
                let said = ended.complaints.text();
                let said = brief(said.trim().lines().last().unwrap_or_default());
                let colon = if said.is_empty() { "" } else { ": " };
                gave_up(format!("it ended with {code} and gave no result{colon}{said}"))
            }
            // Why timmy ended it is told by who did.
            _ => DialogueEnd::Said(last),
        };
    };
    let json = Value::Object(fields).to_string();
    let text = match json.len() > LAST_WORDS {
        true => CUT_RESULT_LINE.to_owned(),
        false => format!("timmy-result: {json}"),
    };
    DialogueEnd::Said(text)
}

fn gave_up(reason: String) -> DialogueEnd {
    DialogueEnd::Failed { kind: FailureKind::GaveUp, reason }
}
