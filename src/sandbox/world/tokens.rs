//! Access tokens, and what they are good for.

use super::refusal::Refusal;
use crate::sandbox::versions::Version;

pub(crate) struct TokenRecord {
    pub(crate) user: i64,
    pub(crate) scopes: Scopes,
    pub(crate) revoked: bool,
}

/// What a token may be used for, as Gitea 1.20 and later write it: `write:issue,read:user`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(String);

impl Scopes {
    pub fn all() -> Self {
        Self("all".into())
    }

    /// A list with commas, such as `write:issue,read:repository`.
    pub fn of(list: &str) -> Self {
        Self(list.into())
    }

    /// Each by itself.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split(',')
    }

    /// Refuses a token without the right to `access` (read or write) the `category`.
    pub(crate) fn require(
        &self,
        access: Access,
        category: &str,
        version: Version,
    ) -> Result<(), Refusal> {
        let covers = |scope: &str| match scope.split_once(':') {
            None => scope == "all",
            Some(("write", held)) => held == category,
            Some(("read", held)) => held == category && access == Access::Read,
            Some(_) => false,
        };
        if self.names().any(covers) {
            return Ok(());
        }
        let verb = if access == Access::Read { "read" } else { "write" };
        Err(Refusal::Forbidden(version.missing_scope(&format!("{verb}:{category}"), &self.0)))
    }
}

/// Whether a request reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

#[cfg(test)]
mod tests {
    use crate::sandbox::world::tokens::*;

    #[test]
    fn to_write_a_category_includes_to_read_it() {
        let held = Scopes::of("write:issue,read:user");
        let require = |access, category| held.require(access, category, Version::V1_25);
        assert_eq!(require(Access::Read, "issue"), Ok(()));
        assert_eq!(require(Access::Write, "issue"), Ok(()));
        assert_eq!(require(Access::Read, "user"), Ok(()));
        let refusal = require(Access::Write, "user").expect_err("only read:user is held");
        assert_eq!(
            refusal.message(),
            "token does not have at least one of required scope(s), required=[write:user], \
             token scope=write:issue,read:user"
        );
        assert_eq!(Scopes::all().require(Access::Write, "repository", Version::V1_25), Ok(()));
    }
}
