//! Which secret a webhook signs with, and the files of secrets that are still to be made.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::output::{FAILED, complain};
use crate::cli::{forge, secret_file};
use crate::config::{self, Config, Loaded, Outside, SecretFile, WebhookConfig, WebhookSecret};
use crate::gitea::HookHome;

/// What a webhook of `home` signs with; none if the configuration has nothing for it.
pub(crate) fn secret_of<'a>(
    webhook: &'a WebhookConfig,
    home: &HookHome,
) -> Option<&'a WebhookSecret> {
    match home {
        HookHome::Organisation(owner) => webhook.secret_of_owner(owner),
        HookHome::Repository(name) => webhook.secret_of_repository(name),
    }
}

/// The configuration, and where it is. Files of webhook secrets that it names and that do not
/// exist are made; in a dry run it is only said that they would be.
///
/// # Errors
/// The exit code, once all problems are printed.
pub(super) fn configured(
    flag: Option<&Path>,
    dry_run: bool,
) -> Result<(PathBuf, Loaded), ExitCode> {
    let Some((path, loaded, missing)) = tolerant(flag) else { return forge::configured(flag) };
    let is_missing =
        |secret: &&WebhookSecret| secret.file.as_ref().is_some_and(|file| missing.contains(file));
    let secrets = loaded.config.webhook.iter().flat_map(|webhook| &webhook.secrets);
    let mut unmade: Vec<&WebhookSecret> = secrets.filter(is_missing).collect();
    unmade.dedup_by_key(|secret| secret.file.as_ref());
    let outcome = unmade.iter().try_for_each(|secret| match dry_run {
        true => say(&format!("would do: {}: make a secret for its webhook", secret.scope)),
        false => make(secret),
    });
    if let Err(problem) = outcome {
        complain(&problem.to_string());
        return Err(FAILED.into());
    }
    if dry_run && missing.iter().all(|file| is_webhooks(&loaded.config, file)) {
        return Ok((path, loaded));
    }
    forge::configured(flag)
}

fn is_webhooks(config: &Config, file: &Path) -> bool {
    let mut secrets = config.webhook.iter().flat_map(|webhook| &webhook.secrets);
    secrets.any(|secret| secret.file.as_deref() == Some(file))
}

/// The configuration as it would be if every file of a secret existed, and those that do not;
/// none if something else is wrong with it.
fn tolerant(flag: Option<&Path>) -> Option<(PathBuf, Loaded, Vec<PathBuf>)> {
    let env = |name: &str| std::env::var(name).ok();
    let path = config::find(flag, &env).ok()?;
    let missing = RefCell::default();
    let secret_file = |file: &Path| match SecretFile::open(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            RefCell::<Vec<PathBuf>>::borrow_mut(&missing).push(file.to_owned());
            Ok(SecretFile { text: "to come".to_owned(), exposed: false })
        }
        found => found,
    };
    let loaded = config::load_in(&path, Outside { env: &env, secret_file: &secret_file }).ok()?;
    Some((path, loaded, missing.into_inner()))
}

/// Makes one. Its file is not named: somebody may have written the secret there.
fn make(secret: &WebhookSecret) -> io::Result<()> {
    let Some(file) = &secret.file else { return Ok(()) };
    let scope = &secret.scope;
    secret_file::make(file).map_err(|error| {
        let text = format!("the secret of {scope} cannot be written: {error}");
        io::Error::new(error.kind(), text)
    })?;
    say(&format!(
        "{scope}: secret made, in the file that webhook.secret_files names. A running timmy serve \
         knows it when it is started again."
    ))
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
