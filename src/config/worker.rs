//! `[worker]`: agents on other machines, driven by a worker there.

use std::net::SocketAddr;
use std::path::PathBuf;

use toml::Spanned;
use url::Url;

use super::certificate::CertificateFiles;
use super::engine::EngineConfig;
use super::private_network::{is_near, is_private};
use super::section::Section;
use super::value::{http_url, line, listen, text};

/// The variable that says what this machine is called. It goes before the file.
pub const HOST_VARIABLE: &str = "TIMMY_WORKER_HOST";

/// The variable that says where the agents of a worker work on this machine.
pub const FOLDER_VARIABLE: &str = "TIMMY_WORKER_FOLDER";

/// `[worker]`: how timmy and the workers on other hosts find each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerConfig {
    /// Where workers fetch what they are to do; none: every agent is driven from here.
    pub listen: Option<SocketAddr>,
    /// What timmy shows there over TLS; none: without TLS, on this machine or a private network.
    pub tls: Option<CertificateFiles>,
    /// Where a worker finds that.
    pub url: Option<Url>,
    /// Who has signed the certificate that is shown there; none for those that the system trusts.
    pub ca: Option<PathBuf>,
    /// What this machine is called in `agent.host`.
    pub host: Option<String>,
    /// Where a worker has its agents work, as it is started to; none: beside the ledger. The file says
    /// nothing of it: it serves all hosts.
    pub folder: Option<PathBuf>,
}

impl WorkerConfig {
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let named = section.optional("host", line);
        let listen = section.located("listen", listen);
        let url = section.located("url", http_url);
        let ca = section.optional("ca_file", text).map(|file| section.reading.resolve(&file));
        let tls = CertificateFiles::read(section).ok()?;
        if let Some(listen) = listen.as_ref().filter(|_| tls.is_none()) {
            require_private(section, listen);
        }
        if let Some(url) = &url {
            require_tls(section, url, ca.is_some());
        }
        Some(Self {
            listen: listen.map(Spanned::into_inner),
            tls,
            url: url.map(Spanned::into_inner),
            ca,
            host: (section.reading.world.env)(HOST_VARIABLE).or(named),
            folder: None,
        })
    }
}

/// Without TLS nobody listens where others can come between.
fn require_private(section: &Section<'_>, listen: &Spanned<SocketAddr>) {
    if !is_private(listen.get_ref().ip()) {
        section.contradiction(
            Some(listen.span()),
            format!(
                "worker.listen is {} without TLS, where strangers can read and change what workers \
                 are told.",
                listen.get_ref()
            ),
            "Write an address of this machine or of a private network, such as 100.64.0.1:8789, or \
             name a certificate and its key as worker.cert_file and worker.key_file.",
        );
    }
}

/// Nor is anything sent there.
fn require_tls(section: &Section<'_>, url: &Spanned<Url>, has_ca: bool) {
    let plain = url.get_ref().scheme() == "http";
    if plain && !is_near(url.get_ref()) {
        section.contradiction(
            Some(url.span()),
            "worker.url is without TLS, and its host is no address of a private network."
                .to_owned(),
            "Let it begin with https://, or write the private address of timmy's host as a number, \
             such as http://100.64.0.1:8789.",
        );
    } else if plain && has_ca {
        section.contradiction(
            Some(url.span()),
            "worker.ca_file says who signs certificates, and worker.url is without TLS.".to_owned(),
            "Let worker.url begin with https://, or delete the line ca_file.",
        );
    }
}

/// What is done by workers on other hosts.
#[derive(Debug, Clone, Default)]
pub(super) struct Away {
    /// Whether what says it could be read.
    is_known: bool,
    is_temporal: bool,
    is_named: bool,
    here: Option<String>,
}

impl Away {
    pub(super) fn of(engine: Option<&EngineConfig>, worker: Option<&WorkerConfig>) -> Self {
        let is_temporal = engine.is_some_and(|engine| engine.temporal().is_some());
        let is_named = worker.is_some_and(|its| its.listen.is_some() || its.url.is_some());
        let here = worker.and_then(|worker| worker.host.clone());
        let is_known = engine.is_some() && worker.is_some();
        Self { is_known, is_temporal, is_named, here }
    }

    /// Whether what is on this host is done by a worker there.
    pub(super) fn is(&self, host: Option<&str>) -> bool {
        let are_there_workers = self.is_temporal && self.is_named;
        are_there_workers && host.is_some_and(|host| self.here.as_deref() != Some(host))
    }

    /// Why no worker can serve this host, and what to do.
    pub(super) fn lack_for(&self, host: &str) -> Option<(&'static str, &'static str)> {
        if !self.is_known || self.here.as_deref() == Some(host) {
            None
        } else if !self.is_temporal {
            Some((
                "no worker can come from there: engine.kind is not \"temporal\"",
                "Write engine.kind = \"temporal\", or delete the line host: guards run where timmy \
                 is then.",
            ))
        } else if !self.is_named {
            Some((
                "no worker can come from there: worker.listen is missing",
                "Write in worker.listen where workers find this timmy, or delete the line host: \
                 guards run where timmy is then.",
            ))
        } else {
            None
        }
    }
}
