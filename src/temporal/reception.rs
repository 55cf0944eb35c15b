//! What workers ask and bring for attempts in a clone, and fetch for guards. Their hosts have no token of the forge: timmy asks
//! and pushes as the account of the agent, what the ledger says that the attempt may have, and nothing
//! once it was asked to stop or is over (`rights`).
//!
//! Which attempts there are is in memory: whoever follows one says each time which it is, so a restart
//! is made up for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OnceCell, watch};
use tokio::time::Instant;
use url::Url;

use super::bundle_file::BundleFile;
use super::fetch_proxy::Source;
use super::forge_ask::{BundleMark, ForgeAnswer, ForgeAsk, PiecePlace, PushAsk};
use super::rights::Rights;
use crate::agents::{AccountOrigin, AttemptPlace, Origin as _, OriginTrouble};
use crate::confinement::PushEnd;
use crate::crash;
use crate::gitea::Gitea;

/// How long an attempt is known that nobody follows any more.
const FORGOTTEN: Duration = Duration::from_secs(30 * 60);

/// How long one request waits for what is being done.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Reception {
    /// Where bundles lie on their way.
    folder: PathBuf,
    /// Whether what the process before left there is gone.
    cleared: OnceCell<()>,
    attempts: Mutex<HashMap<String, Known>>,
    /// What guards may fetch, by what their session is called.
    lent: Mutex<HashMap<String, (String, Gitea)>>,
}

/// A repository that a session may read, for as long as this is there.
pub(super) struct Loan<'a> {
    reception: &'a Reception,
    session: &'a str,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        self.reception.all_lent().remove(self.session);
    }
}

struct Known {
    attempt: Arc<Attempt>,
    followed_at: Instant,
}

/// An attempt that a worker has.
pub(super) struct Attempt {
    pub(super) origin: Arc<AccountOrigin>,
    pub(super) place: AttemptPlace,
    bundle: tokio::sync::Mutex<Option<BundleFile>>,
    under_way: Mutex<Option<UnderWay>>,
}

/// What is being done of what was asked, to its end, whoever waits for that.
struct UnderWay {
    ask: ForgeAsk,
    answer: watch::Receiver<Option<ForgeAnswer>>,
}

impl Reception {
    pub(super) fn new(folder: PathBuf) -> Self {
        let (attempts, lent) = Default::default();
        Self { folder, cleared: OnceCell::new(), attempts, lent }
    }

    fn attempts(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all_lent(&self) -> MutexGuard<'_, HashMap<String, (String, Gitea)>> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a session about guards fetch from this repository, as `forge` does.
    pub(super) fn lend<'a>(&'a self, session: &'a str, url: &Url, forge: &Gitea) -> Loan<'a> {
        self.all_lent().insert(session.to_owned(), (url.to_string(), forge.clone()));
        Loan { reception: self, session }
    }

    /// What a session about guards may fetch now.
    pub(super) fn lent(&self, session: &str) -> Option<Source> {
        let lent = self.all_lent();
        let (url, forge) = lent.get(session)?;
        Some(Source { url: url.clone(), authorization: forge.authorization() })
    }

    /// This attempt is followed now: what its worker asks is asked by `origin`.
    pub(super) fn follow(&self, origin: &Arc<AccountOrigin>, place: &AttemptPlace) {
        let mut attempts = self.attempts();
        attempts.retain(|_, known| known.followed_at.elapsed() < FORGOTTEN);
        let followed_at = Instant::now();
        match attempts.get_mut(place.key()) {
            Some(known) if known.attempt.place == *place => known.followed_at = followed_at,
            _ => {
                let attempt = Attempt {
                    origin: origin.clone(),
                    place: place.clone(),
                    bundle: tokio::sync::Mutex::default(),
                    under_way: Mutex::default(),
                };
                let known = Known { attempt: Arc::new(attempt), followed_at };
                attempts.insert(place.key().to_owned(), known);
            }
        }
    }

    /// It has ended.
    pub(super) fn forget(&self, key: &str) {
        self.attempts().remove(key);
    }

    /// The attempt of this key, if it is followed.
    pub(super) fn attempt(&self, key: &str) -> Option<Arc<Attempt>> {
        let attempts = self.attempts();
        let known = attempts.get(key).filter(|known| known.followed_at.elapsed() < FORGOTTEN);
        known.map(|known| known.attempt.clone())
    }

    /// Does what a worker asks for an attempt, if that has the right.
    pub(super) async fn ask(
        &self,
        attempt: &Arc<Attempt>,
        ask: ForgeAsk,
        rights: &Rights,
    ) -> ForgeAnswer {
        match &ask {
            ForgeAsk::Branch => return attempt.answer(ask, &self.folder, rights).await,
            ForgeAsk::Push(push) => {
                match rights(attempt.place.key()).await {
                    Ok(()) => {}
                    Err(OriginTrouble::Refused(why)) => return ForgeAnswer::PushRefused(why),
                    Err(trouble) => return ForgeAnswer::Trouble(trouble),
                }
                match self.held(attempt, &push.bundle).await {
                    Ok(held) if held == push.bundle.size => {}
                    Ok(held) => return ForgeAnswer::Has(held),
                    Err(answer) => return answer,
                }
            }
            ForgeAsk::Pull { .. } => {
                if let Err(trouble) = rights(attempt.place.key()).await {
                    return ForgeAnswer::Trouble(trouble);
                }
            }
        }
        attempt.done(ask, &self.folder, rights).await
    }

    /// Takes a piece of what was made in an attempt.
    pub(super) async fn take(
        &self,
        attempt: &Attempt,
        place: &PiecePlace,
        piece: Vec<u8>,
    ) -> ForgeAnswer {
        if let Err(answer) = self.held(attempt, &place.bundle).await {
            return answer;
        }
        // Whoever pushes it has it.
        let Ok(mut bundle) = attempt.bundle.try_lock() else { return ForgeAnswer::UnderWay };
        let Some(bundle) = bundle.as_mut() else { return ForgeAnswer::Has(0) };
        match bundle.take(place, piece).await {
            Ok(()) => ForgeAnswer::Has(bundle.held()),
            Err(error) => not_kept(&error),
        }
    }

    /// How much of the bundle `mark` is here; of another one nothing is kept.
    async fn held(&self, attempt: &Attempt, mark: &BundleMark) -> Result<u64, ForgeAnswer> {
        if !mark.is_sound() {
            return Err(ForgeAnswer::PushRefused("it is larger than any bundle".to_owned()));
        }
        let clear = || async {
            // Where nobody brought anything it is not there.
            let _ = tokio::fs::remove_dir_all(&self.folder).await;
        };
        self.cleared.get_or_init(clear).await;
        let Ok(mut bundle) = attempt.bundle.try_lock() else { return Err(ForgeAnswer::UnderWay) };
        match &*bundle {
            Some(bundle) if bundle.is(mark) => Ok(bundle.held()),
            _ => {
                let fresh = BundleFile::new(mark.clone(), &self.folder);
                *bundle = Some(fresh.map_err(|error| not_kept(&error))?);
                Ok(0)
            }
        }
    }
}

fn not_kept(error: &std::io::Error) -> ForgeAnswer {
    tracing::warn!(%error, "what a worker brings cannot be kept");
    let why = format!("timmy cannot keep what is brought ({:?})", error.kind());
    ForgeAnswer::Trouble(OriginTrouble::NotNow(why))
}

impl Attempt {
    /// Where it is fetched from.
    pub(super) fn source(&self) -> Source {
        let authorization = self.origin.authorization();
        Source { url: self.place.clone_url().to_owned(), authorization }
    }

