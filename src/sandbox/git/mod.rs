//! Real git behind the sandbox: bare repositories in a temporary folder, and the `git` program that
//! works on them. It knows nothing of people, rights or webhooks.
//!
//! Each call runs `git` and waits for it, a few milliseconds. That is done while the forge's memory
//! is held, so that a push, what it changes and what it tells are one step.

mod commits;
mod compare;
mod failure;
mod history;
mod merge;
mod program;
mod refs;
mod repositories;
pub(super) mod transport;
mod tree;

pub(super) use commits::{CommitOrder, FileEdit, Signer};
pub(super) use compare::{ChangeCount, PathChange};
pub(super) use failure::GitFailure;
pub(super) use history::GitCommit;
pub(super) use merge::MergeOutcome;
pub(super) use program::{async_git, require_git};
pub(super) use refs::{NO_COMMIT, RefMove};
pub(super) use repositories::{BareRepo, Repositories};
pub(super) use tree::TreeItem;
