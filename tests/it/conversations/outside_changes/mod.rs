//! What happens to the world while people talk: it is said once, where a person sees it, the rest
//! goes on, and what waited is answered when the world is well again.
//!
//! | what happens | where it is played |
//! |---|---|
//! | a repository is renamed | `renamed` |
//! | it is transferred, deleted, archived, closed to timmy | `outside_changes::repositories` |
//! | a thread is locked | `outside_changes::repositories`, `refusals_of_the_forge` |
//! | a comment is deleted | `ignored` before the claim, `outside_changes::deleted` behind it |
//! | an account is deleted | `outside_changes::deleted` |
//! | a token is revoked, or loses a scope | `outside_changes::token` |
//! | the forge is in maintenance for an hour | `outside_changes::forge`, `forge_failures` for single requests |
//! | a proxy answers HTML | `outside_changes::forge` |
//! | a certificate fails | `outside_changes::certificate` |
//! | clocks differ | `outside_changes::clocks` |

mod certificate;
mod clocks;
mod deleted;
mod deleted_words;
mod forge;
mod repositories;
mod token;

use timmy::sandbox::{Fault, Gate, Matcher};

use crate::conversations::talk::Talk;
use crate::support::clock::{HOUR, MINUTE};

impl Talk {
    /// Somebody says something at the door, and something happens between claim and reply; the
    /// comment's id.
    async fn says_while(&self, text: &str, happens: impl FnOnce()) -> i64 {
        let gate = Gate::new();
        let claim = Matcher::method_path("POST", "/reactions");
        self.sandbox.faults().next(claim, Fault::HangAfter(gate.clone()));
        let id = self.says("walt", text);
        gate.reached().await;
        happens();
        gate.open();
        self.quiet().await;
        id
    }

    /// The world has been well for a while.
    async fn heals(&self) {
        self.wait(HOUR).await;
        self.wait(MINUTE).await;
    }
}
