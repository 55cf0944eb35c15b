//! `timmy worker`: drives the agents of this host for a timmy elsewhere, and runs guards for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use super::serve::stop_on_signal;
use super::{forge, log};
use crate::agents::{self, Agent, AgentTrouble, Origin, Through};
use crate::chance::Chance;
use crate::cli::output::{FAILED, WRONG, block_on, complain};
use crate::clock::{Clock, SystemClock};
use crate::config::{
    self, AgentConfig, AgentKind, Config, FOLDER_VARIABLE, HOST_VARIABLE, KindName, Loaded,
    Outside, SandboxKind, Secret, SecretFile,
};
use crate::confinement;
use crate::guard_runs::GuardPlace;
use crate::temporal::{self, CannotServe, Errands, NotBuilt, WorkerSetup};

/// What stands in the place of a secret that is not on this host.
const NOT_HERE: &str = "not-on-this-host";

/// Each host speaks with the server by itself.
const LACKS_API_KEY: &str = "engine.api_key_file names a file that is not on this host, or may not be \
                             read by its worker: put the key for the Temporal server there";

/// Drive agents and run guards on this host for a timmy elsewhere, until SIGTERM or SIGINT.
///
/// It takes the configuration of timmy, and of the secrets only those of its own agents. It dials out,
/// to the Temporal server and to worker.url, and listens to nobody.
#[derive(Debug, clap::Args)]
pub(super) struct WorkerArgs {
    /// What this host is called in agent.host and guards.host; else TIMMY_WORKER_HOST, or worker.host
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Below which folder its agents work; else TIMMY_WORKER_FOLDER, or beside ledger.path
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// How log lines are written to standard error
    #[arg(long, value_enum, default_value_t = log::Format::Text)]
    log: log::Format,
}

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
enum WorkerError {
    #[error(transparent)]
    NotBuilt(#[from] NotBuilt),
    #[error("{0}")]
    Config(String),
    #[error("agent {agent}: {trouble}")]
    Agent { agent: String, trouble: AgentTrouble },
    #[error("{} cannot be made ({why}): say where its agents may work by --folder", .folder.display())]
    Folder { folder: PathBuf, why: io::Error },
    #[error("another `timmy worker` works in {}", .0.display())]
    Taken(PathBuf),
    #[error(transparent)]
    Forge(#[from] forge::NoClient),
    #[error(transparent)]
    Serve(#[from] CannotServe),
}

impl WorkerArgs {
    /// Runs until it is stopped.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let Loaded { config, warnings } = match self.load(config) {
            Ok(loaded) => loaded,
            Err(problems) => {
                complain(&problems);
                return WRONG.into();
            }
        };
        log::start(self.log);
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        match block_on(serve(&config)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!("{error}");
                match error {
                    WorkerError::Config(_) | WorkerError::NotBuilt(_) => WRONG.into(),
                    _ => FAILED.into(),
                }
            }
        }
    }

    /// The configuration, in which a secret may be missing that is for another host, and what only timmy
    /// itself needs may be named nowhere.
    fn load(&self, flag: Option<&Path>) -> Result<Loaded, String> {
        let env = |name: &str| match (name, &self.host) {
            (HOST_VARIABLE, Some(host)) => Some(host.clone()),
            _ => std::env::var(name).ok(),
        };
        let path = config::find(flag, &env).map_err(|missing| missing.to_string())?;
        let secret_file = |path: &Path| or_not_here(SecretFile::open(path));
        let world = Outside { env: &env, secret_file: &secret_file };
        let mut loaded = config::load_for_worker(&path, world, NOT_HERE)
            .map_err(|problems| problems.to_string())?;
        let named = self.folder.clone();
        let named = named.or_else(|| std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from));
        loaded.config.worker.folder =
            named.map(|folder| std::path::absolute(&folder).unwrap_or(folder));
        Ok(loaded)
    }
}

/// What is found of a secret. One that may not be read is somebody else's as well: a unit of systemd
/// sees no credentials of another one, as which timmy's own are named.
fn or_not_here(found: io::Result<SecretFile>) -> io::Result<SecretFile> {
    match found {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
            Ok(SecretFile { text: NOT_HERE.to_owned(), exposed: false })
        }
        found => found,
    }
}

