//! timmy: a Gitea account that runs a fleet of AI agents, commanded in issue threads.
//!
//! This page is the map. Imports run one way (a test holds it):
//! `main -> cli -> {engine, web, sandbox} -> {store, gitea} -> core`.
//!
//! # The walk of a comment
//!
//! 1. [`web`] takes a delivery: its size, its signature ([`gitea::signature`], taken while it
//!    arrives), its form ([`gitea::webhook`] turns the payload into [`core::heard::InboundText`]), and
//!    whether the secret that signed it speaks for that repository ([`core::hook_scope`]).
//! 2. [`store::inbox`] stores it, once, whatever is delivered twice. Only then the forge gets its
//!    202: Gitea never repeats a delivery, so from here on the text must not be lost. What no
//!    delivery told, the engine's `catchup` finds: once a minute it asks the forge what moved, and
//!    stores it under the same key.
//! 3. [`engine`] takes the texts of a thread one after the other. Is it a person's word
//!    ([`core::authority`]), and their own ([`core::relay`]), and does it name timmy at all
//!    ([`core::trigger`])?
//!    What they may do that the configuration and the payload do not settle, the forge is asked.
//! 4. [`core::markdown`] says which lines can be commands, [`core::grammar`] reads each into a
//!    [`core::command::Command`] or an error with the nearest known word. Of an edit only what it
//!    added counts ([`core::edits`]).
//! 5. timmy claims the text by a reaction, so that of two ledgers for one account one acts.
//! 6. [`core::decide`], pure: commands and a snapshot of the world in, effects out. What is
//!    answered is rendered here ([`core::reply`], from `templates/`): the text is finished.
//! 7. One transaction: the text is done, the thread's state is new, the effects are in
//!    [`store::outbox`], each line is in the [`store::audit`].
//! 8. The engine's `outbox` delivers the effects ([`core::effect`]) in order, one file for each
//!    kind. After an unknown outcome the effect is looked for before it is written again: a comment
//!    or an issue by its hidden [`core::marker`], anything else by what the forge shows.
//!
//! # The walk of an issue, as far as it goes
//!
//! 1. The engine's `backlog` reads the open issues of every watched repository in full once, and
//!    again once a day; in between the deliveries and the catch-up bring what moves. What an issue
//!    waits for no list shows: it is asked for apart. All of it is kept in [`store::backlog`].
//! 2. [`core::backlog`], pure and in whole numbers: may the issue be handed out, and if not, for
//!    which reasons? What is it worth, term by term? Whom does it fit, and who gets it?
//! 3. The engine's `tick` decides that again whenever something moved. What is new goes into
//!    [`store::choices`] with all that it was decided from, so that `timmy simulate` can decide it
//!    again. Nothing is handed out yet.
//! 4. Who asks (`queue`, `why`, `plan`, `agents`) is answered from the engine's `ranking`, the
//!    backlog judged a moment ago; its `look` leaves out what the readers of the thread may not
//!    know.
//!
//! # The walk of the report
//!
//! The engine's `report` looks at its diary ([`store::reports`]) once a minute if something moved,
//! and at the moments at which it may speak ([`core::report`]). The issue, its pin, the comment of
//! a day and its edits are effects in the outbox like any others; only what a day says is gathered
//! right before it is sent, since who may read it then decides what may be told.
//!
//! # When it crashes
//!
//! A crash between any two of these loses nothing and repeats nothing that can be seen:
//! `tests/crashes/` kills the real binary at each step ([`crash`]) and at random moments.
//!
//! # Where things are
//!
//! | module | what it knows |
//! |---|---|
//! | [`core`] | pure: words, grammar, authority, decisions, replies; what is next and why; the report |
//! | [`store`] | the ledger: SQLite, one writer thread, one file per family of rows |
//! | [`gitea`] | the forge: client, wire types, webhook payloads, which never leave it; what an old server lacks |
//! | [`engine`] | the loops: one lane per thread, effects, what is due later, what webhooks missed, the backlog, who is to get what, the report |
//! | [`web`] | the listener: webhook and health, and how much strangers may take up |
//! | [`sandbox`] | a small in-memory Gitea of two versions for the demo and the tests, how it misbehaves, its page, and a backlog of any size |
//! | [`config`] | `timmy.toml`, read strictly, explained well |
//! | [`cli`] | one file per subcommand |
//! | [`clock`] | the time, injected |
//! | [`crash`] | where tests kill the process |

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod core;
pub mod crash;
pub mod engine;
pub mod gitea;
pub mod sandbox;
pub mod store;
pub mod web;
