//! What tests set up: a forge with people in it, a timmy beside it, in this process or as one of
//! its own.

pub mod app;
pub mod clock;
#[cfg(feature = "otlp")]
pub mod collector;
pub mod config;
pub mod delivery;
pub mod facts;
pub mod forge;
pub mod install;
pub mod ledger;
pub mod model;
pub mod notified;
pub mod peers;
pub mod people;
pub mod process;
pub mod random;
pub mod receiver;
pub mod repository;
pub mod scrape;
pub mod work_tree;
