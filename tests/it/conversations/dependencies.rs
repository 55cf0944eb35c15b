//! What waits for what: Gitea's dependencies.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::gitea::Gitea;
use timmy::sandbox::{Fault, Matcher, Mode, Scopes};

use crate::conversations::talk::{Talk, talk};
use crate::support::clock::MINUTE;
use crate::support::forge::{CELLAR, DOOR, TOYS, client};

/// The forge as timmy's account sees it.
fn forge(t: &Talk) -> Gitea {
    let token = t.sandbox.add_token("timmy", Scopes::all()).unwrap();
    client(&t.sandbox, &token)
}

/// What an issue waits for.
async fn blockers(t: &Talk, repo: &str, number: i64) -> Vec<String> {
    let blockers = forge(t).blockers(&repo.parse().unwrap(), number).await.unwrap();
    blockers.seen.iter().map(|b| format!("{}#{}", b.repo, b.thread.number)).collect()
}

/// Lets an issue wait for another without a word to timmy.
async fn bind(t: &Talk, repo: &str, number: i64, on: (&str, i64)) {
    let on = (&on.0.parse().unwrap(), on.1);
    forge(t).add_blocker(&repo.parse().unwrap(), number, on).await.unwrap();
}

#[tokio::test]
async fn an_issue_waits_for_another_and_no_longer() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the *hinges*", "").await;
        assert_snapshot!(t.ask("walt", "/timmy block #2").await, @r"Waits for \#2 *Oil the \*hinges\**.");
        assert_eq!(blockers(t, DOOR, 1).await, ["foundation/door#2"]);
        assert_snapshot!(t.ask("walt", "/timmy block foundation/door#2").await, @r"Already waits for \#2 *Oil the \*hinges\**.");
        assert_snapshot!(t.ask("walt", "/timmy unblock #2").await, @r"No longer waits for \#2 *Oil the \*hinges\**.");
        assert!(blockers(t, DOOR, 1).await.is_empty());
        assert_snapshot!(t.ask("walt", "/timmy unblock #2").await, @r"Nothing to do: this did not wait for \#2 *Oil the \*hinges\**.");
    })
    .await;
}

/// Lets an issue wait for another that timmy cannot see, as alexander does it in the page.
async fn bind_unseen(t: &Talk, repo: &str, number: i64) {
    t.sandbox.add_repo("alexander/diary", true).unwrap();
    let secret = t.sandbox.open_issue("alexander", "alexander/diary", "My secret", "").unwrap();
    let token = t.sandbox.add_token("alexander", Scopes::all()).unwrap();
    let on = (&"alexander/diary".parse().unwrap(), secret);
    client(&t.sandbox, &token).add_blocker(&repo.parse().unwrap(), number, on).await.unwrap();
}

/// A writer's account and a reader's are shown different placeholders.
#[tokio::test]
async fn what_timmy_may_not_see_is_waited_for_and_stops_nobody() {
    for mode in [Mode::Write, Mode::Read] {
        talk(async |t| {
            t.sandbox.collaborator(DOOR, "timmy", mode).unwrap();
            t.wait(MINUTE).await;
            bind_unseen(t, DOOR, 1).await;
            t.polls().await;
            let waits = "Waits for something that cannot be shown here.";
            let status = t.gist("rita", "/timmy status").await;
            assert_eq!(status, format!("**Nothing is running here.** {waits}"));
            let why = t.gist("rita", "/timmy why").await;
            let reason = "it waits for something that cannot be shown here.";
            assert!(why.starts_with(&format!("**Nothing starts here:** {reason}")), "{why}");
            assert!(why.contains("`blocked`"), "{why}");
            t.opens(DOOR, "walt", "Oil the hinges", "").await;
            let why = t.gist_in(DOOR, 2, "rita", "/timmy why #1").await;
            assert!(why.contains(&format!("**Nothing starts there:** {reason}")), "{why}");
            t.ask("rita", "/timmy ping").await;
            let queue = t.ask("rita", "/timmy queue").await;
            assert!(queue.contains("1 blocked"), "{queue}");
        })
        .await;
    }
}

