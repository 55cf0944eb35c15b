//! Whether a change's tests fail without its code: the runs that [`crate::core::fail_to_pass`]
//! judges.

use super::named::NamedFiles;
use super::runner::{GuardRunner, TestedCommit, TestsRun};
use super::unpassed::Unpassed;
use crate::confinement::{CannotRun, Workspace};
use crate::core::fail_to_pass::{
    ChangedPath, FailToPass, NeededRun, PartedChange, PathChange, PathRole, TestRun, Untold,
    did_not_build, judge, part, role,
};

/// What marks tests that stand in a file of code, in Rust.
const INLINE: [&str; 3] = ["#[test]", "#[cfg(test)]", "::test]"];

/// What was proved, and why the run that settled it did not pass, if one did.
#[derive(Debug)]
pub struct FailToPassProof {
    pub proved: FailToPass,
    pub settled_by: Option<Unpassed>,
}

/// Tries the tests of a change: as it is, and without its code.
///
/// # Errors
/// If git cannot look into the change. That proves nothing.
pub async fn prove(
    runner: &GuardRunner,
    tested: TestedCommit<'_>,
    tests: &TestsRun,
) -> Result<FailToPassProof, CannotRun> {
    let of_base = TestedCommit { commit: tested.base, changes: &[], ..tested };
    let parted = match parted(tested, tests).await? {
        Ok(parted) => parted,
        Err(why) => return Ok(unparted(runner, (tested, of_base), (tests, why)).await),
    };
    let (with_code, mut last) = told(runner.tests(tested, tests).await);
    let (mut without_code, mut base_run) = (None, None);
    loop {
        match judge(with_code, without_code, base_run, parted.is_conclusive) {
            Ok(proved) => return Ok(FailToPassProof { proved, settled_by: last }),
            Err(NeededRun::WithoutCode) => {
                let (run, why) = told(run_without_code(runner, tested, &parted, tests).await);
                (without_code, last) = (Some(run), why);
            }
            Err(NeededRun::Base) => {
                let (run, why) = told(runner.tests(of_base, tests).await);
                base_run = Some(run);
                // That they fail without the code is the proof: its words are kept.
                last = why.or(last);
            }
        }
    }
}

/// Of what cannot be parted only this can be told: whether it breaks tests that pass without it.
async fn unparted(
    runner: &GuardRunner,
    (tested, of_base): (TestedCommit<'_>, TestedCommit<'_>),
    (tests, why): (&TestsRun, Untold),
) -> FailToPassProof {
    let (with_code, last) = told(runner.tests(tested, tests).await);
    let Ok(not_passed) = judge(with_code, None, None, false) else {
        return FailToPassProof { proved: FailToPass::CouldNotTell(why), settled_by: None };
    };
    let (base_run, _) = told(runner.tests(of_base, tests).await);
    let proved = match base_run {
        TestRun::Failed | TestRun::DidNotBuild => FailToPass::CouldNotTell(Untold::BaseFails),
        TestRun::Passed | TestRun::OverTime | TestRun::OverBound | TestRun::CouldNotRun => {
            not_passed
        }
    };
    FailToPassProof { proved, settled_by: last }
}

/// The tests that can be tried without the code. Those that the command itself names are not among
/// them: what it runs is the base's.
async fn parted(
    tested: TestedCommit<'_>,
    tests: &TestsRun,
) -> Result<Result<PartedChange, Untold>, CannotRun> {
    let TestedCommit { repository, commit, changes, .. } = tested;
    if changes.iter().any(|change| !change.is_exact) {
        return Ok(Err(Untold::NameNotRead));
    }
    let changed: Vec<ChangedPath> = changes
        .iter()
        .map(|change| ChangedPath {
            path: change.path.clone(),
            change: if change.is_there { PathChange::Written } else { PathChange::Removed },
        })
        .collect();
    let code: Vec<String> = changed
        .iter()
        .filter(|file| file.change == PathChange::Written && file.path.ends_with(".rs"))
        .filter(|file| role(&file.path) == PathRole::Code)
        .map(|file| file.path.clone())
        .collect();
    let has_inline = repository.holding(commit, &INLINE, &code).await?;
    let parted = part(&changed, has_inline);
    let named = NamedFiles::of(&tests.commands(), changes);
    Ok(parted.and_then(|mut parted| {
        let is_other = |path: &String| !named.paths().any(|named| named == path);
        parted.written.retain(is_other);
        parted.removed.retain(is_other);
        if parted.written.is_empty() { Err(Untold::NamedByCommand) } else { Ok(parted) }
    }))
}

async fn run_without_code(
    runner: &GuardRunner,
    tested: TestedCommit<'_>,
    parted: &PartedChange,
    tests: &TestsRun,
) -> Result<(), Unpassed> {
    let files = (parted.written.as_slice(), parted.removed.as_slice());
    let (commits, most) = ((tested.base, tested.commit), runner.most_on_disk());
    let copy = Workspace::of_commits(&runner.place, tested.repository, commits, files, most);
    runner.tests_in(copy.await?, tests).await
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
