//! Does work start by itself where that is wished, and if not, why?

use super::check_result::CheckResult;
use super::in_ledger::in_ledger;
use crate::config::Config;
use crate::core::model::ids::RepoId;
use crate::core::scheduling::{AutoState, SuggestReason};
use crate::store::{Connection, Error, Readers, automatic, repos};

const DISPATCH: &str = "dispatch";

/// What `serve` found of it, where `dispatch.auto` names anything.
pub(super) async fn check(config: &Config, readers: Option<&Readers>) -> Vec<CheckResult> {
    if config.dispatch.auto.is_empty() {
        return Vec::new();
    }
    if config.agents.is_empty() {
        return vec![CheckResult::warning(
            DISPATCH,
            "dispatch.auto names repositories, and there is no agent: nothing starts by itself.",
            "Add an [[agent]].",
        )];
    }
    match in_ledger(readers, (DISPATCH, "What starts by itself"), Found::read).await {
        Ok(found) => found.judge(),
        Err(unread) => vec![unread],
    }
}

/// What the ledger holds of it.
#[derive(Debug, Default)]
struct Found {
    state: AutoState,
    names: Vec<(RepoId, String)>,
}

impl Found {
    fn read(conn: &Connection) -> Result<Self, Error> {
        let all = repos::all(conn)?.into_iter();
        let names = all.map(|repo| (repo.id, repo.name.to_string())).collect();
        Ok(Self { state: automatic::state(conn)?, names })
    }

    fn name(&self, repo: RepoId) -> &str {
        let known = self.names.iter().find(|(id, _)| *id == repo);
        known.map_or("a repository without a name", |(_, name)| name)
    }

    fn judge(&self) -> Vec<CheckResult> {
        let AutoState { since, everywhere, repos, red, pairs, .. } = &self.state;
        if since.is_empty() {
            return vec![CheckResult::good(
                DISPATCH,
                "Work will start by itself where dispatch.auto says so, once timmy serve has read \
                 the whole backlog: on issues that people open or touch from that day on.",
            )];
        }
        let mut results: Vec<CheckResult> = Vec::new();
        results.extend(everywhere.map(|reason| suggests("", reason)));
        let red = red.iter().map(|repo| (*repo, SuggestReason::DefaultBranchRed));
        let of_repos = repos.iter().map(|(repo, reason)| (*repo, *reason)).chain(red);
        results.extend(
            of_repos.map(|(repo, reason)| suggests(&format!(" in {}", self.name(repo)), reason)),
        );
        for (agent, places) in pairs {
            // Where only routines work, they are told of.
            let places = places.iter().filter(|(repo, _)| since.contains_key(repo));
            results.extend(places.map(|(repo, reason)| {
                suggests(&format!(" in {} for {agent}", self.name(*repo)), *reason)
            }));
        }
        if results.is_empty() {
            let places: Vec<&str> = since.keys().map(|repo| self.name(*repo)).collect();
            let found = format!("Work starts by itself in {}.", places.join(", "));
            results.push(CheckResult::good(DISPATCH, found));
        }
        results
    }
}

fn suggests(place: &str, reason: SuggestReason) -> CheckResult {
    CheckResult::warning(
        DISPATCH,
        format!("auto acts as suggest{place}: {}.", reason.said()),
        "The report lists what would start, each with its line. timmy serve looks again every ten \
         minutes.",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::cli::doctor::automatic::*;
    use crate::core::model::time::Timestamp;

    #[test]
    fn it_says_where_auto_acts_as_suggest_and_why() {
        let door = RepoId(1);
        let since = BTreeMap::from([(door, Timestamp::default())]);
        let names = vec![(door, "foundation/door".to_owned())];
        let mut found = Found { state: AutoState { since, ..AutoState::default() }, names };
        assert_eq!(found.judge()[0].found, "Work starts by itself in foundation/door.");
        found.state.note_branch(door, true);
        assert_eq!(
            found.judge()[0].found,
            "auto acts as suggest in foundation/door: its default branch is red, and until it is \
             green only p0 starts there."
        );
        found.state.note_branch(door, false);
        let unprotected = BTreeMap::from([(door, SuggestReason::Unprotected)]);
        found.state.pairs = BTreeMap::from([("ezra".to_owned(), unprotected)]);
        assert_eq!(
            found.judge()[0].found,
            "auto acts as suggest in foundation/door for ezra: the agent's account may push to the \
             default branch, or merge into it: protect that branch."
        );
    }
}
