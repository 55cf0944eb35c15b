//! Sends finished spans to a collector of OpenTelemetry, over HTTP as protobuf.
//!
//! A collector that hangs, refuses or is away costs timmy nothing: spans wait in a queue of bounded
//! length ([`crate::tracer`]), and one task, beside all else, tries to bring them there. That it
//! cannot is said once in the log, and by `timmy doctor`.
//!
//! Only in a build with the feature `otlp`: without it, whoever asks for an exporter is told so.

#[cfg(feature = "otlp")]
mod collector;
#[cfg(feature = "otlp")]
mod encode;
mod error;
#[cfg(feature = "otlp")]
mod exporter;
#[cfg(feature = "otlp")]
mod headers;
#[cfg(feature = "otlp")]
mod outcome;
#[cfg(not(feature = "otlp"))]
mod without;

pub use error::OtlpError;
#[cfg(feature = "otlp")]
pub use exporter::{Exporter, probe};
#[cfg(not(feature = "otlp"))]
pub use without::{Exporter, probe};
