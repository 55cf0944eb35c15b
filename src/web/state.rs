//! What the routes work with.

use std::sync::Arc;

use super::health::Introduced;
use super::receive::Receiver;
use super::webhook_results::WebhookResults;
use crate::clock::Clock;
use crate::core::model::account::Account;
use crate::core::scheduling::text::TextReader;
use crate::store::Ledger;

/// What the listener needs.
pub struct WebhookState {
    /// Where what is heard is stored before it is acknowledged.
    pub ledger: Ledger,
    /// When it was heard.
    pub clock: Arc<dyn Clock>,
    /// Who reads the texts of issues.
    pub reader: Arc<TextReader>,
    /// Reads deliveries, and believes those that are signed.
    pub receiver: Receiver,
    /// What became of deliveries is counted there.
    pub results: Arc<WebhookResults>,
    /// Called when something new is stored.
    pub heard: Box<dyn Fn() + Send + Sync>,
    /// Whether an account is that of a person, as far as the configuration and the forge tell.
    pub is_person: Box<dyn Fn(&Account) -> bool + Send + Sync>,
    /// Whether the forge has said who timmy is.
    pub introduced: Introduced,
}
