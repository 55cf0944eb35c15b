//! Reads a diff, in one pass.

use memchr::memchr;

use super::file::{Diff, DiffContent, DiffFile, DiffLine, Hunk, LineKind};
use super::header::FileHeader;
use crate::core::guards::result::CannotBeRead;

/// The longest diff that is read, in bytes. Nobody reviews a longer one.
pub const LARGEST_DIFF: usize = 8 << 20;

/// How many lines and files it may have: each takes memory, however short it is.
const MOST_LINES: usize = 250_000;
const MOST_FILES: usize = 20_000;

/// What stands before the first line of each file.
const FILE: &[u8] = b"diff --git ";

/// Reads the diff `text`.
///
/// # Errors
/// It is larger than [`LARGEST_DIFF`], ends in the middle, or holds anything that git does not write.
pub fn parse_diff(text: &[u8]) -> Result<Diff<'_>, CannotBeRead> {
    if text.len() > LARGEST_DIFF {
        return Err(CannotBeRead::TooLarge);
    }
    // git ends each of its lines.
    if text.last().is_some_and(|last| *last != b'\n') {
        return Err(CannotBeRead::Truncated);
    }
    let mut parser = DiffParser { rest: text, lines: 0 };
    let mut files = Vec::new();
    while let Some(line) = parser.next_line() {
        let names = line.strip_prefix(FILE).ok_or(CannotBeRead::NotADiff)?;
        if files.len() == MOST_FILES {
            return Err(CannotBeRead::TooLarge);
        }
        files.push(parser.file(names)?);
    }
    Ok(Diff { files })
}

struct DiffParser<'a> {
    rest: &'a [u8],
    /// How many lines of files were read.
    lines: usize,
}

impl<'a> DiffParser<'a> {
    fn peek(&self) -> Option<&'a [u8]> {
        let end = memchr(b'\n', self.rest)?;
        Some(&self.rest[..end])
    }

    fn next_line(&mut self) -> Option<&'a [u8]> {
        let line = self.peek()?;
        self.rest = &self.rest[line.len() + 1..];
        Some(line)
    }

    /// One file, from behind its first line on.
    fn file(&mut self, names: &[u8]) -> Result<DiffFile<'a>, CannotBeRead> {
        let mut header = FileHeader::new(names);
        let mut hunks = Vec::new();
        while let Some(line) = self.peek().filter(|line| !line.starts_with(FILE)) {
            self.next_line();
            if header.is_binary {
                // What a binary patch holds: its lines have no blank, so no header hides in them.
            } else if let Some(sizes) = line.strip_prefix(b"@@ ") {
                hunks.push(self.hunk(sizes)?);
            } else if !hunks.is_empty() || !header.take(line) {
                return Err(CannotBeRead::NotADiff);
            }
        }
        let (is_copy, is_binary) = (header.is_copy, header.is_binary);
        let (before, after) = header.sides().ok_or(CannotBeRead::NotADiff)?;
        let content = if is_binary { DiffContent::Binary } else { DiffContent::Text(hunks) };
        Ok(DiffFile { before, after, is_copy, content })
    }

    /// One hunk, from behind its `@@ ` on. It has as many lines as it says, whatever they say.
    fn hunk(&mut self, sizes: &'a [u8]) -> Result<Hunk<'a>, CannotBeRead> {
        let HunkSizes { mut before, mut after, heading } =
            hunk_sizes(sizes).ok_or(CannotBeRead::NotADiff)?;
        let mut lines = Vec::new();
        while before.left > 0 || after.left > 0 {
            let line = self.next_line().ok_or(CannotBeRead::Truncated)?;
            let (kind, text) = match line.split_first() {
                Some((b' ', text)) => (LineKind::Context, text),
                Some((b'+', text)) => (LineKind::Added, text),
                Some((b'-', text)) => (LineKind::Removed, text),
                // "\ No newline at end of file" of the line before.
                Some((b'\\', _)) if !lines.is_empty() => continue,
                // Some tools cut the blank of an empty line.
                None => (LineKind::Context, line),
                Some(_) => return Err(CannotBeRead::Truncated),
            };
            let number = match kind {
                LineKind::Removed => before.take(),
                LineKind::Added => after.take(),
                LineKind::Context => before.take().and_then(|_| after.take()),
            };
            let number = number.ok_or(CannotBeRead::NotADiff)?;
            self.lines += 1;
            if self.lines > MOST_LINES {
                return Err(CannotBeRead::TooLarge);
            }
            lines.push(DiffLine { kind, text, number });
        }
        if self.peek().is_some_and(|line| line.first() == Some(&b'\\')) {
            self.next_line();
        }
        Ok(Hunk { heading, lines })
    }
}

