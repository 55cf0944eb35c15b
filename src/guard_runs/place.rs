//! Where guards run on this machine.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use super::order::{FETCH, GuardOrder, GuardSandbox, GuardTrial};
use super::plan::GuardPlan;
use super::runner::GuardRunner;
use crate::confinement::{Bounds, CannotRun, Confinement, FetchedRepository, Remote};
use crate::core::guards::GuardResult;
use crate::core::model::confined::ConfinementResult;
use crate::core::model::fixture::FixtureResult;

/// Where guards run on this machine, and what must never be seen there.
#[derive(Debug, Clone)]
pub struct GuardPlace {
    /// The folder in which copies are made: whoever has it clears it.
    pub folder: PathBuf,
    /// The files that nothing may see that runs there.
    pub secrets: Vec<PathBuf>,
    /// Whether whoever runs this machine wrote that something may run without a sandbox here. Whatever
    /// is ordered, it runs in one otherwise.
    pub may_be_bare: bool,
}

/// Hears how a run goes.
pub trait GuardWatch: Sync {
    /// The commits were fetched, or could not be.
    fn fetched(&self, has_failed: bool);

    /// A guard has said what it has to say.
    fn said(&self, result: &GuardResult);
}

impl GuardPlace {
    /// Runs guards here, in a sandbox or as who wrote that they may run without one.
    ///
    /// # Errors
    /// If nothing can be run here.
    pub fn runner(&self, sandbox: &GuardSandbox) -> Result<GuardRunner, CannotRun> {
        let confinement = match sandbox {
            GuardSandbox::Bwrap { mounts } => Confinement::bwrap(mounts, &self.secrets)?,
            GuardSandbox::None if self.may_be_bare => Confinement::none(),
            GuardSandbox::None => Confinement::bwrap(&[], &self.secrets)?,
        };
        self.make()?;
        Ok(GuardRunner { confinement, place: self.folder.clone() })
    }

    /// Makes the folder.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn make(&self) -> std::io::Result<()> {
        // Where timmy is root, what runs there has to come through to its own copy.
        DirBuilder::new().recursive(true).mode(0o711).create(&self.folder)
    }

    /// Gets the commits and runs what is to be run of them.
    ///
    /// # Errors
    /// If they cannot be had now.
    pub async fn run(
        &self,
        order: &GuardOrder,
        remote: &Remote,
        watch: &dyn GuardWatch,
    ) -> Result<Vec<GuardResult>, CannotRun> {
        let GuardOrder { plan, change, sandbox } = order;
        let runner = match self.runner(sandbox) {
            Ok(runner) => runner,
            Err(why) => return Ok(refused(plan, &why)),
        };
        if let Err(why) = runner.confinement.check(&runner.place).await {
            return Ok(refused(plan, &why));
        }
        let (commits, bounds) = ([&change.base, &change.head], Bounds::within(FETCH));
        let fetched = FetchedRepository::of(&runner.place, remote, &commits, &bounds).await;
        watch.fetched(fetched.is_err());
        let fetched = match fetched {
            Ok(fetched) => fetched,
            Err(why) if why.is_of_this_machine() => return Err(why),
            Err(why) => return Ok(refused(plan, &why)),
        };
        let ended = |result: &GuardResult| watch.said(result);
        Ok(plan.run(&runner, fetched.repository(), change.clone(), &ended).await)
    }

    /// Whether something can be run here confined; none if it is not to be.
    pub async fn confines(&self, sandbox: &GuardSandbox) -> Option<ConfinementResult> {
        if *sandbox == GuardSandbox::None && self.may_be_bare {
            return None;
        }
        let tried = match self.runner(sandbox) {
            Ok(runner) => runner.confinement.check(&runner.place).await,
            Err(why) => Err(why),
        };
        Some(match tried {
            Ok(()) => ConfinementResult::Works,
            Err(why) => {
                ConfinementResult::Fails { why: why.to_string(), remedy: why.remedy().to_owned() }
            }
        })
    }

    /// Runs each script on what it must not let pass, one after the other.
    pub async fn try_scripts(&self, trial: &GuardTrial) -> Vec<FixtureResult> {
        let runner = self.runner(&trial.sandbox);
        let mut results = Vec::new();
        for (script, folder) in &trial.scripts {
            results.push(match (folder, &runner) {
                (None, _) => FixtureResult::None,
                (Some(_), Err(why)) => {
                    FixtureResult::NotRun { why: why.to_string(), remedy: why.remedy().to_owned() }
                }
                (Some(folder), Ok(runner)) => runner.fixture(folder, script).await.into(),
            });
        }
        results
    }
}

fn refused(plan: &GuardPlan, why: &CannotRun) -> Vec<GuardResult> {
    tracing::warn!(%why, remedy = why.remedy(), "guards that run something are refused");
    plan.refused(why)
}

#[cfg(test)]
mod tests {
    use crate::guard_runs::place::*;

    #[test]
    fn whatever_is_ordered_nothing_runs_bare_where_nobody_wrote_that() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = |may_be_bare, sandbox: &GuardSandbox| {
            let place =
                GuardPlace { folder: folder.path().join("runs"), secrets: Vec::new(), may_be_bare };
            format!("{:?}", place.runner(sandbox).unwrap().confinement)
        };
        let confined = GuardSandbox::Bwrap { mounts: Vec::new() };
        assert_eq!(keeper(false, &GuardSandbox::None), keeper(false, &confined));
        assert_eq!(keeper(true, &confined), keeper(false, &confined));
        assert_ne!(keeper(true, &GuardSandbox::None), keeper(false, &confined));
    }

    #[test]
    fn what_this_machine_hides_is_not_mounted_whoever_orders_it() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = vec![folder.path().join("token")];
        std::fs::write(&secrets[0], "s3cret").unwrap();
        let place = GuardPlace { folder: folder.path().join("runs"), secrets, may_be_bare: true };
        let mounts = vec![folder.path().to_owned()];
        let refused = place.runner(&GuardSandbox::Bwrap { mounts });
        assert!(matches!(refused, Err(CannotRun::ShowsSecret { .. })), "{refused:?}");
    }
}
