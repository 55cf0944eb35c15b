//! The forge: how timmy talks to Gitea, and what Gitea's words mean.
//!
//! - [`Gitea`] (`client`) is one account on one server: it sends a request (`transport`) at the
//!   pace of the `budget`, repeats reads (`retry`), never writes, and turns an `answer` into values or an
//!   [`Error`] that knows its [`WriteOutcome`] and whether it [`Recovery`].
//! - `account`, `own_replies`, `repos`, `issues`, `search`, `comments`, `reviews`, `read_back`,
//!   `reactions`, `labels`, `dependencies`, `templates`, `hooks`, `rights`, `visible` and `server`
//!   are its calls, by family; `pages`
//!   reads lists that come in pages, `open` the longest of them.
//! - `branches`, `commits`, `trees`, `files`, `contents`, `pulls`, `pull_diffs`, `pushes`, `statuses`,
//!   `verdicts` and `merging` are what jobs read and write: code, pull requests, who pushed, what
//!   checks and reviews say, and the merge.
//! - `job_logs` reads how the log of a job of Actions ends, `action_secrets` whether such jobs may read
//!   secrets.
//! - `agent_token` is what it takes to act as an agent's account.
//! - `current_token` looks for another token where the forge does not accept this one.
//! - `capabilities` asks the server what it lacks, and what it has that newer ones do better
//!   (`extra`).
//! - `probe` calls a webhook's address as the forge would.
//! - [`payload`], [`signature`] and [`webhook`] read what Gitea sends by itself; all are pure.
//! - `wire` holds Gitea's own types. They never leave this folder: everything that does is a
//!   type of [`crate::core`].
//!
//! Written against what Gitea 1.15, 1.22, 1.25 and 1.27 were seen to say (`tests/it/wire`).

mod access;
mod account;
mod action_secrets;
mod agent_token;
mod answer;
mod branches;
mod budget;
mod capabilities;
mod client;
mod comments;
mod commits;
mod contents;
mod current_token;
mod dependencies;
mod error;
mod extra;
mod files;
mod gestures;
mod hooks;
mod issues;
mod job_logs;
mod labels;
mod merging;
mod open_issues;
mod options;
mod own_replies;
mod pages;
pub mod payload;
mod permissions;
mod probe;
mod pull_diffs;
mod pulls;
mod pushes;
mod reactions;
mod read_back;
mod repos;
mod request_counts;
mod retry;
mod reviews;
mod route;
mod scheduled_merges;
mod search;
mod server;
pub mod signature;
mod statuses;
mod templates;
mod timeline;
mod token;
mod transport;
mod trees;
mod verdicts;
pub mod webhook;
mod wire;

pub use access::{OwnAccount, VisibleRepo};
pub use account::WRITE_CODE;
pub use agent_token::AgentToken;
pub use branches::ForgeBranch;
pub use capabilities::Capability;
pub use client::Gitea;
pub use commits::{Comparison, ForgeCommit};
pub use contents::{FileChange, NewCommit};
pub use current_token::Reload;
pub use error::{Error, Recovery, WriteOutcome};
pub use extra::Extra;
pub use hooks::{Authorization, AuthorizationHeader, Hook, HookHome, NewHook};
pub use job_logs::JobLog;
pub use labels::NewLabel;
pub use merging::Merge;
pub use open_issues::{IssueList, OpenIssues, OpenPage};
pub use options::ClientOptions;
pub use own_replies::OwnReply;
pub use pages::{Page, Pages};
pub use permissions::{Team, Visibility};
pub use probe::{PROBE_EVENT, probe_webhook};
pub use pull_diffs::{ChangedFile, FileFate};
pub use pulls::{NewPullRequest, PullRequest, PullState};
pub use pushes::{PullPush, PullPushes, RecentPushes, RepoPush};
pub use reactions::{Reacted, ReactionBy};
pub use read_back::TextLookup;
pub use request_counts::{AnswerClass, RequestCounts};
pub use reviews::ListedReview;
pub use scheduled_merges::ScheduledMerge;
pub use server::Server;
pub use statuses::NewestStatuses;
pub use timeline::{Changed, ThreadChange};
pub use token::{NotAToken, Token};
pub(crate) use transport::{innermost_cause, install_tls};
pub use trees::{EntryKind, Tree, TreeEntry};