/// The head of a hunk.
struct HunkSizes<'a> {
    before: HunkSide,
    after: HunkSide,
    heading: &'a [u8],
}

/// The lines of a hunk on one side.
struct HunkSide {
    next: u32,
    left: u32,
}

impl HunkSide {
    /// The number of one more line; none if there are no more.
    fn take(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        let number = self.next;
        self.next = self.next.checked_add(1)?;
        Some(number)
    }
}

/// Reads `-1,3 +1,4 @@ heading`.
fn hunk_sizes(text: &[u8]) -> Option<HunkSizes<'_>> {
    let end = text.windows(3).position(|window| window == b" @@")?;
    let (before, after) = std::str::from_utf8(&text[..end]).ok()?.split_once(' ')?;
    let side = |text: &str| {
        let (next, left) = text.split_once(',').unwrap_or((text, "1"));
        Some(HunkSide { next: next.parse().ok()?, left: left.parse().ok()? })
    };
    let (before, after) = (side(before.strip_prefix('-')?)?, side(after.strip_prefix('+')?)?);
    let heading = text[end + 3..].strip_prefix(b" ").unwrap_or_default();
    Some(HunkSizes { before, after, heading })
}

#[cfg(test)]
mod tests {
    use crate::core::guards::diff::FileMode;
    use crate::core::guards::diff::parse::*;

    /// What Gitea answers for a pull request with everything in it.
    const EVERYTHING: &[u8] = include_bytes!("../../../../tests/fixtures/diffs/everything.diff");

