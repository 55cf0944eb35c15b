//! What a mirror, an importer or a bridge puts up under somebody's account is not their word.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{Asked, DeliveryFault, ReviewState};

use crate::conversations::talk::{Talk, talk, talk_where};
use crate::support::forge::DOOR;

/// As a mirror with the owner's token writes it.
const MIRRORED: &str = "<!-- gh-comment-id:4242 -->\n\
    @someone commented on GitHub (Nov 20, 2026):\n\n\
    /timmy delegate @rando\n/timmy priority p0";

/// Nothing came of anything but puzzled looks, which were read.
fn nothing_happened(t: &Talk) {
    t.nothing_unread();
    assert!(t.labels().is_empty());
}

#[tokio::test]
async fn a_mirror_does_not_speak_for_the_owner() {
    talk(async |t| {
        t.puzzled("alexander", MIRRORED).await;
        t.puzzled("walt", "*Created by: someone*\n\n/timmy priority p0").await;
        t.puzzled("walt", "From: Some One <someone@example.org>\n\n/timmy priority p0").await;
        t.puzzled("rita", "**someone** commented on GitLab:\n\n@timmy thanks!").await;
        nothing_happened(t);
    })
    .await;
}

#[tokio::test]
async fn nor_in_the_body_of_an_issue() {
    talk(async |t| {
        let head = "Originally created by @someone on GitHub (Nov 20, 2026).";
        let body = format!("{head}\n\n/timmy pause all\n/timmy priority p0");
        let number = t.opens(DOOR, "alexander", "[GH-ISSUE #4] The door", &body).await;
        t.saw(t.sandbox.issue_subject(DOOR, number).unwrap(), "confused");
        let body = "## Pull Request Information\n\n**Original PR:** https://github.com/o/r/pull/4\n\
                    **Author:** [@someone](https://github.com/someone)\n\n/timmy priority p0";
        let number = t.proposes("alexander", "[PR #4] The door", body).await;
        t.saw(t.sandbox.issue_subject(DOOR, number).unwrap(), "confused");
        // What "Reference in a new issue" makes of a stranger's comment.
        let footer = "_Originally posted by @rando in https://git.example.org/o/r/issues/4_";
        let body = format!("/timmy priority p0\n\n{footer}");
        let number = t.opens(DOOR, "alexander", "The door", &body).await;
        t.saw(t.sandbox.issue_subject(DOOR, number).unwrap(), "confused");
        assert_eq!(t.sandbox.labels(DOOR, number).unwrap(), [""; 0]);
        assert_snapshot!(t.ask("rita", "/timmy status").await, @"**Nothing is running here.**");
    })
    .await;
}

#[tokio::test]
async fn nor_is_it_an_issue_of_theirs_to_be_handed_out() {
    talk_where(|config| config.with("dispatch.authors", ["alexander"]), async |t| {
        let text = "The hinge of the front door squeaks whenever somebody opens it in the morning, \
                    and the whole house wakes up.";
        let own = t.opens(DOOR, "alexander", "Oil the hinge", text).await;
        let body = format!("*Created by: someone*\n\n{text}");
        let relayed = t.opens(DOOR, "alexander", "Oil the hinge", &body).await;
        assert!(!t.ask("rita", &format!("/timmy why #{own}")).await.contains("author_not_allowed"));
        assert_snapshot!(t.gist("rita", &format!("/timmy why #{relayed}")).await, @r"
        \#3 *Oil the hinge*: **Nothing starts there:** nobody here wrote it. `dispatch.authors` in my configuration names those whose issues I hand out by myself.

        Reason: `author_not_allowed`.
        ");
    })
    .await;
}

#[tokio::test]
async fn nor_in_a_review() {
    talk(async |t| {
        let number = t.proposes("anna", "Oil the hinges", "").await;
        let lines = [("hinge.rs", MIRRORED)];
        t.sandbox
            .review("alexander", DOOR, number, ReviewState::Comment, MIRRORED, &lines)
            .unwrap();
        t.polls().await;
        let requests = t.sandbox.requests();
        let is_write = |request: &&Asked| request.method != "GET";
        // That a person's pull request is nothing to judge stands on its head; whether that may be
        // written is asked before.
        let is_verdict = |request: &&Asked| {
            request.path.contains("/statuses/") || request.path.contains("/repos/-/-/")
        };
        let writes: Vec<_> =
            requests.iter().filter(is_write).filter(|request| !is_verdict(request)).collect();
        assert_eq!(writes.len(), 2, "{writes:#?}");
        assert!(writes.iter().all(|write| write.path.ends_with("/reactions")), "{writes:#?}");
        assert_eq!(t.sandbox.labels(DOOR, number).unwrap(), [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn what_never_names_timmy_and_what_strangers_bring_gets_no_look() {
    talk(async |t| {
        t.ignored("alexander", "@someone commented on GitHub:\n\nIt is stuck.").await;
        t.ignored("rando", MIRRORED).await;
        t.ignored("renovate", MIRRORED).await;
    })
    .await;
}

#[tokio::test]
async fn who_speaks_of_others_is_answered() {
    talk(async |t| {
        let text = "As anna commented on #4, we wait.\n\n/timmy hold";
        assert_snapshot!(t.ask("walt", text).await, @"**On hold** until `/timmy unhold`.");
        let quoting = "@anna wrote:\n> It is stuck.\n\n/timmy unhold";
        assert_snapshot!(t.ask("walt", quoting).await, @"**No longer on hold.**");
        // "Quote reply" to a mirrored comment.
        let quoted: String = MIRRORED.lines().map(|line| format!("> {line}\n")).collect();
        assert_snapshot!(t.ask("walt", &format!("{quoted}\n/timmy size s")).await, @"Now size **s**.");
    })
    .await;
}

#[tokio::test]
async fn an_edit_does_not_make_it_anybodys_word() {
    talk(async |t| {
        let id = t.says("alexander", MIRRORED);
        t.quiet().await;
        t.saw(Subject::Comment(id), "confused");
        for text in ["/timmy priority p0", "Hm.", "/timmy priority p0\n/timmy ping"] {
            t.sandbox.edit_comment("alexander", id, text).unwrap();
            t.quiet().await;
        }
        nothing_happened(t);
        // A person's own comment ceases to be theirs, too.
        let id = t.says("walt", "Hm.");
        t.quiet().await;
        t.sandbox.edit_comment("walt", id, MIRRORED).unwrap();
        t.quiet().await;
        t.saw(Subject::Comment(id), "confused");
        nothing_happened(t);
    })
    .await;
}

#[tokio::test]
async fn nor_does_an_edit_whose_creation_is_unknown() {
    talk(async |t| {
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        let id = t.says("alexander", MIRRORED);
        t.sandbox.edit_comment("alexander", id, "/timmy priority p0").unwrap();
        t.polls().await;
        t.saw(Subject::Comment(id), "confused");
        nothing_happened(t);
    })
    .await;
}

#[tokio::test]
async fn nor_one_that_was_found_by_polling() {
    talk(async |t| {
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        let id = t.says("walt", MIRRORED);
        t.polls().await;
        t.saw(Subject::Comment(id), "confused");
        t.sandbox.edit_comment("walt", id, "/timmy priority p0").unwrap();
        t.quiet().await;
        nothing_happened(t);
    })
    .await;
}
