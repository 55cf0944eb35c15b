//! Where guards run what agents wrote and agents work, and what must never be seen there.

use std::path::{Path, PathBuf};

use super::{AgentConfig, AgentKind, Config, SandboxKind};

/// What the folder is called, beside the ledger.
const RUNS: &str = "runs";

/// The same of a worker: timmy may run on its machine as well.
const WORKER_RUNS: &str = "worker-runs";

/// And the one in which agents work that are programs here. Not `agents`: people keep homes there.
const AGENTS: &str = "agent-runs";

impl AgentConfig {
    /// What keeps it in, if it is a program on this machine.
    fn sandbox_here(&self) -> Option<SandboxKind> {
        self.kind.local().map(|local| local.sandbox)
    }

    /// Whether it is a program, on whichever machine, with all the rights of who starts it there.
    pub fn is_unconfined(&self) -> bool {
        let sandbox = match &self.kind {
            AgentKind::Elsewhere { sandbox, .. } => *sandbox,
            AgentKind::Hermes { .. }
            | AgentKind::OpenAi { .. }
            | AgentKind::Acp(_)
            | AgentKind::Command(_)
            | AgentKind::Forge
            | AgentKind::CrewAi(_) => self.sandbox_here(),
        };
        sandbox == Some(SandboxKind::None)
    }
}

impl Config {
    /// The folder in which guards run, of this ledger alone.
    pub fn runs_folder(&self) -> PathBuf {
        self.beside_ledger().join(RUNS)
    }

    /// The folder in which agents of this ledger work that are programs here.
    pub fn agents_folder(&self) -> PathBuf {
        self.worker.folder.as_deref().unwrap_or_else(|| self.beside_ledger()).join(AGENTS)
    }

    /// The folder in which a worker runs guards.
    pub fn worker_runs_folder(&self) -> PathBuf {
        self.worker.folder.as_deref().unwrap_or_else(|| self.beside_ledger()).join(WORKER_RUNS)
    }

    /// The agents that run here, in a sandbox.
    pub fn confined_agents(&self) -> impl Iterator<Item = &AgentConfig> {
        self.agents.iter().filter(|agent| agent.sandbox_here() == Some(SandboxKind::Bwrap))
    }

    fn beside_ledger(&self) -> &Path {
        let beside = self.ledger.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        beside.unwrap_or(Path::new("."))
    }

    /// What nothing may see that an agent is, or wrote: the ledger, this configuration, all secrets
    /// that it names, where agents work, and their homes.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let webhooks = self.webhook.iter().flat_map(|webhook| &webhook.secrets);
        let files = webhooks.filter_map(|one| one.file.as_deref());
        let files = files.chain(self.gitea.token.file());
        let notified = self.notify.as_ref().and_then(|notify| notify.token.as_ref());
        let files = files.chain(notified.and_then(|token| token.file()));
        let traced = self.otlp.as_ref().and_then(|otlp| otlp.headers.as_ref());
        let files = files.chain(traced.and_then(|headers| headers.file()));
        let files = files.chain(self.agents.iter().flat_map(of_agent));
        let files = files.chain(self.engine.temporal().into_iter().flat_map(|t| t.secret_files()));
        let files = files.chain(self.worker.tls.iter().map(|tls| tls.key.as_path()));
        let files = files.chain([self.file.as_path(), self.ledger.path.as_path()]);
        let locals = self.agents.iter().filter_map(|agent| agent.kind.local());
        let homes = locals.filter_map(|local| local.home.as_deref());
        files.chain(homes).map(Path::to_owned).chain([self.agents_folder()]).collect()
    }
}

fn of_agent(agent: &AgentConfig) -> impl Iterator<Item = &Path> {
    let key = match &agent.kind {
        AgentKind::Hermes { key, .. } => key.file(),
        AgentKind::OpenAi { key, .. } => key.as_ref().and_then(|key| key.file()),
        AgentKind::Acp(_)
        | AgentKind::Command(_)
        | AgentKind::Forge
        | AgentKind::CrewAi(_)
        | AgentKind::Elsewhere { .. } => None,
    };
    key.into_iter().chain(agent.token.as_ref().and_then(|token| token.file()))
}
