//! Several commands in one comment: one reply.

use insta::assert_snapshot;

use crate::conversations::talk::talk;
use crate::support::forge::DOOR;

#[tokio::test]
async fn several_commands_get_one_reply() {
    talk(async |t| {
        t.ask("walt", "/timmy priority p2").await;
        let text = "/timmy priority p1\n/timmy hold the lock is on its way\n/timmy asign ezra";
        assert_snapshot!(t.ask("walt", text).await, @r"
        - `/timmy priority p1`: now **p1**, was p2.
        - `/timmy hold the lock is on its way`: **on hold** until `/timmy unhold`.
        - `/timmy asign ezra`: **not done.** I don't know `asign`. Did you mean `/timmy assign ezra`?
        ");
        assert_eq!(t.labels(), ["priority/p1"]);
    })
    .await;
}

#[tokio::test]
async fn they_may_stand_anywhere_in_the_text() {
    talk(async |t| {
        let text =
            "I looked at it.\n\n- /timmy size s\n- two days, I think\n\n/timmy p p3\nThanks!";
        assert_snapshot!(t.ask("walt", text).await, @r"
        - `/timmy size s`: now size **s**.
        - `/timmy p p3`: now **p3**.
        ");
    })
    .await;
}

#[tokio::test]
async fn each_line_sees_what_those_before_have_done() {
    talk(async |t| {
        let text = "/timmy size s\n/timmy size m\n/timmy assign @anna\n/timmy unassign\n\
                    /timmy hold\n/timmy unhold\n/timmy unhold";
        assert_snapshot!(t.ask("walt", text).await, @r"
        - `/timmy size s`: now size **s**.
        - `/timmy size m`: now size **m**, was s.
        - `/timmy assign @anna`: assigned to **\@anna**.
        - `/timmy unassign`: no longer assigned: \@anna.
        - `/timmy hold`: **on hold** until `/timmy unhold`.
        - `/timmy unhold`: **no longer on hold.**
        - `/timmy unhold`: nothing to do: this was neither on hold nor snoozed.
        ");
        assert_eq!(t.labels(), ["size/m"]);
        assert!(t.assignees().is_empty());
    })
    .await;
}

#[tokio::test]
async fn details_are_folded_below_the_list() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        let text = "/timmy help size\n/timmy size s\n/timmy status";
        t.ask("walt", "/timmy ping").await;
        assert_snapshot!(t.ask("walt", text).await, @r"
        - `/timmy help size`: `/timmy size xs s m l xl`: Set how much work the issue is.
        - `/timmy size s`: now size **s**.
        - `/timmy status`: **nothing is running here.** Size **s**.

        <details><summary>/timmy help size</summary>

        The same: `estimate`. You may use it here.

        </details>

        <details><summary>The latest commands</summary>

        | when | who | command | outcome |
        |---|---|---|---|
        | Mon 23 Nov, 12:00 UTC | \@walt | `/timmy ping` | done |

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn ten_commands_run_eleven_do_not() {
    talk(async |t| {
        let ten = "/timmy ping\n".repeat(10);
        assert_eq!(t.ask("walt", &ten).await.lines().count(), 10);
        assert_snapshot!(t.ask("walt", &format!("{ten}/timmy size s")).await, @"**Not done.** This is command 11 of the comment, and 10 are the most I take at once, so I ran none. Split them over several comments.");
        assert!(t.labels().is_empty());
    })
    .await;
}
