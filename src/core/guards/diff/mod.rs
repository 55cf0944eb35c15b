//! A diff as git writes it and Gitea serves it: which files change, and how.
//!
//! What stands in it was written by an agent, names of files included. So lines count by the numbers
//! that head them and never by what they look like, and what is not understood to its end is not
//! understood at all: nobody may hide the rest behind it.

mod file;
mod header;
mod parse;
mod path;

pub use file::{Diff, DiffContent, DiffFile, DiffLine, FileMode, FileSide, Hunk, LineKind};
pub use parse::{LARGEST_DIFF, parse_diff};
