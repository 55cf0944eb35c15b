//! `[otlp]`, apart from what is traced: what a collector is sent, and what is said of one that takes
//! nothing. What is traced is in `conversations/otlp` and `job_engine/otlp`.

#[cfg(feature = "otlp")]
mod collectors;
#[cfg(not(feature = "otlp"))]
mod without;
