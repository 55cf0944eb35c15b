//! Doing one step.

use super::diagnosis::EVENTS;
use super::plan::Step;
use super::secret::secret_of;
use crate::cli::forge::in_short;
use crate::config::WebhookConfig;
use crate::gitea::{AuthorizationHeader, Error, Gitea, HookHome, NewHook};

/// What became of a step.
pub(super) enum StepResult {
    /// It is done; a sentence about it.
    Done(String),
    /// It is not, or nobody knows; why.
    Failed(String),
}

/// Does `step` as the account of `gitea`.
pub(super) async fn carry_out(gitea: &Gitea, webhook: &WebhookConfig, step: &Step) -> StepResult {
    let done = match step {
        Step::Create(home) => {
            let created = create(gitea, webhook, home, AuthorizationHeader::default()).await;
            created.map(|id| format!("{home}: webhook {id} made."))
        }
        Step::Mend(home, hook, header) => gitea
            .update_hook(home, hook, &EVENTS, header)
            .await
            .map(|_| format!("{home}: webhook {} mended: switched on, JSON, all events.", hook.id))
            .map_err(StepError::from),
        // The new one first: twice delivered does no harm, not delivered does.
        Step::Renew(home, hook, header) => match create(gitea, webhook, home, header.clone()).await
        {
            Ok(id) => gitea
                .delete_hook(home, hook.id)
                .await
                .map(|()| format!("{home}: webhook {} replaced by {id}.", hook.id))
                .map_err(StepError::from),
            Err(error) => Err(error),
        },
        Step::Delete(home, hook) => gitea
            .delete_hook(home, hook.id)
            .await
            .map(|()| format!("{home}: webhook {} deleted.", hook.id))
            .map_err(StepError::from),
    };
    done.map_or_else(|problem| StepResult::Failed(problem.to_string()), StepResult::Done)
}

/// Why a step is not done.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error("{}", in_short(.0))]
    Forge(#[from] Error),
    #[error("webhook.secret_files has no secret for it")]
    NoSecret,
}

/// Makes a webhook that signs with the first of the secrets that are configured for its home; its
/// number.
async fn create(
    gitea: &Gitea,
    webhook: &WebhookConfig,
    home: &HookHome,
    authorization: AuthorizationHeader,
) -> Result<i64, StepError> {
    let secret = secret_of(webhook, home).ok_or(StepError::NoSecret)?.secret.expose();
    let new = NewHook { url: webhook.public_url.as_str(), secret, events: &EVENTS, authorization };
    Ok(gitea.create_hook(home, new).await?.id)
}
