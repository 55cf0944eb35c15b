//! Where a crew stands, what moves it, and what is to be done next.

use serde::{Deserialize, Serialize};

use super::event::{CrewEvent, JobStanding};
use super::plan::{CrewPlan, PlannedTask};
use crate::core::jobs::{Commit, JobId};

/// How many more reviews of one task are asked for than there are rounds: heads move for other reasons,
/// too.
const MORE_REVIEWS: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crew {
    /// The job that plans: the crew is known by its number.
    pub id: JobId,
    /// How often reviews may send the work back.
    pub rounds_allowed: u32,
    /// How often they did.
    pub rounds: u32,
    pub plan: Option<CrewPlan>,
    /// How its tasks stand, in the order of the plan.
    pub tasks: Vec<TaskProgress>,
    pub state: CrewState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrewState {
    Planning,
    /// A person is asked about the plan.
    Asking,
    Working,
    Done,
    Cancelled,
    /// A job without which nothing goes on was given up.
    Dead,
}

/// How a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskProgress {
    /// Its jobs: of a review one for each time that it was asked for.
    pub jobs: Vec<JobId>,
    pub standing: TaskStanding,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStanding {
    /// It has not begun, or begins again.
    Waits,
    /// Its last job is worked on.
    Begun,
    /// The change is verified at this commit, and waits for its reviews and a person.
    Delivered {
        commit: Commit,
        is_over: bool,
    },
    Reviewed {
        commit: Option<Commit>,
        end: ReviewEnd,
    },
    Done,
    NoChange,
    Cancelled,
    Dead,
}

/// What came of a review that is not asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewEnd {
    /// It asks for nothing.
    Passed,
    /// It asks for changes that nobody was told to make.
    Objects,
    /// There is none.
    NotGiven,
}

/// What is to be done for a crew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrewAction {
    /// Make a job for the task of this number.
    Begin(u32),
    /// End this job.
    Cancel(JobId),
}

impl CrewState {
    pub fn is_end(self) -> bool {
        match self {
            Self::Planning | Self::Asking | Self::Working => false,
            Self::Done | Self::Cancelled | Self::Dead => true,
        }
    }

    /// One word, as the ledger keeps it and people are told it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Asking => "asking",
            Self::Working => "working",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Dead => "dead",
        }
    }
}

impl Crew {
    /// One whose plan is made by the job `id`.
    pub fn new(id: JobId, rounds_allowed: u32) -> Self {
        let (rounds, plan, tasks) = (0, None, Vec::new());
        Self { id, rounds_allowed, rounds, plan, tasks, state: CrewState::Planning }
    }

    /// The task of this number, from 1 on.
    pub fn task(&self, number: u32) -> Option<(&PlannedTask, &TaskProgress)> {
        let place = place(number)?;
        self.plan.as_ref()?.tasks.get(place).zip(self.tasks.get(place))
    }

