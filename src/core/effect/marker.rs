//! The hidden last line of a comment that says which effect it is.
//!
//! Quoting a comment copies its marker, and anybody can write one; so a marker counts only as the
//! last line of a comment by timmy's own account.

/// The line that marks the comment of the effect `key`.
pub fn marker(key: &str) -> String {
    format!("<!-- timmy key={key} -->")
}

/// The key that a comment's text is marked with, if any.
pub fn key_of(body: &str) -> Option<&str> {
    let last = body.trim_end().lines().next_back()?;
    let key = last.strip_prefix("<!-- timmy key=")?.strip_suffix(" -->")?;
    (!key.is_empty() && !key.contains(' ')).then_some(key)
}

/// The line before a marker that says that the words are an agent's approval. It is sent as a comment,
/// so that it satisfies no rule of the forge that demands approvals.
pub const APPROVAL: &str = "<!-- timmy verdict=approved -->";

/// Whether a text that timmy marked is an agent's approval.
pub fn is_approval(body: &str) -> bool {
    let mut lines = body.trim_end().lines().rev();
    let is_marked = key_of(body).is_some();
    is_marked && lines.nth(1) == Some(APPROVAL)
}

/// The words of a text without the last lines that mark it, if it is marked.
pub fn unmarked(body: &str) -> &str {
    if key_of(body).is_none() {
        return body;
    }
    let said = body.trim_end().rsplit_once('\n').map_or("", |(said, _)| said.trim_end());
    said.strip_suffix(APPROVAL).unwrap_or(said).trim_end()
}

#[cfg(test)]
mod tests {
    use crate::core::effect::marker::*;

    #[test]
    fn only_the_last_line_marks() {
        assert_eq!(key_of(&format!("Done.\n\n{}\n", marker("c812"))), Some("c812"));
        assert_eq!(key_of(&format!("{}\nmore", marker("c812"))), None);
        assert_eq!(key_of(&format!("> {}", marker("c812"))), None);
        assert_eq!(key_of(""), None);
    }

    #[test]
    fn marks_are_no_words() {
        let marked = |words: &str| format!("{words}\n\n{}\n", marker("j1.result"));
        assert_eq!(unmarked(&marked("Not yet.")), "Not yet.");
        assert_eq!(unmarked(&marked(&format!("**Approved.**\n\n{APPROVAL}"))), "**Approved.**");
        assert_eq!(unmarked(&marker("c812")), "");
        for words in ["Not yet.\n", "", &format!("{}\nmore", marker("c812")), APPROVAL] {
            assert_eq!(unmarked(words), words);
        }
    }

    #[test]
    fn an_approval_is_known_by_its_own_line() {
        let said = |before: &str| format!("**Approved.**\n\n{before}{}\n", marker("j1.result"));
        assert!(is_approval(&said(&format!("{APPROVAL}\n"))));
        assert!(!is_approval(&said("")));
        assert!(!is_approval(&said(&format!("{APPROVAL}\n\nNot yet.\n"))));
        assert!(!is_approval(APPROVAL));
    }
}
