//! The tools that a model may call: what it is told of them, and what its calls mean.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::answer::RequestedCall;
use super::path::RepoPath;

/// The longest summary that is kept, in characters.
const LONGEST_SUMMARY: usize = 8_000;

/// What a review may say in all.
const VERDICTS: [&str; 3] = ["approved", "changes_requested", "comment"];

/// To who says that nothing has to change, and not what shows it.
const NOTHING_SHOWN: &str =
    "Name what shows that nothing has to change: `files`, `commit` or `pull`.";

/// The longest title, in characters.
const LONGEST_TITLE: usize = 120;

/// Which tools there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Toolset {
    /// For work whose result is a commit.
    Change,
    /// For work whose result is a text.
    Look,
    /// For a review.
    Review,
}

/// A call that can be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ToolUse {
    /// The files below a folder; none is the root.
    List {
        folder: Option<RepoPath>,
    },
    /// The lines that hold a text.
    Search {
        text: String,
        folder: Option<RepoPath>,
    },
    /// Some lines of a file, from 1 on.
    Read {
        path: RepoPath,
        from: usize,
        lines: usize,
    },
    /// A file, or a text in it that stands there once, gets this content.
    Write {
        path: RepoPath,
        content: String,
        replaces: Option<String>,
    },
    Delete {
        path: RepoPath,
    },
    Finish(Finish),
}

/// How the model ends its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finish {
    /// What was written becomes a commit and a pull request.
    Change { title: String, summary: String },
    /// Nothing has to change: the summary says why.
    NoChange { shown: Shown, summary: String },
    /// It cannot go on without a person.
    Blocked { summary: String },
    /// Its result is this text.
    Comment { summary: String },
    /// Its result is this review, with findings as the model gave them.
    Review { verdict: String, findings: Vec<GivenFinding>, summary: String },
}

/// What shows that nothing has to change: one of these at least.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shown {
    #[serde(default, skip_serializing_if = "Value::is_null")]
    files: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    commit: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pull: Value,
}

impl Shown {
    /// Models fill in what they leave out as well.
    fn is_nothing(&self) -> bool {
        let is_empty = |value: &Value| match value {
            Value::String(text) => text.trim().is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Number(_) => false,
            Value::Null | Value::Bool(_) | Value::Object(_) => true,
        };
        [&self.files, &self.commit, &self.pull].into_iter().all(is_empty)
    }
}

/// What a model found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GivenFinding {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "number")]
    pub(super) line: Option<usize>,
    pub(super) text: String,
}

