//! The time of the forge, injected.

use std::sync::Arc;

use crate::core::model::time::Timestamp;
/// Tells the forge the time. The forge keeps whole seconds of it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
