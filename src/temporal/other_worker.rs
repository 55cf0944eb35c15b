//! Why a worker is sent away: another one is served in its place.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum OtherWorker {
    #[error("this ticket was used by another worker")]
    HasTicket,
    #[error(
        "another worker began this attempt, and only that one knows of it: start it again where it was; \
         if it is gone for good, cancel the job, or wait until people are asked"
    )]
    HasAttempt,
    #[error(
        "another worker serves {0}: let one host have it, and stop the worker of the other, or give \
         that another host in worker.host; if it is gone for good, this one is served in five minutes"
    )]
    Serves(String),
}
