//! Where the attempts of an agent work, and how each gets what it works on.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use tokio::sync::{Mutex, OnceCell, RwLock};

use super::account_origin::{DEPTH, FETCH, too_large};
use super::bench::{Beginning, LocalBench};
use super::commits::{CommitPlace, LARGEST};
use super::dialogue::{Dialogue, Trial};
use super::home;
use super::kept::{Kept, KeptChanges};
use super::options::LocalOptions;
use super::order::LocalOrder;
use super::origin::AttemptPlace;
use super::places::Places;
use super::record::{LocalRecord, LocalStep};
use super::trouble::LocalTrouble;
use crate::agents::trouble::AgentTrouble;
use crate::config::{LocalConfig, SandboxKind};
use crate::confinement::{
    AttemptFiles, Bounds, CannotRun, CloneOrder, Confinement, FetchedRepository, Network,
    SEEN_CHECKOUT, Session, SessionRequest, Workspace, clear, remove_left,
};
use crate::core::model::time::Timestamp;
use crate::tracer::Tracer;

/// One agent's part of this machine.
pub(super) struct LocalHost {
    pub(super) options: LocalOptions,
    pub(super) places: Places,
    pub(super) kept: Kept,
    /// Whether what the process before left was looked through.
    pub(super) recovered: OnceCell<()>,
    /// What homes are copied from: it holds still while somebody copies it.
    home: RwLock<()>,
    /// Whoever tries its program out.
    trial: Mutex<()>,
    /// Where it says how long something took.
    tracer: std::sync::Mutex<Tracer>,
}

impl LocalHost {
    pub(super) fn new(options: LocalOptions) -> Self {
        let places = Places::new(options.place.clone());
        let kept = Kept::new(places.kept());
        let (recovered, home, trial) = (OnceCell::new(), RwLock::default(), Mutex::default());
        Self { options, places, kept, recovered, home, trial, tracer: Default::default() }
    }

    /// Says from now on there how long something took.
    pub(super) fn traced(&self, tracer: &Tracer) {
        *self.tracer.lock().unwrap_or_else(PoisonError::into_inner) = tracer.clone();
    }

    /// What was done since `began` for the attempt of this key.
    pub(super) fn took(&self, key: &str, name: &'static str, began: Timestamp, has_failed: bool) {
        let tracer = self.tracer.lock().unwrap_or_else(PoisonError::into_inner);
        tracer.attempt_part(key, name, (began, self.now()), has_failed);
    }

    pub(super) fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    pub(super) fn is_confined(&self) -> bool {
        self.options.local.sandbox == SandboxKind::Bwrap
    }

    pub(super) fn confinement(&self) -> Result<Confinement, CannotRun> {
        match self.options.local.sandbox {
            SandboxKind::Bwrap => {
                let LocalConfig { mounts, home, .. } = &self.options.local;
                Confinement::with_home(mounts, home.as_deref(), &self.options.secrets)
            }
            SandboxKind::None => Ok(Confinement::none()),
        }
    }

    /// Whether its program is there, and can be run.
    pub(super) async fn check(&self) -> Result<(), AgentTrouble> {
        let trouble = |why: &CannotRun| AgentTrouble::CannotRun(format!("{why}. {}", why.remedy()));
        self.program()?;
        let confinement = self.confinement().map_err(|why| trouble(&why))?;
        // Whoever asks may not be the user that timmy runs as: nothing is made in its folders.
        let place = std::env::temp_dir();
        confinement.check(&place).await.map_err(|why| trouble(&why))
    }

    /// The file of its program.
    fn program(&self) -> Result<PathBuf, AgentTrouble> {
        let named = PathBuf::from(&self.options.local.command.words()[0]);
        let found = match named.components().count() {
            0 | 1 => {
                // What is seen from inside comes first; of other places only the file is seen.
                let mounted = self.options.local.mounts.iter().map(|mount| mount.join("bin"));
                let seen = ["/usr/local/bin", "/usr/bin", "/usr/sbin"].map(PathBuf::from);
                let path = std::env::var_os("PATH").unwrap_or_default();
                let folders = mounted.chain(seen).chain(std::env::split_paths(&path));
                folders.map(|folder| folder.join(&named)).find(|file| file.is_file())
            }
            _ => Some(named.clone()).filter(|file| file.is_file()),
        };
        found.ok_or_else(|| {
            AgentTrouble::CannotRun(format!(
                "there is no program {}: install it, or correct agent.command",
                named.display()
            ))
        })
    }

