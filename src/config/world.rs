//! What a reading of the configuration may look at outside its text, as arguments.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Longest file that is read as a secret, in bytes. Longer ones are an error, not an endless read.
const LONGEST_SECRET: u64 = 64 * 1024;

/// The environment and the files that the configuration names, so that tests can bring their own.
#[derive(Clone, Copy)]
pub struct Outside<'a> {
    /// The value of a variable of the environment.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The content of a file that holds a secret.
    pub secret_file: &'a dyn Fn(&Path) -> io::Result<SecretFile>,
}

/// A file with a secret, as found.
pub struct SecretFile {
    /// Its whole text.
    pub text: String,
    /// Whether the group or others may read it; false where the system has no such notion.
    pub exposed: bool,
}

impl SecretFile {
    /// Reads it from the disk. Fails also for a file that is longer than 64 KiB or no UTF-8.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let exposed = is_exposed(&file.metadata()?);
        let text = read_bounded(file, LONGEST_SECRET)?;
        Ok(Self { text, exposed })
    }
}

/// The text of `file`, or an error if it is longer than `limit` bytes.
pub(super) fn read_bounded(file: File, limit: u64) -> io::Result<String> {
    let mut text = String::new();
    file.take(limit + 1).read_to_string(&mut text)?;
    if text.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("longer than {limit} bytes"),
        ));
    }
    Ok(text)
}

#[cfg(unix)]
fn is_exposed(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_exposed(_: &std::fs::Metadata) -> bool {
    false
}
