//! What guards are called.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A guard, by the word that `override` and the configuration use for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum GuardName {
    Artifact,
    Substance,
    Checks,
    Tests,
    FailToPass,
    Protected,
    Secrets,
    Size,
    Claims,
    Author,
    Duplicate,
    Base,
    Late,
    /// A script of the configuration.
    Script(String),
}

impl GuardName {
    /// Those that are built in, in the order in which people read about them.
    pub const BUILT_IN: [Self; 13] = [
        Self::Artifact,
        Self::Substance,
        Self::Checks,
        Self::Tests,
        Self::FailToPass,
        Self::Protected,
        Self::Secrets,
        Self::Size,
        Self::Claims,
        Self::Author,
        Self::Duplicate,
        Self::Base,
        Self::Late,
    ];

    /// Whether no script may have this name.
    pub fn is_built_in(name: &str) -> bool {
        Self::BUILT_IN.iter().any(|guard| guard.as_str() == name)
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Artifact => "artifact",
            Self::Substance => "substance",
            Self::Checks => "checks",
            Self::Tests => "tests",
            Self::FailToPass => "fail_to_pass",
            Self::Protected => "protected",
            Self::Secrets => "secrets",
            Self::Size => "size",
            Self::Claims => "claims",
            Self::Author => "author",
            Self::Duplicate => "duplicate",
            Self::Base => "base",
            Self::Late => "late",
            Self::Script(name) => name,
        }
    }
}

impl From<String> for GuardName {
    fn from(name: String) -> Self {
        let built_in = Self::BUILT_IN.into_iter().find(|guard| guard.as_str() == name);
        built_in.unwrap_or(Self::Script(name))
    }
}

impl From<GuardName> for String {
    fn from(name: GuardName) -> Self {
        name.as_str().to_owned()
    }
}

impl fmt::Display for GuardName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use crate::core::guards::name::*;

    #[test]
    fn a_guard_is_read_from_the_word_for_it() {
        for guard in GuardName::BUILT_IN {
            assert!(GuardName::is_built_in(guard.as_str()));
            assert_eq!(GuardName::from(guard.to_string()), guard);
        }
        let script = GuardName::from("poka-yoke".to_owned());
        assert_eq!(script, GuardName::Script("poka-yoke".to_owned()));
        assert_eq!(serde_json::to_string(&script).unwrap(), "\"poka-yoke\"");
    }
}
