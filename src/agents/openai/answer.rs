//! One answer of a model, put together from the pieces of its stream.
//!
//! What the format leaves open, servers fill differently: calls without an id, without an index,
//! all with the index 0, with an id that stands for two calls. So calls are a list in the order in
//! which they began, and what belongs to which is told by what a piece begins anew.

use serde_json::Value;

use super::wire::{CompletionChunk, WireCall, WireUsage};
use crate::core::jobs::money::Tokens;

/// The most bytes that an answer may have: text, and the arguments of its calls.
pub(super) const LARGEST_ANSWER: usize = 1 << 20;

/// The most calls of one answer.
const MOST_CALLS: usize = 64;

/// What a model said in one turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModelAnswer {
    pub(super) text: String,
    pub(super) calls: Vec<RequestedCall>,
    /// Whether it ended because there was no room for more.
    pub(super) is_cut: bool,
    /// None if the server does not say, or says zero.
    pub(super) tokens: Option<Tokens>,
}

/// A tool that the model calls, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RequestedCall {
    pub(super) name: String,
    /// JSON, if the model did well.
    pub(super) arguments: String,
}

/// Why pieces do not make an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BadAnswer {
    TooLarge,
    /// The stream ended, and the answer did not.
    Cut,
}

#[derive(Debug, Default)]
pub(super) struct AnswerBuilder {
    text: String,
    calls: Vec<PartialCall>,
    finish: Option<String>,
    tokens: Option<Tokens>,
    size: usize,
}

