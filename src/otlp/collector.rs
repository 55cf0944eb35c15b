//! Sends requests to the collector: to one address, with headers that go nowhere else.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Response, StatusCode};
use url::Url;

use super::error::OtlpError;
use super::headers;
use super::outcome::{SendOutcome, is_of_a_collector};
use crate::config::OtlpConfig;
use crate::gitea::{innermost_cause, install_tls};

/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much of an answer is read, in bytes.
const LARGEST: usize = 64 << 10;

pub(super) struct Collector {
    client: Client,
    url: Url,
    host: String,
    headers: HeaderMap,
}

impl Collector {
    /// One that follows no redirect: it would take the headers elsewhere.
    pub(super) fn new(config: &OtlpConfig) -> Result<Self, OtlpError> {
        install_tls();
        let headers = match &config.headers {
            Some(secret) => headers::parse(secret.expose())?,
            None => HeaderMap::new(),
        };
        let client = Client::builder()
            .user_agent(concat!("timmy/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE / 2)
            .build()
            .map_err(|error| OtlpError::Client(innermost_cause(error)))?;
        Ok(Self { client, url: config.url.clone(), host: config.host(), headers })
    }

    /// Who it is, without the path.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Sends a request once.
    pub(super) async fn send(&self, request: Vec<u8>) -> SendOutcome {
        match self.ask(request).await {
            Ok((status, headers, body)) => SendOutcome::of(status, &headers, &body),
            Err(away) => away,
        }
    }

    /// Sends a request that brings nothing: what takes it may be no collector at all.
    pub(super) async fn try_out(&self, request: Vec<u8>) -> SendOutcome {
        match self.ask(request).await {
            Ok((status, headers, body)) => match SendOutcome::of(status, &headers, &body) {
                SendOutcome::Taken | SendOutcome::Partly { .. }
                    if !is_of_a_collector(&headers, &body) =>
                {
                    let why = "it answers as no collector does: correct otlp.endpoint (collectors \
                               listen on port 4318)";
                    SendOutcome::Refused(why.to_owned())
                }
                outcome => outcome,
            },
            Err(away) => away,
        }
    }

    /// The answer to a request; or what it means that there is none.
    async fn ask(&self, request: Vec<u8>) -> Result<(StatusCode, HeaderMap, Vec<u8>), SendOutcome> {
        let request = self
            .client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(request);
        Err(match request.send().await {
            Ok(answer) => {
                let (status, headers) = (answer.status(), answer.headers().clone());
                return Ok((status, headers, beginning(answer).await));
            }
            Err(error) if error.is_timeout() => {
                let why = format!("it does not answer within {} seconds", PATIENCE.as_secs());
                SendOutcome::Later { asked: None, why }
            }
            Err(error) => {
                // It would name the address, whose path may be a secret.
                let why = innermost_cause(error.without_url());
                SendOutcome::Later { asked: None, why: format!("it cannot be reached: {why}") }
            }
        })
    }
}

/// What an answer says, as far as it is read. Without the rest it is an answer as well.
async fn beginning(mut answer: Response) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < LARGEST
        && let Ok(Some(piece)) = answer.chunk().await
    {
        let room = LARGEST - body.len();
        body.extend_from_slice(piece.get(..room).unwrap_or(&piece));
    }
    body
}
