use super::is_relayed;

const COMMAND: &str = "/timmy delegate @rando";

/// Heads after which nothing is the sender's own.
const HEADS: &[&str] = &[
    // gitea-mirror: comments, issues, pull requests
    "<!-- gh-comment-id:4242 -->\n@someone commented on GitHub (Nov 20, 2026):",
    "@someone commented on GitHub (Nov 20, 2026):",
    "@some-body commented on GitHub:",
    "Originally created by @someone on GitHub (Nov 20, 2026).\nOriginal GitHub issue: https://github.com/o/r/issues/4",
    "Originally created by @someone on GitHub.",
    "**Original Pull Request:** https://github.com/o/r/pull/4\n\n**State:** open\n**Merged:** No\n\n---",
    "## 📋 Pull Request Information\n\n**Original PR:** https://github.com/o/r/pull/4\n**Author:** [@someone](https://github.com/someone)",
    // markers
    "<!-- gh_comment_id: 12345 -->",
    "<!-- github-issue-id=12 -->",
    "<!-- jira-comment:10023 -->",
    "<!-- Imported from GitHub Issue #46. Original issue: https://github.com/o/r/issues/46 -->",
    "\u{FEFF}\r\n\r\n<!-- gh-comment-id:1 -->",
    // importers and scripts
    "> _Originally opened by [`@someone`](https://github.com/someone) on 2024-05-01T10:00:00Z in [o/r](https://github.com/o/r/issues/4)_",
    "> _Originally posted by [`@someone`](https://github.com/someone) on 2024-05-01_",
    "> Original comment by someone\n> Created: 2024-05-01",
    "> **Issue migrated from https://bitbucket.org/o/r/issues/4** (with original status *open*)\n> originally created by someone in 2019",
    "*Original comment by* **someone**:\n\n----------------------------------------",
    "*Created by: someone*",
    "*By someone on 2024-05-01 10:00:00 UTC*",
    "**Imported comment from @someone**",
    "**Comment by @someone on 2023-05-15:**",
    "### Comment by **someone** — 2026-02-19T04:11:49Z",
    "**Migrated from github.com**\n[original](https://github.com/o/r/issues/4)",
    "*Migrated from Trac:#41*",
    "Issue mirrored from github.",
    "*Synced from GitHub Issue #12*",
    "**someone** commented on GitLab:",
    "Comment from GitLab:",
    "someone wrote on GitHub:",
    "**As Good: as Her Very Long Name** commented on GitLab:",
    "@someone opened old-org/old-repo#4 at 2015-04-11 21:52:15 UTC",
    "@someone commented at 2015-04-11 21:52:15 UTC",
    "**Some One** commented 3 days ago:",
    "![avatar](https://example.org/a.png)\n**Author:** someone",
    "This issue was originally reported by someone",
    "Author: Some One",
    // mail and chat
    "From: Some One <someone@example.org>",
    "**From:** someone@example.org\n**Subject:** The door",
    "Message-ID: <1@example.org>\nFrom: someone@example.org",
    "---------- Forwarded message ---------\nFrom: Some One <someone@example.org>",
    "Begin forwarded message:",
    "[irc] <someone> hello",
    "[libera/#door] <someone> hello",
    "[whatsapp] @someone: hello",
];

/// Heads that people write as well, before they quote.
const LIKELY: &[&str] = &[
    "Some One <someone@example.org> reports:",
    "Anonymous reports:",
    "On Mon, 3 Nov 2025 at 10:00, Some One <someone@example.org> wrote:",
    "Someone said:",
    "**@someone** wrote in #4:",
];

