//! `[notify]`: one message elsewhere for each decision, dead letter and incident.

use std::net::IpAddr;

use toml::de::DeValue;
use url::{Host, Url};

use super::secret::Secret;
use super::secrets;
use super::section::Section;
use super::value::{Wrong, http_url, one_of};

/// The variable that holds the token.
const VARIABLE: &str = "TIMMY_NOTIFY_TOKEN";

/// Whom it is told.
#[derive(Debug, Clone)]
pub struct NotifyConfig {
    pub kind: NotifyKind,
    /// Where it is sent. Over TLS, but to this machine or a private network. Its path may be all
    /// that keeps others from sending there: it is not to be printed.
    pub url: Url,
    /// Sent to that address alone.
    pub token: Option<Secret>,
}

/// How a message looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotifyKind {
    /// A topic of an ntfy server: text, with a link to click.
    Ntfy,
    /// JSON.
    Webhook,
}

impl NotifyKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ntfy => "ntfy",
            Self::Webhook => "webhook",
        }
    }
}

impl NotifyConfig {
    /// None also if the table is not there.
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        const KINDS: [(&str, NotifyKind); 2] =
            [("ntfy", NotifyKind::Ntfy), ("webhook", NotifyKind::Webhook)];
        if !section.is_there() {
            return None;
        }
        let kind = section.need("kind", one_of(&KINDS));
        let url = section.need("url", |value| receiver(value, kind));
        let token = secrets::optional(section, "token_file", VARIABLE);
        Some(Self { kind: kind?, url: url?, token })
    }

    /// Who is told, without the path.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

/// The address of a receiver of `kind`. It is never quoted.
fn receiver(value: &DeValue<'_>, kind: Option<NotifyKind>) -> Result<Url, Wrong> {
    let url = http_url(value)?;
    if url.scheme() != "https" && !is_near(&url) {
        return Err(Wrong::new(
            "goes over the open network without TLS",
            "Let it begin with https://; http:// is for this machine, or for an address of a \
             private network such as 192.168.1.7.",
        ));
    }
    let names_topic = url.path().split('/').any(|part| !part.is_empty());
    if kind == Some(NotifyKind::Ntfy) && !names_topic {
        return Err(Wrong::new(
            "names no topic",
            "Write it like \"https://ntfy.example.org/timmy\", with the topic as its path.",
        ));
    }
    Ok(url)
}

/// Whether it is this machine, or an address of a network that is nobody else's. A name may lead
/// anywhere.
pub(super) fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => is_private(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => is_private(IpAddr::V6(address).to_canonical()),
        None => false,
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            // 100.64.0.0/10: Tailscale, carriers' NAT.
            let is_shared = first == 100 && (64..128).contains(&second);
            address.is_loopback() || address.is_private() || address.is_link_local() || is_shared
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::notify::*;

    fn read(url: &str, kind: NotifyKind) -> Result<Url, String> {
        receiver(&DeValue::String(url.into()), Some(kind)).map_err(|wrong| wrong.message)
    }

    #[test]
    fn only_near_ones_are_told_without_tls() {
        for near in [
            "http://localhost:8080/t",
            "http://127.0.0.1/t",
            "http://[::1]:9/t",
            "http://192.168.1.7/t",
            "http://10.0.0.1/t",
            "http://100.100.1.2/t",
            "http://[fd00::7]/t",
            "http://[::ffff:10.0.0.1]/t",
            "https://ntfy.example.org/t",
        ] {
            assert!(read(near, NotifyKind::Ntfy).is_ok(), "{near}");
        }
        for far in [
            "http://ntfy.example.org/t",
            "http://ntfy.lan/t",
            "http://8.8.8.8/t",
            "http://100.128.0.1/t",
            "http://localhost.example.org/t",
            "http://[2001:db8::1]/t",
        ] {
            let wrong = read(far, NotifyKind::Ntfy).unwrap_err();
            assert!(wrong.contains("without TLS"), "{far}: {wrong}");
        }
    }

    #[test]
    fn a_topic_is_named_and_nothing_secret() {
        assert!(read("https://ntfy.example.org/", NotifyKind::Ntfy).is_err());
        assert!(read("https://hooks.example.org/", NotifyKind::Webhook).is_ok());
        for odd in ["https://me:secret@a.org/t", "https://a.org/t?token=secret", "ftp://a/t", "x"] {
            let wrong = read(odd, NotifyKind::Webhook).unwrap_err();
            assert!(!wrong.contains("secret"), "{odd}: {wrong}");
        }
    }
}
