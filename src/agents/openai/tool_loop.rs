//! The loop of a model and its tools, as far as it is decided without looking outside: answers go
//! in, what is to be done comes out.
//!
//! Whatever a model does, the loop ends: turns, tokens, bytes and faults are counted, and so is how
//! often it says the same.

use super::answer::{ModelAnswer, RequestedCall};
use super::tools::{ToolUse, Toolset};
use super::wire::{ChatMessage, SentCall, SentFunction};
use crate::core::jobs::money::{Tokens, Usage};

/// How many answers in a row may call nothing, or nothing that can be understood.
const MOST_FAULTS: u32 = 3;

/// How many equal calls in a row end it.
const MOST_EQUAL_CALLS: u32 = 9;

/// How often a conversation that is too long for its model is shortened.
const MOST_CUTS: u32 = 3;

/// The most bytes of a conversation, at first: what goes beyond is shortened.
const CONVERSATION: usize = 400 << 10;

/// What is left of a result that was taken out of a long conversation.
const LEFT_OUT: &str = "[Left out to save room. Call the tool again if you need this.]";

/// How many turns before its end the model is told that it has to end.
const LAST_TURNS: u32 = 3;

/// The most of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LoopBounds {
    pub(super) turns: u32,
    pub(super) tokens: u64,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LoopStep {
    /// The model is asked.
    Ask,
    /// These are carried out, one after the other.
    Run(Vec<PlannedCall>),
}

/// A call to be carried out, or the words that tell what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlannedCall {
    pub(super) call: RequestedCall,
    pub(super) meaning: Result<ToolUse, String>,
}

/// Why the loop goes no further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum GaveUp {
    #[error("it did not finish within {0} turns")]
    Turns(u32),
    #[error("it did not finish within {0} tokens")]
    Tokens(u64),
    #[error("it called nothing that could be understood, {MOST_FAULTS} times in a row: {0}")]
    Faults(String),
    #[error("it made the same call {MOST_EQUAL_CALLS} times in a row (`{0}`)")]
    SameCall(String),
    #[error("the conversation became longer than its model takes")]
    TooLong,
}

#[derive(Debug)]
pub(super) struct ToolLoop {
    toolset: Toolset,
    bounds: LoopBounds,
    messages: Vec<ChatMessage>,
    turns: u32,
    tokens: TokenCount,
    faults: u32,
    last: Option<RequestedCall>,
    equal: u32,
    ids: u64,
    /// The calls whose results are due: the ids of each, and its place in what is carried out.
    due: Vec<(String, usize)>,
    room: usize,
    cuts: u32,
    is_told_to_end: bool,
    /// How many bytes the tools take in each request.
    tools_size: usize,
}

/// What was used, and what has to be taken for used.
#[derive(Debug, Clone, Copy, Default)]
struct TokenCount {
    known: Tokens,
    estimated: u64,
    is_known: bool,
}

impl ToolLoop {
    /// One that has said nothing yet.
    pub(super) fn new(
        toolset: Toolset,
        bounds: LoopBounds,
        system: String,
        prompt: String,
    ) -> Self {
        let messages =
            vec![ChatMessage::System { content: system }, ChatMessage::User { content: prompt }];
        Self {
            toolset,
            bounds,
            messages,
            turns: 0,
            tokens: TokenCount { is_known: true, ..TokenCount::default() },
            faults: 0,
            last: None,
            equal: 0,
            ids: 0,
            due: Vec::new(),
            room: CONVERSATION,
            cuts: 0,
            is_told_to_end: false,
            tools_size: toolset.described().get().len(),
        }
    }

    pub(super) fn messages(&self) -> &[ChatMessage] {
        &self.messages
    }

    pub(super) fn turns(&self) -> u32 {
        self.turns
    }

    /// What was used so far: unknown as soon as one answer does not say.
    pub(super) fn usage(&self) -> Usage {
        let tokens =
            (self.tokens.is_known && self.tokens.known.all() > 0).then_some(self.tokens.known);
        Usage { tokens, micro_usd: None }
    }

    /// A text that somebody wants the model to hear.
    pub(super) fn tell(&mut self, text: &str) {
        let content = format!("A person who may command you says:\n\n{text}");
        self.messages.push(ChatMessage::User { content });
    }

