//! What the process before left behind: the changes of attempts that it cut off are kept for the next
//! ones, all else is thrown away.

use std::fs;

use super::host::LocalHost;
use super::record::{KEPT, LocalRecord, LocalStep};
use super::trouble::LocalTrouble;
use crate::agents::handed_in::commit_message;
use crate::confinement::{Workspace, clear};

impl LocalHost {
    /// Looks through it once, before anything else is done in its folders. Nobody else works there: a
    /// ledger has one process.
    pub(super) async fn recover(&self) {
        let looking = || async {
            if let Err(error) = self.look_through().await {
                tracing::warn!(%error, "what agents left cannot be looked through");
            }
        };
        self.recovered.get_or_init(looking).await;
    }

    async fn look_through(&self) -> Result<(), LocalTrouble> {
        self.places.make()?;
        for record in LocalRecord::all(&self.places.records())? {
            if !matches!(record.step, LocalStep::Ended { .. })
                && let Err(error) = self.salvage(&record).await
            {
                tracing::warn!(key = record.key, %error, "the changes of an attempt are lost");
            }
        }
        self.drop_old()?;
        self.clear_trials().await;
        clear(&self.places.work()).await?;
        for left in fs::read_dir(self.places.fetched())?.flatten() {
            let is_folder = left.file_type()?.is_dir();
            if is_folder { fs::remove_dir_all(left.path())? } else { fs::remove_file(left.path())? }
        }
        Ok(())
    }

    /// Drops what nobody came back for.
    pub(super) fn drop_old(&self) -> std::io::Result<()> {
        // By the clock of now: what was kept a moment ago does not lie in the future.
        let (records, now) = (self.places.records(), self.now());
        for record in LocalRecord::all(&records)? {
            if record.begun_at.is_over(KEPT, now) {
                record.forget(&records)?;
            }
        }
        self.kept.drop_old(now)
    }

    /// Keeps what an attempt had done when it was cut off.
    async fn salvage(&self, record: &LocalRecord) -> Result<(), LocalTrouble> {
        let (work, name) = (self.places.work(), LocalRecord::name(&record.key));
        let Ok(workspace) = Workspace::left(&work, &name, self.is_confined()) else {
            return Ok(());
        };
        let home = self.keep_home(&workspace).await;
        let changes = self.keep_changes(record, &workspace).await;
        workspace.discard().await;
        home.map_err(LocalTrouble::from).and(changes)
    }

    /// Keeps what an attempt has done for the next one of its job. Nothing of it may live.
    pub(super) async fn keep_changes(
        &self,
        record: &LocalRecord,
        workspace: &Workspace,
    ) -> Result<(), LocalTrouble> {
        let (confinement, fetched) = (self.confinement()?, self.places.fetched());
        let from = (record.address.as_str(), fetched.as_path());
        let commits = self.commit_place(&confinement, workspace, from);
        let message = commit_message("Work in progress", "It was cut off here.", &record.key);
        if let Some(bundle) = commits.bundle(&record.begin, &message).await? {
            self.kept.put((&record.workplace, &record.begin), bundle.path(), self.now())?;
        }
        Ok(())
    }
}
