//! What is written back of a home into what it was copied from.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};

use crate::confinement::remove;

/// The most that is written back, in bytes and in files.
const MOST_BYTES: u64 = 64 << 20;
const MOST_FILES: usize = 10_000;

/// How deep folders may lie in each other in it.
const DEEPEST: usize = 64;

/// Opened only if it is no link.
const NO_LINK: i32 = libc::O_NOFOLLOW | libc::O_NONBLOCK;

/// Writes the paths `keep` of `home` back below `template`, each whole or not at all. Nothing lives
/// any more that could change the home. What is not there any more stays as it was.
///
/// # Errors
/// If one of them is neither a file nor a folder of such, or is too large: the others are written.
pub(super) fn keep(home: &Path, template: &Path, keep: &[PathBuf]) -> io::Result<()> {
    let mut first = Ok(());
    for path in keep {
        let written = one(home, template, path);
        let named = written.map_err(|error| {
            io::Error::new(error.kind(), format!("{} is not kept: {error}", path.display()))
        });
        first = first.and(named);
    }
    first
}

fn one(home: &Path, template: &Path, path: &Path) -> io::Result<()> {
    let source = home.join(path);
    // None of the folders that it lies in may lead elsewhere.
    let mut way = home.to_owned();
    for part in path {
        way.push(part);
        match fs::symlink_metadata(&way) {
            Ok(known) if known.is_symlink() => return Err(refused("a link is on the way")),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    let target = template.join(path);
    fs::create_dir_all(target.parent().unwrap_or(template))?;
    let fresh = folder_beside(template)?;
    let written = replaced(&source, &target, (&fresh, template));
    remove(&fresh);
    written
}

/// An empty folder beside the template: whoever copies that never finds anything half done in it.
fn folder_beside(template: &Path) -> io::Result<PathBuf> {
    let template = fs::canonicalize(template)?;
    let beside = template.parent().unwrap_or(&template);
    let made = tempfile::Builder::new().prefix(".timmy-").tempdir_in(beside);
    let made = made.map_err(|error| {
        let words = format!("{}: let timmy write there ({error})", beside.display());
        io::Error::new(error.kind(), words)
    });
    Ok(made?.keep())
}

/// Has a copy of `source` take the place of `target`.
fn replaced(source: &Path, target: &Path, (fresh, template): (&Path, &Path)) -> io::Result<()> {
    let (copy, old) = (fresh.join("new"), fresh.join("old"));
    copied(source, &copy)?;
    given(&copy, template)?;
    if copy.is_dir() && target.exists() {
        // A folder takes the place of another only once that is away.
        fs::rename(target, &old)?;
    }
    fs::rename(&copy, target).inspect_err(|_| {
        if old.exists() {
            let _ = fs::rename(&old, target);
        }
    })
}

/// Gives all in `copy` to whom the template belongs: an administrator may have tried an agent out.
fn given(copy: &Path, template: &Path) -> io::Result<()> {
    let (owner, own) = (fs::metadata(template)?, fs::symlink_metadata(copy)?);
    if owner.uid() == own.uid() {
        return Ok(());
    }
    let mut next = vec![copy.to_owned()];
    while let Some(path) = next.pop() {
        lchown(&path, Some(owner.uid()), Some(owner.gid()))?;
        if path.is_dir() {
            next.extend(fs::read_dir(&path)?.flatten().map(|entry| entry.path()));
        }
    }
    Ok(())
}

/// Copies a file, or a folder with all in it, that holds nothing else.
fn copied(from: &Path, to: &Path) -> io::Result<()> {
    let (mut bytes, mut files) = (0_u64, 0_usize);
    let mut next = vec![(from.to_owned(), to.to_owned(), 0)];
    while let Some((from, to, depth)) = next.pop() {
        let known = fs::symlink_metadata(&from)?;
        if depth > DEEPEST {
            return Err(refused("its folders lie too deep in each other"));
        }
        files += 1;
        if files > MOST_FILES {
            return Err(refused("it holds too many files"));
        }
        if known.is_dir() {
            fs::create_dir(&to)?;
            for entry in fs::read_dir(&from)? {
                let entry = entry?;
                next.push((entry.path(), to.join(entry.file_name()), depth + 1));
            }
            continue;
        }
        bytes = bytes.saturating_add(known.len());
        if !known.is_file() {
            return Err(refused("it holds what is neither a file nor a folder"));
        }
        if bytes > MOST_BYTES {
            return Err(refused("it is too large"));
        }
        let mut source = fs::OpenOptions::new().read(true).custom_flags(NO_LINK).open(&from)?;
        let mut target = File::create_new(&to)?;
        io::copy(&mut io::Read::take(&mut source, MOST_BYTES), &mut target)?;
        target.flush()?;
        target.set_permissions(fs::Permissions::from_mode(known.permissions().mode() & 0o700))?;
        target.sync_all()?;
    }
    Ok(())
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use crate::agents::local::home::*;

    struct Homes {
        folder: tempfile::TempDir,
    }

    impl Homes {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            for name in ["home", "template", "elsewhere"] {
                fs::create_dir(folder.path().join(name)).unwrap();
            }
            Self { folder }
        }

        fn path(&self, path: &str) -> PathBuf {
            self.folder.path().join(path)
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn kept(&self, paths: &[&str]) -> io::Result<()> {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            keep(&self.path("home"), &self.path("template"), &paths)
        }

        fn template(&self, path: &str) -> Option<String> {
            fs::read_to_string(self.path("template").join(path)).ok()
        }
    }

    #[test]
    fn files_and_folders_are_written_back_and_nothing_else() {
        let homes = Homes::new();
        homes.write("template/.agent/key", "old");
        homes.write("template/cache/old", "old");
        homes.write("home/.agent/key", "new");
        homes.write("home/cache/below/new", "new");
        homes.write("home/.bashrc", "evil");
        homes.kept(&[".agent/key", "cache", "not/there"]).unwrap();
        assert_eq!(homes.template(".agent/key").as_deref(), Some("new"));
        assert_eq!(homes.template("cache/below/new").as_deref(), Some("new"));
        assert_eq!((homes.template("cache/old"), homes.template(".bashrc")), (None, None));
        assert_eq!(fs::read_dir(homes.path("template")).unwrap().count(), 2, "nothing lies about");
    }

    #[test]
    fn folders_that_lie_too_deep_are_not_kept_and_all_of_the_copy_goes() {
        let homes = Homes::new();
        homes.write("template/cache/old", "old");
        let deep: PathBuf = std::iter::repeat_n("d", DEEPEST + 1).collect();
        fs::create_dir_all(homes.path("home/cache").join(deep)).unwrap();
        let refused = homes.kept(&["cache"]).unwrap_err().to_string();
        assert!(refused.contains("too deep"), "{refused}");
        assert_eq!(homes.template("cache/old").as_deref(), Some("old"));
        assert_eq!(fs::read_dir(homes.folder.path()).unwrap().count(), 3, "nothing lies about");
    }

    #[test]
    fn an_old_folder_goes_however_deep_it_is() {
        let homes = Homes::new();
        let mut deep = homes.path("template/cache");
        fs::create_dir_all(&deep).unwrap();
        for _ in 0..1500 {
            deep.push("d");
            fs::create_dir(&deep).unwrap();
        }
        homes.write("home/cache/new", "new");
        homes.kept(&["cache"]).unwrap();
        assert_eq!(homes.template("cache/new").as_deref(), Some("new"));
        assert_eq!(fs::read_dir(homes.folder.path()).unwrap().count(), 3, "nothing lies about");
    }

    #[test]
    fn links_lead_nowhere() {
        let homes = Homes::new();
        homes.write("elsewhere/secret", "secret");
        homes.write("template/key", "old");
        symlink(homes.path("elsewhere/secret"), homes.path("home/key")).unwrap();
        symlink(homes.path("elsewhere"), homes.path("home/folder")).unwrap();
        fs::create_dir(homes.path("home/cache")).unwrap();
        symlink(homes.path("elsewhere"), homes.path("home/cache/link")).unwrap();
        for path in ["key", "folder/secret", "cache"] {
            assert!(homes.kept(&[path]).is_err(), "{path}");
        }
        assert_eq!(homes.template("key").as_deref(), Some("old"));
        assert_eq!((homes.template("folder/secret"), homes.template("cache")), (None, None));
    }
}
