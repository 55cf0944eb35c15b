//! The head of a request, read as far as a proxy must.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::refusal::ReachRefusal;
use crate::core::model::endpoint::Endpoint;

/// The longest head that is read, in bytes.
const LONGEST: usize = 8 << 10;

/// A request for a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ConnectRequest {
    pub(super) endpoint: Endpoint,
    /// What came behind its head already.
    pub(super) early: Vec<u8>,
}

/// Reads one; none if whoever connected goes without a word.
///
/// # Errors
/// If it is something else.
pub(super) async fn read(
    from: &mut (impl AsyncRead + Unpin),
) -> Result<Option<ConnectRequest>, ReachRefusal> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = memchr::memmem::find(&bytes, b"\r\n\r\n") {
            let early = bytes.split_off(end + 4);
            return Ok(Some(ConnectRequest { endpoint: asked_for(&bytes)?, early }));
        }
        if bytes.len() >= LONGEST {
            return Err(ReachRefusal::HeadTooLong);
        }
        let mut most = from.take((LONGEST - bytes.len()) as u64);
        match most.read_buf(&mut bytes).await {
            Ok(0) | Err(_) if bytes.is_empty() => return Ok(None),
            Ok(0) | Err(_) => return Err(ReachRefusal::NoHead),
            Ok(_) => {}
        }
    }
}

fn asked_for(head: &[u8]) -> Result<Endpoint, ReachRefusal> {
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| ReachRefusal::NoHead)?;
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["CONNECT", target, "HTTP/1.0" | "HTTP/1.1"] => {
            target.parse().map_err(|_| ReachRefusal::NoEndpoint(target.to_owned()))
        }
        [method, target, version]
            if version.starts_with("HTTP/")
                && !method.is_empty()
                && method.bytes().all(|byte| byte.is_ascii_uppercase()) =>
        {
            Err(ReachRefusal::NotConnect(without_secrets(target)))
        }
        _ => Err(ReachRefusal::NoHead),
    }
}

/// The server of an address alone: what else stands in it is nobody's business.
fn without_secrets(target: &str) -> String {
    let url = url::Url::parse(target).ok();
    match url.as_ref().and_then(url::Url::host) {
        Some(host) => host.to_string(),
        None => "this proxy itself".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::confinement::reach::head::*;

    async fn read_all(mut bytes: &[u8]) -> Result<Option<(String, Vec<u8>)>, ReachRefusal> {
        let read = read(&mut bytes).await?;
        Ok(read.map(|request| (request.endpoint.to_string(), request.early)))
    }

    #[tokio::test]
    async fn a_connect_is_read_with_what_came_behind_it() {
        let head = b"CONNECT API.example.com:443 HTTP/1.1\r\nHost: other.example\r\n\r\n\x16\x03";
        let expected = ("api.example.com:443".to_owned(), vec![22, 3]);
        assert_eq!(read_all(head).await, Ok(Some(expected)));
        assert_eq!(read_all(b"").await, Ok(None));
    }

    #[tokio::test]
    async fn all_else_is_refused() {
        use ReachRefusal as R;
        let not = |target: &str| R::NotConnect(target.to_owned());
        for (head, expected) in [
            ("GET http://u:p@example.com/a?key=b HTTP/1.1\r\n\r\n", not("example.com")),
            ("POST / HTTP/1.1\r\n\r\n", not("this proxy itself")),
            ("PRI * HTTP/2.0\r\n\r\n", not("this proxy itself")),
            ("CONNECT example.com:443 HTTP/3\r\n\r\n", not("this proxy itself")),
            ("CONNECT example.com HTTP/1.1\r\n\r\n", R::NoEndpoint("example.com".to_owned())),
            (
                "CONNECT u@example.com:443 HTTP/1.1\r\n\r\n",
                R::NoEndpoint("u@example.com:443".to_owned()),
            ),
            ("CONNECT  example.com:443 HTTP/1.1\r\n\r\n", R::NoHead),
            ("connect example.com:443 HTTP/1.1\r\n\r\n", R::NoHead),
            ("CONNECT example.com:443 HTTP/1.1\n\n", R::NoHead),
            ("CONNECT example.com:443", R::NoHead),
            ("\u{16}\u{3}\u{1}\r\n\r\n", R::NoHead),
        ] {
            assert_eq!(read_all(head.as_bytes()).await.unwrap_err(), expected, "{head}");
        }
        let long = format!("CONNECT example.com:443 HTTP/1.1\r\nA: {}", "x".repeat(1 << 20));
        assert_eq!(read_all(long.as_bytes()).await, Err(R::HeadTooLong));
    }
}
