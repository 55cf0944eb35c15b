//! What the runs of a change's tests prove.

/// How one run of the tests went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestRun {
    Passed,
    Failed,
    /// It failed before any test could.
    DidNotBuild,
    OverTime,
    /// It took more memory or room than it may.
    OverBound,
    CouldNotRun,
}

/// What is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailToPass {
    /// Without the code the tests fail, with it they pass.
    Proved,
    /// They do not even pass with it.
    NotPassed(HeadRun),
    /// They pass without it as well.
    ProvesNothing,
    CouldNotTell(Untold),
}

/// How the tests of the head ended, if they did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadRun {
    Failed,
    DidNotBuild,
    OverTime,
    OverBound,
    CouldNotRun,
}

/// Why nothing can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untold {
    #[error("no test was added or changed")]
    NoTests,
    #[error("only tests changed")]
    NoCode,
    #[error("the tests stand in the files of the code")]
    NotParted,
    #[error("the tests that changed are what `guards.test` itself runs")]
    NamedByCommand,
    #[error("a file that changed has a name that is no UTF-8")]
    NameNotRead,
    #[error("the tests pass without the new code, but may not have run there")]
    MayNotHaveRun,
    #[error("the tests do not build without the new code")]
    DoesNotBuild,
    #[error("the tests of the base fail as well")]
    BaseFails,
    #[error("the tests do not come to an end without the new code")]
    NoEnd,
    #[error("the tests of the base could not be run")]
    CouldNotRun,
}

/// What the runs prove: of the head; of the base with the tests of the head; and of the base as it
/// is. Those behind may be missing where those before them settle it: `Err` says which is needed.
///
/// # Errors
/// The run that is needed.
pub fn judge(
    head: TestRun,
    without_code: Option<TestRun>,
    base: Option<TestRun>,
    is_conclusive: bool,
) -> Result<FailToPass, NeededRun> {
    let not_passed = match head {
        TestRun::Passed => None,
        TestRun::Failed => Some(HeadRun::Failed),
        TestRun::DidNotBuild => Some(HeadRun::DidNotBuild),
        TestRun::OverTime => Some(HeadRun::OverTime),
        TestRun::OverBound => Some(HeadRun::OverBound),
        TestRun::CouldNotRun => Some(HeadRun::CouldNotRun),
    };
    if let Some(how) = not_passed {
        return Ok(FailToPass::NotPassed(how));
    }
    let untold = |why| Ok(FailToPass::CouldNotTell(why));
    match without_code.ok_or(NeededRun::WithoutCode)? {
        TestRun::Failed => {}
        TestRun::Passed if is_conclusive => return Ok(FailToPass::ProvesNothing),
        TestRun::Passed => return untold(Untold::MayNotHaveRun),
        TestRun::DidNotBuild => return untold(Untold::DoesNotBuild),
        TestRun::OverTime | TestRun::OverBound => return untold(Untold::NoEnd),
        TestRun::CouldNotRun => return untold(Untold::CouldNotRun),
    }
    // What was red before is red without anybody's doing.
    match base.ok_or(NeededRun::Base)? {
        TestRun::Passed => Ok(FailToPass::Proved),
        TestRun::Failed | TestRun::DidNotBuild => untold(Untold::BaseFails),
        TestRun::OverTime | TestRun::OverBound => untold(Untold::NoEnd),
        TestRun::CouldNotRun => untold(Untold::CouldNotRun),
    }
}

/// A run that is needed before anything can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeededRun {
    WithoutCode,
    Base,
}

#[cfg(test)]
mod tests {
    use crate::core::fail_to_pass::judgement::*;

    const ALL: [TestRun; 6] = [
        TestRun::Passed,
        TestRun::Failed,
        TestRun::DidNotBuild,
        TestRun::OverTime,
        TestRun::OverBound,
        TestRun::CouldNotRun,
    ];

    #[test]
    fn only_one_way_of_three_runs_proves_a_change() {
        for head in ALL {
            for without in ALL {
                for base in ALL {
                    let proved =
                        judge(head, Some(without), Some(base), true) == Ok(FailToPass::Proved);
                    let expected = (head, without, base)
                        == (TestRun::Passed, TestRun::Failed, TestRun::Passed);
                    assert_eq!(proved, expected, "{head:?} {without:?} {base:?}");
                }
            }
        }
    }

    #[test]
    fn no_run_is_asked_for_that_settles_nothing() {
        let blocked = Ok(FailToPass::NotPassed(HeadRun::Failed));
        assert_eq!(judge(TestRun::Failed, None, None, true), blocked);
        assert_eq!(judge(TestRun::Passed, None, None, true), Err(NeededRun::WithoutCode));
        let passes = judge(TestRun::Passed, Some(TestRun::Passed), None, true);
        assert_eq!(passes, Ok(FailToPass::ProvesNothing));
        let fails = judge(TestRun::Passed, Some(TestRun::Failed), None, true);
        assert_eq!(fails, Err(NeededRun::Base));
    }

    #[test]
    fn tests_that_may_not_have_run_are_not_blamed() {
        let untold = Ok(FailToPass::CouldNotTell(Untold::MayNotHaveRun));
        assert_eq!(judge(TestRun::Passed, Some(TestRun::Passed), None, false), untold);
    }
}
