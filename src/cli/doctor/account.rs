//! Whose token is it, and what may it do?

use super::check_result::CheckResult;
use crate::config::{Config, Grant};
use crate::core::effect::Reaction;
use crate::core::model::ids::{RepoName, Subject};
use crate::gitea::{Error, Extra, Gitea, OwnAccount, WRITE_CODE};

const TOKEN: &str = "token";
const ACCOUNT: &str = "account";

/// What the token must be good for.
const SCOPES: &str = "write:issue, write:repository, read:organization, read:user";

/// What the smallest token has of [`WRITE_CODE`].
const READ_CODE: &str = "read:repository";

/// What `GET /user` says of the token.
pub(super) fn judge_token(answer: &Result<OwnAccount, Error>) -> Option<CheckResult> {
    match answer {
        Ok(_) => None,
        Err(Error::BadToken { message }) => Some(not_accepted(message)),
        Err(Error::MissingScope { scope }) => Some(lacks(scope)),
        // So Gitea answers for an account whose password must be changed first.
        Err(Error::Forbidden { message }) => Some(CheckResult::broken(
            TOKEN,
            format!("The server forbids the account everything ({message})."),
            "Log in as the account once and do what it asks for, such as a new password: \
             gitea admin user must-change-password --unset NAME does it without.",
        )),
        Err(error) => {
            Some(CheckResult::broken(TOKEN, format!("{error}."), "Run timmy doctor again."))
        }
    }
}

/// The server answers, but not to this token.
pub(super) fn not_accepted(message: &str) -> CheckResult {
    CheckResult::broken(
        TOKEN,
        format!("The server does not accept the token ({message})."),
        format!(
            "Log in as timmy's account, make a token under Settings > Applications with {SCOPES}, \
             and put it into the file that gitea.token_file names."
        ),
    )
}

fn lacks(scope: &str) -> CheckResult {
    let found = format!("The token lacks the scope {scope}.");
    CheckResult::broken(TOKEN, found, new_token())
}

/// What there is no way around, if only what jobs need is missing.
fn lacks_only_code() -> CheckResult {
    let found = format!(
        "The token lacks the scope {WRITE_CODE}, which jobs need for branches, pull requests, \
         reviews and statuses. All else goes on without."
    );
    CheckResult::warning(TOKEN, found, new_token())
}

fn new_token() -> String {
    format!(
        "Scopes cannot be added: make a new token with {SCOPES}, and put it into the file that \
         gitea.token_file names."
    )
}

/// What a token is judged that lacks these scopes and has those.
fn judge_missing(missing: &[&str], held: &[&str]) -> CheckResult {
    match missing {
        [] => CheckResult::good(TOKEN, format!("The token is good, with {}.", held.join(", "))),
        [only] if *only == WRITE_CODE => lacks_only_code(),
        missing => lacks(&missing.join(", ")),
    }
}

/// What the token is good for, as it says itself, or else as trying shows.
pub(super) async fn judge_scopes(
    gitea: &Gitea,
    config: &Config,
    repo: Option<&RepoName>,
) -> CheckResult {
    if let Ok(true) = gitea.has(Extra::OwnToken).await
        && let Ok(held) = gitea.own_scopes().await
    {
        return judge_held(&held);
    }
    try_scopes(gitea, config, repo).await
}

/// What the scopes that a token holds are good for. To write includes to read.
fn judge_held(held: &[String]) -> CheckResult {
    let has = |needed: &str| {
        let to_write = needed.replace("read:", "write:");
        held.iter().any(|scope| *scope == needed || *scope == to_write || scope == "all")
    };
    let missing = SCOPES.split(", ").filter(|needed| !has(needed)).map(|needed| match needed {
        // Without the smaller one nothing of it is left.
        WRITE_CODE if !has(READ_CODE) => READ_CODE,
        needed => needed,
    });
    let held: Vec<&str> = held.iter().map(String::as_str).collect();
    judge_missing(&missing.collect::<Vec<_>>(), &held)
}

