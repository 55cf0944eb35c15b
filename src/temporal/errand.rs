//! The way from a worker to timmy: one turn, one answer.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, StatusCode};
use url::Url;

use super::ask::{Asked, Turn, VERSION};
use super::listener::{LARGEST, PATH, VERSION_HEADER};
use crate::gitea::{innermost_cause, install_tls};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long one turn may take that brings something, which may be much.
const LONGEST: Duration = Duration::from_secs(90);

/// How long any other may take: timmy lets it wait half of that.
const WAIT: Duration = Duration::from_secs(30);

/// The most of a refusal that is read, in bytes.
const LARGEST_REFUSAL: usize = 2 << 10;

pub(super) struct Errands {
    http: Client,
    turn: Url,
}

/// Why a turn came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ErrandError {
    /// timmy says that nothing is to be had with this ticket, or this version.
    #[error("timmy refuses it: {0}")]
    Refused(String),
    /// It may be there later.
    #[error("timmy cannot be reached: {0}")]
    Away(String),
}

impl Errands {
    /// To the `[worker] listen` of timmy, below this address. None if no client can be made at all.
    pub(super) fn new(mut timmy: Url) -> Option<Self> {
        install_tls();
        timmy.path_segments_mut().ok()?.pop_if_empty().extend(PATH);
        let http = Client::builder()
            .user_agent(concat!("timmy/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT)
            .build()
            .ok()?;
        Some(Self { http, turn: timmy })
    }

    pub(super) async fn turn(&self, ticket: &str, turn: &Turn) -> Result<Asked, ErrandError> {
        let away = |why: String| ErrandError::Away(why);
        let mut bearer = HeaderValue::try_from(format!("Bearer {ticket}"))
            .map_err(|_| ErrandError::Refused("what came as a ticket is none".to_owned()))?;
        bearer.set_sensitive(true);
        let body = serde_json::to_vec(turn).map_err(|error| away(error.to_string()))?;
        if body.len() > LARGEST {
            return Err(ErrandError::Refused("an answer is too large to be brought".to_owned()));
        }
        let request = self
            .http
            .post(self.turn.clone())
            .header(AUTHORIZATION, bearer)
            .header(VERSION_HEADER, VERSION)
            .header(CONTENT_TYPE, "application/json")
            .timeout(if turn.answers.is_empty() { WAIT } else { LONGEST })
            .body(body);
        let answer = request.send().await.map_err(|error| away(innermost_cause(error)))?;
        let status = answer.status();
        let most = if status == StatusCode::OK { LARGEST } else { LARGEST_REFUSAL };
        let text = read(answer, most).await?;
        match status {
            StatusCode::OK => serde_json::from_slice(&text)
                .map_err(|error| away(format!("its answer cannot be understood ({error})"))),
            StatusCode::UNAUTHORIZED | StatusCode::CONFLICT | StatusCode::BAD_REQUEST => {
                let words = String::from_utf8_lossy(&text);
                let words: String = words.chars().filter(|c| !c.is_control()).take(300).collect();
                Err(ErrandError::Refused(words))
            }
            other => Err(away(format!("it answers {other}"))),
        }
    }
}

/// The body of an answer, up to so many bytes.
async fn read(mut answer: reqwest::Response, most: usize) -> Result<Vec<u8>, ErrandError> {
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= most => body.extend_from_slice(&chunk),
            Ok(Some(_)) => {
                return Err(ErrandError::Away("it answers more than anybody reads".to_owned()));
            }
            Ok(None) => return Ok(body),
            Err(error) => return Err(ErrandError::Away(innermost_cause(error))),
        }
    }
}
