//! Tests in JavaScript and TypeScript: Jest, Vitest, Mocha, Playwright, node:test, AVA, Chai.

use super::patterns::{NEVER, Patterns};

pub(super) const PATTERNS: Patterns = Patterns {
    test: r"^(?:await\s+)?(?:it|test|xit|xtest|fit|specify|Deno\.test)(?:\.\w+)*\s*(?:\([^'\x22`]*\)\s*)?\(\s*(?:'([^']*)|\x22([^\x22]*)|`([^`]*))",
    other: r"^(?:export\s+)?(?:async\s+)?function\b|^(?:x|f)?(?:describe|context|suite)(?:\.\w+)*\s*\(",
    marker: NEVER,
    skips: r"\b(?:it|test|describe|context|suite|bench)(?:\.\w+)*\.(?:skip|todo|fixme|failing|fails|skipIf|runIf)\b|^(?:xit|xtest|xdescribe|xcontext)\b|\b(?:this|t)\.skip\s*\(|\bt\.todo\s*\(|\{\s*(?:skip|todo|ignore)\s*:\s*(?:true|['\x22`])",
    focuses: r"\b(?:it|test|describe|context|suite)(?:\.\w+)*\.only\b|^(?:fit|fdescribe|ftest|fcontext)\s*\(|\{\s*only\s*:\s*true",
    exact: r"\.(?:toBe|toEqual|toStrictEqual|toMatchObject|toMatchSnapshot|toMatchInlineSnapshot|toHaveLength|toContain|toContainEqual|toHaveProperty|toMatch|toBeCloseTo|toBeNull|toBeUndefined|toThrow\w*|toHaveBeenCalledWith|toHaveBeenCalledTimes|toHaveBeenNthCalledWith|toHaveText|toHaveURL)\(\s*[^\s)]|\.(?:toBeNull|toBeUndefined|toMatchSnapshot|toThrow\w*)\(|\bassert\.(?:equal|notEqual|strictEqual|notStrictEqual|deepEqual|deepStrictEqual|throws|rejects|match)\s*\(|\bassertEquals\s*\(|\.to\.(?:equal|eql|deep|be\.equal|have\.length)|\bt\.(?:is|deepEqual|like|throws)\s*\(|\b(?:check|verify|ensure)[A-Z]\w*\s*\(",
    loose: r"\bexpect(?:\.\w+)*\s*\(|\bassert(?:\.\w+)?\s*\(|\.should\b|\.to\.be\b|\bt\.(?:true|truthy|false|falsy|pass|fail)\s*\(|\.to[A-Z]\w*\(",
    trivial: r"\bexpect\(\s*(?:true|1)\s*\)\.(?:toBe|toEqual|toStrictEqual)\(\s*(?:true|1)\s*\)|\bexpect\(\s*true\s*\)\.toBeTruthy|\bassert(?:\.ok)?\(\s*true\s*[,)]|\bassert\.equal\(\s*(?:1,\s*1|true,\s*true)\s*\)|\b(?:expect|assert)\b.*\|\|\s*true\s*\)",
    swallows: r"^\}?\s*catch\s*(?:\([^)]*\)\s*)?\{\s*\}",
};
