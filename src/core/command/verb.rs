//! The verbs: one table from which parsing, help, rights and documentation are taken.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::value::{ArgumentValue, bare};

use Group::{Decide, Govern, Look, Steer};
use Right::{Approver, Operator, Owner, Reader};

/// What a person must be to give a command. Each right includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// May look: a collaborator, a member of the owning organisation, or named.
    Reader,
    /// May steer the work.
    Operator,
    /// May answer the bot's questions.
    Approver,
    /// May set limits and overrule guards.
    Owner,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reader => "reader",
            Operator => "operator",
            Approver => "approver",
            Owner => "owner",
        })
    }
}

/// Under which heading the help page lists a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Questions; they change nothing.
    Look,
    /// What is worked on, by whom, when.
    Steer,
    /// Answers to the bot's questions.
    Decide,
    /// Limits and exceptions.
    Govern,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Look => "Look",
            Steer => "Steer",
            Decide => "Decide",
            Govern => "Govern",
        })
    }
}

struct VerbRow {
    verb: Verb,
    /// The canonical name first, then the synonyms.
    names: &'static [&'static str],
    form: &'static str,
    right: Right,
    group: Group,
    help: &'static str,
}

macro_rules! verbs {
    ($($verb:ident $names:expr, $form:literal, $right:ident, $group:ident, $help:literal;)*) => {
        /// What a command asks for, by its canonical name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Verb {
            $(#[doc = $help] $verb,)*
        }

        const TABLE: &[VerbRow] = &[$(VerbRow {
            verb: Verb::$verb, names: &$names, form: $form, right: $right, group: $group, help: $help,
        },)*];
    };
}

verbs! {
    Help ["help"], "[verb]", Reader, Look, "Explain the commands, or one of them.";
    Ping ["ping"], "", Reader, Look, "See whether I am there.";
    Status ["status", "info"], "[target]", Reader, Look, "Show how an issue, a job or an agent is doing.";
    Why ["why", "explain"], "[target]", Reader, Look, "Explain why something was, or was not, chosen.";
    Queue ["queue", "next", "backlog"], "[n] [repo=o/r]", Reader, Look, "List what comes next.";
    Agents ["agents", "fleet"], "", Reader, Look, "List the agents and what they are doing.";
    Plan ["plan", "preview", "dry-run"], "[agent]", Reader, Look, "Show who would be given what now, and give nothing.";
    Report ["report", "digest"], "[since=date]", Reader, Look, "Report what happened.";
    Assign ["assign", "dispatch", "run"], "who [on=#n or o/r#n] [role=] [budget=]", Operator, Steer, "Give the issue to an agent, to the best one (`auto`), or to an account.";
    Unassign ["unassign", "release"], "[@user]", Operator, Steer, "Take the issue from one assignee, or from all.";
    Priority ["priority", "p"], "p0..p3 or none [until=date]", Operator, Steer, "Set how urgent the issue is, for good or until a date.";
    Size ["size", "estimate"], "xs s m l xl", Operator, Steer, "Set how much work the issue is.";
    Block ["block"], "#n or o/r#n", Operator, Steer, "Let the issue wait for another.";
    Unblock ["unblock"], "#n or o/r#n", Operator, Steer, "Let the issue wait for another no longer.";
    Hold ["hold"], "[reason]", Operator, Steer, "Keep the issue from being given out.";
    Unhold ["unhold"], "", Operator, Steer, "Let the issue be given out again.";
    Snooze ["snooze"], "duration or date", Operator, Steer, "Keep the issue from being given out for a while.";
    Cancel ["cancel", "stop"], "[job]", Operator, Steer, "Stop a job.";
    Tell ["tell", "steer"], "[job] text", Operator, Steer, "Pass a remark on to the agent that works on a job.";
    Split ["split"], "", Operator, Steer, "Propose smaller issues that make up this one.";
    Retry ["retry", "requeue"], "[job] [agent=]", Operator, Steer, "Try a job again.";
    Dead ["dead", "dlq"], "", Operator, Steer, "List the jobs and messages that failed for good.";
    Verify ["verify", "recheck"], "[job]", Operator, Steer, "Check the result of a job again.";
    Crew ["crew"], "[roles...]", Operator, Steer, "Let several roles work on the issue together.";
    Approve ["approve", "r+", "lgtm", "yes"], "[decision] [note]", Approver, Decide, "Say yes to a question of mine.";
    Reject ["reject", "r-", "no"], "[decision] [wrong, unwanted or superseded] [note]", Approver, Decide, "Say no to a question of mine.";
    Revise ["revise"], "[decision] note", Approver, Decide, "Send the work back, saying what should change.";
    Answer ["answer", "reply"], "[decision] note", Approver, Decide, "Answer a question of mine in words.";
    Delegate ["delegate"], "@user [until=date]", Owner, Govern, "Let somebody approve in your place, for seven days or until a date.";
    Undelegate ["undelegate"], "@user", Owner, Govern, "Take that right back.";
    Pause ["pause"], "agent, o/r or all", Owner, Govern, "Start no new work for an agent, in a repository, or at all.";
    Resume ["resume"], "agent, o/r or all", Owner, Govern, "Start new work again.";
    Budget ["budget"], "[amount] [scope=]", Owner, Govern, "Show what was spent, or let more be: on this issue, or today.";
    Override ["override"], "guard reason", Owner, Govern, "Overrule a guard, with a reason that is kept.";
}

