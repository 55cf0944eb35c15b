//! What stands over the lines of one file of a diff.

use super::file::{FileMode, FileSide};
use super::path::{read_both, read_name};

/// What was read of it so far.
#[derive(Debug, Default)]
pub(super) struct FileHeader {
    /// The names of its first line, if these can be told apart.
    both: Option<(Vec<u8>, Vec<u8>)>,
    /// The names of a move or a copy, without prefix.
    moved: (Option<Vec<u8>>, Option<Vec<u8>>),
    /// The names over its lines; `/dev/null` for a side that is not there.
    marked: (Option<Vec<u8>>, Option<Vec<u8>>),
    modes: (Option<FileMode>, Option<FileMode>),
    is_new: bool,
    is_gone: bool,
    pub(super) is_copy: bool,
    pub(super) is_binary: bool,
}

impl FileHeader {
    /// Begins with what stands behind `diff --git `.
    pub(super) fn new(names: &[u8]) -> Self {
        Self { both: read_both(names), ..Self::default() }
    }

    /// Takes one more line of it; false if it is none.
    pub(super) fn take(&mut self, line: &[u8]) -> bool {
        self.take_known(line).is_some()
    }

    fn take_known(&mut self, line: &[u8]) -> Option<()> {
        let name = |text: &[u8]| read_name(text).map(|(name, _)| name);
        if let Some(mode) = line.strip_prefix(b"old mode ") {
            self.modes.0 = Some(file_mode(mode));
        } else if let Some(mode) = line.strip_prefix(b"new mode ") {
            self.modes.1 = Some(file_mode(mode));
        } else if let Some(mode) = line.strip_prefix(b"new file mode ") {
            self.is_new = true;
            self.modes.1 = Some(file_mode(mode));
        } else if let Some(mode) = line.strip_prefix(b"deleted file mode ") {
            self.is_gone = true;
            self.modes.0 = Some(file_mode(mode));
        } else if let Some(from) = line.strip_prefix(b"rename from ") {
            self.moved.0 = Some(name(from)?);
        } else if let Some(to) = line.strip_prefix(b"rename to ") {
            self.moved.1 = Some(name(to)?);
        } else if let Some(from) = line.strip_prefix(b"copy from ") {
            self.is_copy = true;
            self.moved.0 = Some(name(from)?);
        } else if let Some(to) = line.strip_prefix(b"copy to ") {
            self.moved.1 = Some(name(to)?);
        } else if let Some(blobs) = line.strip_prefix(b"index ") {
            // Behind the blobs the mode, where both sides have the same.
            if let Some(blank) = blobs.iter().position(|byte| *byte == b' ') {
                let mode = file_mode(&blobs[blank + 1..]);
                self.modes = (Some(mode), Some(mode));
            }
        } else if let Some(from) = line.strip_prefix(b"--- ") {
            self.marked.0 = Some(name(from)?);
        } else if let Some(to) = line.strip_prefix(b"+++ ") {
            self.marked.1 = Some(name(to)?);
        } else if line.starts_with(b"Binary files ") || line == b"GIT binary patch" {
            self.is_binary = true;
        } else if !line.starts_with(b"similarity index ")
            && !line.starts_with(b"dissimilarity index ")
        {
            return None;
        }
        Some(())
    }

    /// Both sides of the file; none if nothing says what it is called.
    pub(super) fn sides(self) -> Option<(Option<FileSide>, Option<FileSide>)> {
        let (both_before, both_after) = self.both.unzip();
        let before = match self.moved.0 {
            Some(name) => Some(name),
            None => marked(self.marked.0.or(both_before), b"a/")?,
        };
        let after = match self.moved.1 {
            Some(name) => Some(name),
            None => marked(self.marked.1.or(both_after), b"b/")?,
        };
        let side = |name: Vec<u8>, mode| FileSide {
            path: String::from_utf8_lossy(&name).into_owned(),
            mode,
        };
        let before = before.filter(|_| !self.is_new).map(|name| side(name, self.modes.0));
        let after = after.filter(|_| !self.is_gone).map(|name| side(name, self.modes.1));
        (before.is_some() || after.is_some()).then_some((before, after))
    }
}

/// The name behind its prefix; none for a side that is not there. The outer none: there is no name.
#[allow(clippy::option_option, reason = "no name and no file are two things")]
fn marked(name: Option<Vec<u8>>, prefix: &[u8]) -> Option<Option<Vec<u8>>> {
    let name = name?;
    if name == b"/dev/null" {
        return Some(None);
    }
    name.strip_prefix(prefix).map(|name| Some(name.to_vec()))
}

fn file_mode(text: &[u8]) -> FileMode {
    match text {
        b"100644" => FileMode::Regular,
        b"100755" => FileMode::Executable,
        b"120000" => FileMode::Link,
        b"160000" => FileMode::Submodule,
        _ => FileMode::Other,
    }
}
