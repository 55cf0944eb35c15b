//! What was found of a result, as people are told of it: a sentence for each finding. Foreign words
//! stand in backticks.

use super::standing::branch;
use super::words::short;
use crate::core::effect::defuse;
use crate::core::guards::{
    ExaminedChange, GuardCount, GuardName, LiftedGuard, PassedGuard, Sentence, Words,
};
use crate::core::jobs::evidence::{Finding, Grade, MOST_LOOKED_AT};
use crate::core::jobs::{AgentClaim, Citation, JobRecord, Purpose};

/// The longest foreign word that is told.
const LONGEST: usize = 120;

/// A line of the table of what was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    pub mark: &'static str,
    pub guard: String,
    pub found: String,
}

/// What was found, one sentence each; `branch`: the one that the job works on.
pub(super) fn sentences<'a>(
    found: impl IntoIterator<Item = &'a Finding>,
    branch: &str,
) -> Vec<String> {
    found.into_iter().map(|finding| finding.said(branch)).collect()
}

/// What else was checked of a pull request than that it is there: who pushed, what is to be told
/// though it does no harm, and what passed. Nothing if nobody has looked.
pub(super) fn checks(record: &JobRecord, branch: &str) -> Vec<CheckLine> {
    let Some(found) = record.findings() else { return Vec::new() };
    let tells_pusher = found.iter().any(|finding| finding.guard() == "author");
    let mut guards = examined(record).into_iter().flat_map(|examined| &examined.passed);
    let pushed = guards.find(|one| one.guard == GuardName::Author).map(seen);
    let agent = record.agent().map(|agent| {
        passed("author", format!("the account of `{}` pushed it, or I did for it", named(agent)))
    });
    let agent = pushed.or(agent).filter(|_| !tells_pusher);
    let found = found.iter().map(|finding| line(finding, branch));
    let lifted = examined(record).into_iter().flat_map(|examined| &examined.lifted);
    let lifted = lifted.map(lifted_line);
    agent.into_iter().chain(found).chain(lifted).chain(passed_checks(record)).collect()
}

/// What guards found of a result that is words alone.
pub(super) fn checks_of_words(record: &JobRecord, branch: &str) -> Vec<CheckLine> {
    let found = record.findings().into_iter().flatten();
    let of_guards = found.filter(|finding| matches!(finding, Finding::Guard(_)));
    of_guards.map(|finding| line(finding, branch)).collect()
}

/// What the guards saw of what a job brought last, if they looked at a change.
fn examined(record: &JobRecord) -> Option<&ExaminedChange> {
    record.last_judgement()?.examined.as_ref()
}

fn lifted_line(one: &LiftedGuard) -> CheckLine {
    let found =
        one.found.first().map_or_else(String::new, |said| format!(", on: {}", told_all(said)));
    let found = format!("lifted by `{}`{found}", named(&one.lifting.by));
    CheckLine { mark: "⚠️", guard: one.guard.as_str().to_owned(), found }
}

/// What passed: of checks and tests what they saw, of the others their names.
fn passed_checks(record: &JobRecord) -> Vec<CheckLine> {
    let all = examined(record).into_iter().flat_map(|examined| &examined.passed);
    let all = all.filter(|one| one.guard != GuardName::Author);
    let (told, others): (Vec<&PassedGuard>, Vec<&PassedGuard>) =
        all.partition(|one| matches!(one.guard, GuardName::Checks | GuardName::Tests));
    let told = told.into_iter().map(seen);
    let names = |others: &[&PassedGuard]| {
        let names: Vec<String> = others.iter().map(|one| name(&one.guard)).collect();
        passed(&format!("{} more", names.len()), names.join(", "))
    };
    let others = match others.as_slice() {
        [] => None,
        [one] => Some(seen(one)),
        others => Some(names(others)),
    };
    told.chain(others).collect()
}

fn seen(one: &PassedGuard) -> CheckLine {
    passed(one.guard.as_str(), told_all(&one.seen))
}

/// What a guard is called: a script as the configuration does.
fn name(guard: &GuardName) -> String {
    match guard {
        GuardName::Script(name) => format!("`{}`", named(name)),
        built_in => built_in.as_str().to_owned(),
    }
}

