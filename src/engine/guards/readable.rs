//! What cannot be read now is asked for later; what cannot be read at all is a finding.

use crate::core::guards::CannotBeRead;
use crate::gitea::{Error, Recovery};

/// What a read gave, or why it will never give anything.
///
/// # Errors
/// If it may give something later.
pub(super) fn readable<T>(read: Result<T, Error>) -> Result<Result<T, CannotBeRead>, Error> {
    match read {
        Ok(found) => Ok(Ok(found)),
        Err(Error::TooLarge { .. }) => Ok(Err(CannotBeRead::TooLarge)),
        Err(error) => match error.heals() {
            Recovery::Never => Ok(Err(CannotBeRead::NotTold)),
            Recovery::Later(_) | Recovery::Elsewhere => Err(error),
        },
    }
}
