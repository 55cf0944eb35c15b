//! Whether an agent could read the secrets of Actions: it pushes by itself, and what a workflow on its
//! branch may read, it may.

use super::check_result::CheckResult;
use crate::cli::watched::a_few;
use crate::config::{AgentConfig, KindName};
use crate::core::model::ids::RepoName;
use crate::gitea::Gitea;

const SECRETS: &str = "secrets";

/// Whether it pushes what it likes: what others bring timmy pushes, and no workflow with it.
pub(super) fn pushes_workflows(agent: &AgentConfig) -> bool {
    match agent.kind.name() {
        KindName::Hermes | KindName::Forge => true,
        KindName::OpenAi | KindName::Acp | KindName::Command | KindName::CrewAi => false,
    }
}

/// Whether Actions of this repository hold secrets, as far as one of those who ask is shown
/// that: the agent itself, timmy, or whose token `--token-file` names.
pub(super) async fn has_secrets(askers: [Option<&Gitea>; 2], repo: &RepoName) -> Option<bool> {
    for asking in askers.into_iter().flatten() {
        match asking.has_action_secrets(repo).await {
            Ok(Some(has)) => return Some(has),
            Ok(None) => {}
            Err(error) => tracing::debug!(%repo, %error, "whether Actions hold secrets is unknown"),
        }
    }
    None
}

/// `repos`: where they do.
pub(super) fn judge(agent: &AgentConfig, repos: &[&RepoName]) -> Option<CheckResult> {
    if repos.is_empty() {
        return None;
    }
    let (name, repos) = (&agent.name, a_few(repos.iter().copied()));
    let found = format!(
        "Actions of {repos} hold secrets, and a workflow that {name} pushes to any branch may read them."
    );
    Some(CheckResult::warning(
        SECRETS,
        found,
        "Move them into a repository in which no agent works, such as one that only deploys; or have \
         the work done by an agent of kind acp, command or openai: of what these bring no workflow is \
         pushed.",
    ))
}
