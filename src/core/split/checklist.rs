//! The check boxes of a text: what an epic lists.

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::core::command::markdown::{events, with_plain_line_ends};

/// How many boxes of a text are looked at, and how many characters of each.
const MOST_BOXES: usize = 500;
const LONGEST: usize = 300;

/// What stands behind a check box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecklistItem {
    /// Its words, without the issues that it begins or ends with.
    pub text: String,
    /// The issues of the same repository that it names.
    pub issues: Vec<i64>,
}

/// How issues of the repository of a text are named in it.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    /// What the repository is called: `o/r`.
    pub name: &'a str,
    /// What the addresses of its issues begin with.
    pub issues: &'a str,
}

/// Whether a text has check boxes.
pub fn has_checklist(body: &str) -> bool {
    !checklist(body, Home { name: "", issues: "" }).is_empty()
}

/// The check boxes of `body`, whether they are ticked or not. None of a text that is nested too deeply
/// to be read.
pub fn checklist(body: &str, home: Home<'_>) -> Vec<ChecklistItem> {
    let body = with_plain_line_ends(body);
    let Ok(events) = events(&body) else { return Vec::new() };
    let mut found: Vec<ChecklistItem> = Vec::new();
    let mut item: Option<Raw> = None;
    for (event, _) in events {
        match event {
            Event::TaskListMarker(_) if found.len() < MOST_BOXES => item = Some(Raw::default()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(item) = &mut item {
                    item.text.push_str(&text);
                }
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                if let Some(item) = &mut item {
                    item.links.push(dest_url.into_string());
                }
            }
            Event::SoftBreak
            | Event::HardBreak
            | Event::End(TagEnd::Item)
            | Event::Start(Tag::List(_)) => {
                found.extend(item.take().map(|item| item.read(home)));
            }
            _ => {}
        }
    }
    found
}

/// One line behind a box.
#[derive(Default)]
struct Raw {
    text: String,
    links: Vec<String>,
}

impl Raw {
    fn read(self, home: Home<'_>) -> ChecklistItem {
        let mut text: String = self.text.chars().take(LONGEST).collect();
        if text.len() < self.text.len() {
            // Half of a number is another number.
            text.truncate(text.rfind(char::is_whitespace).unwrap_or(0));
        }
        let (mut issues, mut words) = (Vec::new(), Vec::new());
        for word in text.split_whitespace() {
            let bare = word.trim_matches(|c: char| matches!(c, ',' | '.' | ':' | ';' | '(' | ')'));
            match reference(bare, home.name).or_else(|| address(bare, home.issues)) {
                Some(number) => issues.push(number),
                None => words.push(word),
            }
        }
        issues.extend(self.links.iter().filter_map(|link| address(link, home.issues)));
        let mut each: Vec<i64> = Vec::new();
        for number in issues {
            if !each.contains(&number) {
                each.push(number);
            }
        }
        let text = words.join(" ");
        let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | ':'));
        ChecklistItem { text: text.to_owned(), issues: each }
    }
}

/// `#31` or `o/r#31`.
fn reference(word: &str, home: &str) -> Option<i64> {
    let (repo, number) = word.split_once('#')?;
    let is_home = repo.is_empty() || repo.eq_ignore_ascii_case(home);
    number.parse().ok().filter(|number| is_home && *number > 0)
}

/// `https://git.example.org/o/r/issues/31`.
fn address(link: &str, issues: &str) -> Option<i64> {
    let link = link.split(['#', '?']).next()?;
    let (before, number) = link.split_at_checked(issues.len())?;
    let is_home = !issues.is_empty() && before.eq_ignore_ascii_case(issues);
    number.parse().ok().filter(|number| is_home && *number > 0)
}

#[cfg(test)]
mod tests {
    use crate::core::split::checklist::*;

    fn read(body: &str) -> Vec<(String, Vec<i64>)> {
        let issues = "https://git.example.org/foundation/door/issues/";
        let found = checklist(body, Home { name: "foundation/door", issues });
        found.into_iter().map(|one| (one.text, one.issues)).collect()
    }

    #[test]
    fn boxes_are_read_with_the_issues_that_they_name() {
        let body = "An epic.\n\n- [ ] #31 Docs for sessions\r\n- [x] Oil it (#7)\n\
                    - [ ] **Paint** `door.rs`\n  and more\n\
                    - [ ] [Wax](https://git.example.org/foundation/door/issues/9#x)\n\
                    - [ ] [Not here](https://other.example.org/foundation/door/issues/2)\n\
                    - [ ] Foundation/Door#4: hang it\n- [ ] o/r#5 elsewhere\n- no box #6\n\n\
                    ```\n- [ ] code #8\n```\n\n> - [ ] quoted #10\n";
        let found = read(body);
        let expected: [(&str, &[i64]); 8] = [
            ("Docs for sessions", &[31]),
            ("Oil it", &[7]),
            ("Paint door.rs", &[]),
            ("Wax", &[9]),
            ("Not here", &[]),
            ("hang it", &[4]),
            ("o/r#5 elsewhere", &[]),
            ("quoted", &[10]),
        ];
        let expected: Vec<(String, Vec<i64>)> =
            expected.iter().map(|(text, issues)| ((*text).to_owned(), issues.to_vec())).collect();
        assert_eq!(found, expected);
        assert!(read("Nothing to tick. #4\n\n* one\n* two").is_empty());
    }

    #[test]
    fn nested_boxes_are_boxes() {
        let body = "- [ ] #1 one\n  - [ ] #2 two\n    1. [x] #3 three\n";
        let numbers: Vec<Vec<i64>> = read(body).into_iter().map(|(_, issues)| issues).collect();
        assert_eq!(numbers, [vec![1], vec![2], vec![3]]);
    }

    #[test]
    fn hostile_texts_are_bounded() {
        let many: String =
            (1..=3000).map(|n| format!("- [ ] #{n} {}\n", "x".repeat(400))).collect();
        let found = read(&many);
        assert_eq!(found.len(), MOST_BOXES);
        assert!(found.iter().all(|(text, _)| text.len() <= LONGEST));
        for bad in [
            "- [ ] ",
            "#",
            "- [ ] #0",
            "- [ ] #-4",
            "- [ ] #99999999999999999999",
            "- [ ] /issues/",
        ] {
            assert!(read(&bad.repeat(1000)).iter().all(|(_, issues)| issues.is_empty()), "{bad}");
        }
    }
}
