//! What the guards are given, and which of them judge it.

use super::author::{AuthorFacts, ReviewFacts, author, reviewer};
use super::base::{BaseFacts, base};
use super::checks::{CheckFacts, checks};
use super::claims::{ClaimFacts, claims, claims_said};
use super::diff::Diff;
use super::duplicate::{OtherPull, duplicate};
use super::late::{LatePush, late};
use super::name::GuardName;
use super::protected::protected;
use super::result::{CannotBeRead, GuardResult};
use super::rules::GuardRules;
use super::secrets::{BinaryLooks, SaidFacts, secrets, secrets_said};
use super::size::size;
use super::skip_marker::without_excuse;
use super::substance::substance;
use super::tests::tests;
use super::verdict::CommitVerdict;
use crate::core::command::value::Size;
use crate::core::model::commit::Commit;

/// What is judged, by what it is.
#[derive(Debug, Clone)]
pub enum GuardFacts<'a> {
    /// A change of code: all guards.
    Change(Box<ChangeFacts<'a>>),
    /// A review of a commit.
    Review(ReviewFacts),
    /// Comments, where nothing was to change.
    Comment(CommentFacts),
}

/// What an agent said where nothing was to change.
#[derive(Debug, Clone)]
pub struct CommentFacts {
    pub said: Result<SaidFacts, CannotBeRead>,
    pub claims: ClaimFacts,
}

/// What the forge shows of a change.
#[derive(Debug, Clone)]
pub struct ChangeFacts<'a> {
    pub diff: Result<Diff<'a>, CannotBeRead>,
    /// The size label of the issue.
    pub size: Option<Size>,
    pub said: SaidFacts,
    /// What was looked into of what the diff does not show.
    pub looks: BinaryLooks,
    pub claims: ClaimFacts,
    pub checks: CheckFacts,
    pub author: AuthorFacts,
    /// Other pull requests for the issue.
    pub others: Result<Vec<OtherPull>, CannotBeRead>,
    pub base: BaseFacts,
    /// What was pushed outside of a lease.
    pub late: Vec<LatePush>,
}

/// What all guards say of `commit` that need nothing run. Those that run something add to it.
pub fn examine(commit: Commit, facts: &GuardFacts<'_>, rules: &GuardRules) -> CommitVerdict {
    let results = match facts {
        GuardFacts::Change(facts) => change(facts, rules),
        GuardFacts::Review(facts) => vec![reviewer(facts)],
        GuardFacts::Comment(facts) => comment(facts),
    };
    CommitVerdict::new(commit, results)
}

fn comment(facts: &CommentFacts) -> Vec<GuardResult> {
    let secrets = match &facts.said {
        Ok(said) => secrets_said(said),
        Err(why) => GuardResult::cannot_be_read(GuardName::Secrets, "What it said", why),
    };
    vec![secrets, claims_said(&facts.claims)]
}

fn change(facts: &ChangeFacts<'_>, rules: &GuardRules) -> Vec<GuardResult> {
    let mut results = match &facts.diff {
        Ok(diff) => of_diff(diff, facts, rules),
        Err(why) => without_diff(why, facts),
    };
    results.extend([
        without_excuse(checks(&facts.checks, rules), &facts.said),
        author(&facts.author),
        duplicate(&facts.others),
        base(&facts.base),
        late(&facts.late),
    ]);
    let place = |result: &GuardResult| GuardName::BUILT_IN.iter().position(|g| *g == result.guard);
    results.sort_by_key(place);
    results
}

fn of_diff(diff: &Diff<'_>, facts: &ChangeFacts<'_>, rules: &GuardRules) -> Vec<GuardResult> {
    let tests = tests(diff);
    vec![
        substance(diff),
        claims(diff, &facts.claims, &tests),
        tests.result,
        protected(diff, rules),
        secrets(diff, &facts.looks, &facts.said),
        size(diff, facts.size, rules),
    ]
}

/// What cannot be read is not passed. Claims only warn, so where there is nothing to compare them
/// with they say nothing.
fn without_diff(why: &CannotBeRead, facts: &ChangeFacts<'_>) -> Vec<GuardResult> {
    let need_the_diff =
        [GuardName::Substance, GuardName::Tests, GuardName::Protected, GuardName::Size];
    let unread = |guard| GuardResult::cannot_be_read(guard, "The diff", why);
    let mut results: Vec<_> = need_the_diff.into_iter().map(unread).collect();
    let mut secrets = secrets_said(&facts.said);
    secrets.findings.extend(unread(GuardName::Secrets).findings);
    results.push(secrets);
    results
}
