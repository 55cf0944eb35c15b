//! All that is run of one change.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::named::NamedFiles;
use super::proof::prove;
use super::runner::{GuardRunner, Preparation, ScriptRun, TestedCommit, TestsRun};
use super::said::{not_run, script_result, tests_result, with_command_files};
use crate::confinement::{CannotRun, Repository};
use crate::core::guards::{GuardName, GuardResult};
use crate::core::jobs::Commit;
use crate::core::script_guard::ScriptFacts;

/// What is run of a change, by what the configuration and the base branch say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardPlan {
    /// With the names that they have as guards.
    pub scripts: Vec<(String, ScriptRun)>,
    pub tests: Option<TestsRun>,
}

/// The change that it is run of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeToRun {
    pub base: Commit,
    pub head: Commit,
    /// What scripts are told of it; its files are added.
    pub facts: ScriptFacts,
}

impl GuardPlan {
    pub fn is_empty(&self) -> bool {
        self.scripts.is_empty() && self.tests.is_none()
    }

    /// How long all of it may take: the tests are run three times at most, and each run is prepared.
    pub fn longest(&self) -> Duration {
        let first =
            |prepare: &Option<Preparation>| prepare.as_ref().map_or(Duration::ZERO, |p| p.time);
        let scripts = self.scripts.iter().map(|(_, script)| first(&script.prepare) + script.time);
        let tests = self.tests.as_ref().map(|tests| (first(&tests.prepare) + tests.time) * 3);
        scripts.chain(tests).sum()
    }

    /// The guards that it makes.
    pub(super) fn guards(&self) -> impl Iterator<Item = GuardName> {
        let tests = self.tests.iter().map(|_| GuardName::FailToPass);
        tests.chain(self.scripts.iter().map(|(name, _)| GuardName::Script(name.clone())))
    }

    /// What they say where none of them can begin.
    pub fn refused(&self, why: &CannotRun) -> Vec<GuardResult> {
        self.guards().map(|guard| not_run(guard, why)).collect()
    }

    /// Runs all of it, one after the other; `ended` hears of each as it ends.
    pub async fn run(
        &self,
        runner: &GuardRunner,
        repository: &Repository,
        change: ChangeToRun,
        ended: &(dyn Fn(&GuardResult) + Sync),
    ) -> Vec<GuardResult> {
        let ChangeToRun { base, head, mut facts } = change;
        let changes = match repository.changes(&base, &head).await {
            Ok(changes) => changes,
            Err(why) => return self.refused(&why),
        };
        facts.files = changes.iter().map(|change| change.path.clone()).collect();
        let tested = TestedCommit { repository, base: &base, commit: &head, changes: &changes };
        let mut results = Vec::new();
        if let Some(tests) = &self.tests {
            let proof = prove(runner, tested, tests).await;
            let result = tests_result(proof);
            ended(&result);
            results.push(with_command_files(
                result,
                NamedFiles::of(&tests.commands(), &changes).paths(),
            ));
        }
        for (name, script) in &self.scripts {
            let found = runner.script(tested, script, &facts).await;
            let result = script_result(name, found);
            ended(&result);
            results.push(with_command_files(
                result,
                NamedFiles::of(&script.commands(), &changes).paths(),
            ));
        }
        results
    }
}
