//! The Temporal server of `[engine]`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use toml::Spanned;

use super::certificate::CertificateFiles;
use super::private_network::is_private;
use super::secret::Secret;
use super::secrets;
use super::section::Section;
use super::value::{flag, host_and_port, line, text};

/// The variable that holds the key of a Temporal server. It goes before the file.
const KEY_VARIABLE: &str = "TIMMY_TEMPORAL_API_KEY";

/// A Temporal server, and how to speak with it.
#[derive(Debug, Clone)]
pub struct TemporalConfig {
    /// `host:port`.
    pub address: String,
    pub namespace: String,
    /// None: without TLS, as on one machine or a private network.
    pub tls: Option<TemporalTls>,
    pub api_key: Option<Secret>,
}

/// What TLS to a Temporal server takes. The files are read when it is connected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemporalTls {
    /// Who has signed its certificate; none for those that the system trusts.
    pub ca: Option<PathBuf>,
    /// The name in its certificate, where that is not the one of its address.
    pub server_name: Option<String>,
    /// What timmy shows of itself.
    pub client: Option<CertificateFiles>,
}

impl TemporalConfig {
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let address = section.located("address", host_and_port);
        let namespace = section.or("namespace", "default".to_owned(), line);
        let api_key = secrets::optional(section, "api_key_file", KEY_VARIABLE);
        let client = CertificateFiles::read(section).ok()?;
        let ca = section.optional("ca_file", text).map(|file| section.reading.resolve(&file));
        let tls = TemporalTls { ca, server_name: section.optional("server_name", line), client };
        // A key that is sent without TLS is everybody's.
        let has_parts = tls != TemporalTls::default();
        let is_asked_for = has_parts || api_key.is_some();
        let tls = section.or("tls", is_asked_for, flag).then_some(tls);
        let is_named = section.raw("api_key_file").is_some();
        if tls.is_none() && (has_parts || is_named) {
            section.contradiction(
                None,
                "engine.tls is false, and other keys of [engine] need TLS.".to_owned(),
                "Delete the line tls = false, or ca_file, server_name, cert_file, key_file and api_key_file.",
            );
        }
        if let Some(address) = address.as_ref().filter(|_| tls.is_none()) {
            require_private(section, address);
        }
        let address = address.map_or_else(|| "127.0.0.1:7233".to_owned(), Spanned::into_inner);
        let api_key = api_key.filter(|_| tls.is_some());
        Some(Self { address, namespace, tls, api_key })
    }

    /// Whether what is sent to it goes without TLS to wherever a name leads.
    pub fn trusts_a_name(&self) -> bool {
        let host = host_of(&self.address);
        let is_number = host.parse::<IpAddr>().is_ok();
        self.tls.is_none() && !is_number && !host.eq_ignore_ascii_case("localhost")
    }

    /// The files that nothing may see that agents wrote.
    pub(super) fn secret_files(&self) -> impl Iterator<Item = &Path> {
        let client = self.tls.as_ref().and_then(|tls| tls.client.as_ref());
        let key = client.map(|client| client.key.as_path());
        key.into_iter().chain(self.api_key.as_ref().and_then(Secret::file))
    }
}

/// The host in `host:port`.
fn host_of(address: &str) -> &str {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// The tickets of workers are sent there: whoever reads one may use it.
fn require_private(section: &Section<'_>, address: &Spanned<String>) {
    let host = host_of(address.get_ref()).parse::<IpAddr>();
    if host.is_ok_and(|host| !is_private(host)) {
        section.contradiction(
            Some(address.span()),
            format!(
                "engine.address is {} without TLS, where strangers can read and change what is sent.",
                address.get_ref()
            ),
            "Write an address of this machine or of a private network, such as 100.64.0.1:7233, or \
             let the server have a certificate, and write tls = true.",
        );
    }
}
