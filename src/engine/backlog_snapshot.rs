//! Gathers the part of the backlog that an answer may show to the readers of a thread.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::Engine;
use super::inbox::EngineError;
use crate::core::command::value::IssueRef;
use crate::core::handlers::{BacklogFacts, BacklogQuery, IssueCase, OtherThread};
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::model::text::InboundText;
use crate::core::model::thread::ThreadTitle;
use crate::core::scheduling::{Match, RankedBacklog};
use crate::store::backlog;

impl Engine {
    /// The backlog, as far as `look` asks; none as long as nothing of it was read.
    pub(super) async fn backlog_facts(
        &self,
        heard: &InboundText,
        look: &BacklogQuery,
        targets: &HashMap<IssueRef, OtherThread>,
        repos: &HashMap<RepoName, Repo>,
    ) -> Result<Option<BacklogFacts>, EngineError> {
        let stock = self.ledger.read(|conn| Ok((backlog::tracked(conn)?, backlog::unread(conn)?)));
        let (tracked, unread) = stock.await?;
        if unread == tracked.len() {
            return Ok(None);
        }
        let judged = self.ranking().await?;
        let asked: Vec<ThreadId> =
            look.cases.iter().filter_map(|case| thread(case.as_ref(), heard, targets)).collect();
        // It may take a while: not where everything else waits for it.
        let chosen = self.ledger.read(move |_| Ok(choose(judged, &asked)));
        let (judged, choices, cases) = chosen.await?;
        let mode = self.dispatch.mode.into();
        let titles = HashMap::new();
        let mut backlog = BacklogFacts { judged, choices, unread, mode, cases, titles };
        backlog.titles = self.titles(heard, look, &backlog, repos, &tracked).await?;
        Ok(Some(backlog))
    }

    /// What those issues are called that the answers name. The ledger knows only who could read a
    /// repository when it was last heard of, so the forge is asked about those that count.
    async fn titles(
        &self,
        heard: &InboundText,
        look: &BacklogQuery,
        backlog: &BacklogFacts,
        repos: &HashMap<RepoName, Repo>,
        tracked: &[Repo],
    ) -> Result<HashMap<ThreadId, ThreadTitle>, EngineError> {
        let here = heard.repo.id;
        let may_show_all = self.may_show_all(&heard.repo).await?;
        let known = tracked.iter().filter(|repo| may_show_all || !repo.private);
        let mut nameable: HashSet<RepoId> = known.map(|repo| repo.id).chain([here]).collect();
        let mut sure = if may_show_all { nameable.clone() } else { HashSet::from([here]) };
        let wanted = loop {
            let wanted = look.wanted(backlog, repos, |repo| nameable.contains(&repo));
            let unsure: BTreeSet<RepoId> = wanted
                .iter()
                .map(|thread| thread.repo)
                .filter(|repo| !sure.contains(repo))
                .collect();
            if unsure.is_empty() {
                break wanted;
            }
            let public = self.public_now(unsure.iter().copied()).await?;
            nameable.retain(|repo| !unsure.contains(repo) || public.contains(repo));
            sure.extend(unsure);
        };
        let wanted: Vec<ThreadId> = wanted.into_iter().collect();
        Ok(self.ledger.read(move |conn| backlog::titles(conn, &wanted)).await?)
    }
}

/// The issue that is asked about, if there is one.
fn thread(
    case: Option<&IssueRef>,
    heard: &InboundText,
    targets: &HashMap<IssueRef, OtherThread>,
) -> Option<ThreadId> {
    match case {
        None => Some(heard.thread()),
        Some(reference) => targets.get(reference).map(|target| target.thread),
    }
}

/// Who gets what, and all about the issues that were `asked` about.
fn choose(
    judged: Arc<RankedBacklog>,
    asked: &[ThreadId],
) -> (Arc<RankedBacklog>, Vec<Match>, HashMap<ThreadId, IssueCase>) {
    let choices = judged.choose();
    let case = |thread: &ThreadId| Some((*thread, IssueCase::of(&judged, &choices, *thread)?));
    let cases = asked.iter().filter_map(case).collect();
    (judged, choices, cases)
}
