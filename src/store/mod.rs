//! The ledger: timmy's memory, one SQLite file. No module outside this folder writes SQL.
//!
//! [`Ledger`] owns the file. It writes through one thread that makes one durable commit of all
//! the transactions that wait (`writer`), and reads beside it (`reader`). Every other module is
//! one family of rows. Their functions take the open transaction, so that a caller composes one
//! atomic step of several:
//!
//! ```
//! # use timmy::core::model::time::Timestamp;
//! # use timmy::store::{Error, Ledger, inbox, outbox};
//! # async fn answer(
//! #     ledger: &Ledger, seq: inbox::TextSeq, reply: outbox::NewEffect, now: Timestamp,
//! # ) -> Result<(), Error> {
//! ledger
//!     .write(move |tx| {
//!         inbox::finish(tx, seq, inbox::Ending::Answered, now)?;
//!         outbox::push(tx, &reply, now)?;
//!         Ok(())
//!     })
//!     .await
//! # }
//! ```
//!
//! Times are [`Timestamp`](crate::core::model::time::Timestamp)s, microseconds in UTC, and always
//! arguments: nothing here looks at a clock.

mod columns;
mod disk;
mod ending;
mod error;
mod ledger;
mod ledger_condition;
mod ledger_place;
mod lock;
mod migrate;
mod open;
mod reader;
mod writer;

pub mod accounts;
pub mod agent_heads;
pub mod ask_scope;
pub mod audit;
pub mod automatic;
pub mod backlog;
pub mod backup;
pub mod controls;
pub mod covered_text;
pub mod crews;
pub mod cursors;
pub mod decisions;
pub mod deliveries;
pub mod delivery_log;
pub mod digest;
pub mod forgotten;
pub mod handled;
pub mod inbox;
pub mod incidents;
pub mod jobs;
pub mod lifted_guards;
pub mod made_issues;
pub mod matches;
pub mod meta;
pub mod metrics;
pub mod notifications;
pub mod outbox;
pub mod ownership;
pub mod permissions;
pub mod queue;
pub mod reports;
pub mod repos;
pub mod routines;
pub mod scope_answers;
pub mod scope_questions;
pub mod splits;
pub mod tasks;
pub mod threads;
pub mod traced_jobs;
pub mod traces;

pub use disk::file_system;
pub use error::{Error, OpenError};
pub use ledger::Ledger;
pub use ledger_place::Displaced;
pub use lock::{Holder, holder};
pub use reader::Readers;
/// What the closures of [`Readers::read`] get; a [`Transaction`] passes for one.
pub use rusqlite::Connection;
/// What the closures of [`Ledger::write`] get.
pub use rusqlite::Transaction;
