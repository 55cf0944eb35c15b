//! What commands are about: issues, jobs, decisions.

use std::fmt;

use nom::bytes::complete::tag_no_case;
use nom::character::complete::digit1;
use nom::combinator::verify;
use nom::sequence::preceded;
use nom::{IResult, Parser};
use serde::{Deserialize, Serialize};

use super::{AgentName, ArgumentValue, number, whole};
use crate::core::model::ids::{JobId, RepoName};

/// A number of the forge, which counts from 1.
fn positive(input: &str) -> IResult<&str, i64> {
    verify(number, |&number| number > 0).parse(input)
}

impl JobId {
    /// Whether `word` has the form of a job's id, however large the number.
    pub fn is_form_of(word: &str) -> bool {
        whole(word, (tag_no_case("j"), digit1)).is_some()
    }
}

impl ArgumentValue for JobId {
    const EXPECTED: &'static str = "a job such as `j42`";

    fn read(word: &str) -> Option<Self> {
        whole(word, preceded(tag_no_case("j"), number)).map(Self)
    }
}

/// A decision, `d7`: a question to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DecisionId(pub i64);

impl DecisionId {
    /// Whether `word` has the form of a decision's id, however large the number.
    pub fn is_form_of(word: &str) -> bool {
        whole(word, (tag_no_case("d"), digit1)).is_some()
    }
}

impl ArgumentValue for DecisionId {
    const EXPECTED: &'static str = "a decision such as `d7`";

    fn read(word: &str) -> Option<Self> {
        whole(word, preceded(tag_no_case("d"), number)).map(Self)
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{}", self.0)
    }
}

/// An issue or pull request: `#12` of the repository where the command stands, or `o/r#12`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IssueRef {
    /// The repository, where it was named.
    pub repo: Option<RepoName>,
    pub number: i64,
}

impl ArgumentValue for IssueRef {
    const EXPECTED: &'static str = "an issue such as `#12` or `owner/repo#12`";

    fn read(word: &str) -> Option<Self> {
        let (repo, number) = word.split_once('#')?;
        let number = whole(number, positive)?;
        let repo = if repo.is_empty() { None } else { Some(RepoName::read(repo)?) };
        Some(Self { repo, number })
    }
}

impl fmt::Display for IssueRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(repo) = &self.repo {
            repo.fmt(f)?;
        }
        write!(f, "#{}", self.number)
    }
}

impl ArgumentValue for RepoName {
    const EXPECTED: &'static str = "a repository such as `owner/repo`";

    fn read(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StatusTarget {
    Issue(IssueRef),
    Job(JobId),
    Agent(AgentName),
}

impl ArgumentValue for StatusTarget {
    const EXPECTED: &'static str = "an issue such as `#12`, a job such as `j42`, or an agent";

    fn read(word: &str) -> Option<Self> {
        let issue = || IssueRef::read(word).map(Self::Issue);
        let job = || JobId::read(word).map(Self::Job);
        let agent = || AgentName::read(word).map(Self::Agent);
        issue().or_else(job).or_else(agent)
    }
}

impl fmt::Display for StatusTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issue(issue) => issue.fmt(f),
            Self::Job(job) => job.fmt(f),
            Self::Agent(agent) => agent.fmt(f),
        }
    }
}
