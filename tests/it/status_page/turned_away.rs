//! What is no look at the page is answered with a plain refusal.

use super::stage::{request, site};

#[tokio::test]
async fn strangers_names_and_odd_requests_are_refused() {
    let site = site().await;
    let status = async |method, path: &str, headers: &[(&'static str, &'static str)]| {
        let answer = request(site.address, method, path, headers.to_vec()).await;
        let policy = answer
            .header("content-security-policy")
            .unwrap_or_else(|| panic!("{path} {headers:?}: {}", answer.head));
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("script-src"),
            "{policy}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name).as_deref(), Some(value), "{path}");
        }
        assert!(answer.status == 200 || !answer.body.contains('<'), "{}", answer.body);
        answer.status
    };
    assert_eq!(status("GET", "/", &[]).await, 200);
    assert_eq!(status("GET", "/", &[("Host", "localhost:1")]).await, 200, "through a tunnel");
    assert_eq!(status("GET", "/", &[("Host", "evil.example")]).await, 421, "DNS rebinding");
    assert_eq!(status("GET", "/jobs/j1", &[("Host", "127.0.0.1.evil.example")]).await, 421);
    assert_eq!(status("GET", "/", &[("Host", "a b")]).await, 400);
    assert_eq!(status("GET", "/", &[("Host", "localhost"), ("Host", "localhost")]).await, 400);
    assert_eq!(status("GET", "/?q=x", &[]).await, 400);
    assert_eq!(status("GET", "/jobs/j1?x", &[]).await, 400);
    for path in [
        "/jobs/j999",
        "/jobs/J1",
        "/jobs/1",
        "/jobs/j01",
        "/jobs/j99999999999999999999",
        "/jobs/j-1",
        "/jobs/%3Cscript%3E",
        "/jobs/%2e%2e%2f",
        "/jobs/",
        "/jobs/j1/log",
        "/nothing",
    ] {
        assert_eq!(status("GET", path, &[]).await, 404, "{path}");
    }
    assert_eq!(status("GET", "/jobs/%ff", &[]).await, 400, "no text at all");
    let long = format!("/jobs/{}", "j".repeat(3000));
    assert_eq!(status("GET", &long, &[]).await, 414);
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(status(method, "/", &[]).await, 405);
    }
    site.stage.end().await;
}
