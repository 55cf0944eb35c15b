//! TLS on a listener.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The longest certificate or key that is read, in bytes.
const LONGEST: u64 = 256 << 10;

/// What a listener shows of itself.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Why a certificate cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum BadCertificate {
    #[error("{} cannot be read ({why}): name a PEM file that timmy may read", .file.display())]
    File { file: PathBuf, why: io::Error },
    #[error("{} holds no certificate: name the PEM file of the certificate, and of those between it and who signed it", .0.display())]
    NoCertificate(PathBuf),
    #[error("{} holds no private key without a password, as PEM", .0.display())]
    NoKey(PathBuf),
    #[error("{} is not what is certified by {}, or is of a kind that nobody knows: {why}", .key.display(), .certificate.display())]
    Unfit { certificate: PathBuf, key: PathBuf, why: rustls::Error },
}

impl Tls {
    /// Shows the certificate in one PEM file, whose key is in the other.
    ///
    /// # Errors
    /// If they cannot be read, or do not belong together.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, BadCertificate> {
        let no_certificate = || BadCertificate::NoCertificate(certificate.to_owned());
        let chain = CertificateDer::pem_slice_iter(&contents(certificate)?)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| no_certificate())?;
        if chain.is_empty() {
            return Err(no_certificate());
        }
        let private = PrivateKeyDer::from_pem_slice(&contents(key)?)
            .map_err(|_| BadCertificate::NoKey(key.to_owned()))?;
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
            .map_err(|why| BadCertificate::Unfit {
                certificate: certificate.to_owned(),
                key: key.to_owned(),
                why,
            })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Whoever connects has to speak TLS first.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.0.accept(stream).await
    }
}

fn contents(file: &Path) -> Result<Vec<u8>, BadCertificate> {
    let failed = |why| BadCertificate::File { file: file.to_owned(), why };
    let found = std::fs::metadata(file).map_err(failed)?;
    if !found.is_file() || found.len() > LONGEST {
        return Err(failed(io::Error::other("it is no PEM file")));
    }
    std::fs::read(file).map_err(failed)
}
