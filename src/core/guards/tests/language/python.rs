//! Tests in Python: pytest, unittest, numpy, pandas.

use super::patterns::{NEVER, Patterns};

pub(super) const PATTERNS: Patterns = Patterns {
    test: r"^(?:async\s+)?def\s+(test\w*)\s*\(|^class\s+(Test\w*|\w+Tests?)\s*[(:]",
    other: r"^(?:async\s+)?def\s+\w|^class\s+\w",
    marker: NEVER,
    skips: r"\bmark\.(?:skip|skipif|xfail)\b|\bpytest\.(?:skip|xfail|importorskip|exit)\s*\(|\bunittest\.(?:skip|skipIf|skipUnless|expectedFailure)\b|^@(?:skip|skipIf|skipUnless|expectedFailure)\b|\.skipTest\s*\(|\bSkipTest\b|\b__test__\s*=\s*False|^if\s+(?:False|0|not\s+True)\s*:|\bcollect_ignore(?:_glob)?\b",
    focuses: NEVER,
    exact: r"^assert\b.*(?:==|!=|\bis\b|\bin\b|\bapprox\b)|\.assert(?:Equals?|NotEqual|AlmostEqual|Is|IsNot|IsNone|In|NotIn|CountEqual|SequenceEqual|ListEqual|TupleEqual|SetEqual|DictEqual|MultiLineEqual|Regex|RaisesRegex)\s*\(|\b(?:pytest\.raises|assertRaises)\(\s*[A-Za-z_.]*(?:Error|Exit|Interrupt|Iteration|Warning)\b|\bassert_\w*(?:equal|allclose|called\w*_with)\b|\b(?:check|verify|ensure)_\w+\s*\(",
    loose: r"^assert\b|\.assert[A-Z]\w*\s*\(|\bassert_\w+\s*\(|\.assert_\w+|\bpytest\.(?:raises|fail|warns)\s*\(|\bpytest\.param\s*\(",
    trivial: r"^assert\s*\(?\s*(?:True|1|not\s+False)\s*\)?\s*(?:,|$)|^assert\b.*\bor\s+True\b|\.assertTrue\(\s*True\s*[,)]|\.assertFalse\(\s*False\s*[,)]",
    swallows: r"^except\b.*\bAssertionError\b|\bsuppress\(.*\b(?:AssertionError|Exception|BaseException)\b",
};
