//! What the doctor says: one sentence a check, and a remedy where something is wrong.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CheckGrade {
    /// Nothing to do.
    Good,
    /// timmy works, but not as well or as safely as it could.
    Warning,
    /// timmy does not work, or not for what this is about.
    Broken,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CheckResult {
    /// The name of the check, which is stable.
    pub(super) check: &'static str,
    pub(super) state: CheckGrade,
    /// What was found, as a sentence or two.
    pub(super) found: String,
    /// What to do about it; none if it is good.
    pub(super) remedy: Option<String>,
}

impl CheckResult {
    pub(super) fn good(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: CheckGrade::Good, found: found.into(), remedy: None }
    }

    pub(super) fn warning(
        check: &'static str,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (found, remedy) = (found.into(), Some(remedy.into()));
        Self { check, state: CheckGrade::Warning, found, remedy }
    }

    pub(super) fn broken(
        check: &'static str,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (found, remedy) = (found.into(), Some(remedy.into()));
        Self { check, state: CheckGrade::Broken, found, remedy }
    }
}
