//! Does the server allow the reactions with which timmy claims texts and answers talk?

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::core::effect::Reaction;
use crate::gitea::Error;

const REACTIONS: &str = "reactions";

const REMEDY: &str = "Add eyes and confused to REACTIONS under [ui] in the server's app.ini, and \
    restart it.";

/// Judges the reactions that the server allows.
pub(super) fn judge(allowed: &Result<Vec<String>, Error>) -> CheckResult {
    let allowed = match allowed {
        Ok(allowed) => allowed,
        Err(error) => {
            let found =
                format!("Which reactions the server allows cannot be seen: {}.", in_short(error));
            return CheckResult::warning(REACTIONS, found, "Run timmy doctor again.");
        }
    };
    let allows = |reaction: Reaction| allowed.iter().any(|one| one == reaction.as_ref());
    let found = match (allows(Reaction::Eyes), Reaction::that_claims(allowed)) {
        (true, _) if allows(Reaction::Confused) => {
            return CheckResult::good(
                REACTIONS,
                "The server allows the reactions that timmy gives.",
            );
        }
        (true, _) => {
            "The server does not allow the reaction confused: who talks to timmy without a \
                      command gets no sign."
                .to_owned()
        }
        (false, Some(instead)) => format!(
            "The server does not allow the reaction eyes: timmy claims what it answers by {instead}."
        ),
        (false, None) => "The server allows no reaction, eyes neither: two timmys for one account \
                          would both answer, and not notice each other."
            .to_owned(),
    };
    CheckResult::warning(REACTIONS, found, REMEDY)
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::reactions::*;

    fn found(allowed: &[&str]) -> String {
        judge(&Ok(allowed.iter().map(|one| (*one).to_owned()).collect())).found
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(found(&["+1", "confused", "eyes"]).contains("allows the reactions"));
        assert!(found(&["eyes"]).contains("not allow the reaction confused"));
        assert!(found(&["+1", "heart"]).ends_with("by +1."));
        assert!(found(&[]).contains("allows no reaction"));
    }
}
