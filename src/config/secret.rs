//! A token or a key that nothing prints by accident.

use std::fmt;
use std::path::{Path, PathBuf};

use super::world::SecretFile;

/// A secret from a file or the environment: one line, not empty.
///
/// It has no `Display` and no `Serialize`, and its `Debug` hides it; [`Secret::expose`] is the
/// only way to its text, so every use can be found by that word.
#[derive(Clone)]
pub struct Secret {
    text: String,
    /// The file that held it, if it was one.
    file: Option<PathBuf>,
}

/// Why a text cannot be a secret. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotASecret {
    #[error("is empty")]
    Empty,
    /// It has line breaks or control characters inside, which no HTTP header may carry.
    #[error("holds more than one line, or control characters")]
    NotOneLine,
}

impl Secret {
    /// The secret `text`, without the line break that editors put at its end.
    pub fn new(text: &str) -> Result<Self, NotASecret> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.trim().is_empty() {
            Err(NotASecret::Empty)
        } else if text.contains(char::is_control) {
            Err(NotASecret::NotOneLine)
        } else {
            Ok(Self { text: text.to_owned(), file: None })
        }
    }

    /// The same, which `file` held.
    pub(super) fn kept_in(self, file: &Path) -> Self {
        Self { file: Some(file.to_owned()), ..self }
    }

    /// What the file that held it holds now; none if it was none, or it holds no secret.
    pub fn reread(&self) -> Option<Self> {
        let file = self.file.as_deref()?;
        let found = SecretFile::open(file).ok()?;
        Some(Self::new(&found.text).ok()?.kept_in(file))
    }

    /// The file that held it, if it was one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The secret itself, for the moment of its use.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

/// The bytes of the secret, for keyed hashes.
impl AsRef<[u8]> for Secret {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use crate::config::secret::*;

    #[test]
    fn the_line_break_of_the_file_is_no_part_of_it() {
        assert_eq!(Secret::new("s3cret\r\n").unwrap().expose(), "s3cret");
    }

    #[test]
    fn debug_hides_it() {
        assert_eq!(format!("{:?}", Secret::new("s3cret").unwrap()), "Secret(***)");
    }

    #[test]
    fn it_is_one_line_and_not_empty() {
        assert_eq!(Secret::new("\n").unwrap_err(), NotASecret::Empty);
        assert_eq!(Secret::new("  ").unwrap_err(), NotASecret::Empty);
        assert_eq!(Secret::new("a\nb").unwrap_err(), NotASecret::NotOneLine);
    }
}
