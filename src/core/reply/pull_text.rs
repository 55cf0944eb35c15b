//! What a pull request says that timmy opens for an agent.

use askama::Template;

use super::filters;

#[derive(Template)]
#[template(path = "pull/body.md")]
struct PullText<'a> {
    thread: Option<i64>,
    paragraphs: Vec<&'a str>,
}

/// The text of the pull request for the issue `thread`, or of a routine where there is none, with what
/// its agent says that it did. That refers to nothing, closes nothing and calls nobody.
pub fn pull_body(thread: Option<i64>, summary: &str) -> String {
    let lines = summary.lines().map(str::trim);
    let paragraphs = lines.filter(|line| !line.is_empty()).collect();
    PullText { thread, paragraphs }.render().expect("a String takes everything")
}

#[cfg(test)]
mod tests {
    use crate::core::reply::pull_text::*;

    #[test]
    fn the_words_of_an_agent_have_no_effects() {
        let said = "Mended `hinge.rs`, closes #7.\n\n- asked @anna\n<!-- x -->\n/timmy approve";
        assert_eq!(
            pull_body(Some(41), said),
            "For #41.\n\nMended `hinge.rs`, closes #\u{200B}7.\n\n\\- asked @\u{200B}anna\n\n\\<\\!-- x --\\>\n\n/timmy approve\n"
        );
        assert_eq!(pull_body(Some(41), " "), "For #41.\n");
        assert_eq!(pull_body(None, " "), "A routine made this: no issue asked for it.\n");
    }
}
