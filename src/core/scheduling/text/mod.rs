//! What the text of an issue says about the work.

mod acceptance;
mod closes;
mod lines;
mod paths;
mod place;
mod readiness;
mod templates;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use regex::Regex;

use super::Readiness;
use crate::core::model::ids::RepoId;
use crate::core::model::issue::NamedPaths;
use templates::TemplateWords;

pub use closes::closes;
pub use paths::named as named_paths;
pub use templates::IssueTemplate;

/// Counts how often the reading of texts was changed: what was read before is to be read again.
const EDITION: u32 = 4;

/// Reads texts.
#[derive(Debug)]
pub struct TextReader {
    acceptance: Regex,
    /// What no repository says by itself.
    common: Arc<TemplateWords>,
    /// The words of the repositories that have templates.
    by_repo: RwLock<HashMap<RepoId, Arc<TemplateWords>>>,
}

/// What the text of an issue says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextFindings {
    pub readiness: Readiness,
    /// Whether it may be a template that was filled in, or not.
    pub may_be_a_form: bool,
    /// The paths that it names.
    pub paths: NamedPaths,
}

impl TextReader {
    /// One for which a heading or line tells what makes an issue done if `acceptance` matches it.
    pub fn new(acceptance: Regex) -> Self {
        let common = Arc::new(TemplateWords::of(&[]));
        Self { acceptance, common, by_repo: RwLock::default() }
    }

    /// The templates of a repository, from now on.
    pub fn know(&self, repo: RepoId, templates: &[IssueTemplate]) {
        let mut known = self.by_repo.write().unwrap_or_else(PoisonError::into_inner);
        match templates {
            [] => known.remove(&repo),
            _ => known.insert(repo, Arc::new(TemplateWords::of(templates))),
        };
    }

    /// Whether an issue of `repo` says what is to be done, where, and when it is done. Quotes and
    /// HTML say nothing, nor does what its template says, nor a body that is nested too deeply to
    /// be read.
    pub fn read(&self, repo: RepoId, title: &str, body: &str) -> TextFindings {
        let pieces = lines::pieces(body).unwrap_or_default();
        let words = self.words(repo);
        TextFindings {
            readiness: readiness::judge(&self.acceptance, &words, title, &pieces),
            may_be_a_form: readiness::may_be_a_form(body, &pieces),
            paths: paths::named(title, body),
        }
    }

    /// The points of an issue of `repo` that say when it is done, in its author's own words.
    pub fn acceptance_points(&self, repo: RepoId, body: &str) -> Vec<String> {
        let pieces = lines::pieces(body).unwrap_or_default();
        acceptance::points(&self.acceptance, &self.words(repo), &pieces)
    }

