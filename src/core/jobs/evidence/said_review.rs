//! What a result line says of a pull request: an opinion, and findings with file and line. Bounded,
//! and of a wrong type left out, as all that agents say.

use serde_json::{Map, Value};

use super::visible_lines::visible_lines;
use crate::core::jobs::ids::Commit;
use crate::core::jobs::review::{ReviewClaim, ReviewFinding};
use crate::core::model::verdict::Opinion;

/// How many findings are kept: nobody reads more at once.
const MOST_FINDINGS: usize = 50;

/// How much of one is kept, in characters, and how long a path may be, in bytes.
const LONGEST_FINDING: usize = 2000;
const LONGEST_PATH: usize = 400;

/// What `fields` say, of the commit that they name.
pub(super) fn review(fields: &Map<String, Value>, commit: Option<Commit>) -> ReviewClaim {
    let said = fields.get("findings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut findings = said.iter().filter_map(finding);
    let kept: Vec<ReviewFinding> = findings.by_ref().take(MOST_FINDINGS).collect();
    let left_out = u32::try_from(findings.count()).unwrap_or(u32::MAX);
    ReviewClaim { opinion: opinion(fields), commit, findings: kept, left_out }
}

/// What is not understood is no opinion, and never an approval.
fn opinion(fields: &Map<String, Value>) -> Opinion {
    let said = fields.get("verdict").and_then(Value::as_str).unwrap_or_default();
    match said.trim().to_ascii_lowercase().as_str() {
        "approved" | "approve" => Opinion::Approved,
        "changes_requested" | "request_changes" => Opinion::ChangesRequested,
        _ => Opinion::Comment,
    }
}

/// One that says nothing is none.
fn finding(said: &Value) -> Option<ReviewFinding> {
    let (text, path, line) = match said {
        Value::String(text) => (text.as_str(), None, None),
        Value::Object(fields) => {
            let words = |name| fields.get(name).and_then(Value::as_str);
            (words("text").or_else(|| words("body"))?, path(fields), line(fields))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    };
    let text = visible_lines(text, LONGEST_FINDING);
    let line = line.filter(|_| path.is_some());
    (!text.is_empty()).then_some(ReviewFinding { path, line, text })
}

fn path(fields: &Map<String, Value>) -> Option<String> {
    let said = fields.get("path")?.as_str()?.trim();
    let path = said.strip_prefix("./").unwrap_or(said).trim_start_matches('/');
    let is_visible = visible_lines(path, LONGEST_PATH) == path && !path.contains(char::is_control);
    (!path.is_empty() && path.len() <= LONGEST_PATH && is_visible).then(|| path.to_owned())
}

/// A number, or how people write a range: of that the first line.
fn line(fields: &Map<String, Value>) -> Option<u32> {
    let number = match fields.get("line")? {
        Value::Number(number) => number.as_u64().and_then(|line| u32::try_from(line).ok()),
        Value::String(text) => {
            let first = text.trim().trim_start_matches(['L', 'l']).split(['-', ':']).next();
            first.and_then(|line| line.trim().parse().ok())
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.filter(|line| *line > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::core::jobs::AgentClaim;
    use crate::core::jobs::evidence::read_result;
    use crate::core::jobs::evidence::said_review::*;

    fn read(result: &Value) -> ReviewClaim {
        let claim = read_result(&format!("timmy-result: {result}")).claim;
        let AgentClaim::Review(claim) = claim else { panic!("{claim:?}") };
        *claim
    }

    #[test]
    fn an_opinion_and_findings_are_read() {
        let commit = "8b195ee0".repeat(5);
        let claim = read(&json!({
            "outcome": "review", "verdict": "changes_requested", "commit": commit,
            "summary": "Two things.",
            "findings": [
                { "path": "./src/a.rs", "line": 12, "text": "Oil\nit." },
                { "path": "src/b.rs", "line": "L3-9", "text": "And this." },
                { "path": "src/b.rs", "text": "All of it." },
                "In general.",
            ],
        }));
        assert_eq!(claim.opinion, Opinion::ChangesRequested);
        assert_eq!(claim.commit.map(|commit| commit.to_string()), Some(commit));
        let found: Vec<_> = claim
            .findings
            .iter()
            .map(|found| (found.path.as_deref(), found.line, found.text.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (Some("src/a.rs"), Some(12), "Oil\nit."),
                (Some("src/b.rs"), Some(3), "And this."),
                (Some("src/b.rs"), None, "All of it."),
                (None, None, "In general."),
            ]
        );
    }

    #[test]
    fn what_is_not_understood_never_approves() {
        for verdict in
            [json!("lgtm"), json!("approved!"), json!(true), json!(null), json!(["approved"])]
        {
            let claim = read(&json!({ "outcome": "review", "verdict": verdict }));
            assert_eq!(claim.opinion, Opinion::Comment, "{verdict}");
        }
        assert_eq!(
            read(&json!({ "outcome": "review", "verdict": "APPROVED " })).opinion,
            Opinion::Approved
        );
    }

    #[test]
    fn hostile_findings_are_bounded_and_left_out() {
        let many = vec![json!({ "path": "a.rs", "line": 1, "text": "x" }); 500];
        let claim = read(&json!({ "outcome": "review", "findings": many }));
        assert_eq!((claim.findings.len(), claim.left_out), (MOST_FINDINGS, 450));
        let claim = read(&json!({ "outcome": "review", "findings": [
            { "path": "a.rs", "line": 1 },
            { "path": "a.rs", "line": 1, "text": " \u{202e}\u{200b} " },
            { "path": 3, "line": -3, "text": "y".repeat(5000) },
            { "path": "x\u{202e}y", "line": 1e99, "text": "z" },
            { "path": "p".repeat(500), "line": 0, "text": "z" },
            { "path": "a\nb", "line": 1, "text": "z" },
            null, 7, [], {},
        ] }));
        let found: Vec<_> =
            claim.findings.iter().map(|f| (f.path.is_some(), f.line, f.text.len())).collect();
        assert_eq!(
            found,
            [(false, None, 2000), (false, None, 1), (false, None, 1), (false, None, 1)]
        );
        assert_eq!(read(&json!({ "outcome": "review", "findings": "a.rs:1" })).findings, []);
    }
}
