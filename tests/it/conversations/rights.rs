//! Who may what.

use std::time::Duration;

use insta::assert_snapshot;

use crate::conversations::talk::{talk, talk_where};
use crate::support::forge::{CELLAR, DOOR};

#[tokio::test]
async fn a_reader_may_look_and_not_steer() {
    talk(async |t| {
        t.ask("rita", "/timmy ping").await;
        assert_snapshot!(t.ask("rita", "/timmy hold").await, @r"**Not done.** `hold` is for people who may write to this repository. \@alexander can do it, or give you the right (`people.operators` in my configuration).");
        assert_snapshot!(t.ask("rita", "/timmy assign @anna\n/timmy status").await, @r"
        - `/timmy assign @anna`: **not done.** `assign` is for people who may write to this repository. \@alexander can do it, or give you the right (`people.operators` in my configuration).
        - `/timmy status`: **nothing is running here.**

        <details><summary>The latest commands</summary>

        | when | who | command | outcome |
        |---|---|---|---|
        | Mon 23 Nov, 12:00 UTC | \@rita | `/timmy ping` | done |
        | Mon 23 Nov, 12:00 UTC | \@rita | `/timmy hold` | refused |

        </details>
        ");
        assert!(t.assignees().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_operator_may_not_approve_nor_govern() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy approve").await, @r"**Not done.** `approve` is for the approvers of this fleet (\@anna). \@alexander can do it, or give you the right (`people.approvers` in my configuration).");
        assert_snapshot!(t.ask("walt", "/timmy pause all").await, @r"**Not done.** `pause` is for the owner of this fleet. \@alexander can do it.");
    })
    .await;
}

#[tokio::test]
async fn an_approver_may_steer_too_and_not_govern() {
    talk_where(|config| config.with("people.approvers", ["rita"]), async |t| {
        t.ask("rita", "/timmy size s").await;
        assert_eq!(t.labels(), ["size/s"]);
        assert_snapshot!(t.ask("rita", "/timmy budget 5usd").await, @r"**Not done.** `budget` is for the owner of this fleet. \@alexander can do it.");
    })
    .await;
}

#[tokio::test]
async fn writing_to_the_repository_is_enough_only_if_the_configuration_says_so() {
    talk_where(|config| config.with("people.operators", ["anna"]), async |t| {
        assert_snapshot!(t.ask("walt", "/timmy hold").await, @r"**Not done.** `hold` is for the operators of this fleet. \@alexander can do it, or give you the right (`people.operators` in my configuration).");
        t.ask("anna", "/timmy hold").await;
    })
    .await;
}

#[tokio::test]
async fn names_ignore_case() {
    talk_where(
        |config| config.with("people.operators", ["RITA"]),
        async |t| {
            assert_snapshot!(t.ask("rita", "/timmy size s").await, @"Now size **s**.");
        },
    )
    .await;
}

#[tokio::test]
async fn a_stranger_is_refused_once_a_day() {
    talk(async |t| {
        assert_snapshot!(t.ask("rando", "/timmy hold\n/timmy size xl\n/timmy pign").await, @r"**Not done.** I take commands from collaborators of this repository, members of its organisation and people named in my configuration. \@alexander can let you in. I say this once a day.");
        t.ignored("rando", "/timmy status").await;
        t.wait(Duration::from_secs(12 * 3600)).await;
        t.ask("rando", "/timmy ping").await;
        t.ignored("rando", "/timmy ping").await;
        assert!(t.labels().is_empty());
    })
    .await;
}

#[tokio::test]
async fn strangers_of_other_threads_are_refused_there() {
    talk(async |t| {
        t.opens(DOOR, "rita", "Oil the hinges", "").await;
        t.ask("rando", "/timmy ping").await;
        t.ask_in(DOOR, 2, "rando", "/timmy ping").await;
    })
    .await;
}

#[tokio::test]
async fn whoever_may_read_a_private_repository_is_a_reader_there() {
    talk_where(
        |config| config.without("people.readers"),
        async |t| {
            t.opens(CELLAR, "walt", "It is dark", "").await;
            t.ask_in(CELLAR, 1, "rita", "/timmy status").await;
        },
    )
    .await;
}
