//! One request and its answer over the wire: nothing is repeated, nothing is followed.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RANGE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use url::Url;

use super::answer::ForgeAnswer;
use super::error::Error;
use super::options::ClientOptions;
use super::route::{AnswerPart, Route};
use super::token::Token;

/// The largest body of a refusal.
const LARGEST_REFUSAL: usize = 64 << 10;

/// How long an unused connection is kept: less than servers and proxies keep it (nginx 75 s),
/// so that no write is lost to one that was just closed.
const IDLE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Transport {
    client: Client,
}

impl Transport {
    /// TLS with the system's certificates, so that a private authority installed there works.
    pub(super) fn new(options: &ClientOptions) -> Result<Self, Error> {
        install_tls();
        let client = Client::builder()
            .user_agent(concat!("timmy/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(options.timeout)
            .connect_timeout(options.timeout / 2)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| Error::Setup(innermost_cause(error)))?;
        Ok(Self { client })
    }

    /// Sends one request for `route`, with `token`: `url` must be on the forge's own origin.
    pub(super) async fn send(
        &self,
        token: &Token,
        (method, url): (Method, Url),
        json: Option<Vec<u8>>,
        route: &Route,
    ) -> Result<ForgeAnswer, Error> {
        let mut request: RequestBuilder = self
            .client
            .request(method, url)
            .header(AUTHORIZATION, token.header())
            .header(ACCEPT, "application/json");
        if let Some(json) = json {
            request = request.header(CONTENT_TYPE, "application/json").body(json);
        }
        if let AnswerPart::End(bytes) = route.part() {
            request = request.header(RANGE, format!("bytes=-{bytes}"));
        }
        let response = request.send().await.map_err(failure)?;
        match route.part() {
            // Not everything on the way passes on which part is wanted.
            AnswerPart::End(bytes) if response.status() == StatusCode::OK => {
                read_end(response, bytes, route.limit()).await
            }
            AnswerPart::End(_) | AnswerPart::Whole => read(response, route.limit()).await,
        }
    }
}

/// Reads a body of at most `largest` bytes, and keeps so many of its end.
async fn read_end(
    mut response: Response,
    kept: usize,
    largest: usize,
) -> Result<ForgeAnswer, Error> {
    let (status, headers) = (response.status(), response.headers().clone());
    let (mut body, mut seen) = (Vec::new(), 0);
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        seen += chunk.len();
        if seen > largest {
            return Err(Error::TooLarge { limit: largest, unit: "bytes" });
        }
        body.extend_from_slice(&chunk);
        body.drain(..body.len().saturating_sub(kept));
    }
    Ok(ForgeAnswer { status, headers, body })
}

/// Reads the body, up to its bound. A refusal that is longer is cut, a success is an error.
async fn read(mut response: Response, largest: usize) -> Result<ForgeAnswer, Error> {
    let status = response.status();
    let headers = response.headers().clone();
    let limit = if status.is_success() { largest } else { LARGEST_REFUSAL };
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failure)? {
        if body.len() + chunk.len() <= limit {
            body.extend_from_slice(&chunk);
        } else if status.is_success() {
            return Err(Error::TooLarge { limit, unit: "bytes" });
        } else {
            body.extend_from_slice(&chunk[..limit - body.len()]);
            break;
        }
    }
    Ok(ForgeAnswer { status, headers, body })
}

/// Gives TLS its cryptography, which a client without a provider of its own needs.
pub(crate) fn install_tls() {
    // Fails only where a provider is installed already, which is just as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// What a failed exchange means. A connection that was never made has sent nothing.
pub(super) fn failure(error: reqwest::Error) -> Error {
    if error.is_builder() {
        Error::Setup(innermost_cause(error))
    } else if error.is_connect() {
        Error::Unreachable(innermost_cause(error))
    } else if error.is_timeout() {
        Error::Timeout
    } else {
        Error::Dropped(innermost_cause(error))
    }
}

/// The innermost cause, which is the one that helps. Without the address: it is known.
pub(crate) fn innermost_cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
