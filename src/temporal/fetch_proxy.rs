//! What git of a worker fetches: for an attempt timmy fetches it as the account of the agent, for guards
//! as its own, from the one repository that is meant and no other. Nothing can be pushed here.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::gitea::{innermost_cause, install_tls};

/// The service of git that only reads.
const SERVICE: &str = "git-upload-pack";

/// How long a connection may take, and how long nothing may come over it.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(180);

/// The most that is passed on of one answer, in bytes.
const LARGEST: u64 = 3 << 30;

/// Passed on as git sends it: it says in which form it wants to talk.
const PROTOCOL: &str = "git-protocol";

/// Why a worker, or its git, gets nothing.
pub(super) type Refusal = (StatusCode, String);

pub(super) struct FetchProxy {
    http: Client,
}

/// A repository on the forge, and by what it is read: the value of the header `Authorization`.
pub(super) struct Source {
    pub(super) url: String,
    pub(super) authorization: String,
}

/// What git asks.
pub(super) enum GitAsk {
    /// What there is: a `GET` with this query.
    Refs { query: String },
    /// Some of it.
    Pack(Bytes),
}

impl FetchProxy {
    /// None if no client can be made at all.
    pub(super) fn new() -> Option<Self> {
        install_tls();
        let http = Client::builder()
            .user_agent(concat!("git/timmy-", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .build()
            .ok()?;
        Some(Self { http })
    }

    /// Asks the forge, and passes on what it answers while that comes.
    pub(super) async fn pass_on(
        &self,
        source: &Source,
        headers: &HeaderMap,
        ask: GitAsk,
    ) -> Result<Response, Refusal> {
        let request = self.request(source, headers, ask)?;
        let answer = request.send().await.map_err(|error| {
            let why = format!("the forge cannot be reached: {}\n", innermost_cause(error));
            (StatusCode::BAD_GATEWAY, why)
        })?;
        match answer.status() {
            StatusCode::OK => {}
            refused
            @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) => {
                let why = format!("the forge does not let that account read it ({refused})\n");
                return Err((StatusCode::FORBIDDEN, why));
            }
            other => return Err((StatusCode::BAD_GATEWAY, format!("the forge answers {other}\n"))),
        }
        let kind = answer.headers().get(CONTENT_TYPE).cloned();
        let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
        let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
        let pieces = futures::stream::try_unfold((answer, 0), |(mut answer, passed)| async move {
            match answer.chunk().await {
                Ok(None) => Ok(None),
                Ok(Some(piece)) => {
                    let passed = passed + piece.len() as u64;
                    let is_much = passed > LARGEST;
                    if is_much {
                        return Err(io::Error::other("more than anybody fetches"));
                    }
                    Ok(Some((piece, (answer, passed))))
                }
                Err(error) => Err(io::Error::other(innermost_cause(error))),
            }
        });
        Ok((headers, Body::from_stream(pieces)).into_response())
    }

    fn request(
        &self,
        source: &Source,
        headers: &HeaderMap,
        ask: GitAsk,
    ) -> Result<RequestBuilder, Refusal> {
        let url = |path: &[&str]| below(&source.url, path);
        let nowhere =
            || (StatusCode::BAD_GATEWAY, "there is nowhere to fetch it from\n".to_owned());
        let request = match ask {
            GitAsk::Refs { query } if query == format!("service={SERVICE}") => {
                let mut url = url(&["info", "refs"]).ok_or_else(nowhere)?;
                url.set_query(Some(&query));
                self.http.get(url)
            }
            GitAsk::Refs { .. } => {
                return Err((StatusCode::FORBIDDEN, "here is only fetched\n".to_owned()));
            }
            GitAsk::Pack(body) => {
                let url = url(&[SERVICE]).ok_or_else(nowhere)?;
                let kind = format!("application/x-{SERVICE}-request");
                let request = self.http.post(url).header(CONTENT_TYPE, kind).body(body);
                match headers.get(CONTENT_ENCODING) {
                    Some(encoding) => request.header(CONTENT_ENCODING, encoding),
                    None => request,
                }
            }
        };
        let mut secret =
            HeaderValue::try_from(source.authorization.as_str()).map_err(|_| nowhere())?;
        secret.set_sensitive(true);
        let request = request.header(AUTHORIZATION, secret).header(ACCEPT, "*/*");
        Ok(match headers.get(PROTOCOL) {
            Some(form) => request.header(PROTOCOL, form),
            None => request,
        })
    }
}

fn below(url: &str, path: &[&str]) -> Option<Url> {
    let mut url = Url::parse(url).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(path);
    Some(url)
}
