//! A port of a server, as people name it: `api.example.com:443`.

use std::fmt;
use std::str::FromStr;

use url::Host;

/// The longest name that a server can have, in characters.
const LONGEST_NAME: usize = 253;

/// A port of a server. However its name is written (in capitals, with a dot at its end, in letters of
/// any script), it is the same one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    host: Host,
    port: u16,
}

/// What names no port of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no host and port, such as api.example.com:443")]
pub struct NoEndpoint;

impl Endpoint {
    pub fn host(&self) -> &Host {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }
}

/// The server that `name` names, one way of writing it like another.
///
/// # Errors
/// If it names none.
pub fn host_named(name: &str) -> Result<Host, NoEndpoint> {
    let name = name.strip_suffix('.').unwrap_or(name);
    // What the parser would decode is no name that anybody writes.
    let is_plain = !name.is_empty() && !name.contains('%') && name.len() <= LONGEST_NAME;
    is_plain.then(|| Host::parse(name).ok()).flatten().ok_or(NoEndpoint)
}

impl FromStr for Endpoint {
    type Err = NoEndpoint;

    fn from_str(text: &str) -> Result<Self, NoEndpoint> {
        let (host, port) = text.rsplit_once(':').ok_or(NoEndpoint)?;
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| is_number && *port > 0).ok_or(NoEndpoint)?;
        Ok(Self { host: host_named(host)?, port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::endpoint::*;

    fn read(text: &str) -> Result<String, NoEndpoint> {
        text.parse::<Endpoint>().map(|endpoint| endpoint.to_string())
    }

    #[test]
    fn one_server_has_one_name_however_it_is_written() {
        for (text, expected) in [
            ("api.example.com:443", "api.example.com:443"),
            ("API.Example.COM:443", "api.example.com:443"),
            ("api.example.com.:443", "api.example.com:443"),
            ("bücher.example:8443", "xn--bcher-kva.example:8443"),
            ("BÜCHER.example:8443", "xn--bcher-kva.example:8443"),
            ("[2606:4700::1111]:443", "[2606:4700::1111]:443"),
            ("192.0.2.1:22", "192.0.2.1:22"),
            ("0x7f.1:22", "127.0.0.1:22"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_and_port_is_none() {
        let long = format!("{}.example:443", "a.".repeat(130));
        for text in [
            "",
            ":443",
            ".:443",
            "example.com",
            "example.com:",
            "example.com:0",
            "example.com:+443",
            "example.com:65536",
            "example.com:https",
            "user@example.com:443",
            "user:pass@example.com:443",
            "https://example.com:443",
            "example.com/path:443",
            "exam%70le.com:443",
            "exa mple.com:443",
            "exa\u{0}mple.com:443",
            "::1:443",
            "[::1:443",
            "[fe80::1%eth0]:443",
            "*.example.com :443",
            &long,
        ] {
            assert_eq!(read(text), Err(NoEndpoint), "{text}");
        }
    }
}
