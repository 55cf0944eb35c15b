//! What the members of a scripted crew do, for the demo, the tests and the benchmarks: one plans, one
//! finds out, one codes, one reviews and sends the work back once. It is told by a run of a gateway
//! ([`work`]), or by a language model behind any agent ([`super::model`]).

use serde_json::{Value, json};

use super::gateway::{AgentRun, Coder, RunEnd};

/// What the review wants changed.
const FINDING: &str = "Say how often, too.";
const ONCE_A_MONTH: &str = "once a month";

/// What is changed, and what is reviewed.
pub(super) const FILE: &str = "docs/bell.md";

/// What the change is called.
const TITLE: &str = "Ring the bell once";

/// What an agent of a crew does.
pub(super) enum Act {
    /// Ends with these words, and this result.
    Ends { words: &'static str, result: Value },
    /// Writes this text to [`FILE`], and ends with these words.
    Writes { text: String, words: &'static str },
}

/// What an agent does that is told this; none if that is of no crew.
pub(super) fn act(input: &str) -> Option<Act> {
    let is = |words: &str| input.contains(words);
    if is("## What a plan is made of") {
        let words = "I looked at the issue and the repository.";
        return Some(Act::Ends { words, result: plan() });
    }
    if !is("## Your part") {
        return None;
    }
    if is("You are a `researcher`") {
        let words = "The button bounces: each press is two edges, and both ring.";
        let result = json!({ "outcome": "comment", "summary": words });
        return Some(Act::Ends { words, result });
    }
    if is("You are a `reviewer`") {
        return Some(review(input));
    }
    let text = match is(FINDING) {
        true => format!("Clean the button {ONCE_A_MONTH}: then it rings once.\n"),
        false => "Clean the button: then it rings once.\n".to_owned(),
    };
    Some(Act::Writes { text, words: "Wrote down how the bell rings once, as the research says." })
}

/// Acts in a run of a gateway; none if that is of no crew.
pub(crate) async fn work(coder: &Coder, run: &AgentRun) -> Option<RunEnd> {
    let act = act(run.input())?;
    run.spend(9_000, 400);
    Some(match act {
        Act::Ends { words, result } => RunEnd::Completed(last_words(words, &result)),
        Act::Writes { text, words } => {
            match coder.hand_in(run, (FILE, &text), "Write down how the bell rings once").await {
                Ok(handed_in) => RunEnd::Completed(handed_in.last_words(words)),
                Err(error) => RunEnd::Failed(error.to_string()),
            }
        }
    })
}

/// How a change is handed in whose writing ended with these words.
pub(super) fn handed_in(words: &str) -> Value {
    json!({ "outcome": "pull_request", "title": TITLE, "summary": words })
}

/// The last words of an agent that says its result in them.
pub(super) fn last_words(words: &str, result: &Value) -> String {
    format!("{words}\n\ntimmy-result: {result}")
}

fn plan() -> Value {
    let task = |id: u32, role: &str, title: &str, acceptance: &str, after: &[u32]| {
        json!({ "id": id, "role": role, "title": title, "acceptance": acceptance,
                "depends_on": after })
    };
    json!({
        "outcome": "plan",
        "tasks": [
            task(1, "researcher", "Find out why it rings twice", "the cause is named", &[]),
            task(2, "coder", "Write down how to ring once", "it stands in docs/bell.md", &[1]),
            task(3, "reviewer", "Review what was written", "it can be followed", &[2]),
        ],
        "summary": "The cause comes first, then one change.",
    })
}

/// The first look finds something, the second one nothing.
fn review(input: &str) -> Act {
    let head = input.lines().find_map(|line| {
        line.strip_prefix("- Its head, which you review: commit `")?.strip_suffix('`')
    });
    // What was said before is told to whoever looks again.
    let (verdict, findings, words) = match input.contains(FINDING) {
        true => ("approved", json!([]), "It can be followed now."),
        false => (
            "changes_requested",
            json!([{ "path": FILE, "line": 1, "text": FINDING }]),
            "Right, but it does not say how often.",
        ),
    };
    let result = json!({ "outcome": "review", "verdict": verdict, "commit": head,
                         "summary": words, "findings": findings });
    Act::Ends { words, result }
}
