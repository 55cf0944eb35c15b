//! How what an attempt made comes to the forge: looked at, pushed as one branch, and asked for in a
//! pull request. Each write is looked for before it is repeated.

use tempfile::NamedTempFile;

use super::bench::LocalBench;
use super::host::LocalHost;
use super::look::Outgoing;
use super::order::LocalOrder;
use super::origin::{AttemptPlace, FinishedWork, NewCommits};
use super::record::LocalStep;
use super::trouble::LocalTrouble;
use crate::agents::brief::{one_line, shortened};
use crate::agents::handed_in::{HandInResult, NotHandedIn, SETTLE, TRAILER, TRIES, commit_message};
use crate::confinement::PushEnd;
use crate::core::jobs::{Commit, JobBranch};
use crate::crash;

/// The longest title, in characters.
const LONGEST_TITLE: usize = 120;

/// What an agent says of what it made.
pub(super) struct SaidOfIt {
    pub(super) title: Option<String>,
    pub(super) summary: String,
}

impl SaidOfIt {
    /// What to call it: as the agent says, else as it named its first commit, else by what it says
    /// of it.
    fn title(&self, of_commit: Option<&str>, branch: &JobBranch) -> String {
        let first = self.summary.lines().find(|line| !line.trim().is_empty());
        let named = self.title.as_deref().or(of_commit).or(first).map(one_line);
        match named.filter(|title| !title.is_empty()) {
            Some(title) => shortened(&title, LONGEST_TITLE),
            None => match branch {
                JobBranch::Own(own) => match own.thread {
                    Some(thread) => format!("Work on #{thread}"),
                    None => format!("Work of {}", own.job),
                },
                JobBranch::Adopted(branch) => format!("Work on {branch}"),
            },
        }
    }
}

/// What is to be handed in, and nothing speaks against it.
#[derive(Debug)]
pub(super) struct HandIn {
    commit: Commit,
    title: String,
    summary: String,
    /// Its commits as they came out of the sandbox; none if the forge has them already.
    bundle: Option<NamedTempFile>,
}

impl LocalHost {
    /// Looks at what the attempt made; none if it made nothing. Nothing of it may live. The forge
    /// sees nothing of it yet: who waits for this can give it up.
    pub(super) async fn prepare(
        &self,
        bench: &LocalBench,
        order: &LocalOrder,
        said: &SaidOfIt,
    ) -> Result<Option<HandIn>, LocalTrouble> {
        let place = &order.workplace;
        let title = said.title(None, &place.branch);
        let message = commit_message(&title, &said.summary, &bench.record.key);
        let (confinement, fetched) = (self.confinement()?, self.places.fetched());
        let begin = bench.record.begin.clone();
        let from = (bench.record.address.as_str(), fetched.as_path());
        let commits = self.commit_place(&confinement, &bench.workspace, from);
        let Some(bundle) = commits.bundle(&begin, &message).await? else {
            let pushed = self.pushed_before(bench, order).await?;
            let summary = said.summary.clone();
            return Ok(pushed.map(|commit| HandIn { commit, title, summary, bundle: None }));
        };
        let repository = bench.fetched.repository();
        let head = repository.take_in(bundle.path(), &self.fetching()).await;
        let head = head.map_err(|why| LocalTrouble::NoCommit(why.to_string()))?;
        if !repository.descends(&head, &begin).await? {
            return Err(LocalTrouble::Rewritten);
        }
        let texts = [("its title", &title), ("its summary", &said.summary)];
        let outgoing = Outgoing {
            repository,
            begin: &begin,
            base: &place.base,
            head: &head,
            branch: place.branch.to_string(),
            texts: texts.map(|(what, text)| (what.to_owned(), text.clone())).into(),
        };
        let of_commit = outgoing.look(TRAILER).await?;
        let title = said.title(of_commit.as_deref(), &place.branch);
        let (summary, bundle) = (said.summary.clone(), Some(bundle));
        Ok(Some(HandIn { commit: head, title, summary, bundle }))
    }

    /// Hands in what was prepared.
    pub(super) async fn hand_in(
        &self,
        bench: &mut LocalBench,
        order: &LocalOrder,
        hand_in: HandIn,
    ) -> Result<HandInResult, LocalTrouble> {
        let HandIn { commit, title, summary, bundle } = hand_in;
        bench.record.step = LocalStep::Pushing {
            commit: commit.clone(),
            title: title.clone(),
            summary: summary.clone(),
        };
        bench.record.write(&self.places.records())?;
        let place = self.place(&bench.record.key, order);
        if let Some(bundle) = bundle {
            let work = FinishedWork {
                repository: bench.fetched.repository(),
                bundle: bundle.path(),
                commits: NewCommits {
                    was: bench.was.clone(),
                    begin: bench.record.begin.clone(),
                    head: commit.clone(),
                },
                said: (&title, &summary),
                bounds: self.fetching(),
            };
            self.push(&place, &work).await?;
            crash::point("work_pushed");
        }
        let origin = &self.options.origin;
        let pull = origin.open_pull(&place, (&title, &summary)).await;
        let pull = pull.map_err(LocalTrouble::NoPull)?;
        crash::point("work_opened");
        Ok(HandInResult { commit, pull })
    }

    /// What an attempt before this one pushed, if nobody asked for it: its pull request could not be
    /// opened.
    async fn pushed_before(
        &self,
        bench: &LocalBench,
        order: &LocalOrder,
    ) -> Result<Option<Commit>, LocalTrouble> {
        let place = &order.workplace;
        let is_its = matches!(place.branch, JobBranch::Own(_)) && place.pull.is_none();
        let Some(was) = bench.was.as_ref().filter(|_| is_its) else { return Ok(None) };
        let is_in_base = bench.fetched.repository().descends(&place.base, was).await?;
        Ok((!is_in_base).then(|| was.clone()))
    }

    async fn push(
        &self,
        place: &AttemptPlace,
        work: &FinishedWork<'_>,
    ) -> Result<(), LocalTrouble> {
        let (origin, NewCommits { was, head, .. }) = (&self.options.origin, &work.commits);
        let mut tries = 0;
        loop {
            let end = origin.push(place, work).await?;
            if end == PushEnd::Pushed {
                return Ok(());
            }
            let there = origin.branch(place).await?;
            if there.as_ref() == Some(head) {
                return Ok(());
            }
            tries += 1;
            match end {
                PushEnd::Pushed => return Ok(()),
                _ if there != *was => return Err(NotHandedIn::BranchMoved.into()),
                PushEnd::Refused(why) => return Err(LocalTrouble::PushRefused(why)),
                PushEnd::Unknown(why) if tries == TRIES => {
                    return Err(LocalTrouble::NotPushed(why));
                }
                PushEnd::Unknown(_) => self.options.clock.sleep(SETTLE).await,
            }
        }
    }
}
