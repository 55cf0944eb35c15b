//! A certificate with its key, both as PEM files.

use std::path::PathBuf;

use super::section::Section;
use super::value::text;

/// What somebody shows of themselves over TLS. The files are read when they are needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// One of the two is missing, which is noted.
pub(super) struct HalfACertificate;

impl CertificateFiles {
    /// Those that `cert_file` and `key_file` name.
    pub(super) fn read(section: &Section<'_>) -> Result<Option<Self>, HalfACertificate> {
        let path = |key| Some(section.reading.resolve(&section.optional(key, text)?));
        match (path("cert_file"), path("key_file")) {
            (Some(certificate), Some(key)) => Ok(Some(Self { certificate, key })),
            (None, None) => Ok(None),
            (Some(_), None) => {
                section.lacks("key_file", "Name the file of the key of cert_file.".to_owned());
                Err(HalfACertificate)
            }
            (None, Some(_)) => {
                section.lacks("cert_file", "Name the certificate of key_file.".to_owned());
                Err(HalfACertificate)
            }
        }
    }
}
