//! Who is there.

use timmy::core::model::account::Account;

/// Everybody whom [`crate::support::forge::furnish`] makes, in that order: their numbers count
/// from one. alexander owns the fleet, anna approves, walt may write, rita may read, rando is a
/// stranger; ezra is an agent, renovate is ignored.
pub const CAST: [&str; 8] =
    ["timmy", "alexander", "anna", "walt", "rita", "rando", "ezra", "renovate"];

/// The account of one of the cast; 900 is the number of anybody else.
pub fn account(login: &str) -> Account {
    let at = CAST.iter().position(|known| *known == login);
    Account { id: at.map_or(900, |at| at as i64 + 1), login: login.to_owned() }
}