#[tokio::test]
async fn beside_what_timmy_may_not_see_dependencies_are_set_as_ever() {
    talk(async |t| {
        bind_unseen(t, DOOR, 1).await;
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        assert_snapshot!(t.ask("walt", "/timmy block #2\n/timmy status").await, @r"
        - `/timmy block #2`: waits for \#2 *Oil the hinges*.
        - `/timmy status`: **nothing is running here.** Waits for \#2 and something that cannot be shown here.
        ");
        assert_snapshot!(t.ask("walt", "/timmy unblock #2\n/timmy priority p1").await, @r"
        - `/timmy unblock #2`: no longer waits for \#2 *Oil the hinges*.
        - `/timmy priority p1`: now **p1**.
        ");
        // Over it, no circle can be seen; that is no reason to fail, and is said.
        assert_snapshot!(t.ask_in(DOOR, 2, "walt", "/timmy block #1").await, @r"Waits for \#1 *The door does not open*. I found no circle among the 1 thread behind it that I looked at, but there are more.");
    })
    .await;
}

#[tokio::test]
async fn the_backlog_knows_at_once_what_was_set_and_lifted() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        t.polls().await;
        for (line, blocked) in [("block", true), ("unblock", false)] {
            t.ask("walt", &format!("/timmy {line} #2")).await;
            let queue = t.ask("rita", "/timmy queue").await;
            assert_eq!(queue.contains("1 blocked"), blocked, "{queue}");
        }
    })
    .await;
}

#[tokio::test]
async fn each_line_sees_what_those_before_it_changed() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        let text = "/timmy block #2\n/timmy block #2\n/timmy why\n/timmy unblock #2";
        assert_snapshot!(t.gist("walt", text).await, @r"
        - `/timmy block #2`: waits for \#2 *Oil the hinges*.
        - `/timmy block #2`: already waits for \#2 *Oil the hinges*.
        - `/timmy why`: **nothing starts here:** it waits for \#2. Close that, or `/timmy unblock #2`.
        - `/timmy unblock #2`: no longer waits for \#2 *Oil the hinges*.
        ");
        assert!(blockers(t, DOOR, 1).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn status_and_why_show_what_it_waits_for() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        t.opens(TOYS, "rando", "A toy", "").await;
        t.ask("walt", "/timmy block #2\n/timmy block rando/toys#1").await;
        let status = t.ask("rita", "/timmy status").await;
        assert_snapshot!(status.lines().next().unwrap(), @r"**Nothing is running here.** Waits for foundation/door\#2, rando/toys\#1.");
        t.ask("walt", "/timmy hold").await;
        assert_snapshot!(t.gist("rita", "/timmy why").await, @r"
        **Nothing starts here:** it waits for foundation/door\#2, rando/toys\#1. Close that, or `/timmy unblock foundation/door#2`.

        All that stands in the way: `blocked`, `hold`, `missing_scope`.
        ");
        assert_snapshot!(t.gist_in(DOOR, 2, "rita", "/timmy why #1").await, @r"
        \#1 *The door does not open*: **Nothing starts there:** it waits for foundation/door\#2, rando/toys\#1. Close that, or `/timmy unblock foundation/door#2` there.

        All that stands in the way: `blocked`, `hold`, `missing_scope`.
        ");
    })
    .await;
}

#[tokio::test]
async fn what_is_closed_holds_nothing_up() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        t.sandbox.set_open("walt", DOOR, 2, false).unwrap();
        assert_snapshot!(t.ask("walt", "/timmy block #2").await, @r"Waits for \#2 *Oil the hinges*. It is closed, so it holds nothing up.");
        let why = t.ask("walt", "/timmy why").await;
        assert!(!why.contains("`blocked`"), "{why}");
    })
    .await;
}

#[tokio::test]
async fn across_repositories() {
    talk(async |t| {
        t.opens(TOYS, "rando", "A toy", "").await;
        assert_snapshot!(t.ask("walt", "/timmy block rando/toys#1").await, @r"Waits for rando/toys\#1 *A toy*.");
        assert_eq!(blockers(t, DOOR, 1).await, ["rando/toys#1"]);
        assert_snapshot!(t.ask("walt", "/timmy unblock rando/toys#1").await, @r"No longer waits for rando/toys\#1 *A toy*.");
    })
    .await;
}

#[tokio::test]
async fn not_for_itself() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy block #1").await, @"**Not done.** That is this thread itself, and nothing can wait for itself.");
        assert_snapshot!(t.ask("walt", "/timmy unblock foundation/door#1").await, @r"Nothing to do: this did not wait for \#1 *The door does not open*.");
    })
    .await;
}