impl Toolset {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Change => &["list", "search", "read", "write", "delete", "finish"],
            Self::Look | Self::Review => &["list", "search", "read", "finish"],
        }
    }

    fn outcomes(self) -> &'static [&'static str] {
        match self {
            Self::Change => &["pull_request", "no_change", "blocked"],
            Self::Look => &["comment", "no_change", "blocked"],
            Self::Review => &["review", "blocked"],
        }
    }

    /// The tools as a request describes them.
    pub(super) fn described(self) -> Box<RawValue> {
        let tools: Vec<Value> = self.names().iter().map(|name| self.described_tool(name)).collect();
        to_raw_value(&tools).expect("JSON becomes JSON")
    }

    fn described_tool(self, name: &str) -> Value {
        let text = |what: &str| json!({ "type": "string", "description": what });
        let number = |what: &str| json!({ "type": "integer", "minimum": 1, "description": what });
        let path = || text("Path from the root of the repository on, such as src/main.rs");
        let folder = || text("Only below this folder; leave it out for the whole repository");
        let (what, properties, required): (&str, Value, &[&str]) = match name {
            "list" => (
                "Lists the files of the repository with their sizes.",
                json!({ "folder": folder() }),
                &[],
            ),
            "search" => (
                "Finds the lines of text files that hold a text, word for word.",
                json!({ "text": text("The text, on one line"), "folder": folder() }),
                &["text"],
            ),
            "read" => (
                "Reads a text file, with your own changes in it.",
                json!({
                    "path": path(),
                    "from": number("The first line; 1 if left out"),
                    "lines": number("How many lines; 400 if left out"),
                }),
                &["path"],
            ),
            "write" => (
                "Writes a file: all of it, or one place in it. Nothing is committed before `finish`.",
                json!({
                    "path": path(),
                    "content": text("The whole new content of the file, or what takes the place of `replaces`"),
                    "replaces": text("Leave it out to write the whole file. Else the exact text that `content` takes the place of; it must stand in the file exactly once"),
                }),
                &["path", "content"],
            ),
            "delete" => ("Deletes a file.", json!({ "path": path() }), &["path"]),
            _ if self == Self::Review => (
                "Ends your work. With outcome review, what you say is posted as your review.",
                json!({
                    "outcome": { "type": "string", "enum": self.outcomes() },
                    "verdict": { "type": "string", "enum": VERDICTS },
                    "summary": text("What you found in all; for blocked what a person has to decide"),
                    "findings": { "type": "array", "items": {
                        "type": "object",
                        "properties": {
                            "path": path(),
                            "line": number("The line of the file as it is proposed"),
                            "text": text("What is wrong, and what would be right"),
                        },
                        "required": ["text"],
                    } },
                }),
                &["outcome", "summary"],
            ),
            _ => (
                "Ends your work. With outcome pull_request all your changes become one commit and a pull request.",
                json!({
                    "outcome": { "type": "string", "enum": self.outcomes() },
                    "title": text("For pull_request: what the change does, in one line"),
                    "summary": text("What you did and how each acceptance item is met; for no_change why nothing has to change; for blocked what a person has to decide"),
                    "files": { "type": "array", "items": path(), "description": "For no_change: the files that show it" },
                    "commit": text("For no_change: the full name of a commit that shows it"),
                    "pull": number("For no_change: the number of a pull request that shows it"),
                }),
                &["outcome", "summary"],
            ),
        };
        json!({ "type": "function", "function": {
            "name": name,
            "description": what,
            "parameters": { "type": "object", "properties": properties, "required": required },
        } })
    }

    /// What a call means, or the words that tell its model what is wrong with it.
    pub(super) fn understand(self, call: &RequestedCall) -> Result<ToolUse, String> {
        let name = plain_name(&call.name);
        if !self.names().contains(&name) {
            let names = self.names().join(", ");
            return Err(format!("There is no tool of this name. The tools are: {names}."));
        }
        match name {
            "list" => {
                let List { folder } = arguments(call)?;
                Ok(ToolUse::List { folder: optional_folder(folder)? })
            }
            "search" => {
                let Search { text, folder } = arguments(call)?;
                if text.trim().is_empty() || text.contains('\n') {
                    return Err("`text` must be a text on one line.".to_owned());
                }
                Ok(ToolUse::Search { text, folder: optional_folder(folder)? })
            }
            "read" => {
                let Read { path, from, lines } = arguments(call)?;
                let (from, lines) = (from.unwrap_or(1).max(1), lines.unwrap_or(400).max(1));
                Ok(ToolUse::Read { path: repo_path(&path)?, from, lines })
            }
            "write" => {
                let Write { path, content, replaces } = arguments(call)?;
                let replaces = replaces.filter(|text| !text.is_empty());
                Ok(ToolUse::Write { path: repo_path(&path)?, content, replaces })
            }
            "delete" => {
                let Delete { path } = arguments(call)?;
                Ok(ToolUse::Delete { path: repo_path(&path)? })
            }
            _ => self.finish(arguments(call)?).map(ToolUse::Finish),
        }
    }

    fn finish(self, given: GivenFinish) -> Result<Finish, String> {
        let GivenFinish { outcome, title, summary, verdict, findings, shown } = given;
        let summary: String = summary.trim().chars().take(LONGEST_SUMMARY).collect();
        if summary.is_empty() {
            return Err("`summary` is empty: say what you did.".to_owned());
        }
        if !self.outcomes().contains(&outcome.as_str()) {
            return Err(format!("`outcome` must be one of: {}.", self.outcomes().join(", ")));
        }
        Ok(match outcome.as_str() {
            "pull_request" => {
                let title = title.filter(|title| !title.trim().is_empty());
                let title = title.unwrap_or_else(|| summary.clone());
                Finish::Change { title: title_line(&title), summary }
            }
            "comment" => Finish::Comment { summary },
            "review" => {
                let verdict = verdict.unwrap_or_default().trim().to_ascii_lowercase();
                if !VERDICTS.contains(&verdict.as_str()) {
                    return Err(format!("`verdict` must be one of: {}.", VERDICTS.join(", ")));
                }
                Finish::Review { verdict, findings: findings.unwrap_or_default(), summary }
            }
            "no_change" if shown.is_nothing() => return Err(NOTHING_SHOWN.to_owned()),
            "no_change" => Finish::NoChange { shown, summary },
            _ => Finish::Blocked { summary },
        })
    }
}