    /// What the attempt `key` works on: a clone at the head of its branch, or where that begins.
    pub(super) async fn open(
        &self,
        key: &str,
        order: &LocalOrder,
    ) -> Result<LocalBench, LocalTrouble> {
        self.places.make()?;
        if let Err(error) = self.drop_old() {
            tracing::warn!(%error, "what nobody came back for stays");
        }
        let (place, origin) = (&order.workplace, &self.options.origin);
        let (branch, of) = (place.branch.to_string(), self.place(key, order));
        let was = origin.branch(&of).await?;
        let head = was.as_ref().unwrap_or(&place.base);
        let mut commits = vec![head];
        commits.extend((*head != place.base).then_some(&place.base));
        let history = (&commits[..], DEPTH);
        let (folder, remote, bounds) =
            (self.places.fetched(), origin.remote(&of).await?, self.fetching());
        let fetched = FetchedRepository::with_history(&folder, &remote, history, &bounds);
        let fetched = fetched.await.map_err(too_large)?;
        let repository = fetched.repository();
        let kept = self.kept.take(place, (repository, was.as_ref()), &bounds).await?;
        let (begin, start, beginning) = match kept {
            KeptChanges::Fit { begin, head } => (begin, head, Beginning::GoesOn),
            KeptChanges::Dropped => (head.clone(), head.clone(), Beginning::WithoutKept),
            KeptChanges::None => (head.clone(), head.clone(), Beginning::Anew),
        };
        let address = self.address(order);
        let files = AttemptFiles {
            clone: CloneOrder {
                branch: &branch,
                start: &start,
                base_branch: &place.base_branch,
                base: &place.base,
                author: (&self.options.account, &address),
            },
            home: self.options.local.home.as_deref(),
            most: self.options.bounds.disk / 2,
        };
        let name = LocalRecord::name(key);
        let (work, is_confined) = (self.places.work(), self.is_confined());
        let copying = self.home.read().await;
        let workspace = Workspace::of_attempt(&work, &name, (repository, &files), is_confined)
            .await
            .map_err(too_large)?;
        drop(copying);
        let record = LocalRecord {
            key: key.to_owned(),
            workplace: place.clone(),
            address,
            begin,
            begun_at: self.now(),
            step: LocalStep::Working,
        };
        record.write(&self.places.records())?;
        let is_for_the_next = false;
        Ok(LocalBench { workspace, fetched, record, was, beginning, is_for_the_next })
    }

    /// Where its clone lies, as its process sees that.
    pub(super) fn seen_at(&self, workspace: &Workspace) -> String {
        let folder = match self.is_confined() {
            true => Path::new(SEEN_CHECKOUT),
            false => workspace.checkout(),
        };
        folder.to_string_lossy().into_owned()
    }

    /// Asks its program how it is, with a home like that of an attempt, and nothing to work on.
    pub(super) async fn try_out(
        &self,
        dialogue: &dyn Dialogue,
    ) -> Result<Option<String>, AgentTrouble> {
        let cannot = |why: CannotRun| AgentTrouble::CannotRun(format!("{why}. {}", why.remedy()));
        let _trial = self.trial.lock().await;
        // Whoever asks may not be the user that timmy runs as: then nothing is made in its folders.
        let place = self.places.make_trials().unwrap_or_else(std::env::temp_dir);
        let (home, most) = (self.options.local.home.as_deref(), self.options.bounds.disk / 2);
        let copying = self.home.read().await;
        let workspace = Workspace::with_home(&place, home, most, self.is_confined());
        let workspace = workspace.await.map_err(cannot)?;
        drop(copying);
        let tried = async {
            let mut session = self.begin(&workspace).await.map_err(|why| match why {
                LocalTrouble::CannotRun(why) => cannot(why),
                why => AgentTrouble::CannotRun(why.to_string()),
            })?;
            let folder = self.seen_at(&workspace);
            let clock = &self.options.clock;
            let found = dialogue.try_out(Trial { session: &mut session, folder: &folder, clock });
            let found = found.await;
            let ended = session.end().await;
            // Why it could not be run at all says more than that it did not answer.
            match (found, ended) {
                (Err(_), Err(why)) => Err(cannot(why)),
                (found, _) => found,
            }
        };
        let found = tried.await;
        // A login may be good for one use only, and what comes of it lies in this home.
        if let Err(error) = self.keep_home(&workspace).await {
            tracing::warn!(%error, "of the home of an agent that was tried out");
        }
        workspace.discard().await;
        found
    }

    /// Throws away what trials of the process before left. None of this one's is under way.
    pub(super) async fn clear_trials(&self) {
        let _trial = self.trial.lock().await;
        // Where nobody tried anything out it is not there.
        let _ = clear(&self.places.trials()).await;
    }

