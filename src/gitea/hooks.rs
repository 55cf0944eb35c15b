//! Webhooks of organisations and repositories, with the traps that Gitea sets around them: a
//! `PATCH` without `events` leaves `push` alone, one without a branch filter or an authorization
//! header clears these, and none can set or show the secret. Since 1.27 the authorization header
//! is not shown either, so that nobody can repeat it who does not know it.

use std::collections::BTreeMap;
use std::fmt;

use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{MissingField, or_default, positive};
use crate::core::model::ids::RepoName;

/// What a webhook belongs to. Names ignore case.
#[derive(Debug, Clone, Eq)]
pub enum HookHome {
    /// An organisation: it covers all its repositories. For owners of the organisation, with
    /// the scopes `read:organization` and `write:organization`.
    Organisation(String),
    /// One repository. For its administrators, with `read:repository` and `write:repository`.
    Repository(RepoName),
}

impl PartialEq for HookHome {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Organisation(a), Self::Organisation(b)) => a.eq_ignore_ascii_case(b),
            (Self::Repository(a), Self::Repository(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Display for HookHome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organisation(name) => f.write_str(name),
            Self::Repository(name) => name.fmt(f),
        }
    }
}

impl HookHome {
    fn all(&self) -> Route {
        match self {
            Self::Organisation(org) => Route::new("orgs/{org}/hooks", &[org]),
            Self::Repository(repo) => {
                Route::new("repos/{owner}/{repo}/hooks", &[&repo.owner(), &repo.name()])
            }
        }
    }

    fn one(&self, id: i64) -> Route {
        match self {
            Self::Organisation(org) => Route::new("orgs/{org}/hooks/{id}", &[org, &id]),
            Self::Repository(repo) => {
                Route::new("repos/{owner}/{repo}/hooks/{id}", &[&repo.owner(), &repo.name(), &id])
            }
        }
    }
}

/// A webhook, as its settings show it. Its secret is never shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its number, unlike any other's on the forge.
    pub id: i64,
    /// The address that is called.
    pub url: String,
    /// Whether it sends JSON, not a form.
    pub is_json: bool,
    /// The events that it sends, as Gitea 1.25 lists them: here `issues` is the event of that
    /// name alone, and `pull_request_review` stands for reviews of all three kinds.
    pub events: Vec<String>,
    pub active: bool,
    /// Its branches, which an edit clears unless it repeats them.
    branch_filter: String,
    /// What it sends as `Authorization`, which an edit clears unless it repeats it.
    pub authorization: Authorization,
}

/// What a webhook sends as `Authorization`, as far as its settings show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorization {
    Shown(AuthorizationHeader),
    /// The server does not show whether it sends anything.
    Hidden,
}

/// What a webhook sends as `Authorization`; empty for nothing. It may hold a password: nothing
/// prints it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AuthorizationHeader(String);

impl AuthorizationHeader {
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for AuthorizationHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationHeader(..)")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireHook {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    #[serde(deserialize_with = "or_default")]
    config: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    events: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    active: bool,
    #[serde(deserialize_with = "or_default")]
    branch_filter: String,
    #[serde(deserialize_with = "or_default")]
    authorization_header: AuthorizationHeader,
}

impl TryFrom<WireHook> for Hook {
    type Error = MissingField;

    fn try_from(mut hook: WireHook) -> Result<Self, MissingField> {
        Ok(Self {
            id: positive(hook.id, "id")?,
            url: hook.config.remove("url").unwrap_or_default(),
            is_json: hook.config.get("content_type").is_some_and(|kind| kind == "json"),
            events: with_reviews_as_one(hook.events),
            active: hook.active,
            branch_filter: hook.branch_filter,
            authorization: Authorization::Shown(hook.authorization_header),
        })
    }
}

impl Hook {
    /// Whether it sends an `Authorization` header, or nobody can tell.
    pub(crate) fn may_send_authorization(&self) -> bool {
        self.authorization == Authorization::Hidden || self.shows_its_authorization()
    }

    fn shows_its_authorization(&self) -> bool {
        matches!(&self.authorization, Authorization::Shown(header) if !header.0.is_empty())
    }
}

/// Versions before 1.25 list the kinds of reviews one by one.
fn with_reviews_as_one(mut events: Vec<String>) -> Vec<String> {
    const KINDS: [&str; 3] = [
        "pull_request_review_approved",
        "pull_request_review_rejected",
        "pull_request_review_comment",
    ];
    if KINDS.iter().all(|kind| events.iter().any(|event| event == kind)) {
        events.retain(|event| !KINDS.contains(&event.as_str()));
        events.push("pull_request_review".to_owned());
    }
    events
}

/// The body of an edit that changes nothing but what it names.
fn updated(hook: &Hook, events: &[&str], authorization: &AuthorizationHeader) -> serde_json::Value {
    json!({
        "active": true,
        "events": events,
        "branch_filter": hook.branch_filter,
        "authorization_header": authorization,
        "config": HookSettings { url: &hook.url, content_type: "json", secret: None },
    })
}

