//! Whom the listener of operators answers: by raw requests over its sockets.

use std::net::SocketAddr;

use timmy::app::{App as Bot, AppError, Clocks};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::app::App;
use crate::support::config::Config;
use crate::support::forge::{DOOR, found};

/// What comes back for these bytes, when the other side has closed.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // What is refused may be closed before all of it is sent.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn status(address: SocketAddr, request: &str) -> u16 {
    let answer = ask(address, request).await;
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

fn get(target: &str, host: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
}

async fn awake(config: impl FnOnce(Config) -> Config) -> App {
    let furnish = |sandbox: &_| found(sandbox, "foundation", &[DOOR]);
    let mut app = App::asleep(furnish, config).await;
    app.wake().await;
    app
}

async fn watched() -> App {
    awake(|config| config.with("web.listen", "127.0.0.1:0")).await
}

#[tokio::test]
async fn it_shows_metrics_and_health_and_nothing_else() {
    let mut app = watched().await;
    let address = app.timmy.own_address();
    for (target, expected) in [
        ("/metrics", 200),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/webhook", 404),
        ("/x/../y", 404),
    ] {
        assert_eq!(status(address, &get(target, "localhost")).await, expected, "{target}");
    }
    let answer = ask(address, &get("/metrics", "localhost")).await;
    for header in ["cache-control: no-store", "x-content-type-options: nosniff"] {
        assert!(answer.contains(header), "{answer}");
    }
    app.timmy.stop().await;
}

#[tokio::test]
async fn it_takes_nothing() {
    let mut app = watched().await;
    let address = app.timmy.own_address();
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        for target in ["/metrics", "/nowhere"] {
            let request = format!(
                "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                 Content-Length: 0\r\n\r\n"
            );
            let answer = ask(address, &request).await;
            assert!(answer.starts_with("HTTP/1.1 405 "), "{method} {target}: {answer}");
            assert!(answer.to_lowercase().contains("allow: get, head"), "{answer}");
        }
    }
    let head = "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = ask(address, head).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    app.timmy.stop().await;
}

/// A page on the web can point its own name at this machine.
#[tokio::test]
async fn hostile_requests_are_refused_in_plain_words() {
    let mut app = watched().await;
    let address = app.timmy.own_address();
    let long = format!("/{}", "a".repeat(4 << 10));
    let two = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\
               Connection: close\r\n\r\n";
    let none = "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n";
    for (request, expected) in [
        (get("/metrics", "evil.example"), 421),
        (get("/metrics", "evil.example:8788"), 421),
        (get("http://evil.example/metrics", "localhost"), 421),
        (get("/metrics", "local host"), 400),
        (get("/metrics", "localhost:x"), 400),
        (two.to_owned(), 400),
        (none.to_owned(), 400),
        (get("/metrics?name[]=up", "localhost"), 400),
        (get(&long, "localhost"), 414),
        (get("/metrics%00", "localhost"), 404),
        (get("/%2e%2e/etc/passwd", "localhost"), 404),
    ] {
        let answer = ask(address, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{request}: {answer}");
        assert!(!answer.contains("evil"), "what a stranger sent is shown: {answer}");
    }
    // Its head is longer than anything that is read.
    let endless = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: {}", "a".repeat(1 << 20));
    assert!([0, 431].contains(&status(address, &endless).await));
    assert_eq!(status(address, &get("/metrics", "127.0.0.1:8788")).await, 200);
    app.timmy.stop().await;
}

/// It has few connections, and they are its own: silent ones give way, and the webhook has others.
#[tokio::test]
async fn silent_connections_do_not_shut_the_door() {
    let mut app =
        awake(|config| config.with("web.listen", "127.0.0.1:0").listening("127.0.0.1:0")).await;
    let address = app.timmy.own_address();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    assert_eq!(status(address, &get("/metrics", "localhost")).await, 200);
    assert_eq!(app.timmy.readiness().await.0, 200);
    drop(silent);
    app.timmy.stop().await;
}

/// What is asked for has to be there; what is only the default does not keep timmy from working.
#[tokio::test]
async fn an_address_that_another_has_refuses_the_start_if_it_was_asked_for() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let app = App::asleep(
        |sandbox| found(sandbox, "foundation", &[DOOR]),
        |config| config.with("web.listen", address.as_str()),
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = app.timmy.config.load(folder.path(), &app.timmy.token);
    match Bot::new(&config, Clocks::system()).await {
        Err(AppError::Listen { address: said, .. }) => assert_eq!(said, address),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it listens where another does"),
    }
    // Whoever has it.
    let _taken = TcpListener::bind("127.0.0.1:8788").await;
    config.web.listen = Some("127.0.0.1:8788".parse().unwrap());
    let bot = Bot::new(&config, Clocks::system()).await.unwrap();
    assert_eq!(bot.own_address(), None);
}
