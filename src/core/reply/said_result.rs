//! What an agent says in the end, as it is posted for it: a review with comments on lines, or an
//! answer. Its words refer to nothing, close nothing and call nobody.

use askama::Template;

use super::filters;
use crate::core::effect::{PostResult, PostedRemark, PostedReview, defuse};
use crate::core::guards::diff::{Diff, LineKind};
use crate::core::jobs::{Commit, ReviewClaim, ReviewFinding};
use crate::core::model::time::Timestamp;
use crate::core::model::verdict::Opinion;

/// What is said, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ResultForm<'a> {
    /// By the agent, as a review.
    Review { opinion: Opinion },
    /// By the agent, of a commit that is the head no more.
    Earlier { commit: &'a Commit, opinion: Opinion },
    /// By the agent, to a question.
    Answer,
    /// By timmy for it.
    InOwnName { commit: Option<&'a Commit>, opinion: Option<Opinion> },
}

#[derive(Template)]
#[template(path = "pull/result.md")]
struct ResultText<'a> {
    form: ResultForm<'a>,
    agent: &'a str,
    lines: Vec<&'a str>,
    listed: Vec<&'a ReviewFinding>,
    left_out: u32,
}

impl ResultText<'_> {
    fn text(&self) -> String {
        self.render().expect("a String takes everything").trim().to_owned()
    }
}

/// The answer of `agent` to what it was asked.
pub fn answer_of(agent: &str, words: &str, since: Timestamp) -> PostResult {
    let said = |form| {
        ResultText { form, agent, lines: lines(words), listed: Vec::new(), left_out: 0 }.text()
    };
    PostResult {
        agent: agent.to_owned(),
        text: said(ResultForm::Answer),
        in_own_name: said(ResultForm::InOwnName { commit: None, opinion: None }),
        review: None,
        of_earlier: None,
        since,
        of: None,
    }
}

/// The review of `commit` by `agent`. What it finds on lines that `diff` shows stands there, the rest
/// in its text; all of that does where it is no review any more, since the head is another one.
pub fn review_of(
    (agent, claim, words): (&str, &ReviewClaim, &str),
    commit: &Commit,
    diff: Option<&Diff<'_>>,
    as_review: bool,
    since: Timestamp,
) -> PostResult {
    let diff = diff.filter(|_| as_review);
    let stands = |finding: &&ReviewFinding| {
        let place = finding.path.as_deref().zip(finding.line);
        place.zip(diff).is_some_and(|((path, line), diff)| shows(diff, path, line))
    };
    let (on_lines, listed): (Vec<_>, Vec<_>) = claim.findings.iter().partition(stands);
    let all: Vec<&ReviewFinding> = claim.findings.iter().collect();
    let (opinion, left_out) = (claim.opinion, claim.left_out);
    let said = |form, listed: Vec<&ReviewFinding>| {
        ResultText { form, agent, lines: lines(words), listed, left_out }.text()
    };
    let text = match as_review {
        true => match said(ResultForm::Review { opinion }, listed) {
            nothing if nothing.is_empty() => "Looked at this.".to_owned(),
            text => text,
        },
        false => said(ResultForm::Earlier { commit, opinion }, listed),
    };
    let remarks = on_lines.into_iter().filter_map(remark).collect();
    let of_earlier = || said(ResultForm::Earlier { commit, opinion }, all.clone());
    let of_earlier = as_review.then(of_earlier);
    PostResult {
        agent: agent.to_owned(),
        text,
        in_own_name: said(
            ResultForm::InOwnName { commit: Some(commit), opinion: Some(opinion) },
            all,
        ),
        review: as_review.then(|| PostedReview { commit: commit.clone(), opinion, remarks }),
        of_earlier,
        since,
        of: None,
    }
}

