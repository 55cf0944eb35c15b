//! `timmy doctor`: goes through everything that a newcomer gets wrong, and says how to mend it.
//!
//! Each check has a file of its own: a pure judgement, and where needed a thin function that
//! gathers the facts for it. Here is their order. What needs something that is broken is left
//! out.

mod account;
mod action_secrets;
mod agents;
mod automatic;
mod capabilities;
mod check_result;
mod confinement;
mod delivery;
mod fixtures;
mod fleet;
mod guard_host;
mod in_ledger;
mod incidents;
mod job_server;
mod known_accounts;
mod ledger;
mod listener;
mod notify;
mod otlp;
mod people;
mod print;
mod probe;
mod reach;
mod reactions;
mod report;
mod routines;
mod server;
mod teams;
mod watch;
mod web;
mod webhook;
mod workers;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use super::forge;
use super::hooks::{SurveyDepth, survey};
use super::watched::{self, Watched, repositories};
use crate::cli::output::{FAILED, WRONG, block_on, complain};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Loaded, Watch, WebhookConfig};
use crate::confinement::SystemResolver;
use crate::core::model::account::Account;
use crate::core::model::ids::RepoName;
use crate::gitea::Gitea;
use crate::store::{self, Holder, Ledger, Readers, accounts};
use check_result::{CheckGrade, CheckResult};
use delivery::HostList;
use listener::DeliveryListener;
use probe::Prober;

const CONFIGURATION: &str = "configuration";

/// Check everything, from the configuration to the webhook, and say how to mend it.
#[derive(Debug, clap::Args)]
pub(super) struct DoctorArgs {
    /// Print one JSON array of {check, state, found, remedy}
    #[arg(long)]
    json: bool,
    /// The token of somebody who may see the webhooks and the secrets of Actions: read for this run, stored nowhere
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Make a webhook in a watched repository for a moment, so that the server can test it
    #[arg(long)]
    probe: bool,
    /// Take whoever has this name now for the account that the configuration means (while serve
    /// is stopped), and check nothing
    #[arg(long, value_name = "NAME", conflicts_with_all = ["probe", "token_file"])]
    accept_account: Option<String>,
    /// How many seconds the server's test delivery may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    wait: u64,
}

