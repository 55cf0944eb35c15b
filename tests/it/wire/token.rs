//! A token that is accepted no more, and another where it came from.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use timmy::clock::ManualClock;
use timmy::gitea::{ClientOptions, Error, Gitea, Token};

use crate::support::clock::{Sleepless, noon};
use crate::wire::forge::{Canned, Forge, TOKEN, options};

const NEW: &str = "fedcba9876543210fedcba9876543210fedcba98";

fn refused() -> Canned {
    Canned::new(401, r#"{"message":"user does not exist [uid: 0, name: ]"}"#)
}

fn account(id: i64) -> Canned {
    Canned::new(200, format!(r#"{{"id":{id},"login":"timmy"}}"#))
}

/// A client, the clock by which it works, and what it finds where its token came from.
fn client(forge: &Forge, file: &'static str) -> (Gitea, ManualClock, Arc<Mutex<&'static str>>) {
    let (clock, file) = (noon(), Arc::new(Mutex::new(file)));
    let found = file.clone();
    let options = ClientOptions {
        reload: Arc::new(move || Token::new(*found.lock().unwrap()).ok()),
        clock: Arc::new(clock.clone()),
        ..options(&forge.url, &Sleepless::default())
    };
    (Gitea::new(options).unwrap(), clock, file)
}

/// With which tokens was asked.
fn tokens(forge: &Forge) -> Vec<&'static str> {
    let name = |authorization: &str| match authorization.strip_prefix("token ").unwrap() {
        TOKEN => "old",
        NEW => "new",
        other => panic!("{other}"),
    };
    forge.asked().iter().map(|asked| name(&asked.authorization)).collect()
}

#[tokio::test]
async fn a_read_is_tried_again_with_the_new_one() {
    let forge = Forge::answering([account(3), refused(), account(3), account(3)]).await;
    let (gitea, ..) = client(&forge, NEW);
    gitea.me().await.unwrap();
    assert_eq!(gitea.me().await.unwrap().id, 3);
    assert_eq!(tokens(&forge), ["old", "old", "new", "new"]);
}

#[tokio::test]
async fn a_write_is_not_repeated_and_the_next_one_has_the_new_one() {
    let done = Canned::new(201, "{}");
    let forge = Forge::answering([refused(), account(3), done]).await;
    let (gitea, ..) = client(&forge, NEW);
    let repo = "lab/pub".parse().unwrap();
    let error = gitea.set_open(&repo, 1, false).await.unwrap_err();
    assert!(matches!(error, Error::BadToken { .. }), "{error}");
    gitea.set_open(&repo, 1, false).await.unwrap();
    assert_eq!(tokens(&forge), ["old", "new", "new"]);
}

#[tokio::test]
async fn it_is_looked_for_every_few_seconds_and_no_more() {
    let forge = Forge::answering([refused(), refused(), refused(), account(3), account(3)]).await;
    let (gitea, clock, file) = client(&forge, TOKEN);
    gitea.me().await.unwrap_err();
    *file.lock().unwrap() = NEW;
    gitea.me().await.unwrap_err();
    clock.advance(Duration::from_secs(5));
    gitea.me().await.unwrap();
    assert_eq!(tokens(&forge), ["old", "old", "old", "new", "new"]);
}

#[tokio::test]
async fn neither_a_bad_one_nor_somebody_elses_is_used() {
    let forge = Forge::answering([account(3)]).await;
    let (gitea, clock, _) = client(&forge, NEW);
    gitea.me().await.unwrap();
    for answer in [refused(), account(4)] {
        forge.restart([refused(), answer, refused()]);
        clock.advance(Duration::from_secs(5));
        gitea.me().await.unwrap_err();
        gitea.me().await.unwrap_err();
        assert_eq!(tokens(&forge), ["old", "new", "old"]);
    }
}
