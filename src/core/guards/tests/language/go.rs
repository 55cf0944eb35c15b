//! Tests in Go: of the language, testify, go-cmp.

use super::patterns::{NEVER, Patterns};

pub(super) const PATTERNS: Patterns = Patterns {
    test: r"^func\s+((?:Test|Fuzz|Example|Benchmark)(?:[^a-z\s(]\w*)?)\s*\(|^func\s*\([^)]*\)\s*(Test\w*)\s*\(",
    other: r"^func\b",
    marker: NEVER,
    skips: r"\b[tbf]\.(?:Skip|Skipf|SkipNow)\s*\(|^//go:build\s+(?:ignore|never|false)\b|\.T\(\)\.Skip",
    focuses: NEVER,
    exact: r"\b[tbf]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\s*\(|\b(?:assert|require|is)\.(?:Equal|Equalf|EqualValues|NotEqual|Exactly|JSONEq|YAMLEq|ElementsMatch|EqualError|ErrorIs|ErrorAs|ErrorContains|Contains|Len|Regexp|InDelta|Panics\w*)\s*\(|\bcmp\.Diff\s*\(|\bDeepEqual\s*\(|\b(?:assert|check|verify|require|must)[A-Z]\w*\s*\(",
    loose: r"\b(?:assert|require|is)\.[A-Z]\w*\s*\(|\b[tb]\.Run\s*\(",
    trivial: r"\b(?:assert|require)\.(?:True\(\s*\w+,\s*true|False\(\s*\w+,\s*false)\s*[,)]",
    swallows: r"\brecover\(\)",
};
