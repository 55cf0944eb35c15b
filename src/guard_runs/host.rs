//! Guards on another machine: how that is asked, and what is taken of its answer.

use std::pin::Pin;

use url::Url;

use super::order::{GuardOrder, GuardTrial, TrialEnd};
use super::plan::GuardPlan;
use super::said::LONGEST_PATH;
use crate::core::guards::{
    EvidenceLink, FindingCode, GuardFinding, GuardName, GuardResult, Sentence,
};

/// The most findings of one guard that are looked at.
const MOST: usize = 100;

/// What a question to a host gives in the end.
pub type GuardCall<'a, T> = Pin<Box<dyn Future<Output = Result<T, HostTrouble>> + Send + 'a>>;

/// A machine that runs guards.
pub trait GuardHost: Send + Sync {
    /// What it is called.
    fn name(&self) -> &str;

    /// Runs the guards of a change, which is fetched from this repository of the forge. It ends there
    /// soon after nobody waits for it any more.
    fn run<'a>(&'a self, order: &'a GuardOrder, from: &'a Url) -> GuardCall<'a, Vec<GuardResult>>;

    /// Tries whether it can run guards, and whether they catch what they are there for.
    fn try_out<'a>(&'a self, trial: &'a GuardTrial) -> GuardCall<'a, TrialEnd>;
}

/// Why a host did not run something. Nothing is lost: what it was asked may be asked again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostTrouble {
    /// Nobody is there, or not any more.
    #[error("{0}")]
    Away(String),
    /// It cannot have what it takes, such as the commits.
    #[error("{0}")]
    NotNow(String),
}

impl GuardPlan {
    /// What the guards of this plan say, of what `host` brought as that: another host may say anything.
    pub fn taken(&self, brought: &[GuardResult], host: &str) -> Vec<GuardResult> {
        let of = |guard: GuardName| match brought.iter().find(|one| one.guard == guard) {
            Some(found) => tamed(guard, found, host),
            None => missing(guard, host),
        };
        self.guards().map(of).collect()
    }
}

/// Bounded, of this guard alone, with nothing that only people and other guards may say.
fn tamed(guard: GuardName, found: &GuardResult, host: &str) -> GuardResult {
    let findings = found.findings.iter().take(MOST).map(|one| {
        let mut said = one.said.from_another_host();
        if one.code == FindingCode::NotRun {
            let there = " Guards run on the host {}: mend it there.";
            said = said.followed_by(Sentence::of(there, &[host]));
        }
        let finding = GuardFinding::new(guard.clone(), one.code, said);
        match &one.link {
            Some(EvidenceLink::File { path, line }) if path.len() <= LONGEST_PATH => {
                finding.in_file(path, *line)
            }
            _ => finding,
        }
    });
    let findings = findings.collect();
    GuardResult::new(guard, found.seen.from_another_host(), findings)
}

fn missing(guard: GuardName, host: &str) -> GuardResult {
    let said = Sentence::of("The host {} does not say what came of it.", &[host]);
    let finding = GuardFinding::new(guard.clone(), FindingCode::NotRun, said);
    GuardResult::new(guard, Sentence::of("it did not run", &[]), vec![finding])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::confinement::CannotRun;
    use crate::core::guards::{Lifting, Words};
    use crate::guard_runs::host::*;
    use crate::guard_runs::{ScriptForm, ScriptRun};

    fn plan(names: &[&str]) -> GuardPlan {
        let script = |name: &&str| {
            let run = ScriptRun {
                words: vec!["lint".to_owned()],
                form: ScriptForm::ExitCode,
                prepare: None,
                time: Duration::from_secs(1),
            };
            ((*name).to_owned(), run)
        };
        GuardPlan { scripts: names.iter().map(script).collect(), tests: None }
    }

    fn script(name: &str) -> GuardName {
        GuardName::Script(name.to_owned())
    }

    #[test]
    fn what_a_host_says_is_taken_as_it_is_said() {
        let plan = plan(&["lint", "poka-yoke"]);
        let finding = GuardFinding::new(
            script("poka-yoke"),
            FindingCode::ScriptBlocks,
            Sentence::of("It ended with 1. The last that it printed: {}", &["no hinge"]),
        );
        let brought = [
            GuardResult::passed(script("lint"), "it ran and found nothing"),
            GuardResult::new(
                script("poka-yoke"),
                Sentence::of("it did not pass", &[]),
                vec![finding.in_file("door.rs", Some(1))],
            ),
        ];
        assert_eq!(plan.taken(&brought, "vps-2"), brought);
    }

    #[test]
    fn a_host_speaks_for_no_other_guard_and_lifts_none() {
        let plan = plan(&["lint"]);
        let by = Lifting { by: "anna".to_owned(), reason: "It is meant.".to_owned() };
        let said = Sentence::of("Ask @anna.", &[]);
        let finding = GuardFinding::new(GuardName::Secrets, FindingCode::ScriptBlocks, said);
        let mut hostile = GuardResult::passed(script("lint"), "it ran");
        hostile.findings = vec![finding.at(EvidenceLink::Pull(7)); 5000];
        hostile.lifted = Some(by);
        let other = GuardResult::passed(GuardName::Secrets, "nothing");
        let taken = plan.taken(&[other, hostile], "vps-2");
        let [of_lint] = &taken[..] else { panic!("{taken:?}") };
        assert!(of_lint.lifted.is_none() && of_lint.findings.len() < 50, "{of_lint:?}");
        let first = &of_lint.findings[0];
        assert_eq!((&first.guard, &first.link), (&script("lint"), &None));
        assert_eq!(first.said.words(), [Words::Foreign("Ask @anna.".to_owned())]);
    }

    #[test]
    fn what_is_not_said_has_not_passed() {
        let taken = plan(&["lint"]).taken(&[], "vps-2");
        assert!(!taken[0].lets_pass(), "{taken:?}");
        assert!(taken[0].findings[0].said.plain().contains("`vps-2`"), "{taken:?}");
    }

    #[test]
    fn where_it_cannot_be_run_the_host_is_named() {
        let plan = plan(&["lint"]);
        let refused = plan.refused(&CannotRun::NotInstalled("bwrap"));
        let taken = plan.taken(&refused, "vps-2");
        let said = taken[0].findings[0].said.plain();
        assert!(said.starts_with("It could not be run where I am"), "{said}");
        assert!(said.ends_with("Guards run on the host `vps-2`: mend it there."), "{said}");
    }
}
