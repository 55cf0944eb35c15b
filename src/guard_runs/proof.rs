//! Whether a change's tests fail without its code: the runs that [`crate::core::fail_to_pass`]
//! judges.

use super::runner::{GuardRunner, TestsRun};
use super::unpassed::Unpassed;
use crate::confinement::{CannotRun, Repository, Workspace};
use crate::core::fail_to_pass::{
    ChangedPath, FailToPass, NeededRun, PartedChange, PathChange, PathRole, TestRun, Untold,
    did_not_build, judge, part, role,
};
use crate::core::jobs::Commit;

/// What marks tests that stand in a file of code, in Rust.
const INLINE: [&str; 3] = ["#[test]", "#[cfg(test)]", "::test]"];

/// What was proved, and why the run that settled it did not pass, if one did.
#[derive(Debug)]
pub struct FailToPassProof {
    pub proved: FailToPass,
    pub settled_by: Option<Unpassed>,
}

/// Tries the tests of the change from `base` to `head`: as it is, and without its code.
///
/// # Errors
/// If git cannot tell what changed. That proves nothing.
pub async fn prove(
    runner: &GuardRunner,
    repository: &Repository,
    (base, head): (&Commit, &Commit),
    tests: &TestsRun,
) -> Result<FailToPassProof, CannotRun> {
    let parted = match parted(repository, base, head).await? {
        Ok(parted) => parted,
        Err(why) => return Ok(unparted(runner, repository, (base, head), (tests, why)).await),
    };
    let (with_code, mut last) = told(runner.tests(repository, head, tests).await);
    let (mut without_code, mut of_base) = (None, None);
    loop {
        match judge(with_code, without_code, of_base, parted.is_conclusive) {
            Ok(proved) => return Ok(FailToPassProof { proved, settled_by: last }),
            Err(NeededRun::WithoutCode) => {
                let run = run_without_code(runner, repository, (base, head), &parted, tests).await;
                let (run, why) = told(run);
                (without_code, last) = (Some(run), why);
            }
            Err(NeededRun::Base) => {
                let (run, why) = told(runner.tests(repository, base, tests).await);
                of_base = Some(run);
                // That they fail without the code is the proof: its words are kept.
                last = why.or(last);
            }
        }
    }
}

/// Of what cannot be parted only this can be told: whether it breaks tests that pass without it.
async fn unparted(
    runner: &GuardRunner,
    repository: &Repository,
    (base, head): (&Commit, &Commit),
    (tests, why): (&TestsRun, Untold),
) -> FailToPassProof {
    let (with_code, last) = told(runner.tests(repository, head, tests).await);
    let Ok(not_passed) = judge(with_code, None, None, false) else {
        return FailToPassProof { proved: FailToPass::CouldNotTell(why), settled_by: None };
    };
    let (of_base, _) = told(runner.tests(repository, base, tests).await);
    let proved = match of_base {
        TestRun::Failed | TestRun::DidNotBuild => FailToPass::CouldNotTell(Untold::BaseFails),
        TestRun::Passed | TestRun::OverTime | TestRun::OverBound | TestRun::CouldNotRun => {
            not_passed
        }
    };
    FailToPassProof { proved, settled_by: last }
}

async fn parted(
    repository: &Repository,
    base: &Commit,
    head: &Commit,
) -> Result<Result<PartedChange, Untold>, CannotRun> {
    let changed: Vec<ChangedPath> = repository
        .changes(base, head)
        .await?
        .into_iter()
        .map(|change| ChangedPath {
            path: change.path,
            change: if change.is_there { PathChange::Written } else { PathChange::Removed },
        })
        .collect();
    let code: Vec<String> = changed
        .iter()
        .filter(|file| file.change == PathChange::Written && file.path.ends_with(".rs"))
        .filter(|file| role(&file.path) == PathRole::Code)
        .map(|file| file.path.clone())
        .collect();
    let has_inline = repository.holding(head, &INLINE, &code).await?;
    Ok(part(&changed, has_inline))
}

async fn run_without_code(
    runner: &GuardRunner,
    repository: &Repository,
    (base, head): (&Commit, &Commit),
    parted: &PartedChange,
    tests: &TestsRun,
) -> Result<(), Unpassed> {
    let files = (parted.written.as_slice(), parted.removed.as_slice());
    let most = runner.most_on_disk();
    let copy = Workspace::of_commits(&runner.place, repository, (base, head), files, most).await?;
    runner.tests_in(copy, tests).await
}

/// What a run says of the tests, and its words if they did not pass.
fn told(run: Result<(), Unpassed>) -> (TestRun, Option<Unpassed>) {
    let Err(why) = run else { return (TestRun::Passed, None) };
    let run = match &why {
        Unpassed::Failed { end, .. } if did_not_build(&end.text()) => TestRun::DidNotBuild,
        Unpassed::Failed { .. } => TestRun::Failed,
        Unpassed::OverTime { .. } => TestRun::OverTime,
        Unpassed::OverBound { .. } => TestRun::OverBound,
        Unpassed::NoAnswer { .. } | Unpassed::NotPrepared(_) | Unpassed::CouldNotRun(_) => {
            TestRun::CouldNotRun
        }
    };
    (run, Some(why))
}
