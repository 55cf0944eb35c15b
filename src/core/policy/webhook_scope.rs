//! Where a webhook's secret proves something.

use std::fmt;

use crate::core::model::ids::RepoName;

/// What a webhook's secret speaks for. Names ignore case.
///
/// Whoever administers an organisation or a repository can read the secret of its webhook, and sign
/// whatever they like with it: so it proves nothing of what lies elsewhere.
#[derive(Debug, Clone, Eq)]
pub enum HookScope {
    /// Every repository: one secret for all webhooks.
    Everything,
    /// All repositories of an organisation or a user.
    Owner(String),
    Repository(RepoName),
}

impl HookScope {
    /// Whether a delivery about `repository` may be signed with a secret of this scope.
    pub fn covers(&self, repository: &RepoName) -> bool {
        match self {
            Self::Everything => true,
            Self::Owner(owner) => owner.eq_ignore_ascii_case(repository.owner()),
            Self::Repository(name) => name == repository,
        }
    }
}

impl PartialEq for HookScope {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, Self::Everything) => true,
            (Self::Owner(a), Self::Owner(b)) => a.eq_ignore_ascii_case(b),
            (Self::Repository(a), Self::Repository(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Display for HookScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("all repositories"),
            Self::Owner(owner) => f.write_str(owner),
            Self::Repository(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::policy::webhook_scope::*;

    #[test]
    fn a_scope_covers_what_lies_in_it_without_case() {
        let name = |text: &str| text.parse::<RepoName>().unwrap();
        let owner = HookScope::Owner("Foundation".to_owned());
        assert!(owner.covers(&name("foundation/door")));
        assert!(!owner.covers(&name("foundation2/door")));
        let one = HookScope::Repository(name("alexander/notes"));
        assert!(one.covers(&name("Alexander/Notes")));
        assert!(!one.covers(&name("alexander/diary")));
        assert!(HookScope::Everything.covers(&name("a/b")));
    }
}