#[tokio::test]
async fn not_in_a_circle() {
    talk(async |t| {
        for title in ["Two", "Three"] {
            t.opens(DOOR, "walt", title, "").await;
        }
        t.ask_in(DOOR, 2, "walt", "/timmy block #1").await;
        assert_snapshot!(t.ask("walt", "/timmy block #2").await, @r"**Not done.** That would be a circle: \#1 → \#2 → \#1.");
        t.ask_in(DOOR, 3, "walt", "/timmy block #2").await;
        assert_snapshot!(t.ask("walt", "/timmy block #3").await, @r"**Not done.** That would be a circle: \#1 → \#3 → \#2 → \#1.");
        assert!(blockers(t, DOOR, 1).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_circle_through_a_secret_names_no_secret() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Two", "").await;
        t.opens(CELLAR, "walt", "Where the gold is", "").await;
        bind(t, DOOR, 2, (CELLAR, 1)).await;
        bind(t, CELLAR, 1, (DOOR, 1)).await;
        assert_snapshot!(t.ask("walt", "/timmy block #2").await, @r"**Not done.** That would be a circle: \#1 → \#2 → a thread that cannot be shown here → \#1.");
        t.opens(CELLAR, "walt", "It is dark", "").await;
        bind(t, DOOR, 1, (CELLAR, 2)).await;
        assert_snapshot!(t.gist("rita", "/timmy why").await, @"
        **Nothing starts here:** it waits for something that cannot be shown here.

        All that stands in the way: `blocked`, `missing_scope`.
        ");
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_not_found_whoever_asks() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "Where the gold is", "").await;
        for who in ["walt", "alexander"] {
            let private = t.ask(who, "/timmy block foundation/cellar#1").await;
            assert!(private.starts_with("**Not found:** `foundation/cellar#1`."), "{private}");
            let missing = t.ask(who, "/timmy block foundation/cellar#2").await;
            assert_eq!(missing.replace("#2", "#1"), private);
            let nowhere = t.ask(who, "/timmy unblock foundation/attic#1").await;
            assert_eq!(nowhere.replace("attic", "cellar"), private);
        }
        assert!(blockers(t, DOOR, 1).await.is_empty());
    })
    .await;
}

/// How often anybody has changed what waits for what.
fn changes(t: &Talk) -> usize {
    let writes = t.sandbox.requests().into_iter().filter(|r| r.method != "GET");
    writes.filter(|r| r.path.contains("/dependencies")).count()
}

#[tokio::test]
async fn a_private_title_is_not_written_into_a_public_page() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "Where the gold is", "").await;
        let refused = t.ask_in(CELLAR, 1, "walt", "/timmy block foundation/door#1").await;
        assert_snapshot!(refused, @r"**Not done.** More people can read foundation/door\#1 than this thread, and Gitea would show them the title of this one there, and its text through the API. `/timmy hold until foundation/door#1 is closed` keeps it from being handed out.");
        let owner = t.ask_in(CELLAR, 1, "alexander", "/timmy block foundation/door#1").await;
        assert_eq!(owner, refused);
        // Nothing would be written here.
        assert_snapshot!(t.ask_in(CELLAR, 1, "walt", "/timmy unblock foundation/door#1").await, @r"Nothing to do: this did not wait for foundation/door\#1 *The door does not open*.");
        assert_eq!(changes(t), 0);
        // Nor does this leave the repository.
        t.opens(CELLAR, "walt", "It is dark", "").await;
        assert_snapshot!(t.ask_in(CELLAR, 1, "walt", "/timmy block #2").await, @r"Waits for \#2 *It is dark*.");
    })
    .await;
}

#[tokio::test]
async fn nor_when_a_dependency_is_taken_away() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "Where the gold is", "").await;
        bind(t, CELLAR, 1, (DOOR, 1)).await;
        assert_snapshot!(t.ask_in(CELLAR, 1, "walt", "/timmy block foundation/door#1").await, @r"Already waits for foundation/door\#1 *The door does not open*.");
        assert_snapshot!(t.gist_in(CELLAR, 1, "walt", "/timmy why").await, @r"
        **Nothing starts here:** it waits for foundation/door\#1. Close that.

        All that stands in the way: `blocked`, `missing_scope`.
        ");
        assert_snapshot!(t.ask_in(CELLAR, 1, "walt", "/timmy unblock foundation/door#1").await, @r"**Not done.** More people can read foundation/door\#1 than this thread, and Gitea would show them the title of this one there, and its text through the API. The line that added the dependency does so already, and cannot be deleted. If one more does no harm, remove it in the sidebar of this page.");
        assert_eq!(blockers(t, CELLAR, 1).await, ["foundation/door#1"]);
        assert_eq!(changes(t), 1);
    })
    .await;
}