/// The name without what some models write around it: `functions.read`, `read<|channel|>json`.
fn plain_name(name: &str) -> &str {
    let name = name.split("<|").next().unwrap_or_default().trim();
    name.rsplit(['.', ':', '/']).next().unwrap_or_default()
}

/// The first line, cut at a word.
fn title_line(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default().trim();
    if line.chars().count() <= LONGEST_TITLE {
        return line.to_owned();
    }
    let cut: String = line.chars().take(LONGEST_TITLE).collect();
    let words = cut.rsplit_once(char::is_whitespace).map_or(cut.as_str(), |(words, _)| words);
    format!("{words}…")
}

fn arguments<T: DeserializeOwned>(call: &RequestedCall) -> Result<T, String> {
    let text = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
    let value: Value = serde_json::from_str(text)
        .map_err(|error| format!("The arguments are no JSON ({error})."))?;
    serde_json::from_value(value).map_err(|error| format!("The arguments do not fit: {error}."))
}

fn repo_path(text: &str) -> Result<RepoPath, String> {
    text.parse().map_err(|error| format!("{error}."))
}

/// The folder that is meant; none for the root.
fn optional_folder(text: Option<String>) -> Result<Option<RepoPath>, String> {
    match text.as_deref().map(str::trim) {
        None | Some("" | "." | "./" | "/") => Ok(None),
        Some(text) => repo_path(text).map(Some),
    }
}

#[derive(Deserialize)]
struct List {
    #[serde(default, alias = "path")]
    folder: Option<String>,
}

#[derive(Deserialize)]
struct Search {
    text: String,
    #[serde(default, alias = "path")]
    folder: Option<String>,
}

#[derive(Deserialize)]
struct Read {
    path: String,
    #[serde(default, deserialize_with = "number")]
    from: Option<usize>,
    #[serde(default, deserialize_with = "number")]
    lines: Option<usize>,
}

#[derive(Deserialize)]
struct Write {
    path: String,
    content: String,
    #[serde(default)]
    replaces: Option<String>,
}

#[derive(Deserialize)]
struct Delete {
    path: String,
}

#[derive(Deserialize)]
struct GivenFinish {
    outcome: String,
    #[serde(default)]
    title: Option<String>,
    summary: String,
    #[serde(default)]
    verdict: Option<String>,
    #[serde(default)]
    findings: Option<Vec<GivenFinding>>,
    #[serde(flatten)]
    shown: Shown,
}