    fn words(&self, repo: RepoId) -> Arc<TemplateWords> {
        let known = self.by_repo.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&repo).unwrap_or(&self.common).clone()
    }

    /// The rules by which it reads: what was read by others is to be read again.
    pub fn rules(&self) -> String {
        format!("{EDITION} {}", self.acceptance)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::text::*;

    const REPO: RepoId = RepoId(1);

    fn reader() -> TextReader {
        TextReader::new(Regex::new("(?i)accept|done when|expected").unwrap())
    }

    fn read(body: &str) -> Readiness {
        reader().read(REPO, "", body).readiness
    }

    /// As a repository with these templates reads it.
    fn read_with(templates: &[IssueTemplate], title: &str, body: &str) -> Readiness {
        let reader = reader();
        reader.know(REPO, templates);
        reader.read(REPO, title, body).readiness
    }

    const NOTHING: Readiness = Readiness { scope: false, place: false, acceptance: false };

    #[test]
    fn the_points_that_say_when_it_is_done_are_read() {
        for (body, expected) in [
            ("Just words.", &[][..]),
            (
                "## Acceptance criteria\n\n- a works\n- [ ] b works\n\n## Notes\n\nc",
                &["a works", "b works"],
            ),
            ("**Done when**\n\na works\n\n### More\n\nb works", &["a works"]),
            ("It is done when: it works.", &["it works."]),
            ("- [ ] a\n- [x] b\n- c", &["a", "b"]),
            ("> ## Expected\n> quoted\n\n## Expected\n\n_No response_", &[]),
        ] {
            assert_eq!(reader().acceptance_points(REPO, body), expected, "{body}");
        }
        let many = "- [ ] point\n".repeat(500);
        assert_eq!(reader().acceptance_points(REPO, &many).len(), 50);
    }

    #[test]
    fn forty_characters_of_ones_own_are_a_scope() {
        let words = "word ".repeat(8);
        assert!(!read(&words).scope, "39 characters");
        assert!(read(&format!("{words}s")).scope);
        assert!(read(&format!("# {}\n\n- {}", &words[..20], &words[..25])).scope);
        assert!(read(&"ß".repeat(40)).scope && !read(&"ß".repeat(39)).scope);
        assert!(
            reader().read(REPO, &words[..20], &words[..25]).readiness.scope,
            "the title counts"
        );
        for nothing in [
            format!("```\n{words}{words}\n```"),
            format!("> {words}{words}"),
            format!("    {words}{words}"),
            format!("<!-- {words}{words} -->"),
            format!("# {words}{words}"),
            " ".repeat(100),
            "\u{A0}".repeat(100),
        ] {
            assert_eq!(read(&nothing), NOTHING, "{nothing}");
        }
    }

    #[test]
    fn what_is_accepted_stands_behind_its_name() {
        for body in [
            "## Acceptance criteria\n\nIt opens.",
            "# Acceptance\n## First\n\nIt opens.",
            "a\n**Done** when it runs",
            "- Expected: 3",
            "Expected result:\n\n```\n3\n```",
            "a\r\n\r\nExpected\r\n---\r\nb",
            "**Expected**\nIt opens.",
            "| expected | found |\n|---|---|",
            "- [ ] a",
            "1. a\n   - [x] b",
        ] {
            assert!(read(body).acceptance, "{body}");
        }
        for body in [
            "## Acceptance criteria",
            "## Acceptance criteria\n\n_No response_\n\n## Version\n\n1.2",
            "## Expected\n\n> it opens",
            "Acceptance criteria:",
            "> Done when it runs",
            "```\nexpected `;` here\n```",
            "a `done when` b",
            "done\nwhen",
            "[ ] a",
            "> - [ ] a",
            "```\n- [ ] a\n```",
            "- [ ] ...",
            "- [ ]",
            "- [x] I have searched the existing issues",
        ] {
            assert!(!read(body).acceptance, "{body}");
        }
    }

    #[test]
    fn a_place_is_a_file_a_name_in_backticks_or_an_error() {
        for body in ["It is in src/door.rs.", "Call `open` first.", "```\nerror: no key\n```"] {
            assert!(read(body).place, "{body}");
        }
        for body in ["It is somewhere.", "> Call `open` first.", "```\nall is well\n```", "`...`"] {
            assert!(!read(body).place, "{body}");
        }
        for title in ["src/door.rs does not open", "`open` does not open"] {
            assert!(reader().read(REPO, title, "").readiness.place, "{title}");
        }
    }

    /// As GitHub puts it into a repository.
    const STOCK: &str = include_str!("stock/bug_report.md");

    /// As Gitea writes a form that nobody filled in.
    const FORM: &str = "### What happened?\n\n_No response_\n\n### What did you expect?\n\n\
        _No response_\n\n### Acceptance criteria\n\n_No response_\n\n### Terms\n\n\
        - [x] I agree to follow this project's code of conduct\n- [ ] I have searched the existing issues\n";

    #[test]
    fn a_template_that_nobody_filled_in_says_nothing() {
        let own = "<!-- Thanks! -->\n\n## What happened\n\nTell us as much as you can, and how it looks in \
            `timmy doctor`.\n\n## Acceptance criteria\n\n- [ ] it is described what makes it done\n";
        let template = IssueTemplate { title: "[BUG] ".to_owned(), texts: vec![own.to_owned()] };
        assert_eq!(read_with(&[template], "[BUG] Zon VITAL", own), NOTHING);
        for body in [STOCK, FORM, "## What\n\n## Acceptance criteria\n\n- [ ] ...\n"] {
            assert_eq!(read_with(&[], "Zon VITAL", body), NOTHING, "{body}");
            assert!(reader().read(REPO, "", body).may_be_a_form, "{body}");
        }
    }

    #[test]
    fn a_template_that_somebody_filled_in_says_what_they_wrote() {
        let filled = STOCK
            .replace(
                "A clear and concise description of what the bug is.",
                "The door opens by itself when it rains.",
            )
            .replace(
                "A clear and concise description of what you expected to happen.",
                "It stays closed.",
            );
        let all = Readiness { scope: true, place: false, acceptance: true };
        assert_eq!(read_with(&[], "The door", &filled), all);
        let filled = FORM.replacen(
            "_No response_",
            "The door opens by itself when it rains: `open` is called.",
            1,
        );
        let what = Readiness { scope: true, place: true, acceptance: false };
        assert_eq!(read_with(&[], "The door", &filled), what);
    }

    #[test]
    fn one_good_sentence_is_ready_to_be_worked_on() {
        let title = "`timmy why` counts 13 issues where the list of the forge has 14 of them";
        assert_eq!(
            read_with(&[], title, ""),
            Readiness { scope: true, place: true, acceptance: false }
        );
        assert!(!reader().read(REPO, title, "It does so since yesterday.").may_be_a_form);
    }

    #[test]
    fn hostile_texts_are_read_quickly_or_not_at_all() {
        let deep = format!("{}a\n{}", ">".repeat(500_000), "b\n".repeat(250_000));
        assert_eq!(read(&deep), NOTHING);
        for bad in
            ["[", "*a_", "- ", "`", "<", "\u{202E}", "|\n", "a\n", "a/", "a:", "**a**\n\n", "# \n"]
        {
            let _ = read(&bad.repeat(1_000_000 / bad.len()));
        }
    }
}