impl Verb {
    /// All verbs, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.verb)
    }

    /// The verb that is called `word`, by its name or a synonym, in any case.
    pub fn named(word: &str) -> Option<Self> {
        let is_it = |name: &&str| name.eq_ignore_ascii_case(word);
        TABLE.iter().find(|row| row.names.iter().any(is_it)).map(|row| row.verb)
    }

    /// All names and synonyms, in the order of the table.
    pub fn words() -> impl Iterator<Item = &'static str> {
        TABLE.iter().flat_map(|row| row.names).copied()
    }

    pub fn name(self) -> &'static str {
        self.row().names[0]
    }

    pub fn synonyms(self) -> &'static [&'static str] {
        &self.row().names[1..]
    }

    /// What follows it, as usage texts write it; empty for nothing.
    pub fn form(self) -> &'static str {
        self.row().form
    }

    /// One sentence for the help page.
    pub fn help(self) -> &'static str {
        self.row().help
    }

    /// Who may use it.
    pub fn right(self) -> Right {
        self.row().right
    }

    /// Where the help page lists it.
    pub fn group(self) -> Group {
        self.row().group
    }

    /// Whether it gives consent, which only a new comment can: neither the body of an issue or
    /// pull request nor an edit.
    pub fn gives_consent(self) -> bool {
        self.group() == Decide || self == Self::Override
    }

    fn row(self) -> &'static VerbRow {
        &TABLE[self as usize]
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ArgumentValue for Verb {
    const EXPECTED: &'static str = "one of my commands";

    fn read(word: &str) -> Option<Self> {
        Self::named(bare(word))
    }

    fn known() -> Vec<&'static str> {
        Self::words().collect()
    }
}

impl Serialize for Verb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Verb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || serde::de::Error::custom(format!("`{name}` is no verb"));
        Self::named(&name).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::command::verb::*;

    #[test]
    fn every_name_leads_to_its_own_verb() {
        for verb in Verb::all() {
            for name in std::iter::once(verb.name()).chain(verb.synonyms().iter().copied()) {
                assert_eq!(Verb::named(&name.to_uppercase()), Some(verb), "{name}");
            }
        }
        assert_eq!(Verb::named("asign"), None);
        assert_eq!(Verb::named(""), None);
    }

    #[test]
    fn rights_include_those_before() {
        assert!(Right::Reader < Right::Operator);
        assert!(Right::Operator < Right::Approver);
        assert!(Right::Approver < Right::Owner);
    }

    #[test]
    fn consent_needs_a_new_comment() {
        let verbs: Vec<_> =
            Verb::all().filter(|verb| verb.gives_consent()).map(Verb::name).collect();
        assert_eq!(verbs, ["approve", "reject", "revise", "answer", "override"]);
    }
}
