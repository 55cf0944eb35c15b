//! The thread that an agent is told of.

use super::fence::fenced;
use super::visible::visible;

/// What a job is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptSubject {
    Thread(PromptThread),
    /// A routine: whoever runs the fleet wrote what is to be done.
    Routine {
        name: String,
        text: String,
    },
}

/// The issue or the pull request that the job is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptThread {
    pub number: i64,
    pub title: String,
    pub body: String,
}

impl PromptSubject {
    pub(super) fn thread(&self) -> Option<&PromptThread> {
        match self {
            Self::Thread(thread) => Some(thread),
            Self::Routine { .. } => None,
        }
    }
}

impl PromptThread {
    /// Whether `prompt` was written when the thread said the same as now.
    pub fn is_told_in(&self, prompt: &str) -> bool {
        let Self { title, body, .. } = self;
        let quoted = |text: &str| fenced(&visible(text));
        prompt.contains(&format!("Title:\n\n{}\n\nText:\n\n{}", quoted(title), quoted(body)))
    }
}