fn is_not_here(secret: &Secret) -> bool {
    secret.expose() == NOT_HERE
}

async fn serve(config: &Config) -> Result<(), WorkerError> {
    temporal::is_built()?;
    let wrong = |what: &str| WorkerError::Config(what.to_owned());
    let server = config.engine.temporal().cloned().ok_or_else(|| {
        wrong("there is nothing for a worker to do: engine.kind is not \"temporal\"")
    })?;
    if server.api_key.as_ref().is_some_and(is_not_here) {
        return Err(wrong(LACKS_API_KEY));
    }
    let timmy = config.worker.url.clone().ok_or_else(|| {
        wrong("worker.url is missing: write where timmy's worker.listen is found from here")
    })?;
    let host = config.worker.host.clone().ok_or_else(|| {
        wrong("worker.host is missing: write what this host is called in agent.host, or say --host")
    })?;
    let here: Vec<&AgentConfig> =
        config.agents.iter().filter(|agent| is_here(agent, &host)).collect();
    let guards = guards(config, &host);
    if here.is_empty() && guards.is_none() {
        let file = config.file.display();
        let what = format!("no agent of {file} has host = \"{host}\", nor have its guards");
        return Err(WorkerError::Config(what));
    }
    if let Some(what) = here.iter().find_map(|agent| lacks(config, agent)) {
        return Err(WorkerError::Config(what));
    }
    let _lock = lock(&config.agents_folder())?;
    let name = name(&config.agents_folder())?;
    if let Some(place) = &guards {
        clear(&place.folder).await;
    }
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let errands = Errands::to(&timmy, config.worker.ca.as_deref())?;
    let origin = temporal::origin_by_ticket(&errands);
    let setup = WorkerSetup {
        name,
        server,
        errands,
        agents: driven(config, &here, &origin)?,
        guards: guards.map(|place| (host, place)),
        attempts: here
            .iter()
            .map(|agent| (agent.name.clone(), config.attempts_at_once(agent)))
            .collect(),
        stop: config.dispatch.timeout.stop,
    };
    temporal::work(setup, stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Where guards run here, if they run on this host.
fn guards(config: &Config, host: &str) -> Option<GuardPlace> {
    let is_here = config.guards.host.as_deref() == Some(host);
    is_here.then(|| GuardPlace {
        folder: config.worker_runs_folder(),
        secrets: config.secret_files(),
        may_be_bare: config.guards.runs.sandbox == SandboxKind::None,
    })
}

/// Throws away what a crash left. Nothing may run there yet.
async fn clear(folder: &Path) {
    match confinement::clear(folder).await {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(folder = %folder.display(), %error, "what runs left cannot be removed");
        }
        Ok(()) | Err(_) => {}
    }
}

/// Whether an agent is of this host, and takes somebody there.
fn is_here(agent: &AgentConfig, host: &str) -> bool {
    agent.host.as_deref() == Some(host) && agent.kind.name() != KindName::Forge
}

/// What is missing on this host for an agent of it.
fn lacks(config: &Config, agent: &AgentConfig) -> Option<String> {
    let key = match &agent.kind {
        AgentKind::Hermes { key, .. } => Some(key),
        AgentKind::OpenAi { key, .. } => key.as_ref(),
        _ => None,
    };
    let missing = |key: &str| {
        format!(
            "agent {}: its {key} names a file that is not on this host, or may not be read by its worker",
            agent.name
        )
    };
    if key.is_some_and(is_not_here) {
        return Some(missing("key_file"));
    }
    // All others work without the forge, or with what is told to them elsewhere.
    if agent.kind.name() != KindName::OpenAi {
        return None;
    }
    match &agent.token {
        Some(token) if is_not_here(token) => Some(missing("token_file")),
        None if is_not_here(&config.gitea.token) => Some(format!(
            "agent {}: it works through its account: name a token of that as its token_file, on this \
             host",
            agent.name
        )),
        _ => None,
    }
}

/// The agents that are `here`. Those that work in a clone have it from `origin`.
fn driven(
    config: &Config,
    here: &[&AgentConfig],
    origin: &Arc<dyn Origin>,
) -> Result<BTreeMap<String, Arc<dyn Agent>>, WorkerError> {
    let gitea = forge::as_timmy(config)?;
    let (clock, chance): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Chance::default());
    let through = Through::Others(origin);
    let mut fleet = agents::fleet_through(through, config, &gitea, &clock, &chance)
        .map_err(|(agent, trouble)| WorkerError::Agent { agent, trouble })?;
    fleet.retain(|name, _| here.iter().any(|agent| agent.name == *name));
    Ok(fleet)
}

