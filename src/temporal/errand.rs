//! The way from a worker to timmy.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Client, RequestBuilder, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::CannotServe;
use super::ask::{Asked, Turn, VERSION};
use super::forge_ask::{ForgeAnswer, ForgeAsk, PiecePlace};
use super::held_tickets::HeldTickets;
use super::listener::{BUNDLE, FORGE, GIT, LARGEST, PIECE_HEADER, TURN, VERSION_HEADER};
use crate::gitea::{innermost_cause, install_tls};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long one turn may take that brings something, which may be much.
const LONGEST: Duration = Duration::from_secs(90);

/// How long any other may take: timmy lets it wait half of that.
const WAIT: Duration = Duration::from_secs(30);

/// The most of a refusal that is read, in bytes.
const LARGEST_REFUSAL: usize = 2 << 10;

/// The longest file of certificates that is read, in bytes.
const LONGEST_PEM: u64 = 1 << 20;

const JSON: &str = "application/json";

/// Goes to timmy for a worker.
pub struct Errands {
    http: Client,
    timmy: Url,
    /// Who has signed the certificate that timmy shows; none for those that the system trusts.
    ca: Option<PathBuf>,
    tickets: HeldTickets,
}

/// What is done there for an attempt.
pub(super) enum ForgeErrand<'a> {
    Ask(&'a ForgeAsk),
    Piece(PiecePlace, Vec<u8>),
}

/// Why a turn came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ErrandError {
    /// timmy says that nothing is to be had with this ticket, or this version.
    #[error("timmy refuses it: {0}")]
    Refused(String),
    /// It does not read that much, and will not later.
    #[error("timmy does not take it: {0}")]
    TooLarge(String),
    /// It did not come in the time that it is given.
    #[error("the line to timmy is too slow: {0}")]
    TooSlow(String),
    /// It may be there later.
    #[error("timmy cannot be reached: {0}")]
    Away(String),
}

