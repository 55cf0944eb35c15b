//! The socket that is shown to a run.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{ErrorKind, Result};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use super::inside::SOCKET;

/// Listens in `folder`, which is made for that, and in which nobody but `owner` can come.
pub(in crate::confinement) fn listen(folder: &Path, owner: Option<u32>) -> Result<UnixListener> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    DirBuilder::new().mode(0o700).create(folder)?;
    let opened = File::open(folder)?;
    // The address of a socket is short, whatever the folder is called.
    let path = PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd())).join(SOCKET);
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    for path in [&path, folder] {
        chown(path, owner, owner)?;
    }
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use crate::confinement::reach::socket::*;

    #[tokio::test]
    async fn it_lies_in_a_folder_of_any_length_and_replaces_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("x".repeat(200));
        fs::create_dir(&long).unwrap();
        let reach = long.join("reach");
        drop(listen(&reach, None).unwrap());
        let _listener = listen(&reach, None).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&reach), mode(&reach.join(SOCKET))), (0o700, 0o600));
    }
}
