//! What the guards catch, and what they let pass.

mod caught;
mod checks;
mod hidden;
mod hostile;
mod passes;

use std::time::Duration;

use timmy::core::guards::diff::parse_diff;
use timmy::core::guards::{
    AuthorFacts, BaseFacts, BinaryLook, BinaryLooks, CannotBeRead, ChangeFacts, CheckFacts,
    ClaimFacts, CommitVerdict, GuardFacts, GuardRules, Merges, SaidFacts, examine,
};
use timmy::core::model::commit::Commit;

pub fn commit(letter: char) -> Commit {
    letter.to_string().repeat(40).parse().unwrap()
}

/// A diff of one file: `lines` begin with a blank, `+` or `-`.
pub fn changed(path: &str, lines: &str) -> String {
    let head =
        format!("diff --git a/{path} b/{path}\nindex 1..2 100644\n--- a/{path}\n+++ b/{path}\n");
    format!("{head}{}", hunk("", lines))
}

/// One hunk, with the numbers that belong over it.
pub fn hunk(heading: &str, lines: &str) -> String {
    let lines: Vec<&str> = lines.lines().collect();
    let count = |sign: char| lines.iter().filter(|line| !line.starts_with(sign)).count();
    let (before, after) = (count('+'), count('-'));
    let (from, to) = (u8::from(before > 0), u8::from(after > 0));
    format!("@@ -{from},{before} +{to},{after} @@ {heading}\n{}\n", lines.join("\n"))
}

/// A diff that adds a file.
pub fn added(path: &str, text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("+{line}")).collect();
    let head = format!(
        "diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n"
    );
    format!("{head}{}", hunk("", &lines.join("\n")))
}

/// A diff that deletes a file.
pub fn deleted(path: &str, text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("-{line}")).collect();
    let head = format!(
        "diff --git a/{path} b/{path}\ndeleted file mode 100644\n--- a/{path}\n+++ /dev/null\n"
    );
    format!("{head}{}", hunk("", &lines.join("\n")))
}

/// A diff that moves a file.
pub fn moved(from: &str, to: &str) -> String {
    format!(
        "diff --git a/{from} b/{to}\nsimilarity index 100%\nrename from {from}\nrename to {to}\n"
    )
}

/// A change of code that does no harm.
pub fn harmless() -> String {
    changed("src/session.rs", " fn keep() {\n-    drop(1);\n+    keep(1);\n }")
}

/// What a pull request with `diff` shows where nothing is wrong with it.
pub fn facts(diff: &str) -> ChangeFacts<'_> {
    ChangeFacts {
        diff: parse_diff(diff.as_bytes()),
        size: None,
        said: SaidFacts::default(),
        looks: BinaryLooks::from([("a.png".to_owned(), BinaryLook::Harmless)]),
        claims: ClaimFacts::default(),
        checks: CheckFacts {
            statuses: Ok(Vec::new()),
            required: Ok(Vec::new()),
            on_target: Vec::new(),
            waited: Duration::ZERO,
            workflows_changed: false,
        },
        author: AuthorFacts { pusher: Some("ezra".to_owned()), forged_by: Vec::new() },
        others: Ok(Vec::new()),
        base: BaseFacts { merges: Ok(Merges::Cleanly), behind: Some(0) },
        late: Vec::new(),
    }
}

pub fn judged(facts: ChangeFacts<'_>) -> CommitVerdict {
    examine(commit('a'), &GuardFacts::Change(Box::new(facts)), &GuardRules::default())
}

/// Guard, code and sentence of each finding.
pub fn told(verdict: &CommitVerdict) -> Vec<String> {
    let finding = |finding: &&timmy::core::guards::GuardFinding| {
        format!("{} {}: {}", finding.guard, finding.code.name(), finding.said.plain())
    };
    verdict.findings().iter().map(finding).collect()
}

/// The codes of what is found of a change.
pub fn codes(diff: &str) -> Vec<&'static str> {
    let verdict = judged(facts(diff));
    verdict.findings().iter().map(|finding| finding.code.name()).collect()
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let diff = harmless();
    let verdict = judged(facts(&diff));
    assert_eq!(told(&verdict), Vec::<String>::new());
    let seen: Vec<String> = verdict
        .results
        .iter()
        .map(|result| format!("{}: {}", result.guard, result.seen.plain()))
        .collect();
    insta::assert_snapshot!(seen.join("\n"), @r"
    substance: 2 lines in 1 file
    checks: no check ran, and none is required
    tests: 0 added, none removed, none skipped
    protected: 1 file, none protected
    secrets: no added line, message or name looks like a secret
    size: 2 lines in 1 file; 800 in 40 are allowed
    claims: what it says agrees with what changed
    author: `ezra` pushed it
    duplicate: no other pull request for the issue
    base: it merges cleanly
    late: all commits came in time
    ");
}

#[test]
fn what_cannot_be_read_has_not_passed() {
    for why in [CannotBeRead::TooLarge, CannotBeRead::Truncated, CannotBeRead::NotADiff] {
        let facts = ChangeFacts { diff: Err(why), ..facts("") };
        let verdict = judged(facts);
        let codes: Vec<String> = verdict
            .findings()
            .iter()
            .map(|finding| format!("{} {}", finding.guard, finding.code.name()))
            .collect();
        let guards = ["substance", "tests", "protected", "secrets", "size"];
        let expected: Vec<String> =
            guards.iter().map(|guard| format!("{guard} cannot_be_read")).collect();
        assert_eq!(codes, expected);
    }
}
