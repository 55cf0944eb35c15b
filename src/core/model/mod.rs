//! The base vocabulary: what Gitea has and how timmy names it. Imports nothing else of core.

pub mod account;
pub mod commit;
pub mod commit_status;
pub mod confined;
pub mod dependency;
pub mod due_day;
pub mod endpoint;
pub mod fence;
pub mod fixture;
pub mod gesture;
pub mod glob;
pub mod ids;
pub mod incident;
mod incident_kind;
pub mod issue;
pub mod quota;
pub mod recurrence;
pub mod remark;
pub mod repository;
pub mod spending;
pub mod text;
pub mod thread;
pub mod time;
pub mod verdict;