#[tokio::test]
async fn whoever_became_private_meanwhile_keeps_its_title() {
    const REASON: &str = "**Not done:** by now not everybody who reads one of the two threads may \
                          read the other, and Gitea would show them its title and its text.";
    for turned in [TOYS, DOOR] {
        for line in ["block", "unblock"] {
            talk(async |t| {
                t.opens(TOYS, "rando", "A toy", "").await;
                if line == "unblock" {
                    bind(t, DOOR, 1, (TOYS, 1)).await;
                }
                let before = blockers(t, DOOR, 1).await;
                let method = if line == "block" { "POST" } else { "DELETE" };
                let write = Matcher::method_path(method, "/dependencies");
                t.sandbox.faults().next(write, Fault::CutBefore);
                let id = t.says("walt", &format!("/timmy {line} rando/toys#1"));
                t.quiet().await;
                // It was decided, and the first try was lost on the way.
                t.sandbox.set_private(turned, true).unwrap();
                t.wait(MINUTE).await;
                let answer = t.answer_to(DOOR, 1, Subject::Comment(id));
                assert_eq!(answer, REASON);
                assert_eq!(blockers(t, DOOR, 1).await, before);
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_private_thread_does_not_wait_for_another_private_repository() {
    talk(async |t| {
        t.sandbox.add_repo("foundation/attic", true).unwrap();
        t.sandbox.collaborator("foundation/attic", "timmy", Mode::Write).unwrap();
        t.opens(CELLAR, "walt", "It is dark", "").await;
        t.opens("foundation/attic", "alexander", "Ghosts", "").await;
        let answer = t.ask_in(CELLAR, 1, "alexander", "/timmy block foundation/attic#1").await;
        assert!(answer.starts_with("**Not found:** `foundation/attic#1`."), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn it_takes_an_operator_and_an_issue() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        let refused = t.ask("rita", "/timmy block #2").await;
        assert!(refused.starts_with("**Not done.** `block` is for people who may write"), "{refused}");
        assert_snapshot!(t.ask("walt", "/timmy block 2").await, @"**Not done.** `2` is not an issue such as `#12` or `owner/repo#12`.");
        assert_snapshot!(t.ask("walt", "/timmy unblock").await, @"**Not done.** Something is missing: the form is `/timmy unblock #n or o/r#n`.");
        assert_snapshot!(t.ask("walt", "/timmy block #99").await, @"**Not found:** `#99`. It does not exist, or cannot be shown to everybody who reads this thread.");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_looked_for() {
    for fault in [Fault::ErrorAfter, Fault::CutAfter, Fault::CutBefore, Fault::BadGateway] {
        talk(async |t| {
            t.opens(DOOR, "walt", "Oil the hinges", "").await;
            t.sandbox.faults().next(Matcher::method_path("POST", "/dependencies"), fault.clone());
            let id = t.says("walt", "/timmy block #2");
            t.quiet().await;
            t.wait(MINUTE).await;
            let answer = t.answer_to(DOOR, 1, Subject::Comment(id));
            assert_eq!(answer, r"Waits for \#2 *Oil the hinges*.");
            assert_eq!(blockers(t, DOOR, 1).await, ["foundation/door#2"]);
        })
        .await;
    }
}

#[tokio::test]
async fn two_that_would_wait_for_each_other_at_once_do_not() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        // The first is decided, and its write lost on the way, when the second is decided.
        t.sandbox.faults().next(Matcher::method_path("POST", "/dependencies"), Fault::CutBefore);
        let first = t.says("walt", "/timmy block #2");
        t.quiet().await;
        let second = t.ask_in(DOOR, 2, "walt", "/timmy block #1").await;
        assert_eq!(second, r"Waits for \#1 *The door does not open*.");
        t.wait(MINUTE).await;
        assert_snapshot!(t.answer_to(DOOR, 1, Subject::Comment(first)), @"**Not done:** the forge refuses in the present state (409: by now that one waits for this one).");
        assert!(blockers(t, DOOR, 1).await.is_empty());
    })
    .await;
}

/// Lets so many new issues of the door wait one for the other, the first of them for issue 1, and
/// gives the last.
async fn chain(t: &Talk, length: usize) -> i64 {
    let (client, door) = (forge(t), DOOR.parse().unwrap());
    let mut last = 1;
    for _ in 0..length {
        let next = t.sandbox.open_issue("walt", DOOR, "One of many", "").unwrap();
        client.add_blocker(&door, next, (&door, last)).await.unwrap();
        last = next;
    }
    t.quiet().await;
    last
}

/// How often it was asked what something waits for.
fn looks(t: &Talk) -> usize {
    let reads = t.sandbox.requests().into_iter().filter(|r| r.method == "GET");
    reads.filter(|r| r.path.contains("/dependencies")).count()
}

#[tokio::test]
async fn the_search_for_a_circle_ends_and_says_so() {
    talk(async |t| {
        let last = chain(t, 70).await;
        let before = t.sandbox.requests().len();
        let answer = t.ask("walt", &format!("/timmy block #{last}")).await;
        assert_snapshot!(answer, @r"Waits for \#71 *One of many*. I found no circle among the 51 threads behind it that I looked at, but there are more.");
        assert!(t.sandbox.requests().len() - before < 65);
    })
    .await;
}

/// What the ledger knows is asked for again only as far as that goes.
#[tokio::test]
async fn a_circle_that_is_too_long_to_be_looked_at_again_is_told_all_the_same() {
    talk(async |t| {
        let last = chain(t, 70).await;
        for _ in 0..2 {
            t.wait(MINUTE).await;
        }
        let before = looks(t);
        let answer = t.ask("walt", &format!("/timmy block #{last}")).await;
        let (said, whole) = answer.split_once("\n\n").unwrap();
        assert_snapshot!(said, @r"**Not done.** That would be a circle of 71 threads: \#1 → \#71 → \#70 → … → \#2 → \#1.");
        assert!(whole.starts_with("<details><summary>The circle through #\u{200B}71</summary>") && whole.contains(r"\#41 → \#40"), "{whole}");
        assert!(looks(t) - before < 55, "{}", looks(t) - before);
        assert!(blockers(t, DOOR, 1).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_is_read_is_shared_between_the_lines() {
    talk(async |t| {
        let last = chain(t, 40).await;
        let before = looks(t);
        let lines: Vec<String> = (0..10).map(|n| format!("/timmy block #{}", last - n)).collect();
        let answer = t.gist("walt", &lines.join("\n")).await;
        assert_eq!(answer.matches("would be a circle of").count(), 10, "{answer}");
        assert!(looks(t) - before <= 10 + 1 + 41, "{}", looks(t) - before);
    })
    .await;
}

#[tokio::test]
async fn several_lines_find_what_one_of_them_finds() {
    talk(async |t| {
        let last = chain(t, 52).await;
        let lines: Vec<String> = (0..3).map(|n| format!("/timmy block #{}", last - n)).collect();
        let answer = t.gist("walt", &lines.join("\n")).await;
        assert_eq!(answer.matches("would be a circle of").count(), 3, "{answer}");
    })
    .await;
}

/// The ledger may be a minute old.
#[tokio::test]
async fn a_circle_that_was_undone_by_hand_is_none() {
    talk(async |t| {
        let last = chain(t, 2).await;
        for _ in 0..2 {
            t.wait(MINUTE).await;
        }
        let (door, on) = (DOOR.parse().unwrap(), DOOR.parse().unwrap());
        forge(t).remove_blocker(&door, 2, (&on, 1)).await.unwrap();
        assert_snapshot!(t.ask("walt", &format!("/timmy block #{last}")).await, @r"Waits for \#3 *One of many*.");
    })
    .await;
}

/// The ledger may be a minute old in this as well.
#[tokio::test]
async fn a_way_through_what_was_reopened_is_a_circle() {
    talk(async |t| {
        for _ in 2..=3 {
            t.sandbox.open_issue("walt", DOOR, "One of two", "").unwrap();
        }
        bind(t, DOOR, 3, (DOOR, 2)).await;
        t.sandbox.set_open("alexander", DOOR, 2, false).unwrap();
        bind(t, DOOR, 2, (DOOR, 1)).await;
        t.quiet().await;
        for _ in 0..2 {
            t.wait(MINUTE).await;
        }
        t.sandbox.set_open("alexander", DOOR, 2, true).unwrap();
        assert_snapshot!(t.ask("walt", "/timmy block #3").await, @r"**Not done.** That would be a circle: \#1 → \#3 → \#2 → \#1.");
    })
    .await;
}

#[tokio::test]
async fn long_lists_are_sorted_and_folded() {
    talk(async |t| {
        for n in 2..=13 {
            t.sandbox.open_issue("walt", DOOR, &format!("Part {n}"), "").unwrap();
        }
        for n in (2..=13).rev() {
            bind(t, DOOR, 1, (DOOR, n)).await;
        }
        t.quiet().await;
        assert_snapshot!(t.ask("rita", "/timmy status").await, @r"
        **Nothing is running here.** Waits for \#2, \#3, \#4, \#5, \#6, \#7, \#8, \#9, \#10, \#11 and 2 more.

        <details><summary>All 12 that this waits for</summary>

        - \#2
        - \#3
        - \#4
        - \#5
        - \#6
        - \#7
        - \#8
        - \#9
        - \#10
        - \#11
        - \#12
        - \#13

        </details>
        ");
        let why = t.ask("rita", "/timmy why").await;
        assert!(why.contains("<details><summary>All 12 that this waits for</summary>"), "{why}");
    })
    .await;
}
