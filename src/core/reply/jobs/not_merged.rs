//! What is told where the forge did not merge what a person accepted: why, and what comes next.

use askama::Template;

use super::words::short;
use crate::core::jobs::{Job, MergeRefusal};
use crate::core::reply::filters;

/// None where there is nothing to tell: it is merged.
pub fn not_merged(job: &Job, refusal: &MergeRefusal) -> Option<String> {
    let pull = job.past.pull.unwrap_or_default();
    let commit = job.past.commit.as_ref().map(short).unwrap_or_default();
    let words = match refusal {
        MergeRefusal::AlreadyMerged => return None,
        MergeRefusal::Rejected(words)
        | MergeRefusal::Other(words)
        | MergeRefusal::GaveUp(words) => words.as_str(),
        _ => "",
    };
    let page = NotMergedPage { pull, commit, refusal, words }.render();
    Some(page.expect("a String takes everything").trim().to_owned())
}

/// What keeps a pull request from being merged until a person does something about it, as part of
/// a sentence.
pub fn keeps_from_merging(refusal: &MergeRefusal) -> &'static str {
    match refusal {
        MergeRefusal::MayNotMerge => "my account may not merge into that branch",
        MergeRefusal::MayNotUpdate => "it is behind its base, and I may not push to its branch",
        MergeRefusal::Draft => "it is a draft",
        MergeRefusal::TooFewApprovals => "the branch wants more approvals than mine",
        MergeRefusal::ChangesRequested => "a review asks for changes",
        MergeRefusal::ReviewAwaited => "a review that was asked for is still to come",
        MergeRefusal::ProtectedFiles => "it changes files that the branch protects",
        MergeRefusal::StyleNotAllowed => "the repository does not allow the way in which I merge",
        MergeRefusal::NotSigned => "the branch wants signed commits",
        MergeRefusal::AlreadyMerged
        | MergeRefusal::Closed
        | MergeRefusal::HeadMoved
        | MergeRefusal::Retargeted
        | MergeRefusal::Conflict
        | MergeRefusal::TryLater
        | MergeRefusal::BaseMoved
        | MergeRefusal::ChecksMissing
        | MergeRefusal::RulesTightened
        | MergeRefusal::ReviewDismissed
        | MergeRefusal::ReviewObjects
        | MergeRefusal::ReviewBlocks
        | MergeRefusal::RightTakenBack
        | MergeRefusal::Behind
        | MergeRefusal::Rejected(_)
        | MergeRefusal::Other(_)
        | MergeRefusal::GaveUp(_) => "the server refused",
    }
}

#[derive(Template)]
#[template(path = "job/not_merged.md")]
struct NotMergedPage<'a> {
    pull: i64,
    commit: String,
    refusal: &'a MergeRefusal,
    /// The forge's own.
    words: &'a str,
}

#[cfg(test)]
mod tests {
    use crate::core::reply::jobs::not_merged::*;

    fn told(refusal: MergeRefusal) -> String {
        let page =
            NotMergedPage { pull: 58, commit: "8b195ee".into(), refusal: &refusal, words: "" };
        page.render().unwrap().trim().to_owned()
    }

    #[test]
    fn each_says_what_comes_next() {
        use MergeRefusal as No;
        for (refusal, says) in [
            (
                No::HeadMoved,
                r"**Not merged: \#58 holds another commit than `8b195ee`, which was approved.** I look at it anew, and ask again.",
            ),
            (
                No::Conflict,
                r"**Not merged: \#58 conflicts with its base.** Its agent mends that, and then I ask again.",
            ),
            (
                No::Behind,
                r"**Not merged yet: \#58 was behind its base.** I brought it up to date and look at it anew. If it changes the same and all that I check passes, I merge it; else I ask again.",
            ),
            (
                No::ChecksMissing,
                r"**Not merged: not all checks of `8b195ee` are green any more.** I look at it anew.",
            ),
            (
                No::RulesTightened,
                r"**Not merged: `.timmy.toml` on its base branch asks for more by now than what \#58 was judged by.** I look at it anew, and ask again.",
            ),
            (
                No::ReviewDismissed,
                r"**Not merged: a review that \#58 had when it was approved was dismissed, or is gone.** I look at it anew, and ask again.",
            ),
            (
                No::ReviewObjects,
                r"**Not merged: a review of \#58 asks for changes.** I look at it anew, and ask again. Dismiss that review before you say yes, or have its changes made.",
            ),
            (
                No::ReviewBlocks,
                r"**Not merged: a review of \#58 asked for changes, and as long as it stands the branch merges nothing.** I look at it anew, and ask again. Dismiss that review before you say yes, or have its changes made.",
            ),
            (
                No::MayNotMerge,
                r"**Not merged: my account may not merge into that branch.** Merge \#58 yourself, or let my account merge there (Settings, Branches).",
            ),
        ] {
            assert_eq!(told(refusal), says);
        }
    }
}