/// A webhook to be made. Not `Debug`: it holds the secret.
#[derive(Clone)]
pub struct NewHook<'a> {
    /// The address to call.
    pub url: &'a str,
    /// What it signs with.
    pub secret: &'a str,
    /// The events to send. In a request `issues` and `pull_request` stand for all their kinds,
    /// comments and reviews among them.
    pub events: &'a [&'a str],
    pub authorization: AuthorizationHeader,
}

#[derive(Serialize)]
struct HookSettings<'a> {
    url: &'a str,
    content_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

impl Gitea {
    /// The webhooks of `home`, oldest first. System-wide ones are not among them.
    pub async fn hooks(&self, home: &HookHome) -> Result<Vec<Hook>, Error> {
        let hooks: Vec<WireHook> = self.pages(home.all()).await?;
        let mut hooks: Vec<Hook> =
            hooks.into_iter().map(Hook::try_from).collect::<Result<_, _>>()?;
        if !hooks.is_empty() && !self.shows_authorization_headers().await? {
            for hook in hooks.iter_mut().filter(|hook| !hook.shows_its_authorization()) {
                hook.authorization = Authorization::Hidden;
            }
        }
        Ok(hooks)
    }

    /// Makes a webhook that is active and sends JSON. Gitea makes a second one for the same
    /// address as well, and then delivers twice: look before.
    pub async fn create_hook(&self, home: &HookHome, new: NewHook<'_>) -> Result<Hook, Error> {
        let config = HookSettings { url: new.url, content_type: "json", secret: Some(new.secret) };
        let body = json!({ "type": "gitea", "active": true, "events": new.events,
            "authorization_header": new.authorization, "config": config });
        let answer = self.send(Method::POST, &home.all(), &body).await?;
        let made: Hook = answer.expect(StatusCode::CREATED)?.json::<WireHook>()?.try_into()?;
        Ok(Hook { authorization: Authorization::Shown(new.authorization), ..made })
    }

    /// Switches a webhook on, lets it send JSON, and subscribes it to exactly `events`, with this
    /// `authorization` from now on. Its address, secret and branch filter stay.
    pub async fn update_hook(
        &self,
        home: &HookHome,
        hook: &Hook,
        events: &[&str],
        authorization: &AuthorizationHeader,
    ) -> Result<Hook, Error> {
        let body = updated(hook, events, authorization);
        let answer = self.send(Method::PATCH, &home.one(hook.id), &body).await?;
        let updated: Hook = answer.expect(StatusCode::OK)?.json::<WireHook>()?.try_into()?;
        Ok(Hook { authorization: Authorization::Shown(authorization.clone()), ..updated })
    }

    /// Deletes a webhook; one that is gone already is as good.
    pub async fn delete_hook(&self, home: &HookHome, id: i64) -> Result<(), Error> {
        match self.delete(&home.one(id)).await {
            Err(Error::NotFound { .. }) => Ok(()),
            answer => answer?.expect(StatusCode::NO_CONTENT).map(drop),
        }
    }

    /// Asks the forge to call a repository's webhook with a made-up event. It says yes whether
    /// anything is sent or not: by its source it sends nothing for a repository without
    /// commits, or to a webhook that does not ask for `push`. Organisations' webhooks have no
    /// such call.
    pub async fn test_hook(&self, repo: &RepoName, id: i64) -> Result<(), Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/hooks/{id}/tests",
            &[&repo.owner(), &repo.name(), &id],
        );
        self.send(Method::POST, &route, &json!({})).await?.expect(StatusCode::NO_CONTENT).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use crate::gitea::hooks::*;

    #[test]
    fn an_authorization_header_is_kept_and_never_printed() {
        let json = r#"{"id":3,"active":true,"events":["push"],"branch_filter":"*",
            "config":{"content_type":"json","url":"https://t.example/webhook"},
            "authorization_header":"Bearer hush"}"#;
        let hook: Hook = serde_json::from_str::<WireHook>(json).unwrap().try_into().unwrap();
        let header = AuthorizationHeader::new("Bearer hush");
        assert_eq!(hook.authorization, Authorization::Shown(header.clone()));
        assert!(hook.is_json && hook.active);
        assert!(!format!("{hook:?}").contains("hush"));
        let edit = updated(&hook, &["issues"], &header);
        assert_eq!(edit["authorization_header"], "Bearer hush");
        assert_eq!(edit["branch_filter"], "*");
        assert_eq!(edit["config"].as_object().unwrap().len(), 2);
    }

    /// As 1.22.6 was seen to list them.
    #[test]
    fn reviews_of_all_kinds_are_one_event() {
        let events = |listed: &[&str]| {
            with_reviews_as_one(listed.iter().map(|event| (*event).to_owned()).collect())
        };
        let all = [
            "pull_request_comment",
            "pull_request_review_approved",
            "pull_request_review_rejected",
            "pull_request_review_comment",
        ];
        assert_eq!(events(&all), ["pull_request_comment", "pull_request_review"]);
        assert_eq!(events(&all[..3]), &all[..3]);
    }

    #[test]
    fn what_may_be_null_is_borne() {
        let json = r#"{"id":3,"config":null,"events":null,"authorization_header":null}"#;
        let hook: Hook = serde_json::from_str::<WireHook>(json).unwrap().try_into().unwrap();
        assert!(!hook.active && hook.events.is_empty() && hook.url.is_empty());
    }
}
