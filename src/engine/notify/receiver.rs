//! Sends messages: one request each, to one address, with a token that goes nowhere else.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder};

use super::outcome::SendOutcome;
use crate::config::{NotifyKind, Secret};
use crate::core::model::time::Timestamp;
use crate::core::notify::Message;
use crate::engine::context::Notify;
use crate::gitea::{innermost_cause, install_tls};

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct NotifyReceiver {
    client: Client,
    notify: Notify,
}

impl NotifyReceiver {
    /// One that follows no redirect: it would take the token elsewhere. So would a proxy of the
    /// environment without TLS, which is for what is near; with TLS it may be the only way out, and
    /// reads nothing.
    pub(super) fn new(notify: &Notify) -> Result<Self, String> {
        install_tls();
        let builder = match notify.url.scheme() {
            "https" => Client::builder(),
            _ => Client::builder().no_proxy(),
        };
        let client = builder
            .user_agent(concat!("timmy/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE / 2)
            .build()
            .map_err(innermost_cause)?;
        Ok(Self { client, notify: notify.clone() })
    }

    /// Whom it tells, without the path.
    pub(super) fn host(&self) -> &str {
        self.notify.url.host_str().unwrap_or_default()
    }

    /// Sends it once, `now`.
    pub(super) async fn send(&self, message: &Message, now: Timestamp) -> SendOutcome {
        let request = match self.request(message) {
            Ok(request) => request,
            Err(why) => return SendOutcome::Refused(why),
        };
        // Of the answer nothing but its head is read.
        match request.send().await {
            Ok(answer) => SendOutcome::of(answer.status(), answer.headers(), now),
            Err(error) if error.is_timeout() => {
                let why = format!("it does not answer within {} seconds", PATIENCE.as_secs());
                SendOutcome::Later { asked: None, why }
            }
            Err(error) => {
                let why = format!("it cannot be reached: {}", innermost_cause(error));
                SendOutcome::Later { asked: None, why }
            }
        }
    }

    fn request(&self, message: &Message) -> Result<RequestBuilder, String> {
        let request = self.client.post(self.notify.url.clone());
        let request = request.header("Idempotency-Key", message.id.as_str());
        let request = match self.notify.kind {
            NotifyKind::Webhook => {
                let json = serde_json::to_vec(message).map_err(|error| error.to_string())?;
                request.header(CONTENT_TYPE, "application/json").body(json)
            }
            NotifyKind::Ntfy => request
                .header(CONTENT_TYPE, "text/plain; charset=utf-8")
                .header("Title", "timmy")
                .header("Click", message.link.as_str())
                // From 2.16 on a message with the id of another one takes its place.
                .header("X-Sequence-ID", message.id.as_str())
                .body(message.text()),
        };
        match self.token() {
            None => Ok(request),
            Some(token) => {
                let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
                    .map_err(|_| "the token of notify.token_file cannot be one".to_owned())?;
                bearer.set_sensitive(true);
                Ok(request.header(AUTHORIZATION, bearer))
            }
        }
    }

    /// The token that its file holds now; else the one that it held.
    fn token(&self) -> Option<Secret> {
        let token = self.notify.token.as_ref()?;
        Some(token.reread().unwrap_or_else(|| token.clone()))
    }
}
