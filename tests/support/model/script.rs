//! What the model says, from the marks in a prompt.
//!
//! The last message of a user that holds marks is the script. Each mark is one answer, in order:
//!
//! | mark | answer |
//! |---|---|
//! | `[[say:TEXT]]` | this text |
//! | `[[tool:COMMAND]]` | a call of the tool `terminal` with this command |
//! | `[[call:NAME ARGUMENTS]]` | a call of that tool; the arguments as written, JSON or not |
//! | `[[call x9:NAME ARGUMENTS]]` | the same call nine times in one answer |
//! | `[[also:NAME ARGUMENTS]]` | another call in the answer before |
//! | `[[forever:COMMAND]]` | as `tool`, again and again |
//! | `[[status:CODE]]` | this HTTP status, once for the prompt |
//! | `[[always:CODE]]` | this HTTP status whenever it is asked |
//! | `[[refuse:CODE TEXT]]` | status 400 with this error code, once for the prompt |
//! | `[[drop]]` | the connection ends without an answer, once for the prompt |
//! | `[[garbage]]`, `[[huge]]` | a page of HTML; 12 MB; once for the prompt |
//! | `[[cut:TEXT]]` | an answer that breaks off |
//!
//! In front of an answer: `[[wait:GATE]]` until the test opens that gate, `[[usage:none]]` and
//! `[[usage:zero]]`, `[[ids:same]]` for calls that all have one id. Behind the last answer it repeats
//! what it heard last.

use serde_json::Value;

/// What a model is to say to one request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) said: Said,
    pub(super) waits_for: Option<String>,
    pub(super) usage: Usage,
    pub(super) same_ids: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    Text(String),
    Calls(Vec<ToolCall>),
    /// A text that breaks off in its middle.
    Cut(String),
    Status(u16, String),
    Always(u16),
    Refused(String, String),
    Nothing,
    Garbage,
    Huge,
}

impl Said {
    /// Whether the next request gets what comes behind it: a failure leaves no message.
    pub(super) fn is_passing_failure(&self) -> bool {
        !matches!(self, Self::Text(_) | Self::Calls(_) | Self::Always(_))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ToolCall {
    pub(super) name: String,
    pub(super) arguments: String,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Usage {
    Told,
    None,
    Zero,
}

pub(super) struct Script {
    /// The text that holds the marks.
    pub(super) prompt: String,
    steps: Vec<Step>,
    repeats_last: bool,
    /// How many answers stand behind the script already.
    answered: usize,
    /// What it repeats when the script is over.
    last_heard: String,
    has_tools: bool,
}

impl Script {
    pub(super) fn of(body: &Value) -> Self {
        let none = Vec::new();
        let messages = body["messages"].as_array().unwrap_or(&none);
        let scripted = messages
            .iter()
            .rposition(|message| message["role"] == "user" && !steps(&text(message)).0.is_empty());
        let prompt = scripted.map(|at| text(&messages[at])).unwrap_or_default();
        let behind = &messages[scripted.map_or(0, |at| at + 1)..];
        let answered = behind.iter().filter(|message| message["role"] == "assistant").count();
        let last_heard = match messages.last() {
            Some(last) if last["role"] == "tool" => format!("tool said: {}", text(last)),
            Some(last) => format!("echo: {}", text(last)),
            None => "hello".to_owned(),
        };
        let has_tools = body["tools"].as_array().is_some_and(|tools| !tools.is_empty());
        let (steps, repeats_last) = steps(&prompt);
        Self { prompt, steps, repeats_last, answered, last_heard, has_tools }
    }

    /// What comes next, after so many failures of this prompt.
    pub(super) fn step(&self, failures: usize) -> Step {
        let at = self.answered + failures;
        let scripted = self.steps.get(at).or(self.steps.last().filter(|_| self.repeats_last));
        match scripted {
            // Somebody who offers no tools wants words: a title, a summary.
            Some(Step { said: Said::Calls(_), .. }) if !self.has_tools => self.echo(),
            Some(step) => step.clone(),
            None => self.echo(),
        }
    }

    fn echo(&self) -> Step {
        let said = Said::Text(self.last_heard.chars().take(300).collect());
        Step { said, waits_for: None, usage: Usage::Told, same_ids: false }
    }
}

/// The text of a message, which may be in parts.
fn text(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// The answers that stand in `prompt`, and whether the last of them is for ever.
fn steps(prompt: &str) -> (Vec<Step>, bool) {
    let (mut steps, mut repeats_last) = (Vec::<Step>::new(), false);
    let (mut waits_for, mut usage, mut same_ids) = (None, Usage::Told, false);
    for mark in prompt.split("[[").skip(1).filter_map(|rest| Some(rest.split_once("]]")?.0)) {
        let (word, rest) = mark.split_once(':').unwrap_or((mark, ""));
        let said = match word {
            "say" => Said::Text(rest.to_owned()),
            "cut" => Said::Cut(rest.to_owned()),
            "tool" | "forever" => {
                repeats_last |= word == "forever";
                let arguments = serde_json::json!({ "command": rest }).to_string();
                Said::Calls(vec![ToolCall { name: "terminal".to_owned(), arguments }])
            }
            "status" => {
                let code = rest.parse().unwrap_or(500);
                Said::Status(code, format!("fake upstream error {code}"))
            }
            "always" => Said::Always(rest.parse().unwrap_or(500)),
            "refuse" => {
                let (code, text) = rest.split_once(' ').unwrap_or((rest, ""));
                Said::Refused(code.to_owned(), text.to_owned())
            }
            "drop" => Said::Nothing,
            "garbage" => Said::Garbage,
            "huge" => Said::Huge,
            "wait" => {
                waits_for = Some(rest.to_owned());
                continue;
            }
            "usage" => {
                usage = if rest == "zero" { Usage::Zero } else { Usage::None };
                continue;
            }
            "ids" => {
                same_ids = true;
                continue;
            }
            "also" => {
                if let Some(Step { said: Said::Calls(calls), .. }) = steps.last_mut() {
                    calls.push(call(rest));
                }
                continue;
            }
            _ => match word.strip_prefix("call") {
                Some(times) => {
                    let times = times.trim().trim_start_matches('x').parse().unwrap_or(1);
                    Said::Calls(vec![call(rest); times])
                }
                None => continue,
            },
        };
        steps.push(Step {
            said,
            waits_for: waits_for.take(),
            usage: std::mem::replace(&mut usage, Usage::Told),
            same_ids: std::mem::take(&mut same_ids),
        });
    }
    (steps, repeats_last)
}

fn call(text: &str) -> ToolCall {
    let (name, arguments) = text.split_once(' ').unwrap_or((text, "{}"));
    ToolCall { name: name.to_owned(), arguments: arguments.to_owned() }
}
