//! What timmy uses and not every server has. The server itself is asked, by its description of
//! its API: version numbers say little of forks, and nothing of what an operator changed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::client::Gitea;
use super::error::{Error, Recovery};
use super::extra::{Extra, Extras};
use super::route::Route;
use super::wire::or_default;

/// A part of the API without which something of timmy does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Issues that wait for others: Gitea 1.20.
    Dependencies,
    /// Tokens that are good for some things only: Gitea 1.19, and as they are now 1.20.
    TokenScopes,
    /// Labels of which an issue holds one of a kind; 1.15 has none.
    ExclusiveLabels,
    /// What somebody may do in a repository: Gitea 1.17.
    Permissions,
    /// The search over the issues of one owner; that of 1.15 is over all.
    SearchByOwner,
    /// What a team may do, unit by unit.
    TeamUnits,
}

/// Where a server's description shows that it has something.
#[derive(Debug, Clone, Copy)]
enum Sign {
    /// It has this path.
    Path(&'static str),
    /// Its `GET` of this path takes a parameter.
    Parameter(&'static str, &'static str),
    /// Its objects of this type have a property.
    Property(&'static str, &'static str),
}

impl Capability {
    /// All there are, the newest first.
    pub const ALL: [Self; 6] = [
        Self::Dependencies,
        Self::TokenScopes,
        Self::ExclusiveLabels,
        Self::Permissions,
        Self::SearchByOwner,
        Self::TeamUnits,
    ];

    const fn sign(self) -> Sign {
        match self {
            Self::Dependencies => Sign::Path("/repos/{owner}/{repo}/issues/{index}/dependencies"),
            Self::TokenScopes => Sign::Property("AccessToken", "scopes"),
            Self::ExclusiveLabels => Sign::Property("Label", "exclusive"),
            Self::Permissions => {
                Sign::Path("/repos/{owner}/{repo}/collaborators/{collaborator}/permission")
            }
            Self::SearchByOwner => Sign::Parameter("/repos/issues/search", "owner"),
            Self::TeamUnits => Sign::Property("Team", "units_map"),
        }
    }
}

impl Gitea {
    /// What the server lacks of what timmy uses. Needs no scope.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::NotGitea`] if it shows its description to nobody, or only
    /// to people who are logged in (`ENABLE_SWAGGER`, `REQUIRE_SIGNIN_VIEW`).
    pub async fn lacks(&self) -> Result<Vec<Capability>, Error> {
        let description = self.description().await?;
        let is_missing = |capability: &Capability| !description.shows(capability.sign());
        Ok(Capability::ALL.into_iter().filter(is_missing).collect())
    }

    /// Whether the server has something that newer ones have; no, if it describes its API to
    /// nobody. It is asked once.
    ///
    /// # Errors
    /// If it cannot be asked now.
    pub async fn has(&self, extra: Extra) -> Result<bool, Error> {
        Ok(self.known_extras().await?.has(extra))
    }

    /// Whether the server shows the authorization headers of its webhooks to whoever may manage
    /// them: until 1.26 it did, and nothing tells but what else came with 1.27.
    pub(super) async fn shows_authorization_headers(&self) -> Result<bool, Error> {
        Ok(self.known_extras().await?.lacks(Extra::OwnToken))
    }

    async fn known_extras(&self) -> Result<&Extras, Error> {
        let ask = async || match self.description().await {
            Ok(description) => Ok(description.extras()),
            Err(Error::Unreadable(_) | Error::NotGitea { .. }) => Ok(Extras::Unknown),
            Err(error) if matches!(error.heals(), Recovery::Later(_)) => Err(error),
            Err(_) => Ok(Extras::Unknown),
        };
        self.extras().get_or_try_init(ask).await
    }

    async fn description(&self) -> Result<Description, Error> {
        self.get_beside_the_api(&Route::new("swagger.v1.json", &[])).await?.json()
    }
}

/// A server's description of its API (Swagger 2.0), as far as it is looked at.
#[derive(Debug, Deserialize)]
struct Description {
    paths: BTreeMap<String, Operations>,
    #[serde(default)]
    definitions: BTreeMap<String, Definition>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Operations {
    get: Option<Operation>,
}

#[derive(Debug, Deserialize)]
struct Operation {
    #[serde(default, deserialize_with = "or_default")]
    parameters: Vec<Parameter>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parameter {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Definition {
    #[serde(default, deserialize_with = "or_default")]
    properties: BTreeMap<String, IgnoredAny>,
}

impl Description {
    fn shows(&self, sign: Sign) -> bool {
        match sign {
            Sign::Path(path) => self.operations(path).is_some(),
            Sign::Parameter(path, name) => self
                .operations(path)
                .and_then(|operations| operations.get.as_ref())
                .is_some_and(|get| get.parameters.iter().any(|p| p.name == name)),
            Sign::Property(of, name) => {
                self.definitions.get(of).is_some_and(|d| d.properties.contains_key(name))
            }
        }
    }

    fn extras(&self) -> Extras {
        let is_there = |extra: &Extra| self.shows(Sign::Path(extra.path()));
        Extras::Described(Extra::ALL.into_iter().filter(is_there).collect())
    }

    fn operations(&self, path: &str) -> Option<&Operations> {
        self.paths.iter().find(|(known, _)| is_same(known, path)).map(|(_, operations)| operations)
    }
}

/// Whether two paths are the same, however the arguments in them are called.
fn is_same(one: &str, other: &str) -> bool {
    let shape = |path: &str| -> Vec<String> {
        let blank =
            |segment: &str| if segment.starts_with('{') { "{}" } else { segment }.to_owned();
        path.split('/').map(blank).collect()
    };
    shape(one) == shape(other)
}

#[cfg(test)]
mod tests {
    use crate::gitea::capabilities::*;

    const DESCRIPTION: &str = r#"{"swagger":"2.0","basePath":"/api/v1","paths":{
        "/repos/{user}/{repo}/issues/{number}/dependencies":{"get":{}},
        "/repos/issues/search":{"get":{"parameters":[{"in":"query","name":"owner"}]}}},
        "definitions":{"Label":{"properties":{"exclusive":{"type":"boolean"}}},"Team":{}}}"#;

    #[test]
    fn what_is_not_described_is_missing() {
        let description: Description = serde_json::from_str(DESCRIPTION).unwrap();
        let shown = Capability::ALL.into_iter().filter(|c| description.shows(c.sign()));
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [Capability::Dependencies, Capability::ExclusiveLabels, Capability::SearchByOwner]
        );
    }

    #[test]
    fn what_newer_servers_have_is_seen_by_its_path() {
        let extras = serde_json::from_str::<Description>(DESCRIPTION).unwrap().extras();
        assert_eq!(extras, Extras::Described(Vec::new()));
        let newer = DESCRIPTION.replace(r#""paths":{"#, r#""paths":{"/token":{"get":{}},"#);
        let extras = serde_json::from_str::<Description>(&newer).unwrap().extras();
        assert_eq!(extras, Extras::Described(vec![Extra::OwnToken]));
    }

    #[test]
    fn another_document_is_no_description() {
        assert!(serde_json::from_str::<Description>(r#"{"openapi":"3.0.0"}"#).is_err());
    }
}
