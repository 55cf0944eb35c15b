//! The language model behind the demo's CrewAI: an OpenAI-compatible server that says what the script
//! says. The crew in front of it is a real one.

use std::io;
use std::net::Ipv4Addr;

use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::crew::{Act, FILE, act};

/// A running server. It ends when it is dropped.
pub(super) struct Model {
    url: String,
    serving: JoinHandle<io::Result<()>>,
}

impl Model {
    /// Starts it on a free port of this machine.
    ///
    /// # Errors
    /// If no port can be had.
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let routes = Router::new().route("/v1/chat/completions", post(complete));
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { url, serving })
    }

    /// Its base address.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn complete(body: Bytes) -> Response {
    match serde_json::from_slice::<Value>(&body) {
        Ok(asked) => {
            let answer = answer(&asked).to_string();
            ([(header::CONTENT_TYPE, "application/json")], answer).into_response()
        }
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn answer(asked: &Value) -> Value {
    let messages = asked["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let heard: String = messages.iter().filter_map(|one| one["content"].as_str()).collect();
    let has_written = messages.iter().any(|one| one["role"] == "tool");
    let (message, reason) = match act(&heard) {
        Some(Act::Writes { text, .. }) if !has_written => (writes(&text), "tool_calls"),
        Some(Act::Writes { words, .. }) => {
            let result = json!({ "outcome": "pull_request", "title": "Ring the bell once",
                                 "summary": words });
            (says(&format!("{words}\n\ntimmy-result: {result}")), "stop")
        }
        Some(Act::Says(words)) => (says(&words), "stop"),
        None => (says("I do not know what that is about."), "stop"),
    };
    // About four letters a token.
    let tokens = |text: &str| text.len() / 4 + 1;
    let (read, written) = (tokens(&heard), tokens(&message.to_string()));
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": asked["model"],
        "choices": [{ "index": 0, "message": message, "finish_reason": reason }],
        "usage": { "prompt_tokens": read, "completion_tokens": written,
                   "total_tokens": read + written },
    })
}

fn says(words: &str) -> Value {
    json!({ "role": "assistant", "content": words })
}

fn writes(text: &str) -> Value {
    let arguments = json!({ "path": FILE, "content": text, "replaces": "" }).to_string();
    let call = json!({ "id": "call_1", "type": "function",
                       "function": { "name": "write_file", "arguments": arguments } });
    json!({ "role": "assistant", "content": null, "tool_calls": [call] })
}
