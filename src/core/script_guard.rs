//! What a guard that is a script of `kind = "json"` is told, and what it may answer.
//!
//! On its input stands one JSON object, [`ScriptFacts`]. On its output it writes another one, alone:
//!
//! ```json
//! {"findings": [{"grade": "block", "said": "No test for it.", "path": "src/door.rs", "line": 12}]}
//! ```
//!
//! An empty list passes. Whatever else it prints there, or no list at all, does not.

use serde::{Deserialize, Serialize};

use super::guards::GuardGrade;

/// The most findings that are read of one answer.
const MOST_FINDINGS: usize = 100;

/// The most characters of what one finding says.
const MOST_SAID: usize = 500;

/// What a script is told of the change that it judges. Fields are only ever added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptFacts {
    /// `owner/name`.
    pub repository: String,
    pub pull: i64,
    pub issue: Option<i64>,
    /// The branch that the change is to be merged into, and the commit that it begins at.
    pub target: String,
    pub base: String,
    pub head: String,
    /// The account that wrote it.
    pub author: Option<String>,
    /// The paths of all files that it changes.
    pub files: Vec<String>,
}

/// What a script found, as it says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ScriptFinding {
    pub grade: GuardGrade,
    /// What it found, in words for people.
    pub said: String,
    #[serde(default)]
    pub path: Option<String>,
    #[serde(default)]
    pub line: Option<u32>,
}

/// Why an answer is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoScriptAnswer {
    #[error("it printed nothing: print {{\"findings\": []}} if there is nothing to find")]
    Empty,
    #[error("it printed more than can be read")]
    TooLong,
    #[error("it printed no JSON object with a list \"findings\": {0}")]
    NotUnderstood(String),
    #[error("it has {0} findings, more than {MOST_FINDINGS}: tell what they have in common")]
    TooMany(usize),
}

#[derive(Deserialize)]
struct Answer {
    findings: Vec<ScriptFinding>,
}

/// Reads what a script printed.
///
/// # Errors
/// If that is no answer; then it has not passed.
pub fn read_answer(output: &[u8]) -> Result<Vec<ScriptFinding>, NoScriptAnswer> {
    if output.trim_ascii().is_empty() {
        return Err(NoScriptAnswer::Empty);
    }
    let answer: Answer = serde_json::from_slice(output)
        .map_err(|error| NoScriptAnswer::NotUnderstood(error.to_string()))?;
    let mut findings = answer.findings;
    if findings.len() > MOST_FINDINGS {
        return Err(NoScriptAnswer::TooMany(findings.len()));
    }
    for finding in &mut findings {
        if let Some((end, _)) = finding.said.char_indices().nth(MOST_SAID) {
            finding.said.truncate(end);
            finding.said.push('…');
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use crate::core::script_guard::*;

    #[test]
    fn an_answer_is_one_object_with_a_list() {
        assert_eq!(read_answer(b"{\"findings\": []}\n"), Ok(vec![]));
        let one = br#"{"findings": [{"grade": "ask", "said": "Why?", "path": "a.rs", "line": 3}]}"#;
        let finding = ScriptFinding {
            grade: GuardGrade::Ask,
            said: "Why?".to_owned(),
            path: Some("a.rs".to_owned()),
            line: Some(3),
        };
        assert_eq!(read_answer(one), Ok(vec![finding]));
    }

    #[test]
    fn what_is_no_answer_has_not_passed() {
        for output in [
            "",
            "  \n",
            "ok",
            "{}",
            "[]",
            "null",
            r#"{"findings": null}"#,
            r#"{"findings": []} and more"#,
            r#"{"findings": [{"grade": "pass", "said": ""}]}"#,
            r#"{"findings": [{"said": "no grade"}]}"#,
        ] {
            assert!(read_answer(output.as_bytes()).is_err(), "{output}");
        }
        let many = vec![r#"{"grade":"warn","said":"x"}"#; 101].join(",");
        let many = format!("{{\"findings\":[{many}]}}");
        assert_eq!(read_answer(many.as_bytes()), Err(NoScriptAnswer::TooMany(101)));
    }

    #[test]
    fn what_it_says_is_cut() {
        let long = format!(r#"{{"findings":[{{"grade":"warn","said":"{}"}}]}}"#, "ä".repeat(9000));
        let found = read_answer(long.as_bytes()).unwrap();
        assert_eq!(found[0].said.chars().count(), MOST_SAID + 1);
    }
}
