//! Who the agents are, and what happened.

use std::time::Duration;

use insta::assert_snapshot;
use timmy::sandbox::{Mode, Scopes};

use crate::conversations::talk::{talk, talk_where};
use crate::support::config::Config;
use crate::support::forge::{CELLAR, DOOR};

#[tokio::test]
async fn the_agents_as_configured() {
    talk(async |t| {
        assert_snapshot!(t.ask("rita", "/timmy agents").await, @"
        **1 agent**.

        | agent | state | roles | free | fit | rights here | next |
        |---|---|---|---:|---:|---|---|
        | `ezra` | not asked yet | coder | 1 of 1 | 0.23 | unknown |  |

        <details><summary>Models, prices, hosts</summary>

        | agent | kind | model | USD per million tokens, read / written | skills | host |
        |---|---|---|---:|---|---|
        | `ezra` | forge |  | unknown |  |  |

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn what_is_paused_is_shown() {
    let two = |config: Config| {
        config
            .agent("bezalel", ["coder", "reviewer"])
            .its("skills", ["rust", "sql|psql"])
            .its("host", "vps-2")
            .its("capacity", 3)
    };
    talk_where(two, async |t| {
        t.ask("alexander", "/timmy pause bezalel").await;
        assert_snapshot!(t.ask("rita", "/timmy fleet").await, @r"
        **2 agents**.

        | agent | state | roles | free | fit | rights here | next |
        |---|---|---|---:|---:|---|---|
        | `ezra` | not asked yet | coder | 1 of 1 | 0.23 | unknown |  |
        | `bezalel` | not asked yet | coder, reviewer | 3 of 3 | 0.23 | unknown | paused since Mon 23 Nov, 12:00 UTC, by \@alexander |

        <details><summary>Models, prices, hosts</summary>

        | agent | kind | model | USD per million tokens, read / written | skills | host |
        |---|---|---|---:|---|---|
        | `ezra` | forge |  | unknown |  |  |
        | `bezalel` | forge |  | unknown | rust, sql\|psql | vps-2 |

        </details>
        ");
        t.ask("alexander", "/timmy pause all").await;
        let agents = t.ask("rita", "/timmy agents").await;
        assert_snapshot!(agents.lines().next().unwrap(), @r"**2 agents**, all paused since Mon 23 Nov, 12:00 UTC, by \@alexander.");
    })
    .await;
}

#[tokio::test]
async fn no_agents() {
    talk_where(Config::without_agents, async |t| {
        assert_snapshot!(t.ask("rita", "/timmy agents").await, @"**No agents yet.** `[[agent]]` in my configuration names them.");
    })
    .await;
}

#[tokio::test]
async fn a_report_of_nothing() {
    talk(async |t| {
        assert_snapshot!(t.ask("rita", "/timmy report").await, @"
        **No commands** since Sun 22 Nov, 00:00 UTC. Nothing rests, and nothing was given up.

        <details><summary>Nothing is ready</summary>

        1 is not ready: 1 without scope.

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn a_report_counts_and_lists_what_is_paused() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        t.ask("walt", "/timmy hold the key is lost\n/timmy size m\n/timmy asign").await;
        t.ask_in(DOOR, 2, "anna", "/timmy snooze 2d").await;
        t.ask("rita", "/timmy hold").await;
        t.ask("alexander", "/timmy delegate @walt\n/timmy pause ezra\n/timmy pause all").await;
        t.ask("alexander", "/timmy pause foundation/door").await;
        assert_snapshot!(t.ask("rita", "/timmy report").await, @r"
        **9 commands** by 4 people since Sun 22 Nov, 00:00 UTC: 7 done, 1 malformed, 1 refused.

        <details><summary>On hold: 1 · snoozed: 1 · paused: 3 · delegated: 1</summary>

        - foundation/door\#1 is on hold since Mon 23 Nov, 12:00 UTC, by \@walt (the key is lost).
        - foundation/door\#2 is snoozed until Wed 25 Nov, 12:00 UTC, by \@anna.
        - The whole fleet is paused since Mon 23 Nov, 12:00 UTC, by \@alexander.
        - `ezra` is paused since Mon 23 Nov, 12:00 UTC, by \@alexander.
        - `foundation/door` is paused since Mon 23 Nov, 12:00 UTC, by \@alexander.
        - \@walt may approve until Mon 30 Nov, 12:00 UTC.

        </details>

        <details><summary>Nothing is ready</summary>

        2 are not ready: 1 on hold, 1 snoozed.

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn a_report_begins_where_it_was_asked_to() {
    talk(async |t| {
        t.ask("walt", "/timmy size m").await;
        t.wait(Duration::from_secs(3 * 24 * 3600)).await;
        t.ask("anna", "/timmy size s").await;
        assert_snapshot!(t.ask("rita", "/timmy report").await, @"
        **1 command** by one person since Wed 25 Nov, 00:00 UTC: 1 done. Nothing rests, and nothing was given up.

        <details><summary>Nothing is ready</summary>

        1 is not ready: 1 without scope.

        </details>
        ");
        assert_snapshot!(t.ask("rita", "/timmy digest since=2026-11-01").await, @"
        **3 commands** by 3 people since Sun 1 Nov, 00:00 UTC: 3 done. Nothing rests, and nothing was given up.

        <details><summary>Nothing is ready</summary>

        1 is not ready: 1 without scope.

        </details>
        ");
        assert_snapshot!(t.ask("rita", "/timmy report since=2026-11-27").await, @"**Not done.** `2026-11-27` has not begun yet: name an earlier day.");
    })
    .await;
}

#[tokio::test]
async fn a_report_shows_the_public_nothing_of_private_repositories() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "Where the gold is", "").await;
        let text = "/timmy hold gold\n/timmy size m";
        t.ask_in(CELLAR, 1, "walt", text).await;
        t.ask_in(CELLAR, 1, "alexander", "/timmy pause foundation/cellar").await;
        assert_snapshot!(t.ask("rita", "/timmy report").await, @"
        **No commands** since Sun 22 Nov, 00:00 UTC. Nothing rests, and nothing was given up.

        <details><summary>Nothing is ready</summary>

        1 is not ready: 1 without scope.

        </details>
        ");
        t.ask("walt", "/timmy hold").await;
        assert_snapshot!(t.ask_in(CELLAR, 1, "rita", "/timmy report").await, @r"
        **5 commands** by 3 people since Sun 22 Nov, 00:00 UTC: 5 done.

        <details><summary>On hold: 2 · paused: 1</summary>

        - foundation/cellar\#1 is on hold since Mon 23 Nov, 12:00 UTC, by \@walt (gold).
        - foundation/door\#1 is on hold since Mon 23 Nov, 12:00 UTC, by \@walt.
        - `foundation/cellar` is paused since Mon 23 Nov, 12:00 UTC, by \@alexander.

        </details>

        <details><summary>Nothing is ready</summary>

        2 are not ready: 2 on hold.

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn a_repository_that_has_become_private_is_named_no_more() {
    const HALL: &str = "foundation/hall";
    talk(async |t| {
        t.sandbox.add_repo(HALL, false).unwrap();
        for login in ["timmy", "walt"] {
            t.sandbox.collaborator(HALL, login, Mode::Write).unwrap();
        }
        t.opens(HALL, "walt", "The lamp", "").await;
        t.ask_in(HALL, 1, "walt", "/timmy hold no oil").await;
        let report = t.ask("rita", "/timmy report").await;
        assert!(report.contains(r"foundation/hall\#1 is on hold"), "{report}");
        // No webhook says this, and nothing is said there any more.
        let token = t.sandbox.add_token("alexander", Scopes::all()).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let edit = client
            .patch(format!("{}/api/v1/repos/{HALL}", t.sandbox.url()))
            .header("Authorization", format!("token {token}"))
            .header("Content-Type", "application/json")
            .body(r#"{"private": true}"#);
        assert!(edit.send().await.unwrap().status().is_success());
        let report = t.ask("rita", "/timmy report").await;
        assert!(!report.contains("hall"), "{report}");
    })
    .await;
}

#[tokio::test]
async fn a_report_lists_what_was_given_up() {
    talk(async |t| {
        t.sandbox.collaborator(DOOR, "timmy", Mode::Read).unwrap();
        t.ask("walt", "/timmy size s").await;
        assert_snapshot!(t.ask("rita", "/timmy report\n/timmy ping").await, @r"
        - `/timmy report`: **1 command** by one person since Sun 22 Nov, 00:00 UTC: 1 failed.
        - `/timmy ping`: **here.** timmy 0.1.0 hears this thread and can answer in it.

        <details><summary>Given up: 1</summary>

        - foundation/door\#1: I gave up a write on Mon 23 Nov, 12:00 UTC; my log says why.

        </details>

        <details><summary>Nothing is ready</summary>

        1 is not ready: 1 without scope.

        </details>
        ");
        t.wait(Duration::from_secs(3 * 24 * 3600)).await;
        assert_snapshot!(t.ask("rita", "/timmy report").await, @"
        **No commands** since Wed 25 Nov, 00:00 UTC. Nothing rests, and nothing was given up.

        <details><summary>Nothing is ready</summary>

        1 is not ready: 1 without scope.

        </details>
        ");
    })
    .await;
}
