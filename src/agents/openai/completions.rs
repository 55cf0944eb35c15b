//! A server of chat completions, spoken to over HTTP: one request, one answer, all of it bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::value::RawValue;
use url::Url;

use super::answer::{AnswerBuilder, BadAnswer, ModelAnswer};
use super::rate_limit;
use super::refusal::{CompletionError, refusal, stream_failure};
use super::wire::{
    ChatMessage, ChatRequest, CompletionChunk, StreamOptions, WireModel, WireModels,
};
use crate::agents::event_stream::EventStream;
use crate::agents::unreachable::{is_refused, why_failed};
use crate::clock::Clock;
use crate::config::Secret;
use crate::gitea::install_tls;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(20);

/// How long a server may think before it says anything: a large model is loaded first.
const FIRST_WORD: Duration = Duration::from_secs(5 * 60);

/// How long it may be silent in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(2 * 60);

/// How long one answer may take in all.
const LONGEST_ANSWER: Duration = Duration::from_secs(20 * 60);

/// How long the list of models may take.
const LONGEST_LIST: Duration = Duration::from_secs(20);

/// The most bytes of one stream: each word of an answer comes in a piece of its own.
const LARGEST_STREAM: usize = 64 << 20;

/// The most bytes of an answer that is no stream.
const LARGEST_BODY: usize = 4 << 20;

/// The most of a refusal that is read.
const LARGEST_REFUSAL: usize = 64 << 10;

pub(super) struct Completions {
    http: Client,
    base: Url,
    model: String,
    key: Option<Secret>,
    clock: Arc<dyn Clock>,
    /// Whether it takes the option by which streams tell their usage.
    tells_usage: AtomicBool,
}

