//! An agent that watches Gitea itself. It is called by being assigned, and by one comment that gives
//! it its order; what it does there is all that is ever seen of it: its branch, its pull request, its
//! comments. Taking its account off stops it.
//!
//! | file | what it does |
//! |---|---|
//! | `agent` | the agent as the engine knows it |
//! | `order` | what an attempt has to do, and how that is said to it |
//! | `sight` | what the forge shows of an attempt |
//! | `place` | what it takes of the forge |

mod agent;
mod order;
mod place;
mod sight;

pub use agent::{ForgeAgent, ForgeAgentOptions};
pub use place::AgentForge;
