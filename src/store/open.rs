//! Opening the SQLite file: what it must be, and how it is set up.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::OpenError;
use super::lock::private;
use super::migrate::{self, APPLICATION_ID, MIGRATIONS};

/// How long a statement waits for somebody else's lock (a backup, a checkpoint).
const BUSY: Duration = Duration::from_secs(5);

/// How many prepared statements a connection keeps: more than there are in this folder.
const STATEMENTS: usize = 128;

/// Where the ledger at `path` really lies: a symbolic link must not lead to a second lock.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, OpenError> {
    match path.canonicalize() {
        Ok(real) => Ok(real),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(source) => Err(OpenError::File { path: path.to_owned(), source }),
    }
}

/// Opens the one connection that writes; creates and migrates the ledger as needed.
pub(super) fn writer(path: &Path) -> Result<Connection, OpenError> {
    create_private(path).map_err(|source| OpenError::file(path, source))?;
    let mut conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let version = version_at_most(&conn, path, MIGRATIONS.len())?;
    restrict(path).map_err(|source| OpenError::file(path, source))?;
    set_up_writer(&conn).map_err(|error| OpenError::sqlite(path, error))?;
    migrate::run(&mut conn, MIGRATIONS, version).map_err(|error| error.on_the_disk_of(path))?;
    Ok(conn)
}

pub(super) fn reader(path: &Path) -> Result<Connection, OpenError> {
    let (conn, found) = read_only(path)?;
    let known = MIGRATIONS.len();
    if found < known {
        return Err(OpenError::Older { path: path.to_owned(), found, known });
    }
    Ok(conn)
}

/// Opens a connection to copy from: the ledger may be older than this program.
pub(super) fn snapshot(path: &Path) -> Result<Connection, OpenError> {
    read_only(path).map(|(conn, _)| conn)
}

/// A connection that cannot write, and the version that it found.
fn read_only(path: &Path) -> Result<(Connection, usize), OpenError> {
    if matches!(path.try_exists(), Ok(false)) {
        return Err(OpenError::Missing { path: path.to_owned() });
    }
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found = version_at_most(&conn, path, MIGRATIONS.len())?;
    Ok((conn, found))
}

fn connect(path: &Path, mode: OpenFlags) -> Result<Connection, OpenError> {
    // Each connection is used by one thread at a time, so SQLite need not lock for that.
    let conn = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| OpenError::sqlite(path, error))?;
    set_up(&conn).map_err(|error| OpenError::sqlite(path, error))?;
    Ok(conn)
}

/// What every connection needs. Changes nothing in the file.
fn set_up(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan never depends on what is bound, so a statement that is kept is planned only once.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    // 512 KiB a connection: the tables that are read again and again are small, what a reader keeps
    // is void after the next commit, and the system keeps the rest of the file in its own cache.
    conn.pragma_update(None, "cache_size", -512)
}

/// A commit is on the disk when it returns, also through the cache of a Mac's drive.
fn set_up_writer(conn: &Connection) -> rusqlite::Result<()> {
    let mode: String =
        conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(mode, "this file system has no shared memory: reads will wait for writes");
    }
    conn.pragma_update(None, "synchronous", "full")?;
    if cfg!(target_os = "macos") {
        conn.pragma_update(None, "fullfsync", true)?;
        conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    }
    // A checkpoint about every 16 MiB; after a burst the log is cut to 64 MiB.
    conn.pragma_update(None, "wal_autocheckpoint", 4096)?;
    conn.pragma_update(None, "journal_size_limit", 64 << 20)
}

/// The schema's version: 0 for a file that is still empty.
fn version_at_most(conn: &Connection, path: &Path, known: usize) -> Result<usize, OpenError> {
    let stranger = || OpenError::NotALedger { path: path.to_owned() };
    let (id, version, tables) = identity(conn).map_err(|error| OpenError::sqlite(path, error))?;
    let found = usize::try_from(version).map_err(|_| stranger())?;
    match (id, found) {
        (0, 0) if tables == 0 => Ok(0),
        (APPLICATION_ID, 0) => Err(stranger()),
        (APPLICATION_ID, _) if found > known => {
            Err(OpenError::Newer { path: path.to_owned(), found, known })
        }
        (APPLICATION_ID, _) => Ok(found),
        _ => Err(stranger()),
    }
}

fn identity(conn: &Connection) -> rusqlite::Result<(i64, i64, i64)> {
    let id = conn.pragma_query_one(None, "application_id")?;
    let version = conn.pragma_query_one(None, "user_version")?;
    let tables = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok((id, version, tables))
}

/// SQLite gives its side files the mode of the file it finds.
fn create_private(path: &Path) -> io::Result<()> {
    match private(OpenOptions::new().write(true).create_new(true)).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A ledger that was copied or restored may have come with a wider mode.
#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict(_path: &Path) -> io::Result<()> {
    Ok(())
}
