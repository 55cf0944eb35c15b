//! The line with which an agent ends: `timmy-result: {"outcome":"pull_request","pull":12,...}`.
//!
//! The last line counts that can be read and stands outside of fences and quotes, so that what an
//! agent quotes says nothing. One in a fence counts only if nothing stands behind it but the end of
//! that fence: some models fence whatever looks like code.

use serde_json::{Map, Value};

use super::said_review::review;
use super::visible_lines::visible_lines;
use crate::core::command::invisible::Invisible;
use crate::core::jobs::event::{AgentClaim, Citation};
use crate::core::jobs::ids::Commit;

/// How much of a text is looked at, from its end, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// The longest line that is read, in bytes.
const LONGEST_RESULT_LINE: usize = 64 << 10;

/// What stands for the beginning of a line that was too long to be kept whole.
pub const CUT_RESULT_LINE: &str = "timmy-result: {…";

/// How many characters of its summary are kept, and of its whole text.
const LONGEST_SUMMARY: usize = 2000;
const LONGEST_WORDS: usize = 30_000;

/// How many things it may cite, and how long a path may be, in bytes.
const MOST_CITED: usize = 20;
const LONGEST_PATH: usize = 500;

/// What an agent said in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentResult {
    pub claim: AgentClaim,
    /// What its change is to be called.
    pub title: Option<String>,
    /// In its own words: foreign text, bounded and without invisible characters; may be empty.
    pub summary: String,
    /// The same with its line breaks, and at greater length: where the summary is the result.
    pub words: String,
    /// Whether its line was too long to be read, so that nothing of it is known.
    pub is_too_long: bool,
}

/// What the agent that ended with `text` says that it did.
pub fn read_result(text: &str) -> AgentResult {
    let lines = result_lines(tail(text));
    let outside = lines.iter().rev().filter(|line| !line.is_fenced);
    let last = lines.last().filter(|line| line.is_fenced && line.ends_text);
    last.into_iter().chain(outside).find_map(|line| parse(line.json)).unwrap_or(AgentResult {
        claim: AgentClaim::Nothing,
        title: None,
        summary: String::new(),
        words: String::new(),
        is_too_long: lines.iter().any(|line| !line.is_fenced && is_too_long(line.json)),
    })
}

/// Whether a line begins as a result does.
pub fn begins_as_result(line: &str) -> bool {
    result_in(line).is_some()
}

fn is_too_long(json: &str) -> bool {
    json.len() > LONGEST_RESULT_LINE || json.starts_with("{…")
}

/// All that the line says which counts, of an agent that ended with `text`.
pub(super) fn result_fields(text: &str) -> Option<Map<String, Value>> {
    let lines = result_lines(tail(text));
    let outside = lines.iter().rev().filter(|line| !line.is_fenced);
    let last = lines.last().filter(|line| line.is_fenced && line.ends_text);
    let counts = last.into_iter().chain(outside).find(|line| parse(line.json).is_some())?;
    serde_json::from_str(counts.json).ok()
}

/// The end of `text` that is looked at.
fn tail(text: &str) -> &str {
    let mut start = text.len().saturating_sub(LONGEST_TEXT);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

/// A line that begins as a result does.
struct ResultLine<'a> {
    json: &'a str,
    is_fenced: bool,
    /// Whether only the ends of fences stand behind it.
    ends_text: bool,
}

fn result_lines(text: &str) -> Vec<ResultLine<'_>> {
    let mut found: Vec<ResultLine<'_>> = Vec::new();
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let line = line.trim();
        let mark = fence_mark(line);
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if closes(open, mark, line) => fence = None,
            _ => {
                if let Some(json) = result_in(line) {
                    let is_fenced = fence.is_some();
                    found.push(ResultLine { json, is_fenced, ends_text: true });
                } else if let Some(last) = found.last_mut().filter(|_| !line.is_empty()) {
                    last.ends_text = false;
                }
            }
        }
    }
    found
}

