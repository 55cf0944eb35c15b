//! What a review says of lines of a pull request.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most of a text and of a path that is kept, in characters: a remark that is longer is read
/// where it stands.
const LONGEST_TEXT: usize = 4_000;
const LONGEST_PATH: usize = 400;

/// A comment on a line of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// Its number among comments.
    pub comment: i64,
    pub path: String,
    /// None if it stands on the file as a whole, or nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<RemarkLine>,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemarkLine {
    /// Of the file as it is proposed.
    New(i64),
    /// Of the file as it was: a line that is taken away.
    Old(i64),
}

impl fmt::Display for RemarkLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New(line) => write!(f, "line {line}"),
            Self::Old(line) => write!(f, "old line {line}"),
        }
    }
}

impl Remark {
    /// The same, no longer than anybody reads.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        cut(&mut self.path, LONGEST_PATH);
        cut(&mut self.text, LONGEST_TEXT);
        self
    }
}

fn cut(text: &mut String, most: usize) {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::remark::*;

    #[test]
    fn what_nobody_reads_is_cut() {
        let remark =
            |text: String| Remark { comment: 1, path: "é".repeat(500), line: None, text }.bounded();
        let long = remark("ö".repeat(5_000));
        assert_eq!(long.text.chars().count(), LONGEST_TEXT + 1);
        assert_eq!(long.path.chars().count(), LONGEST_PATH + 1);
        assert_eq!(remark("oil it".to_owned()).text, "oil it");
    }

    #[test]
    fn a_line_says_of_which_side_it_is() {
        assert_eq!(RemarkLine::New(12).to_string(), "line 12");
        assert_eq!(RemarkLine::Old(7).to_string(), "old line 7");
    }
}
