//! What a model wrote, kept aside until it ends.

use std::collections::BTreeMap;

use super::path::RepoPath;

/// The most files that one attempt changes.
const MOST_FILES: usize = 100;

/// The most bytes of one file.
pub(super) const LARGEST_FILE: usize = 1 << 20;

/// The most bytes of all of them.
const LARGEST_CHANGE: usize = 4 << 20;

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PendingEdit {
    Written(String),
    Deleted,
}

#[derive(Debug, Default)]
pub(super) struct Edits(BTreeMap<RepoPath, PendingEdit>);

impl Edits {
    pub(super) fn of(&self, path: &RepoPath) -> Option<&PendingEdit> {
        self.0.get(path)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&RepoPath, &PendingEdit)> {
        self.0.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps an edit, or tells the model why that cannot be.
    pub(super) fn put(&mut self, path: &RepoPath, edit: PendingEdit) -> Result<(), String> {
        let size = |edit: &PendingEdit| match edit {
            PendingEdit::Written(content) => content.len(),
            PendingEdit::Deleted => 0,
        };
        if size(&edit) > LARGEST_FILE {
            return Err(format!("A file may have {LARGEST_FILE} bytes at most."));
        }
        let others = self.0.iter().filter(|(other, _)| *other != path);
        let all: usize = others.clone().map(|(_, edit)| size(edit)).sum();
        if all + size(&edit) > LARGEST_CHANGE {
            return Err(format!("All changes together may have {LARGEST_CHANGE} bytes at most."));
        }
        if others.count() >= MOST_FILES {
            return Err(format!("One commit may change {MOST_FILES} files at most."));
        }
        self.0.insert(path.clone(), edit);
        Ok(())
    }

    /// Takes an edit back.
    pub(super) fn forget(&mut self, path: &RepoPath) {
        self.0.remove(path);
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::openai::edits::*;

    fn path(text: &str) -> RepoPath {
        text.parse().unwrap()
    }

    #[test]
    fn files_bytes_and_their_number_are_bounded() {
        let written = |size| PendingEdit::Written("x".repeat(size));
        let mut edits = Edits::default();
        assert!(edits.put(&path("a"), written(LARGEST_FILE + 1)).is_err());
        for name in ["a", "b", "c", "d", "d"] {
            edits.put(&path(name), written(LARGEST_FILE)).unwrap();
        }
        assert!(edits.put(&path("e"), written(1)).is_err());
        edits.put(&path("d"), PendingEdit::Deleted).unwrap();
        edits.put(&path("e"), written(1)).unwrap();

        let mut many = Edits::default();
        for n in 0..MOST_FILES {
            many.put(&path(&n.to_string()), PendingEdit::Deleted).unwrap();
        }
        assert!(many.put(&path("x"), PendingEdit::Deleted).is_err());
        many.put(&path("0"), written(1)).unwrap();
    }
}
