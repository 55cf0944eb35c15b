//! What an agent is told: one text, made once for an attempt and stored with it.
//!
//! Rules are timmy's and stand outside of fences. What people wrote into an issue is data: shown as
//! its readers see it ([`visible()`]), in a fence that it cannot leave ([`fenced`]). What people said
//! who may command agents is marked as theirs.

mod crew;
mod fence;
mod filters;
mod review;
mod sent;
mod split;
mod thread;
mod told;
mod visible;

use std::time::Duration;

use askama::Template;
use url::Url;

use super::guards::CheckLink;
use super::jobs::{Commit, JobBranch, Purpose, ToldText};
use super::model::ids::RepoName;
use super::model::time::rounded;
use told::ToldReviewText;

pub use crew::{PromptPart, PromptPlan};
pub use fence::fenced;
pub use review::{EarlierReview, PromptReview};
pub use sent::sent_prompt;
pub use split::PromptSplit;
pub use thread::{PromptSubject, PromptThread};
pub use told::told_words;
pub use visible::visible;

/// All that an attempt is told. Nothing in it is trusted but what timmy decides itself.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "prompt/job.md")]
pub struct JobPrompt {
    pub purpose: Purpose,
    pub role: String,
    pub repository: RepoName,
    pub about: PromptSubject,
    /// What was answered in comments when its author was asked what it does not say.
    pub answers: Vec<String>,
    pub base_branch: String,
    /// The commit that the work begins at.
    pub base: Commit,
    pub branch: JobBranch,
    /// The job's pull request, if it has one.
    pub pull: Option<i64>,
    pub means: WorkMeans,
    pub limits: PromptLimits,
    /// What the people of the repository ask of every change.
    pub instructions: Option<String>,
    /// What is wrong with what is there, for a repair.
    pub faults: Vec<String>,
    /// The checks that are red, and how their logs end.
    pub red_checks: Vec<CheckLink>,
    /// What agents asked a person for before, and were told.
    pub permissions: Vec<AskedPermission>,
    /// What came of the attempts before this one.
    pub earlier: Vec<String>,
    /// What people said who may command it.
    pub told: Vec<ToldText>,
    /// What it reviews, if that is what it is for.
    pub review: Option<PromptReview>,
    /// What it plans with, if that is what it is for.
    pub plan: Option<PromptPlan>,
    /// What it proposes from, if it splits an epic.
    pub split: Option<PromptSplit>,
    /// Its part in a crew's plan, if it has one.
    pub part: Option<PromptPart>,
}

/// What an agent asked a person for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedPermission {
    /// In its own words.
    pub asks: String,
    pub is_allowed: bool,
}

/// How the agent works, and so how it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkMeans {
    /// It clones, commits and pushes by itself, and ends with a line.
    Git { clone_url: Url },
    /// It has timmy's tools, and ends by calling one.
    Tools,
    /// It works in a clone that timmy made, and takes what is to be pushed from.
    Clone,
}

/// How much it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptLimits {
    pub time: Duration,
    /// The lines that a change should not exceed.
    pub lines: Option<u32>,
}

impl JobPrompt {
    /// The finished text.
    pub fn text(&self) -> String {
        self.render().expect("a String takes everything")
    }

    fn makes_a_change(&self) -> bool {
        matches!(self.purpose, Purpose::Code | Purpose::Repair)
    }

    /// Whether its thread is the pull request that it is about.
    fn is_about_a_pull(&self) -> bool {
        self.branch.is_adopted() || self.purpose.is_review()
    }

    /// What people said who may command it, in their own words.
    fn commands(&self) -> Vec<&ToldText> {
        self.told.iter().filter(|one| !one.asks_for_changes()).collect()
    }

    /// The reviews that ask for changes.
    fn reviews(&self) -> Vec<ToldReviewText<'_>> {
        self.told.iter().filter_map(ToldReviewText::of).collect()
    }

    /// A role that an example may name.
    fn plan_role(&self) -> &str {
        let first = self.plan.as_ref().and_then(|plan| plan.roles.first());
        first.map_or("coder", String::as_str)
    }

    fn has_tools(&self) -> bool {
        self.means == WorkMeans::Tools
    }

    fn time(&self) -> String {
        rounded(self.limits.time)
    }
}

#[cfg(test)]
mod tests;
