//! A script of the configuration, as it is run.

use crate::config::{Script, ScriptKind};
use crate::guard_runs::{ScriptForm, ScriptRun};

pub(super) fn script_run(script: &Script) -> ScriptRun {
    let form = match script.kind {
        ScriptKind::ExitCode => ScriptForm::ExitCode,
        ScriptKind::Json => ScriptForm::Json,
    };
    ScriptRun { words: script.command.words(), form, time: script.timeout }
}
