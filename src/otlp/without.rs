//! A build without the feature: nobody can be sent anything.

use std::convert::Infallible;

use tokio_util::sync::CancellationToken;

use super::error::OtlpError;
use crate::config::OtlpConfig;
use crate::tracer::SpanQueue;

/// There is none.
pub struct Exporter(Infallible);

impl Exporter {
    /// # Errors
    /// Always: it says how to build one that can.
    pub fn new(_: &OtlpConfig, _: SpanQueue) -> Result<Self, OtlpError> {
        Err(OtlpError::NotBuilt)
    }

    pub async fn run(self, _: CancellationToken) {
        match self.0 {}
    }
}

/// Whether the collector takes what it is sent.
///
/// # Errors
/// Always: it says how to build what can ask.
pub async fn probe(_: &OtlpConfig) -> Result<Result<(), String>, OtlpError> {
    Err(OtlpError::NotBuilt)
}
