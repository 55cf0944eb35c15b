//! What people are told elsewhere than on the forge: that something is there, and where. Nothing of
//! what it says: who may read that is for the forge to decide.

mod message;
mod subject;

pub use message::{Message, MessagePlace};
pub use subject::{NotificationKind, NotificationSubject};
