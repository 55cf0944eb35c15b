//! Gathers the part of the backlog that an answer may show to the readers of a thread.

use std::collections::HashMap;

use super::Snapshots;
use crate::core::command::value::IssueRef;
use crate::core::handlers::{BacklogFacts, BacklogQuery, OtherThread};
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::model::text::InboundText;
use crate::core::model::thread::ThreadTitle;
use crate::core::policy::audience::Visible;
use crate::engine::audience::Audiences;
use crate::engine::error::EngineError;
use crate::store::backlog;

impl Snapshots {
    /// The backlog, as far as `look` asks; none as long as nothing of it was read.
    pub(super) async fn backlog_facts(
        &self,
        inbound: &InboundText,
        look: &BacklogQuery,
        targets: &HashMap<IssueRef, OtherThread>,
        repos: &HashMap<RepoName, Repo>,
    ) -> Result<Option<BacklogFacts>, EngineError> {
        let stock = self
            .ctx
            .ledger
            .read(|conn| Ok((backlog::tracked(conn)?.len(), backlog::unread(conn)?)));
        let (tracked, unread) = stock.await?;
        if unread == tracked {
            return Ok(None);
        }
        let judged = self.planner.ranking().await?;
        let asked: Vec<ThreadId> =
            look.cases.iter().filter_map(|case| thread(case.as_ref(), inbound, targets)).collect();
        // It may take a while: not where everything else waits for it.
        let mode = self.ctx.policy.dispatch.autonomy();
        let chosen =
            self.ctx.ledger.read(move |_| Ok(BacklogFacts::new(judged, unread, mode, asked)));
        let mut backlog = chosen.await?;
        backlog.titles = self.titles(inbound, look, &backlog, repos).await?;
        Ok(Some(backlog))
    }

    /// What those issues are called that the answers name. The ledger knows only who could read a
    /// repository when it was last heard of, so the forge is asked about those that count.
    async fn titles(
        &self,
        inbound: &InboundText,
        look: &BacklogQuery,
        backlog: &BacklogFacts,
        repos: &HashMap<RepoName, Repo>,
    ) -> Result<HashMap<ThreadId, ThreadTitle>, EngineError> {
        let audiences = Audiences::new(&self.ctx);
        let mut visible = audiences.visible(audiences.of(&inbound.repo).await?).await?;
        let wanted = |visible: &Visible| look.wanted(backlog, repos, |repo| visible.may_name(repo));
        let wanted = audiences.sure_of(&mut visible, wanted).await?;
        let wanted: Vec<ThreadId> = wanted.into_iter().collect();
        Ok(self.ctx.ledger.read(move |conn| backlog::titles(conn, &wanted)).await?)
    }
}

/// The issue that is asked about, if there is one.
fn thread(
    case: Option<&IssueRef>,
    inbound: &InboundText,
    targets: &HashMap<IssueRef, OtherThread>,
) -> Option<ThreadId> {
    match case {
        None => Some(inbound.thread()),
        Some(reference) => targets.get(reference).map(|target| target.thread),
    }
}
