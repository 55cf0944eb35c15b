//! Agents of kind `command`: a program that reads one JSON object and prints JSON lines.
//!
//! | file | what it knows |
//! |---|---|
//! | `dialogue` | how it is told its task, and heard until its end |
//! | `wire` | the words of both |
//! | `lines` | lines of a stream that may be anything, bounded |

mod dialogue;
mod lines;
mod wire;

use std::sync::Arc;

use dialogue::CommandDialogue;

use super::local::{LocalAgent, LocalOptions};

/// A program that is told its task once, and then only heard.
pub fn command_agent(options: LocalOptions) -> LocalAgent {
    LocalAgent::new(options, Arc::new(CommandDialogue))
}
