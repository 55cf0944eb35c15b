//! What people are shown of a crew: its plan as a question, and how it stands as a card.

use askama::Template;
use jiff::tz::TimeZone;

use super::filters::{self, Name};
use super::jobs::{CancelledBy, JobStanding, JobView, usd};
use crate::core::crew::{CrewPlan, CrewRecord, CrewState, ReviewEnd, ReviewNote, TaskStanding};
use crate::core::jobs::money::Ceiling;
use crate::core::jobs::{Done, JobRecord, State};
use crate::core::model::time::Timestamp;

/// A plan, as its question shows it. What is in it a manager wrote: the template defuses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanView {
    pub tasks: Vec<PlanLine>,
    /// What all of it may cost.
    pub cost: String,
    /// What the issue may cost in all.
    pub budget: Option<String>,
    /// Whether it is the usual one, since the manager made none.
    pub is_fixed: bool,
}

/// One task of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanLine {
    pub number: usize,
    pub title: String,
    pub role: String,
    pub agent: String,
    /// The numbers of those before it.
    pub after: String,
    pub acceptance: String,
    /// Whether it asks once more before it begins.
    pub asks: bool,
}

impl PlanView {
    pub fn of(plan: &CrewPlan, budget: Ceiling) -> Self {
        let lines = (1..).zip(&plan.tasks).map(|(number, task)| PlanLine {
            number,
            title: task.title.clone(),
            role: task.role.clone(),
            agent: task.agent.clone(),
            after: task.after.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
            acceptance: task.acceptance.clone(),
            asks: task.role == crate::core::model::issue::DEVOPS,
        });
        Self {
            tasks: lines.collect(),
            cost: usd(plan.micro_usd),
            budget: budget.said(),
            is_fixed: plan.is_fixed,
        }
    }
}

impl ReviewNote {
    /// What it leaves open, in a sentence with names in backticks.
    pub fn said(&self) -> String {
        match self {
            Self::Objects { agent, rounds: 0 } => format!("`{agent}` still asks for changes."),
            Self::Objects { agent, rounds } => {
                let s = if *rounds == 1 { "" } else { "s" };
                format!("`{agent}` still asks for changes after {rounds} round{s} of the crew.")
            }
            Self::NotGiven { agent } => format!("`{agent}` gave no review of this commit."),
        }
    }
}

/// A crew, as its card shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrewView {
    pub id: String,
    pub state: CrewState,
    /// The job that plans.
    pub plan: JobView,
    /// How many tasks are done, and of how many.
    pub done: usize,
    pub of: usize,
    pub rounds: u32,
    pub tasks: Vec<CrewLine>,
    pub usd: String,
    /// Whether that may be less.
    pub is_bound: bool,
    pub tokens: String,
    /// The pull request that a person accepted, and that is not merged.
    pub unmerged: Option<i64>,
}

/// One task, as the card shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrewLine {
    pub number: u32,
    pub title: String,
    pub agent: String,
    pub state: CrewLineState,
    pub usd: String,
    pub tokens: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrewLineState {
    /// It has not begun.
    Waits,
    /// It is done, and its review is still to come, or a person.
    Delivered {
        pull: Option<i64>,
        awaits_review: bool,
    },
    /// Its review is over; whether it asks for changes.
    Reviewed {
        asks: bool,
    },
    NotReviewed,
    /// Nobody needs it any more.
    Dropped,
    Job(Box<JobView>),
}

impl CrewView {
    pub fn of(record: &CrewRecord, now: Timestamp, zone: &TimeZone) -> Option<Self> {
        let crew = &record.crew;
        let plan = JobView::of(record.job(crew.id)?, now, zone);
        let (spent, is_bound) = record.spent();
        let lines = crew.numbered().map(|(number, task, progress)| {
            let mut jobs = progress.jobs.iter().filter_map(|id| record.job(*id));
            let cost = jobs.clone().map(|job| job.spent().spent);
            let cost =
                cost.fold(crate::core::jobs::money::Spent::default(), |all, one| all.plus(one));
            let last = jobs.next_back();
            let view = || last.map(|job| Box::new(JobView::of(job, now, zone)));
            let job = || view().map_or(CrewLineState::Waits, CrewLineState::Job);
            let pull = last.and_then(|job| job.job.past.pull);
            let state = match &progress.standing {
                TaskStanding::Waits if crew.state.is_end() => CrewLineState::Dropped,
                TaskStanding::Waits => CrewLineState::Waits,
                TaskStanding::Delivered { commit, .. } => {
                    CrewLineState::Delivered { pull, awaits_review: crew.holds(Some(commit)) }
                }
                TaskStanding::Reviewed { end: ReviewEnd::NotGiven, .. } => {
                    CrewLineState::NotReviewed
                }
                TaskStanding::Reviewed { end, .. } => {
                    CrewLineState::Reviewed { asks: *end == ReviewEnd::Objects }
                }
                TaskStanding::Begun
                | TaskStanding::Done
                | TaskStanding::NoChange
                | TaskStanding::Cancelled
                | TaskStanding::Dead => job(),
            };
            CrewLine {
                number,
                title: task.title.clone(),
                agent: task.agent.clone(),
                state,
                usd: usd(cost.micro_usd),
                tokens: thousands(cost.tokens),
            }
        });
        let tasks: Vec<CrewLine> = lines.collect();
        let is_done = |standing: &TaskStanding| {
            matches!(
                standing,
                TaskStanding::Done
                    | TaskStanding::NoChange
                    | TaskStanding::Delivered { .. }
                    | TaskStanding::Reviewed { .. }
            )
        };
        Some(Self {
            id: crew.id.to_string(),
            state: crew.state,
            plan,
            done: crew.tasks.iter().filter(|one| is_done(&one.standing)).count(),
            of: tasks.len(),
            rounds: crew.rounds,
            tasks,
            usd: usd(spent.micro_usd),
            is_bound,
            tokens: thousands(spent.tokens),
            unmerged: record.jobs.iter().find_map(unmerged),
        })
    }

    /// The text of its card, said by the account `name`.
    pub fn card(&self, name: &str) -> String {
        let text = CrewCard { crew: self }.render_with_values(&Name(name.to_owned()));
        text.expect("a String takes everything, and the name is told").trim().to_owned()
    }
}

/// The pull request of a job that a person accepted, until it is merged.
fn unmerged(record: &JobRecord) -> Option<i64> {
    let job = &record.job;
    let is_accepted = job.state == State::Done(Done::Accepted);
    job.past.pull.filter(|_| is_accepted && job.spec.purpose.is_change())
}

/// Tokens, as a table tells them: `12k`.
fn thousands(tokens: u64) -> String {
    match tokens {
        0 => "–".to_owned(),
        1..1000 => tokens.to_string(),
        _ => format!("{}k", tokens.saturating_add(500) / 1000),
    }
}

#[derive(Template)]
#[template(path = "job/crew.md")]
struct CrewCard<'a> {
    crew: &'a CrewView,
}
