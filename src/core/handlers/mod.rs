//! Command × snapshot -> answers and changes. Pure: the same facts give the same answer.
//!
//! [`response_to`] says whether a text is answered at all, [`needs`] what has to be known for it,
//! [`handle`] what is said and done. `dispatch` leads each command to its handler: one file or
//! folder per family of commands, where what a command needs to know stands beside its answer.

mod change_set;
mod context;
mod dispatch;
mod handle;
mod handler;
mod response;
mod snapshot;
mod two_answers;

mod assign;
mod backlog;
mod budget;
mod controls;
mod decide;
mod decision_facts;
mod dependencies;
mod gesture;
mod help;
mod hold;
mod issue_view;
mod jobs;
mod labels;
mod report;
mod review;
mod review_facts;
mod status;

pub use backlog::{BacklogFacts, BacklogQuery, IssueCase};
pub use change_set::{AuditLine, ChangeSet, ScheduledLabel};
pub use context::CommandRequest;
pub use decision_facts::{DecisionFacts, DecisionQuery};
pub use gesture::{handle_gesture, needs_of_gesture};
pub use handle::{CONFIRM_WITHIN, handle, needs};
pub use jobs::{
    CrewRules, JobFacts, JobInTheWay, JobQuery, JobRequest, KnownJob, SpendingFacts,
    UndeliveredMessage,
};
pub use report::report_begins;
pub use response::{Response, needed_right, response_to};
pub use review::right_to_review;
pub use review_facts::ReviewFacts;
pub use snapshot::{CircleSearch, DelegateAccount, Needs, OtherThread, Quotes, Snapshot};
