//! A client that acts as an agent's account: same server, same budget, another token, and errors
//! that say whose it is.

use std::sync::Arc;

use timmy::core::model::ids::RepoName;
use timmy::gitea::{AgentToken, Error, Gitea, Recovery, Token, WriteOutcome};

use crate::wire::forge::{Canned, Forge, TOKEN};

const EZRAS: &str = "aaaabbbbccccddddeeeeffff0000111122223333";
const NEWER: &str = "fedcba9876543210fedcba9876543210fedcba98";

fn lab() -> RepoName {
    "lab/pub".parse().unwrap()
}

fn ezra(forge: &Gitea, in_file: Option<&'static str>) -> Gitea {
    forge.acting_as(AgentToken {
        login: "ezra".to_owned(),
        token: Token::new(EZRAS).unwrap(),
        reload: Arc::new(move || in_file.and_then(|text| Token::new(text).ok())),
    })
}

/// With whose token was asked.
fn tokens(forge: &Forge) -> Vec<&'static str> {
    let whose = |authorization: &str| match authorization.strip_prefix("token ").unwrap() {
        TOKEN => "timmy",
        EZRAS => "ezra",
        NEWER => "ezra, newer",
        other => panic!("{other}"),
    };
    forge.asked().iter().map(|asked| whose(&asked.authorization)).collect()
}

fn account(id: i64, login: &str) -> Canned {
    Canned::new(200, format!(r#"{{"id":{id},"login":"{login}"}}"#))
}

#[tokio::test]
async fn each_client_has_its_own_token() {
    let done = || Canned::new(201, "{}");
    let forge = Forge::answering([account(2, "timmy"), account(3, "Ezra"), done(), done()]).await;
    let timmy = forge.client();
    let ezra = ezra(&timmy, None);
    assert_eq!(timmy.me().await.unwrap().id, 2);
    assert_eq!(ezra.me().await.unwrap().id, 3);
    ezra.for_background().close_pull(&lab(), 1).await.unwrap();
    timmy.set_open(&lab(), 1, false).await.unwrap();
    assert_eq!(tokens(&forge), ["timmy", "ezra", "ezra", "timmy"]);
}

#[tokio::test]
async fn errors_name_the_account_and_never_the_token() {
    let refused =
        |status: u16, message: &str| Canned::new(status, format!(r#"{{"message":"{message}"}}"#));
    let scope = "token does not have at least one of required scope(s), required=[write:repository], token scope=read:user";
    let login = || "ezra".to_owned();
    for (answer, expected, recovery) in [
        (
            refused(401, "no"),
            Error::BadAgentToken { login: login(), message: "no".to_owned() },
            Recovery::Later(None),
        ),
        (
            refused(403, scope),
            Error::AgentLacksScope { login: login(), scope: "write:repository".to_owned() },
            Recovery::Later(None),
        ),
        (
            refused(403, "User has no right"),
            Error::ForbiddenToAgent { login: login(), message: "User has no right".to_owned() },
            Recovery::Never,
        ),
    ] {
        let forge = Forge::answering([answer]).await;
        let timmy = forge.client();
        let error = ezra(&timmy, None).close_pull(&lab(), 1).await.unwrap_err();
        assert_eq!(error, expected);
        assert_eq!((error.fate(), error.heals()), (WriteOutcome::NotDone, recovery));
        let text = format!("{error} {error:?} {timmy:?} {:?}", ezra(&timmy, None));
        assert!(error.to_string().contains("ezra"), "{error}");
        assert!(!text.contains(EZRAS) && !text.contains(TOKEN), "{text}");
    }
}

#[tokio::test]
async fn a_token_of_another_account_is_told_apart() {
    let forge = Forge::answering([account(4, "bezalel")]).await;
    let error = ezra(&forge.client(), None).me().await.unwrap_err();
    let expected = Error::NotTheAgents { login: "ezra".to_owned(), found: "bezalel".to_owned() };
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_new_token_is_used_if_it_is_of_the_same_account() {
    for (owner, expected) in [("ezra", "ezra, newer"), ("bezalel", "ezra")] {
        let refused = Canned::new(401, r#"{"message":"no"}"#);
        let done = Canned::new(201, "{}");
        let forge = Forge::answering([refused, account(3, owner), done]).await;
        let ezra = ezra(&forge.client(), Some(NEWER));
        ezra.close_pull(&lab(), 1).await.unwrap_err();
        ezra.close_pull(&lab(), 1).await.unwrap();
        assert_eq!(tokens(&forge), ["ezra", "ezra, newer", expected]);
    }
}

#[tokio::test]
async fn one_asks_for_a_pause_and_all_keep_it() {
    let pause = Canned::new(429, "{}").header("retry-after", "100");
    let forge = Forge::answering([pause]).await;
    let timmy = forge.client();
    ezra(&timmy, None).me().await.unwrap_err();
    let error = timmy.me().await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { .. }), "{error}");
    assert_eq!(forge.asked().len(), 1);
}
