//! One account on one server.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde::Serialize;
use tokio::sync::OnceCell;
use url::Url;

use super::agent_token::AgentToken;
use super::answer::ForgeAnswer;
use super::budget::{Budget, Share};
use super::current_token::{CurrentToken, is_about_the_token};
use super::error::Error;
use super::extra::Extras;
use super::request_counts::{RequestCounter, RequestCounts};
use super::retry;
use super::route::Route;
use super::token::Token;
use super::transport::Transport;
use super::wire::WireUser;
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

/// One account on the server.
struct Connection {
    endpoint: Arc<Endpoint>,
    token: CurrentToken,
    /// The number of the account, once the forge has told it.
    account: OnceLock<i64>,
    /// The agent's account that it is, by login; none for timmy's own.
    agent: Option<String>,
}

/// The server, which all accounts share.
struct Endpoint {
    api: Url,
    transport: Transport,
    /// What newer servers have, once this one was asked.
    extras: OnceCell<Extras>,
    budget: Budget,
    /// What was sent to it.
    requests: RequestCounter,
    timeout: Duration,
    clock: Arc<dyn Clock>,
    chance: Chance,
}

impl fmt::Debug for Gitea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gitea")
            .field("api", &self.endpoint().api.as_str())
            .field("agent", &self.connection.agent)
            .finish_non_exhaustive()
    }
}

impl Gitea {
    /// A client; nothing is sent yet.
    pub fn new(options: ClientOptions) -> Result<Self, Error> {
        let endpoint = Endpoint {
            api: api_below(&options.url)?,
            transport: Transport::new(&options)?,
            extras: OnceCell::new(),
            budget: Budget::new(options.requests_per_second),
            requests: RequestCounter::default(),
            timeout: options.timeout,
            clock: options.clock,
            chance: options.chance,
        };
        let token = CurrentToken::new(options.token, options.reload);
        Ok(Self::with(Arc::new(endpoint), token, None))
    }

    fn with(endpoint: Arc<Endpoint>, token: CurrentToken, agent: Option<String>) -> Self {
        let connection = Connection { endpoint, token, account: OnceLock::new(), agent };
        Self { connection: Arc::new(connection), reads: Share::Read }
    }

