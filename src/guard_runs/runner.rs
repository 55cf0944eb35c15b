//! A fresh copy of one commit, what prepares it, and then the guard.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::named::NamedFiles;
use super::unpassed::{Unpassed, passed};
use crate::confinement::{
    Bounds, Confinement, Network, OutputEnd, OutputForm, Repository, RunRequest, TreeChange,
    Workspace,
};
use crate::core::jobs::Commit;
use crate::core::script_guard::{ScriptFacts, ScriptFinding, read_answer};

/// Runs guards, each in a copy of its own that is thrown away.
#[derive(Debug, Clone)]
pub struct GuardRunner {
    pub confinement: Confinement,
    /// The folder in which the copies are made.
    pub place: PathBuf,
}

/// What runs first in the copy, with network and without secrets, such as `cargo fetch --locked`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preparation {
    pub words: Vec<String>,
    pub time: Duration,
}

/// A guard that is a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptRun {
    /// The program and its arguments: from the configuration or the base branch, never from the
    /// head.
    pub words: Vec<String>,
    pub form: ScriptForm,
    pub prepare: Option<Preparation>,
    pub time: Duration,
}

/// How a script gets its facts and gives its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptForm {
    /// It gets none, and passes by exit code 0.
    ExitCode,
    /// As [`crate::core::script_guard`] says.
    Json,
}

/// `guards.test`: what runs the tests of a checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestsRun {
    pub words: Vec<String>,
    pub prepare: Option<Preparation>,
    pub time: Duration,
}

impl ScriptRun {
    /// All that it runs, and what runs before.
    pub(super) fn commands(&self) -> Vec<Vec<String>> {
        commands(self.prepare.as_ref(), &self.words)
    }
}

impl TestsRun {
    /// All that it runs, and what runs before.
    pub(super) fn commands(&self) -> Vec<Vec<String>> {
        commands(self.prepare.as_ref(), &self.words)
    }
}

fn commands(prepare: Option<&Preparation>, words: &[String]) -> Vec<Vec<String>> {
    prepare.map(|first| first.words.clone()).into_iter().chain([words.to_vec()]).collect()
}

/// A commit, and how it came from the one before it.
#[derive(Debug, Clone, Copy)]
pub struct TestedCommit<'a> {
    pub repository: &'a Repository,
    pub base: &'a Commit,
    pub commit: &'a Commit,
    /// What is not the same in the two.
    pub changes: &'a [TreeChange],
}

impl GuardRunner {
    /// Runs a script on a commit: what it found. Nothing found is passed.
    ///
    /// # Errors
    /// If it did not pass, for another reason than findings of its own.
    pub async fn script(
        &self,
        tested: TestedCommit<'_>,
        script: &ScriptRun,
        facts: &ScriptFacts,
    ) -> Result<Vec<ScriptFinding>, Unpassed> {
        let bounds = Bounds::within(script.time);
        let workspace = self.copy(tested, &script.commands()).await?;
        let found = match script.form {
            ScriptForm::ExitCode => {
                let request = request(&script.words, bounds);
                let run = self.prepared(&workspace, script.prepare.as_ref(), request);
                run.await.map(|_| Vec::new())
            }
            ScriptForm::Json => {
                let facts = serde_json::to_vec(facts).map_err(std::io::Error::other);
                let facts = facts.map_err(crate::confinement::CannotRun::Io)?;
                let request = RunRequest {
                    input: Some(&facts),
                    output: OutputForm::Apart,
                    ..request(&script.words, bounds)
                };
                let run = self.prepared(&workspace, script.prepare.as_ref(), request);
                run.await.and_then(answered)
            }
        };
        workspace.discard().await;
        found
    }

    /// Runs the tests of a commit.
    ///
    /// # Errors
    /// If they did not pass.
    pub async fn tests(&self, tested: TestedCommit<'_>, tests: &TestsRun) -> Result<(), Unpassed> {
        let workspace = self.copy(tested, &tests.commands()).await?;
        self.tests_in(workspace, tests).await
    }

    /// Runs the tests of a copy, which is thrown away.
    pub(super) async fn tests_in(
        &self,
        workspace: Workspace,
        tests: &TestsRun,
    ) -> Result<(), Unpassed> {
        let bounds = Bounds::within(tests.time);
        let request = request(&tests.words, bounds);
        let run = self.prepared(&workspace, tests.prepare.as_ref(), request).await;
        workspace.discard().await;
        run.map(|_| ())
    }

    /// A copy in which the files that `commands` name are those of the base.
    async fn copy(
        &self,
        tested: TestedCommit<'_>,
        commands: &[Vec<String>],
    ) -> Result<Workspace, Unpassed> {
        let TestedCommit { repository, base, commit, changes } = tested;
        let (place, most) = (&self.place, self.most_on_disk());
        let named = NamedFiles::of(commands, changes);
        Ok(match named.is_empty() {
            true => Workspace::of_commit(place, repository, commit, most).await?,
            false => {
                let files = (named.restored.as_slice(), named.removed.as_slice());
                let commits = (commit, base);
                Workspace::of_commits(place, repository, commits, files, most).await?
            }
        })
    }

    /// How much a copy may take: half of what a run may, so that there is room to build it.
    pub(super) fn most_on_disk(&self) -> u64 {
        Bounds::within(Duration::ZERO).disk / 2
    }

    /// Prepares the copy, and then runs what is asked for.
    async fn prepared(
        &self,
        workspace: &Workspace,
        preparation: Option<&Preparation>,
        request: RunRequest<'_>,
    ) -> Result<OutputEnd, Unpassed> {
        if let Some(preparation) = preparation {
            let bounds = Bounds::within(preparation.time);
            let first = RunRequest {
                network: Network::Shared,
                ..self::request(&preparation.words, bounds)
            };
            let run = self.run(workspace, first).await;
            run.map_err(|why| Unpassed::NotPrepared(Box::new(why)))?;
        }
        self.run(workspace, request).await
    }

    pub(super) async fn run(
        &self,
        workspace: &Workspace,
        request: RunRequest<'_>,
    ) -> Result<OutputEnd, Unpassed> {
        passed(self.confinement.run(workspace, &request).await?, request.bounds.time)
    }
}

/// Without input and without network.
pub(super) fn request(words: &[String], bounds: Bounds) -> RunRequest<'_> {
    RunRequest { words, input: None, network: Network::Own, output: OutputForm::Together, bounds }
}

pub(super) fn answered(output: OutputEnd) -> Result<Vec<ScriptFinding>, Unpassed> {
    use crate::core::script_guard::NoScriptAnswer;

    let found = match output.dropped {
        0 => read_answer(output.bytes()),
        _ => Err(NoScriptAnswer::TooLong),
    };
    found.map_err(|why| Unpassed::NoAnswer { why, end: output })
}