/// Texts whose commands are the sender's own.
const OWN: &[&str] = &[
    COMMAND,
    "",
    "Let us get this going.",
    "As anna commented on #4, we wait.",
    "As anna said:\n- it is stuck",
    "As anna wrote in #4:\n- it is stuck",
    "Anna commented on #4 that it is stuck.",
    "anna wrote on GitHub that it is stuck, and I agree.",
    "Anna opened #12 yesterday.",
    "Anna said in 2019 that it would hold.",
    "I wrote on GitHub:",
    "We reported on 2024-05-01:",
    "@anna: please have a look",
    "@anna wrote in #4:\n> It is stuck.",
    "On Mon, 3 Nov 2025 at 10:00, Anna <anna@example.org> wrote:\n\n> It is stuck.",
    // What Gitea's "Quote reply" makes of a relayed comment
    "> <!-- gh-comment-id:4242 -->\n> @someone commented on GitHub (Nov 20, 2026):\n> \n> It is stuck.",
    "> It is stuck.",
    "```\n<!-- gh-comment-id:4242 -->\n@someone commented on GitHub (Nov 20, 2026):\n```",
    "The mirror writes `Originally created by @someone on GitHub` above each issue.",
    "It goes so:\n\n@someone commented on GitHub (Nov 20, 2026):",
    "Copied from the wiki: it takes oil.",
    "Original issue: #12",
    "Related: https://github.com/o/r/issues/4",
    "This moved from the door to the cellar.",
    "Imported from Sweden, and it sticks.",
    "Issue from the meeting on Monday: it sticks.",
    "From: the cellar. To: the door.",
    "Comment by Friday, please.",
    "# Steps\n\n1. Open the door",
    "<!-- Thank you for reporting an issue! Please search for the issue first. -->\n\nIt sticks.",
    "<!-- 1. Which comment: say it here -->",
    "<details>\n<summary>Log</summary>",
    "[WIP] oil the hinges",
    "[x] done",
    "Reported by a customer on the phone.",
    "The team approved this on Monday.",
    "anna approved",
    "@anna replied.",
    "Anna commented on GitHub.",
    "Anna added a note on Monday.",
    "walt reviewed the PR on Friday.",
    "anna approved 3 days ago",
    "anna approved on 20 Nov.",
    "The door was opened on 2026-11-20.",
    "Anna commented on 2026-11-20.",
    "Originally opened in 2019.",
    "Originally posted in foundation/door#4.",
    "Moved from foundation/door#4.",
    "Please see https://github.com/o/r/issues/4",
    "github: https://github.com/o/r",
    "By Friday, please.",
    "Note: this waits for 2026-12-01.",
    "Priority: p1\nSize: s",
    "On Monday we said: no.",
    "On Monday we wrote to them:",
    "- @anna\n- @walt",
];

/// What tools write below what they copy.
const FOOTERS: &[&str] = &[
    "_Originally posted by @someone in https://git.example.org/o/r/issues/4#issuecomment-12_",
    "_Originally posted by @someone in [#4](https://git.example.org/o/r/issues/4#issuecomment-12)_",
    "Original comment by `someone` on 7 Jul 2008 at 6:18",
    "Original issue reported on code.google.com by `someone` on 30 May 2008 at 10:00",
    "— @someone via copy-over\n\n<!-- gh-comment-id:4242 -->",
    "*— @someone auf GitHub*\n<!-- gh_comment_id:4242 -->",
    "<!-- gh-comment-id:4242 -->",
];

#[test]
fn what_says_who_wrote_it_elsewhere_is_relayed() {
    for head in HEADS {
        let quoting = format!("{head}\n\n> It is stuck.\n\n{COMMAND}");
        for body in [format!("{head}\n\n{COMMAND}"), format!("{head}\r\r{COMMAND}"), quoting] {
            assert!(is_relayed(&body), "{body}");
        }
    }
}

#[test]
fn who_quotes_speaks_for_themselves() {
    for head in LIKELY {
        assert!(is_relayed(&format!("{head}\n\n{COMMAND}")), "{head}");
        for quoted in ["> It is stuck.", "```\nIt is stuck.\n```"] {
            let body = format!("{head}\n\n{quoted}\n\n{COMMAND}");
            assert!(!is_relayed(&body), "{body}");
        }
    }
}

#[test]
fn so_is_what_a_copy_ends_with() {
    for footer in FOOTERS {
        let body = format!("{COMMAND}\n\n{footer}");
        assert!(is_relayed(&body), "{body}");
    }
    // What is copied is a stranger's, who may leave a fence open.
    let open = format!("{COMMAND}\n\n```\n\n{}", FOOTERS[0]);
    assert!(is_relayed(&open), "{open}");
    let below = format!("It is stuck.\n\n{}\n\n{COMMAND}", FOOTERS[0]);
    assert!(is_relayed(&below), "which lines are whose nobody can tell");
}

#[test]
fn a_person_may_speak_of_others() {
    for own in OWN {
        for body in [format!("{own}\n\n{COMMAND}"), format!("{own}\r\n{COMMAND}")] {
            assert!(!is_relayed(&body), "{body}");
        }
        assert!(!is_relayed(own), "{own}");
    }
}

#[test]
fn the_edges_of_a_text_may_be_anything() {
    for body in ["\n", "<!--", "-->", ">", "#", "```", "~~~\n```", "---", "<", "[", "\u{FEFF}"] {
        assert!(!is_relayed(body), "{body}");
    }
}

#[test]
fn a_text_of_a_megabyte_is_read_as_well() {
    for piece in ["[", "![", "<a", "- @original\n", "# on x\n", "<!--\n", "a: "] {
        assert!(!is_relayed(&piece.repeat(1_000_000 / piece.len())), "{piece}");
    }
    assert!(is_relayed(&"> From: a@b.org\n".repeat(60_000)));
}
