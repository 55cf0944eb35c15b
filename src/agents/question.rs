//! What an agent asks to do, in words that people allow.

use sha2::{Digest as _, Sha256};

use super::brief::{one_line, shortened};
use super::redact::Redactor;

/// The most of what it wants to do that people are shown, in characters.
pub(super) const LONGEST_QUESTION: usize = 500;

/// Before the digest of what they are not shown word for word.
const DIGEST: &str = "[sha256";

/// What people are asked about `words`. They allow this text, so it stands for one thing alone: what
/// is too long to be shown, or not shown as it is, is told by its digest as well.
pub(super) fn question(words: &str, redactor: &Redactor) -> String {
    question_about(words, words, redactor)
}

/// The same of `whole`, of which only `shown` can be read.
pub(super) fn question_about(shown: &str, whole: &str, redactor: &Redactor) -> String {
    let begin = shortened(&one_line(&redactor.redact(shown)), LONGEST_QUESTION);
    if begin == whole && !whole.contains(DIGEST) {
        return begin;
    }
    let digest: String =
        Sha256::digest(whole.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{begin} {DIGEST} {digest}]")
}

#[cfg(test)]
mod tests {
    use crate::agents::question::*;

    fn asked(words: &str) -> String {
        question(words, &Redactor::default())
    }

    #[test]
    fn what_people_allow_stands_for_one_thing_alone() {
        assert_eq!(asked("cargo clean"), "cargo clean");
        let long = |end: &str| format!("{}{end}", "x".repeat(LONGEST_QUESTION));
        assert_ne!(asked(&long("; ls")), asked(&long("; rm -rf /")), "beyond what is shown");
        assert_ne!(asked("ls\nrm -rf /"), asked("ls rm -rf /"), "on one line");
        let shown = asked(&long("; ls"));
        assert_ne!(asked(&shown), shown, "the words of another one");
        let edit = |text: &str| question_about("edit a.txt", text, &Redactor::default());
        assert_ne!(edit("one text"), edit("another"), "what is not shown at all");
    }
}