    fn under_way(&self) -> MutexGuard<'_, Option<UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has it done, unless something is being done already, and waits a while for what comes of it.
    async fn done(self: &Arc<Self>, ask: ForgeAsk, folder: &Path, rights: &Rights) -> ForgeAnswer {
        let mut waiting = {
            let mut under_way = self.under_way();
            match &*under_way {
                Some(before) if before.ask == ask => before.answer.clone(),
                Some(before) if before.answer.borrow().is_none() => before.answer.clone(),
                _ => {
                    let (tell, answer) = watch::channel(None);
                    let (attempt, folder, asked) = (self.clone(), folder.to_owned(), ask.clone());
                    let rights = rights.clone();
                    tokio::spawn(async move {
                        let answer = attempt.answer(asked, &folder, &rights).await;
                        let _ = tell.send(Some(answer));
                    });
                    *under_way = Some(UnderWay { ask: ask.clone(), answer: answer.clone() });
                    answer
                }
            }
        };
        let told = tokio::time::timeout(PATIENCE, waiting.wait_for(Option::is_some)).await;
        let told = match told {
            Err(_) => return ForgeAnswer::UnderWay,
            Ok(told) => told.ok().and_then(|told| told.clone()),
        };
        let is_its = {
            let mut under_way = self.under_way();
            let is_its = under_way.as_ref().is_some_and(|before| before.ask == ask);
            // Asked again, it is looked at again.
            under_way.take_if(|before| before.ask == ask && before.answer.borrow().is_some());
            is_its
        };
        match told {
            Some(answer) if is_its => answer,
            _ => ForgeAnswer::UnderWay,
        }
    }

    async fn answer(&self, ask: ForgeAsk, folder: &Path, rights: &Rights) -> ForgeAnswer {
        match ask {
            ForgeAsk::Branch => match self.origin.branch(&self.place).await {
                Ok(head) => ForgeAnswer::Branch(head),
                Err(trouble) => ForgeAnswer::Trouble(trouble),
            },
            ForgeAsk::Push(push) => self.push(&push, folder, rights).await,
            ForgeAsk::Pull { title, summary } => {
                match self.origin.open_pull(&self.place, (&title, &summary)).await {
                    Ok(pull) => {
                        crash::point("brought_opened");
                        ForgeAnswer::Pull(pull)
                    }
                    Err(trouble) => ForgeAnswer::Trouble(trouble),
                }
            }
        }
    }

    async fn push(&self, push: &PushAsk, folder: &Path, rights: &Rights) -> ForgeAnswer {
        // Nothing is written into it meanwhile.
        let bundle = self.bundle.lock().await;
        let Some(bundle) = bundle.as_ref().filter(|held| held.is(&push.bundle) && held.is_whole())
        else {
            return ForgeAnswer::Has(0);
        };
        let (path, said) = (bundle.path(), (push.title.as_str(), push.summary.as_str()));
        let from = (path.as_path(), folder);
        let may = rights(self.place.key());
        match self.origin.push_brought(&self.place, from, &push.commits, said, may).await {
            Ok(PushEnd::Pushed) => {
                crash::point("brought_pushed");
                ForgeAnswer::Pushed
            }
            Ok(PushEnd::Refused(why)) => ForgeAnswer::PushRefused(why),
            Ok(PushEnd::Unknown(why)) => ForgeAnswer::PushUnknown(why),
            Err(trouble) => ForgeAnswer::Trouble(trouble),
        }
    }
}
