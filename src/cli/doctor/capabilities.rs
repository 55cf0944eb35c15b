//! What does this server lack, and what of timmy does not work without it?

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::gitea::{Capability, Error};

const CAPABILITIES: &str = "capabilities";

/// What the server's description of its API shows.
pub(super) fn judge(lacks: &Result<Vec<Capability>, Error>) -> CheckResult {
    match lacks {
        Ok(lacks) if lacks.is_empty() => {
            CheckResult::good(CAPABILITIES, "The server has everything that timmy uses.")
        }
        Ok(lacks) => {
            let lost: Vec<&str> = lacks.iter().copied().map(lost).collect();
            CheckResult::warning(
                CAPABILITIES,
                format!("The server lacks {}.", lost.join("; ")),
                "Upgrade the server: Gitea 1.20 and later have all of that. The rest of timmy works \
                 without.",
            )
        }
        Err(Error::NotFound { .. } | Error::NotGitea { .. } | Error::Moved { .. }) => {
            CheckResult::warning(
                CAPABILITIES,
                "The server shows no description of its API: what it lacks cannot be seen.",
                "Nothing, if it is Gitea 1.20 or later. Else set ENABLE_SWAGGER = true under [api] in \
                 its app.ini, restart it and run timmy doctor again.",
            )
        }
        Err(error) => CheckResult::warning(
            CAPABILITIES,
            format!("What the server lacks cannot be seen: {}.", in_short(error)),
            "Run timmy doctor again.",
        ),
    }
}

/// What is missing, and what does not work without it.
fn lost(capability: Capability) -> &'static str {
    match capability {
        Capability::Dependencies => {
            "dependencies of issues: block and unblock are refused, and nothing waits for anything"
        }
        Capability::TokenScopes => {
            "scopes of tokens: timmy's token may do everything that its account may"
        }
        Capability::ExclusiveLabels => {
            "exclusive labels: priorities and sizes that people set by hand pile up"
        }
        Capability::Permissions => {
            "the permissions of others: writers who are named nowhere may be refused in reviews and \
             opened issues"
        }
        Capability::SearchByOwner => "the search by owner: each poll reads the issues of everybody",
        Capability::TeamUnits => {
            "the units of teams: who writes only by a team may be refused in reviews and opened \
             issues"
        }
    }
}