    /// All tasks by their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, &PlannedTask, &TaskProgress)> {
        let planned = self.plan.iter().flat_map(|plan| &plan.tasks);
        (1..).zip(planned.zip(&self.tasks)).map(|(number, (task, now))| (number, task, now))
    }

    /// The crew after something happened. What comes too late, or of a job that is not its own, changes
    /// nothing.
    #[must_use]
    pub fn advance(&self, event: &CrewEvent) -> Self {
        let mut after = self.clone();
        match event {
            CrewEvent::Planned(plan) => after.planned(plan),
            CrewEvent::Began { task, job } => after.began(*task, *job),
            CrewEvent::Moved { task: 0, job, to } if *job == self.id => after.plan_moved(to),
            CrewEvent::Moved { task, job, to } => after.task_moved(*task, *job, to),
            CrewEvent::Dismissed { task, job } => after.dismissed(*task, *job),
        }
        after
    }

    fn planned(&mut self, plan: &CrewPlan) {
        if !matches!(self.state, CrewState::Planning | CrewState::Asking) {
            return;
        }
        let waits = TaskProgress { jobs: Vec::new(), standing: TaskStanding::Waits };
        self.tasks = plan.tasks.iter().map(|_| waits.clone()).collect();
        self.plan = Some(plan.clone());
        self.rounds = 0;
    }

    fn began(&mut self, task: u32, job: JobId) {
        let Some(progress) = place(task).and_then(|place| self.tasks.get_mut(place)) else {
            return;
        };
        progress.jobs.push(job);
        progress.standing = TaskStanding::Begun;
    }

    fn plan_moved(&mut self, to: &JobStanding) {
        self.state = match to {
            JobStanding::Live => CrewState::Planning,
            JobStanding::Asks => CrewState::Asking,
            JobStanding::Done if self.plan.is_some() => CrewState::Working,
            JobStanding::Cancelled => CrewState::Cancelled,
            JobStanding::Dead => CrewState::Dead,
            JobStanding::Done
            | JobStanding::NoChange
            | JobStanding::Delivered { .. }
            | JobStanding::Reviewed { .. } => return,
        };
    }

    fn task_moved(&mut self, task: u32, job: JobId, to: &JobStanding) {
        let Some(purpose) = self.task(task).map(|(planned, _)| planned.purpose()) else { return };
        let Some(progress) = place(task).and_then(|place| self.tasks.get_mut(place)) else {
            return;
        };
        if progress.jobs.last() != Some(&job) {
            return;
        }
        let not_given = TaskStanding::Reviewed { commit: None, end: ReviewEnd::NotGiven };
        progress.standing = match to {
            JobStanding::Cancelled | JobStanding::Dead if purpose.is_review() => not_given,
            JobStanding::Live => TaskStanding::Begun,
            JobStanding::Delivered { commit, is_over } => {
                TaskStanding::Delivered { commit: commit.clone(), is_over: *is_over }
            }
            JobStanding::Reviewed { asks: true, is_told: true, .. } => {
                self.rounds += 1;
                TaskStanding::Waits
            }
            // Its head moved away under it.
            JobStanding::Reviewed { commit: None, .. } => TaskStanding::Waits,
            JobStanding::Reviewed { commit, asks, .. } => {
                let end = if *asks { ReviewEnd::Objects } else { ReviewEnd::Passed };
                TaskStanding::Reviewed { commit: commit.clone(), end }
            }
            JobStanding::Done => TaskStanding::Done,
            JobStanding::NoChange => TaskStanding::NoChange,
            JobStanding::Cancelled => TaskStanding::Cancelled,
            JobStanding::Dead => TaskStanding::Dead,
            JobStanding::Asks => return,
        };
        let is_review = purpose.is_review();
        self.state = match (to, self.state) {
            (JobStanding::Cancelled, _) if !is_review => CrewState::Cancelled,
            (JobStanding::Dead, _) if !is_review => CrewState::Dead,
            // A person began it once more.
            (_, state) if state.is_end() && is_review => state,
            (_, _) if self.is_all_done() => CrewState::Done,
            (_, _) => CrewState::Working,
        };
    }

    /// A review that says nothing any more is as if it had never been given.
    fn dismissed(&mut self, task: u32, job: JobId) {
        if self.state != CrewState::Working {
            return;
        }
        let Some(progress) = place(task).and_then(|place| self.tasks.get_mut(place)) else {
            return;
        };
        let is_given = matches!(&progress.standing, TaskStanding::Reviewed { commit: Some(_), .. });
        if is_given && progress.jobs.last() == Some(&job) {
            progress.standing = TaskStanding::Waits;
        }
    }

    /// Whether nothing is left to do.
    fn is_all_done(&self) -> bool {
        self.numbered().all(|(number, task, progress)| match &progress.standing {
            TaskStanding::Done | TaskStanding::NoChange => true,
            TaskStanding::Delivered { is_over, .. } => *is_over && !self.awaits_reviews(),
            // Nobody needs a review of what was taken, or of nothing.
            _ if task.purpose().is_review() => self.change_is_over() || self.is_settled(number),
            _ => false,
        })
    }

    /// The commit at which the change was handed in last, while it waits.
    fn delivered(&self) -> Option<&Commit> {
        self.numbered().find_map(|(_, _, progress)| match &progress.standing {
            TaskStanding::Delivered { commit, .. } => Some(commit),
            _ => None,
        })
    }

    /// Whether the change was taken, or there is none.
    fn change_is_over(&self) -> bool {
        self.numbered().filter(|(_, task, _)| task.purpose().is_change()).all(|(_, _, progress)| {
            matches!(progress.standing, TaskStanding::Done | TaskStanding::NoChange)
        })
    }

    /// Whether reviews of what was handed in are still to come.
    fn awaits_reviews(&self) -> bool {
        self.numbered()
            .any(|(number, task, _)| task.purpose().is_review() && !self.is_settled(number))
    }

    /// Whether a review is asked for no more, of what was handed in.
    fn is_settled(&self, number: u32) -> bool {
        let Some((_, progress)) = self.task(number) else { return true };
        let spent = self.rounds >= self.rounds_allowed;
        let most = usize::try_from(self.rounds_allowed).unwrap_or(usize::MAX);
        let is_too_often = progress.jobs.len() >= most.saturating_add(MORE_REVIEWS);
        match &progress.standing {
            TaskStanding::Reviewed { end: ReviewEnd::NotGiven, .. } => true,
            TaskStanding::Reviewed { commit, end } => {
                commit.as_ref() == self.delivered()
                    || (*end == ReviewEnd::Objects && spent)
                    || is_too_often
            }
            TaskStanding::Waits => is_too_often,
            _ => false,
        }
    }

    /// The reviews on which a question about `commit` stands: their tasks, with the jobs that gave them.
    pub fn reviews_of(&self, commit: &Commit) -> Vec<(u32, JobId)> {
        let given = self.numbered().filter_map(|(number, _, progress)| match &progress.standing {
            TaskStanding::Reviewed { commit: Some(of), .. } if of == commit => {
                Some((number, *progress.jobs.last()?))
            }
            _ => None,
        });
        given.collect()
    }

    /// Whether a person is not yet asked to accept what was handed in at `commit`: its reviews are still
    /// to come.
    pub fn holds(&self, commit: Option<&Commit>) -> bool {
        self.state == CrewState::Working && self.delivered() == commit && self.awaits_reviews()
    }

    /// Whether a person is asked about `commit` only once that task's review was given again, if the one
    /// that `job` gave was dismissed.
    pub fn reviews_again(&self, task: u32, job: JobId, commit: &Commit) -> bool {
        self.advance(&CrewEvent::Dismissed { task, job }).holds(Some(commit))
    }

    /// Whether a review may send the work back once more.
    pub fn has_rounds(&self) -> bool {
        self.rounds < self.rounds_allowed
    }

    /// What is to be done now.
    pub fn due(&self) -> Vec<CrewAction> {
        match self.state {
            CrewState::Planning | CrewState::Asking | CrewState::Done => Vec::new(),
            CrewState::Working => self.next().into_iter().map(CrewAction::Begin).collect(),
            CrewState::Cancelled | CrewState::Dead => {
                let live = self.tasks.iter().filter(|one| one.standing == TaskStanding::Begun);
                let held = self.tasks.iter().filter(|one| {
                    let is_over =
                        matches!(&one.standing, TaskStanding::Delivered { is_over: false, .. });
                    is_over && self.state == CrewState::Cancelled
                });
                let live = live.chain(held).filter_map(|one| one.jobs.last());
                live.copied().map(CrewAction::Cancel).collect()
            }
        }
    }

    /// The task that begins next: one at a time, each behind what it depends on.
    fn next(&self) -> Option<u32> {
        let is_begun = self.tasks.iter().any(|one| one.standing == TaskStanding::Begun);
        let is_done = |number: &u32| match self.task(*number) {
            Some((task, _)) if task.purpose().is_change() => self.delivered().is_some(),
            Some((task, _)) if task.purpose().is_review() => self.is_settled(*number),
            Some((_, progress)) => {
                matches!(progress.standing, TaskStanding::Done | TaskStanding::NoChange)
            }
            None => true,
        };
        let can_begin = |number: u32, task: &PlannedTask, progress: &TaskProgress| {
            let is_due = match task.purpose().is_review() {
                true => self.delivered().is_some() && !self.is_settled(number),
                false => progress.standing == TaskStanding::Waits,
            };
            is_due && task.after.iter().all(is_done)
        };
        let mut tasks = self.numbered().filter(|_| !is_begun);
        tasks.find(|(number, task, now)| can_begin(*number, task, now)).map(|(number, ..)| number)
    }
}

fn place(number: u32) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}

#[cfg(test)]
mod tests;