    fn parse(text: &str) -> Result<Diff<'_>, CannotBeRead> {
        parse_diff(text.as_bytes())
    }

    /// A line for each file: its names, its modes, and how many lines were added and removed.
    fn told(diff: &Diff<'_>) -> Vec<String> {
        let side = |side: &Option<crate::core::guards::diff::FileSide>| match side {
            Some(side) => format!("{:?} {:?}", side.path, side.mode),
            None => "none".to_owned(),
        };
        let file = |file: &DiffFile<'_>| {
            let content = match &file.content {
                DiffContent::Binary => "binary".to_owned(),
                DiffContent::Text(_) => {
                    format!("+{} -{}", file.added().count(), file.removed().count())
                }
            };
            let copy = if file.is_copy { " copy" } else { "" };
            format!("{} -> {}{copy}: {content}", side(&file.before), side(&file.after))
        };
        diff.files.iter().map(file).collect()
    }

    #[test]
    fn everything_that_git_writes_is_read() {
        insta::assert_snapshot!(told(&parse_diff(EVERYTHING).unwrap()).join("\n"), @r#"
        "a.txt" Some(Regular) -> "a.txt" Some(Regular): +3 -2
        "bin.dat" Some(Regular) -> "bin.dat" Some(Regular): binary
        "cop.txt" Some(Regular) -> "cop.txt" Some(Regular): +1 -0
        "ren.txt" None -> "copied.txt" None: +0 -0
        "crlf.txt" Some(Regular) -> "crlf.txt" Some(Regular): +1 -1
        "empty" Some(Regular) -> "empty" Some(Executable): +0 -0
        "gone.txt" Some(Regular) -> none: +0 -1
        none -> "lat�n" Some(Regular): +1 -0
        "link" Some(Link) -> none: +0 -1
        none -> "link/in.txt" Some(Regular): +1 -0
        none -> "new\nline" Some(Regular): +1 -0
        none -> "newempty" Some(Regular): +0 -0
        "noeol.txt" Some(Regular) -> "noeol.txt" Some(Regular): +1 -1
        none -> "q\"uo\tte" Some(Regular): +1 -0
        none -> "renamed.txt" Some(Regular): +30 -0
        "sp ace.txt" Some(Regular) -> "sp ace.txt" Some(Regular): +1 -1
        none -> "sub" Some(Submodule): +1 -0
        none -> "umlautü.txt" Some(Regular): +1 -0
        "#);
    }

    #[test]
    fn copies_and_binary_patches_are_read() {
        let diff = parse(concat!(
            "diff --git a/x b/y\nsimilarity index 100%\ncopy from x\ncopy to y\n",
            "diff --git a/z.bin b/z.bin\nindex 1..2 100644\nGIT binary patch\n",
            "delta 13\nUcmZqX_{SU;*Idi$qsLDGdT&^&\n\ndelta 10\nRcmb=i@SFMZ+!>F}xd4{l1c?9u\n\n",
            "diff --git a/w b/w\nindex 1..2\n--- a/w\n+++ b/w\n@@ -1 +0,0 @@\n-w\n",
        ))
        .unwrap();
        insta::assert_snapshot!(told(&diff).join("\n"), @r#"
        "x" None -> "y" None copy: +0 -0
        "z.bin" Some(Regular) -> "z.bin" Some(Regular): binary
        "w" None -> "w" None: +0 -1
        "#);
    }

    #[test]
    fn lines_keep_their_numbers_and_their_ends() {
        let diff = parse(concat!(
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n",
            "@@ -7,3 +9,3 @@ fn head() {\n one\r\n-two\n\\ No newline at end of file\n+two\r\n three\n",
            "\\ No newline at end of file\n",
        ))
        .unwrap();
        let hunk = &diff.files[0].hunks()[0];
        let lines: Vec<_> =
            hunk.lines.iter().map(|line| (line.kind, line.said(), line.number)).collect();
        assert_eq!(
            lines,
            [
                (LineKind::Context, "one\r".to_owned(), 9),
                (LineKind::Removed, "two".to_owned(), 8),
                (LineKind::Added, "two\r".to_owned(), 10),
                (LineKind::Context, "three".to_owned(), 11),
            ]
        );
        assert_eq!(hunk.heading, b"fn head() {");
    }

    #[test]
    fn what_looks_like_a_header_is_a_line_where_a_line_has_to_be() {
        let diff = parse(concat!(
            "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n",
            "@@ -1,2 +1,3 @@\n--- a/ci/run\n+++ b/ci/run\n+@@ -1 +1 @@\n+diff --git a/y b/y\n-x\n",
            "diff --git a/z b/z\nold mode 100644\nnew mode 100755\n",
        ))
        .unwrap();
        assert_eq!(diff.files.len(), 2);
        assert_eq!((diff.files[0].added().count(), diff.files[0].removed().count()), (3, 2));
        assert!(diff.files[1].is_ever(FileMode::Executable));
    }

    #[test]
    fn what_is_not_understood_to_its_end_is_not_understood() {
        let whole = concat!(
            "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n",
            "@@ -1,2 +1,2 @@\n one\n-two\n+three\n",
        );
        assert_eq!(parse("").unwrap(), Diff::default());
        assert!(parse(whole).is_ok());
        for (text, why) in [
            (&whole[..whole.len() - 1], CannotBeRead::Truncated),
            (&whole[..whole.len() - 7], CannotBeRead::Truncated),
            ("<html>Not found</html>\n", CannotBeRead::NotADiff),
            ("diff --git a/x b/y\n", CannotBeRead::NotADiff),
            ("diff --cc x\n", CannotBeRead::NotADiff),
            ("diff --git a/x b/x\nsomething\n", CannotBeRead::NotADiff),
            ("diff --git a/x b/x\n@@ -1 +1 @\n", CannotBeRead::NotADiff),
            ("diff --git a/x b/x\n@@ -1,9999999999 +1 @@\n", CannotBeRead::NotADiff),
            ("diff --git a/x b/x\n@@ -0,0 +1 @@\n-y\n", CannotBeRead::NotADiff),
            ("diff --git a/x b/x\n@@ -0,0 +1 @@\n+y\n+z\n", CannotBeRead::NotADiff),
            ("diff --git a/x b/x\n@@ -0,0 +4294967295,2 @@\n+y\n+z\n", CannotBeRead::NotADiff),
            ("diff --git a/x b/x\n@@ -0,0 +1,4294967295 @@\n+y\n", CannotBeRead::Truncated),
            ("diff --git a/x b/x\n--- /dev/null\n+++ /dev/null\n", CannotBeRead::NotADiff),
        ] {
            assert_eq!(parse(text).unwrap_err(), why, "{text}");
        }
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let huge = vec![b'x'; LARGEST_DIFF + 1];
        assert_eq!(parse_diff(&huge).unwrap_err(), CannotBeRead::TooLarge);
        let lines = format!("diff --git a/x b/x\n@@ -0,0 +1,300000 @@\n{}", "+\n".repeat(300_000));
        assert_eq!(parse(&lines).unwrap_err(), CannotBeRead::TooLarge);
        let files = "diff --git a/x b/x\nnew file mode 100644\n".repeat(20_001);
        assert_eq!(parse(&files).unwrap_err(), CannotBeRead::TooLarge);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_stop(text in ".{0,400}", head in proptest::bool::ANY) {
            let head = if head { "diff --git a/x b/x\n@@ -1,3 +1,3 @@\n" } else { "" };
            let _ = parse(&format!("{head}{text}\n"));
        }
    }
}