#[derive(Debug, Default)]
struct PartialCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl AnswerBuilder {
    /// Takes the next piece. An error in it is for the caller.
    pub(super) fn add(&mut self, chunk: CompletionChunk) -> Result<(), BadAnswer> {
        let usage = chunk.usage.or_else(|| chunk.x_groq.and_then(|groq| groq.usage));
        self.tokens = usage.and_then(tokens).or(self.tokens);
        let Some(choice) = chunk.choices.unwrap_or_default().into_iter().next() else {
            return Ok(());
        };
        if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
            self.finish = Some(reason);
        }
        let delta = choice.delta.unwrap_or_default();
        if let Some(text) = delta.content {
            self.grow(text.len())?;
            self.text.push_str(&text);
        }
        delta.tool_calls.unwrap_or_default().into_iter().try_for_each(|call| self.call(call))
    }

    /// The stream is over; `is_done` if it said so itself.
    pub(super) fn finish(self, is_done: bool) -> Result<ModelAnswer, BadAnswer> {
        if self.finish.is_none() && !is_done {
            return Err(BadAnswer::Cut);
        }
        let calls = self.calls.into_iter();
        let calls = calls.map(|call| RequestedCall { name: call.name, arguments: call.arguments });
        Ok(ModelAnswer {
            text: self.text,
            calls: calls.collect(),
            is_cut: self.finish.as_deref() == Some("length"),
            tokens: self.tokens,
        })
    }

    fn grow(&mut self, bytes: usize) -> Result<(), BadAnswer> {
        self.size += bytes;
        if self.size > LARGEST_ANSWER { Err(BadAnswer::TooLarge) } else { Ok(()) }
    }

    fn call(&mut self, piece: WireCall) -> Result<(), BadAnswer> {
        let function = piece.function.unwrap_or_default();
        let name = function.name.unwrap_or_default();
        let id = piece.id.unwrap_or_default();
        let arguments = match function.arguments {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text,
            Some(json) => json.to_string(),
        };
        self.grow(name.len() + id.len() + arguments.len())?;
        let at = match self.continued(piece.index, &id, &name) {
            Some(at) => at,
            None if self.calls.len() == MOST_CALLS => return Err(BadAnswer::TooLarge),
            None => {
                self.calls.push(PartialCall { index: piece.index, ..PartialCall::default() });
                self.calls.len() - 1
            }
        };
        let call = &mut self.calls[at];
        if call.name != name {
            call.name.push_str(&name);
        }
        if call.id.is_empty() {
            call.id = id;
        }
        call.arguments.push_str(&arguments);
        Ok(())
    }

    /// Which call a piece goes on with; none if it begins one.
    fn continued(&self, index: Option<u64>, id: &str, name: &str) -> Option<usize> {
        let last = |is_meant: &dyn Fn(&PartialCall) -> bool| self.calls.iter().rposition(is_meant);
        let at = match index {
            Some(_) => last(&|call| call.index == index),
            None if !id.is_empty() => last(&|call| call.id == id),
            None if !name.is_empty() => None,
            None => self.calls.len().checked_sub(1),
        }?;
        let call = &self.calls[at];
        let is_another = !id.is_empty() && !call.id.is_empty() && call.id != id;
        let is_complete = !name.is_empty() && !call.name.is_empty() && is_json(&call.arguments);
        (!is_another && !is_complete).then_some(at)
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Zero is what servers say that do not count.
fn tokens(usage: WireUsage) -> Option<Tokens> {
    let tokens = Tokens { input: usage.prompt_tokens?, output: usage.completion_tokens? };
    (tokens.all() > 0).then_some(tokens)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::agents::openai::answer::*;

    fn built(chunks: &[Value]) -> Result<ModelAnswer, BadAnswer> {
        let mut builder = AnswerBuilder::default();
        for chunk in chunks {
            builder.add(serde_json::from_value(chunk.clone()).unwrap())?;
        }
        builder.finish(false)
    }

    fn call(index: Option<u64>, id: Option<&str>, name: Option<&str>, arguments: &str) -> Value {
        json!({ "choices": [{ "delta": { "tool_calls": [{
            "index": index, "id": id, "function": { "name": name, "arguments": arguments }
        }] } }] })
    }

    fn calls(chunks: &[Value]) -> Vec<(String, String)> {
        let end = json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] });
        let answer = built(&[chunks, &[end]].concat()).unwrap();
        answer.calls.into_iter().map(|call| (call.name, call.arguments)).collect()
    }

    fn two() -> Vec<(String, String)> {
        [("read", r#"{"path":"a"}"#), ("list", "{}")].map(|(n, a)| (n.into(), a.into())).into()
    }

    #[test]
    fn text_usage_and_calls_are_put_together() {
        let answer = built(&[
            json!({ "choices": [{ "delta": { "role": "assistant", "content": "Let me " } }] }),
            json!({ "choices": [{ "delta": { "content": "see.", "reasoning": "hm" } }] }),
            call(Some(0), Some("a"), Some("read"), ""),
            call(Some(0), None, None, r#"{"path":"#),
            call(Some(0), None, None, r#""a"}"#),
            json!({ "choices": [{ "delta": null, "finish_reason": "tool_calls" }] }),
            json!({ "choices": [], "usage": { "prompt_tokens": 10, "completion_tokens": 2 } }),
        ]);
        let tokens = Some(Tokens { input: 10, output: 2 });
        let calls =
            vec![RequestedCall { name: "read".into(), arguments: r#"{"path":"a"}"#.into() }];
        let text = "Let me see.".to_owned();
        assert_eq!(answer, Ok(ModelAnswer { text, calls, is_cut: false, tokens }));
    }

    #[test]
    fn calls_are_kept_apart_whatever_servers_leave_out() {
        let (read, half) = (r#"{"path":"a"}"#, r#"{"pa"#);
        for (what, chunks) in [
            (
                "in full",
                vec![
                    call(Some(0), Some("a"), Some("read"), half),
                    call(Some(0), None, None, r#"th":"a"}"#),
                    call(Some(1), Some("b"), Some("list"), "{}"),
                ],
            ),
            (
                "all of index 0",
                vec![
                    call(Some(0), Some("a"), Some("read"), read),
                    call(Some(0), Some("b"), Some("list"), "{}"),
                ],
            ),
            (
                "an id twice",
                vec![
                    call(Some(0), Some("a"), Some("read"), read),
                    call(Some(1), Some("a"), Some("list"), "{}"),
                ],
            ),
            (
                "all the same",
                vec![
                    call(Some(0), Some("a"), Some("read"), read),
                    call(Some(0), Some("a"), Some("list"), "{}"),
                ],
            ),
            (
                "no ids",
                vec![
                    call(Some(0), None, Some("read"), half),
                    call(Some(0), None, None, r#"th":"a"}"#),
                    call(Some(1), None, Some("list"), "{}"),
                ],
            ),
            (
                "no index",
                vec![
                    call(None, Some("a"), Some("read"), half),
                    call(None, None, None, r#"th":"a"}"#),
                    call(None, Some("b"), Some("list"), "{}"),
                ],
            ),
            (
                "neither",
                vec![call(None, None, Some("read"), read), call(None, None, Some("list"), "{}")],
            ),
            (
                "names again and again",
                vec![
                    call(Some(0), Some("a"), Some("read"), half),
                    call(Some(0), Some("a"), Some("read"), r#"th":"a"}"#),
                    call(Some(1), Some("b"), Some("list"), "{}"),
                ],
            ),
        ] {
            assert_eq!(calls(&chunks), two(), "{what}");
        }
        let json = json!({ "choices": [{ "message": { "content": null, "tool_calls": [
            { "id": "a", "function": { "name": "read", "arguments": { "path": "a" } } },
            { "id": "b", "function": { "name": "list", "arguments": "{}" } },
        ] } }] });
        assert_eq!(calls(&[json]), two(), "not streamed, arguments that are no text");
    }

    #[test]
    fn what_ends_in_the_middle_is_no_answer() {
        let piece = json!({ "choices": [{ "delta": { "content": "and so" } }] });
        assert_eq!(built(&[piece]), Err(BadAnswer::Cut));
        assert_eq!(built(&[]), Err(BadAnswer::Cut));
        let cut =
            json!({ "choices": [{ "delta": { "content": "a" }, "finish_reason": "length" }] });
        assert!(built(&[cut]).unwrap().is_cut);
    }

    #[test]
    fn an_answer_is_bounded() {
        let large = json!({ "choices": [{ "delta": { "content": "x".repeat(300_000) } }] });
        assert_eq!(built(&vec![large; 4]), Err(BadAnswer::TooLarge));
        let many: Vec<_> = (0..100).map(|n| call(Some(n), None, Some("list"), "{}")).collect();
        assert_eq!(built(&many), Err(BadAnswer::TooLarge));
    }

    #[test]
    fn usage_of_zero_is_unknown() {
        let zero = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 0, "completion_tokens": 0 } });
        assert_eq!(built(&[zero]).unwrap().tokens, None);
    }
}
