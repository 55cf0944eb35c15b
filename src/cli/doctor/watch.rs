//! Does timmy see what it shall look after, and may it write there?

use super::check_result::CheckResult;
use crate::cli::forge::in_short;
use crate::cli::watched::{Watched, a_few, repositories};
use crate::core::effect::LabelScope;
use crate::core::model::issue::Label;
use crate::gitea::Error;

const REPOSITORIES: &str = "repositories";
const RIGHTS: &str = "write access";
const LABELS: &str = "labels";

/// Whether each pattern of `gitea.watch` leads to something.
pub(super) fn judge(watched: &Result<Vec<Watched>, Error>) -> CheckResult {
    let watched = match watched {
        Ok(watched) => watched,
        Err(error) => {
            return CheckResult::broken(
                REPOSITORIES,
                format!("What is watched cannot be listed: {}.", in_short(error)),
                "Mend this and run timmy doctor again: what comes behind it was not checked.",
            );
        }
    };
    let lost: Vec<String> = watched
        .iter()
        .filter(|watched| watched.repos.is_empty())
        .map(|watched| watched.pattern.to_string())
        .collect();
    let count = repositories(watched).len();
    let renamed: Vec<String> = watched
        .iter()
        .filter_map(|one| {
            Some(format!("{} is called {} now", one.pattern, one.renamed_to.as_ref()?))
        })
        .collect();
    if !renamed.is_empty() {
        let found = format!("{}: nothing is watched there.", renamed.join(", "));
        let remedy = "Write the new name wherever the configuration has the old one (gitea.watch, \
                      webhook.secret_files, report.repository), and restart timmy serve.";
        return match count {
            0 => CheckResult::broken(REPOSITORIES, found, remedy),
            _ => CheckResult::warning(REPOSITORIES, found, remedy),
        };
    }
    let remedy = "Check the spelling in gitea.watch and gitea.except, and add timmy's account to \
                  the repositories or to a team of the organisation.";
    match (count, lost.as_slice()) {
        (0, _) => CheckResult::broken(REPOSITORIES, "timmy sees nothing of gitea.watch.", remedy),
        (1, []) => CheckResult::good(REPOSITORIES, "1 repository is watched."),
        (count, []) => {
            CheckResult::good(REPOSITORIES, format!("{count} repositories are watched."))
        }
        (_, lost) => {
            let lost = lost.join(", ");
            let found = format!("timmy sees nothing of these in gitea.watch: {lost}.");
            CheckResult::warning(REPOSITORIES, found, remedy)
        }
    }
}

/// Where timmy may only read, as far as the forge says it: of the code.
pub(super) fn judge_rights(watched: &[Watched]) -> CheckResult {
    let all = repositories(watched);
    let only_read: Vec<_> =
        all.iter().filter(|v| !v.permissions.push).map(|v| &v.repo.name).collect();
    if only_read.is_empty() {
        return CheckResult::good(RIGHTS, "timmy may write to all of them.");
    }
    CheckResult::warning(
        RIGHTS,
        format!("timmy may only read {}.", a_few(only_read.into_iter())),
        "Give its account write access, best by a team of the organisation. Without it timmy can \
         answer there, but not set labels or assignees.",
    )
}

/// Whether the labels that timmy uses are where they are best: at the organisation, exclusive.
pub(super) fn judge_labels(organisation: &str, labels: &Result<Vec<Label>, Error>) -> CheckResult {
    let labels = match labels {
        Ok(labels) => labels,
        Err(error) => {
            return CheckResult::warning(
                LABELS,
                format!("The labels of {organisation} cannot be read: {}.", in_short(error)),
                "Mend this: otherwise timmy makes labels of its own in each repository.",
            );
        }
    };
    let scopes = [LabelScope::Priority, LabelScope::Size].map(|scope| format!("{}/", scope.name()));
    let of_ours = |label: &&Label| scopes.iter().any(|scope| label.name.starts_with(scope));
    let loose: Vec<&str> = labels
        .iter()
        .filter(of_ours)
        .filter(|label| !label.exclusive)
        .map(|label| label.name.as_str())
        .collect();
    if loose.is_empty() {
        return CheckResult::good(LABELS, format!("The labels of {organisation} can be used."));
    }
    CheckResult::warning(
        LABELS,
        format!("Labels of {organisation} are not exclusive: {}.", loose.join(", ")),
        "Tick Exclusive for them in the organisation's settings, so that an issue has only one \
         of a kind.",
    )
}