/// The run of marks with which a line begins or ends a fence.
fn fence_mark(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let run = &line[..line.len() - rest.len()];
    // A line of inline code has more of them behind.
    (run.len() >= 3 && (mark == '~' || !rest.contains('`'))).then_some(run)
}

fn closes(open: &str, mark: &str, line: &str) -> bool {
    mark.starts_with(open) && line.len() == mark.len()
}

/// What stands behind `timmy-result:` in a line that begins so, whatever emphasis is around it.
fn result_in(line: &str) -> Option<&str> {
    const NAME: &str = "timmy-result";
    let around = |c: char| matches!(c, '`' | '*' | '_') || c.is_whitespace();
    let line = line.trim_matches(around);
    let (name, rest) = line.split_at_checked(NAME.len())?;
    if !name.eq_ignore_ascii_case(NAME) {
        return None;
    }
    let json = rest.trim_start_matches(around).strip_prefix(':')?;
    let json = json.trim_matches(around);
    json.starts_with('{').then_some(json)
}

fn parse(json: &str) -> Option<AgentResult> {
    if is_too_long(json) {
        return None;
    }
    let fields: Map<String, Value> = serde_json::from_str(json).ok()?;
    let claim = match fields.get("outcome")?.as_str()?.trim().to_ascii_lowercase().as_str() {
        "pull_request" => {
            AgentClaim::PullRequest { number: number(&fields), commit: commit(&fields) }
        }
        // What comes of a plan or of a proposal is in the words.
        "comment" | "plan" | "split" => AgentClaim::Comment,
        "review" => AgentClaim::Review(Box::new(review(&fields, commit(&fields)))),
        "no_change" => AgentClaim::NoChange { cited: cited(&fields) },
        "blocked" => AgentClaim::Blocked,
        _ => return None,
    };
    let summary = fields.get("summary").and_then(Value::as_str).unwrap_or_default();
    let words = visible_lines(summary, LONGEST_WORDS);
    let title = fields.get("title").and_then(Value::as_str).map(plain);
    let title = title.filter(|title| !title.is_empty());
    Some(AgentResult { claim, title, summary: plain(summary), words, is_too_long: false })
}

/// The pull request: a number, or how people write one.
fn number(fields: &Map<String, Value>) -> Option<i64> {
    let number = match fields.get("pull")? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().trim_start_matches('#').parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.filter(|number| *number > 0)
}

/// The commit, by its full name: an abbreviated one names nothing for sure.
fn commit(fields: &Map<String, Value>) -> Option<Commit> {
    fields.get("commit")?.as_str()?.trim().to_ascii_lowercase().parse().ok()
}

fn cited(fields: &Map<String, Value>) -> Vec<Citation> {
    let files = match fields.get("files") {
        Some(Value::Array(files)) => files.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(file)) => vec![file.as_str()],
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            Vec::new()
        }
    };
    let is_path = |path: &&str| !path.is_empty() && path.len() <= LONGEST_PATH;
    let files = files.into_iter().map(str::trim).filter(is_path);
    let commit = commit(fields).map(Citation::Commit);
    let pull = number(fields).map(Citation::Pull);
    let files = files.map(|path| Citation::File(path.to_owned()));
    commit.into_iter().chain(pull).chain(files).take(MOST_CITED).collect()
}

