//! The listener of `[web]`: what whoever runs timmy looks at, apart from what the forge calls.
//!
//! It shows and takes nothing: whatever it is asked for, it only reads. It asks for no password,
//! so it listens to this machine by default, and then answers only to this machine's own names: a
//! page on the web can point a name of its own here (DNS rebinding), and the `Host` header tells.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

/// The longest path with its query that is looked at, in bytes.
const LONGEST_TARGET: usize = 2 << 10;

/// What an answer carries unless it says otherwise.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    ),
];

/// What listens at `address` and answers with `routes`.
pub fn own_router(address: SocketAddr, routes: impl IntoIterator<Item = Router>) -> Router {
    let names = match address.ip().to_canonical().is_loopback() {
        true => Names::OfThisMachine,
        false => Names::Any,
    };
    routes
        .into_iter()
        .fold(Router::new(), Router::merge)
        .fallback(async || refuse(StatusCode::NOT_FOUND, "there is nothing here\n"))
        .layer(from_fn_with_state(names, guard))
}

/// By which names it may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// It can be reached from outside, where others give it names.
    Any,
    OfThisMachine,
}

async fn guard(State(names): State<Names>, request: Request, next: Next) -> Response {
    let refused = judge_method(request.method())
        .and_then(|()| judge_target(request.uri()))
        .and_then(|()| names.judge(request.uri(), request.headers(), request.version()));
    let mut answer = match refused {
        Ok(()) => next.run(request).await,
        Err((StatusCode::METHOD_NOT_ALLOWED, why)) => {
            let allowed = [(header::ALLOW, "GET, HEAD")];
            (StatusCode::METHOD_NOT_ALLOWED, allowed, why).into_response()
        }
        Err((status, why)) => refuse(status, why),
    };
    for (name, value) in HEADERS {
        answer.headers_mut().entry(name).or_insert(value);
    }
    answer
}

fn refuse(status: StatusCode, why: &'static str) -> Response {
    (status, why).into_response()
}

type Judged = Result<(), (StatusCode, &'static str)>;

fn judge_method(method: &Method) -> Judged {
    match *method == Method::GET || *method == Method::HEAD {
        true => Ok(()),
        false => Err((StatusCode::METHOD_NOT_ALLOWED, "nothing can be changed here\n")),
    }
}

fn judge_target(uri: &Uri) -> Judged {
    let length = uri.path_and_query().map_or(0, |target| target.as_str().len());
    match length <= LONGEST_TARGET {
        true => Ok(()),
        false => Err((StatusCode::URI_TOO_LONG, "this address is too long\n")),
    }
}

impl Names {
    /// Whether a request calls it by a name that it may have. Every browser says by which.
    fn judge(self, uri: &Uri, headers: &HeaderMap, version: Version) -> Judged {
        const UNREADABLE: (StatusCode, &str) =
            (StatusCode::BAD_REQUEST, "the request does not say whom it asks\n");
        let mut told = headers.get_all(header::HOST).iter();
        let (first, more) = (told.next(), told.next().is_some());
        let by_header = match first {
            None if version < Version::HTTP_11 => None,
            None => return Err(UNREADABLE),
            Some(_) if more => return Err(UNREADABLE),
            Some(host) => Some(host.to_str().map_err(|_| UNREADABLE)?),
        };
        let by_target = uri.authority().map(|authority| authority.as_str());
        for host in by_header.into_iter().chain(by_target) {
            let name = name_of(host).ok_or(UNREADABLE)?;
            if self == Self::OfThisMachine && !is_of_this_machine(name) {
                return Err((
                    StatusCode::MISDIRECTED_REQUEST,
                    "this listens to this machine: ask for 127.0.0.1 or localhost, or let the \
                     proxy before it send that as Host\n",
                ));
            }
        }
        Ok(())
    }
}

/// The name or the address in what `Host` says; none if it is neither.
fn name_of(host: &str) -> Option<&str> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            (address, port.strip_prefix(':').or(port.is_empty().then_some("")))
        }
        None => match host.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (host, Some("")),
        },
    };
    let is_port = |port: &str| port.is_empty() || port.parse::<u16>().is_ok();
    let is_name = !name.is_empty()
        && name.len() <= 253
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':'));
    (is_name && port.is_some_and(is_port)).then_some(name)
}

fn is_of_this_machine(name: &str) -> bool {
    // Numbers are nobody's to give: only a name can be pointed elsewhere.
    name.parse::<IpAddr>().is_ok() || name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use crate::web::own::*;

    fn judged(names: Names, host: &str) -> u16 {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_str(host).unwrap())]);
        let judged = names.judge(&Uri::from_static("/metrics"), &headers, Version::HTTP_11);
        judged.err().map_or(200, |(status, _)| status.as_u16())
    }

    #[test]
    fn numbers_and_localhost_are_this_machine() {
        for own in ["127.0.0.1:8788", "127.0.0.1", "LocalHost:1", "[::1]:8788", "[::1]", "10.0.0.7"]
        {
            assert_eq!(judged(Names::OfThisMachine, own), 200, "{own}");
        }
    }

    #[test]
    fn names_that_others_give_are_not() {
        for foreign in ["evil.example:8788", "timmy", "localhost.evil.example", "127.0.0.1.nip.io"]
        {
            assert_eq!(judged(Names::OfThisMachine, foreign), 421, "{foreign}");
            assert_eq!(judged(Names::Any, foreign), 200, "{foreign}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        let long = "a".repeat(300);
        for broken in
            ["", ":80", "a b", "a:x", "a:70000", "[::1", "[x]:1", "a/b", "a@b", "a:1:2", &long]
        {
            for names in [Names::Any, Names::OfThisMachine] {
                assert_eq!(judged(names, broken), 400, "{broken}");
            }
        }
    }

    #[test]
    fn one_host_is_needed_from_http_1_1_on() {
        let judge = |headers: &HeaderMap, version| {
            Names::Any.judge(&Uri::from_static("/"), headers, version).is_ok()
        };
        assert!(!judge(&HeaderMap::new(), Version::HTTP_11));
        assert!(judge(&HeaderMap::new(), Version::HTTP_10));
        let mut two = HeaderMap::new();
        two.append(header::HOST, HeaderValue::from_static("localhost"));
        two.append(header::HOST, HeaderValue::from_static("localhost"));
        assert!(!judge(&two, Version::HTTP_11));
    }

    /// A proxy's form of a request names the host a second time.
    #[test]
    fn the_target_counts_as_well() {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("localhost"))]);
        let foreign = Uri::from_static("http://evil.example/metrics");
        assert!(Names::OfThisMachine.judge(&foreign, &headers, Version::HTTP_11).is_err());
    }
}
