//! A job that no comment asked for is claimed by its card: that is posted before an agent is called,
//! then the thread is read. Of two ledgers of one account the older card wins.

use std::time::Duration;

use super::Jobs;
use super::look::{NextLook, SeenJob, told};
use crate::core::jobs::{CancelReason, JobEvent};
use crate::core::model::incident::Incident;
use crate::core::model::repository::Repo;
use crate::core::reply::cards::{LedgerCard, older_card};
use crate::store::jobs::{self, CardPost, card_post, is_own_card};
use crate::store::{Connection, Error};

/// How far back the cards of other ledgers are looked for. A job that goes on is shown anew long
/// before that, or its pull request is there.
const LOOKED_BACK: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Jobs {
    /// What comes next if the job is not claimed yet; none if its agent may be called.
    pub(super) async fn claim(&self, seen: &SeenJob) -> Result<Option<NextLook>, Error> {
        // What ran once was claimed.
        if !seen.job.spec.claims_by_card || !seen.job.past.ran.is_empty() {
            return Ok(None);
        }
        let Some(repo) = &seen.repo else { return Ok(Some(self.later(seen))) };
        let id = seen.id();
        let own = match self.ctx.ledger.read(move |conn| card_post(conn, id)).await? {
            CardPost::Posted(comment) => comment,
            CardPost::GivenUp => return self.unclaimed(seen, CancelReason::Unannounced).await,
            CardPost::Waits => {
                self.watches.with(id, |watch| watch.card_waits = true);
                return Ok(Some(NextLook::Idle));
            }
            CardPost::Missing => {
                let now = self.ctx.now();
                self.ctx.ledger.write(move |tx| jobs::refresh_card(tx, id, now)).await?;
                self.ctx.stored.notify();
                return Ok(Some(NextLook::Again));
            }
        };
        let Some(cards) = self.cards_of_others(seen, repo).await? else {
            return Ok(Some(self.later(seen)));
        };
        match older_card(cards, own) {
            None => Ok(None),
            Some(older) => {
                self.tell_of_other(&older, seen, repo).await;
                self.unclaimed(seen, CancelReason::Elsewhere).await
            }
        }
    }

    /// The cards in the thread of a job that this account wrote, and this ledger did not; none if
    /// the forge does not tell now.
    async fn cards_of_others(
        &self,
        seen: &SeenJob,
        repo: &Repo,
    ) -> Result<Option<Vec<LedgerCard>>, Error> {
        let (Some(account), Some(thread)) = (self.identity.known(), seen.job.home()) else {
            return Ok(None);
        };
        let since = self.ctx.now().before(LOOKED_BACK);
        let written = self.ctx.gitea.comments_by(&repo.name, thread.number, account, since).await;
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                self.incidents.met(&error, thread).await;
                return Ok(None);
            }
        };
        let cards = written.into_iter().filter_map(|one| LedgerCard::read(one.id, &one.body));
        let cards: Vec<LedgerCard> = cards.collect();
        let others = move |conn: &Connection| {
            let mut others = Vec::new();
            for card in cards {
                if !is_own_card(conn, &card.key)? {
                    others.push(card);
                }
            }
            Ok(others)
        };
        self.ctx.ledger.read(others).await.map(Some)
    }

    async fn tell_of_other(&self, older: &LedgerCard, seen: &SeenJob, repo: &Repo) {
        let LedgerCard { ledger, job, .. } = older;
        let text = format!(
            "another timmy (ledger {ledger}) works as my account: its {job} had {}{} before my \
             {}, which I cancelled. Nothing starts by itself here any more",
            repo.name,
            seen.job.home().map(|home| format!("#{}", home.number)).unwrap_or_default(),
            seen.id()
        );
        self.incidents.set(Incident::OtherLedger, Some(text)).await;
    }

    async fn unclaimed(
        &self,
        seen: &SeenJob,
        why: CancelReason,
    ) -> Result<Option<NextLook>, Error> {
        Ok(Some(told(self.tell(seen.id(), JobEvent::Cancel(why)).await?.is_some())))
    }
}
