//! Which timmy this is: what `build.rs` found when it was built.

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that a release was built from. A build for development does not say it, since it
/// would be built anew for each commit; nor does one without git.
pub const COMMIT: &str = env!("TIMMY_COMMIT");

/// The cargo features that it was built with, with commas between them.
pub const FEATURES: &str = env!("TIMMY_FEATURES");

/// All of it in a line.
pub const LINE: &str = env!("TIMMY_VERSION");