impl DoctorArgs {
    /// Exit code 0 if nothing is broken, 1 if something is, 2 if the configuration is.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let (path, loaded) = match forge::configuration(config) {
            Ok(found) => found,
            Err(problems) => {
                if self.json {
                    let remedy = "Mend the file, or write a new one with timmy init.";
                    self.print(&[CheckResult::broken(CONFIGURATION, problems, remedy)]);
                } else {
                    complain(&problems);
                }
                return WRONG.into();
            }
        };
        if let Some(name) = &self.accept_account {
            return accept_account(&loaded.config, name);
        }
        let mut findings = configuration(&path, &loaded);
        block_on(self.examine(&loaded.config, &mut findings));
        self.print(&findings);
        match findings.iter().any(|finding| finding.state == CheckGrade::Broken) {
            true => FAILED.into(),
            false => ExitCode::SUCCESS,
        }
    }

    fn print(&self, findings: &[CheckResult]) {
        // Whoever closes the pipe early has read enough.
        let _ = if self.json { print::json(findings) } else { print::text(findings) };
    }

    async fn examine(&self, config: &Config, findings: &mut Vec<CheckResult>) {
        let memory = remember(config, findings).await;
        let gitea = match forge::as_timmy(config) {
            Ok(gitea) => gitea,
            Err(error) => {
                let remedy = "Check gitea.url and the file that gitea.token_file names.";
                findings.push(CheckResult::broken("token", format!("{error}."), remedy));
                return;
            }
        };
        let Some((own, list)) = confirm_account(&gitea, config, findings).await else { return };
        let (readers, now) = (memory.readers.as_ref(), SystemClock.now());
        findings.extend(ledger::check_start(readers, &gitea, &own, now).await);
        let Some(watched) = gather_snapshot(&gitea, config, findings).await else { return };
        findings.push(people::check(&gitea, &config.people).await);
        if let Some(readers) = &memory.readers {
            let people = config.people.authority(&config.agents);
            findings.extend(known_accounts::check(&gitea, &people, readers).await);
        }
        findings.extend(teams::check(&gitea, &own.login, &config.people).await);
        findings.extend(agents::check(&gitea, &config.agents).await);
        findings.extend(agents::locals(&config.agents));
        let shown = self.shown(config, findings);
        let fleet = fleet::check((&gitea, &own.login), shown.as_ref(), config, &watched);
        findings.extend(fleet.await);
        findings.extend(fleet::budgets(config));
        findings.extend(automatic::check(config, memory.readers.as_ref()).await);
        findings.extend(routines::check(config, memory.readers.as_ref(), now).await);
        let served = memory.readers.as_ref().filter(|_| memory.is_served);
        findings.extend(confinement::check(config, served).await);
        let has_proxy = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        findings.extend(reach::check(&config.agents, &SystemResolver, has_proxy).await);
        findings.extend(fixtures::check(config, served).await);
        findings.extend(guard_host::check(config, served).await);
        findings.extend(report::check(&gitea, config.report.as_ref()).await);
        findings.extend(web::check(config.web, memory.is_served).await);
        findings.extend(job_server::check(&config.engine).await);
        findings.extend(workers::check(config));
        findings.extend(notify::check(config.notify.as_ref(), memory.readers.as_ref(), now).await);
        findings.extend(otlp::check(config.otlp.as_ref()).await);
        match (&config.webhook, shown) {
            (Some(webhook), Some(shown)) => {
                let (at, known) = ((&shown, &config.gitea.watch), (memory, list));
                self.listen(at, webhook, &watched, known, findings).await;
            }
            // That its token cannot be read is told.
            (Some(_), None) => {}
            (None, _) => findings.push(webhook::none_configured()),
        }
    }

    /// The forge as the account is shown it whose token was given with `--token-file`, else as timmy's
    /// own is; none if that token cannot be read.
    fn shown(&self, config: &Config, findings: &mut Vec<CheckResult>) -> Option<Gitea> {
        match forge::as_whom(config, self.token_file.as_deref()) {
            Ok(shown) => Some(shown),
            Err(error) => {
                let remedy = "Name a file that holds the token and nothing else.";
                findings.push(CheckResult::broken("token", format!("{error}."), remedy));
                None
            }
        }
    }

    /// The webhooks, and the way from the forge to here.
    async fn listen(
        &self,
        (gitea, watch): (&Gitea, &Watch),
        webhook: &WebhookConfig,
        watched: &[Watched],
        (memory, list): (LedgerState, HostList),
        findings: &mut Vec<CheckResult>,
    ) {
        let url = &webhook.public_url;
        let places = survey(gitea, watch, url, SurveyDepth::Needed).await;
        findings.push(webhook::judge(url, &places));
        let listener = match memory.listener(webhook).await {
            Ok(listener) => listener,
            Err(finding) => return findings.push(finding),
        };
        let patience = Duration::from_secs(self.wait.clamp(1, 600));
        let means = Prober { listener: &listener, gitea, webhook, patience };
        let names: Vec<RepoName> =
            repositories(watched).into_iter().map(|v| v.repo.name.clone()).collect();
        let probe = self.probe.then_some(names.as_slice());
        findings.push(match means.run(&places.unwrap_or_default(), probe).await {
            Ok(trial) => delivery::judge(url, &trial, list, SystemClock.now()),
            Err(error) => CheckResult::broken(
                "ledger",
                format!("{error}."),
                "Restore a backup of the ledger.",
            ),
        });
    }
}

/// Forgets whose name `name` was: the next account that is seen by that name is the one.
fn accept_account(config: &Config, name: &str) -> ExitCode {
    let ledger = match Ledger::open(&config.ledger.path) {
        Ok(ledger) => ledger,
        Err(error) => {
            complain(&error.to_string());
            return FAILED.into();
        }
    };
    let whose = name.to_owned();
    let forgotten = block_on(ledger.write(move |tx| accounts::forget(tx, &whose)));
    match forgotten {
        Ok(true) => {
            let mut out = std::io::stdout();
            // Whoever closes the pipe early knows it already.
            let _ = writeln!(out, "{name} is whoever has that name when timmy serve starts again.");
            ExitCode::SUCCESS
        }
        Ok(false) => {
            complain(&format!(
                "The ledger remembers no account {name}: nothing is to be accepted."
            ));
            FAILED.into()
        }
        Err(error) => {
            complain(&error.to_string());
            FAILED.into()
        }
    }
}

