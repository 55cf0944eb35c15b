//! A language model for scripted crews: an OpenAI-compatible server that answers what
//! [`super::crew`] says, to whoever asks: an agent that has tools to end its work, or one that says
//! its result in its last words. It counts what it is asked, and can hold its answers back.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::crew::{Act, FILE, act, handed_in, last_words};

/// A running server. It ends when it is dropped.
pub struct Model {
    url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<io::Result<()>>,
}

/// A completion that it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCall {
    /// The model that was asked, by the name that its agent calls it by.
    pub model: String,
    /// When it was asked, by the clock of the machine.
    pub at: SystemTime,
    /// All that it was told in words, one message after the other.
    pub heard: String,
    /// Whether it is the first of its conversation.
    pub opens: bool,
    pub input_tokens: usize,
    pub output_tokens: usize,
    /// Whether its answer was let go.
    pub is_answered: bool,
}

struct Shared {
    calls: Mutex<Vec<ModelCall>>,
    /// From which call on answers are held back.
    held_from: watch::Sender<usize>,
}

impl Model {
    /// Starts it on a free port of this machine.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let held_from = watch::Sender::new(usize::MAX);
        let shared = Arc::new(Shared { calls: Mutex::default(), held_from });
        let routes = Router::new()
            .route("/v1/chat/completions", post(complete))
            .with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { url, shared, serving })
    }

    /// Its base address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All that it was asked, in order.
    pub fn calls(&self) -> Vec<ModelCall> {
        self.shared.calls().clone()
    }

    /// How often it was asked.
    pub fn count(&self) -> usize {
        self.shared.calls().len()
    }

    /// The call of this number, from 0 on, and those behind it get no answer until [`Model::release`].
    pub fn hold_from(&self, call: usize) {
        self.shared.held_from.send_replace(call);
    }

    /// Answers whatever it was asked, and what it is asked from now on.
    pub fn release(&self) {
        self.shared.held_from.send_replace(usize::MAX);
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn calls(&self) -> std::sync::MutexGuard<'_, Vec<ModelCall>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a call; its number.
    fn note(&self, call: ModelCall) -> usize {
        let mut calls = self.calls();
        calls.push(call);
        calls.len() - 1
    }

    /// Returns when the answer to this call may go.
    async fn may_answer(&self, call: usize) {
        let mut held_from = self.held_from.subscribe();
        // Nobody waits for a server that is gone.
        let _ = held_from.wait_for(|from| call < *from).await;
        if let Some(call) = self.calls().get_mut(call) {
            call.is_answered = true;
        }
    }
}

async fn complete(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let messages = asked["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let heard: String = messages.iter().filter_map(|one| one["content"].as_str()).collect();
    let (message, reason) = answer(&heard, messages, has_finish(&asked["tools"]));
    // What its tools are is read, and paid for, with every call.
    let input_tokens = tokens(&asked["messages"].to_string()) + tokens(&asked["tools"].to_string());
    let output_tokens = tokens(&message.to_string());
    let number = shared.note(ModelCall {
        model: asked["model"].as_str().unwrap_or_default().to_owned(),
        at: SystemTime::now(),
        heard,
        opens: !messages.iter().any(|one| one["role"] == "assistant" || one["role"] == "tool"),
        input_tokens,
        output_tokens,
        is_answered: false,
    });
    let answer = json!({
        "id": format!("chatcmpl-{number}"), "object": "chat.completion", "created": 1,
        "model": asked["model"],
        "choices": [{ "index": 0, "message": message, "finish_reason": reason }],
        "usage": { "prompt_tokens": input_tokens, "completion_tokens": output_tokens,
                   "total_tokens": input_tokens + output_tokens },
    });
    shared.may_answer(number).await;
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

/// About four letters a token.
fn tokens(text: &str) -> usize {
    text.len() / 4 + 1
}

/// Whether its agent ends by a tool, and not by its last words.
fn has_finish(tools: &Value) -> bool {
    let mut tools = tools.as_array().into_iter().flatten();
    tools.any(|tool| tool["function"]["name"] == "finish")
}

/// The next message of the conversation, and why it ends.
fn answer(heard: &str, messages: &[Value], has_finish: bool) -> (Value, &'static str) {
    let has_written = messages.iter().any(|one| one["role"] == "tool");
    let write = if has_finish { "write" } else { "write_file" };
    match act(heard) {
        Some(Act::Writes { text, .. }) if !has_written => {
            calls(write, &json!({ "path": FILE, "content": text, "replaces": "" }))
        }
        Some(Act::Writes { words, .. }) => ends(words, &handed_in(words), has_finish),
        Some(Act::Ends { words, result }) => ends(words, &result, has_finish),
        None => says("I do not know what that is about."),
    }
}

fn ends(words: &str, result: &Value, has_finish: bool) -> (Value, &'static str) {
    match has_finish {
        true if result["outcome"] == "plan" => {
            // That tool knows no plans: one is written as the text that it ends with.
            calls("finish", &json!({ "outcome": "comment", "summary": result.to_string() }))
        }
        true => calls("finish", result),
        false => says(&last_words(words, result)),
    }
}

fn says(words: &str) -> (Value, &'static str) {
    (json!({ "role": "assistant", "content": words }), "stop")
}

fn calls(tool: &str, arguments: &Value) -> (Value, &'static str) {
    let call = json!({ "id": "call_1", "type": "function",
                       "function": { "name": tool, "arguments": arguments.to_string() } });
    (json!({ "role": "assistant", "content": null, "tool_calls": [call] }), "tool_calls")
}
