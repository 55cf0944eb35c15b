//! What looks like something that guards catch, and is none.

use super::{added, changed, codes, deleted, facts, judged, moved};
use timmy::core::guards::{ChangeFacts, ClaimFacts};

/// What it is called, and the diff.
type Harmless = (&'static str, fn() -> String);

const HARMLESS: &[Harmless] = &[
    ("a fix with its test", || {
        changed("src/a.py", "-    return 1\n+    return 2")
            + &changed("tests/test_a.py", " import a\n+def test_two():\n+    assert a.b() == 2")
    }),
    ("a test that moved within its file", || {
        changed(
            "test_a.py",
            "-def test_a():\n-    assert a() == 1\n def test_b():\n     assert b()\n+def test_a():\n+    assert a() == 1",
        )
    }),
    ("tests that moved to another file", || {
        deleted("tests/test_a.py", "def test_a():\n    assert a() == 1")
            + &added("tests/test_b.py", "def test_a():\n    assert a() == 1")
    }),
    ("a file of tests with a better name", || moved("tests/test_a.py", "tests/test_b.py")),
    ("a file of tests in another folder", || moved("tests/test_a.py", "tests/unit/test_a.py")),
    ("a test that asserts more", || {
        changed(
            "a_test.go",
            " func TestA(t *testing.T) {\n+\tif b() != 1 {\n+\t\tt.Error(b())\n+\t}",
        )
    }),
    ("a test that runs again", || {
        changed(
            "a.test.ts",
            "-it.skip('does a', () => {\n+it('does a', () => {\n   expect(a()).toBe(1);",
        )
    }),
    ("a test that is indented otherwise", || {
        changed(
            "test_a.py",
            "-def test_a():\n-    assert a() == 1\n+class TestA:\n+    def test_a(self):\n+        assert a() == 1",
        )
    }),
    ("a module of a library that is gone", || {
        changed("src/lib.rs", " mod a;\n-mod b;\n mod c;\n+fn d() {}")
    }),
    ("an assertion in code that is no test", || {
        changed("src/a.rs", " fn a() {\n-    assert!(b());\n+    if !b() { return; }\n }")
    }),
    ("a word that skips something else", || {
        changed("tests/test_a.py", " def test_a():\n+    rows = rows.skip(1)\n     assert a")
    }),
    ("a setting of a manifest", || {
        changed("package.json", "-  \"version\": \"1\"\n+  \"version\": \"2\"")
    }),
    ("a newer library of tests", || {
        changed("package.json", "-    \"vitest\": \"^1.0.0\",\n+    \"vitest\": \"^2.1.0\",")
            + &changed("pyproject.toml", "-  \"pytest>=7.0,<8\",\n+  \"pytest>=8.0,<9\",")
            + &changed("Cargo.toml", "-test-case = \"3\"\n+test-case = { version = \"4\" }")
    }),
    ("a benchmark", || changed("Cargo.toml", " [[bench]]\n name = \"a\"\n+harness = false")),
    ("another goal of a Makefile", || {
        changed("Makefile", " build: deps\n-\tcargo build\n+\tcargo build --release")
    }),
    ("white space that means something", || changed("a.py", " if a:\n     b()\n-c()\n+    c()")),
    ("a mode", || "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n".to_owned()),
    ("an empty file", || {
        "diff --git a/py.typed b/py.typed\nnew file mode 100644\nindex 0..1\n".to_owned()
    }),
    ("a link that is gone", || {
        "diff --git a/ln b/ln\ndeleted file mode 120000\n--- a/ln\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\\ No newline at end of file\n".to_owned()
    }),
    ("a picture", || {
        "diff --git a/a.png b/a.png\nindex 1..2 100644\nBinary files a/a.png and b/a.png differ\n"
            .to_owned()
    }),
    ("documents about CI", || changed("docs/ci.md", "-a\n+b")),
];

#[test]
fn what_is_harmless_passes() {
    let mut wrong = String::new();
    for (name, diff) in HARMLESS {
        let diff = diff();
        let found = codes(&diff);
        if !found.is_empty() {
            wrong.push_str(&format!("{name}: {found:?} of\n{diff}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_was_asked_for_is_found_in_words_names_and_lines() {
    let diff = changed("src/session_store.rs", " fn a() {\n+    return Err(EmptyStore);\n }")
        + &added("tests/expiry.rs", "#[test]\nfn expires() {\n    assert_eq!(a(), 1);\n}");
    let claims = ClaimFacts {
        said: "Changed `src/session_store.rs:12` and added a test. The cookie is kept.".to_owned(),
        asked: [
            "an empty store is an error",
            "The cookie of a session is kept",
            "a test for the expiry",
        ]
        .map(str::to_owned)
        .to_vec(),
    };
    let facts = ChangeFacts { claims, ..facts(&diff) };
    let verdict = judged(facts);
    assert_eq!(super::told(&verdict), Vec::<String>::new());
    let seen = verdict.results.iter().find(|r| r.guard.as_str() == "claims").unwrap();
    assert_eq!(seen.seen.plain(), "3 of 3 points of the issue are spoken of");
}
