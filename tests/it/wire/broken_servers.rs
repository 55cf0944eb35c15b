//! Broken servers and busy proxies: silence, lost connections, web pages, floods.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use timmy::core::model::ids::RepoName;
use timmy::gitea::{ClientOptions, Error, Gitea, Recovery, Token, WriteOutcome};

use crate::support::clock::Sleepless;
use crate::support::process::free_port;
use crate::wire::forge::{Canned, Forge, TOKEN, client, options};

fn lab() -> RepoName {
    "lab/pub".parse().unwrap()
}

fn bad_gateway() -> Canned {
    Canned::new(502, "<html><h1>502 Bad Gateway</h1></html>").header("content-type", "text/html")
}

fn version() -> Canned {
    Canned::new(200, r#"{"version":"1.25.4"}"#)
}

/// A server that reads one request of each connection, writes `answer` and hangs up.
fn server_that_writes(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(answer);
        }
    });
    url
}

#[tokio::test]
async fn a_read_is_tried_three_times() {
    let failing = Canned::new(500, r#"{"message":""}"#);
    let forge = Forge::answering([failing.clone(), bad_gateway(), version()]).await;
    assert_eq!(forge.client().version().await.unwrap(), "1.25.4");

    let forge = Forge::answering([failing.clone(), failing.clone(), failing, version()]).await;
    let error = forge.client().version().await.unwrap_err();
    assert_eq!(error, Error::Server { message: String::new() });
    assert_eq!(forge.asked().len(), 3);
}

#[tokio::test]
async fn it_sleeps_by_its_clock_and_as_chance_will_have_it() {
    let failing = Canned::new(500, r#"{"message":""}"#);
    let pauses = async || {
        let forge = Forge::answering([failing.clone(), failing.clone(), version()]).await;
        let clock = Sleepless::default();
        Gitea::new(options(&forge.url, &clock)).unwrap().version().await.unwrap();
        clock.slept()
    };
    let [first, second] = pauses().await[..] else { panic!("two pauses between three tries") };
    assert!((100..=200).contains(&first.as_millis()), "{first:?}");
    assert!((200..=400).contains(&second.as_millis()), "{second:?}");
    assert_eq!(pauses().await, [first, second]);
}

#[tokio::test]
async fn requests_are_paced_by_the_same_clock() {
    let clock = Sleepless::default();
    let forge = Forge::answering(std::iter::repeat_n(version(), 12)).await;
    let requests_per_second = NonZeroU32::new(10).unwrap();
    let options = ClientOptions { requests_per_second, ..options(&forge.url, &clock) };
    let client = Gitea::new(options).unwrap();
    for _ in 0..12 {
        client.version().await.unwrap();
    }
    assert_eq!(clock.slept(), [Duration::from_millis(100); 2], "ten may start at once");
}

#[tokio::test]
async fn a_read_that_is_refused_is_not_tried_again() {
    let forge = Forge::answering([Canned::new(404, "{}"), version()]).await;
    assert!(matches!(forge.client().version().await, Err(Error::NotFound { .. })));
    assert_eq!(forge.asked().len(), 1);
}

#[tokio::test]
async fn a_write_is_sent_once_whatever_happens() {
    for failing in [Canned::new(500, ""), Canned::new(503, ""), bad_gateway()] {
        let forge = Forge::answering([failing, Canned::new(201, "{}")]).await;
        let error = forge.client().post_comment(&lab(), 1, "x").await.unwrap_err();
        assert_eq!(error.heals(), Recovery::Later(None), "{error}");
        assert_eq!(forge.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_web_page_is_not_the_api() {
    let forge = Forge::answering([bad_gateway()]).await;
    let error = forge.client().post_comment(&lab(), 1, "x").await.unwrap_err();
    assert_eq!(error, Error::NotGitea { status: 502 });
    assert_eq!(error.fate(), WriteOutcome::Open);

    let login = Canned::new(200, "<!DOCTYPE html><title>Log in</title>");
    let forge = Forge::answering([login.header("content-type", "text/html; charset=utf-8")]).await;
    assert_eq!(forge.client().me().await.unwrap_err(), Error::NotGitea { status: 200 });
}

#[tokio::test]
async fn an_answer_of_another_shape_is_an_error() {
    for body in ["", "null", "[]", "{}", r#"{"id":"2"}"#, r#"{"login":7}"#, "{\"login\":\"ti"] {
        let forge = Forge::answering([Canned::new(200, body)]).await;
        let error = forge.client().me().await.unwrap_err();
        assert!(matches!(error, Error::Unreadable(_)), "{body}: {error}");
    }
}

#[tokio::test]
async fn silence_leaves_a_write_open() {
    // Connections are taken by the system, and nobody ever reads from them.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap()).parse().unwrap();
    let options = ClientOptions::new(url, Token::new(TOKEN).unwrap());
    let hasty =
        Gitea::new(ClientOptions { timeout: Duration::from_millis(50), ..options }).unwrap();
    let error = hasty.post_comment(&lab(), 1, "x").await.unwrap_err();
    assert_eq!(error, Error::Timeout);
    assert_eq!((error.fate(), error.heals()), (WriteOutcome::Open, Recovery::Later(None)));
}

#[tokio::test]
async fn a_lost_connection_leaves_a_write_open() {
    let half = b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"id\":";
    for answer in [b"".as_slice(), b"HTTP/1.1 2", half] {
        let client = client(&server_that_writes(answer));
        let error = client.post_comment(&lab(), 1, "x").await.unwrap_err();
        assert!(matches!(error, Error::Dropped(_)), "{error}");
        assert_eq!((error.fate(), error.heals()), (WriteOutcome::Open, Recovery::Later(None)));
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let error = client(&url).post_comment(&lab(), 1, "x").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)), "{error}");
    assert_eq!((error.fate(), error.heals()), (WriteOutcome::NotDone, Recovery::Later(None)));
}

#[tokio::test]
async fn a_flood_is_not_kept() {
    let flood = Canned::new(200, vec![b' '; (32 << 20) + 1]);
    let forge = Forge::answering([flood]).await;
    let error = forge.client().comments_of(&lab(), 1, None).await.unwrap_err();
    assert_eq!(error, Error::TooLarge { limit: 32 << 20, unit: "bytes" });

    let forge = Forge::answering([Canned::new(422, vec![b'x'; 1 << 20])]).await;
    let error = forge.client().post_comment(&lab(), 1, "x").await.unwrap_err();
    assert!(error.to_string().len() < 400, "{error}");
}

#[tokio::test]
async fn a_forge_that_asks_for_peace_gets_it_from_all_calls() {
    for busy in [429, 503] {
        let answer = Canned::new(busy, "").header("retry-after", "120");
        let forge = Forge::answering([answer, version()]).await;
        let client = forge.client();
        let error = client.post_comment(&lab(), 1, "x").await.unwrap_err();
        assert_eq!(error.heals(), Recovery::Later(Some(Duration::from_secs(120))));

        // The pause is longer than a call may take, so it fails at once and asks nothing.
        let error = client.version().await.unwrap_err();
        assert!(matches!(error, Error::RateLimited { retry_after: Some(_) }), "{error}");
        assert_eq!(error.fate(), WriteOutcome::NotDone);
        assert_eq!(forge.asked().len(), 1);
    }
}

#[tokio::test]
async fn logs_hold_neither_the_token_nor_what_was_said() {
    // Whoever writes appends: all threads share where the next writing goes, and reading moves it.
    let log = tempfile::Builder::new().append(true).tempfile().unwrap();
    let (file, path) = log.into_parts();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(Arc::new(file))
        .finish();
    // For all threads: what the tests beside this one log must be as harmless.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let forge = Forge::answering([Canned::new(422, r#"{"message":"the answer"}"#)]).await;
    let refused = forge.client().post_comment(&lab(), 1, "the question").await;
    assert!(refused.is_err());
    let log = std::fs::read(&path).unwrap();
    let log = String::from_utf8_lossy(&log);
    let path = "repos/{owner}/{repo}/issues/{index}/comments";
    assert!(log.contains("POST") && log.contains(path) && log.contains("status=422"), "{log}");
    for secret in [TOKEN, "the question", "the answer"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn no_error_and_no_debug_output_holds_the_token() {
    let echo = |status| Canned::new(status, r#"{"message":"no"}"#);
    for status in [400, 401, 403, 404, 409, 418, 422, 423, 429, 500, 502] {
        let forge = Forge::answering([echo(status)]).await;
        let client = forge.client();
        let error = client.post_comment(&lab(), 1, "x").await.unwrap_err();
        for text in [error.to_string(), format!("{error:?}"), format!("{client:?}")] {
            assert!(!text.contains(TOKEN), "{text}");
        }
    }
}
