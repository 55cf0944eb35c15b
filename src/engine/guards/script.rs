//! A script of the configuration, as it is run.

use crate::config::{Script, ScriptKind};
use crate::guard_runs::{Preparation, ScriptForm, ScriptRun};

/// It, after `prepare`.
pub(super) fn script_run(script: &Script, prepare: Option<Preparation>) -> ScriptRun {
    let form = match script.kind {
        ScriptKind::ExitCode => ScriptForm::ExitCode,
        ScriptKind::Json => ScriptForm::Json,
    };
    ScriptRun { words: script.command.words(), form, prepare, time: script.timeout }
}