fn passed(guard: &str, found: String) -> CheckLine {
    CheckLine { mark: "✅", guard: guard.to_owned(), found }
}

/// What blocks, a line each, where nothing but guards speaks against a result; else nothing.
pub(super) fn blocked(found: &[Finding], branch: &str) -> Vec<CheckLine> {
    let grave = || found.iter().filter(|finding| finding.grade() == Grade::Block);
    if grave().any(|finding| !matches!(finding, Finding::Guard(_))) {
        return Vec::new();
    }
    grave().map(|finding| line(finding, branch)).collect()
}

fn line(finding: &Finding, branch: &str) -> CheckLine {
    CheckLine {
        mark: if finding.grade() == Grade::Warn { "⚠️" } else { "❌" },
        guard: finding.guard().to_owned(),
        found: finding.said(branch),
    }
}

/// What an agent cites to show that nothing has to change, and what is there.
pub(super) fn shown_by(claim: Option<&AgentClaim>, found: &[Finding]) -> Vec<String> {
    let Some(AgentClaim::NoChange { cited }) = claim else { return Vec::new() };
    let is_there = |citation: &&Citation| {
        !found.iter().any(|f| matches!(f, Finding::MissingCitation { cited } if cited == *citation))
    };
    cited.iter().take(MOST_LOOKED_AT).filter(is_there).map(Citation::said).collect()
}

/// What was found of what a job brought, a sentence for each.
pub fn sentences_of(record: &JobRecord) -> Vec<String> {
    findings_of(record).1
}

/// How many guards let the result of a job pass. Of what is no change two look: whether it is
/// there, and whether it is what the agent says.
pub(super) fn guards_of_result(record: &JobRecord) -> Option<GuardCount> {
    let judgement = record.last_judgement()?;
    if let Some(change) = &judgement.examined {
        return Some(change.guards);
    }
    let is_change = matches!(record.job.spec.purpose, Purpose::Code | Purpose::Repair)
        && judgement.pull.is_some();
    let found = record.findings().unwrap_or_default();
    let is_against = |guard: &str| {
        found.iter().any(|finding| finding.guard() == guard && finding.grade() > Grade::Warn)
    };
    let passed = u32::from(!is_against("artifact")) + u32::from(!is_against("claims"));
    (!is_change).then_some(GuardCount { passed, of: 2, lifted: 0 })
}

/// What a person who is asked about the result of a job is told of it: the lines of what was
/// checked, and a sentence for each finding. That it needs a person is the question already.
pub(in crate::core::reply) fn findings_of(record: &JobRecord) -> (Vec<CheckLine>, Vec<String>) {
    let on = branch(record, record.job.past.branch);
    let found = record.findings().unwrap_or_default();
    let found = found.iter().filter(|finding| **finding != Finding::Blocked);
    (checks(record, &on), sentences(found, &on))
}

/// How many guards looked at a change, and how many of them had nothing against it.
pub(in crate::core::reply) fn guards_of_change(record: &JobRecord) -> Option<GuardCount> {
    Some(examined(record)?.guards)
}

/// What the agent of a job cites to show that nothing has to change, and what is there.
pub(in crate::core::reply) fn shown_of(record: &JobRecord) -> Vec<String> {
    record.findings().map_or_else(Vec::new, |found| shown_by(record.last_claim(), found))
}

/// The guards that found something of this grade.
pub(in crate::core::reply) fn guards_of(
    found: &[Finding],
    grade: Grade,
) -> impl Iterator<Item = &str> {
    found.iter().filter(move |finding| finding.grade() == grade).map(Finding::guard)
}

impl Citation {
    /// What was cited, as part of a sentence.
    fn said(&self) -> String {
        match self {
            Self::Commit(commit) => format!("commit `{}`", short(commit)),
            Self::Pull(number) => format!("pull request `#{number}`"),
            Self::File(path) => format!("file `{}`", named(path)),
        }
    }
}

