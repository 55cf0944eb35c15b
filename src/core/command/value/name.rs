//! Agents, accounts, and the parts of the fleet that are named.

use std::fmt;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag_no_case;
use nom::combinator::{map_opt, rest};
use nom::sequence::preceded;

use super::{ArgumentValue, whole};
use crate::core::model::ids::{JobId, RepoName};

/// Whether `name` can be an account or an agent: letters, digits, `-`, `_`, `.`, the first one a
/// letter or digit.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// An agent's name, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AgentName(String);

impl AgentName {
    /// The name, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ArgumentValue for AgentName {
    const EXPECTED: &'static str = "an agent such as `ezra`";

    fn read(word: &str) -> Option<Self> {
        is_name(word).then(|| Self(word.to_ascii_lowercase()))
    }
}

impl fmt::Display for AgentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account of the forge, written `@anna`. Compare it without case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Login(String);

impl Login {
    /// The name, without `@`, in the case in which it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ArgumentValue for Login {
    const EXPECTED: &'static str = "an account such as `@anna`";

    fn read(word: &str) -> Option<Self> {
        let name = word.strip_prefix('@')?;
        is_name(name).then(|| Self(name.to_owned()))
    }
}

/// With `@`, as it must be written.
impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

/// Who is to work on an issue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    /// `auto`: whom timmy thinks best.
    Auto,
    /// `me`: whoever says so.
    Me,
    /// `ezra`: this agent.
    Agent(AgentName),
    /// `@anna`: this account, which is only made the assignee unless it belongs to an agent.
    Account(Login),
}

impl ArgumentValue for Who {
    const EXPECTED: &'static str =
        "an agent such as `ezra`, an account such as `@anna`, `me`, or `auto`";

    fn read(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("auto") {
            Some(Self::Auto)
        } else if word.eq_ignore_ascii_case("me") {
            Some(Self::Me)
        } else if word.starts_with('@') {
            Login::read(word).map(Self::Account)
        } else {
            AgentName::read(word).map(Self::Agent)
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Me => f.write_str("me"),
            Self::Agent(name) => name.fmt(f),
            Self::Account(login) => login.fmt(f),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PauseTarget {
    All,
    Repo(RepoName),
    Agent(AgentName),
}

impl ArgumentValue for PauseTarget {
    const EXPECTED: &'static str = "an agent, a repository such as `owner/repo`, or `all`";

    fn read(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("all") {
            Some(Self::All)
        } else if word.contains('/') {
            RepoName::read(word).map(Self::Repo)
        } else {
            AgentName::read(word).map(Self::Agent)
        }
    }
}

impl fmt::Display for PauseTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Repo(repo) => repo.fmt(f),
            Self::Agent(agent) => agent.fmt(f),
        }
    }
}

/// What a budget is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The issue where the command stands.
    Issue,
    /// What this job is for, wherever that is said: one of a routine has no thread before its pull request.
    Job(JobId),
    All,
    Repo(RepoName),
    Agent(AgentName),
}

impl ArgumentValue for Scope {
    const EXPECTED: &'static str =
        "`issue`, a job such as `j42`, `repo:owner/repo`, `agent:name` or `all`";

    fn read(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("issue") {
            return Some(Self::Issue);
        }
        if word.eq_ignore_ascii_case("all") {
            return Some(Self::All);
        }
        let repo = map_opt(preceded(tag_no_case("repo:"), rest), RepoName::read).map(Self::Repo);
        let agent =
            map_opt(preceded(tag_no_case("agent:"), rest), AgentName::read).map(Self::Agent);
        JobId::read(word).map(Self::Job).or_else(|| whole(word, alt((repo, agent))))
    }

    fn known() -> Vec<&'static str> {
        vec!["issue", "all"]
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issue => f.write_str("issue"),
            Self::Job(job) => write!(f, "{job}"),
            Self::All => f.write_str("all"),
            Self::Repo(repo) => write!(f, "repo:{repo}"),
            Self::Agent(agent) => write!(f, "agent:{agent}"),
        }
    }
}
