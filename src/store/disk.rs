//! The disk that a ledger lies on, in words for whoever has to make room there.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

const MIB: u64 = 1024 * 1024;

/// Where the file system is mounted on which `path` lies, or would; none if the system does not say.
pub fn file_system(path: &Path) -> Option<PathBuf> {
    let real = std::path::absolute(path).ok()?;
    let real = real.ancestors().find_map(|place| place.canonicalize().ok())?;
    let device = |place: &Path| fs::metadata(place).ok().map(|found| found.dev());
    let its = device(&real)?;
    real.ancestors().take_while(|place| device(place) == Some(its)).last().map(Path::to_owned)
}

/// The file system of `path`, and the room that is left there to a user without privileges.
pub(super) fn describe(path: &Path) -> String {
    let disk = file_system(path).map_or_else(
        || "its file system".to_owned(),
        |mount| format!("the file system at `{}`", mount.display()),
    );
    match room(path) {
        Some(bytes) => format!("{disk} ({} MiB free)", bytes / MIB),
        None => disk,
    }
}

/// Whether hardly anything fits on the file system of `path`.
pub(super) fn is_full(path: &Path) -> bool {
    room(path).is_some_and(|bytes| bytes < MIB)
}

fn room(path: &Path) -> Option<u64> {
    path.ancestors().find_map(|place| {
        let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
        fs4::available_space(place).ok()
    })
}

#[cfg(test)]
mod tests {
    use crate::store::disk::*;

    #[test]
    fn the_file_system_of_a_path_is_named_also_where_nothing_is_yet() {
        let folder = tempfile::tempdir().unwrap();
        let mount = file_system(&folder.path().join("not/there/timmy.db")).unwrap();
        assert!(folder.path().canonicalize().unwrap().starts_with(&mount), "{mount:?}");
        assert_eq!(file_system(Path::new("/")), Some(PathBuf::from("/")));
        assert!(describe(folder.path()).contains(" MiB free"));
    }
}
