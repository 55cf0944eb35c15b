//! On which branch a job works: on one of its own, or on that of a pull request that it adopted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::Branch;

/// The longest name that is handed to an agent.
const LONGEST: usize = 200;

/// The branch of a pull request that a job adopts: it begins at what that holds, and pushes there.
/// Agents type its name into shells, so it is one that no shell reads as anything else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AdoptedBranch(String);

/// Why a pull request cannot be adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotAdoptable {
    /// Its branch lies in another repository.
    #[error("its branch lies in a fork")]
    Fork { maintainers_may_edit: bool },
    /// Its branch is the default branch: agents push to no such one.
    #[error("its branch is the default branch")]
    DefaultBranch,
    /// The name of its branch may mean something else to a shell.
    #[error("the name of its branch may mean something else to a shell")]
    OddName,
}

/// Where the branch of a pull request lies, as the forge shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullSource<'a> {
    pub branch: &'a str,
    pub is_from_fork: bool,
    pub maintainers_may_edit: bool,
    pub default_branch: Option<&'a str>,
}

impl AdoptedBranch {
    /// # Errors
    /// Why a job cannot work there.
    pub fn of(source: PullSource<'_>) -> Result<Self, NotAdoptable> {
        let PullSource { branch, is_from_fork, maintainers_may_edit, default_branch } = source;
        if is_from_fork {
            return Err(NotAdoptable::Fork { maintainers_may_edit });
        }
        if default_branch == Some(branch) {
            return Err(NotAdoptable::DefaultBranch);
        }
        branch.parse()
    }
}

impl FromStr for AdoptedBranch {
    type Err = NotAdoptable;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@=,#%".contains(c);
        let begins_plainly = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        match begins_plainly && name.len() <= LONGEST && name.chars().all(is_plain) {
            true => Ok(Self(name.to_owned())),
            false => Err(NotAdoptable::OddName),
        }
    }
}

impl TryFrom<String> for AdoptedBranch {
    type Error = NotAdoptable;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<AdoptedBranch> for String {
    fn from(branch: AdoptedBranch) -> Self {
        branch.0
    }
}

impl fmt::Display for AdoptedBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The branch on which a job works.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum JobBranch {
    Own(Branch),
    Adopted(AdoptedBranch),
}

impl JobBranch {
    /// Which of the job's branches it is, from 1 on.
    pub fn number(&self) -> u32 {
        match self {
            Self::Own(branch) => branch.number,
            Self::Adopted(_) => 1,
        }
    }

    pub fn is_adopted(&self) -> bool {
        matches!(self, Self::Adopted(_))
    }
}

/// By its name alone: what is called like a job's own is one.
impl FromStr for JobBranch {
    type Err = NotAdoptable;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name.parse() {
            Ok(own) => Ok(Self::Own(own)),
            Err(_) => name.parse().map(Self::Adopted),
        }
    }
}

impl TryFrom<String> for JobBranch {
    type Error = NotAdoptable;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<JobBranch> for String {
    fn from(branch: JobBranch) -> Self {
        branch.to_string()
    }
}

impl fmt::Display for JobBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(branch) => branch.fmt(f),
            Self::Adopted(branch) => branch.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::command::value::JobId;
    use crate::core::jobs::branch::*;

    fn source(branch: &str) -> PullSource<'_> {
        let (is_from_fork, maintainers_may_edit) = (false, false);
        PullSource { branch, is_from_fork, maintainers_may_edit, default_branch: Some("main") }
    }

    #[test]
    fn a_branch_of_the_repository_is_adopted() {
        for name in ["fix-door", "anna/fix_1.2", "timmy/1-j1", "r+v=1,2#3"] {
            let adopted = AdoptedBranch::of(source(name)).map(|branch| branch.to_string());
            assert_eq!(adopted.as_deref(), Ok(name));
        }
        let fork = PullSource { is_from_fork: true, ..source("fix-door") };
        let refusal = NotAdoptable::Fork { maintainers_may_edit: false };
        assert_eq!(AdoptedBranch::of(fork), Err(refusal));
        assert_eq!(AdoptedBranch::of(source("main")), Err(NotAdoptable::DefaultBranch));
    }

    #[test]
    fn a_name_that_a_shell_reads_otherwise_is_not() {
        let long = "a".repeat(LONGEST + 1);
        for name in ["", "-f", "a;b", "$(id)", "a`id`", "a|b", "a b", "a\nb", "a'b", "ä", &long] {
            assert_eq!(AdoptedBranch::of(source(name)), Err(NotAdoptable::OddName), "{name:?}");
            let json = serde_json::to_string(name).expect("JSON");
            assert!(serde_json::from_str::<AdoptedBranch>(&json).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_branch_is_read_as_it_is_stored() {
        let own = JobBranch::Own(Branch { thread: Some(41), job: JobId(42), number: 2 });
        let adopted = JobBranch::Adopted("fix-door".parse().expect("a branch"));
        for (branch, json) in [(own, "\"timmy/41-j42-2\""), (adopted, "\"fix-door\"")] {
            assert_eq!(serde_json::to_string(&branch).expect("JSON"), json);
            assert_eq!(serde_json::from_str::<JobBranch>(json).expect(json), branch);
        }
    }
}
