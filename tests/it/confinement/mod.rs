//! What an agent wrote is kept in: programs that try to get out of it, or to take more than they
//! may, each by name.

mod breakouts;
mod bundles;
mod copies;
mod fail_to_pass;
mod greed;
mod guards;
pub mod reach;
mod sessions;
pub mod stage;
#[cfg(target_os = "linux")]
mod through;
