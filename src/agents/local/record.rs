//! What is known of an attempt after a crash: a file for each, beside where it works.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::agents::workplace::Workplace;
use crate::core::jobs::Commit;
use crate::core::model::time::Timestamp;

/// How long anything of an attempt is kept at most.
pub(super) const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// One attempt of an agent, as far as it got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LocalRecord {
    pub(super) key: String,
    pub(super) workplace: Workplace,
    /// The address of its account.
    pub(super) address: String,
    /// The commit of the forge's that its own ones follow on.
    pub(super) begin: Commit,
    pub(super) begun_at: Timestamp,
    pub(super) step: LocalStep,
}

/// How far an attempt got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LocalStep {
    Working,
    /// From here on this commit may be on the forge.
    Pushing {
        commit: Commit,
        title: String,
        summary: String,
    },
    /// Its last words.
    Ended {
        text: String,
    },
}

impl LocalRecord {
    /// The name of all files of the attempt `key`.
    pub(super) fn name(key: &str) -> String {
        digest(key)
    }

    pub(super) fn write(&self, records: &Path) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(records)?;
        file.write_all(&serde_json::to_vec(self).map_err(io::Error::other)?)?;
        file.as_file().sync_all()?;
        file.persist(file_of(records, &self.key)).map_err(|error| error.error)?;
        Ok(())
    }

    /// What is known of the attempt `key`.
    pub(super) fn read(records: &Path, key: &str) -> Option<Self> {
        let record: Self = serde_json::from_slice(&fs::read(file_of(records, key)).ok()?).ok()?;
        (record.key == key).then_some(record)
    }

    /// All that there are.
    pub(super) fn all(records: &Path) -> io::Result<Vec<Self>> {
        let files = fs::read_dir(records)?.flatten();
        let read = |file: fs::DirEntry| serde_json::from_slice(&fs::read(file.path()).ok()?).ok();
        Ok(files.filter_map(read).collect())
    }

    pub(super) fn forget(&self, records: &Path) -> io::Result<()> {
        fs::remove_file(file_of(records, &self.key))
    }
}

fn file_of(records: &Path, key: &str) -> PathBuf {
    records.join(format!("{}.json", digest(key)))
}

/// A name for a file that says `text`, whatever that holds.
pub(super) fn digest(text: &str) -> String {
    base16ct::lower::encode_string(&Sha256::digest(text.as_bytes())[..16])
}
