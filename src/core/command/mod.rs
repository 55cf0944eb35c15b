//! A command: a verb with arguments that fit it.

pub mod grammar;
pub mod invisible;
pub mod markdown;
mod quotes;
pub mod trigger;
pub mod value;
pub mod verb;

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::model::ids::RepoName;
use invisible::is_blank;
use value::{
    AgentName, Amount, Cause, Count, Date, DecisionId, IssueRef, JobId, Login, PauseTarget,
    Priority, Scope, Size, StatusTarget, When, Who, Word,
};
use verb::Verb;

/// Free text at the end of a command line, as written. Never empty, always one line, without
/// white space around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Note(String);

impl Note {
    /// The text that remains of `text` without white space around it, if any does. `text` is the
    /// end of a command line.
    pub(super) fn new(text: &str) -> Option<Self> {
        let text = text.trim_matches(is_blank);
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What one command line asks for. `Display` writes it in canonical form, without the trigger.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the verbs and the forms in the table of verbs explain them")]
pub enum Command {
    Help(Option<Verb>),
    Ping,
    Status(Option<StatusTarget>),
    Why(Option<StatusTarget>),
    Queue { n: Option<Count>, repo: Option<RepoName> },
    Agents,
    Plan(Option<AgentName>),
    Report { since: Option<Date> },
    Assign { who: Who, on: Option<IssueRef>, role: Option<Word>, budget: Option<Amount> },
    Unassign(Option<Login>),
    Priority { level: Priority, until: Option<Date> },
    Size(Size),
    Block(IssueRef),
    Unblock(IssueRef),
    Hold(Option<Note>),
    Unhold,
    Snooze(When),
    Cancel(Option<JobId>),
    Tell { job: Option<JobId>, text: Note },
    Split,
    Retry { job: Option<JobId>, agent: Option<AgentName> },
    Dead,
    Verify(Option<JobId>),
    Crew(Vec<Word>),
    Approve { decision: Option<DecisionId>, note: Option<Note> },
    Reject { decision: Option<DecisionId>, cause: Option<Cause>, note: Option<Note> },
    Revise { decision: Option<DecisionId>, note: Note },
    Answer { decision: Option<DecisionId>, note: Note },
    Delegate { user: Login, until: Option<Date> },
    Undelegate(Login),
    Pause(PauseTarget),
    Resume(PauseTarget),
    Budget { amount: Option<Amount>, scope: Option<Scope> },
    Override { guard: Word, reason: Note },
}

impl Command {
    pub fn verb(&self) -> Verb {
        match self {
            Self::Help(_) => Verb::Help,
            Self::Ping => Verb::Ping,
            Self::Status(_) => Verb::Status,
            Self::Why(_) => Verb::Why,
            Self::Queue { .. } => Verb::Queue,
            Self::Agents => Verb::Agents,
            Self::Plan(_) => Verb::Plan,
            Self::Report { .. } => Verb::Report,
            Self::Assign { .. } => Verb::Assign,
            Self::Unassign(_) => Verb::Unassign,
            Self::Priority { .. } => Verb::Priority,
            Self::Size(_) => Verb::Size,
            Self::Block(_) => Verb::Block,
            Self::Unblock(_) => Verb::Unblock,
            Self::Hold(_) => Verb::Hold,
            Self::Unhold => Verb::Unhold,
            Self::Snooze(_) => Verb::Snooze,
            Self::Cancel(_) => Verb::Cancel,
            Self::Tell { .. } => Verb::Tell,
            Self::Split => Verb::Split,
            Self::Retry { .. } => Verb::Retry,
            Self::Dead => Verb::Dead,
            Self::Verify(_) => Verb::Verify,
            Self::Crew(_) => Verb::Crew,
            Self::Approve { .. } => Verb::Approve,
            Self::Reject { .. } => Verb::Reject,
            Self::Revise { .. } => Verb::Revise,
            Self::Answer { .. } => Verb::Answer,
            Self::Delegate { .. } => Verb::Delegate,
            Self::Undelegate(_) => Verb::Undelegate,
            Self::Pause(_) => Verb::Pause,
            Self::Resume(_) => Verb::Resume,
            Self::Budget { .. } => Verb::Budget,
            Self::Override { .. } => Verb::Override,
        }
    }

    /// Its arguments by name, in the order of its form. What was not given is not there.
    pub fn args(&self) -> Args {
        let args = Args::default();
        match self {
            Self::Ping | Self::Agents | Self::Unhold | Self::Split | Self::Dead => args,
            Self::Help(verb) => args.word("verb", verb.as_ref()),
            Self::Status(target) | Self::Why(target) => args.word("target", target.as_ref()),
            Self::Queue { n, repo } => args.word("n", n.as_ref()).keyed("repo", repo.as_ref()),
            Self::Plan(agent) => args.word("agent", agent.as_ref()),
            Self::Report { since } => args.keyed("since", since.as_ref()),
            Self::Assign { who, on, role, budget } => args
                .word("who", Some(who))
                .keyed("on", on.as_ref())
                .keyed("role", role.as_ref())
                .keyed("budget", budget.as_ref()),
            Self::Unassign(user) => args.login(user.as_ref()),
            Self::Priority { level, until } => {
                args.word("level", Some(level)).keyed("until", until.as_ref())
            }
            Self::Size(size) => args.word("size", Some(size)),
            Self::Block(issue) | Self::Unblock(issue) => args.word("issue", Some(issue)),
            Self::Hold(reason) => args.free("reason", reason.as_ref()),
            Self::Snooze(when) => args.word("until", Some(when)),
            Self::Cancel(job) | Self::Verify(job) => args.word("job", job.as_ref()),
            Self::Tell { job, text } => args.word("job", job.as_ref()).free("text", Some(text)),
            Self::Retry { job, agent } => {
                args.word("job", job.as_ref()).keyed("agent", agent.as_ref())
            }
            Self::Crew(roles) => args.words("roles", roles),
            Self::Approve { decision, note } => {
                args.word("decision", decision.as_ref()).free("note", note.as_ref())
            }
            Self::Reject { decision, cause, note } => args
                .word("decision", decision.as_ref())
                .word("cause", cause.as_ref())
                .free("note", note.as_ref()),
            Self::Revise { decision, note } | Self::Answer { decision, note } => {
                args.word("decision", decision.as_ref()).free("note", Some(note))
            }
            Self::Delegate { user, until } => args.login(Some(user)).keyed("until", until.as_ref()),
            Self::Undelegate(user) => args.login(Some(user)),
            Self::Pause(part) | Self::Resume(part) => args.word("what", Some(part)),
            Self::Budget { amount, scope } => {
                args.word("amount", amount.as_ref()).keyed("scope", scope.as_ref())
            }
            Self::Override { guard, reason } => {
                args.word("guard", Some(guard)).free("reason", Some(reason))
            }
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb().name())?;
        self.args().0.iter().try_for_each(|arg| write!(f, " {}", arg.written))
    }
}

/// The arguments of a command. Serializes as a map from names to canonical strings; the roles of
/// a crew are an array of such strings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Args(Vec<Arg>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Arg {
    name: &'static str,
    value: Canonical,
    /// How it stands on a command line.
    written: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Canonical {
    One(String),
    Many(Vec<String>),
}

impl Args {
    /// A value that stands alone.
    fn word(self, name: &'static str, value: Option<impl fmt::Display>) -> Self {
        self.one(name, value, quoted)
    }

    /// A value that follows `name=`.
    fn keyed(self, name: &'static str, value: Option<impl fmt::Display>) -> Self {
        self.one(name, value, |value| format!("{name}={}", quoted(value)))
    }

    /// Text to the end of the line.
    fn free(self, name: &'static str, note: Option<&Note>) -> Self {
        self.one(name, note, str::to_owned)
    }

    /// An account, whose canonical name goes without the `@` that is written.
    fn login(mut self, user: Option<&Login>) -> Self {
        if let Some(user) = user {
            let value = Canonical::One(user.as_str().to_owned());
            self.0.push(Arg { name: "user", value, written: user.to_string() });
        }
        self
    }

    fn words(mut self, name: &'static str, words: &[Word]) -> Self {
        if !words.is_empty() {
            let written: Vec<_> = words.iter().map(|word| quoted(word.as_str())).collect();
            let value = words.iter().map(Word::to_string).collect();
            self.0.push(Arg { name, value: Canonical::Many(value), written: written.join(" ") });
        }
        self
    }

    fn one(
        mut self,
        name: &'static str,
        value: Option<impl fmt::Display>,
        write: impl FnOnce(&str) -> String,
    ) -> Self {
        if let Some(value) = value {
            let value = value.to_string();
            self.0.push(Arg { name, written: write(&value), value: Canonical::One(value) });
        }
        self
    }
}

impl Serialize for Args {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for arg in &self.0 {
            map.serialize_entry(arg.name, &arg.value)?;
        }
        map.end()
    }
}

/// `word` as it must be written to be read as one plain word.
fn quoted(word: &str) -> String {
    if word.starts_with(quotes::opens) || word.contains(|c| is_blank(c) || c == '=') {
        format!("\"{}\"", word.replace('\\', r"\\").replace('"', "\\\""))
    } else {
        word.to_owned()
    }
}
