//! The forge: how timmy talks to Gitea, and what Gitea's words mean.
//!
//! - [`Gitea`] (`client`) is one account on one server: it sends a request (`transport`) at the
//!   pace of the `budget`, repeats reads (`retry`), never writes, and turns an `answer` into values or an
//!   [`Error`] that knows its [`Fate`] and whether it [`Heals`].
//! - `account`, `repos`, `issues`, `search`, `comments`, `reviews`, `read_back`, `reactions`, `labels`,
//!   `dependencies`, `hooks`, `rights`, `visible` and `server` are its calls, by family; `pages`
//!   reads lists that come in pages, `open` the longest of them.
//! - `capabilities` asks the server what it lacks.
//! - `knock` calls a webhook's address as the forge would.
//! - [`payload`], [`signature`] and [`webhook`] read what Gitea sends by itself; all are pure.
//! - `wire` holds Gitea's own types. They never leave this folder: everything that does is a
//!   type of [`crate::core`].
//!
//! Written against what Gitea 1.15, 1.22 and 1.25 were seen to say (`tests/wire`).

mod account;
mod answer;
mod budget;
mod capabilities;
mod client;
mod comments;
mod dependencies;
mod error;
mod hooks;
mod issues;
mod knock;
mod labels;
mod open;
mod pages;
pub mod payload;
mod reactions;
mod read_back;
mod repos;
mod retry;
mod reviews;
mod rights;
mod route;
mod search;
mod server;
pub mod signature;
mod token;
mod transport;
mod visible;
pub mod webhook;
mod wire;

pub use capabilities::Capability;
pub use client::{Gitea, Options};
pub use error::{Error, Fate, Heals};
pub use hooks::{Hook, HookHome, NewHook};
pub use knock::{EVENT as KNOCK, knock};
pub use labels::NewLabel;
pub use open::{Open, OpenPage, Shelf};
pub use pages::{Page, Pages};
pub use reactions::{Reacted, ReactionBy};
pub use rights::{Team, Told};
pub use server::Server;
pub use token::{NotAToken, Token};
pub use visible::{Own, Visible};
