//! The list of all that guards find: for each its code, what it means for the result, and what it
//! says in the table for people.

use serde::{Deserialize, Serialize};

use super::grade::GuardGrade;

macro_rules! codes {
    ($($kind:ident = $code:literal, $grade:ident, $catches:literal;)+) => {
        /// What was found. The code is stable: it stands in logs, in the ledger and in JSON.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum FindingCode { $(#[serde(rename = $code)] $kind,)+ }

        impl FindingCode {
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $code,)+ }
            }

            pub fn grade(self) -> GuardGrade {
                match self { $(Self::$kind => GuardGrade::$grade,)+ }
            }

            /// What it catches, in a few words.
            pub fn catches(self) -> &'static str {
                match self { $(Self::$kind => $catches,)+ }
            }
        }
    };
}

codes! {
    // Of any guard.
    CannotBeRead = "cannot_be_read", Block, "what it has to look at cannot be read";
    MoreBlocks = "more_blocks", Block, "more of a kind than is told one by one";
    MoreAsks = "more_asks", Ask, "more of a kind than is told one by one";
    MoreWarns = "more_warns", Warn, "more of a kind than is told one by one";
    ScriptBlocks = "script_blocks", Block, "a script says so, or failed";
    ScriptAsks = "script_asks", Ask, "a script says so";
    ScriptWarns = "script_warns", Warn, "a script says so";
    // No agent can mend that.
    NotRun = "not_run", Ask, "it could not be run where timmy is";

    // fail_to_pass
    TestsNotPassed = "tests_not_passed", Block, "the tests do not pass";
    TestsProveNothing = "tests_prove_nothing", Block, "the tests pass without the new code as well";
    TestsNotProved = "tests_not_proved", Warn, "nobody can tell whether the tests prove the change";

    // fail_to_pass, and scripts
    CommandFileChanged = "command_file_changed", Ask, "a file changes that the command runs: that of the base ran";

    // substance
    EmptyDiff = "empty_diff", Block, "nothing changes";
    OnlyWhiteSpace = "only_white_space", Block, "only white space or ends of lines change";
    OnlyLockFiles = "only_lock_files", Block, "only lock files change";

    // checks
    CheckRed = "check_red", Block, "a check is red";
    CheckRedOnTarget = "check_red_on_target", Warn, "a check is red that is red on the target as well";
    CheckFlaky = "check_flaky", Warn, "a check was red and is green on the same commit";
    CheckNotEnded = "check_not_ended", Block, "a check has not ended in time";
    CheckMissing = "check_missing", Block, "a check that the branch requires did not run";
    CheckAbsent = "check_absent", Warn, "a check that ran on the target did not run here";
    NoChecks = "no_checks", Block, "nothing ran, where checks are required";
    CheckRanNothing = "check_ran_nothing", Block, "a check is green and says that no test ran";
    CheckUnknown = "check_unknown", Block, "a check says something that nobody knows";
    ChecksProveNothing = "checks_prove_nothing", Warn, "workflow files changed, so that Actions prove nothing";

    ActionsChangedBeside = "actions_changed_beside", Ask, "Actions are green while a branch of an agent changes what they run";

    // tests
    TestDeleted = "test_deleted", Block, "a test is gone";
    TestFileDeleted = "test_file_deleted", Block, "a file of tests is gone, or no runner finds it any more";
    TestReplaced = "test_replaced", Warn, "another test stands in its place";
    TestSkipped = "test_skipped", Block, "a test does not run any more";
    NewTestSkipped = "new_test_skipped", Warn, "a new test does not run";
    TestFocused = "test_focused", Block, "only some tests run (`.only`, `fit`)";
    TestWeakened = "test_weakened", Block, "a test asserts less than before";
    TestLoosened = "test_loosened", Block, "a test asserts equality no more";
    TestTrivial = "test_trivial", Block, "an assertion can never fail";
    TestSwallows = "test_swallows", Block, "a failed assertion is caught";
    TestExpectsOther = "test_expects_other", Warn, "a test expects another value";
    TestDataChanged = "test_data_changed", Warn, "stored results of tests change";
    MachineryDeleted = "machinery_deleted", Block, "test machinery is gone";
    MachineryTampered = "machinery_tampered", Block, "test machinery decides what passes or is run";
    TestCommandChanged = "test_command_changed", Ask, "a line of a manifest changes that may say how tests run";
    MachineryChanged = "machinery_changed", Warn, "test machinery changes";
    RunnerShadowed = "runner_shadowed", Block, "a file is taken for the test runner itself";

    // protected
    ProtectedPath = "protected_path", Ask, "a protected path changes";
    SteersAgents = "steers_agents", Ask, "what steers agents changes";
    WorkflowChanged = "workflow_changed", Ask, "CI changes";
    LintChanged = "lint_changed", Ask, "the rules of a linter change";
    SubmoduleChanged = "submodule_changed", Ask, "a submodule changes";
    LinkAdded = "link_added", Ask, "a symbolic link changes";
    LargeFileChanged = "large_file_changed", Ask, "a file of Git LFS changes, which nobody sees";
    AttributesChanged = "attributes_changed", Ask, "`.gitattributes` changes what git shows of files";
    LockFile = "lock_file", Warn, "a lock file changes";
    PolicyUnreadable = "policy_unreadable", Ask, "`.timmy.toml` of the base branch cannot be read";

    // secrets
    SecretInFile = "secret_in_file", Block, "a secret in an added line";
    SecretInMessage = "secret_in_message", Block, "a secret in a commit's message";
    SecretInName = "secret_in_name", Block, "a secret in the name of a branch or a file";
    BinaryChanged = "binary_changed", Ask, "a file that the diff does not show, and that is no picture or font";
    SecretInText = "secret_in_text", Block, "a secret in a comment or a description";

    // size
    TooManyLines = "too_many_lines", Ask, "more lines than the size of the issue allows";
    TooManyFiles = "too_many_files", Ask, "more files than the size of the issue allows";

    // claims
    ClaimedTests = "claimed_tests", Warn, "it says that it added tests, and there are none";
    ClaimedFile = "claimed_file", Warn, "it says that it changed a file, and that did not change";
    NotMentioned = "not_mentioned", Warn, "nothing speaks of something that was asked for";
    ApprovedWithMust = "approved_with_must", Warn, "a review approves what it says must change";
    FoundElsewhere = "found_elsewhere", Warn, "a review finds something in a file that does not change";

    // author
    ReviewedItself = "reviewed_itself", Block, "who wrote it reviews it";
    SameFamily = "same_family", Warn, "reviewer and author run models of one family";
    ForgedVerdict = "forged_verdict", Block, "an agent posted `timmy/verify`";
    UnknownPusher = "unknown_pusher", Ask, "nobody can tell who pushed";

    // duplicate
    OtherPullOpen = "other_pull_open", Ask, "another pull request is open for the issue";
    OtherPullMerged = "other_pull_merged", Ask, "another pull request was merged for the issue";

    // base
    Conflicts = "conflicts", Block, "it conflicts with its base";
    FarBehind = "far_behind", Warn, "it is far behind its base";

    // late
    PushedLate = "pushed_late", Ask, "commits came outside of a lease";
}

#[cfg(test)]
mod tests {
    use crate::core::guards::code::*;

    #[test]
    fn each_code_is_stored_as_it_is_called() {
        for code in FindingCode::ALL {
            let stored = serde_json::to_string(code).unwrap();
            assert_eq!(stored, format!("\"{}\"", code.name()));
            assert_eq!(serde_json::from_str::<FindingCode>(&stored).unwrap(), *code);
            assert!(!code.catches().is_empty());
        }
    }
}
