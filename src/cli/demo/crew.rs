//! What the agents of the demo do in a crew: one plans, one finds out, one codes, one reviews and sends
//! the work back once.

use serde_json::{Value, json};

use crate::sandbox::gateway::{AgentRun, Coder, RunEnd};

/// What the review wants changed.
const FINDING: &str = "Say how often, too.";
const ONCE_A_MONTH: &str = "once a month";

/// What is changed, and what is reviewed.
pub(super) const FILE: &str = "docs/bell.md";

/// What an agent of a crew does.
pub(super) enum Act {
    Says(String),
    /// Writes this text to [`FILE`], and ends with these words.
    Writes {
        text: String,
        words: &'static str,
    },
}

/// What an agent does that is told this; none if that is of no crew.
pub(super) fn act(input: &str) -> Option<Act> {
    let is = |words: &str| input.contains(words);
    if is("## What a plan is made of") {
        return Some(ends("I looked at the issue and the repository.", &plan()));
    }
    if !is("## Your part") {
        return None;
    }
    if is("You are a `researcher`") {
        let found = "The button bounces: each press is two edges, and both ring.";
        return Some(ends(found, &json!({ "outcome": "comment", "summary": found })));
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

/// Acts in a run of a gateway.
pub(super) async fn work(coder: &Coder, run: &AgentRun) -> Option<RunEnd> {
    let act = act(run.input())?;
    run.spend(9_000, 400);
    Some(match act {
        Act::Says(words) => RunEnd::Completed(words),
        Act::Writes { text, words } => {
            match coder.hand_in(run, (FILE, &text), "Write down how the bell rings once").await {
                Ok(handed_in) => RunEnd::Completed(handed_in.last_words(words)),
                Err(error) => RunEnd::Failed(error.to_string()),
            }
        }
    })
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
    ends(words, &result)
}

fn ends(words: &str, result: &Value) -> Act {
    Act::Says(format!("{words}\n\ntimmy-result: {result}"))
}
