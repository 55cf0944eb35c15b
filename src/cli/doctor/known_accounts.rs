//! Are the accounts that the configuration names still those that they were when first seen?

use std::collections::HashSet;

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::core::model::account::Account;
use crate::core::policy::accounts::AccountStatus;
use crate::core::policy::authority::People;
use crate::gitea::{Error, Gitea};
use crate::store::Readers;
use crate::store::accounts::{self, KnownAccount};

const NAMES: &str = "names";

/// Holds what the ledger remembers against what the forge says now; nothing to say as long as the
/// ledger remembers nobody.
pub(super) async fn check(gitea: &Gitea, people: &People, readers: &Readers) -> Vec<CheckResult> {
    let known = match readers.read(accounts::all).await {
        Ok(known) => known,
        Err(error) => {
            let found = format!("The accounts that were seen cannot be read: {error}.");
            return vec![CheckResult::broken(NAMES, found, "Restore a backup of the ledger.")];
        }
    };
    let mut seen = HashSet::new();
    let mut findings = Vec::new();
    for (key, named) in people.named() {
        let name = named.name.to_ascii_lowercase();
        let Some(known) = known.iter().find(|known| known.name == name) else { continue };
        if !seen.insert(name) {
            continue;
        }
        match standing(gitea, known).await {
            Ok(standing) => findings.extend(judge(key, &standing)),
            Err(error) => findings.push(CheckResult::warning(
                NAMES,
                format!("The account {} cannot be looked up: {}.", named.name, in_short(&error)),
                "Run timmy doctor again.",
            )),
        }
    }
    if findings.is_empty() && !seen.is_empty() {
        let found = "The accounts behind the names of the configuration are those first seen.";
        findings.push(CheckResult::good(NAMES, found));
    }
    findings
}

async fn standing(gitea: &Gitea, known: &KnownAccount) -> Result<AccountStatus, Error> {
    let holder = gitea.account(&known.name).await?;
    let is_same = |holder: &Account| holder.id == known.account.id;
    let meant = match &holder {
        Some(holder) if is_same(holder) => Some(holder.clone()),
        _ => gitea.account_by_id(known.account.id).await?,
    };
    let meant = meant.unwrap_or_else(|| known.account.clone());
    Ok(AccountStatus::of(&known.name, &meant, holder.as_ref()))
}

fn judge(key: &str, standing: &AccountStatus) -> Option<CheckResult> {
    let (found, remedy) = (standing.problem(key)?, standing.remedy(key)?);
    let (found, remedy) = (sentence(&found), sentence(&remedy));
    Some(match standing {
        AccountStatus::Replaced { .. } => CheckResult::broken(NAMES, found, remedy),
        AccountStatus::Renamed { .. } | AccountStatus::Same => {
            CheckResult::warning(NAMES, found, remedy)
        }
    })
}

fn sentence(text: &str) -> String {
    format!("{text}.")
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::known_accounts::*;

    #[test]
    fn a_name_that_changed_hands_is_broken_and_the_way_out_is_told() {
        let anna = Account { id: 3, login: "anna".to_owned() };
        let taken = Account { id: 9, login: "anna".to_owned() };
        let finding = judge("people.approvers", &AccountStatus::of("anna", &anna, Some(&taken)));
        let finding = finding.unwrap();
        assert_eq!(finding.state, CheckGrade::Broken);
        assert_eq!(
            finding.found,
            "people.approvers names anna, which is another account than before: number 9, and it \
             was number 3; it has no right by that name."
        );
        assert_eq!(judge("people.approvers", &AccountStatus::of("anna", &anna, Some(&anna))), None);
    }
}
