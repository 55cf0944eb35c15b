//! What the author of an issue is asked that does not say what is to be done.

use askama::Template;

use super::filters::{self, Name};
use crate::core::effect::marker::key_of;
use crate::core::effect::{Body, CreateComment};
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::ScopePart;
use crate::core::model::time::Timestamp;

/// What the key of a question holds, whichever ledger asked it.
const MARK: &str = "-scope.";

/// How the lines begin that it proposes.
const PLACE: &str = "Where:";
const ACCEPTANCE: &str = "Done when:";

/// The key of the question about an issue.
pub fn question_key(ledger: &str, thread: ThreadId) -> String {
    format!("{ledger}{MARK}{}.{}", thread.repo.0, thread.number)
}

/// The key of the question that a comment of the own account is, if it is one.
pub fn asked_by(body: &str) -> Option<&str> {
    key_of(body).filter(|key| is_question_key(key))
}

/// Whether an effect with this key asks the author of an issue.
pub fn is_question_key(key: &str) -> bool {
    key.contains(MARK)
}

/// Whether a text fills in a line that a question proposes.
pub fn fills_in_a_line(body: &str) -> bool {
    let is_filled = |line: &str| {
        let said = [PLACE, ACCEPTANCE].iter().find_map(|begins| line.trim().strip_prefix(begins));
        said.is_some_and(|said| !said.trim().is_empty())
    };
    body.lines().any(is_filled)
}

/// The comment that asks `author` for `parts`; it cannot be older than `since`.
pub fn question(
    author: &Account,
    parts: &[ScopePart],
    (name, key): (&str, &str),
    since: Timestamp,
) -> CreateComment {
    let template = ScopeTemplate { author: &author.login, parts };
    let text = template.render_with_values(&Name(name.to_owned()));
    let text = text.expect("a String takes everything, and the name is told");
    CreateComment { body: Body::finished(text.trim()).marked(key), since, reply_to: None }
}

#[derive(Template)]
#[template(path = "scope.md")]
struct ScopeTemplate<'a> {
    author: &'a str,
    parts: &'a [ScopePart],
}

impl ScopeTemplate<'_> {
    /// The beginnings of lines by which an answer is understood.
    fn lines(&self) -> Vec<&'static str> {
        let line = |part: &ScopePart| match part {
            ScopePart::Scope => None,
            ScopePart::Place => Some(PLACE),
            ScopePart::Acceptance => Some(ACCEPTANCE),
        };
        self.parts.iter().filter_map(line).collect()
    }
}

impl ScopePart {
    /// What is asked for, in words that go on a sentence.
    pub fn asked(self) -> &'static str {
        match self {
            Self::Scope => "what is to be done",
            Self::Place => "where that is",
            Self::Acceptance => "when it is done",
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::core::model::ids::RepoId;
    use crate::core::reply::scope_question::*;

    fn asked(login: &str, parts: &[ScopePart]) -> String {
        let key = question_key("a-b1", ThreadId { repo: RepoId(1), number: 9 });
        let author = Account { id: 3, login: login.to_owned() };
        let comment = question(&author, parts, ("timmy", &key), Timestamp::default());
        serde_json::to_value(&comment.body).unwrap()["segments"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn it_asks_for_what_is_missing_and_for_nothing_else() {
        let all = [ScopePart::Scope, ScopePart::Place, ScopePart::Acceptance];
        assert_snapshot!(asked("anna", &all), @r"
        **This is next, and I cannot tell yet what is to be done.** @anna, please say three things more, in a comment or in the text above:

        - What should be different afterwards? A sentence or two in your own words.
        - Where is it: which file, page or command, or the error as you see it?
        - How can one tell that it is done?

        Lines to copy and fill in:

        ```text
        Where:
        Done when:
        ```

        Until then no agent gets it. I ask this only once.

        <!-- timmy key=a-b1-scope.1.9 -->
        ");
        assert_snapshot!(asked("anna", &all[..1]), @r"
        **This is next, and I cannot tell yet what is to be done.** @anna, please say one thing more, in a comment or in the text above:

        - What should be different afterwards? A sentence or two in your own words.

        Until then no agent gets it. I ask this only once.

        <!-- timmy key=a-b1-scope.1.9 -->
        ");
    }

    #[test]
    fn it_is_known_by_its_key_and_calls_nobody_but_an_account() {
        let text = asked("an na <!-- @all", &[ScopePart::Scope]);
        assert_eq!(asked_by(&text), Some("a-b1-scope.1.9"));
        assert!(!text.contains("@all") && !text.contains("@an na <"), "{text}");
        assert_eq!(asked_by(&text.replace("-scope.", "-j")), None);
    }
}
