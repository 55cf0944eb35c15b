//! What happens to the world while people talk: it is said once, where a person sees it, the rest
//! goes on, and what waited is answered when the world is well again.
//!
//! | what happens | where it is played |
//! |---|---|
//! | a repository is renamed | `renamed` |
//! | it is transferred, deleted, archived, closed to timmy | `world::places` |
//! | a thread is locked | `world::places`, `refusals_of_the_forge` |
//! | a comment is deleted | `silence` before the claim, `world::people` behind it |
//! | an account is deleted | `world::people` |
//! | a token is revoked, or loses a scope | `world::token` |
//! | the forge is in maintenance for an hour | `world::forge`, `forge_trouble` for single requests |
//! | a proxy answers HTML | `world::forge` |
//! | a certificate fails | `world::certificate` |
//! | clocks differ | `world::clocks` |

mod certificate;
mod clocks;
mod forge;
mod people;
mod places;
mod token;

use timmy::sandbox::{Fault, Gate, Matcher};

use crate::conversations::talk::Talk;
use crate::support::clock::{HOUR, MINUTE};

impl Talk {
    async fn noted(&self) -> String {
        self.timmy.noted().await
    }

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
