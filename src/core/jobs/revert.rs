//! Whether a commit takes back what a job brought, as its message says.
//!
//! Messages are what tells: git writes `This reverts commit <sha>.`, the forge's own button
//! `revert <sha>` or `Revert: <sha>` where the person leaves it, and a squashed branch keeps the
//! lines of its commits behind a `*`. Only a line that begins so counts, so that nobody's talk about a
//! revert is one.

use super::ids::Commit;

/// The least of a commit's name that names it.
const SHORTEST: usize = 7;

/// What a line begins with that names what is taken back, in lower case.
const BEGINNINGS: [&str; 3] = ["this reverts commit ", "revert: ", "revert "];

/// How much of a message is read.
const MOST_LINES: usize = 1000;

/// The names of commits that a message says are taken back, in lower case.
pub fn taken_back(message: &str) -> Vec<String> {
    message.lines().take(MOST_LINES).filter_map(named).collect()
}

fn named(line: &str) -> Option<String> {
    let line = line.trim_start_matches(['*', '-', ' ', '\t']);
    let lower = line.get(..line.len().min(120)).unwrap_or(line).to_ascii_lowercase();
    let rest = BEGINNINGS.iter().find_map(|begins| lower.strip_prefix(begins))?;
    let name: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    let ends = rest[name.len()..].chars().next().is_none_or(|next| !next.is_alphanumeric());
    (ends && name.len() >= SHORTEST).then_some(name)
}

/// Whether one of these names is that of `commit`.
pub fn is_named(commit: &Commit, names: &[String]) -> bool {
    let commit = commit.to_string();
    names.iter().any(|name| commit.starts_with(name))
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::revert::*;

    const SHA: &str = "8b195ee08b195ee08b195ee08b195ee08b195ee0";

    fn takes_back(message: &str) -> bool {
        let commit: Commit = SHA.parse().expect("a commit");
        is_named(&commit, &taken_back(message))
    }

    #[test]
    fn git_and_the_button_of_the_forge_say_it() {
        for message in [
            format!("Revert \"Oil it\"\n\nThis reverts commit {SHA}."),
            format!(
                "Revert \"Oil it\"\n\nThis reverts commit {SHA}, reversing\nchanges made to 1."
            ),
            format!("revert {SHA}\n\nrevert Oil it (#57)"),
            format!("Revert: {SHA}"),
            "Revert \"Oil it\"\r\n\r\nThis reverts commit 8B195EE.\r\n".to_owned(),
            format!("Take it back (#60)\n\n* Revert \"Oil it\"\n\n* This reverts commit {SHA}."),
        ] {
            assert!(takes_back(&message), "{message}");
        }
    }

    #[test]
    fn what_only_speaks_of_it_does_not() {
        for message in [
            format!("We may have to say: This reverts commit {SHA}."),
            format!("Oil it\n\nSee {SHA}, which we revert later."),
            "This reverts commit 8b195e.".to_owned(),
            "This reverts commit 8b195eez.".to_owned(),
            "This reverts commit 9999999999.".to_owned(),
            "revert the hinges".to_owned(),
            "revert ".to_owned(),
            format!("Reverts commit {SHA}"),
            "é".repeat(200),
            String::new(),
        ] {
            assert!(!takes_back(&message), "{message}");
        }
    }
}
