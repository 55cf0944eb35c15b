//! One account on one server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Serialize;
use url::Url;

use super::answer::ForgeAnswer;
use super::budget::{Budget, Share};
use super::error::Error;
use super::retry;
use super::route::Route;
use super::transport::Transport;
use crate::chance::Chance;
use crate::clock::Clock;
use crate::gitea::options::ClientOptions;

/// How many redirects a read follows.
const MOST_REDIRECTS: usize = 3;

/// The forge, as one account of it sees it.
///
/// Reads are tried again and follow redirects within the server; writes are sent once and
/// follow none (a redirected POST comes back as a harmless list, and the reply is lost). All
/// calls of a client and its clones share one request budget.
#[derive(Clone)]
pub struct Gitea {
    connection: Arc<Connection>,
    /// The share of the rate limit that its reads may use.
    reads: Share,
}

struct Connection {
    api: Url,
    transport: Transport,
    budget: Budget,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    chance: Chance,
}

impl fmt::Debug for Gitea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gitea").field("api", &self.connection.api.as_str()).finish_non_exhaustive()
    }
}

impl Gitea {
    /// A client; nothing is sent yet.
    pub fn new(options: ClientOptions) -> Result<Self, Error> {
        let connection = Connection {
            api: api_below(&options.url)?,
            transport: Transport::new(&options)?,
            budget: Budget::new(options.requests_per_second),
            timeout: options.timeout,
            clock: options.clock,
            chance: options.chance,
        };
        Ok(Self { connection: Arc::new(connection), reads: Share::Read })
    }

    /// The same, for reads that may find that somebody said something: they let pass what an
    /// answer waits for.
    #[must_use]
    pub fn for_polling(&self) -> Self {
        Self { reads: Share::Polling, ..self.clone() }
    }

    /// The same, for reads that nobody waits for: they let all others pass.
    #[must_use]
    pub fn for_background(&self) -> Self {
        Self { reads: Share::Background, ..self.clone() }
    }

    pub(super) async fn get(&self, route: &Route) -> Result<ForgeAnswer, Error> {
        self.read(route, route.url(&self.connection.api)?).await
    }

    /// Reads `route`, which lies at the server's own address and not below its API.
    pub(super) async fn get_beside_the_api(&self, route: &Route) -> Result<ForgeAnswer, Error> {
        let server =
            self.connection.api.join("../../").map_err(|error| Error::Setup(error.to_string()))?;
        self.read(route, route.url(&server)?).await
    }

    async fn read(&self, route: &Route, url: Url) -> Result<ForgeAnswer, Error> {
        let Connection { clock, chance, timeout, .. } = &*self.connection;
        let started = clock.uptime();
        let mut tries = 1;
        loop {
            match self.follow(route, url.clone()).await {
                Err(error)
                    if retry::is_worthwhile(&error)
                        && tries < retry::TRIES
                        && clock.uptime().saturating_sub(started) < *timeout =>
                {
                    clock.sleep(retry::pause(tries, chance)).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Whether what `route` names exists: 204 yes, 404 no.
    pub(super) async fn exists(&self, route: &Route) -> Result<bool, Error> {
        match self.get(route).await {
            Ok(answer) => answer.expect(StatusCode::NO_CONTENT).map(|_| true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends a write with `body` as JSON, once.
    pub(super) async fn send(
        &self,
        method: Method,
        route: &Route,
        body: &impl Serialize,
    ) -> Result<ForgeAnswer, Error> {
        let json = serde_json::to_vec(body).map_err(|error| Error::Setup(error.to_string()))?;
        self.exchange(method, route, route.url(&self.connection.api)?, Some(json)).await
    }

    /// Deletes what `route` names, once.
    pub(super) async fn delete(&self, route: &Route) -> Result<ForgeAnswer, Error> {
        self.exchange(Method::DELETE, route, route.url(&self.connection.api)?, None).await
    }

    /// One try of a read, through the redirects that stay on this server.
    async fn follow(&self, route: &Route, mut url: Url) -> Result<ForgeAnswer, Error> {
        let mut left = MOST_REDIRECTS;
        loop {
            match self.exchange(Method::GET, route, url.clone(), None).await {
                Err(Error::Moved { to }) => match url.join(&to) {
                    Ok(next) if left > 0 && next.origin() == self.connection.api.origin() => {
                        url = next
                    }
                    _ => return Err(Error::Moved { to }),
                },
                outcome => return outcome,
            }
            left -= 1;
        }
    }

    /// One request within the budget, logged without its arguments.
    async fn exchange(
        &self,
        method: Method,
        route: &Route,
        url: Url,
        json: Option<Vec<u8>>,
    ) -> Result<ForgeAnswer, Error> {
        let Connection { transport, budget, timeout, clock, .. } = &*self.connection;
        let share = if method == Method::GET { self.reads } else { Share::Write };
        budget
            .permit(share, *timeout, &**clock)
            .await
            .map_err(|left| Error::RateLimited { retry_after: Some(left) })?;
        let started = clock.uptime();
        let sent = transport.send(method.clone(), url, json).await;
        let status = sent.as_ref().map_or(0, |answer| answer.status.as_u16());
        if let Some(pause) = sent.as_ref().ok().and_then(ForgeAnswer::pause) {
            budget.close(pause, &**clock);
        }
        let outcome = sent.and_then(ForgeAnswer::accepted);
        tracing::debug!(
            %method,
            path = route.template(),
            status,
            ms = clock.uptime().saturating_sub(started).as_millis(),
            "forge"
        );
        outcome
    }
}

fn api_below(url: &Url) -> Result<Url, Error> {
    let wrong = |what| Err(Error::Setup(format!("`url` {what}")));
    if !matches!(url.scheme(), "http" | "https") {
        return wrong("must begin with http:// or https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("must not hold a user or a password: the token is enough");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong("must not hold a query or a fragment");
    }
    let mut api = url.clone();
    match api.path_segments_mut() {
        Ok(mut path) => path.pop_if_empty().extend(["api", "v1", ""]),
        Err(()) => return wrong("cannot have paths"),
    };
    Ok(api)
}

#[cfg(test)]
mod tests {
    use crate::gitea::client::*;

    #[test]
    fn the_api_lies_below_the_path_of_the_server() {
        for (url, api) in [
            ("https://forge.example", "https://forge.example/api/v1/"),
            ("https://forge.example/git", "https://forge.example/git/api/v1/"),
            ("http://[::1]:3000/git/", "http://[::1]:3000/git/api/v1/"),
        ] {
            assert_eq!(api_below(&url.parse().unwrap()).unwrap().as_str(), api);
        }
    }

    #[test]
    fn an_address_that_leads_elsewhere_is_refused() {
        for url in ["ftp://a", "mailto:a@b", "https://me:secret@a", "https://a/?x", "https://a#x"] {
            let error = api_below(&url.parse().unwrap()).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
