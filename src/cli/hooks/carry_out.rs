//! Doing one step.

use super::fault::WISH;
use super::plan::Step;
use crate::config::{Secret, Webhook};
use crate::gitea::{Error, Gitea, HookHome, NewHook};

/// What came of a step.
pub(super) enum Outcome {
    /// It is done; a sentence about it.
    Done(String),
    /// It is not, or nobody knows.
    Failed(Error),
}

/// Does `step` as the account of `gitea`.
pub(super) async fn carry_out(gitea: &Gitea, webhook: &Webhook, step: &Step) -> Outcome {
    let done = match step {
        Step::Create(home) => {
            create(gitea, webhook, home).await.map(|id| format!("{home}: webhook {id} made."))
        }
        Step::Mend(home, hook) => gitea
            .mend_hook(home, hook, &WISH)
            .await
            .map(|_| format!("{home}: webhook {} mended: switched on, JSON, all events.", hook.id)),
        // The new one first: twice delivered does no harm, not delivered does.
        Step::Renew(home, hook) => match create(gitea, webhook, home).await {
            Ok(id) => gitea
                .delete_hook(home, hook.id)
                .await
                .map(|()| format!("{home}: webhook {} replaced by {id}.", hook.id)),
            Err(error) => Err(error),
        },
        Step::Delete(home, hook) => gitea
            .delete_hook(home, hook.id)
            .await
            .map(|()| format!("{home}: webhook {} deleted.", hook.id)),
    };
    done.map_or_else(Outcome::Failed, Outcome::Done)
}

/// Makes a webhook that signs with the first of the configured secrets; its number.
async fn create(gitea: &Gitea, webhook: &Webhook, home: &HookHome) -> Result<i64, Error> {
    let secret = webhook.secrets.first().map_or("", Secret::expose);
    let new = NewHook { url: webhook.public_url.as_str(), secret, events: &WISH };
    Ok(gitea.create_hook(home, new).await?.id)
}
