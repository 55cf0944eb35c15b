//! What a collector is asked before anything is to be told, and what is said of what it answers.

use std::path::Path;

use timmy::app::{App, Clocks};
use timmy::config::OtlpConfig;
use timmy::otlp::probe;

use crate::support::collector::{Collector, Takes};
use crate::support::config::Config;
use crate::support::process::free_port;

/// The configuration of the collector at `url`, with these headers.
fn otlp(folder: &Path, url: &str, headers: Option<&str>) -> OtlpConfig {
    let mut config = Config::of("http://127.0.0.1:1").with("otlp.endpoint", url);
    if let Some(headers) = headers {
        std::fs::write(folder.join("headers"), headers).unwrap();
        config.set("otlp.headers_file", "headers");
    }
    config.load(folder, "token").otlp.expect("[otlp]")
}

#[tokio::test]
async fn it_is_asked_with_its_headers_and_told_nothing() {
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start().await);
    let config = otlp(folder.path(), &collector.url, Some("api-key=s3cret-key,x=a%20b\n"));
    assert_eq!(probe(&config).await, Ok(Ok(())));
    let (path, headers) = collector.requests().remove(0);
    assert_eq!(path, "/v1/traces");
    assert_eq!(headers["content-type"], "application/x-protobuf");
    assert_eq!(headers["api-key"], "s3cret-key");
    assert_eq!(headers["x"], "a b");
    assert!(collector.spans().is_empty());
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[tokio::test]
async fn what_it_answers_says_what_to_do() {
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start().await);
    let config = otlp(folder.path(), &collector.url, None);
    for (status, remedy) in [(403, "otlp.headers_file"), (404, "4318"), (503, "503")] {
        collector.takes(Takes::Nothing(status));
        let why = probe(&config).await.unwrap().unwrap_err();
        assert!(why.contains(remedy), "{status}: {why}");
    }
    collector.takes(Takes::Page);
    let why = probe(&config).await.unwrap().unwrap_err();
    assert!(why.contains("no collector") && why.contains("otlp.endpoint"), "{why}");
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let away = probe(&otlp(folder.path(), &nobody, None)).await.unwrap().unwrap_err();
    assert!(away.contains("cannot be reached"), "{away}");
}

/// The headers are for one address.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start().await);
    let elsewhere = Collector::start().await;
    collector.takes(Takes::Elsewhere(elsewhere.url.clone()));
    let config = otlp(folder.path(), &collector.url, Some("api-key=s3cret-key"));
    let why = probe(&config).await.unwrap().unwrap_err();
    assert!(why.contains("not followed") && !why.contains(&elsewhere.url), "{why}");
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn headers_that_are_none_refuse_the_start_without_being_quoted() {
    let (folder, collector) = (tempfile::tempdir().unwrap(), Collector::start().await);
    std::fs::write(folder.path().join("headers"), "s3cret-key").unwrap();
    let config = Config::of("http://127.0.0.1:1")
        .with("otlp.endpoint", collector.url.clone())
        .with("otlp.headers_file", "headers")
        .load(folder.path(), "token");
    let refused = App::new(&config, Clocks::system()).await.map(drop).unwrap_err().to_string();
    assert!(refused.contains("name=value") && !refused.contains("s3cret"), "{refused}");
    assert_eq!(collector.requests().len(), 0);
}
