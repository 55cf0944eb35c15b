//! Somebody with an account and a token: timmy's own client, and requests that it has no call for.

use std::num::NonZeroU32;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;
use timmy::gitea::{ClientOptions, Gitea, Token};

use crate::support::forge::http_client;
use crate::support::work_tree::WorkTree;

/// An account, as the server knows it by one of its tokens.
#[derive(Debug)]
pub struct Person {
    pub login: String,
    /// Made when it is first needed: a client for TLS reads the system's certificates.
    gitea: OnceLock<Gitea>,
    url: String,
    token: Option<String>,
    client: OnceLock<reqwest::Client>,
}

/// An answer of the server as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// `null` if it was no JSON.
    pub json: Value,
}

impl Person {
    pub fn new(url: &str, login: &str, token: &str) -> Self {
        Self {
            login: login.to_owned(),
            gitea: OnceLock::new(),
            url: url.to_owned(),
            token: Some(token.to_owned()),
            client: OnceLock::new(),
        }
    }

    /// Nobody in particular, who has no token.
    pub fn nobody(url: &str) -> Self {
        Self { token: None, ..Self::new(url, "nobody", "") }
    }

    /// timmy's client, speaking as this account.
    pub fn gitea(&self) -> &Gitea {
        self.gitea.get_or_init(|| {
            let token = Token::new(self.token.as_deref().unwrap_or_default()).unwrap();
            let mut options = ClientOptions::new(self.url.parse().unwrap(), token);
            options.requests_per_second = NonZeroU32::new(1000).unwrap();
            options.timeout = Duration::from_secs(60);
            Gitea::new(options).unwrap()
        })
    }

    /// A clone of what lies at `url`, as theirs.
    pub async fn clone_of(&self, url: &str) -> WorkTree {
        WorkTree::cloned(url, &self.login, self.token.as_deref().unwrap_or_default()).await
    }

    pub async fn get(&self, path: impl AsRef<str>) -> Answer {
        self.send(Method::GET, path.as_ref(), "").await
    }

    pub async fn post(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.send(Method::POST, path.as_ref(), &body.to_string()).await
    }

    pub async fn patch(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.send(Method::PATCH, path.as_ref(), &body.to_string()).await
    }

    pub async fn put(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.send(Method::PUT, path.as_ref(), &body.to_string()).await
    }

    pub async fn delete(&self, path: impl AsRef<str>, body: Value) -> Answer {
        self.send(Method::DELETE, path.as_ref(), &body.to_string()).await
    }

    /// Asks for `path` below the API, without following redirects.
    pub async fn send(&self, method: Method, path: &str, body: &str) -> Answer {
        let url = format!("{}/api/v1{path}", self.url);
        let mut request = self.client.get_or_init(http_client).request(method, url);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("token {token}"));
        }
        if !body.is_empty() {
            request = request.header("Content-Type", "application/json").body(body.to_owned());
        }
        Answer::read(request.send().await.unwrap()).await
    }
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let json = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        Self { status, headers, json }
    }

    /// The same if its status is `status`.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// How many entries the list has.
    #[track_caller]
    pub fn count(&self) -> usize {
        self.json.as_array().unwrap_or_else(|| panic!("no list: {self:?}")).len()
    }

    /// The message of a refusal.
    #[track_caller]
    pub fn message(&self) -> &str {
        self.json["message"].as_str().unwrap_or_else(|| panic!("no message: {self:?}"))
    }

    /// The text at a pointer such as `/head/sha`.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let text = self.json.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("no {pointer}: {self:?}")).to_owned()
    }

    /// The number under `key`.
    #[track_caller]
    pub fn number(&self, key: &str) -> i64 {
        self.json[key].as_i64().unwrap_or_else(|| panic!("no {key}: {self:?}"))
    }
}