impl Errands {
    /// To the `[worker] listen` of timmy, below this address.
    ///
    /// # Errors
    /// If no client can be made, or the certificates of `ca` not be read.
    pub fn to(timmy: &Url, ca: Option<&Path>) -> Result<Arc<Self>, CannotServe> {
        install_tls();
        let mut http = Client::builder()
            .user_agent(concat!("timmy/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT);
        if let Some(file) = ca {
            http = http.tls_certs_only(certificates(file)?);
        }
        let http = http.build().map_err(|_| CannotServe::Address)?;
        let (ca, tickets) = (ca.map(Path::to_owned), HeldTickets::default());
        Ok(Arc::new(Self { http, timmy: timmy.clone(), ca, tickets }))
    }

    pub(super) fn tickets(&self) -> &HeldTickets {
        &self.tickets
    }

    pub(super) fn ca(&self) -> Option<&Path> {
        self.ca.as_deref()
    }

    /// Where git fetches what an attempt works on; which one, its ticket says.
    pub(super) fn repository(&self) -> Url {
        self.place(&GIT)
    }

    fn place(&self, path: &[&str]) -> Url {
        let mut url = self.timmy.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    pub(super) async fn turn(&self, ticket: &str, turn: &Turn) -> Result<Asked, ErrandError> {
        let longest = if turn.answers.is_empty() { WAIT } else { LONGEST };
        let request = self.http.post(self.place(&TURN)).header(CONTENT_TYPE, JSON);
        self.send(request.timeout(longest), ticket, written(turn)?).await
    }

    /// Has timmy do something for the attempt of a ticket.
    pub(super) async fn forge(
        &self,
        ticket: &str,
        errand: &ForgeErrand<'_>,
    ) -> Result<ForgeAnswer, ErrandError> {
        match errand {
            ForgeErrand::Ask(ask) => {
                let request = self.http.post(self.place(&FORGE)).header(CONTENT_TYPE, JSON);
                self.send(request.timeout(LONGEST), ticket, written(ask)?).await
            }
            ForgeErrand::Piece(place, piece) => {
                let request = self.http.post(self.place(&BUNDLE));
                let request = request.header(PIECE_HEADER, place.written());
                self.send(request.timeout(LONGEST), ticket, piece.clone()).await
            }
        }
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        ticket: &str,
        body: Vec<u8>,
    ) -> Result<T, ErrandError> {
        let away = ErrandError::Away;
        let mut bearer = HeaderValue::try_from(format!("Bearer {ticket}"))
            .map_err(|_| ErrandError::Refused("what came as a ticket is none".to_owned()))?;
        bearer.set_sensitive(true);
        let request =
            request.header(AUTHORIZATION, bearer).header(VERSION_HEADER, VERSION).body(body);
        let answer = request.send().await.map_err(|error| away(innermost_cause(error)))?;
        let status = answer.status();
        let most = if status == StatusCode::OK { LARGEST } else { LARGEST_REFUSAL };
        let text = read(answer, most).await?;
        let words = || {
            let words = String::from_utf8_lossy(&text);
            words.chars().filter(|c| !c.is_control()).take(300).collect::<String>()
        };
        match status {
            StatusCode::OK => serde_json::from_slice(&text)
                .map_err(|error| away(format!("its answer cannot be understood ({error})"))),
            StatusCode::UNAUTHORIZED | StatusCode::CONFLICT | StatusCode::BAD_REQUEST => {
                Err(ErrandError::Refused(words()))
            }
            StatusCode::PAYLOAD_TOO_LARGE => Err(ErrandError::TooLarge(words())),
            StatusCode::SERVICE_UNAVAILABLE => Err(away(words())),
            StatusCode::REQUEST_TIMEOUT => Err(ErrandError::TooSlow(words())),
            other => Err(away(format!("it answers {other}"))),
        }
    }
}

/// As it is sent.
fn written(message: &impl Serialize) -> Result<Vec<u8>, ErrandError> {
    let text = serde_json::to_vec(message).map_err(|error| ErrandError::Away(error.to_string()))?;
    if text.len() > LARGEST {
        return Err(ErrandError::Refused("an answer is too large to be brought".to_owned()));
    }
    Ok(text)
}

/// Those that stand in a PEM file.
fn certificates(file: &Path) -> Result<Vec<Certificate>, CannotServe> {
    let failed = |why: String| CannotServe::Ca { file: file.to_owned(), why };
    let found = std::fs::metadata(file).map_err(|error| failed(error.to_string()))?;
    if !found.is_file() || found.len() > LONGEST_PEM {
        return Err(failed("it is no PEM file".to_owned()));
    }
    let text = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&text);
    let certificates = certificates.map_err(|error| failed(innermost_cause(error)))?;
    match certificates.is_empty() {
        true => Err(failed("it holds no certificate".to_owned())),
        false => Ok(certificates),
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

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use crate::temporal::errand::*;

    /// What a turn comes to where this is answered.
    async fn answered(status: StatusCode) -> ErrandError {
        let answers =
            axum::Router::new().fallback(move || async move { (status, "for this reason\n") });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let timmy = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let serving = tokio::spawn(async { axum::serve(listener, answers).await });
        let errands = Errands::to(&timmy, None).unwrap();
        let error = errands.turn("a:ticket", &Turn::default()).await.unwrap_err();
        serving.abort();
        error
    }

    #[tokio::test]
    async fn it_is_known_whether_it_may_be_tried_again() {
        for status in [StatusCode::UNAUTHORIZED, StatusCode::CONFLICT, StatusCode::BAD_REQUEST] {
            assert!(matches!(answered(status).await, ErrandError::Refused(_)), "{status}");
        }
        let large = answered(StatusCode::PAYLOAD_TOO_LARGE).await;
        assert!(matches!(&large, ErrandError::TooLarge(why) if why.contains("for this reason")));
        let slow = answered(StatusCode::REQUEST_TIMEOUT).await;
        assert!(matches!(slow, ErrandError::TooSlow(_)), "{slow}");
        for status in [StatusCode::SERVICE_UNAVAILABLE, StatusCode::BAD_GATEWAY] {
            assert!(matches!(answered(status).await, ErrandError::Away(_)), "{status}");
        }
    }
}
