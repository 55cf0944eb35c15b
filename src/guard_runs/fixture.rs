//! Whether a script catches what it is there for: it is run on a folder that it must not let pass.

use std::path::Path;

use super::runner::{GuardRunner, ScriptForm, ScriptRun};
use super::unpassed::Unpassed;
use crate::confinement::{Bounds, CannotRun, OutputForm, RunRequest, Workspace};
use crate::core::guards::GuardGrade;
use crate::core::model::fixture::FixtureResult;
use crate::core::script_guard::{ScriptFacts, ScriptFinding};

/// What came of a fixture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FixtureEnd {
    /// The script does not let it pass.
    Caught,
    /// It lets it pass: whatever it is there for, nobody can count on it.
    Missed,
    /// It found nothing and did not pass either; in words.
    Broken(String),
    /// It could not be run; in words, and what to do.
    NotRun(String, &'static str),
}

impl From<FixtureEnd> for FixtureResult {
    fn from(end: FixtureEnd) -> Self {
        match end {
            FixtureEnd::Caught => Self::Caught,
            FixtureEnd::Missed => Self::Missed,
            FixtureEnd::Broken(why) => Self::Broken { why },
            FixtureEnd::NotRun(why, remedy) => Self::NotRun { why, remedy: remedy.to_owned() },
        }
    }
}

impl GuardRunner {
    /// Runs a script on a copy of `folder`, which it has to catch.
    pub async fn fixture(&self, folder: &Path, script: &ScriptRun) -> FixtureEnd {
        match self.on_fixture(folder, script).await {
            Ok(found) => match found.iter().any(|found| found.grade > GuardGrade::Warn) {
                true => FixtureEnd::Caught,
                false => FixtureEnd::Missed,
            },
            Err(Unpassed::Failed { .. }) if script.form == ScriptForm::ExitCode => {
                FixtureEnd::Caught
            }
            Err(Unpassed::CouldNotRun(why)) => FixtureEnd::NotRun(why.to_string(), why.remedy()),
            Err(why) => FixtureEnd::Broken(why.to_string()),
        }
    }

    async fn on_fixture(
        &self,
        folder: &Path,
        script: &ScriptRun,
    ) -> Result<Vec<ScriptFinding>, Unpassed> {
        let workspace = Workspace::of_folder(&self.place, folder, self.most_on_disk()).await?;
        let facts = serde_json::to_vec(&facts(workspace.checkout())?);
        let facts = facts.map_err(std::io::Error::other).map_err(CannotRun::Io)?;
        let bounds = Bounds::within(script.time);
        let request = RunRequest {
            input: (script.form == ScriptForm::Json).then_some(&facts),
            output: match script.form {
                ScriptForm::ExitCode => OutputForm::Together,
                ScriptForm::Json => OutputForm::Apart,
            },
            ..super::runner::request(&script.words, bounds)
        };
        let found = match self.run(&workspace, request).await {
            Ok(_) if script.form == ScriptForm::ExitCode => Ok(Vec::new()),
            Ok(output) => super::runner::answered(output),
            Err(why) => Err(why),
        };
        workspace.discard().await;
        found
    }
}

/// What a script is told of a fixture: all that lies at its top changed, and nothing is known of
/// who did it.
fn facts(folder: &Path) -> Result<ScriptFacts, CannotRun> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.file_name().to_string_lossy().into_owned());
    }
    files.sort_unstable();
    let commit = "0".repeat(40);
    Ok(ScriptFacts {
        repository: "timmy/fixture".to_owned(),
        pull: 1,
        issue: None,
        target: "main".to_owned(),
        base: commit.clone(),
        head: commit,
        author: None,
        files,
    })
}
