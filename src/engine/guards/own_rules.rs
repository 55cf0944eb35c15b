//! What the rules of a repository's own file say of a change, whatever else is known of it.

use super::readable::readable;
use crate::core::command::value::Size;
use crate::core::guards::diff::{LARGEST_DIFF, parse_diff};
use crate::core::guards::{
    FindingCode, GuardFinding, GuardName, GuardResult, GuardRules, Sentence, protected, size,
};
use crate::core::model::ids::RepoName;
use crate::gitea::{Error, Gitea};

/// What it may forbid is not known.
pub(in crate::engine) fn policy_unreadable() -> GuardResult {
    let said = "`.timmy.toml` of the base branch cannot be read, so nobody knows what it forbids: \
                mend it there, then say `/timmy verify`.";
    let finding = GuardFinding::new(
        GuardName::Protected,
        FindingCode::PolicyUnreadable,
        Sentence::of(said, &[]),
    );
    GuardResult::new(GuardName::Protected, Sentence::of("", &[]), vec![finding])
}

/// What the guards find that go by what such a file may tighten: in the change of this pull request,
/// for an issue of this size.
///
/// # Errors
/// If the forge does not show it now.
pub(in crate::engine) async fn found_by_rules(
    gitea: &Gitea,
    repo: &RepoName,
    (pull, label): (i64, Option<Size>),
    rules: &GuardRules,
) -> Result<Vec<GuardResult>, Error> {
    let text = readable(gitea.pull_diff(repo, pull, LARGEST_DIFF).await)?;
    let diff = text.as_deref().map_err(Clone::clone).and_then(parse_diff);
    Ok(match diff {
        Ok(diff) => vec![protected(&diff, rules), size(&diff, label, rules)],
        Err(why) => [GuardName::Protected, GuardName::Size]
            .map(|guard| GuardResult::cannot_be_read(guard, "The diff", &why))
            .into(),
    })
}
