//! Whether each script that is a guard catches what it is there for, tried where it runs.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;

use super::script::script_run;
use crate::config::{GuardRuns, GuardsConfig, SandboxKind, Script};
use crate::confinement::{CannotRun, Confinement};
use crate::core::model::confined::ConfinementResult;
use crate::core::model::fixture::{CheckedFixture, FixtureResult};
use crate::engine::context::RunPlaces;
use crate::guard_runs::{FixtureEnd, GuardRunner};

/// Runs guards where, and as, this process may.
///
/// # Errors
/// If nothing can be run here.
pub(super) fn runner(runs: &GuardRuns, places: &RunPlaces) -> Result<GuardRunner, CannotRun> {
    let confinement = match runs.sandbox {
        SandboxKind::Bwrap => Confinement::bwrap(&runs.mounts, &places.secrets)?,
        SandboxKind::None => Confinement::none(),
    };
    make(places)?;
    Ok(GuardRunner { confinement, place: places.runs.clone() })
}

fn make(places: &RunPlaces) -> std::io::Result<()> {
    // Where timmy is root, what runs there has to come through to its own copy.
    DirBuilder::new().recursive(true).mode(0o711).create(&places.runs)
}

/// Whether what an agent wrote is run with the rights of this service.
pub(in crate::engine) fn runs_unconfined(guards: &GuardsConfig) -> bool {
    runs_something(guards) && guards.runs.sandbox == SandboxKind::None
}

fn runs_something(guards: &GuardsConfig) -> bool {
    !guards.scripts.is_empty() || guards.runs.test.is_some()
}

/// Whether what an agent wrote can be run here confined, if anything of it is to be run.
///
/// # Errors
/// Why not.
pub(in crate::engine) async fn can_confine(
    guards: &GuardsConfig,
    places: &RunPlaces,
) -> Result<(), CannotRun> {
    if !runs_something(guards) || guards.runs.sandbox != SandboxKind::Bwrap {
        return Ok(());
    }
    let GuardRunner { confinement, place } = runner(&guards.runs, places)?;
    confinement.check(&place).await
}

/// Whether what an agent wrote, or an agent itself, can be run here confined; none if nothing is to be
/// run so.
pub(super) async fn try_confinement(
    guards: &GuardsConfig,
    places: &RunPlaces,
) -> Option<ConfinementResult> {
    let confines_guards = runs_something(guards) && guards.runs.sandbox == SandboxKind::Bwrap;
    if !confines_guards && !places.confines_agents {
        return None;
    }
    let tried = async {
        make(places)?;
        let confinement = Confinement::bwrap(&guards.runs.mounts, &places.secrets)?;
        confinement.check(&places.runs).await
    };
    Some(match tried.await {
        Ok(()) => ConfinementResult::Works,
        Err(why) => {
            ConfinementResult::Fails { why: why.to_string(), remedy: why.remedy().to_owned() }
        }
    })
}

/// Runs the fixture of each script, one after the other.
pub async fn check_fixtures(guards: &GuardsConfig, places: &RunPlaces) -> Vec<CheckedFixture> {
    let runner = runner(&guards.runs, places);
    let mut checked = Vec::new();
    for script in &guards.scripts {
        let result = match (&script.fixture, &runner) {
            (None, _) => FixtureResult::None,
            (Some(_), Err(why)) => {
                FixtureResult::NotRun { why: why.to_string(), remedy: why.remedy().to_owned() }
            }
            (Some(folder), Ok(runner)) => {
                said(runner.fixture(folder, &script_run(script, None)).await)
            }
        };
        checked.push(CheckedFixture { script: script.name.clone(), of: id(script), result });
    }
    checked
}

/// What changes when another script, or another fixture, is meant.
pub fn id(script: &Script) -> String {
    let fixture = script.fixture.as_ref().map(|folder| folder.display().to_string());
    format!("{:?} {:?} {fixture:?}", script.kind, script.command.words())
}

fn said(end: FixtureEnd) -> FixtureResult {
    match end {
        FixtureEnd::Caught => FixtureResult::Caught,
        FixtureEnd::Missed => FixtureResult::Missed,
        FixtureEnd::Broken(why) => FixtureResult::Broken { why },
        FixtureEnd::NotRun(why, remedy) => FixtureResult::NotRun { why, remedy: remedy.to_owned() },
    }
}
