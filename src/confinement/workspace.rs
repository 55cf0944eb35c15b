//! The private copy that a run works in, with a home and a `/tmp` beside it, and how they go.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tokio::task::spawn_blocking;

use super::cannot_run::CannotRun;
use super::checkout::{check_out, overlay};
use super::clone::{CloneOrder, clone_into};
use super::folder;
use super::git::Repository;
use super::view::{GROUP, HOSTS, NSSWITCH, PASSWD, Places};
use super::watch::require_room;
use crate::core::jobs::Commit;

/// Who runs there where timmy is root: nobody.
const NOBODY: u32 = 65534;

/// How its folder begins.
pub(super) const PREFIX: &str = "timmy-run-";

/// A folder that is thrown away. Once something was run there, timmy runs nothing in it outside of
/// a confinement, and reads it as it reads what comes from outside.
#[derive(Debug)]
pub struct Workspace {
    folder: Option<PathBuf>,
    checkout: PathBuf,
    home: PathBuf,
    temporary: PathBuf,
    etc: PathBuf,
    owner: Option<u32>,
    /// Whether it is still there when nobody waits for it any more.
    stays: bool,
}

/// What lies in the workspace of an agent.
#[derive(Debug, Clone, Copy)]
pub struct AttemptFiles<'a> {
    pub clone: CloneOrder<'a>,
    /// What its home is a copy of.
    pub home: Option<&'a Path>,
    /// How many bytes each of the two may take.
    pub most: u64,
}

impl Workspace {
    /// With exactly `commit`. `place`: a folder that is there; at most `most` bytes.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn of_commit(
        place: &Path,
        repository: &Repository,
        commit: &Commit,
        most: u64,
    ) -> Result<Self, CannotRun> {
        let made = Self::empty(place)?;
        check_out(repository, commit, &made.checkout, most)
            .await
            .map_err(|why| blame(why, place))?;
        made.given().await
    }

    /// With `base`, but what `written` and `removed` name as it is in `head`.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn of_commits(
        place: &Path,
        repository: &Repository,
        (base, head): (&Commit, &Commit),
        (written, removed): (&[String], &[String]),
        most: u64,
    ) -> Result<Self, CannotRun> {
        let made = Self::empty(place)?;
        let files = async {
            check_out(repository, base, &made.checkout, most).await?;
            overlay(repository, head, &made.checkout, (written, removed)).await
        };
        files.await.map_err(|why| blame(why, place))?;
        made.given().await
    }

    /// With a copy of a folder.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn of_folder(place: &Path, from: &Path, most: u64) -> Result<Self, CannotRun> {
        let made = Self::empty(place)?;
        let (from, to) = (from.to_owned(), made.checkout.clone());
        spawn_blocking(move || folder::copy(&from, &to, most)).await.map_err(lost)??;
        made.given().await
    }

    /// With nothing in it.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn with_nothing(place: &Path) -> Result<Self, CannotRun> {
        Self::empty(place)?.given().await
    }

    /// With nothing but a copy of a home, if there is one to copy, of at most `most` bytes.
    /// `is_confined`: whether somebody else than timmy's user runs there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn with_home(
        place: &Path,
        home: Option<&Path>,
        most: u64,
        is_confined: bool,
    ) -> Result<Self, CannotRun> {
        let mut made = Self::empty(place)?;
        made.owner = made.owner.filter(|_| is_confined);
        if let Some(home) = home {
            let (from, to) = (home.to_owned(), made.home.clone());
            spawn_blocking(move || folder::copy(&from, &to, most)).await.map_err(lost)??;
        }
        made.given().await
    }

    /// With a clone of `repository`, in the folder `name`. It stays when nobody waits for it: after a
    /// crash it is opened again. `is_confined`: whether somebody else than timmy's user runs there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn of_attempt(
        place: &Path,
        name: &str,
        (repository, files): (&Repository, &AttemptFiles<'_>),
        is_confined: bool,
    ) -> Result<Self, CannotRun> {
        let place = &fs::canonicalize(place)?;
        let folder = place.join(format!("{PREFIX}{name}"));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let mut made = Self::lying_in(folder, true)?;
        made.owner = made.owner.filter(|_| is_confined);
        made.furnish(place)?;
        let filled = async {
            clone_into(repository, &files.clone, &made.checkout, files.most).await?;
            if let Some(home) = files.home {
                let (from, to, most) = (home.to_owned(), made.home.clone(), files.most);
                spawn_blocking(move || folder::copy(&from, &to, most)).await.map_err(lost)??;
            }
            Ok(())
        };
        if let Err(why) = filled.await {
            made.discard().await;
            return Err(blame(why, place));
        }
        made.given().await
    }

    /// One that an attempt left in the folder `name` when timmy ended.
    ///
    /// # Errors
    /// If there is none.
    pub fn left(place: &Path, name: &str, is_confined: bool) -> Result<Self, CannotRun> {
        let folder = fs::canonicalize(place)?.join(format!("{PREFIX}{name}"));
        let is_whole = fs::symlink_metadata(folder.join("checkout"))?.is_dir();
        let mut left = Self::lying_in(folder, true)?;
        // The folder itself belongs to whoever ran there; timmy is root if it is not that user.
        left.owner = (rustix::process::geteuid().is_root() && is_confined).then_some(NOBODY);
        is_whole
            .then_some(left)
            .ok_or_else(|| std::io::Error::from(ErrorKind::NotADirectory).into())
    }

    fn empty(place: &Path) -> Result<Self, CannotRun> {
        let place = &fs::canonicalize(place)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)?.keep();
        let made = Self::lying_in(folder, false)?;
        made.furnish(place)?;
        Ok(made)
    }

    fn lying_in(folder: PathBuf, stays: bool) -> Result<Self, CannotRun> {
        let of = |name: &str| folder.join(name);
        Ok(Self {
            checkout: of("checkout"),
            home: of("home"),
            temporary: of("tmp"),
            etc: of("etc"),
            owner: (fs::metadata(&folder)?.uid() == 0).then_some(NOBODY),
            folder: Some(folder),
            stays,
        })
    }

    /// Makes its parts.
    fn furnish(&self, place: &Path) -> Result<(), CannotRun> {
        if self.owner.is_some() {
            require_open(place)?;
        }
        for part in [&self.checkout, &self.home, &self.temporary, &self.etc] {
            fs::create_dir(part)?;
        }
        fs::write(self.etc.join("passwd"), PASSWD)?;
        fs::write(self.etc.join("group"), GROUP)?;
        fs::write(self.etc.join("hosts"), HOSTS)?;
        fs::write(self.etc.join("nsswitch.conf"), NSSWITCH)?;
        Ok(())
    }

    /// Where timmy is root, all of it belongs to whoever runs there.
    async fn given(self) -> Result<Self, CannotRun> {
        if let (Some(owner), Some(folder)) = (self.owner, self.folder.clone()) {
            spawn_blocking(move || folder::give(&folder, owner)).await.map_err(lost)??;
        }
        Ok(self)
    }

    /// The copy, seen from outside.
    pub fn checkout(&self) -> &Path {
        &self.checkout
    }

    /// The home, seen from outside.
    pub fn home(&self) -> &Path {
        &self.home
    }

    pub(super) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// All of it: what a run writes lies below.
    pub(super) fn folder(&self) -> &Path {
        self.folder.as_deref().unwrap_or(&self.checkout)
    }

    /// Where it is told how a run goes: beside what is seen from inside.
    pub(super) fn status(&self) -> PathBuf {
        self.folder().join("status")
    }

    /// Where the socket of its proxy lies.
    pub(super) fn reach(&self) -> PathBuf {
        self.folder().join("reach")
    }

    /// As whom something runs there, if not as timmy's own user.
    pub(super) fn owner(&self) -> Option<u32> {
        self.owner
    }

    pub(super) fn places(&self) -> Places<'_> {
        Places {
            reach: self.reach(),
            checkout: &self.checkout,
            home: &self.home,
            temporary: &self.temporary,
            etc: &self.etc,
        }
    }

    /// Throws it away, and returns when it is gone.
    pub async fn discard(mut self) {
        if let Some(folder) = self.folder.take() {
            // What cannot be removed now, the next start removes.
            let _ = spawn_blocking(move || remove(&folder)).await;
        }
    }
}