    /// A client that acts as an agent's account: on the same server and within the same budget,
    /// with that account's token alone. Its errors name the account.
    #[must_use]
    pub fn acting_as(&self, agent: AgentToken) -> Self {
        let AgentToken { login, token, reload } = agent;
        let token = CurrentToken::new(token, reload);
        Self::with(self.connection.endpoint.clone(), token, Some(login))
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

    /// The login of the agent whose account this is; none for timmy's own.
    pub(super) fn agent(&self) -> Option<&str> {
        self.connection.agent.as_deref()
    }

    /// By what git may read what this account may read: the value of the header `Authorization`.
    /// It is a secret.
    pub fn authorization(&self) -> String {
        self.connection.token.get().header().to_str().unwrap_or_default().to_owned()
    }

    /// What all clients of this server sent since the first one was made.
    pub fn request_counts(&self) -> RequestCounts {
        self.endpoint().requests.counts()
    }

    fn endpoint(&self) -> &Endpoint {
        &self.connection.endpoint
    }

    pub(super) async fn get(&self, route: &Route) -> Result<ForgeAnswer, Error> {
        self.read(route, route.url(&self.endpoint().api)?).await
    }

    /// Reads `route`, which lies at the server's own address and not below its API.
    pub(super) async fn get_beside_the_api(&self, route: &Route) -> Result<ForgeAnswer, Error> {
        let server =
            self.endpoint().api.join("../../").map_err(|error| Error::Setup(error.to_string()))?;
        self.read(route, route.url(&server)?).await
    }

    async fn read(&self, route: &Route, url: Url) -> Result<ForgeAnswer, Error> {
        let Endpoint { clock, chance, timeout, .. } = self.endpoint();
        let started = clock.uptime();
        let mut tries = 1;
        let mut is_renewed = false;
        loop {
            let token = self.connection.token.get();
            match self.follow(&token, route, url.clone()).await {
                Err(error) if !is_renewed && self.renews(&token, &error).await => is_renewed = true,
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
        self.write(method, route, Some(json)).await
    }

    /// Deletes what `route` names, once.
    pub(super) async fn delete(&self, route: &Route) -> Result<ForgeAnswer, Error> {
        self.write(Method::DELETE, route, None).await
    }

    /// Sends a write, once: with another token it is for the caller to send it again.
    async fn write(
        &self,
        method: Method,
        route: &Route,
        json: Option<Vec<u8>>,
    ) -> Result<ForgeAnswer, Error> {
        let (token, url) = (self.connection.token.get(), route.url(&self.endpoint().api)?);
        let outcome = self.exchange(&token, method, route, url, json).await;
        if let Err(error) = &outcome {
            self.renews(&token, error).await;
        }
        outcome
    }

    /// Where it is kept what newer servers have.
    pub(super) fn extras(&self) -> &OnceCell<Extras> {
        &self.endpoint().extras
    }

    /// The account that the token belongs to, which stays: another token must be of the same.
    pub(super) fn is_account(&self, number: i64) {
        self.connection.account.get_or_init(|| number);
    }

    /// Whether there is another token than the one that met `error`, so that another try may help.
    async fn renews(&self, token: &Token, error: &Error) -> bool {
        let (current, clock) = (&self.connection.token, &self.endpoint().clock);
        is_about_the_token(error)
            && current.renewed(token, clock.uptime(), async |new| self.is_ours(new).await).await
    }

    /// Whether `token` is accepted, and of the account that this is.
    async fn is_ours(&self, token: &Token) -> bool {
        let route = Route::new("user", &[]);
        let Ok(url) = route.url(&self.endpoint().api) else { return false };
        let answer = self.exchange(token, Method::GET, &route, url, None).await;
        let user = answer.and_then(|answer| answer.json::<WireUser>());
        let Some(account) = user.ok().and_then(WireUser::account) else { return false };
        match self.connection.account.get() {
            Some(known) => *known == account.id,
            None => self.agent().is_none_or(|login| account.is(login)),
        }
    }

    /// One try of a read, through the redirects that stay on this server.
    async fn follow(
        &self,
        token: &Token,
        route: &Route,
        mut url: Url,
    ) -> Result<ForgeAnswer, Error> {
        let mut left = MOST_REDIRECTS;
        loop {
            match self.exchange(token, Method::GET, route, url.clone(), None).await {
                Err(Error::Moved { to }) => match url.join(&to) {
                    Ok(next) if left > 0 && next.origin() == self.endpoint().api.origin() => {
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
        token: &Token,
        method: Method,
        route: &Route,
        url: Url,
        json: Option<Vec<u8>>,
    ) -> Result<ForgeAnswer, Error> {
        let Endpoint { transport, budget, timeout, clock, .. } = self.endpoint();
        let share = if method == Method::GET { self.reads } else { Share::Write };
        budget
            .permit(share, *timeout, &**clock)
            .await
            .map_err(|left| Error::RateLimited { retry_after: Some(left) })?;
        let started = clock.uptime();
        let sent = transport.send(token, (method.clone(), url), json, route).await;
        let status = sent.as_ref().map_or(0, |answer| answer.status.as_u16());
        let took = clock.uptime().saturating_sub(started);
        self.endpoint().requests.count(&method, status, took);
        if let Some(pause) = sent.as_ref().ok().and_then(ForgeAnswer::pause) {
            budget.close(pause, &**clock);
        }
        let outcome = sent.and_then(ForgeAnswer::accepted).map_err(|error| match self.agent() {
            Some(login) => error.of_agent(login),
            None => error,
        });
        tracing::debug!(
            %method,
            path = route.template(),
            status,
            ms = took.as_millis(),
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
