//! All that the guards say of one commit.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::finding::GuardFinding;
use super::grade::GuardGrade;
use super::lifting::LiftedGuards;
use super::result::GuardResult;
use super::sentence::Sentence;
use crate::core::model::commit::Commit;

/// Which rules the guards go by. It grows whenever one of them would judge the same facts otherwise.
pub const RULES_VERSION: u32 = 2;

/// All findings on one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitVerdict {
    pub commit: Commit,
    /// The [`RULES_VERSION`] that it was judged by.
    pub rules: u32,
    pub results: Vec<GuardResult>,
}

/// What follows from a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Pass,
    /// A person decides about a finding.
    Ask,
    /// Something has not ended that has to be seen first.
    Wait,
    Block,
}

/// What people let pass on one commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetPass {
    /// Guards that were lifted by `override`.
    #[serde(default)]
    pub guards: LiftedGuards,
    /// Single findings, by their [`GuardFinding::key`].
    #[serde(default)]
    pub findings: BTreeSet<String>,
}

impl CommitVerdict {
    pub fn new(commit: Commit, results: Vec<GuardResult>) -> Self {
        Self { commit, rules: RULES_VERSION, results }
    }

    /// What guards say that nobody lifted.
    fn in_force(&self) -> impl Iterator<Item = &GuardResult> {
        self.results.iter().filter(|result| result.lifted.is_none())
    }

    /// All findings of guards that nobody lifted, the gravest first.
    pub fn findings(&self) -> Vec<&GuardFinding> {
        let mut all: Vec<_> = self.in_force().flat_map(|result| &result.findings).collect();
        all.sort_by_key(|finding| std::cmp::Reverse(finding.grade()));
        all
    }

    /// What has to end before it is complete.
    pub fn waits_for(&self) -> impl Iterator<Item = &Sentence> {
        self.in_force().flat_map(|result| &result.waits_for)
    }

    /// What follows. What blocks is mended whatever else is still to come; what asks is asked once
    /// all is known.
    pub fn standing(&self) -> Standing {
        let gravest = self.findings().first().map(|finding| finding.grade());
        match gravest {
            Some(GuardGrade::Block) => Standing::Block,
            _ if self.waits_for().next().is_some() => Standing::Wait,
            Some(GuardGrade::Ask) => Standing::Ask,
            Some(GuardGrade::Warn) | None => Standing::Pass,
        }
    }

    /// What is left of it where people let something pass. A guard that was lifted keeps what it
    /// found, for whoever wants to know what they say yes to.
    pub fn without(mut self, let_pass: &LetPass) -> Self {
        for result in &mut self.results {
            result.lifted = let_pass.guards.get(&result.guard).cloned();
            result.findings.retain(|finding| !let_pass.findings.contains(&finding.key()));
        }
        self
    }

    /// What equal verdicts have in common: the guards and codes of all that is more than a warning.
    pub fn digest(&self) -> String {
        let grave = self.findings().into_iter().filter(|f| f.grade() > GuardGrade::Warn);
        let codes: BTreeSet<String> =
            grave.map(|finding| format!("{}:{}", finding.guard, finding.code.name())).collect();
        codes.into_iter().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use crate::core::guards::change_size::{GuardCount, PassedGuard};
    use crate::core::guards::code::FindingCode;
    use crate::core::guards::lifted::LiftedGuard;
    use crate::core::guards::lifting::Lifting;
    use crate::core::guards::name::GuardName;
    use crate::core::guards::verdict::*;

    fn found(guard: GuardName, code: FindingCode) -> GuardResult {
        let finding = GuardFinding::new(guard.clone(), code, Sentence::of("It.", &[]));
        GuardResult::new(guard, Sentence::of("", &[]), vec![finding])
    }

    fn verdict(results: &[GuardResult]) -> CommitVerdict {
        CommitVerdict::new("a".repeat(40).parse().unwrap(), results.to_vec())
    }

    #[test]
    fn the_gravest_decides_and_what_blocks_waits_for_nothing() {
        let warns = found(GuardName::Protected, FindingCode::LockFile);
        let asks = found(GuardName::Size, FindingCode::TooManyLines);
        let blocks = found(GuardName::Substance, FindingCode::EmptyDiff);
        let waits = GuardResult::passed(GuardName::Checks, "")
            .waiting_for(vec![Sentence::of("{} to end", &["ci"])]);
        for (results, expected) in [
            (vec![], Standing::Pass),
            (vec![&warns], Standing::Pass),
            (vec![&warns, &asks], Standing::Ask),
            (vec![&waits, &asks], Standing::Wait),
            (vec![&waits, &asks, &blocks], Standing::Block),
        ] {
            let results: Vec<_> = results.into_iter().cloned().collect();
            assert_eq!(verdict(&results).standing(), expected);
        }
    }

    fn anna() -> Lifting {
        Lifting { by: "anna".to_owned(), reason: "It is meant.".to_owned() }
    }

    #[test]
    fn a_guard_that_was_lifted_weighs_nothing_and_did_not_pass() {
        let blocks = found(GuardName::Substance, FindingCode::EmptyDiff);
        let waits = GuardResult::passed(GuardName::Checks, "")
            .waiting_for(vec![Sentence::of("{} to end", &["ci"])]);
        let all = verdict(&[blocks, waits, GuardResult::passed(GuardName::Size, "small")]);
        let guards = [GuardName::Substance, GuardName::Checks].map(|guard| (guard, anna()));
        let guards = LiftedGuards::from(guards);
        let left = all.without(&LetPass { guards, ..LetPass::default() });
        assert_eq!((left.standing(), left.digest().as_str()), (Standing::Pass, ""));
        assert_eq!(GuardCount::of(&left), GuardCount { passed: 2, of: 4, lifted: 2 });
        let passed: Vec<_> = PassedGuard::all(&left).into_iter().map(|one| one.guard).collect();
        assert_eq!(passed, [GuardName::Size]);
        let lifted = LiftedGuard::all(&left);
        assert_eq!((lifted[0].guard.as_str(), lifted[0].found.len()), ("substance", 1));
        assert_eq!((lifted[1].guard.as_str(), &lifted[1].lifting), ("checks", &anna()));
    }

    #[test]
    fn what_people_let_pass_is_exactly_that() {
        let asks = found(GuardName::Size, FindingCode::TooManyLines);
        let blocks = found(GuardName::Substance, FindingCode::EmptyDiff);
        let all = verdict(&[asks.clone(), blocks]);
        assert_eq!(all.digest(), "size:too_many_lines substance:empty_diff");
        let guards = LiftedGuards::from([(GuardName::Substance, anna())]);
        let lifted = LetPass { guards, ..LetPass::default() };
        assert_eq!(all.clone().without(&lifted).standing(), Standing::Ask);
        let findings = BTreeSet::from([asks.findings[0].key()]);
        let one = LetPass { findings, ..LetPass::default() };
        assert_eq!(all.without(&one).digest(), "substance:empty_diff");
    }
}
