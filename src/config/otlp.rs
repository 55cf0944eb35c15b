//! `[otlp]`: traces for a collector of OpenTelemetry.

use toml::de::DeValue;
use url::Url;

use super::otlp_headers::secrets_of;
use super::private_network::is_near;
use super::reading::ProblemKind;
use super::secret::Secret;
use super::secrets;
use super::section::Section;
use super::value::{Wrong, http_url};

/// The variable that holds the headers.
const VARIABLE: &str = "TIMMY_OTLP_HEADERS";

/// Where a collector takes traces, below its address.
const TRACES: &str = "v1/traces";

/// Who is sent spans.
#[derive(Debug, Clone)]
pub struct OtlpConfig {
    /// Where spans are sent. Its path may be all that keeps others from sending there: it is not to be
    /// printed.
    pub url: Url,
    /// Headers that go with them, and nowhere else, in one line: `name=value,name=value`.
    pub headers: Option<Secret>,
}

impl OtlpConfig {
    /// None also if the table is not there.
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        if !section.is_there() {
            return None;
        }
        let url = section.need("endpoint", traces_url);
        let headers = secrets::optional(section, "headers_file", VARIABLE);
        let url = url?;
        if headers.is_some() && url.scheme() != "https" && !is_near(&url) {
            section.reading.problem(
                ProblemKind::Whole,
                section.span(),
                "otlp.endpoint goes over the open network without TLS, and its headers with it."
                    .to_owned(),
                "Let it begin with https://; http:// is for this machine, for an address of a \
                 private network such as 192.168.1.7, or for a collector that wants no headers.",
            );
            return None;
        }
        Some(Self { url, headers })
    }

    /// The line of headers, and what of it is a secret by itself.
    pub fn secrets(&self) -> Vec<String> {
        let Some(line) = self.headers.as_ref().map(Secret::expose) else { return Vec::new() };
        let mut secrets = secrets_of(line);
        secrets.push(line.to_owned());
        secrets
    }

    /// Who is sent spans, without the path.
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }
}

/// Where the collector at this address takes traces. It may be written with the path for them.
fn traces_url(value: &DeValue<'_>) -> Result<Url, Wrong> {
    let mut url = http_url(value)?;
    let path = url.path().trim_end_matches('/').to_owned();
    match path.ends_with(&format!("/{TRACES}")) {
        true => url.set_path(&path),
        false => url.set_path(&format!("{path}/{TRACES}")),
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use crate::config::otlp::*;

    fn read(url: &str) -> Result<String, String> {
        let read = traces_url(&DeValue::String(url.into()));
        read.map(String::from).map_err(|wrong| wrong.message)
    }

    #[test]
    fn it_is_the_address_of_the_collector_with_the_path_for_traces_or_without() {
        for written in
            ["http://localhost:4318", "http://localhost:4318/", "http://localhost:4318/v1/traces"]
        {
            assert_eq!(read(written).unwrap(), "http://localhost:4318/v1/traces");
        }
        assert_eq!(read("https://a.org/otlp/").unwrap(), "https://a.org/otlp/v1/traces");
        for odd in ["https://me:secret@a.org", "https://a.org/?key=secret", "grpc://a:4317", "x"] {
            let wrong = read(odd).unwrap_err();
            assert!(!wrong.contains("secret"), "{odd}: {wrong}");
        }
    }
}
