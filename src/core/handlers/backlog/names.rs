//! How the threads of one answer are written.

use super::facts::BacklogFacts;
use crate::core::handlers::context::CommandContext;
use crate::core::model::ids::{RepoId, ThreadId};

/// The names of the issues that one answer speaks of.
///
/// All in the full form if one of them needs it: where one run of text holds both `o/r#4` and
/// `#5`, Gitea links only the short one.
pub(super) struct ThreadNames<'a> {
    backlog: &'a BacklogFacts,
    in_full: bool,
}

impl<'a> ThreadNames<'a> {
    /// Names for an answer in the repository `here`, or outside of all, that speaks of `threads`.
    pub(super) fn of(
        backlog: &'a BacklogFacts,
        here: Option<RepoId>,
        threads: impl IntoIterator<Item = ThreadId>,
    ) -> Self {
        let is_elsewhere = |thread: ThreadId| here != Some(thread.repo) && backlog.is_named(thread);
        Self { backlog, in_full: threads.into_iter().any(is_elsewhere) }
    }

    /// What an issue is called, if it may be named: `#12`, or `o/r#12`.
    pub(super) fn name(&self, thread: ThreadId) -> Option<String> {
        self.named(thread).map(|(name, _)| name)
    }

    /// What it is called, and its title.
    pub(super) fn named(&self, thread: ThreadId) -> Option<(String, String)> {
        let title = self.backlog.titles.get(&thread)?;
        let name = match self.in_full {
            true => format!("{}#{}", title.repo.name, thread.number),
            false => format!("#{}", thread.number),
        };
        Some((name, title.title.clone()))
    }
}

impl CommandContext<'_> {
    /// How these issues are written in this thread.
    pub(super) fn names<'a>(
        &self,
        backlog: &'a BacklogFacts,
        threads: impl IntoIterator<Item = ThreadId>,
    ) -> ThreadNames<'a> {
        ThreadNames::of(backlog, Some(self.asked.inbound.repo.id), threads)
    }
}
