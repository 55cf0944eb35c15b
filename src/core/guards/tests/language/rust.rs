//! Tests in Rust: of the language, tokio, rstest, proptest, insta.

use super::patterns::{NEVER, Patterns};

pub(super) const PATTERNS: Patterns = Patterns {
    // What a file of tests no longer names is no longer built.
    test: r"^(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;",
    other: r"^(?:(?:pub(?:\([^)]*\))?|async|unsafe|const|extern(?:\s*\x22[^\x22]*\x22)?)\s+)*fn\s+\w",
    marker: r"^#\[\s*(?:\w+::)*(?:test|rstest|test_case|quickcheck|proptest|wasm_bindgen_test)\b",
    // What is built only where a feature is asked for runs only where somebody asks.
    skips: r"^#!?\[\s*(?:ignore\b|cfg_attr\(.*\bignore\b|cfg\(\s*(?:any\(\s*\)|FALSE|false|never)\s*\)|cfg\(.*\b(?:feature\s*=|not\(\s*test\b))",
    focuses: NEVER,
    exact: r"\b(?:prop_|debug_)?assert_(?:eq|ne|matches)!|\bassert_\w+!|\bassert!\(.*(?:==|!=|\bmatches!)|\bassert_eq\w*\(|\b(?:assert|check|verify|ensure)\w*\(",
    loose: r"\b(?:prop_)?assert!|\.(?:unwrap_err|expect_err)\(|\bpanic!|^#\[\s*case\b",
    trivial: r"\bassert!\(\s*(?:true|!false)\s*[,)]|\bassert!\(.*\|\|\s*true\s*[,)]",
    swallows: r"\bcatch_unwind\(",
};