impl Completions {
    pub(super) fn new(
        base: Url,
        model: String,
        key: Option<Secret>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CompletionError> {
        install_tls();
        let http = Client::builder()
            .user_agent(concat!("timmy/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT)
            .build()
            .map_err(|error| CompletionError::BadRequest(why_failed(error)))?;
        Ok(Self { http, base, model, key, clock, tells_usage: AtomicBool::new(true) })
    }

    pub(super) fn model(&self) -> &str {
        &self.model
    }

    /// The model's next answer. `is_alive` is called with each sign of it.
    pub(super) async fn complete(
        &self,
        messages: &[ChatMessage],
        tools: &RawValue,
        is_alive: &(dyn Fn() + Sync),
    ) -> Result<ModelAnswer, CompletionError> {
        let with_usage = self.tells_usage.load(Ordering::Relaxed);
        let answer = self.within(LONGEST_ANSWER, self.ask(messages, tools, with_usage, is_alive));
        match answer.await? {
            Err(CompletionError::NoStreamUsage) if with_usage => {
                self.tells_usage.store(false, Ordering::Relaxed);
                self.within(LONGEST_ANSWER, self.ask(messages, tools, false, is_alive)).await?
            }
            answer => answer,
        }
    }

    /// Whether the model is there, as the server's list says; none if it has no such list.
    pub(super) async fn has_model(&self) -> Result<Option<bool>, CompletionError> {
        let asked = self.within(LONGEST_LIST, async {
            let response = self.sent(self.http.get(self.address(&["models"]))).await?;
            match response.status() {
                StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Ok(None),
                status if status.is_success() => body(response, LARGEST_BODY).await.map(Some),
                _ => Err(self.refused(response).await),
            }
        });
        let Some(body) = asked.await?? else { return Ok(None) };
        let models: WireModels = serde_json::from_slice(&body).map_err(|_| {
            CompletionError::Garbage("its list of models cannot be understood".to_owned())
        })?;
        let is_it = |model: &WireModel| is_same_model(&model.id, &self.model);
        Ok(Some(models.data.iter().any(|model| is_it(model) && model.active != Some(false))))
    }

    async fn ask(
        &self,
        messages: &[ChatMessage],
        tools: &RawValue,
        with_usage: bool,
        is_alive: &(dyn Fn() + Sync),
    ) -> Result<ModelAnswer, CompletionError> {
        let request = ChatRequest {
            model: &self.model,
            messages,
            tools,
            tool_choice: "auto",
            stream: true,
            stream_options: with_usage.then_some(StreamOptions { include_usage: true }),
        };
        let json = serde_json::to_vec(&request)
            .map_err(|error| CompletionError::BadRequest(error.to_string()))?;
        let request = self
            .http
            .post(self.address(&["chat", "completions"]))
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream, application/json")
            .body(json);
        let response = self.within(FIRST_WORD, self.sent(request)).await??;
        is_alive();
        if !response.status().is_success() {
            return Err(self.within(SILENCE, self.refused(response)).await?);
        }
        match media_type(&response).as_str() {
            "text/html" => Err(CompletionError::BadRequest(
                "a web page came back: check the agent's `url`".to_owned(),
            )),
            "application/json" => whole(&body(response, LARGEST_BODY).await?),
            _ => self.streamed(response, is_alive).await,
        }
    }

    async fn streamed(
        &self,
        mut response: Response,
        is_alive: &(dyn Fn() + Sync),
    ) -> Result<ModelAnswer, CompletionError> {
        let (mut stream, mut answer) = (EventStream::default(), AnswerBuilder::default());
        let (mut size, mut is_empty) = (0, true);
        loop {
            let piece = self.within(SILENCE, response.chunk()).await?.map_err(broken)?;
            let Some(piece) = piece else { break };
            is_alive();
            size += piece.len();
            if size > LARGEST_STREAM {
                return Err(too_large());
            }
            let messages = stream.push(&piece);
            for message in messages.map_err(|error| CompletionError::Garbage(error.to_string()))? {
                is_empty = false;
                if message == "[DONE]" {
                    return answer.finish(true).map_err(bad_answer);
                }
                add(&mut answer, message.as_bytes())?;
            }
        }
        if is_empty {
            return Err(CompletionError::Garbage("its answer is empty".to_owned()));
        }
        answer.finish(false).map_err(bad_answer)
    }

    async fn sent(&self, mut request: RequestBuilder) -> Result<Response, CompletionError> {
        if let Some(key) = &self.key {
            let mut header = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
                .map_err(|_| CompletionError::BadKey)?;
            header.set_sensitive(true);
            request = request.header(AUTHORIZATION, header);
        }
        request.send().await.map_err(|error| match error.is_connect() {
            true => CompletionError::Unreachable {
                is_refused: is_refused(&error),
                words: why_failed(error),
            },
            false => broken(error),
        })
    }

    async fn refused(&self, response: Response) -> CompletionError {
        let status = response.status();
        if status.is_redirection() {
            let words = "it redirects elsewhere: write that address as the agent's `url`";
            return CompletionError::BadRequest(words.to_owned());
        }
        let wait = rate_limit::wait(response.headers(), self.clock.now());
        let mut response = response;
        let mut read = Vec::new();
        while let Ok(Some(piece)) = response.chunk().await {
            read.extend_from_slice(&piece);
            if read.len() > LARGEST_REFUSAL {
                read.truncate(LARGEST_REFUSAL);
                break;
            }
        }
        refusal(status.as_u16(), wait, &read)
    }

    /// What lies below the base address.
    fn address(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn within<T>(
        &self,
        span: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, CompletionError> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.clock.sleep(span) => {
                let minutes = span.as_secs() / 60;
                Err(CompletionError::Broken(format!("it did not go on within {minutes} minutes")))
            }
        }
    }
}

/// An answer that did not come as a stream.
fn whole(body: &[u8]) -> Result<ModelAnswer, CompletionError> {
    let mut answer = AnswerBuilder::default();
    add(&mut answer, body)?;
    answer.finish(true).map_err(bad_answer)
}

fn add(answer: &mut AnswerBuilder, json: &[u8]) -> Result<(), CompletionError> {
    let chunk: CompletionChunk = serde_json::from_slice(json).map_err(|error| {
        CompletionError::Garbage(format!("its answer is not that of chat completions ({error})"))
    })?;
    if let Some(error) = chunk.error.as_ref().filter(|error| !error.is_null()) {
        return Err(stream_failure(error));
    }
    answer.add(chunk).map_err(bad_answer)
}

/// All of a body, up to its bound.
async fn body(mut response: Response, most: usize) -> Result<Vec<u8>, CompletionError> {
    let mut read = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        if read.len() + piece.len() > most {
            return Err(too_large());
        }
        read.extend_from_slice(&piece);
    }
    Ok(read)
}

fn media_type(response: &Response) -> String {
    let header = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = header.unwrap_or_default().split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// Ollama lists `llama3:latest` for what is called `llama3`.
fn is_same_model(listed: &str, called: &str) -> bool {
    listed == called || listed.strip_suffix(":latest") == Some(called)
}

fn bad_answer(bad: BadAnswer) -> CompletionError {
    match bad {
        BadAnswer::TooLarge => too_large(),
        BadAnswer::Cut => CompletionError::Broken("its answer broke off".to_owned()),
    }
}

fn too_large() -> CompletionError {
    CompletionError::Garbage("its answer is larger than anybody reads".to_owned())
}

fn broken(error: reqwest::Error) -> CompletionError {
    CompletionError::Broken(why_failed(error))
}