/// Tries what timmy does with each scope, in a way that changes nothing. `GET /user` was
/// answered before.
async fn try_scopes(gitea: &Gitea, config: &Config, repo: Option<&RepoName>) -> CheckResult {
    let mut missing: Vec<String> = Vec::new();
    let mut tried = vec!["read:user"];
    let mut note = |scope: &'static str, answer: Result<(), Error>| {
        tried.push(scope);
        if let Err(Error::MissingScope { scope }) = answer {
            missing.push(scope);
        }
    };
    let owner = repo.map_or(config.people.owner.as_str(), RepoName::owner);
    note("read:organization", gitea.org_labels(owner).await.map(drop));
    let mut reads_code = Ok(());
    if let Some(repo) = repo {
        reads_code = gitea.repo(repo).await.map(drop);
        // No comment has the number 0: with the scope the answer is "not found".
        let nothing = Subject::Comment(0);
        note("write:issue", gitea.react(repo, 0, nothing, Reaction::Eyes).await.map(drop));
    }
    match reads_code {
        Err(error @ Error::MissingScope { .. }) => note(READ_CODE, Err(error)),
        _ => {
            let may_write = gitea.may_write_code().await;
            let scope = WRITE_CODE.to_owned();
            let lacks = matches!(may_write, Ok(false)).then_some(Error::MissingScope { scope });
            note(WRITE_CODE, lacks.map_or(Ok(()), Err));
        }
    }
    let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
    judge_missing(&missing, &tried)
}

/// Whether the account is one of timmy's own.
pub(super) fn judge_account(own: &OwnAccount, config: &Config) -> CheckResult {
    let login = &own.account.login;
    let remedy = "Make an account for timmy alone, and a token of that account.";
    if own.account.is(&config.people.owner) {
        return CheckResult::broken(
            ACCOUNT,
            format!("The token is that of {login}, who is people.owner."),
            format!("{remedy} What timmy's account says is never taken for a command."),
        );
    }
    if let Some(key) = named_in(login, config) {
        return CheckResult::broken(
            ACCOUNT,
            format!("The token is that of {login}, whom {key} names."),
            format!("{remedy} What timmy's account says is never taken for a command."),
        );
    }
    if config.agents.iter().any(|agent| own.account.is(&agent.account)) {
        return CheckResult::broken(
            ACCOUNT,
            format!("The token is that of {login}, which is an agent's account."),
            remedy,
        );
    }
    if own.is_site_admin {
        return CheckResult::warning(
            ACCOUNT,
            format!("The token is that of {login}, an administrator of the whole server."),
            "Take that away: whoever got hold of the token could do everything. Write access to \
             the watched repositories is enough.",
        );
    }
    CheckResult::good(
        ACCOUNT,
        format!("The token is that of {login}: timmy hears /{login} and @{login}."),
    )
}

/// The key of `[people]` that gives the account called `login` a right.
fn named_in(login: &str, config: &Config) -> Option<&'static str> {
    let people = &config.people;
    let grants = |grants: &[Grant]| {
        let same = |name: &String| name.eq_ignore_ascii_case(login);
        grants.iter().any(|grant| matches!(grant, Grant::Account(name) if same(name)))
    };
    if grants(&people.approvers) {
        return Some("people.approvers");
    }
    if grants(&people.operators) {
        return Some("people.operators");
    }
    people.readers.iter().any(|name| name.eq_ignore_ascii_case(login)).then_some("people.readers")
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::account::*;

    fn found(held: &[&str]) -> String {
        let held: Vec<String> = held.iter().map(|scope| (*scope).to_owned()).collect();
        judge_held(&held).found
    }

    #[test]
    fn a_token_is_judged_by_what_it_says_that_it_holds() {
        assert_eq!(found(&["all"]), "The token is good, with all.");
        let usual = ["write:issue", "write:repository", "read:organization", "write:user"];
        assert!(found(&usual).starts_with("The token is good, with write:issue, "));
        let narrow = ["read:issue", "read:organization"];
        let lacks = "The token lacks the scope write:issue, read:repository, read:user.";
        assert_eq!(found(&narrow), lacks);
        let old = ["write:issue", "read:repository", "read:organization", "read:user"];
        assert!(found(&old).starts_with("The token lacks the scope write:repository, which jobs"));
    }
}
