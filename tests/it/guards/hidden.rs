//! What hides from the guards, or keeps them from looking: it has not passed.

use timmy::confinement::CannotRun;
use timmy::core::guards::{
    BinaryLook, BinaryLooks, ChangeFacts, FindingCode, GuardGrade, GuardName, SaidFacts,
};
use timmy::core::model::commit_status::CheckState;
use timmy::guard_runs::{not_run, script_result};

use super::checks::status;
use super::{commit, facts, harmless, judged, told};

#[test]
fn who_keeps_ci_from_running_has_not_passed() {
    let diff = harmless();
    let found = |message: &str| {
        let mut facts = facts(&diff);
        facts.checks.on_target =
            vec![vec![status(0, "gitea-actions", "ci/test", CheckState::Success)]];
        facts.checks.waited = facts.checks.waited.max(std::time::Duration::from_secs(3600));
        facts.said =
            SaidFacts { messages: vec![(commit('a'), message.to_owned())], ..SaidFacts::default() };
        told(&judged(facts))
    };
    assert_eq!(
        found("Mend the door"),
        ["checks check_absent: `ci/test` ran on the target branch, and did not run here."]
    );
    for marker in ["[skip ci]", "[CI skip]", "[no ci]", "[skip actions]", "[actions skip]"] {
        let found = found(&format!("Mend the door\n\n{marker}"));
        assert!(found[0].starts_with("checks check_missing: "), "{found:?}");
        assert!(found[0].contains(&marker.to_lowercase()), "{found:?}");
    }
}

#[test]
fn a_file_that_the_diff_does_not_show_passes_only_as_a_picture_that_was_looked_into() {
    let diff = "diff --git a/door.py b/door.py\nindex 1..2 100644\n\
                Binary files a/door.py and b/door.py differ\n";
    let found = |look: Option<BinaryLook>| {
        let looks = look.map(|look| ("door.py".to_owned(), look));
        let verdict = judged(ChangeFacts { looks: BinaryLooks::from_iter(looks), ..facts(diff) });
        let found = verdict.findings().into_iter().map(|found| found.code);
        found.collect::<Vec<_>>()
    };
    assert_eq!(found(None), [FindingCode::BinaryChanged]);
    assert_eq!(found(Some(BinaryLook::NotKnown)), [FindingCode::BinaryChanged]);
    assert_eq!(found(Some(BinaryLook::Holds("a token"))), [FindingCode::SecretInFile]);
    assert_eq!(found(Some(BinaryLook::Harmless)), []);
}

#[test]
fn what_the_commit_is_to_blame_for_blocks_and_what_this_machine_is_asks() {
    let git = || CannotRun::Git { command: "checkout".to_owned(), said: "invalid path".to_owned() };
    for (why, expected) in [
        (git(), GuardGrade::Block),
        (CannotRun::TooMuchFetched(1), GuardGrade::Block),
        (CannotRun::NotFetched("the forge is away".to_owned()), GuardGrade::Ask),
        (CannotRun::DiskFull(512), GuardGrade::Ask),
        (CannotRun::NotInstalled("bwrap"), GuardGrade::Ask),
    ] {
        let refused = not_run(GuardName::FailToPass, &why);
        assert_eq!(refused.findings[0].grade(), expected, "{why}");
        let run = script_result("lint", Err(why.into()));
        assert_eq!(run.findings[0].grade(), expected);
    }
}
