//! Keeps other pages of the same browser out.
//!
//! A page on the web can point its own name at this machine (DNS rebinding): the `Host` header
//! tells. It can send forms here: `Origin` tells, and the token that only our forms hold.

use std::io;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Nothing from elsewhere is loaded, nothing inline runs, nobody frames the page.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; \
             img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Not `no-referrer`: browsers would send our own forms with `Origin: null`.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Knows what a request of ours looks like.
pub(super) struct PageGate {
    /// What browsers send as `Host`.
    hosts: [String; 2],
    token: String,
}

impl PageGate {
    /// A gate of a page on `port`, with a token of its own.
    pub(super) fn new(port: u16) -> io::Result<Self> {
        let mut secret = [0; 16];
        rustls::crypto::ring::default_provider()
            .secure_random
            .fill(&mut secret)
            .map_err(|_| io::Error::other("the system gives no random numbers"))?;
        let token = base16ct::lower::encode_string(&secret);
        Ok(Self { hosts: ["127.0.0.1", "localhost"].map(|host| format!("{host}:{port}")), token })
    }

    /// What each of our forms carries.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    fn admits(&self, method: &Method, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let host_is_ours = text(header::HOST).is_some_and(|host| self.is_ours(host));
        let reads = method == Method::GET || method == Method::HEAD;
        // Only browsers send an origin; whoever does not still needs the token.
        let from_us = !headers.contains_key(header::ORIGIN)
            || text(header::ORIGIN)
                .and_then(|origin| origin.strip_prefix("http://"))
                .is_some_and(|host| self.is_ours(host));
        host_is_ours && (reads || from_us)
    }

    fn is_ours(&self, host: &str) -> bool {
        self.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host))
    }
}

/// Turns strangers away, and tells the browser how little the page needs.
pub(super) async fn guard(
    State(gate): State<Arc<PageGate>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = if gate.admits(request.method(), request.headers()) {
        next.run(request).await
    } else {
        let reason = "This page is only for this machine: open it at the address that was printed.";
        (StatusCode::FORBIDDEN, reason).into_response()
    };
    response.headers_mut().extend(HEADERS);
    response
}

#[cfg(test)]
mod tests {
    use crate::sandbox::page::gate::*;

    fn admits(method: Method, headers: &[(HeaderName, &'static str)]) -> bool {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        PageGate::new(8080).expect("random numbers").admits(&method, &headers.collect())
    }

    #[test]
    fn only_our_own_names_are_answered() {
        assert!(admits(Method::GET, &[(header::HOST, "127.0.0.1:8080")]));
        assert!(admits(Method::GET, &[(header::HOST, "LocalHost:8080")]));
        assert!(!admits(Method::GET, &[(header::HOST, "evil.example:8080")]));
        assert!(!admits(Method::GET, &[(header::HOST, "127.0.0.1:9")]));
        assert!(!admits(Method::GET, &[]));
    }

    #[test]
    fn forms_come_from_our_own_pages() {
        let post = |origin| {
            admits(Method::POST, &[(header::HOST, "localhost:8080"), (header::ORIGIN, origin)])
        };
        assert!(post("http://localhost:8080"));
        assert!(!post("https://evil.example"));
        assert!(!post("null"));
    }

    #[test]
    fn tokens_differ() {
        let token = || PageGate::new(1).expect("random numbers").token;
        assert_ne!(token(), token());
        assert_eq!(token().len(), 32);
    }
}
