//! What an issue says that whoever opened it did not write: the words of its template.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::lines::{TextLine, TextLineKind, TextPiece, pieces, spaced};

/// The templates that GitHub puts into a repository. They come along with issues that were written
/// elsewhere, and are pasted by hand.
const STOCK: [&str; 2] =
    [include_str!("stock/bug_report.md"), include_str!("stock/feature_request.md")];

/// What people say of themselves in a check box, and not of the work.
static PROMISE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(i|we)( have|'ve|’ve)?( already)? (searched|checked|read|agree|confirm|understand)(?-u:\b)",
    )
});

/// The same outside of a check box.
static SEARCHED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(i|we)( have|'ve|’ve) searched(?-u:\b).*(?-u:\b)(issues?|duplicates?|similar)(?-u:\b)",
    )
});

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this file")
}

/// What a repository's template for issues says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IssueTemplate {
    /// What a title begins with.
    pub title: String,
    /// Its texts: the body, or all that a form holds.
    pub texts: Vec<String>,
}

/// The words of some templates.
#[derive(Debug, Clone, Default)]
pub(super) struct TemplateWords {
    titles: Vec<String>,
    lines: HashSet<String>,
}

impl TemplateWords {
    /// Those of `templates`, and of those that are known everywhere.
    pub(super) fn of(templates: &[IssueTemplate]) -> Self {
        let texts = templates.iter().flat_map(|template| &template.texts).map(String::as_str);
        let titles = templates.iter().map(|template| spaced(&template.title));
        let titles = titles.filter(|title| !title.is_empty()).collect();
        let lines = STOCK.into_iter().chain(texts).filter_map(|text| pieces(text).ok()).flatten();
        let lines = lines.flat_map(|piece| match piece {
            TextPiece::TextLine(line) => vec![line.text],
            TextPiece::Code(code) => code.lines().map(spaced).collect(),
        });
        Self { titles, lines: lines.filter(|line| !line.is_empty()).collect() }
    }

    /// What of a line its author wrote; nothing if that says nothing.
    pub(super) fn own<'l>(&self, line: &'l TextLine) -> Option<&'l str> {
        let text = line.text.as_str();
        let is_promise = match line.kind {
            TextLineKind::TaskItem => PROMISE.is_match(text),
            _ => SEARCHED.is_match(text),
        };
        let own = self.own_part(text)?;
        (!is_promise && !is_filler(own)).then_some(own)
    }

    /// Whether a block of code holds anything that its author wrote.
    pub(super) fn is_own_code(&self, code: &str) -> bool {
        code.lines().any(|line| self.own_part(&spaced(line)).is_some_and(|own| !is_filler(own)))
    }

    /// What somebody wrote behind a line of a template, or instead of it.
    fn own_part<'l>(&self, text: &'l str) -> Option<&'l str> {
        if self.lines.contains(text) {
            return None;
        }
        // `Version: [e.g. 22]` is filled in as `Version: 1.2`.
        let label = text.find(':').map(|colon| text.split_at(colon + 1));
        match label {
            Some((label, own)) if self.has_label(label) => Some(own.trim_start()),
            _ => Some(text),
        }
    }

    fn has_label(&self, label: &str) -> bool {
        self.lines.contains(label)
            || self.lines.iter().any(|line| line.strip_prefix(label).is_some_and(is_example))
    }

    /// What of a title its author wrote.
    pub(super) fn own_title<'t>(&self, title: &'t str) -> &'t str {
        let title = title.trim();
        let behind = |start: &String| {
            let head = title.get(..start.len())?;
            head.eq_ignore_ascii_case(start).then(|| title[start.len()..].trim_start())
        };
        self.titles.iter().find_map(behind).unwrap_or(title)
    }
}

/// Whether a template shows so what may stand there.
fn is_example(rest: &str) -> bool {
    rest.trim_start().starts_with(['[', '<', '('])
}

/// Whether it stands for nothing.
fn is_filler(text: &str) -> bool {
    let word = text.trim_matches(|c: char| !c.is_alphanumeric());
    ["", "no response", "n/a", "tbd"].iter().any(|filler| word.eq_ignore_ascii_case(filler))
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::text::templates::*;

    fn template(title: &str, text: &str) -> IssueTemplate {
        IssueTemplate { title: title.to_owned(), texts: vec![text.to_owned()] }
    }

    /// The lines of `body` that are its author's.
    fn own(templates: &[IssueTemplate], body: &str) -> Vec<String> {
        let words = TemplateWords::of(templates);
        let own = |piece: &TextPiece| match piece {
            TextPiece::TextLine(line) => words.own(line).map(str::to_owned),
            TextPiece::Code(code) => words.is_own_code(code).then(|| "code".to_owned()),
        };
        pieces(body).expect("it is not deep").iter().filter_map(own).collect()
    }

    #[test]
    fn what_a_template_says_is_not_its_users() {
        let template = template(
            "[BUG] ",
            "## What happened\n\nSay *it* here.\n\n- Version: [e.g. 22]\n\n```\nthe log\n```",
        );
        let body = "## What happened\n\nSay  it here.\nIt broke.\n\n- Version: [e.g. 22]\n- Version: 1.2\n\n\
                    ```\nthe log\n```\n\n```\npanicked\n```";
        assert_eq!(own(&[template], body), ["It broke.", "1.2", "code"]);
    }

    #[test]
    fn fillers_say_nothing() {
        let body = "_No response_\n\n...\n\nN/A\n\n- [ ] ...\n- [x] I have searched the existing issues\n\
                    - [ ] I agree to follow the rules\n\nI have searched for duplicates.\n\nI have checked the door.";
        assert_eq!(own(&[], body), ["I have checked the door."]);
    }

    #[test]
    fn the_beginning_of_a_title_is_the_templates() {
        let words = TemplateWords::of(&[template("[BUG] ", ""), template("", "")]);
        assert_eq!(words.own_title("[bug] It broke"), "It broke");
        assert_eq!(words.own_title("[BUG]"), "");
        assert_eq!(words.own_title("ßßß"), "ßßß");
    }
}
