//! The connection to a Temporal server: TLS, certificates and keys as the configuration names them.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use temporalio_client::errors::ClientConnectError;
use temporalio_client::tonic::Request;
use temporalio_client::{
    Client, ClientOptions, ClientTlsOptions, Connection, ConnectionOptions, TlsOptions,
};
use temporalio_common::protos::temporal::api::workflowservice::v1::DescribeNamespaceRequest;
use url::Url;

use crate::config::{TemporalConfig, TemporalTls};

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest certificate or key that is read, in bytes.
const LONGEST: u64 = 256 << 10;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum CannotConnect {
    #[error("engine.address {0} is none that can be called")]
    Address(String),
    #[error("{} cannot be read ({why}): correct engine.{key}", .file.display())]
    File { key: &'static str, file: PathBuf, why: io::Error },
    #[error("the Temporal server at {address} cannot be reached: {why}")]
    Away { address: String, why: String },
}

/// A client of the server and namespace of `config`, with certificates and keys as they are now.
///
/// # Errors
/// If the server cannot be reached, or a file not be read.
pub async fn connect(config: &TemporalConfig) -> Result<Client, CannotConnect> {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let target = Url::parse(&format!("{scheme}://{}", config.address))
        .map_err(|_| CannotConnect::Address(config.address.clone()))?;
    let tls = match &config.tls {
        Some(tls) => Some(tls_options(tls).await?),
        None => None,
    };
    let key = config.api_key.as_ref().map(|key| key.reread().unwrap_or_else(|| key.clone()));
    let options = ConnectionOptions::new(target)
        .identity(format!("timmy {}", std::process::id()))
        .connect_timeout(PATIENCE)
        .maybe_tls_options(tls)
        .maybe_api_key(key.map(|key| key.expose().to_owned()))
        .build();
    let away = |why: String| CannotConnect::Away { address: config.address.clone(), why };
    let connection = match tokio::time::timeout(PATIENCE, Connection::connect(options)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return Err(away(why_not(&error))),
        Err(_) => return Err(away("it does not answer in time".to_owned())),
    };
    let client = ClientOptions::new(config.namespace.clone()).build();
    Client::new(connection, client).map_err(|error| away(error.to_string()))
}

/// Whether the server of `config` answers, and has its namespace.
///
/// # Errors
/// Why not, in a line.
pub async fn find_namespace(config: &TemporalConfig) -> Result<(), String> {
    let client = connect(config).await.map_err(|error| error.to_string())?;
    let namespace = config.namespace.clone();
    let asked = DescribeNamespaceRequest { namespace, ..DescribeNamespaceRequest::default() };
    let mut service = client.connection().workflow_service();
    let told = service.describe_namespace(Request::new(asked));
    let why = match tokio::time::timeout(PATIENCE, told).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(status)) if status.message().is_empty() => format!("{:?}", status.code()),
        Ok(Err(status)) => one_line(status.message()),
        Err(_) => "it does not answer in time".to_owned(),
    };
    let TemporalConfig { address, namespace, .. } = config;
    Err(format!("the Temporal server at {address} does not give the namespace {namespace}: {why}"))
}

async fn tls_options(tls: &TemporalTls) -> Result<TlsOptions, CannotConnect> {
    let ca = match &tls.ca {
        Some(file) => Some(read("ca_file", file).await?),
        None => None,
    };
    let client = match &tls.client {
        Some(client) => Some(
            ClientTlsOptions::builder()
                .client_cert(read("cert_file", &client.certificate).await?)
                .client_private_key(read("key_file", &client.key).await?)
                .build(),
        ),
        None => None,
    };
    Ok(TlsOptions::builder()
        .maybe_server_root_ca_cert(ca)
        .maybe_domain(tls.server_name.clone())
        .maybe_client_tls_options(client)
        .build())
}

async fn read(key: &'static str, file: &Path) -> Result<Vec<u8>, CannotConnect> {
    let failed = |why| CannotConnect::File { key, file: file.to_owned(), why };
    let found = tokio::fs::metadata(file).await.map_err(failed)?;
    if !found.is_file() || found.len() > LONGEST {
        return Err(failed(io::Error::other("it is no PEM file")));
    }
    tokio::fs::read(file).await.map_err(failed)
}

/// Why it could not be connected, in one line.
fn why_not(error: &ClientConnectError) -> String {
    match error {
        ClientConnectError::SystemInfoCallError(status) => match status.message() {
            "" => format!("{:?}", status.code()),
            message => one_line(message),
        },
        error => innermost(error),
    }
}

/// What an error comes from, in one line.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    one_line(&cause.to_string())
}

/// The beginning of what somebody else wrote, on one line.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(300).collect()
}
