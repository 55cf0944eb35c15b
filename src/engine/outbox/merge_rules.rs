//! The repository's own file may ask for more, where a change is to be merged, than when that was
//! judged: it is read once more right before, and what nobody was asked about is judged anew.

use super::delivery::{ApplyError, EffectDelivery};
use crate::core::command::value::Size;
use crate::core::effect::MergePull;
use crate::core::guards::{GuardResult, GuardRules};
use crate::core::jobs::JobRecord;
use crate::core::jobs::evidence::Finding;
use crate::core::scheduling::IssueLabels;
use crate::engine::guards::{found_by_rules, policy_unreadable};
use crate::engine::repository_policies::PolicyFile;
use crate::gitea::Error;
use crate::store::jobs;

impl MergePull {
    /// Whether the file, as it is on the target by now, asks about what nobody was asked about.
    pub(super) async fn is_news_by_rules(
        &self,
        to: &EffectDelivery<'_>,
        (own, rules): (&PolicyFile, &GuardRules),
    ) -> Result<bool, ApplyError> {
        let asks = match own {
            PolicyFile::Unreadable => vec![policy_unreadable()],
            // What the central file says is as it was when it was judged.
            PolicyFile::Read(own) if !own.judges_diffs() => return Ok(false),
            PolicyFile::Read(_) => {
                let label = self.size_label(to).await?;
                found_by_rules(&to.ctx.gitea, to.name(), (to.number(), label), rules).await?
            }
        };
        let job = self.job;
        let record = to.ctx.ledger.read(move |conn| jobs::record(conn, job)).await?;
        let known = record.as_ref().and_then(JobRecord::findings).unwrap_or_default();
        for result in asks {
            if is_news(&result, known) && !self.is_lifted(to, &result.guard).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The size label of what the job was given, as the forge shows it.
    async fn size_label(&self, to: &EffectDelivery<'_>) -> Result<Option<Size>, ApplyError> {
        let job = self.job;
        let stored = to.ctx.ledger.read(move |conn| jobs::get(conn, job)).await?;
        let given = stored.and_then(|stored| stored.job.spec.given());
        let Some(given) = given.filter(|given| given.repo == to.thread().repo) else {
            return Ok(None);
        };
        match to.ctx.gitea.issue(to.name(), given.number).await {
            Ok(issue) => Ok(IssueLabels::of_issue(&issue).size),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a guard has found what is not among what was known of the change.
fn is_news(result: &GuardResult, known: &[Finding]) -> bool {
    let is_known = |new| known.iter().any(|known| known.covers(new));
    !result.lets_pass() && result.findings.iter().any(|new| !is_known(new))
}
