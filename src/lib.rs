//! timmy: a Gitea account that runs a fleet of AI agents.

pub mod cli;
pub mod config;
pub mod core;
pub mod engine;
pub mod gitea;
pub mod sandbox;
pub mod store;
pub mod web;