/// The configuration was read; what is unwise about it.
fn configuration(path: &Path, loaded: &Loaded) -> Vec<CheckResult> {
    if loaded.warnings.is_empty() {
        let found = format!("{} and its secrets are good.", path.display());
        return vec![CheckResult::good(CONFIGURATION, found)];
    }
    let unwise = loaded.warnings.iter().map(|problem| {
        let place = problem.place.map_or_else(String::new, |at| format!(":{}", at.line));
        let found = format!("{}{place}: {}", problem.origin, problem.message);
        CheckResult::warning(CONFIGURATION, found, problem.remedy.clone())
    });
    unwise.collect()
}

struct LedgerState {
    is_served: bool,
    readers: Option<Readers>,
}

/// Looks after the ledger: the disk, who writes it, whether there are two of them.
async fn remember(config: &Config, findings: &mut Vec<CheckResult>) -> LedgerState {
    let path = &config.ledger.path;
    findings.push(ledger::check_disk(path));
    let holder = store::holder(path);
    findings.push(ledger::judge_holder(&holder));
    let (readers, incident) = ledger::open(path);
    findings.extend(incident);
    if let Some(readers) = &readers {
        findings.push(ledger::check_claims(readers, SystemClock.now()).await);
        findings.extend(incidents::check(readers, SystemClock.now()).await);
    }
    LedgerState { is_served: !matches!(holder, Ok(Holder::Nobody) | Err(_)), readers }
}

impl LedgerState {
    /// The receiver of webhooks: `serve` if it runs, else the doctor itself.
    async fn listener(self, webhook: &WebhookConfig) -> Result<DeliveryListener, CheckResult> {
        match (self.is_served, self.readers) {
            (true, Some(readers)) => Ok(DeliveryListener::Serve(readers)),
            _ => DeliveryListener::listen(webhook).await.map_err(|error| {
                CheckResult::broken(
                    "reachable",
                    format!("Nobody can listen at webhook.listen, {}: {error}.", webhook.listen),
                    "Another program has that address: stop it, or choose another port.",
                )
            }),
        }
    }
}

/// Server, clock, token, capabilities, reactions, account: who timmy is, and where the server has
/// the list of hosts that it may call, if going on makes sense.
async fn confirm_account(
    gitea: &Gitea,
    config: &Config,
    findings: &mut Vec<CheckResult>,
) -> Option<(Account, HostList)> {
    let before = SystemClock.now();
    let answer = gitea.server().await;
    let after = SystemClock.now();
    findings.push(server::judge(&config.gitea.url, &answer));
    let introduced = answer.ok()?;
    findings.extend(introduced.time.map(|time| server::judge_clock(time, before, after)));
    let own = gitea.own_account().await;
    if let Some(incident) = account::judge_token(&own) {
        findings.push(incident);
    }
    let own = own.ok()?;
    findings.push(capabilities::judge(&gitea.lacks().await));
    findings.push(reactions::judge(&gitea.allowed_reactions().await));
    findings.push(account::judge_account(&own, config));
    Some((own.account, server::host_list(&introduced.version)))
}

/// What timmy sees, and what it may do there.
async fn gather_snapshot(
    gitea: &Gitea,
    config: &Config,
    findings: &mut Vec<CheckResult>,
) -> Option<Vec<Watched>> {
    let watched = watched::look_up(gitea, &config.gitea.watch).await;
    let first = watched
        .as_ref()
        .ok()
        .and_then(|watched| repositories(watched).first().map(|visible| visible.repo.name.clone()));
    findings.push(account::judge_scopes(gitea, config, first.as_ref()).await);
    findings.push(watch::judge(&watched));
    let watched = watched.ok().filter(|watched| !repositories(watched).is_empty())?;
    findings.push(watch::judge_rights(&watched));
    for organisation in watched.iter().filter_map(|watched| watched.organisation.as_deref()) {
        let labels = gitea.org_labels(organisation).await;
        findings.push(watch::judge_labels(organisation, &labels));
    }
    Some(watched)
}
