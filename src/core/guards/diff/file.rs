//! The files of a diff.

/// What a diff says. Its lines are parts of its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff<'a> {
    pub files: Vec<DiffFile<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffFile<'a> {
    /// As it was; none if it is new.
    pub before: Option<FileSide>,
    /// As it is; none if it is gone.
    pub after: Option<FileSide>,
    /// Whether what it was is still there, under its own name.
    pub is_copy: bool,
    pub content: DiffContent<'a>,
}

/// A file on one side of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSide {
    /// From the root of the repository on. What is no UTF-8 in it is replaced.
    pub path: String,
    /// None where the diff does not say, since it did not change.
    pub mode: Option<FileMode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileMode {
    Regular,
    Executable,
    /// A symbolic link: its content is where it leads.
    Link,
    /// A commit of another repository.
    Submodule,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffContent<'a> {
    /// Without hunks it did not change.
    Text(Vec<Hunk<'a>>),
    /// It changed, and the diff does not show how.
    Binary,
}

/// Lines that change, with those around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk<'a> {
    /// The line before it that git takes for the head of the function.
    pub heading: &'a [u8],
    pub lines: Vec<DiffLine<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffLine<'a> {
    pub kind: LineKind,
    /// Without its end; a CR before that is part of it.
    pub text: &'a [u8],
    /// Its number: of what was removed in the file as it was, else in the file as it is.
    pub number: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    Context,
    Added,
    Removed,
}

impl Diff<'_> {
    /// How many lines were added or removed, in the files that `counts`.
    pub fn changed_lines(&self, counts: impl Fn(&DiffFile<'_>) -> bool) -> usize {
        self.files.iter().filter(|file| counts(file)).map(DiffFile::changed_lines).sum()
    }

    /// The names under which something changed.
    pub fn changed_paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().flat_map(DiffFile::changed_paths)
    }
}

impl<'a> DiffFile<'a> {
    /// What it is called; if it is gone, what it was called.
    pub fn path(&self) -> &str {
        self.after.as_ref().or(self.before.as_ref()).map_or("", |side| &side.path)
    }

    /// The names under which something changed: of a file that was moved both, of a copy the new one.
    pub fn changed_paths(&self) -> impl Iterator<Item = &str> {
        let before = self.before.as_ref().filter(|_| !self.is_copy).map(|side| side.path.as_str());
        let after = self.after.as_ref().map(|side| side.path.as_str());
        before.filter(|before| Some(*before) != after).into_iter().chain(after)
    }

    /// Whether it was not there before.
    pub fn is_new(&self) -> bool {
        self.before.is_none() || self.is_copy
    }

    pub fn is_gone(&self) -> bool {
        self.after.is_none()
    }

    /// Whether it is on either side of this mode.
    pub fn is_ever(&self, mode: FileMode) -> bool {
        let sides = [&self.before, &self.after];
        sides.into_iter().flatten().any(|side| side.mode == Some(mode))
    }

    pub fn hunks(&self) -> &[Hunk<'a>] {
        match &self.content {
            DiffContent::Text(hunks) => hunks,
            DiffContent::Binary => &[],
        }
    }

    pub fn lines(&self) -> impl Iterator<Item = &DiffLine<'a>> {
        self.hunks().iter().flat_map(|hunk| &hunk.lines)
    }

    pub fn added(&self) -> impl Iterator<Item = &DiffLine<'a>> {
        self.lines().filter(|line| line.kind == LineKind::Added)
    }

    pub fn removed(&self) -> impl Iterator<Item = &DiffLine<'a>> {
        self.lines().filter(|line| line.kind == LineKind::Removed)
    }

    fn changed_lines(&self) -> usize {
        self.lines().filter(|line| line.kind != LineKind::Context).count()
    }
}

impl DiffLine<'_> {
    /// Its text; what is no UTF-8 in it is replaced.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(self.text).into_owned()
    }
}