    /// Whether the model may be asked once more; makes room for its answer.
    pub(super) fn ready(&mut self) -> Result<(), GaveUp> {
        self.make_room()?;
        let next = estimate(self.size());
        if self.tokens.all().saturating_add(next) > self.bounds.tokens {
            return Err(GaveUp::Tokens(self.bounds.tokens));
        }
        match self.bounds.turns.saturating_sub(self.turns) {
            0 => Err(GaveUp::Turns(self.bounds.turns)),
            left if left <= LAST_TURNS && self.turns > 0 && !self.is_told_to_end => {
                self.is_told_to_end = true;
                self.say(format!("{left} turns are left: call `finish` now."));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The model answered.
    pub(super) fn answered(&mut self, answer: ModelAnswer) -> Result<LoopStep, GaveUp> {
        self.count(&answer);
        let calls = answer.calls;
        let sent: Vec<SentCall> = calls.iter().map(|call| self.sent(call)).collect();
        let ids: Vec<String> = sent.iter().map(|call| call.id.clone()).collect();
        let content = answer.text;
        self.messages.push(ChatMessage::Assistant { content, tool_calls: sent });
        if calls.is_empty() {
            let words = match answer.is_cut {
                true => "Your answer was cut off: it was too long. Write less at once.",
                false => {
                    "You called no tool, so nothing happened. Call tools by the function calls of this API; when you are done, call `finish`."
                }
            };
            self.fault(words)?;
            self.say(words.to_owned());
            return Ok(LoopStep::Ask);
        }
        self.plan(calls, ids, answer.is_cut)
    }

    /// The model made a call that its server could not read.
    pub(super) fn failed_call(&mut self, words: &str, generation: &str) -> Result<(), GaveUp> {
        self.turns += 1;
        self.tokens.add(None, self.size(), generation.len());
        self.fault(words)?;
        let shown = if generation.is_empty() { "nothing that was kept" } else { generation };
        self.say(format!(
            "Your last call could not be read ({words}). You wrote:\n\n{shown}\n\nCall a tool with arguments that fit its schema."
        ));
        Ok(())
    }

    /// An answer broke off: what it cost is not known.
    pub(super) fn broke_off(&mut self) {
        self.tokens.add(None, self.size(), 0);
    }

    /// The conversation is longer than the model takes: less of it next time.
    pub(super) fn too_long(&mut self) -> Result<(), GaveUp> {
        self.cuts += 1;
        if self.cuts > MOST_CUTS {
            return Err(GaveUp::TooLong);
        }
        self.room = self.size() / 2;
        self.make_room()
    }

    /// What came of the calls that were to be carried out, in their order.
    pub(super) fn results(&mut self, results: &[String]) {
        for (tool_call_id, nth) in std::mem::take(&mut self.due) {
            let content = match results.get(nth) {
                Some(result) => result.clone(),
                None => "This was not done: it stood behind `finish`.".to_owned(),
            };
            self.messages.push(ChatMessage::Tool { tool_call_id, content });
        }
    }

    /// Equal calls are carried out once; what stands behind `finish` is not.
    fn plan(
        &mut self,
        calls: Vec<RequestedCall>,
        ids: Vec<String>,
        is_cut: bool,
    ) -> Result<LoopStep, GaveUp> {
        let mut planned: Vec<PlannedCall> = Vec::new();
        for (call, id) in calls.into_iter().zip(ids) {
            let known = planned.iter().position(|known| known.call == call);
            let is_over = planned.iter().any(PlannedCall::is_finish);
            let nth = match known {
                Some(nth) => nth,
                None if is_over => usize::MAX,
                None => {
                    let meaning = self.meaning(&call, is_cut);
                    planned.push(PlannedCall { call, meaning });
                    planned.len() - 1
                }
            };
            self.due.push((id, nth));
        }
        self.repeats(&planned)?;
        match planned.iter().find_map(|call| call.meaning.as_ref().err()) {
            Some(words) if planned.iter().all(|call| call.meaning.is_err()) => self.fault(words)?,
            _ => self.faults = 0,
        }
        Ok(LoopStep::Run(planned))
    }

    fn meaning(&self, call: &RequestedCall, is_cut: bool) -> Result<ToolUse, String> {
        self.toolset.understand(call).map_err(|words| match is_cut {
            true => {
                format!("{words} Your answer was cut off: it was too long. Write less at once.")
            }
            false => words,
        })
    }

    fn repeats(&mut self, planned: &[PlannedCall]) -> Result<(), GaveUp> {
        for PlannedCall { call, .. } in planned {
            self.equal = if self.last.as_ref() == Some(call) { self.equal + 1 } else { 1 };
            self.last = Some(call.clone());
            if self.equal >= MOST_EQUAL_CALLS {
                let name = call.name.chars().filter(|c| !c.is_control()).take(40).collect();
                return Err(GaveUp::SameCall(name));
            }
        }
        Ok(())
    }

    fn fault(&mut self, words: &str) -> Result<(), GaveUp> {
        self.faults += 1;
        if self.faults > MOST_FAULTS { Err(GaveUp::Faults(words.to_owned())) } else { Ok(()) }
    }

    fn say(&mut self, content: String) {
        self.messages.push(ChatMessage::User { content });
    }

    fn count(&mut self, answer: &ModelAnswer) {
        self.turns += 1;
        let calls = answer.calls.iter().map(|call| call.name.len() + call.arguments.len());
        self.tokens.add(answer.tokens, self.size(), answer.text.len() + calls.sum::<usize>());
    }

    /// The call as it goes back to the model, under an id of our own: models give one id to two
    /// calls. Arguments that are no JSON would make servers refuse all that follows.
    fn sent(&mut self, call: &RequestedCall) -> SentCall {
        self.ids += 1;
        let is_json = serde_json::from_str::<serde_json::Map<_, _>>(&call.arguments).is_ok();
        let arguments = if is_json { call.arguments.clone() } else { "{}".to_owned() };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let name: String = call.name.chars().filter(|c| is_name(*c)).take(64).collect();
        let name = if name.is_empty() { "unknown".to_owned() } else { name };
        // Nine letters and digits: some servers take no other ids.
        let id = format!("call{:05}", self.ids);
        SentCall { id, kind: "function", function: SentFunction { name, arguments } }
    }

    fn size(&self) -> usize {
        self.tools_size + self.messages.iter().map(ChatMessage::size).sum::<usize>()
    }

    /// Takes the oldest results out until all fits; those of the last answer stay.
    fn make_room(&mut self) -> Result<(), GaveUp> {
        let is_answer = |message: &ChatMessage| matches!(message, ChatMessage::Assistant { .. });
        let last = self.messages.iter().rposition(is_answer).unwrap_or_default();
        let mut size = self.size();
        for nth in 0..self.messages.len() {
            if size <= self.room {
                return Ok(());
            }
            let is_new = nth > last;
            size -= match &mut self.messages[nth] {
                ChatMessage::Tool { content, .. } if content.len() > LEFT_OUT.len() && !is_new => {
                    let before = content.len();
                    LEFT_OUT.clone_into(content);
                    before - content.len()
                }
                ChatMessage::Assistant { tool_calls, .. } if nth < last => {
                    tool_calls.iter_mut().map(|call| without_content(&mut call.function)).sum()
                }
                _ => 0,
            };
        }
        if size <= self.room { Ok(()) } else { Err(GaveUp::TooLong) }
    }
}

/// Takes what a call wrote out of it; by how many bytes it became shorter.
fn without_content(function: &mut SentFunction) -> usize {
    let before = function.arguments.len();
    let Ok(mut arguments) = serde_json::from_str::<serde_json::Map<_, _>>(&function.arguments)
    else {
        return 0;
    };
    for key in ["content", "replaces"] {
        if arguments.get(key).and_then(|text| text.as_str()).is_some_and(|t| t.len() > 200) {
            arguments.insert(key.to_owned(), LEFT_OUT.into());
        }
    }
    let after = serde_json::Value::Object(arguments).to_string();
    if after.len() < before {
        function.arguments = after;
    }
    before - function.arguments.len()
}

impl PlannedCall {
    fn is_finish(&self) -> bool {
        matches!(self.meaning, Ok(ToolUse::Finish(_)))
    }
}

impl TokenCount {
    fn add(&mut self, told: Option<Tokens>, input_bytes: usize, output_bytes: usize) {
        match told {
            Some(Tokens { input, output }) => {
                self.known.input = self.known.input.saturating_add(input);
                self.known.output = self.known.output.saturating_add(output);
            }
            None => {
                self.is_known = false;
                let guess = estimate(input_bytes).saturating_add(estimate(output_bytes));
                self.estimated = self.estimated.saturating_add(guess);
            }
        }
    }

    fn all(&self) -> u64 {
        self.known.all().saturating_add(self.estimated)
    }
}

/// How many tokens so many bytes are, roughly: four bytes are one.
fn estimate(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(4)
}

#[cfg(test)]
mod tests;
