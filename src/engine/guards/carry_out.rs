//! Guards are carried out on this machine, or on the host that the configuration names for them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::fixtures::{found_on, place, trial};
use super::traced::GuardSteps;
use crate::confinement::{CannotRun, Remote};
use crate::core::guards::GuardResult;
use crate::core::model::confined::ConfinementResult;
use crate::core::model::fixture::{CheckedFixture, FixtureResult, GuardHostTrial};
use crate::core::model::incident::Incident;
use crate::core::model::repository::Repo;
use crate::engine::context::Context;
use crate::engine::incidents::Incidents;
use crate::guard_runs::{GuardHost, GuardOrder, GuardWatch as _, HostTrouble};
use crate::store::{Transaction, meta};

/// How long it is from one try of another host to the next.
const AGAIN: Duration = Duration::from_secs(60);

/// How long what it said of itself holds: that all is well, and that something is to be mended.
const WELL: Duration = Duration::from_secs(60 * 60);
const TO_MEND: Duration = Duration::from_secs(5 * 60);

/// Why nothing is said yet: it is run again.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotYet {
    #[error(transparent)]
    CannotRun(#[from] CannotRun),
    #[error("the host is away on which they run: {0}")]
    HostAway(String),
}

impl From<HostTrouble> for NotYet {
    fn from(trouble: HostTrouble) -> Self {
        match trouble {
            HostTrouble::Away(why) => Self::HostAway(why),
            HostTrouble::NotNow(why) => Self::CannotRun(CannotRun::NotFetched(why)),
        }
    }
}

/// Has it carried out where guards run.
///
/// # Errors
/// If it cannot be done now.
pub(super) async fn carry_out(
    ctx: &Context,
    repo: &Repo,
    order: &GuardOrder,
    (host, steps): (Option<&dyn GuardHost>, &GuardSteps<'_>),
) -> Result<Vec<GuardResult>, NotYet> {
    let url = ctx.policy.jobs.forge.join(&format!("{}.git", repo.name));
    let url = url.map_err(std::io::Error::other).map_err(CannotRun::Io)?;
    match (host, &ctx.policy.guards.away) {
        (Some(host), _) => {
            let brought = host.run(order, &url).await?;
            let results = order.plan.taken(&brought, host.name());
            // What each of them took, only the host knows: together it is what the first one took.
            results.iter().for_each(|result| steps.said(result));
            Ok(results)
        }
        (None, Some(_)) => Err(NotYet::HostAway("no worker can come from there".to_owned())),
        (None, None) => {
            let remote = Remote::new(url, ctx.gitea.authorization());
            Ok(place(&ctx.policy.places).run(order, &remote, steps).await?)
        }
    }
}

/// Tries what `host` can do until it has said it, again after each time that it was away, and when what
/// it said does not hold any more.
pub(super) async fn keep_trying(
    (ctx, incidents): (Context, Arc<Incidents>),
    slots: Arc<Semaphore>,
    host: Arc<dyn GuardHost>,
) {
    let (guards, mut due) = (&ctx.policy.guards, ctx.now());
    loop {
        if due <= ctx.now() || incidents.is_open(&away(host.name())) {
            let slot = slots.acquire().await;
            let tried = host.try_out(&trial(guards)).await;
            drop(slot);
            match tried {
                Ok(end) => {
                    note_host(&incidents, host.name(), None).await;
                    let found = found_on(host.name(), guards, end);
                    due = ctx.now().after(if is_well(&found) { WELL } else { TO_MEND });
                    if let Some(ConfinementResult::Fails { why, remedy }) = &found.confined {
                        let host = host.name();
                        tracing::warn!(
                            host,
                            why,
                            remedy,
                            "what an agent wrote cannot be run there"
                        );
                    }
                    tell_of(&found.fixtures);
                    let keep = move |tx: &Transaction<'_>| meta::set(tx, meta::GUARD_HOST, &found);
                    if let Err(error) = ctx.ledger.write(keep).await {
                        tracing::warn!(%error, "what came of trying what runs there cannot be kept");
                    }
                }
                // Who needs it says so.
                Err(why) => tracing::info!(host = host.name(), %why, "guards cannot be tried yet"),
            }
        }
        ctx.clock.until(ctx.now().after(AGAIN)).await;
    }
}

fn away(host: &str) -> Incident {
    Incident::GuardHostAway { host: host.to_owned() }
}

/// Notes that a host is away which was needed, or that it is there.
pub(super) async fn note_host(incidents: &Incidents, host: &str, error: Option<&NotYet>) {
    let incident = away(host);
    let text = match error {
        Some(NotYet::HostAway(why)) => Some(format!("verdicts wait for the host {host}: {why}")),
        Some(NotYet::CannotRun(_)) | None => None,
    };
    if text.is_some() || incidents.is_open(&incident) {
        incidents.set(incident, text).await;
    }
}

fn is_well(found: &GuardHostTrial) -> bool {
    !matches!(found.confined, Some(ConfinementResult::Fails { .. }))
        && found.fixtures.iter().all(is_good)
}

fn is_good(one: &CheckedFixture) -> bool {
    matches!(one.result, FixtureResult::None | FixtureResult::Caught)
}

pub(super) fn tell_of(checked: &[CheckedFixture]) {
    for one in checked {
        if !is_good(one) {
            tracing::warn!(guard = one.script, result = ?one.result, "a guard does not do what it is there for");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::guards::carry_out::*;

    #[test]
    fn what_is_to_be_mended_on_a_host_is_known() {
        let trial = |confined, result| {
            let (script, of) = ("lint".to_owned(), "a digest".to_owned());
            let fixtures = vec![CheckedFixture { script, of, result }];
            GuardHostTrial { host: "vps-2".to_owned(), confined, fixtures }
        };
        let (why, remedy) = ("no bwrap".to_owned(), "Install it.".to_owned());
        let fails = ConfinementResult::Fails { why, remedy };
        assert!(is_well(&trial(None, FixtureResult::None)));
        assert!(is_well(&trial(Some(ConfinementResult::Works), FixtureResult::Caught)));
        assert!(!is_well(&trial(Some(fails), FixtureResult::Caught)));
        assert!(!is_well(&trial(None, FixtureResult::Missed)));
    }
}
