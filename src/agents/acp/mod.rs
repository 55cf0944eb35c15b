//! Agents of kind `acp`: a local program that speaks the Agent Client Protocol over its input and
//! output. Claude Code, Codex, Gemini CLI, OpenCode and Hermes do.
//!
//! Of the protocol an attempt needs six messages, and they are written here ([`wire`]) rather than
//! taken from the crate `agent-client-protocol`: that brings sixty crates more, has broken nearly
//! everything once a month, keeps the usage of a turn behind an unstable feature, and bounds neither
//! the length of a line nor how much waits for an agent that does not read. What it would spare is
//! the forms of the messages, not the handling of a process.
//!
//! | file | what it knows |
//! |---|---|
//! | `lines` | lines of bounded length |
//! | `wire` | the messages |
//! | `connection` | both directions at once |
//! | `opening` | the session: version, login, mode |
//! | `turn` | the prompt until its end, questions, the cancel |
//! | `heard` | what is told meanwhile: transcript and last words |
//! | `permission` | what is allowed, and in which words people are asked |
//! | `end` | what an end, an error and a usage mean |
//! | `dialogue` | all of that for the process of an attempt |

mod connection;
mod dialogue;
mod end;
mod heard;
mod lines;
mod opening;
mod permission;
mod turn;
mod wire;

pub(super) use dialogue::AcpDialogue;

#[cfg(test)]
mod tests;
