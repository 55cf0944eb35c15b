//! `timmy init`: a first configuration from three answers.

mod answers;
mod document;

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::secret_file;
use crate::cli::output::{FAILED, WRONG, complain};
use crate::config::{self, Outside, SecretFile};
use answers::Answers;

/// Write a commented configuration, and the webhooks' secrets beside it.
#[derive(Debug, clap::Args)]
pub(super) struct InitArgs {
    /// The address of Gitea, such as https://git.example.org
    #[arg(long)]
    url: Option<String>,
    /// Your account there: who may do everything
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// An organisation, a user or a repository to look after; can be given several times
    #[arg(long, value_name = "ORG")]
    watch: Vec<String>,
    /// What Gitea shall call to reach timmy, such as https://timmy.example.org/webhook
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
    /// Where to write it; else --config, else timmy.toml
    file: Option<PathBuf>,
}

impl InitArgs {
    /// Exit code 2 if something is missing or no good, or the file is there; 1 if it cannot be
    /// written.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let default = || config.unwrap_or(Path::new("timmy.toml")).to_owned();
        let file = self.file.clone().unwrap_or_else(default);
        if !self.force && file.exists() {
            let file = file.display();
            complain(&format!("{file} is there already: --force writes over it"));
            return WRONG.into();
        }
        let answers = match self.answers() {
            Ok(answers) => answers,
            Err(problem) => {
                complain(&problem);
                return WRONG.into();
            }
        };
        let text = document::write(&answers);
        if let Err(problem) = check(&text, &file) {
            complain(&problem);
            return WRONG.into();
        }
        match set_up(&file, &text, &answers, self.force) {
            Ok(secrets) => {
                // There is no way to report that standard output is closed.
                let _ = io::stdout().write_all(next(&answers, &file, &secrets).as_bytes());
                ExitCode::SUCCESS
            }
            Err(problem) => {
                complain(&problem);
                FAILED.into()
            }
        }
    }

    /// From the flags; what they do not say is asked on a terminal.
    fn answers(&self) -> Result<Answers, String> {
        let given = answers::GivenAnswers {
            url: self.url.clone(),
            owner: self.owner.clone(),
            watch: self.watch.clone(),
            public_url: self.public_url.clone(),
        };
        if io::stdin().is_terminal() && io::stderr().is_terminal() {
            answers::ask(given, &mut io::stdin().lock(), &mut io::stderr())
                .map_err(|error| format!("no answers: {error}"))
        } else {
            answers::take(given)
        }
    }
}

/// Whether the configuration will be good once the token is there.
fn check(text: &str, file: &Path) -> Result<(), String> {
    let secret_file = |_: &Path| Ok(SecretFile { text: "to come".to_owned(), exposed: false });
    let world = Outside { env: &|_| None, secret_file: &secret_file };
    match config::parse(text, file, world) {
        Ok(_) => Ok(()),
        Err(problems) => {
            let all: Vec<String> =
                problems.0.iter().map(|p| format!("{} {}", p.message, p.remedy)).collect();
            Err(format!("these answers will not do; nothing was written.\n{}", all.join("\n")))
        }
    }
}

/// A file with a webhook's secret, and what became of it.
type WebhookSecret = (PathBuf, secret_file::SecretFileResult);

/// Writes the secrets, where there is none yet, and the configuration.
fn set_up(
    file: &Path,
    text: &str,
    answers: &Answers,
    force: bool,
) -> Result<Vec<WebhookSecret>, String> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut secrets = Vec::new();
    for name in document::webhook_secrets(answers).into_iter().map(|(_, name)| name) {
        let place = folder.join(name);
        let made = secret_file::make(&place).map_err(|e| format!("{}: {e}", place.display()))?;
        secrets.push((place, made));
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).create_new(!force).truncate(force);
    options
        .open(file)
        .and_then(|mut opened| opened.write_all(text.as_bytes()))
        .map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(secrets)
}

/// What is left to do, as lines to copy.
fn next(answers: &Answers, file: &Path, secrets: &[WebhookSecret]) -> String {
    let folder = file.parent().unwrap_or(Path::new(""));
    let token = folder.join(document::TOKEN);
    let token = token.display();
    let is_found = file == Path::new("timmy.toml");
    let flag = if is_found { String::new() } else { format!(" --config {}", file.display()) };
    let secrets: Vec<String> = secrets
        .iter()
        .map(|(place, outcome)| match outcome {
            secret_file::SecretFileResult::Made => {
                format!("a new webhook secret in {}", place.display())
            }
            secret_file::SecretFileResult::Kept => {
                format!("the secret in {} was there and is kept", place.display())
            }
        })
        .collect();
    let secrets = secrets.join("; ");
    let public = match &answers.public_url {
        Some(_) => String::new(),
        None => format!(
            "\n  Say in {} what Gitea shall call to reach timmy: webhook.public_url\n",
            file.display()
        ),
    };
    format!(
        "Wrote {file}; {secrets}.\n\
         \n\
         Next:\n\
         {public}\n  \
           Make an account for timmy in Gitea and give it write access. Log in as it, make a token at\n  \
           {url}/user/settings/applications\n  \
           with write:issue, write:repository, read:organization, read:user, and paste it here:\n\n    \
             ( umask 077; cat > {token} )\n\n  \
           Check it, start it, make the webhooks with a token of yours (write:organization):\n\n    \
             timmy{flag} doctor\n    \
             timmy{flag} serve &\n    \
             timmy{flag} hooks install --token-file YOUR-TOKEN\n\n  \
           Write /timmy ping in an issue. Whether all is well, and how to mend what is not:\n\n    \
             timmy{flag} doctor --token-file YOUR-TOKEN\n",
        file = file.display(),
        url = answers.url.trim_end_matches('/'),
    )
}
