//! The base vocabulary: what Gitea has and how timmy names it. Imports nothing else of core.

pub mod dependency;
pub mod ids;
pub mod issue;
pub mod text;
pub mod thread;
pub mod time;
