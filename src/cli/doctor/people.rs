//! Do the people exist whom the configuration names?

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::config::{Grant, PeopleConfig};
use crate::core::model::account::Account;
use crate::gitea::{Error, Gitea};

const PEOPLE: &str = "people";

/// Looks up each account that has a right by its name.
pub(super) async fn check(gitea: &Gitea, people: &PeopleConfig) -> CheckResult {
    let mut answers = Vec::new();
    for name in named(people) {
        answers.push((name, gitea.account(name).await));
    }
    judge(&answers)
}

fn named(people: &PeopleConfig) -> Vec<&str> {
    let granted = people.operators.iter().chain(&people.approvers);
    let accounts = granted.filter_map(|grant| match grant {
        Grant::Account(name) => Some(name),
        Grant::Writers | Grant::Team { .. } => None,
    });
    let all = std::iter::once(&people.owner).chain(accounts).chain(&people.readers);
    let mut names: Vec<&str> = Vec::new();
    for name in all {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    names
}

fn judge(answers: &[(&str, Result<Option<Account>, Error>)]) -> CheckResult {
    let missing: Vec<&str> =
        answers.iter().filter(|(_, answer)| matches!(answer, Ok(None))).map(|(n, _)| *n).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return CheckResult::warning(
            PEOPLE,
            format!("The server shows timmy no account {missing}, which [people] names."),
            "Check the spelling. An account that hides its profile is not shown either, and is \
             heard all the same.",
        );
    }
    match answers.iter().find_map(|(name, answer)| Some((name, answer.as_ref().err()?))) {
        Some((name, error)) => CheckResult::warning(
            PEOPLE,
            format!("The account {name} cannot be looked up: {}.", in_short(error)),
            "Run timmy doctor again.",
        ),
        None => CheckResult::good(PEOPLE, "Everybody whom [people] names has an account."),
    }
}
