//! What one guard says of one commit.

use serde::{Deserialize, Serialize};

use super::code::FindingCode;
use super::grade::GuardGrade;
use super::log_end::LogEnd;
use super::name::GuardName;
use super::sentence::Sentence;
use crate::core::model::commit::Commit;

/// One thing that a guard found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardFinding {
    pub guard: GuardName,
    pub code: FindingCode,
    /// What was found, as people and agents are told of it.
    pub said: Sentence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<EvidenceLink>,
}

/// Where a finding can be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceLink {
    /// A file, at a line of it if one is known; of what is gone the line before the change.
    File {
        path: String,
        line: Option<u32>,
    },
    Check(CheckLink),
    Pull(i64),
    Commit(Commit),
}

/// A check, and where its log stands, as the reporter says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckLink {
    pub context: String,
    pub url: String,
    /// How its log ends, where it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogEnd>,
}

impl GuardFinding {
    pub fn new(guard: GuardName, code: FindingCode, said: Sentence) -> Self {
        Self { guard, code, said, link: None }
    }

    pub fn at(self, link: EvidenceLink) -> Self {
        Self { link: Some(link), ..self }
    }

    pub fn in_file(self, path: &str, line: Option<u32>) -> Self {
        self.at(EvidenceLink::File { path: path.to_owned(), line })
    }

    /// The file that it is about.
    pub fn path(&self) -> Option<&str> {
        match self.link.as_ref()? {
            EvidenceLink::File { path, .. } => Some(path),
            EvidenceLink::Check(_) | EvidenceLink::Pull(_) | EvidenceLink::Commit(_) => None,
        }
    }

    /// The check that it is about.
    pub fn check(&self) -> Option<&CheckLink> {
        match self.link.as_ref()? {
            EvidenceLink::Check(check) => Some(check),
            EvidenceLink::File { .. } | EvidenceLink::Pull(_) | EvidenceLink::Commit(_) => None,
        }
    }

    pub fn grade(&self) -> GuardGrade {
        self.code.grade()
    }

    /// What two findings have in common that say the same of one commit: by this a person lets one
    /// of them pass and no other.
    pub fn key(&self) -> String {
        format!("{} {} {}", self.guard, self.code.name(), self.said.plain())
    }

    /// What two findings have in common of which a person is asked about one alone: the same is said,
    /// or that the change is too large, by whatever limit.
    pub fn asked_key(&self) -> String {
        match self.guard == GuardName::Size {
            true => format!("{} {}", self.guard, self.code.name()),
            false => self.key(),
        }
    }
}
