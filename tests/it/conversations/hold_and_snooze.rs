//! What shall wait.

use insta::assert_snapshot;

use crate::conversations::talk::{talk, talk_where};
use crate::support::clock::HOUR;

#[tokio::test]
async fn hold_and_unhold() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy hold").await, @"**On hold** until `/timmy unhold`.");
        assert_snapshot!(t.ask("walt", "/timmy unhold").await, @"**No longer on hold.**");
        assert_snapshot!(t.ask("walt", "/timmy unhold").await, @"Nothing to do: this was neither on hold nor snoozed.");
    })
    .await;
}

#[tokio::test]
async fn a_hold_keeps_its_reason_as_it_was_said() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", r#"/timmy hold  "until Monday", says Tom"#).await, @"**On hold** until `/timmy unhold`.");
        assert_snapshot!(t.ask("anna", "/timmy hold until Tuesday.").await, @r#"**On hold** until `/timmy unhold`, in place of the hold by \@walt ("until Monday", says Tom), whose date it keeps."#);
        assert_snapshot!(t.ask("rita", "/timmy status").await, @r#"
        **On hold** since Mon 23 Nov, 12:00 UTC, by \@anna (until Tuesday).

        <details><summary>The latest commands</summary>

        | when | who | command | outcome |
        |---|---|---|---|
        | Mon 23 Nov, 12:00 UTC | \@walt | `/timmy hold  "until Monday", says Tom` | done |
        | Mon 23 Nov, 12:00 UTC | \@anna | `/timmy hold until Tuesday.` | done |

        </details>
        "#);
    })
    .await;
}

#[tokio::test]
async fn snooze_for_a_while() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy snooze 90m").await, @"**Snoozed until Mon 23 Nov, 13:30 UTC.** `/timmy unhold` wakes it earlier.");
        assert_snapshot!(t.ask("walt", "/timmy snooze 3d").await, @"**Snoozed until Thu 26 Nov, 12:00 UTC.** `/timmy unhold` wakes it earlier.");
        assert_snapshot!(t.ask("walt", "/timmy unhold").await, @"**No longer snoozed.**");
    })
    .await;
}

#[tokio::test]
async fn snooze_until_a_day() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy snooze 2026-12-01").await, @"**Snoozed until Tue 1 Dec, 00:00 UTC.** `/timmy unhold` wakes it earlier.");
        assert_snapshot!(t.ask("walt", "/timmy snooze 2027-01-01").await, @"**Snoozed until Fri 1 Jan 2027, 00:00 UTC.** `/timmy unhold` wakes it earlier.");
        assert_snapshot!(t.ask("walt", "/timmy snooze 2026-11-23").await, @"**Not done.** `2026-11-23` has already begun: name a later day.");
    })
    .await;
}

#[tokio::test]
async fn a_snooze_ends_by_itself() {
    talk(async |t| {
        t.ask("walt", "/timmy snooze 2h").await;
        t.wait(HOUR).await;
        assert_snapshot!(t.gist("rita", "/timmy why").await, @r"
        **Nothing starts here:** it is snoozed until Mon 23 Nov, 14:00 UTC, by \@walt. `/timmy unhold` wakes it earlier.

        All that stands in the way: `snoozed`, `missing_scope`.
        ");
        t.wait(HOUR).await;
        assert_snapshot!(t.gist("rita", "/timmy why").await, @"
        **Nothing starts here:** it does not say what is to be done. It takes 40 characters of its author's own in title and text: quotes, blocks of code and what its template says do not count.

        Reason: `missing_scope`.
        ");
        assert_snapshot!(t.ask("walt", "/timmy unhold").await, @"Nothing to do: this was neither on hold nor snoozed.");
    })
    .await;
}

#[tokio::test]
async fn one_word_wakes_what_is_on_hold_and_snoozed() {
    talk(async |t| {
        t.ask("walt", "/timmy hold\n/timmy snooze 1d").await;
        assert_snapshot!(t.ask("walt", "/timmy unhold").await, @"**No longer on hold, nor snoozed.**");
    })
    .await;
}

#[tokio::test]
async fn days_begin_where_people_live() {
    talk_where(|config| config.with("people.timezone", "Europe/Berlin"), async |t| {
        assert_snapshot!(t.ask("walt", "/timmy snooze 2026-11-24").await, @"**Snoozed until Tue 24 Nov, 00:00 CET.** `/timmy unhold` wakes it earlier.");
        t.wait(11 * HOUR).await;
        assert_snapshot!(t.gist("rita", "/timmy why").await, @"
        **Nothing starts here:** it does not say what is to be done. It takes 40 characters of its author's own in title and text: quotes, blocks of code and what its template says do not count.

        Reason: `missing_scope`.
        ");
    })
    .await;
}
