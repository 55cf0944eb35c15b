//! An account of the forge.

use serde::{Deserialize, Serialize};

/// An account of the forge. Logins are compared without case; ids do not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Gitea's number. Zero and below are pseudo users (ghost, gitea-actions).
    pub id: i64,
    /// The name, as the forge writes it.
    pub login: String,
}

impl Account {
    /// Whether this is the account called `login`.
    pub fn is(&self, login: &str) -> bool {
        self.login.eq_ignore_ascii_case(login)
    }

    /// Whether the forge itself hides behind it (deleted user, actions).
    pub fn is_pseudo(&self) -> bool {
        self.id <= 0
    }
}
