//! How things stand, and why nothing starts.

use insta::assert_snapshot;

use crate::conversations::talk::talk;
use crate::support::forge::DOOR;

#[tokio::test]
async fn status_of_a_thread_in_which_nothing_happened() {
    talk(async |t| {
        assert_snapshot!(t.ask("rita", "/timmy status").await, @"**Nothing is running here.**");
    })
    .await;
}

#[tokio::test]
async fn status_tells_what_was_set_and_who_said_so() {
    talk(async |t| {
        t.ask("walt", "/timmy priority p1\n/timmy size m\n/timmy assign @anna").await;
        t.ask("anna", "/timmy hold waiting for the new lock").await;
        t.ask("rita", "/timmy hold").await;
        assert_snapshot!(t.ask("rita", "@timmy info").await, @r"
        **On hold** since Mon 23 Nov, 12:00 UTC, by \@anna (waiting for the new lock). Priority **p1**. Size **m**. Assigned to \@anna.

        <details><summary>The latest commands</summary>

        | when | who | command | outcome |
        |---|---|---|---|
        | Mon 23 Nov, 12:00 UTC | \@walt | `/timmy priority p1` | done |
        | Mon 23 Nov, 12:00 UTC | \@walt | `/timmy size m` | done |
        | Mon 23 Nov, 12:00 UTC | \@walt | `/timmy assign @anna` | done |
        | Mon 23 Nov, 12:00 UTC | \@anna | `/timmy hold waiting for the new lock` | done |
        | Mon 23 Nov, 12:00 UTC | \@rita | `/timmy hold` | refused |

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn status_sees_what_the_lines_before_have_changed() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy p p2\n/timmy snooze 2h\n/timmy status").await, @r"
        - `/timmy p p2`: now **p2**.
        - `/timmy snooze 2h`: **snoozed until Mon 23 Nov, 14:00 UTC.** `/timmy unhold` wakes it earlier.
        - `/timmy status`: **snoozed** until Mon 23 Nov, 14:00 UTC, by \@walt. Priority **p2**.
        ");
    })
    .await;
}

#[tokio::test]
async fn status_of_a_closed_issue() {
    talk(async |t| {
        t.sandbox.set_open("walt", DOOR, 1, false).unwrap();
        assert_snapshot!(t.ask("walt", "/timmy status").await, @"**Closed.**");
    })
    .await;
}

#[tokio::test]
async fn status_of_another_thread() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        t.ask_in(DOOR, 2, "walt", "/timmy hold no oil").await;
        assert_snapshot!(t.ask("rita", "/timmy status #2").await.replace('\u{200B}', ""), @r"
        \#2 *Oil the hinges*: **On hold** since Mon 23 Nov, 12:00 UTC, by \@walt (no oil).

        <details><summary>The latest commands in #2</summary>

        | when | who | command | outcome |
        |---|---|---|---|
        | Mon 23 Nov, 12:00 UTC | \@walt | `/timmy hold no oil` | done |

        </details>
        ");
        assert_snapshot!(t.gist("rita", "/timmy why foundation/door#2").await, @r"
        \#2 *Oil the hinges*: **Nothing starts there:** it is on hold since Mon 23 Nov, 12:00 UTC, by \@walt (no oil). `/timmy unhold` there frees it.

        All that stands in the way: `hold`, `missing_scope`.
        ");
    })
    .await;
}

#[tokio::test]
async fn status_of_what_is_not_there() {
    talk(async |t| {
        assert_snapshot!(t.ask("rita", "/timmy status #99").await, @"**Not found:** `#99`. It does not exist, or cannot be shown to everybody who reads this thread.");
        assert_snapshot!(t.ask("rita", "/timmy status foundation/windows#1").await, @"**Not found:** `foundation/windows#1`. It does not exist, or cannot be shown to everybody who reads this thread.");
    })
    .await;
}

#[tokio::test]
async fn status_of_a_job_or_an_agent() {
    talk(async |t| {
        assert_snapshot!(t.ask("rita", "/timmy status j42").await, @"**Not found:** `j42`. It does not exist, or cannot be shown to everybody who reads this thread.");
        assert_snapshot!(t.ask("rita", "/timmy why j42").await, @"**Not found:** `j42`. It does not exist, or cannot be shown to everybody who reads this thread.");
    })
    .await;
}

#[tokio::test]
async fn why_nothing_starts() {
    talk(async |t| {
        assert_snapshot!(t.gist("rita", "/timmy why").await, @"
        **Nothing starts here:** it does not say what is to be done. It takes 40 characters of its author's own in title and text: quotes, blocks of code and what its template says do not count.

        Reason: `missing_scope`.
        ");
        t.ask("walt", "/timmy assign @walt").await;
        assert_snapshot!(t.gist("rita", "/timmy why").await, @r"
        **Nothing starts here:** it is assigned to \@walt. `/timmy unassign` frees it.

        All that stands in the way: `assigned_to_person`, `missing_scope`.
        ");
        t.ask("walt", "/timmy snooze 2026-12-01").await;
        assert_snapshot!(t.gist("rita", "/timmy explain").await, @r"
        **Nothing starts here:** it is snoozed until Tue 1 Dec, 00:00 UTC, by \@walt. `/timmy unhold` wakes it earlier.

        All that stands in the way: `snoozed`, `assigned_to_person`, `missing_scope`.
        ");
        t.ask("walt", "/timmy hold the key is lost").await;
        assert_snapshot!(t.gist("rita", "/timmy why").await, @r"
        **Nothing starts here:** it is on hold since Mon 23 Nov, 12:00 UTC, by \@walt (the key is lost). `/timmy unhold` frees it.

        All that stands in the way: `hold`, `snoozed`, `assigned_to_person`, `missing_scope`.
        ");
    })
    .await;
}

#[tokio::test]
async fn why_nothing_starts_where_nothing_can() {
    talk(async |t| {
        let pull = t.proposes("walt", "Oil the hinges", "").await;
        assert_snapshot!(t.ask_in(DOOR, pull, "rita", "/timmy why").await, @"
        **Nothing starts here:** it is a pull request, and I hand out issues.

        Reason: `pull_request`.
        ");
        t.sandbox.set_open("walt", DOOR, 1, false).unwrap();
        assert_snapshot!(t.ask("rita", "/timmy why").await, @"
        **Nothing starts here:** it is closed.

        Reason: `closed`.
        ");
    })
    .await;
}
