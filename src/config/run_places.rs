//! Where guards run what agents wrote, what that must never see, and how long it takes.

use std::path::{Path, PathBuf};

use super::{AgentConfig, AgentKind, Config};

/// What the folder is called, beside the ledger.
const RUNS: &str = "runs";

impl Config {
    /// The folder in which guards run, of this ledger alone.
    pub fn runs_folder(&self) -> PathBuf {
        let beside = self.ledger.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        beside.unwrap_or(Path::new(".")).join(RUNS)
    }

    /// The files that nothing may see that an agent wrote: the ledger, this configuration, and
    /// all secrets that it names.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let webhooks = self.webhook.iter().flat_map(|webhook| &webhook.secrets);
        let files = webhooks.filter_map(|one| one.file.as_deref());
        let files = files.chain(self.gitea.token.file());
        let files = files.chain(self.agents.iter().flat_map(of_agent));
        let files = files.chain([self.file.as_path(), self.ledger.path.as_path()]);
        files.map(Path::to_owned).collect()
    }
}

fn of_agent(agent: &AgentConfig) -> impl Iterator<Item = &Path> {
    let key = match &agent.kind {
        AgentKind::Hermes { key, .. } => key.file(),
        AgentKind::OpenAi { key, .. } => key.as_ref().and_then(|key| key.file()),
        AgentKind::Acp(_) | AgentKind::Command(_) | AgentKind::Forge | AgentKind::CrewAi(_) => None,
    };
    key.into_iter().chain(agent.token.as_ref().and_then(|token| token.file()))
}
