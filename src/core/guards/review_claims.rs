//! The guard `claims` of a review: what it says beside what it looked at. Words prove nothing, so it
//! only warns.

use std::sync::LazyLock;

use regex::Regex;

use super::code::FindingCode;
use super::diff::Diff;
use super::finding::GuardFinding;
use super::name::GuardName;
use super::result::GuardResult;
use super::sentence::Sentence;

/// How many files are named that did not change.
const MOST_NAMED: usize = 10;

/// What a review says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewClaims {
    pub approves: bool,
    /// Its findings: the files that they name, if they name any, and their words.
    pub findings: Vec<(Option<String>, String)>,
}

/// Compares what a review says with itself, and with the change; none if that cannot be read.
pub fn review_claims(diff: Option<&Diff<'_>>, facts: &ReviewClaims) -> GuardResult {
    static MUST: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?i)\b(?:must|blocker|blocking)\b").expect("a pattern"));
    let mut findings = Vec::new();
    if facts.approves
        && let Some((_, text)) = facts.findings.iter().find(|(_, text)| MUST.is_match(text))
    {
        let form = "It approves, and says that something must change: {}.";
        findings.push(found(FindingCode::ApprovedWithMust, Sentence::of(form, &[text])));
    }
    if let Some(diff) = diff {
        let mut elsewhere: Vec<&String> = Vec::new();
        for path in facts.findings.iter().filter_map(|(path, _)| path.as_ref()) {
            let changed = diff.files.iter().any(|file| file.changed_paths().any(|one| one == path));
            if !changed && !elsewhere.contains(&path) {
                elsewhere.push(path);
            }
        }
        let form = "It found something in {}, which does not change.";
        let named = elsewhere.iter().take(MOST_NAMED);
        findings.extend(
            named.map(|path| found(FindingCode::FoundElsewhere, Sentence::of(form, &[path]))),
        );
    }
    let seen = Sentence::of("what it says agrees with what changed", &[]);
    GuardResult::new(GuardName::Claims, seen, findings)
}

fn found(code: FindingCode, said: Sentence) -> GuardFinding {
    GuardFinding::new(GuardName::Claims, code, said)
}
