//! How the model's answers look on the wire.

use serde_json::{Value, json};

use super::script::{Said, Step, ToolCall, Usage};

/// An answer, before it is written.
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Value,
    /// What is written in place of `body`.
    raw: Option<String>,
    is_cut: bool,
}

impl Reply {
    fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body, raw: None, is_cut: false }
    }

    /// A success that holds anything.
    pub(super) fn raw(text: String) -> Self {
        Self { raw: Some(text), ..Self::json(200, Value::Null) }
    }

    /// The connection just ends.
    pub(super) fn nothing() -> Self {
        Self { raw: Some(String::new()), is_cut: true, ..Self::json(0, Value::Null) }
    }

    /// With these headers, in place of its own of the same names.
    pub(super) fn tell(&mut self, headers: &[(String, String)]) {
        let is_told = |name: &str| headers.iter().any(|(told, _)| told.eq_ignore_ascii_case(name));
        self.headers.retain(|(name, _)| !is_told(name));
        self.headers.extend_from_slice(headers);
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        if self.status == 0 {
            return Vec::new();
        }
        let body = self.raw.clone().unwrap_or_else(|| self.body.to_string());
        let is_stream = body.starts_with("data: ");
        let kind = if is_stream { "text/event-stream" } else { "application/json" };
        let mut head = format!("HTTP/1.1 {} Fake\r\nContent-Type: {kind}\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = body.len();
        let shown = if self.is_cut { length / 2 } else { length };
        // The length tells whoever reads that half of it is missing.
        head.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", length));
        [head.as_bytes(), &body.as_bytes()[..shown]].concat()
    }
}

/// An error as these servers write it.
pub(super) fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let error = json!({ "message": message, "type": "invalid_request_error", "code": code });
    let mut reply = Reply::json(status, json!({ "error": error }));
    if status == 429 {
        reply.headers.push(("Retry-After".to_owned(), "1".to_owned()));
    }
    reply
}

pub(super) fn listing(models: &[String]) -> Reply {
    let model = |id: &String| json!({ "id": id, "object": "model", "owned_by": "fake" });
    let data: Vec<Value> = models.iter().map(model).collect();
    Reply::json(200, json!({ "object": "list", "data": data }))
}

/// The answer that `step` says, streamed if `body` asks for that.
pub(super) fn completion(body: &Value, step: &Step) -> Reply {
    let usage = match step.usage {
        Usage::Told => Some(tokens(body, step)),
        Usage::Zero => Some((0, 0)),
        Usage::None => None,
    };
    let usage = usage.map(|(input, output)| {
        let total = input + output;
        json!({ "prompt_tokens": input, "completion_tokens": output, "total_tokens": total })
    });
    let model = body["model"].clone();
    let mut reply = match body["stream"] == true {
        true => Reply::raw(streamed(&model, step, usage)),
        false => {
            let (message, reason) = message(step);
            let mut whole = json!({
                "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
                "choices": [{ "index": 0, "message": message, "finish_reason": reason }],
            });
            if let Some(usage) = usage {
                whole["usage"] = usage;
            }
            Reply::json(200, whole)
        }
    };
    reply.is_cut = matches!(step.said, Said::Cut(_));
    reply
}

/// About four letters a token: enough to tell more from less.
fn tokens(body: &Value, step: &Step) -> (u64, u64) {
    let letters = |text: &str| (text.len() / 4 + 1) as u64;
    let said = match &step.said {
        Said::Text(text) | Said::Cut(text) => letters(text),
        Said::Calls(calls) => calls.iter().map(|call| letters(&call.arguments)).sum(),
        _ => 0,
    };
    (letters(&body["messages"].to_string()), said)
}

fn message(step: &Step) -> (Value, &'static str) {
    match &step.said {
        Said::Calls(calls) => {
            let calls = tool_calls(calls, step.same_ids);
            (json!({ "role": "assistant", "content": null, "tool_calls": calls }), "tool_calls")
        }
        Said::Text(text) | Said::Cut(text) => {
            (json!({ "role": "assistant", "content": text }), "stop")
        }
        _ => (Value::Null, "stop"),
    }
}

fn tool_calls(calls: &[ToolCall], same_ids: bool) -> Vec<Value> {
    let id =
        |at: usize| format!("call_{}", if same_ids { 0 } else { fastrand::u32(..) as usize + at });
    let call = |(at, call): (usize, &ToolCall)| {
        json!({
            "index": at, "id": id(at), "type": "function",
            "function": { "name": call.name, "arguments": call.arguments },
        })
    };
    calls.iter().enumerate().map(call).collect()
}

fn streamed(model: &Value, step: &Step, usage: Option<Value>) -> String {
    let chunk = |delta: Value, reason: Value| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model,
            "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }],
        })
    };
    let (message, reason) = message(step);
    let mut chunks = vec![chunk(json!({ "role": "assistant", "content": "" }), Value::Null)];
    if let Some(text) = message["content"].as_str() {
        let words = text.split_inclusive(' ');
        chunks.extend(words.map(|word| chunk(json!({ "content": word }), Value::Null)));
    }
    for call in message["tool_calls"].as_array().into_iter().flatten() {
        chunks.push(chunk(json!({ "tool_calls": [call] }), Value::Null));
    }
    chunks.push(chunk(json!({}), json!(reason)));
    if let Some(usage) = usage {
        let mut last = chunk(json!({}), Value::Null);
        last["choices"] = json!([]);
        last["usage"] = usage;
        chunks.push(last);
    }
    let lines: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    lines + "data: [DONE]\n\n"
}
