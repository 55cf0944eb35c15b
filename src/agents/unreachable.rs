//! What a request that got no answer tells of the server it was for.

use std::error::Error;
use std::io::{self, ErrorKind};

use super::brief::brief;
use crate::gitea::innermost_cause;

/// Whether the host is there, and nobody listens.
pub(super) fn is_refused(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Why it failed, in one line.
pub(super) fn why_failed(error: reqwest::Error) -> String {
    brief(&innermost_cause(error))
}
