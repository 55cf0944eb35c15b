//! What a job is for, and within which limits. It is fixed when the job is made, so that its
//! history means the same however the configuration changes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::branch::AdoptedBranch;
use super::job_thread::{JobThread, RoutineRun};
use super::money::Ceiling;
use crate::core::command::value::JobId;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::issue::DEVOPS;

/// A thread that is given to one agent at a time, for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub id: JobId,
    pub thread: JobThread,
    pub purpose: Purpose,
    /// The role that an agent needs for it, in lower case.
    pub role: String,
    pub origin: Origin,
    pub limits: JobLimits,
    /// What a person allowed for it, beside what an issue may cost at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Ceiling>,
    /// The branch of the pull request that is its thread, if it goes on with that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopts: Option<AdoptedBranch>,
    /// Whether its card claims its thread before an agent is called: nobody's comment did that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub claims_by_card: bool,
    /// What it does for a crew, if it is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crew: Option<CrewPart>,
}

/// What a job does for a crew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrewPart {
    /// It plans; the crew is known by its number.
    Plans(CrewTerms),
    /// It is for a task of the crew.
    Works(CrewPlace),
}

/// On which terms a crew works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrewTerms {
    /// The roles that are wanted; none: all that somebody holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// How often reviews may send the work back.
    pub rounds: u32,
    /// Whether a person is asked about the plan.
    pub ask_plan: bool,
    /// How often and how long each task is tried.
    pub limits: JobLimits,
}

/// Which task of which crew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrewPlace {
    /// The job that plans.
    pub crew: JobId,
    /// From 1 on; 0 is the plan.
    pub task: u32,
}

impl Spec {
    /// Where it works.
    pub fn repo(&self) -> RepoId {
        self.thread.repo()
    }

    /// The thread that it was given for; none if it is a routine's.
    pub fn given(&self) -> Option<ThreadId> {
        self.thread.given()
    }

    /// The date of a routine that it is for, if it is.
    pub fn routine(&self) -> Option<&RoutineRun> {
        self.thread.routine()
    }

    /// Its place in a crew, if it is of one.
    pub fn crew_place(&self) -> Option<CrewPlace> {
        match &self.crew {
            Some(CrewPart::Plans(_)) => Some(CrewPlace { crew: self.id, task: 0 }),
            Some(CrewPart::Works(place)) => Some(*place),
            None => None,
        }
    }

    /// The terms of the crew for which it plans, if it does that.
    pub fn crew_terms(&self) -> Option<&CrewTerms> {
        match &self.crew {
            Some(CrewPart::Plans(terms)) => Some(terms),
            Some(CrewPart::Works(_)) | None => None,
        }
    }
}

/// A job to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    pub thread: JobThread,
    pub purpose: Purpose,
    pub role: String,
    pub origin: Origin,
    /// The agent that a person named.
    pub agent: Option<String>,
    pub limits: JobLimits,
    /// What a person allowed for it.
    pub budget: Option<Ceiling>,
    /// The branch of the pull request that is its thread, if it goes on with that.
    pub adopts: Option<AdoptedBranch>,
    /// Whether its card claims its thread before an agent is called: nobody's comment did that.
    pub claims_by_card: bool,
    /// What it does for a crew, if it is of one.
    pub crew: Option<CrewPart>,
}

/// What a job is to bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A branch and a pull request.
    Code,
    /// A pull request that is there becomes acceptable.
    Repair,
    /// A review of one commit.
    Review,
    /// A comment.
    Research,
    /// A comment that tells what was done.
    Ops,
    /// The tasks of a crew, in its last words.
    Plan,
    /// The issues that an epic would become, in its last words.
    Split,
}

impl Purpose {
    /// Whether it changes nothing but what is said of a pull request: such a job may live beside the
    /// one that works there.
    pub fn is_review(self) -> bool {
        self == Self::Review
    }

    /// Whether its result is what it says in the end: nothing of it is on the forge.
    pub fn is_said(self) -> bool {
        matches!(self, Self::Plan | Self::Split)
    }

    /// Whether its result is a change of code, on a branch.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Code | Self::Repair)
    }

    /// What comes of work in a role on an issue, if such work is about issues.
    pub fn on_an_issue(role: &str) -> Option<Self> {
        match role {
            "reviewer" => None,
            "researcher" => Some(Self::Research),
            DEVOPS => Some(Self::Ops),
            _ => Some(Self::Code),
        }
    }
}

/// Who wanted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person, by login: `assign`, or its gesture. Passes over what only keeps timmy from
    /// starting by itself.
    Person(String),
    /// timmy's own match.
    Match,
    /// A date of a routine. Nobody asked for it just now: it is begun as a match is.
    Routine,
}

/// How often and how long it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLimits {
    /// Attempts that may end without anything to judge.
    pub attempts: u32,
    /// Rounds of repair before a person is asked, and how many more a yes gives.
    pub repairs: u32,
    /// How often it may not even run, until it brings something.
    pub never_ran: u32,
    /// How long it may go on waiting for a quota that is used up, each time that it is tried; such tries
    /// count nothing. None: they count as what never ran, as they did when earlier jobs were made.
    #[serde(default)]
    pub out_of_quota: Option<Duration>,
    /// How often timmy's own stop may cut an attempt off.
    pub cut_off: u32,
    /// How many equal outcomes are a loop.
    pub equal_outcomes: u32,
    /// The pause after the first failure; it doubles with each.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// How long it waits for an agent that is free.
    pub queued: Duration,
    /// How long a host may be away.
    pub absent: Duration,
    /// How long an attempt stays uncertain, and people are asked, before the job is given up.
    pub uncertain: Duration,
    /// How long a result is judged before a person is asked instead: longer than checks are waited
    /// for.
    pub judging: Duration,
    /// How long a person is asked about something in mid-work.
    pub question: Duration,
    /// How long a person is asked whether it may begin.
    #[serde(default = "a_week")]
    pub begin: Duration,
}

/// What it was before anybody could say otherwise.
fn a_week() -> Duration {
    Duration::from_secs(7 * 24 * 60 * 60)
}

impl JobLimits {
    /// The same, but that it waits for an agent no longer than this.
    #[must_use]
    pub fn within(self, wait: Duration) -> Self {
        Self {
            out_of_quota: self.out_of_quota.map(|most| most.min(wait)),
            queued: self.queued.min(wait),
            absent: self.absent.min(wait),
            ..self
        }
    }
}

impl Default for JobLimits {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            attempts: 3,
            repairs: 3,
            never_ran: 10,
            out_of_quota: Some(35 * DAY),
            cut_off: 100,
            equal_outcomes: 3,
            first_pause: MINUTE,
            longest_pause: 30 * MINUTE,
            queued: 14 * DAY,
            absent: 3 * DAY,
            uncertain: DAY,
            judging: 60 * MINUTE,
            question: DAY,
            begin: a_week(),
        }
    }
}
