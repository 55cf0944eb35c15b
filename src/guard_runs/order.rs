//! What is told to a machine that runs guards: all of it, so that nothing is looked up where they run.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::plan::{ChangeToRun, GuardPlan};
use super::runner::ScriptRun;
use crate::core::model::confined::ConfinementResult;
use crate::core::model::fixture::FixtureResult;

/// How long the commits may take to come from the forge.
pub(super) const FETCH: Duration = Duration::from_secs(5 * 60);

/// What keeps in what an agent wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardSandbox {
    /// `bwrap`, in which these can be read besides.
    Bwrap { mounts: Vec<PathBuf> },
    /// Nothing, as somebody wrote.
    None,
}

/// The guards of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardOrder {
    pub plan: GuardPlan,
    pub change: ChangeToRun,
    pub sandbox: GuardSandbox,
}

impl GuardOrder {
    /// How long it may take, fetching included.
    pub fn longest(&self) -> Duration {
        FETCH + self.plan.longest()
    }
}

/// Scripts that are to be tried, each on what it must not let pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardTrial {
    /// With the folder that holds that; none: there is nothing to try.
    pub scripts: Vec<(ScriptRun, Option<PathBuf>)>,
    pub sandbox: GuardSandbox,
}

impl GuardTrial {
    /// How long it may take.
    pub fn longest(&self) -> Duration {
        FETCH + self.scripts.iter().map(|(script, _)| script.time).sum::<Duration>()
    }
}

/// What came of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialEnd {
    /// None: nothing confines them, as it is written.
    pub confined: Option<ConfinementResult>,
    /// In the order of the scripts.
    pub fixtures: Vec<FixtureResult>,
}
