//! Agents that are programs on timmy's own host: each attempt has a clone, a home and a sandbox of
//! its own.
//!
//! | file | what it knows |
//! |---|---|
//! | `agent` | [`LocalAgent`]: the agent as the engine knows it |
//! | `dialogue` | [`Dialogue`]: what differs from kind to kind: how its process is talked to |
//! | `origin` | [`Origin`]: where its clone comes from, and where its branch goes |
//! | `account_origin` | [`AccountOrigin`]: that as an account of the forge, here or for another host |
//! | `options` | what an agent is made of |
//! | `order` | what an attempt has to do, as it is stored |
//! | `work` | one attempt from its clone to its end |
//! | `host` | [`LocalHost`]: where its attempts work; how their clones are made |
//! | `places` | the folders of an agent |
//! | `bench` | [`LocalBench`]: what an attempt works on |
//! | `commits` | how its commits are made and come out, in the sandbox |
//! | `hand_in` | what is pushed, and the pull request |
//! | `look` | what must not be pushed |
//! | `home` | what is written back of a home |
//! | `record` | what is known of an attempt after a crash |
//! | `kept` | the changes with which the next attempt begins |
//! | `recover` | what the process before left behind |
//! | `trouble` | what goes wrong |
//!
//! timmy fetches what the agent's account may read into a repository of its own, and clones that into
//! a workspace. There the process works; it sees no token, no ledger, no other agent. It commits, or
//! leaves changes, which are committed for it. Once nothing of it lives, a bundle of its commits is
//! made in the same sandbox without network, read into timmy's repository and looked at; one branch
//! is pushed by the agent's account. Nothing is run outside of the sandbox where it could write.

mod account_origin;
mod agent;
mod bench;
mod commits;
mod dialogue;
mod hand_in;
mod home;
mod host;
mod kept;
mod look;
mod options;
mod order;
mod origin;
mod places;
mod record;
mod recover;
mod trouble;
mod work;

pub use account_origin::AccountOrigin;
pub use agent::LocalAgent;
pub use commits::LARGEST as LARGEST_BUNDLE;
pub use options::{LocalOptions, Through, origin_of};
pub use origin::{AttemptPlace, FinishedWork, NewCommits, Origin, OriginCall, OriginTrouble};

pub(super) use dialogue::{Dialogue, DialogueCall, DialogueEnd, Talk, Trial, TrialCall};
pub(super) use order::LocalOrder;
