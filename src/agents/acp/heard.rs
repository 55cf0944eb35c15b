//! What an agent tells while it works: pieces of it make the transcript, its end makes its last
//! words.

use std::collections::HashMap;

use serde_json::Value;

use super::end::cost;
use super::wire::{LONGEST_ID, WireToolCall, WireUpdate, text_in};
use crate::agents::brief::brief;
use crate::agents::last_words::{LAST_WORDS, last_words};
use crate::agents::run::Run;
use crate::agents::transcript::Speaker;
use crate::core::jobs::money::{Tokens, Usage};
use crate::core::model::time::Timestamp;

/// The most of one message that becomes one entry.
const LONGEST_ENTRY: usize = 64 << 10;

/// How many calls of tools are remembered at once: whoever leaves more of them open is told apart no
/// more.
const MOST_CALLS: usize = 1000;

/// What was heard in a turn so far.
#[derive(Default)]
pub(super) struct Heard {
    /// What it says now: it comes a word at a time.
    message: String,
    /// The end of what it said since it last called a tool.
    last: String,
    calls: HashMap<String, HeardCall>,
    usage: Usage,
}

#[derive(Default)]
struct HeardCall {
    title: String,
    /// Its arguments, as far as they are told.
    input: Option<String>,
    is_noted: bool,
}

impl Heard {
    pub(super) fn update(&mut self, update: WireUpdate, run: &Run, at: Timestamp) {
        match update {
            WireUpdate::AgentMessageChunk { content } => self.says(&text_in(&content), run, at),
            WireUpdate::AgentThoughtChunk { .. } => run.does("thinks".to_owned()),
            WireUpdate::ToolCall(call) | WireUpdate::ToolCallUpdate(call) => {
                self.end_message(run, at);
                self.calls_tool(&call, run, at);
            }
            WireUpdate::UsageUpdate { cost: told } => {
                // It is what the session has cost so far: less than before is no word.
                let cost = told.as_ref().and_then(cost);
                self.usage.micro_usd = self.usage.micro_usd.max(cost);
                run.uses(self.usage);
            }
            WireUpdate::CurrentModeUpdate { .. }
            | WireUpdate::ConfigOptionUpdate { .. }
            | WireUpdate::Other => {}
        }
    }

    /// What its turn used, as its end tells.
    pub(super) fn used(&mut self, tokens: Option<Tokens>, run: &Run) {
        self.usage.tokens = tokens;
        run.uses(self.usage);
    }

    /// What it said last: since it last called a tool, or, if that is nothing, before that.
    pub(super) fn last_words(&mut self, run: &Run, at: Timestamp) -> String {
        self.end_message(run, at);
        last_words(&run.redacted(&self.last))
    }

    fn says(&mut self, text: &str, run: &Run, at: Timestamp) {
        if self.message.is_empty() && !text.is_empty() {
            self.last.clear();
        }
        self.message.push_str(text);
        self.last.push_str(text);
        if self.last.len() > 2 * LAST_WORDS {
            self.last = last_words(&self.last);
        }
        if self.message.len() > LONGEST_ENTRY {
            run.note(at, Speaker::Agent, &std::mem::take(&mut self.message));
            // It goes on with the same message.
            self.message.push('…');
        }
    }

    fn end_message(&mut self, run: &Run, at: Timestamp) {
        let message = std::mem::take(&mut self.message);
        if !message.trim().is_empty() {
            run.note(at, Speaker::Agent, &message);
        }
    }

    fn calls_tool(&mut self, call: &WireToolCall, run: &Run, at: Timestamp) {
        if call.tool_call_id.len() > LONGEST_ID {
            return;
        }
        if self.calls.len() >= MOST_CALLS && !self.calls.contains_key(&call.tool_call_id) {
            self.calls.clear();
        }
        let known = self.calls.entry(call.tool_call_id.clone()).or_default();
        if let Some(title) = call.title.as_deref().filter(|title| !title.trim().is_empty()) {
            known.title = brief(title);
            run.does(known.title.clone());
        }
        let is_over = matches!(call.status.as_deref(), Some("completed" | "failed"));
        if !is_empty(&call.raw_input) {
            known.input = Some(call.raw_input.to_string());
        }
        // Some tell first that a call comes, with few of its arguments or none, and the rest only then.
        let is_pending = call.status.as_deref() == Some("pending") && is_empty(&call.content);
        let is_told = known.input.is_some() && !is_pending || !is_empty(&call.content);
        if (is_told || is_over) && !known.is_noted {
            known.is_noted = true;
            let input = known.input.take().unwrap_or_default();
            run.note(at, Speaker::ToolCall, format!("{} {input}", known.title).trim());
        }
        if is_over {
            let content = text_in(&call.content);
            let output = if content.is_empty() { text_of(&call.raw_output) } else { content };
            run.note(at, Speaker::ToolResult, &output);
            self.calls.remove(&call.tool_call_id);
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// What a tool gave, where it is told in no form that is known.
fn text_of(output: &Value) -> String {
    match output {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => match text_in(other) {
            text if text.is_empty() => other.to_string(),
            text => text,
        },
    }
}
