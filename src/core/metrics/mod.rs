//! Metrics: numbers by name and labels, and the text in which a scraper reads them.
//!
//! Everything is counted in whole numbers; decimal points appear only where a number is written.

mod exposition;
mod histogram;

pub use exposition::{Exposition, Family, MetricType, Value};
pub use histogram::{Histogram, SECONDS};
