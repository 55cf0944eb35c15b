//! Whether scripts that are guards catch what they are there for.

use serde::{Deserialize, Serialize};

use super::confined::ConfinementResult;

/// What came of the fixture of one script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedFixture {
    pub script: String,
    /// Which command and which fixture it was: another one was not tried.
    pub of: String,
    pub result: FixtureResult,
}

/// What was found on the host on which guards run, if that is not timmy's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardHostTrial {
    pub host: String,
    /// None: nothing confines them, as it is written.
    pub confined: Option<ConfinementResult>,
    pub fixtures: Vec<CheckedFixture>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FixtureResult {
    /// It has none.
    None,
    /// The script does not let it pass.
    Caught,
    /// It lets it pass.
    Missed,
    /// It neither passed nor found anything.
    Broken { why: String },
    /// It could not be run.
    NotRun { why: String, remedy: String },
}
