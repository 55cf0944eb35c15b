//! The origin as an account of the forge reads and writes it: the agent's own, whose token timmy keeps.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::commits::LARGEST;
use super::look::{Outgoing, secret_said};
use super::origin::{AttemptPlace, FinishedWork, NewCommits, Origin, OriginCall, OriginTrouble};
use super::trouble::LocalTrouble;
use crate::agents::agent::FailureKind;
use crate::agents::handed_in::{NotHandedIn, TRAILER, open_pull};
use crate::clock::Clock;
use crate::confinement::{Bounds, CannotRun, FetchedRepository, PushEnd, Remote};
use crate::core::jobs::Commit;
use crate::gitea::Gitea;

/// How much of its history a clone has, in commits.
pub(super) const DEPTH: u32 = 200;

/// How many bytes of a repository are fetched at most, unless somebody says otherwise.
pub(super) const MOST_FETCHED: u64 = 2 << 30;

/// How long fetching and pushing may take.
pub(super) const FETCH: Duration = Duration::from_secs(15 * 60);

/// Acts as one account.
#[derive(Clone)]
pub struct AccountOrigin {
    forge: Gitea,
    clock: Arc<dyn Clock>,
}

impl AccountOrigin {
    /// As the account for which `forge` speaks.
    pub fn new(forge: Gitea, clock: Arc<dyn Clock>) -> Self {
        Self { forge, clock }
    }

    /// By what git may read what this account may read: the value of the header `Authorization`. It is
    /// a secret.
    pub fn authorization(&self) -> String {
        self.forge.authorization()
    }

    fn remote_of(&self, place: &AttemptPlace) -> Remote {
        Remote::new(place.clone_url.clone(), self.forge.authorization())
    }

    async fn head_of(&self, place: &AttemptPlace) -> Result<Option<Commit>, OriginTrouble> {
        let (repo, branch) = (&place.workplace.repository, place.workplace.branch.to_string());
        Ok(self.forge.branch(repo, &branch).await?.map(|branch| branch.head))
    }

    /// Pushes the commits of a bundle that was brought from another host, if nothing speaks against
    /// it: it is read as what comes from outside, and looked at as what comes out of a sandbox here.
    /// `folder`: where that is done. That takes a while: right before it is pushed, `may` says whether it
    /// still may be.
    ///
    /// # Errors
    /// If nobody can tell now.
    pub async fn push_brought(
        &self,
        place: &AttemptPlace,
        (bundle, folder): (&Path, &Path),
        commits: &NewCommits,
        (title, summary): (&str, &str),
        may: OriginCall<'_, ()>,
    ) -> Result<PushEnd, OriginTrouble> {
        let there = self.head_of(place).await?;
        if there.as_ref() == Some(&commits.head) {
            return Ok(PushEnd::Pushed);
        }
        if there != commits.was {
            return Ok(PushEnd::Refused(NotHandedIn::BranchMoved.to_string()));
        }
        let bounds = Bounds { file: LARGEST, disk: MOST_FETCHED, ..Bounds::within(FETCH) };
        let brought = Brought { place, bundle, commits, said: (title, summary) };
        match brought.judged(&self.remote_of(place), folder, &bounds).await {
            Ok(fetched) => {
                match may.await {
                    Ok(()) => {}
                    Err(OriginTrouble::Refused(why)) => return Ok(PushEnd::Refused(why)),
                    Err(not_now) => return Err(not_now),
                }
                let (remote, branch) = (self.remote_of(place), place.workplace.branch.to_string());
                let what = (&commits.head, branch.as_str());
                let was = commits.was.as_ref();
                let end = fetched.repository().push(&remote, what, was, &bounds).await;
                end.map_err(|why| OriginTrouble::NotNow(why.to_string()))
            }
            Err(why) if why.kind() == FailureKind::Upstream => {
                Err(OriginTrouble::NotNow(why.to_string()))
            }
            Err(why) => Ok(PushEnd::Refused(why.to_string())),
        }
    }
}

impl Origin for AccountOrigin {
    fn branch<'a>(&'a self, place: &'a AttemptPlace) -> OriginCall<'a, Option<Commit>> {
        Box::pin(self.head_of(place))
    }

    fn remote<'a>(&'a self, place: &'a AttemptPlace) -> OriginCall<'a, Remote> {
        Box::pin(async move { Ok(self.remote_of(place)) })
    }

    fn push<'a>(
        &'a self,
        place: &'a AttemptPlace,
        work: &'a FinishedWork<'a>,
    ) -> OriginCall<'a, PushEnd> {
        Box::pin(async move {
            let NewCommits { was, head, .. } = &work.commits;
            let (remote, branch) = (self.remote_of(place), place.workplace.branch.to_string());
            let what = (head, branch.as_str());
            let pushed = work.repository.push(&remote, what, was.as_ref(), &work.bounds);
            pushed.await.map_err(|why| OriginTrouble::NotNow(why.to_string()))
        })
    }

    fn open_pull<'a>(
        &'a self,
        place: &'a AttemptPlace,
        said: (&'a str, &'a str),
    ) -> OriginCall<'a, i64> {
        Box::pin(async move {
            if let Some(found) = secret_said(said) {
                let why =
                    format!("no pull request was opened, since it would show a secret: {found}");
                return Err(OriginTrouble::Refused(why));
            }
            Ok(open_pull(&self.forge, &self.clock, &place.workplace, said).await?)
        })
    }
}

/// What was brought for an attempt, before anybody believes it.
struct Brought<'a> {
    place: &'a AttemptPlace,
    bundle: &'a Path,
    commits: &'a NewCommits,
    said: (&'a str, &'a str),
}

impl Brought<'_> {
    /// All of it beside what it follows on, which the forge has, if nothing speaks against it.
    async fn judged(
        &self,
        remote: &Remote,
        folder: &Path,
        bounds: &Bounds,
    ) -> Result<FetchedRepository, LocalTrouble> {
        let (base, NewCommits { was, begin, head }) = (&self.place.workplace.base, self.commits);
        let from = was.as_ref().unwrap_or(base);
        let mut known = vec![from];
        known.extend((from != base).then_some(base));
        let fetched = FetchedRepository::with_history(folder, remote, (&known, DEPTH), bounds);
        let fetched = fetched.await.map_err(too_large)?;
        let repository = fetched.repository();
        // Where its branch was not there yet, it may follow on what the default branch was before.
        let is_known = match was {
            Some(was) => begin == was,
            None => begin == base || repository.descends(base, begin).await.unwrap_or(false),
        };
        if !is_known {
            return Err(LocalTrouble::Rewritten);
        }
        let taken = repository.take_in(self.bundle, bounds).await;
        let taken = taken.map_err(|why| LocalTrouble::NoCommit(why.to_string()))?;
        if taken != *head || !repository.descends(head, begin).await? {
            return Err(LocalTrouble::Rewritten);
        }
        let (title, summary) = self.said;
        let texts = [("its title", title), ("its summary", summary)];
        let outgoing = Outgoing {
            repository,
            begin,
            base,
            head,
            branch: self.place.workplace.branch.to_string(),
            texts: texts.map(|(what, text)| (what.to_owned(), text.to_owned())).into(),
        };
        outgoing.look(TRAILER).await?;
        Ok(fetched)
    }
}

pub(super) fn too_large(why: CannotRun) -> LocalTrouble {
    match why {
        CannotRun::TooMuchFetched(most) => LocalTrouble::TooLarge(most),
        CannotRun::TooLarge { most, .. } => LocalTrouble::TooLarge(most),
        why => why.into(),
    }
}