/// A number, also where a model writes it as a text.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::String(text) => text.trim().parse().map(Some).map_err(D::Error::custom),
        other => serde_json::from_value(other).map(Some).map_err(D::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::openai::tools::*;

    fn understood(name: &str, arguments: &str) -> Result<ToolUse, String> {
        Toolset::Change
            .understand(&RequestedCall { name: name.into(), arguments: arguments.into() })
    }

    fn path(text: &str) -> RepoPath {
        text.parse().unwrap()
    }

    #[test]
    fn calls_are_read_as_models_write_them() {
        for (name, arguments, meant) in [
            ("list", "", ToolUse::List { folder: None }),
            ("list", r#"{"path": "src"}"#, ToolUse::List { folder: Some(path("src")) }),
            (
                "functions.read",
                r#"{"path":"./a","from":"3","extra":true}"#,
                ToolUse::Read { path: path("a"), from: 3, lines: 400 },
            ),
            (
                "read<|channel|>commentary",
                r#"{"path":"a","lines":0}"#,
                ToolUse::Read { path: path("a"), from: 1, lines: 1 },
            ),
            (
                "write",
                r#"{"path":"a","content":"x","replaces":""}"#,
                ToolUse::Write { path: path("a"), content: "x".into(), replaces: None },
            ),
            ("delete", r#"{"path":"a"}"#, ToolUse::Delete { path: path("a") }),
            (
                "finish",
                r#"{"outcome":"pull_request","summary":"Mend the hinge\n\nIt was loose."}"#,
                ToolUse::Finish(Finish::Change {
                    title: "Mend the hinge".into(),
                    summary: "Mend the hinge\n\nIt was loose.".into(),
                }),
            ),
        ] {
            assert_eq!(understood(name, arguments), Ok(meant), "{name} {arguments}");
        }
    }

    #[test]
    fn what_does_not_fit_is_explained() {
        for (name, arguments, words) in [
            ("run", "{}", "The tools are: list, search, read, write, delete, finish."),
            ("read", "{", "no JSON"),
            ("read", "[]", "do not fit"),
            ("read", r#""{\"path\":\"a\"}""#, "do not fit"),
            ("read", r#"{"path":7}"#, "do not fit"),
            ("read", r#"{"path":"a","from":"x"}"#, "do not fit"),
            ("write", r#"{"path":"a"}"#, "content"),
            ("write", r#"{"path":"../a","content":""}"#, "within the repository"),
            ("write", r#"{"path":".git/config","content":""}"#, "belongs to git"),
            ("search", r#"{"text":"a\nb"}"#, "one line"),
            ("finish", r#"{"outcome":"merged","summary":"x"}"#, "pull_request, no_change, blocked"),
            ("finish", r#"{"outcome":"blocked","summary":" "}"#, "empty"),
        ] {
            let said = understood(name, arguments).unwrap_err();
            assert!(said.contains(words), "{name} {arguments}: {said}");
        }
    }

    #[test]
    fn who_looks_writes_nothing() {
        let write = RequestedCall {
            name: "write".into(),
            arguments: r#"{"path":"a","content":""}"#.into(),
        };
        assert!(Toolset::Look.understand(&write).is_err());
        let described = Toolset::Look.described();
        assert!(!described.get().contains(r#""name":"write""#));
        assert!(described.get().contains("comment"));
    }

    #[test]
    fn a_review_ends_with_a_verdict_and_findings() {
        let call = |arguments: &str| {
            Toolset::Review
                .understand(&RequestedCall { name: "finish".into(), arguments: arguments.into() })
        };
        let said = call(
            r#"{"outcome":"review","verdict":"Approved","summary":"Good.","findings":[{"path":"a.rs","line":"3","text":"x"},{"text":"y"}]}"#,
        );
        let finding = |path: Option<&str>, line, text: &str| GivenFinding {
            path: path.map(str::to_owned),
            line,
            text: text.to_owned(),
        };
        let findings = vec![finding(Some("a.rs"), Some(3), "x"), finding(None, None, "y")];
        let (verdict, summary) = ("approved".to_owned(), "Good.".to_owned());
        assert_eq!(said, Ok(ToolUse::Finish(Finish::Review { verdict, findings, summary })));
        for (arguments, words) in [
            (r#"{"outcome":"review","summary":"x"}"#, "`verdict` must be one of: approved"),
            (r#"{"outcome":"review","verdict":"lgtm","summary":"x"}"#, "`verdict` must be one of"),
            (r#"{"outcome":"comment","summary":"x"}"#, "review, blocked"),
            (
                r#"{"outcome":"review","verdict":"approved","summary":"x","findings":[3]}"#,
                "do not fit",
            ),
        ] {
            let refused = call(arguments).unwrap_err();
            assert!(refused.contains(words), "{arguments}: {refused}");
        }
        assert!(Toolset::Review.described().get().contains("findings"));
    }

    #[test]
    fn a_title_is_a_line() {
        assert_eq!(title_line("  a\nb"), "a");
        let long = title_line(&"word ".repeat(100));
        assert!(long.ends_with("word…") && long.chars().count() <= LONGEST_TITLE, "{long}");
    }
}
