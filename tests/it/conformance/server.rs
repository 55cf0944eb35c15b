//! The server itself, and its accounts.

use timmy::gitea::{Error, Extra};

use super::forge::Forge;
use super::versions::{HAS_CALLS_OF_1_27, Version};

pub async fn it_shows_its_version_and_the_time_to_any_token(forge: &Forge) {
    let narrow = forge.with_scopes("timmy", "read:issue").await;
    let server = narrow.gitea().server().await.unwrap();
    assert_eq!(Version::read(&server.version), forge.version);
    assert!(server.time.is_some());
}

pub async fn it_says_whose_a_token_is(forge: &Forge) {
    let own = forge.timmy().gitea().own_account().await.unwrap();
    assert_eq!((own.account.login.as_str(), own.is_site_admin), ("timmy", false));
    assert_eq!(forge.timmy().gitea().me().await.unwrap(), own.account);
    let seen = forge.rando().gitea().account("TIMMY").await.unwrap();
    assert_eq!(seen, Some(own.account));
}

/// Where a token can be asked.
pub async fn a_token_tells_what_it_is_good_for(forge: &Forge) {
    let narrow = forge.with_scopes("timmy", "write:issue,read:user").await;
    let can_be_asked = narrow.gitea().has(Extra::OwnToken).await.unwrap();
    forge.version.expect(&HAS_CALLS_OF_1_27, can_be_asked);
    if can_be_asked {
        let mut scopes = narrow.gitea().own_scopes().await.unwrap();
        scopes.sort_unstable();
        assert_eq!(scopes, ["read:user", "write:issue"]);
        assert_eq!(forge.timmy().gitea().own_scopes().await.unwrap(), ["all"]);
    }
}

pub async fn an_account_that_is_not_there_is_none(forge: &Forge) {
    assert_eq!(forge.timmy().gitea().account("nobody-here").await.unwrap(), None);
    let unknown = forge.impostor().gitea().me().await.unwrap_err();
    assert!(matches!(unknown, Error::BadToken { .. }), "{unknown}");
}

pub async fn it_has_everything_that_timmy_uses(forge: &Forge) {
    assert_eq!(forge.timmy().gitea().lacks().await.unwrap(), []);
}
