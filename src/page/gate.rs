//! Keeps the pages of other sites out, and tells browsers how little this one needs.
//!
//! A page on the web can point its own name at this machine (DNS rebinding) and read what is answered
//! there: the `Host` header tells. No name but `localhost` is answered, wherever this listens and
//! whatever the port: who comes through a tunnel says that of its other end.

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Nothing from elsewhere is loaded, nothing runs, nobody frames the page or keeps it.
const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// The longest path that is looked at.
const LONGEST_PATH: usize = 100;

const ELSEWHERE: &str = "This page is answered at localhost or at an IP address only: open it at the \
                         address of [web] listen, or have the proxy pass that on as Host.\n";
const NO_HOST: &str = "Say in one Host header which address you want.\n";
const NO_QUERY: &str = "This page takes no question mark.\n";
const TOO_LONG: &str = "There is no page with so long an address.\n";

/// Turns away what no reader of the page asks.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = match refused(request.uri(), request.headers()) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    };
    response.headers_mut().extend(HEADERS);
    response
}

fn refused(uri: &Uri, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Some((StatusCode::BAD_REQUEST, NO_HOST));
    };
    let Some(host) = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()) else {
        return Some((StatusCode::BAD_REQUEST, NO_HOST));
    };
    // Whoever takes this for a proxy names the host a second time.
    let mut named = uri.authority().into_iter().chain([&host]);
    if !named.all(is_ours) {
        return Some((StatusCode::MISDIRECTED_REQUEST, ELSEWHERE));
    }
    if uri.path().len() > LONGEST_PATH {
        return Some((StatusCode::URI_TOO_LONG, TOO_LONG));
    }
    uri.query().map(|_| (StatusCode::BAD_REQUEST, NO_QUERY))
}

/// Whether a page of another site cannot be called so: only names can be pointed elsewhere.
fn is_ours(named: &Authority) -> bool {
    let host = named.host();
    let is_address = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => host.parse::<IpAddr>().is_ok(),
    };
    !named.as_str().contains('@') && (is_address || host.eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use crate::page::gate::*;

    fn status(hosts: &[&'static str], uri: &'static str) -> Option<u16> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_static(host));
        }
        refused(&Uri::from_static(uri), &headers).map(|(status, _)| status.as_u16())
    }

    #[test]
    fn names_that_can_be_pointed_here_are_not_answered() {
        for host in
            ["127.0.0.1:8788", "localhost", "LocalHost:9000", "[::1]:8788", "100.64.0.2:8788"]
        {
            assert_eq!(status(&[host], "/"), None, "{host}");
        }
        for host in [
            "evil.example:8788",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "x@localhost",
            "localhost.",
        ] {
            assert_eq!(status(&[host], "/"), Some(421), "{host}");
        }
        assert_eq!(status(&["localhost"], "http://evil.example/"), Some(421));
    }

    #[test]
    fn what_no_reader_sends_is_refused() {
        assert_eq!(status(&[], "/"), Some(400));
        assert_eq!(status(&["localhost", "localhost"], "/"), Some(400));
        assert_eq!(status(&["local host"], "/"), Some(400));
        assert_eq!(status(&[""], "/"), Some(400));
        assert_eq!(status(&["localhost"], "/?a=b"), Some(400));
    }
}