fn lines(words: &str) -> Vec<&str> {
    words.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn remark(finding: &ReviewFinding) -> Option<PostedRemark> {
    let text: Vec<String> = lines(&finding.text).into_iter().map(defuse::prose).collect();
    let (path, line) = (finding.path.clone()?, finding.line?);
    Some(PostedRemark { path, line, text: text.join("\n\n") })
}

/// Whether a diff shows this line of a file as it is proposed.
fn shows(diff: &Diff<'_>, path: &str, line: u32) -> bool {
    let is_it = |file: &&crate::core::guards::diff::DiffFile<'_>| {
        file.after.as_ref().is_some_and(|after| after.path == path)
    };
    let lines = diff.files.iter().filter(is_it).flat_map(|file| file.lines());
    lines.into_iter().any(|one| one.kind != LineKind::Removed && one.number == line)
}

#[cfg(test)]
mod tests {
    use crate::core::guards::diff::parse_diff;
    use crate::core::reply::said_result::*;

    const DIFF: &[u8] = b"diff --git a/a.rs b/a.rs\nindex 1..2 100644\n--- a/a.rs\n+++ b/a.rs\n\
        @@ -3,3 +3,3 @@\n kept\n-old\n+new\n kept\n";

    fn finding(path: &str, line: Option<u32>, text: &str) -> ReviewFinding {
        let path = (!path.is_empty()).then(|| path.to_owned());
        ReviewFinding { path, line, text: text.to_owned() }
    }

    fn reviewed(findings: Vec<ReviewFinding>, as_review: bool) -> PostResult {
        let claim =
            ReviewClaim { opinion: Opinion::ChangesRequested, commit: None, findings, left_out: 2 };
        let diff = parse_diff(DIFF).expect("a diff");
        let commit = "8b195ee0".repeat(5).parse().expect("a commit");
        let said = ("bezalel", &claim, "Not yet, @anna.\n\nCloses #3.");
        review_of(said, &commit, Some(&diff), as_review, Timestamp::default())
    }

    #[test]
    fn what_the_change_does_not_show_stands_in_the_text() {
        let findings = vec![
            finding("a.rs", Some(4), "Oil\nit, #7."),
            finding("a.rs", Some(5), "And here."),
            finding("a.rs", Some(6), "Not shown."),
            finding("b.rs", Some(4), "Elsewhere."),
            finding("a.rs", None, "All of it."),
            finding("", None, "In general: `@anna`"),
        ];
        let said = reviewed(findings.clone(), true);
        assert_eq!(
            said.text,
            "Not yet, @\u{200B}anna.\n\nCloses #\u{200B}3.\n\n- `a.rs`, line 6: Not shown.\n\
             - `b.rs`, line 4: Elsewhere.\n- `a.rs`: All of it.\n- In general: `@anna`\n\n\
             2 more were left out."
        );
        let earlier = said.of_earlier.expect("where the head moves");
        assert!(earlier.starts_with("**Review of `8b195ee`,** which is not the head any more: "));
        assert_eq!(earlier.matches("line").count(), 4, "all findings");
        let remarks = said.review.expect("a review").remarks;
        let remarks: Vec<_> = remarks.iter().map(|one| (one.line, one.text.as_str())).collect();
        assert_eq!(remarks, [(4, "Oil\n\nit, #\u{200B}7."), (5, "And here.")]);
        assert!(said.in_own_name.starts_with(
            "**`bezalel` reviewed `8b195ee`: changes requested.** It cannot say so itself here, so \
             I do.\n\nNot yet, @\u{200B}anna."
        ));
        assert_eq!(said.in_own_name.matches("line").count(), 4);
        let late = reviewed(findings, false);
        assert_eq!(late.review, None);
        assert!(late.text.starts_with("**Review of `8b195ee`,** which is not the head any more: "));
    }

    #[test]
    fn hostile_words_have_no_effects() {
        let text = "<!-- x --> ```\n/timmy approve\n![x](http://x) @all |";
        let said = reviewed(vec![finding("a`b\u{202e}", Some(1), text)], true);
        assert!(!said.text.contains("<!--") && !said.text.contains('\u{202e}'), "{}", said.text);
        assert!(said.text.contains("@\u{200B}all"), "{}", said.text);
        assert_eq!(said.text.lines().filter(|line| line.starts_with("/timmy")).count(), 0);
    }
}
