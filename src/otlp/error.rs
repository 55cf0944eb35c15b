//! Why spans cannot be sent at all.

/// Why spans cannot be sent at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OtlpError {
    #[error(
        "[otlp] is in the configuration, and this timmy was built without it: build it with `cargo \
         build --release --features otlp`, or take [otlp] away"
    )]
    NotBuilt,
    /// Never quotes them.
    #[error(
        "the headers of [otlp] (TIMMY_OTLP_HEADERS, or the file of otlp.headers_file) cannot be \
         read: {0}; write them as name=value,name=value, with %2C for a comma in a value"
    )]
    Headers(&'static str),
    #[error("no client for [otlp] can be made: {0}")]
    Client(String),
}