impl Finding {
    /// The guard that looks at such things.
    fn guard(&self) -> &str {
        match self {
            Self::Guard(found) => found.guard.as_str(),
            Self::PushedByOther { .. } | Self::OthersWork { .. } | Self::PusherUnknown => "author",
            Self::NoResultLine
            | Self::ResultLineTooLong
            | Self::ForeignPull { .. }
            | Self::MissingPull { .. }
            | Self::CommitBehind { .. }
            | Self::CommitElsewhere { .. }
            | Self::CommitGone { .. }
            | Self::CommitUnknown { .. }
            | Self::Contradiction { .. }
            | Self::CommentInstead
            | Self::NothingCited
            | Self::MissingCitation { .. }
            | Self::OtherCommit { .. }
            | Self::PlanUnfit { .. }
            | Self::FixedPlan { .. }
            | Self::ProposalUnfit { .. }
            | Self::Blocked => "claims",
            Self::NothingThere
            | Self::EmptyBranch
            | Self::NoPull
            | Self::OtherBranch { .. }
            | Self::FromFork { .. }
            | Self::OtherBase { .. }
            | Self::PullClosed { .. }
            | Self::BranchGone { .. }
            | Self::Rewritten { .. }
            | Self::RewrittenUnknown { .. }
            | Self::NoComment
            | Self::NoReview
            | Self::HeadMoved { .. }
            | Self::NotPosted { .. }
            | Self::Dismissed
            | Self::NotSeenInTime
            | Self::PostedByTimmy
            | Self::IssueEdited => "artifact",
        }
    }

    /// What was found, in one sentence; `branch`: the one that the job works on.
    pub fn said(&self, branch: &str) -> String {
        match self {
            Self::NoResultLine => "It did not say what it did: I went by what is here.".to_owned(),
            Self::ResultLineTooLong => {
                "Its result line is longer than 64 KiB, and was not read: I went by what is here."
                    .to_owned()
            }
            Self::NothingThere => {
                format!("There is no branch `{branch}`, and no pull request from it.")
            }
            Self::EmptyBranch => format!("`{branch}` is there, with nothing new on it."),
            Self::NoPull => format!("`{branch}` holds work, but no pull request asks to merge it."),
            Self::ForeignPull { number, author: Some(author) } => {
                format!("`#{number}` is a pull request of `{}`, not its own.", named(author))
            }
            Self::ForeignPull { number, author: None } => {
                format!("`#{number}` is somebody else's pull request, not its own.")
            }
            Self::MissingPull { number } => format!("There is no pull request `#{number}`."),
            Self::OtherBranch { number, branch: other } => {
                format!("`#{number}` is its own, but from `{}`, not from `{branch}`.", named(other))
            }
            Self::FromFork { number } => {
                format!("`#{number}` comes from a fork, not from `{branch}` of this repository.")
            }
            Self::OtherBase { number, base } => {
                format!("`#{number}` asks to be merged into `{}`, another branch.", named(base))
            }
            Self::PullClosed { number } => {
                format!("Somebody closed `#{number}` without merging it.")
            }
            Self::BranchGone { number } => {
                format!("`#{number}` is there, but its branch `{branch}` is gone.")
            }
            Self::CommitBehind { named } => {
                format!("It names commit `{}`, but `{branch}` holds more than that.", short(named))
            }
            Self::CommitElsewhere { named } => {
                format!("It names commit `{}`, which is not on `{branch}`.", short(named))
            }
            Self::CommitGone { named } => format!(
                "It names commit `{}`, which is not here: it was never pushed, or a force push \
                 took it away.",
                short(named)
            ),
            Self::CommitUnknown { named } => format!(
                "It names commit `{}`; whether that is on `{branch}` could not be found out.",
                short(named)
            ),
            Self::Rewritten { given } => {
                format!("`{branch}` no longer holds commit `{}`, which it was given.", short(given))
            }
            Self::RewrittenUnknown { given } => format!(
                "Whether `{branch}` still holds commit `{}`, which it was given, could not be \
                 found out.",
                short(given)
            ),
            Self::PushedByOther { login } => {
                format!("`{}` pushed to `{branch}` after it.", named(login))
            }
            Self::OthersWork { login } => {
                format!("All that is known to be on `{branch}` was pushed by `{}`.", named(login))
            }
            Self::PusherUnknown => format!("Who pushed to `{branch}` is unknown."),
            Self::Contradiction { number } => {
                format!("It says that there is nothing to merge, but `#{number}` is open.")
            }
            Self::CommentInstead => {
                "It left a comment, where a pull request was asked for.".to_owned()
            }
            Self::NothingCited => {
                "It names no file, commit or pull request that shows it (`files`, `commit` or \
                 `pull` of its result)."
                    .to_owned()
            }
            Self::MissingCitation { cited } => {
                format!("It cites {}, which is not here.", cited.said())
            }
            Self::Blocked => "It cannot go on without a person.".to_owned(),
            Self::NoComment => "There is no comment of it here.".to_owned(),
            Self::NoReview => {
                "There is no review of it here, and it said nothing that could be one.".to_owned()
            }
            Self::HeadMoved { reviewed, head } => format!(
                "It reviewed `{}`, which is not the head any more: that is `{}` by now.",
                short(reviewed),
                short(head)
            ),
            Self::OtherCommit { reviewed } => format!(
                "It says that it reviewed `{}`, which it was not given, and which is not the head.",
                short(reviewed)
            ),
            Self::NotPosted { reason } => {
                format!("What it says could not be posted: `{}`.", named(reason))
            }
            Self::Dismissed => "Somebody dismissed its review.".to_owned(),
            Self::NotSeenInTime => {
                "Whether its review is here could not be found out in time.".to_owned()
            }
            Self::PostedByTimmy => "I posted it, since I hold no token of its account.".to_owned(),
            Self::IssueEdited => {
                "This issue was edited after it began: it worked on what stood there before."
                    .to_owned()
            }
            Self::PlanUnfit { why } => format!("A crew cannot work by its plan. `{}`", named(why)),
            Self::FixedPlan { why } => format!(
                "It made no plan that a crew could work by, so this is the usual one. `{}`",
                named(why)
            ),
            Self::ProposalUnfit { why } => {
                format!("No issues can be made of its proposal. `{}`", named(why))
            }
            Self::Guard(found) => told_all(&found.said),
        }
    }
}