/// Holds the folder in which agents work: two workers there would take each other for crashed.
fn lock(folder: &Path) -> Result<File, WorkerError> {
    let failed = |why| WorkerError::Folder { folder: folder.to_owned(), why };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let file = File::create(folder.join("worker.lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(WorkerError::Taken(folder.to_owned())),
        Err(std::fs::TryLockError::Error(why)) => Err(failed(why)),
    }
}

/// Where a system says which one it is: a copy of its disk is told to be another one.
const MACHINE_IDS: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/// What the worker of this folder is called on this machine: another one has another name, also if it
/// began as a copy of this one.
fn name(folder: &Path) -> Result<String, WorkerError> {
    let name = kept_name(folder)?;
    let ids = MACHINE_IDS.iter().filter_map(|file| std::fs::read_to_string(file).ok());
    let machine = ids.map(|id| id.trim().to_owned()).find(|id| !id.is_empty());
    Ok(name_on(&name, machine.as_deref()))
}

/// The id itself is told to nobody.
fn name_on(name: &str, machine: Option<&str>) -> String {
    let Some(machine) = machine else { return name.to_owned() };
    let digest = Sha256::digest(format!("timmy worker {name} on {machine}"));
    format!("{name}-{}", base16ct::lower::encode_string(&digest[..8]))
}

/// The part of it that is made up at the first start, and kept in the folder.
fn kept_name(folder: &Path) -> Result<String, WorkerError> {
    let file = folder.join("worker.name");
    let failed = |why| WorkerError::Folder { folder: folder.to_owned(), why };
    match std::fs::read_to_string(&file) {
        Ok(text) if is_name(text.trim()) => return Ok(text.trim().to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(why) => return Err(failed(why)),
    }
    let chance = Chance::default();
    let name = chance.word() + &chance.word();
    std::fs::write(&file, format!("{name}\n")).map_err(failed)?;
    Ok(name)
}

/// Whether a name is whole: half of one may stand there after a crash.
fn is_name(text: &str) -> bool {
    text.len() == 16 && text.chars().all(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use crate::cli::worker::*;

    #[test]
    fn a_secret_of_another_host_need_not_be_there() {
        for kind in [ErrorKind::NotFound, ErrorKind::PermissionDenied] {
            let found = or_not_here(Err(kind.into())).unwrap();
            assert!(is_not_here(&Secret::new(&found.text).unwrap()), "{kind}");
        }
        assert!(or_not_here(Err(ErrorKind::InvalidData.into())).is_err());
        let ours = SecretFile { text: "0123456789abcdef".to_owned(), exposed: false };
        assert_eq!(or_not_here(Ok(ours)).unwrap().text, "0123456789abcdef");
    }

    #[test]
    fn a_worker_keeps_its_name_and_its_copy_elsewhere_has_another() {
        let folder = tempfile::tempdir().unwrap();
        let name = kept_name(folder.path()).unwrap();
        assert_eq!(kept_name(folder.path()).unwrap(), name);
        let on = |machine| name_on(&name, machine);
        assert_eq!(on(Some("a1")), on(Some("a1")));
        assert_ne!(on(Some("a1")), on(Some("b2")));
        assert_eq!(on(None), name);
        assert!(on(Some("a1")).starts_with(&name));
        std::fs::write(folder.path().join("worker.name"), "half").unwrap();
        assert!(is_name(&kept_name(folder.path()).unwrap()));
    }
}
