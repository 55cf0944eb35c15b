//! Why a plan is none, in words with which whoever made it can mend it.

use crate::core::jobs::evidence::ListFault;

/// How many tasks a plan may have.
pub const MOST_TASKS: usize = 8;

/// What is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFault {
    #[error(
        "There is no plan: end with one line `timmy-result: {{\"outcome\":\"plan\",\"tasks\":[...]}}`, all of it JSON on that line."
    )]
    NoPlan,
    #[error("`tasks` is not a list of objects.")]
    NoList,
    #[error("The plan has no task.")]
    Empty,
    #[error("The plan has {0} tasks; at most {MOST_TASKS} are worked on.")]
    TooMany(usize),
    #[error("Task {0} has no `{1}`, or it is not a text.")]
    Lacks(usize, &'static str),
    #[error("Two tasks have the id \"{0}\".")]
    SameId(String),
    #[error("Task \"{task}\" depends on \"{on}\", which is no task.")]
    UnknownDependency { task: String, on: String },
    #[error("These tasks wait for one another in a circle: {}.", .0.join(", "))]
    Circle(Vec<String>),
    #[error("Task \"{task}\" has the role \"{role}\", which nobody holds. The roles are: {}.", .roles.join(", "))]
    UnknownRole { task: String, role: String, roles: Vec<String> },
    #[error(
        "The tasks {} all change code. A crew makes one pull request: put them into one task.",
        .0.join(", ")
    )]
    ManyChanges(Vec<String>),
    #[error("Task \"{0}\" is a review, and does not come after a task that changes code.")]
    NothingToReview(String),
    #[error("Task \"{0}\" comes after the change of code. Only a review can: leave it out.")]
    AfterTheChange(String),
    #[error(
        "Task \"{task}\" is a review, and nobody but who changes the code holds \"{role}\": leave it out."
    )]
    OnlyTheAuthor { task: String, role: String },
}

impl From<ListFault> for PlanFault {
    fn from(fault: ListFault) -> Self {
        match fault {
            ListFault::Missing => Self::NoPlan,
            ListFault::NoList => Self::NoList,
            ListFault::Empty => Self::Empty,
            ListFault::TooMany(tasks) => Self::TooMany(tasks),
            ListFault::Lacks(task, what) => Self::Lacks(task, what),
        }
    }
}