impl Drop for Workspace {
    /// Where nobody waits for it, it goes by itself.
    fn drop(&mut self) {
        if let Some(folder) = self.folder.take().filter(|_| !self.stays) {
            std::thread::spawn(move || remove(&folder));
        }
    }
}

/// Throws away what a crash left in `place`, in which no other process makes workspaces.
///
/// # Errors
/// If the folder cannot be read.
pub async fn clear(place: &Path) -> std::io::Result<()> {
    let place = place.to_owned();
    let clear = spawn_blocking(move || {
        for entry in fs::read_dir(place)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                remove(&entry.path());
            }
        }
        Ok(())
    });
    clear.await.map_err(std::io::Error::other)?
}

/// Throws away the folder `name` that an attempt left in `place`, whole or not.
pub async fn remove_left(place: &Path, name: &str) {
    let folder = place.join(format!("{PREFIX}{name}"));
    // What cannot be removed now, the next start removes.
    let _ = spawn_blocking(move || remove(&folder)).await;
}

/// Removes a folder, whatever somebody built in it. `rm` can remove what is nested a hundred
/// thousand folders deep, which would be the end of a function that calls itself.
pub fn remove(folder: &Path) {
    // Of a run that was just ended a process may still be on its way out.
    for _ in 0..5 {
        run("rm", &["-rf", "--"], folder);
        if !folder.exists() {
            return;
        }
        // What its owner shut is opened.
        run("chmod", &["-R", "u+rwx", "--"], folder);
    }
    tracing::warn!(folder = %folder.display(), "what a run left cannot be removed");
}

fn run(program: &str, words: &[&str], folder: &Path) {
    let mut command = Command::new(program);
    command.args(words).arg(folder).stdin(Stdio::null()).stdout(Stdio::null());
    // Whether it went well, a look at the folder tells.
    let _ = command.stderr(Stdio::null()).status();
}

/// Whoever is nobody must be able to come to `place`.
pub(super) fn require_open(place: &Path) -> Result<(), CannotRun> {
    for folder in place.ancestors() {
        if fs::metadata(folder)?.mode() & 0o001 == 0 {
            return Err(CannotRun::Shut(folder.to_owned()));
        }
    }
    Ok(())
}

/// What git cannot write on a full disk is nobody's fault who made the commit.
fn blame(why: CannotRun, place: &Path) -> CannotRun {
    match why {
        CannotRun::Git { .. } => require_room(place).err().unwrap_or(why),
        _ => why,
    }
}

fn lost(error: tokio::task::JoinError) -> CannotRun {
    CannotRun::Io(std::io::Error::other(error))
}
