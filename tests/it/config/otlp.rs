//! `[otlp]`: read strictly, and nothing secret in what is said of it.

use super::{LEAST, config, problems_with, read};

#[test]
fn what_is_wrong_is_said_all_at_once() {
    let wrong = problems_with(
        "[otlp]\nendpoint = \"https://collector.example.org/?key=hunter2\"\ntoken = \"hunter3\"\n",
    );
    for part in [
        "otlp.endpoint has something behind its path",
        "otlp.token: secrets never stand in this file",
        "otlp.headers_file, or set TIMMY_OTLP_HEADERS",
        "2 problems",
    ] {
        assert!(wrong.contains(part), "{part} is not said:\n{wrong}");
    }
    assert!(!wrong.contains("hunter"), "{wrong}");
    assert!(problems_with("[otlp]\n").contains("otlp.endpoint is missing"));
}

/// Without headers nothing that goes there is a secret.
#[test]
fn headers_go_over_the_open_network_with_tls_alone() {
    let with = |more: &str| {
        problems_with(&format!("[otlp]\nendpoint = \"http://collector.example.org:4318\"\n{more}"))
    };
    let wrong = with("headers_file = \"headers\"\n");
    assert!(wrong.contains("otlp.endpoint goes over the open network without TLS"), "{wrong}");
    for good in [
        "endpoint = \"http://collector.example.org:4318\"\n",
        "endpoint = \"http://127.0.0.1:4318\"\nheaders_file = \"headers\"\n",
        "endpoint = \"https://collector.example.org\"\nheaders_file = \"headers\"\n",
    ] {
        let text = format!("{LEAST}\n[otlp]\n{good}");
        assert_eq!(read(&text).unwrap().warnings, [], "{good}");
        let otlp = config(&text).otlp.unwrap();
        assert!(otlp.url.path().ends_with("/v1/traces"), "{good}");
        assert!(!format!("{otlp:?}").contains("s3cret"));
    }
}