    /// Begins its process.
    pub(super) async fn begin(&self, workspace: &Workspace) -> Result<Session, LocalTrouble> {
        let mut words = self.options.local.command.words();
        let program = self.program().map_err(|why| CannotRun::NotStarted(why.to_string()))?;
        words[0] = program.to_string_lossy().into_owned();
        let request = SessionRequest {
            words: &words,
            variables: &self.options.variables,
            // Who names what it reaches gets nothing else.
            network: match &self.options.reach {
                Some(reach) => Network::Through(reach),
                None => Network::Shared,
            },
            bounds: self.options.bounds,
        };
        Ok(self.confinement()?.begin(workspace, &request).await?)
    }

    /// Writes back what is kept of its home. Nothing of the attempt may live.
    pub(super) async fn keep_home(&self, workspace: &Workspace) -> std::io::Result<()> {
        let local = &self.options.local;
        let (Some(template), false) = (local.home.clone(), local.home_keep.is_empty()) else {
            return Ok(());
        };
        let (from, paths) = (workspace.home().to_owned(), local.home_keep.clone());
        let _writing = self.home.write().await;
        let kept = tokio::task::spawn_blocking(move || home::keep(&from, &template, &paths));
        kept.await.map_err(std::io::Error::other)?
    }

    /// Keeps what an attempt has done for the next one: it ends with a question, whose answer starts
    /// that, there is something to be mended in it, or it could not be handed in. What is told of it stays
    /// as [`Self::close`] says.
    pub(super) async fn close_kept(&self, bench: LocalBench, ended: bool) {
        let LocalBench { workspace, record, .. } = bench;
        if let Err(error) = self.keep_changes(&record, &workspace).await {
            tracing::warn!(key = record.key, %error, "the changes of an attempt are lost");
        }
        if let Err(error) = self.forget_unless_told(&record, ended) {
            tracing::warn!(key = record.key, %error, "what is told of an attempt stays");
        }
        workspace.discard().await;
    }

    /// Throws away what an attempt worked on. What is told of it stays if it `ended` by itself, or may
    /// have left something on the forge.
    pub(super) async fn close(&self, bench: LocalBench, ended: bool) {
        let LocalBench { workspace, record, .. } = bench;
        let forgotten = self.forget_unless_told(&record, ended);
        if let Err(error) = forgotten.and(self.kept.drop(&record.workplace)) {
            tracing::warn!(key = record.key, %error, "what is told of an attempt stays");
        }
        workspace.discard().await;
    }

    fn forget_unless_told(&self, record: &LocalRecord, ended: bool) -> std::io::Result<()> {
        match ended || matches!(record.step, LocalStep::Pushing { .. }) {
            true => Ok(()),
            false => record.forget(&self.places.records()),
        }
    }

    /// Throws away what an attempt would have worked on, had its program been called. What was kept for
    /// it is kept for the next one.
    pub(super) async fn close_unbegun(&self, bench: LocalBench) {
        let LocalBench { workspace, record, .. } = bench;
        if let Err(error) = record.forget(&self.places.records()) {
            tracing::warn!(key = record.key, %error, "what is told of an attempt stays");
        }
        workspace.discard().await;
    }

    /// Throws away what was made for an attempt that was given up before it began.
    pub(super) async fn sweep(&self, key: &str) {
        remove_left(&self.places.work(), &LocalRecord::name(key)).await;
    }

    /// Where and by whom its commits are made.
    pub(super) fn commit_place<'a>(
        &'a self,
        confinement: &'a Confinement,
        workspace: &'a Workspace,
        (address, fetched): (&'a str, &'a std::path::Path),
    ) -> CommitPlace<'a> {
        let author = (self.options.account.as_str(), address);
        CommitPlace { confinement, workspace, bounds: self.options.bounds, author, fetched }
    }

    pub(super) fn place(&self, key: &str, order: &LocalOrder) -> AttemptPlace {
        AttemptPlace::new(key, &order.workplace, &order.clone_url)
    }

    /// How much what comes from the forge, or out of a workspace, may take.
    pub(super) fn fetching(&self) -> Bounds {
        let bounds = Bounds::within(FETCH);
        Bounds {
            file: LARGEST,
            disk: self.options.bounds.disk.min(self.options.most_fetched),
            ..bounds
        }
    }

    /// The address of its account that the forge knows it by, where nobody changed that.
    fn address(&self, order: &LocalOrder) -> String {
        let url = url::Url::parse(&order.clone_url).ok();
        let host = url.as_ref().and_then(url::Url::host_str).unwrap_or("localhost");
        format!("{}@noreply.{host}", self.options.account)
    }
}
