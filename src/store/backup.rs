//! A copy of the ledger, taken beside a running `timmy serve`.
//!
//! `VACUUM INTO` on a reader's connection: the copy is one snapshot, writers go on, and it comes
//! out in one pass. (SQLite's backup API starts over whenever somebody else has written.)

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::{Error, OpenError};
use super::lock::private;
use super::placement::side_file;
use super::{meta, open};
use crate::core::model::time::Timestamp;

/// What to do with a file that is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    Keep,
    /// Put the copy in its place, once the copy is good.
    Replace,
}

/// Why there is no copy. What was at the target before is still there.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("`{}` exists: name another file, or overwrite it with --force", .0.display())]
    Exists(PathBuf),
    #[error("`{}` is the ledger itself: name another file", .0.display())]
    Itself(PathBuf),
    /// A log of SQLite lies beside the target; it would be read as part of the copy.
    #[error("`{}` exists, so the file before it is in use: name another file", .0.display())]
    InUse(PathBuf),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("cannot write `{}`: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// SQLite could not copy, stamp or check.
    #[error("cannot copy the ledger: {0}")]
    Copy(#[from] Error),
    /// SQLite's integrity check found something; its first finding.
    #[error("the copy is damaged, and so may be the ledger: {0}")]
    Damaged(String),
}

/// Writes a checked copy of the ledger at `ledger` to `target`, readable by this account only,
/// with [`meta::COPIED_AT`] set to `now`. Blocks as long as it takes to read and write the ledger once.
///
/// The copy holds every write that was answered before the call. It appears at `target` whole
/// or not at all. Ledgers of older versions are copied as they are.
///
/// # Errors
/// See [`BackupError`].
pub fn backup(
    ledger: &Path,
    target: &Path,
    existing: Existing,
    now: Timestamp,
) -> Result<(), BackupError> {
    let ledger = open::resolve(ledger)?;
    look_before(&ledger, target, existing)?;
    let source = open::snapshot(&ledger)?;
    let partial = Partial::beside(target)?;
    fill(&source, &partial.0, now)?;
    partial.publish(target, existing)
}

/// Refuses early what would be refused in the end, or would harm.
fn look_before(ledger: &Path, target: &Path, existing: Existing) -> Result<(), BackupError> {
    if target.canonicalize().is_ok_and(|real| real == ledger) {
        return Err(BackupError::Itself(target.to_owned()));
    }
    if existing == Existing::Keep && target.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    for side in ["-wal", "-journal"].map(|suffix| side_file(target, suffix)) {
        if side.exists() {
            return Err(BackupError::InUse(side));
        }
    }
    Ok(())
}

fn fill(source: &Connection, copy: &Path, now: Timestamp) -> Result<(), BackupError> {
    let path = copy.to_str().ok_or_else(|| {
        failed(copy)(io::Error::new(io::ErrorKind::InvalidFilename, "not UTF-8, as SQLite needs"))
    })?;
    source.execute("VACUUM INTO ?1", [path]).map_err(Error::from)?;
    let mut copy = Connection::open(copy).map_err(Error::from)?;
    stamp(&mut copy, now)?;
    let verdict: String =
        copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(Error::from)?;
    if verdict == "ok" { Ok(()) } else { Err(BackupError::Damaged(verdict)) }
}

fn stamp(copy: &mut Connection, now: Timestamp) -> Result<(), Error> {
    // `VACUUM INTO` does not flush: this commit does, for the whole file.
    copy.pragma_update(None, "synchronous", "full")?;
    if cfg!(target_os = "macos") {
        copy.pragma_update(None, "fullfsync", true)?;
    }
    let tx = copy.transaction()?;
    meta::set(&tx, meta::COPIED_AT, &now)?;
    Ok(tx.commit()?)
}

/// The copy before it is whole: a file beside the target, gone with this unless published.
struct Partial(PathBuf);

impl Partial {
    fn beside(target: &Path) -> Result<Self, BackupError> {
        let path = side_file(target, &format!(".{}.partial", std::process::id()));
        reserve(&path).map_err(failed(&path))?;
        Ok(Self(path))
    }

    fn publish(self, target: &Path, existing: Existing) -> Result<(), BackupError> {
        if existing == Existing::Keep {
            // Whoever made a file there meanwhile keeps it: only one can create it.
            reserve(target).map_err(|source| match source.kind() {
                io::ErrorKind::AlreadyExists => BackupError::Exists(target.to_owned()),
                _ => failed(target)(source),
            })?;
        }
        fs::rename(&self.0, target).map_err(failed(target))?;
        sync_folder(target).map_err(failed(target))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Not there any more if it was published.
        let _ = fs::remove_file(&self.0);
    }
}

/// Makes an empty file of mode 0600 where there is none.
fn reserve(path: &Path) -> io::Result<()> {
    private(OpenOptions::new().write(true).create_new(true)).open(path).map(drop)
}

/// A new name is safe once its folder is on the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) { File::open(folder.unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> BackupError + use<> {
    let path = path.to_owned();
    move |source| BackupError::File { path: path.clone(), source }
}
