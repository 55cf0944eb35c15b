//! What a failure means for the next try.

use super::retry;
use crate::gitea::{self, Gitea, Recovery};
use crate::store;

/// Why something could not be done now.
#[derive(Debug, thiserror::Error)]
pub(super) enum EngineError {
    /// The forge refused, or could not be asked.
    #[error(transparent)]
    Forge(#[from] gitea::Error),
    /// The ledger cannot be read or written: that ends the run.
    #[error(transparent)]
    Ledger(#[from] store::Error),
    /// The forge does not say who timmy is: whatever the reason, that is not the fault of what was
    /// to be done.
    #[error(transparent)]
    Nameless(gitea::Error),
}

impl EngineError {
    /// Whether another try makes sense, after `tries` that failed in the same way.
    pub(super) async fn recovery(&self, gitea: &Gitea, tries: u32) -> Recovery {
        match self {
            Self::Forge(error) if retry::is_hopeless(gitea, error, tries).await => Recovery::Never,
            Self::Forge(error) => error.heals(),
            Self::Nameless(_) => Recovery::Later(None),
            Self::Ledger(_) => Recovery::Never,
        }
    }

    /// Whether it concerns one thing alone: then the next may succeed.
    pub(super) async fn is_about_one(&self, gitea: &Gitea) -> bool {
        match self {
            Self::Forge(error) => !retry::is_unavailable(error) || retry::answers(gitea).await,
            Self::Ledger(_) | Self::Nameless(_) => false,
        }
    }

    /// What the forge said; a failure of the ledger is passed on.
    pub(super) fn of_forge(self) -> Result<gitea::Error, store::Error> {
        match self {
            Self::Forge(error) | Self::Nameless(error) => Ok(error),
            Self::Ledger(error) => Err(error),
        }
    }
}
