//! What subcommands beside `serve` begin with: the configuration, and the forge as one account
//! sees it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::cli::output::{WRONG, complain};
use crate::config::{self, Config, Loaded, NotASecret, Secret, SecretFile};
use crate::gitea::{ClientOptions, Error, Gitea, NotAToken, Token};

/// How long a person waits for one answer of the forge.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the configuration is, and what it says.
///
/// # Errors
/// All that is wrong with it, as text for people.
pub(super) fn configuration(flag: Option<&Path>) -> Result<(PathBuf, Loaded), String> {
    let env = |name: &str| std::env::var(name).ok();
    let path = config::find(flag, &env).map_err(|missing| missing.to_string())?;
    let loaded = config::load(&path, &env).map_err(|problems| problems.to_string())?;
    Ok((path, loaded))
}

/// The same, with problems printed on standard error; then the exit code.
pub(super) fn configured(flag: Option<&Path>) -> Result<(PathBuf, Loaded), ExitCode> {
    configuration(flag).map_err(|problems| {
        complain(&problems);
        WRONG.into()
    })
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoClient {
    /// The file of a secret that a flag names cannot be read.
    #[error("{flag} {path}: {source}", path = path.display())]
    File { flag: &'static str, path: PathBuf, source: std::io::Error },
    /// It holds no secret.
    #[error("{flag} {path}: the file {source}", path = path.display())]
    Secret { flag: &'static str, path: PathBuf, source: NotASecret },
    /// What should be a token is none.
    #[error(transparent)]
    Token(#[from] NotAToken),
    #[error(transparent)]
    Client(#[from] Error),
}

/// The forge, as timmy's own account sees it.
pub(super) fn as_timmy(config: &Config) -> Result<Gitea, NoClient> {
    client(config, &config.gitea.token)
}

/// The forge, as the account sees it whose token is in `file`; else as timmy's own does. The
/// token is read for this one run and stored nowhere.
pub(super) fn as_whom(config: &Config, file: Option<&Path>) -> Result<Gitea, NoClient> {
    let Some(file) = file else { return as_timmy(config) };
    client(config, &secret_in("--token-file", file)?)
}

/// The secret in the `file` that `flag` names.
pub(super) fn secret_in(flag: &'static str, file: &Path) -> Result<Secret, NoClient> {
    let found = SecretFile::open(file).map_err(|source| NoClient::File {
        flag,
        path: file.to_owned(),
        source,
    })?;
    Secret::new(&found.text).map_err(|source| NoClient::Secret {
        flag,
        path: file.to_owned(),
        source,
    })
}

/// What went wrong in the forge's own words, or in as few as possible: for sentences that go on to
/// say what to do.
pub(super) fn in_short(error: &Error) -> String {
    match error {
        Error::Forbidden { message } if !message.is_empty() => message.clone(),
        Error::MissingScope { scope } => format!("the token lacks the scope {scope}"),
        Error::Unreachable(reason) | Error::Dropped(reason) => reason.clone(),
        Error::Timeout => "no answer in time".to_owned(),
        Error::BadToken { message } => format!("the token is not accepted, {message}"),
        error => error.to_string(),
    }
}

fn client(config: &Config, token: &Secret) -> Result<Gitea, NoClient> {
    let mut options = ClientOptions::new(config.gitea.url.clone(), Token::new(token.expose())?);
    options.timeout = PATIENCE;
    if let Ok(pace) = config.gitea.requests_per_second.try_into() {
        options.requests_per_second = pace;
    }
    Ok(Gitea::new(options)?)
}