/// `text` without what cannot be seen, cut to what is kept.
fn plain(text: &str) -> String {
    let visible = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let visible = visible.filter(|c| Invisible::new(*c).is_none());
    visible.take(LONGEST_SUMMARY).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::evidence::result_line::*;

    const COMMIT: &str = "8b195ee08b195ee08b195ee08b195ee08b195ee0";

    fn claim(text: &str) -> AgentClaim {
        read_result(text).claim
    }

    fn pull(number: i64) -> AgentClaim {
        AgentClaim::PullRequest { number: Some(number), commit: None }
    }

    fn line(number: i64) -> String {
        format!(r#"timmy-result: {{"outcome":"pull_request","pull":{number}}}"#)
    }

    #[test]
    fn the_last_line_says_what_was_done() {
        let text = format!(
            "Done.\n\ntimmy-result: {{\"outcome\":\"pull_request\",\"pull\":12,\"commit\":\"{COMMIT}\",\
             \"summary\":\"Keeps sessions\"}}\n"
        );
        let AgentResult { claim, summary, .. } = read_result(&text);
        let commit = Some(COMMIT.parse().unwrap());
        assert_eq!(claim, AgentClaim::PullRequest { number: Some(12), commit });
        assert_eq!(summary, "Keeps sessions");
        for (outcome, expected) in [
            ("comment", AgentClaim::Comment),
            ("blocked", AgentClaim::Blocked),
            ("no_change", AgentClaim::NoChange { cited: Vec::new() }),
            ("Comment ", AgentClaim::Comment),
        ] {
            let text = format!(r#"timmy-result: {{"outcome":"{outcome}"}}"#);
            assert_eq!(self::claim(&text), expected);
        }
    }

    #[test]
    fn of_two_results_the_later_that_can_be_read_counts() {
        assert_eq!(claim(&format!("{}\n{}", line(1), line(2))), pull(2));
        let broken = "timmy-result: {\"outcome\":\"pull_request\"";
        assert_eq!(claim(&format!("{}\n{broken}", line(1))), pull(1));
        let unknown = "timmy-result: {\"outcome\":\"merged\"}";
        assert_eq!(claim(&format!("{}\n{unknown}\nBye.", line(1))), pull(1));
    }

    #[test]
    fn what_is_quoted_or_fenced_says_nothing() {
        let quoted = line(66);
        for before in ["```\n{}\n```\n", "> {}\n", "~~~text\n{}\n```\n~~~\n", "The issue says {}\n"]
        {
            let before = before.replace("{}", &quoted);
            assert_eq!(claim(&format!("{}\n{before}and more", line(1))), pull(1), "{before}");
            assert_eq!(claim(&format!("{before}and more")), AgentClaim::Nothing, "{before}");
        }
    }

    #[test]
    fn the_very_last_line_counts_in_a_fence_too() {
        for text in [
            "Done:\n```\n{}\n```\n\n",
            "Done:\n```json\n{}\n```",
            "Look:\n```\nunclosed\n\n{}\n",
            "`{}`",
            "**{}**",
            "```{}```",
            "- done\n\n    {}\n",
        ] {
            assert_eq!(claim(&text.replace("{}", &line(7))), pull(7), "{text}");
        }
        let text = format!("{}\n```\n{}\n```\n", line(1), line(2));
        assert_eq!(claim(&text), pull(2));
    }

    #[test]
    fn garbage_says_nothing() {
        let deep = format!("timmy-result: {}1{}", r#"{"outcome":"#.repeat(500), "}".repeat(500));
        let long =
            format!(r#"timmy-result: {{"outcome":"comment","summary":"{}"}}"#, "x".repeat(70_000));
        for text in [
            "",
            "\0\u{202e}",
            "timmy-result:",
            "timmy-result: pull request 12",
            "timmy-result: []",
            "timmy-result: {}",
            r#"timmy-result: {"outcome":12}"#,
            r#"timmy-result: {"outcome":["comment"]}"#,
            r#"timmy-results: {"outcome":"comment"}"#,
            r#"{"outcome":"comment"}"#,
            deep.as_str(),
            long.as_str(),
        ] {
            assert_eq!(claim(text), AgentClaim::Nothing, "{}", &text[..text.len().min(80)]);
        }
    }

    #[test]
    fn fields_of_the_wrong_type_are_left_out() {
        let read = |fields: &str| {
            claim(&format!(r#"timmy-result: {{"outcome":"pull_request",{fields}}}"#))
        };
        for (fields, number) in [
            (r#""pull":"12""#, Some(12)),
            (r##""pull":"#12""##, Some(12)),
            (r#""pull":-3"#, None),
            (r#""pull":1e99"#, None),
            (r#""pull":null"#, None),
            (r#""pull":{"number":3}"#, None),
            (r#""pull":1,"pull":2"#, Some(2)),
        ] {
            assert_eq!(read(fields), AgentClaim::PullRequest { number, commit: None }, "{fields}");
        }
        for commit in ["8b195ee", "main", "../x", "8b195ee0; rm -rf /"] {
            let fields = format!(r#""commit":"{commit}""#);
            assert_eq!(read(&fields), AgentClaim::PullRequest { number: None, commit: None });
        }
        let upper = format!(r#""commit":"{}""#, COMMIT.to_uppercase());
        let commit = Some(COMMIT.parse().unwrap());
        assert_eq!(read(&upper), AgentClaim::PullRequest { number: None, commit });
    }

    #[test]
    fn what_shows_that_nothing_has_to_change_is_cited() {
        let text = format!(
            r##"timmy-result: {{"outcome":"no_change","commit":"{COMMIT}","pull":"#9","files":["src/a.rs",3,""," b "]}}"##
        );
        let cited = vec![
            Citation::Commit(COMMIT.parse().unwrap()),
            Citation::Pull(9),
            Citation::File("src/a.rs".to_owned()),
            Citation::File("b".to_owned()),
        ];
        assert_eq!(claim(&text), AgentClaim::NoChange { cited });
        let many = serde_json::json!({ "outcome": "no_change", "files": vec!["a"; 1000] });
        let AgentClaim::NoChange { cited } = claim(&format!("timmy-result: {many}")) else {
            panic!("another claim");
        };
        assert_eq!(cited.len(), MOST_CITED);
    }

    #[test]
    fn a_summary_is_short_and_visible() {
        let text = r#"timmy-result: {"outcome":"comment","summary":" a\nb\u202e\u0000\u200bc "}"#;
        let result = read_result(text);
        assert_eq!((result.summary.as_str(), result.words.as_str()), ("a bc", "a\nbc"));
        let long = "é".repeat(3000);
        let text = format!(r#"timmy-result: {{"outcome":"comment","summary":"{long}"}}"#);
        assert_eq!(read_result(&text).summary.chars().count(), LONGEST_SUMMARY);
    }

    #[test]
    fn of_ten_megabytes_the_end_is_read() {
        let filler = "é```\n".repeat(2 << 20);
        assert_eq!(claim(&format!("{filler}\n{}", line(3))), pull(3));
        assert_eq!(claim(&format!("{}\n{filler}", line(3))), AgentClaim::Nothing);
        assert_eq!(claim(&"`".repeat(10 << 20)), AgentClaim::Nothing);
    }

    #[test]
    fn a_line_that_is_too_long_is_known_to_be_that() {
        let long = |length| {
            let words = "x".repeat(length);
            format!(r#"timmy-result: {{"outcome":"comment","summary":"{words}"}}"#)
        };
        let read = read_result(&long(LONGEST_RESULT_LINE / 2));
        assert_eq!((read.claim, read.is_too_long), (AgentClaim::Comment, false));
        for text in [long(LONGEST_RESULT_LINE), format!("{CUT_RESULT_LINE} of it\nBye.")] {
            let read = read_result(&text);
            assert_eq!((read.claim, read.is_too_long), (AgentClaim::Nothing, true));
        }
        let earlier = format!("{}\n{}", line(3), long(LONGEST_RESULT_LINE));
        assert_eq!(claim(&earlier), pull(3), "the last that can be read counts");
        assert!(!read_result("Done.").is_too_long);
        assert!(
            !read_result(&format!("```\n{}\n```\nBye.", long(LONGEST_RESULT_LINE))).is_too_long
        );
    }
}
