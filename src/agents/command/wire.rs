//! What a program is told, and what its lines say.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::agents::local::LocalOrder;
use crate::core::jobs::money::{Tokens, Usage};
use crate::core::jobs::{Commit, Purpose};
use crate::core::model::ids::RepoName;

/// The version of what is told: fields may be added to it, and none changes its meaning.
const VERSION: u32 = 1;

/// What is written to its input, on one line.
#[derive(Debug, Serialize)]
pub(super) struct CommandTask<'a> {
    version: u32,
    key: &'a str,
    purpose: Purpose,
    repository: &'a RepoName,
    base: CommandBase<'a>,
    branch: String,
    pull: Option<i64>,
    prompt: &'a str,
    limits: CommandLimits,
}

/// What the work is to be merged into.
#[derive(Debug, Serialize)]
struct CommandBase<'a> {
    branch: &'a str,
    commit: &'a Commit,
}

#[derive(Debug, Serialize)]
struct CommandLimits {
    seconds: u64,
}

impl<'a> CommandTask<'a> {
    pub(super) fn of(key: &'a str, order: &'a LocalOrder, time: std::time::Duration) -> Self {
        let LocalOrder { purpose, workplace, prompt, .. } = order;
        Self {
            version: VERSION,
            key,
            purpose: *purpose,
            repository: &workplace.repository,
            base: CommandBase { branch: &workplace.base_branch, commit: &workplace.base },
            branch: workplace.branch.to_string(),
            pull: workplace.pull,
            prompt,
            limits: CommandLimits { seconds: time.as_secs() },
        }
    }
}

/// What one of its lines says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum CommandLine {
    /// What it does now.
    Doing(String),
    /// What it used so far.
    Usage(Usage),
    /// Something for the transcript.
    Say(String),
    /// How it ends: the object of a result line.
    Result(Map<String, Value>),
    /// Why it cannot go on, as its model's server said it.
    Failed(String),
    /// Nothing that is known.
    Other(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Known {
    Doing(String),
    Usage(KnownUsage),
    Say(String),
    Result(Map<String, Value>),
    Failed(String),
}

/// All of it so far; what it does not know, it leaves out.
#[derive(Deserialize)]
struct KnownUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    usd: Option<f64>,
}

impl CommandLine {
    pub(super) fn read(line: &str) -> Self {
        match serde_json::from_str(line) {
            Ok(Known::Doing(what)) => Self::Doing(what),
            Ok(Known::Say(text)) => Self::Say(text),
            Ok(Known::Result(fields)) => Self::Result(fields),
            Ok(Known::Failed(why)) => Self::Failed(why),
            Ok(Known::Usage(usage)) => Self::Usage(usage.known()),
            Err(_) => Self::Other(line.to_owned()),
        }
    }

    /// Whether a line that is too long begins as a result does.
    pub(super) fn begins_as_result(beginning: &str) -> bool {
        let inside = beginning.trim_start().strip_prefix('{').map(str::trim_start);
        inside.is_some_and(|inside| inside.starts_with("\"result\""))
    }
}

impl KnownUsage {
    fn known(&self) -> Usage {
        let tokens = (self.input_tokens.is_some() || self.output_tokens.is_some()).then(|| {
            let of = |count: Option<u64>| count.unwrap_or_default();
            Tokens { input: of(self.input_tokens), output: of(self.output_tokens) }
        });
        Usage { tokens, micro_usd: self.usd.and_then(micro_usd) }
    }
}

/// Millionths; none of what is no amount of money.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is checked")]
fn micro_usd(usd: f64) -> Option<u64> {
    (0.0..1e9).contains(&usd).then(|| (usd * 1e6).round() as u64)
}

#[cfg(test)]
mod tests {
    use crate::agents::command::wire::*;

    #[test]
    fn lines_are_understood_and_garbage_is_kept() {
        let doing = r#"{"doing":"reads"}"#;
        assert_eq!(CommandLine::read(doing), CommandLine::Doing("reads".to_owned()));
        let usage = r#"{"usage":{"input_tokens":10,"output_tokens":2,"usd":0.25,"new":1}}"#;
        let tokens = Some(Tokens { input: 10, output: 2 });
        let known = Usage { tokens, micro_usd: Some(250_000) };
        assert_eq!(CommandLine::read(usage), CommandLine::Usage(known));
        let none = CommandLine::Usage(Usage::NONE);
        for odd in [r#"{"usage":{}}"#, r#"{"usage":{"usd":-1}}"#, r#"{"usage":{"usd":1e300}}"#] {
            assert_eq!(CommandLine::read(odd), none, "{odd}");
        }
        for garbage in ["", "hello", "{}", "[]", r#"{"doing":1}"#, r#"{"doing":"a","say":"b"}"#] {
            assert_eq!(CommandLine::read(garbage), CommandLine::Other(garbage.to_owned()));
        }
        let failed = r#"{"failed":"HTTP 429: slow down"}"#;
        let why = "HTTP 429: slow down".to_owned();
        assert_eq!(CommandLine::read(failed), CommandLine::Failed(why));
        let result = CommandLine::read(r#"{"result":{"outcome":"blocked"}}"#);
        assert!(matches!(result, CommandLine::Result(fields) if fields.len() == 1));
    }
}
