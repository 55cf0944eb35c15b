//! `timmy hooks`: see, make, mend and delete the webhooks that call timmy.
//!
//! `survey` looks what is there, with `address` what leads here, `fault` says what is wrong with it, `plan` what to do, both
//! pure; `carry_out` does it, with the `secret` of the place.

mod address;
mod apply;
mod diagnosis;
mod list;
mod plan;
mod secret;
mod survey;

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::forge;
use crate::cli::output::{FAILED, WRONG, block_on, complain};
use crate::config::{Config, WebhookConfig};
use crate::gitea::{AuthorizationHeader, Gitea};
use apply::StepResult;
use plan::Step;

pub(super) use diagnosis::judge;
pub(super) use secret::secret_of;
pub(super) use survey::{HookPlace, SurveyDepth, survey};

/// See, make, mend and delete the webhooks that call timmy.
#[derive(Debug, clap::Args)]
pub(super) struct HooksArgs {
    /// The token of somebody who may manage webhooks: read for this run, stored nowhere
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[command(subcommand)]
    act: Option<HooksAction>,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum HooksAction {
    /// Show all webhooks that call webhook.public_url, and what is wrong with them (the default)
    List,
    /// Make those that are missing: one for each organisation, else one for each repository.
    /// Secrets that webhook.secret_files names and that do not exist are made as well
    Install {
        /// Say what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Switch them on, with all events; of several that deliver the same leave one
    Repair {
        /// Replace each by one with the first secret that webhook.secret_files has for it
        #[arg(long)]
        rotate: bool,
        #[command(flatten)]
        authorization: GivenAuthorization,
        /// Say what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Delete them
    Remove {
        /// Do not ask
        #[arg(long)]
        yes: bool,
        /// Say what would be done
        #[arg(long)]
        dry_run: bool,
    },
}

/// What nobody can see of a webhook from Gitea 1.27 on, and an edit takes away.
#[derive(Debug, Clone, clap::Args)]
struct GivenAuthorization {
    /// They send what is in this file as their Authorization header
    #[arg(long, value_name = "FILE")]
    authorization_file: Option<PathBuf>,
    /// They send no Authorization header
    #[arg(long, conflicts_with = "authorization_file")]
    no_authorization: bool,
}

impl GivenAuthorization {
    /// The header; none if nothing is said of it.
    fn header(&self) -> Result<Option<AuthorizationHeader>, forge::NoClient> {
        if self.no_authorization {
            return Ok(Some(AuthorizationHeader::default()));
        }
        let Some(file) = &self.authorization_file else { return Ok(None) };
        let secret = forge::secret_in("--authorization-file", file)?;
        Ok(Some(AuthorizationHeader::new(secret.expose())))
    }
}

impl HooksArgs {
    /// Exit code 0 if all is good in the end, 1 if something is wrong or could not be done.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let found = match self.act {
            Some(
                HooksAction::Install { dry_run }
                | HooksAction::Repair { rotate: true, dry_run, .. },
            ) => secret::configured(config, dry_run),
            _ => forge::configured(config),
        };
        let (path, loaded) = match found {
            Ok(found) => found,
            Err(code) => return code,
        };
        let Some(webhook) = &loaded.config.webhook else {
            complain(&format!(
                "{}: there is no [webhook], so timmy only polls. Add the table to hear at once.",
                path.display()
            ));
            return WRONG.into();
        };
        match block_on(self.act_on(&loaded.config, webhook)) {
            Ok(code) => code,
            Err(problem) => {
                complain(&problem.to_string());
                FAILED.into()
            }
        }
    }

    async fn act_on(
        self,
        config: &Config,
        webhook: &WebhookConfig,
    ) -> Result<ExitCode, HooksError> {
        let gitea = forge::as_whom(config, self.token_file.as_deref())?;
        let places =
            survey(&gitea, &config.gitea.watch, &webhook.public_url, SurveyDepth::Everywhere)
                .await?;
        let (steps, dry_run) = match self.act.unwrap_or(HooksAction::List) {
            HooksAction::List => return Ok(code(list::print(&places, &webhook.public_url)?)),
            HooksAction::Install { dry_run } => (plan::install(&places), dry_run),
            HooksAction::Repair { rotate, authorization, dry_run } => {
                (plan::repair(&places, rotate, authorization.header()?.as_ref())?, dry_run)
            }
            HooksAction::Remove { yes, dry_run } => {
                let steps = plan::remove(&places);
                if !dry_run && !yes && !steps.is_empty() && !is_confirmed(&steps)? {
                    return Ok(WRONG.into());
                }
                (steps, dry_run)
            }
        };
        let hidden = list::print_hidden(&places)?;
        if steps.is_empty() && hidden {
            // Said above. That there is nothing to do is not known.
            return Ok(FAILED.into());
        }
        if dry_run {
            announce(&steps)?;
            return Ok(code(!hidden));
        }
        let done = carry_out_all(&gitea, webhook, &steps).await?;
        if steps.iter().any(|step| matches!(step, Step::Renew(..))) {
            writeln!(io::stdout(), "{RESTART}")?;
        }
        Ok(code(done && !hidden))
    }
}

/// What is left to do once webhooks sign with other secrets.
const RESTART: &str = "Restart timmy serve now: it reads webhook.secret_files only when it starts, \
                       and refuses what is signed with secrets that it has not read.";

#[derive(Debug, thiserror::Error)]
enum HooksError {
    #[error(transparent)]
    Client(#[from] forge::NoClient),
    #[error(transparent)]
    Forge(#[from] crate::gitea::Error),
    #[error(transparent)]
    Hidden(#[from] plan::HiddenHeaders),
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

fn code(is_good: bool) -> ExitCode {
    if is_good { ExitCode::SUCCESS } else { FAILED.into() }
}

/// Says what would be done.
fn announce(steps: &[Step]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for step in steps {
        writeln!(out, "would do: {step}")?;
    }
    if steps.is_empty() {
        writeln!(out, "Nothing to do.")?;
    }
    out.flush()
}

/// Does one step after the other and says so; whether all went well. After a failure nothing is
/// deleted any more: what was to stay in its place may not work.
async fn carry_out_all(gitea: &Gitea, webhook: &WebhookConfig, steps: &[Step]) -> io::Result<bool> {
    if steps.is_empty() {
        writeln!(io::stdout(), "Nothing to do.")?;
    }
    let mut is_good = true;
    for step in steps {
        if !is_good && matches!(step, Step::Delete(..)) {
            complain(&format!("not done: {step}, because of the above"));
            continue;
        }
        match apply::carry_out(gitea, webhook, step).await {
            StepResult::Done(said) => writeln!(io::stdout(), "{said}")?,
            StepResult::Failed(problem) => {
                complain(&format!("not done: {step} ({problem})"));
                is_good = false;
            }
        }
    }
    Ok(is_good)
}

/// Shows what would go, and asks for a yes on a terminal.
fn is_confirmed(steps: &[Step]) -> io::Result<bool> {
    if !io::stdin().is_terminal() {
        complain("to delete webhooks without being asked, say so: timmy hooks remove --yes");
        return Ok(false);
    }
    announce(steps)?;
    write!(io::stderr(), "Delete them? [y/N] ")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
