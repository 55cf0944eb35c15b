//! Whether each script that is a guard catches what it is there for, tried where it runs.

use super::script::script_run;
use crate::config::{GuardRuns, GuardsConfig, SandboxKind, Script};
use crate::confinement::{CannotRun, Confinement};
use crate::core::model::confined::ConfinementResult;
use crate::core::model::fixture::{CheckedFixture, FixtureResult, GuardHostTrial};
use crate::engine::context::RunPlaces;
use crate::guard_runs::{GuardPlace, GuardRunner, GuardSandbox, GuardTrial, TrialEnd};

/// Where guards run on this machine.
pub(super) fn place(places: &RunPlaces) -> GuardPlace {
    // Whether they may run without a sandbox, this machine's own configuration says.
    let (folder, secrets) = (places.runs.clone(), places.secrets.clone());
    GuardPlace { folder, secrets, may_be_bare: true }
}

pub(super) fn sandbox(runs: &GuardRuns) -> GuardSandbox {
    match runs.sandbox {
        SandboxKind::Bwrap => GuardSandbox::Bwrap { mounts: runs.mounts.clone() },
        SandboxKind::None => GuardSandbox::None,
    }
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
    let GuardRunner { confinement, place } = place(places).runner(&sandbox(&guards.runs))?;
    confinement.check(&place).await
}

/// The same of the host `host`, as it was found there last.
pub(in crate::engine) fn host_confines(
    guards: &GuardsConfig,
    host: &str,
    known: Option<&GuardHostTrial>,
) -> bool {
    let works = |known: &GuardHostTrial| {
        known.host == host && known.confined == Some(ConfinementResult::Works)
    };
    !runs_something(guards) || known.is_some_and(works)
}

/// Whether what an agent wrote, or an agent itself, can be run here confined; none if nothing is to be
/// run so.
pub(super) async fn try_confinement(
    guards: &GuardsConfig,
    places: &RunPlaces,
) -> Option<ConfinementResult> {
    let is_here = guards.away.is_none();
    let confines_guards =
        is_here && runs_something(guards) && guards.runs.sandbox == SandboxKind::Bwrap;
    if !confines_guards && !places.confines_agents {
        return None;
    }
    let tried = async {
        place(places).make()?;
        // What agents may read besides is their own.
        let mounts = if is_here { guards.runs.mounts.as_slice() } else { &[] };
        let confinement = Confinement::bwrap(mounts, &places.secrets)?;
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
    checked(guards, place(places).try_scripts(&trial(guards)).await)
}

/// All scripts, as they are tried.
pub(super) fn trial(guards: &GuardsConfig) -> GuardTrial {
    let script = |script: &Script| (script_run(script, None), script.fixture.clone());
    let scripts = guards.scripts.iter().map(script).collect();
    GuardTrial { scripts, sandbox: sandbox(&guards.runs) }
}

/// What another host found of them.
pub(super) fn found_on(host: &str, guards: &GuardsConfig, end: TrialEnd) -> GuardHostTrial {
    let TrialEnd { confined, fixtures } = end;
    GuardHostTrial { host: host.to_owned(), confined, fixtures: checked(guards, fixtures) }
}

/// What came of each script. One of which nothing is said was not tried.
fn checked(guards: &GuardsConfig, results: Vec<FixtureResult>) -> Vec<CheckedFixture> {
    let one = |(script, result): (&Script, FixtureResult)| CheckedFixture {
        script: script.name.clone(),
        of: id(script),
        result,
    };
    guards.scripts.iter().zip(results).map(one).collect()
}

/// What changes when another script, or another fixture, is meant.
pub fn id(script: &Script) -> String {
    let fixture = script.fixture.as_ref().map(|folder| folder.display().to_string());
    format!("{:?} {:?} {fixture:?}", script.kind, script.command.words())
}