/// What a guard says, its foreign words in backticks.
pub(super) fn told_all(said: &Sentence) -> String {
    said.words().iter().map(told).collect()
}

/// Words of a guard, the foreign ones in backticks.
fn told(words: &Words) -> String {
    match words {
        Words::Own(words) => words.clone(),
        Words::Foreign(words) => {
            format!("`{}`", named(&words.replace(char::is_control, " ")))
        }
    }
}

/// A foreign word that may stand in backticks.
fn named(word: &str) -> String {
    defuse::short(&word.replace('`', "'"), LONGEST)
}

#[cfg(test)]
mod tests {
    use crate::core::reply::jobs::findings::*;

    #[test]
    fn foreign_words_stay_in_their_backticks() {
        let other =
            Finding::OtherBranch { number: 3, branch: format!("`@anna`{}", "x".repeat(500)) };
        let said = other.said("timmy/1-j1");
        assert_eq!(said.matches('`').count(), 6, "{said}");
        assert!(said.contains("`'@anna'xxx") && said.len() < 250, "{said}");
    }

    #[test]
    fn what_a_guard_says_is_told_as_harmless() {
        use crate::core::guards::{FindingCode, GuardFinding, GuardName, Sentence};
        let said = Sentence::of("{} is now skipped.", &["`@anna`#3\n## x"]);
        let finding = GuardFinding::new(GuardName::Tests, FindingCode::TestSkipped, said);
        let finding = Finding::Guard(finding);
        let said = finding.said("timmy/1-j1");
        assert!(said.ends_with("` is now skipped.") && said.matches('`').count() == 2, "{said}");
        assert!(!said.contains('\n'), "{said}");
        assert_eq!(finding.guard(), "tests");
    }

    #[test]
    fn what_is_cited_and_not_there_shows_nothing() {
        let cited = vec![Citation::File("a.rs".to_owned()), Citation::Pull(4)];
        let missing = [Finding::MissingCitation { cited: Citation::Pull(4) }];
        let claim = AgentClaim::NoChange { cited };
        assert_eq!(shown_by(Some(&claim), &missing), ["file `a.rs`"]);
        assert_eq!(shown_by(None, &missing), Vec::<String>::new());
    }
}
