//! Whether a run of tests failed because something could not be built, by what it printed.

use std::sync::LazyLock;

use regex::RegexSet;

/// What compilers, linkers and importers say when it does not come to tests. A test that really
/// failed and prints one of these makes the run "could not tell": that warns, and never passes.
const SIGNS: [&str; 16] = [
    r"(?m)^error: could not compile `",
    r"(?m)^error: no test target named",
    r"(?m)^FAIL\s+\S+ \[(?:build|setup) failed\]",
    r"(?m)^#? ?\S+\.go:\d+:\d+: undefined: ",
    r"(?m)^E?\s*(?:ModuleNotFoundError|ImportError|SyntaxError|IndentationError): ",
    r"(?m)^ERROR collecting |Interrupted: \d+ errors? during collection",
    r"(?m)^E?\s*AttributeError: module '",
    r"unittest\.loader\._FailedTest",
    r"(?m)error TS\d+: ",
    r"Cannot find module '|Failed to resolve import|ERR_MODULE_NOT_FOUND",
    r"(?m)^\s*SyntaxError: .*(?:does not provide an export|Unexpected token)",
    r"(?m)^\S+:\d+:\d+: (?:fatal )?error: ",
    r"(?m)undefined reference to `|^collect2: error: |^ld: symbol\(s\) not found",
    r"\[ERROR\] COMPILATION ERROR|Compilation failed; see the compiler error output",
    r"(?m)^\S+\.cs\(\d+,\d+\): error CS\d+",
    r"(?m)^make(?:\[\d+\])?: \*\*\* No rule to make target",
];

/// Whether the failed run that printed this never came to its tests.
pub fn did_not_build(output: &str) -> bool {
    static SET: LazyLock<Option<RegexSet>> = LazyLock::new(|| RegexSet::new(SIGNS).ok());
    SET.as_ref().is_some_and(|set| set.is_match(output))
}

#[cfg(test)]
mod tests {
    use crate::core::fail_to_pass::build::*;

    #[test]
    fn a_compiler_is_told_from_a_test() {
        for said in [
            "error[E0425]: cannot find function\nerror: could not compile `door` (test \"it\")",
            "FAIL\texample.com/door [build failed]",
            "./door_test.go:8:5: undefined: Open",
            "E   ModuleNotFoundError: No module named 'door.lock'",
            "ImportError: cannot import name 'open_twice' from 'door'",
            "!!!! Interrupted: 1 error during collection !!!!",
            "ERROR: test_door (unittest.loader._FailedTest.test_door)",
            "src/door.test.ts(3,10): error TS2305: Module has no exported member 'open'.",
            "Error: Cannot find module './door'",
            "door.c:3:1: error: implicit declaration of function",
        ] {
            assert!(did_not_build(said), "{said}");
        }
        for said in [
            "",
            "test opens ... FAILED\nassertion `left == right` failed",
            "E       assert 1 == 2\nFAILED tests/test_door.py::test_opens - assert 1 == 2",
            "--- FAIL: TestOpen (0.00s)\n    door_test.go:9: got 1\nFAIL\texample.com/door\t0.001s",
            "AssertionError [ERR_ASSERTION]: 1 == 2",
        ] {
            assert!(!did_not_build(said), "{said}");
        }
    }

    #[test]
    fn every_sign_can_be_read() {
        assert!(RegexSet::new(SIGNS).is_ok());
    }
}
