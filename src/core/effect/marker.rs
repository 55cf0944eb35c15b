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
}
