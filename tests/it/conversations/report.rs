//! The one report: a comment a day, edited in place, silent without news, one call a day.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::core::model::time::Timestamp;
use timmy::sandbox::{DeliveryFault, Fault, Gate, Matcher, Mode, Said};

use crate::conversations::talk::{Talk, talk, talk_where};
use crate::support::clock::{HOUR, MINUTE, SETTLE};
use crate::support::config::Config;
use crate::support::forge::{CELLAR, DOOR};

/// Where the report stands.
pub const OFFICE: &str = "foundation/office";

fn reports(config: Config) -> Config {
    config.with("report.repository", OFFICE)
}

/// A conversation with a timmy that reports. It begins on Monday, 23 November, 12:00 UTC.
pub async fn reported(play: impl AsyncFnOnce(&Talk)) {
    reported_where(|config| config, play).await;
}

/// With a configuration that says more.
pub async fn reported_where(change: impl FnOnce(Config) -> Config, play: impl AsyncFnOnce(&Talk)) {
    talk_where(
        |config| change(reports(config)),
        async |t| {
            found_office(t);
            play(t).await;
        },
    )
    .await;
}

fn found_office(t: &Talk) {
    found(t, true);
}

fn found(t: &Talk, is_private: bool) {
    t.sandbox.add_repo(OFFICE, is_private).unwrap();
    for login in ["timmy", "alexander"] {
        t.sandbox.collaborator(OFFICE, login, Mode::Write).unwrap();
    }
}

/// What timmy wrote in the report's issue.
pub fn days(t: &Talk) -> Vec<Said> {
    let comments = t.sandbox.comments(OFFICE, 1).unwrap_or_default();
    comments.into_iter().filter(|said| said.author == "timmy").collect()
}

fn keys(t: &Talk) -> Vec<String> {
    let key = |said: &Said| said.body.lines().last().unwrap().to_owned();
    days(t).iter().map(key).collect()
}

/// Lets timmy wait until a moment; what happens on the way, happens in steps of an hour.
pub async fn until(t: &Talk, moment: &str) {
    use timmy::clock::Clock;
    let moment = Timestamp::parse(moment).unwrap();
    while t.clock.now() < moment {
        t.wait(moment.since(t.clock.now()).min(HOUR)).await;
    }
}

#[tokio::test]
async fn what_everybody_may_read_shows_nothing_of_private_repositories() {
    for is_private in [true, false] {
        talk_where(reports, async |t| {
            found(t, is_private);
            t.opens(CELLAR, "walt", "Where the gold is", &"Dig below the stairs. ".repeat(9)).await;
            t.ask_in(CELLAR, 1, "walt", "/timmy hold until the moon is gone").await;
            t.ask_in(CELLAR, 1, "walt", "/timmy unhold").await;
            t.ask("walt", "/timmy hold the key is lost").await;
            t.opens(CELLAR, "walt", "And the silver", &"Dig below the stairs. ".repeat(9)).await;
            t.wait(MINUTE).await;
            let day = &days(t)[0].body;
            assert!(day.contains(r"foundation/door\#1"), "{day}");
            assert_eq!(day.contains("cellar"), is_private, "{day}");
            assert_eq!(day.contains("3 commands"), is_private, "{day}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_everybody_may_read_shows_nothing_of_what_is_wrong_in_private_repositories() {
    for is_private in [true, false] {
        talk_where(reports, async |t| {
            found(t, is_private);
            t.opens(CELLAR, "walt", "Damp", "").await;
            let gate = Gate::new();
            t.sandbox.faults().next_delivery(DeliveryFault::Held(gate.clone()));
            let ping = t.says_in(CELLAR, 1, "walt", "/timmy ping");
            t.sandbox.archive(CELLAR, true).unwrap();
            gate.open();
            t.quiet().await;
            t.saw(Subject::Comment(ping), "eyes");
            // What was noted has a name that no repository has any more.
            t.sandbox.rename(CELLAR, "vault").unwrap();
            t.wait(2 * HOUR).await;
            t.ask("walt", "/timmy hold").await;
            t.wait(MINUTE).await;
            let days = days(t);
            let day = &days.last().unwrap().body;
            assert_eq!(day.contains("cellar"), is_private, "{day}");
            assert_eq!(day.contains("archived"), is_private, "{day}");
            assert!(!day.contains("vault") || is_private, "{day}");
            // The stage knows it by its first name.
            t.sandbox.rename("foundation/vault", "cellar").unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn what_everybody_may_read_does_not_name_what_the_account_may_not_see() {
    let watching = |config| reports(config).with("gitea.watch", ["foundation", "heirs/vault"]);
    for is_private in [true, false] {
        talk_where(watching, async |t| {
            found(t, is_private);
            t.wait(HOUR).await;
            assert!(t.timmy.noted().await.contains("heirs/vault"));
            t.ask("walt", "/timmy hold").await;
            t.wait(MINUTE).await;
            let days = days(t);
            let day = &days.last().unwrap().body;
            assert_eq!(day.contains("vault"), is_private, "{day}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_day_with_news_has_a_comment_and_it_is_kept_up_to_date() {
    reported(async |t| {
        t.wait(HOUR).await;
        assert!(t.sandbox.is_open(OFFICE, 1).is_err(), "an issue without anything to say");
        t.ask("walt", "/timmy hold the key is lost").await;
        t.wait(MINUTE).await;
        assert_snapshot!(days(t)[0].body, @r"
        ## Monday, 23 November

        **Nothing needs you.** 1 command by one person, done.

        <details><summary>On hold: 1</summary>

        - foundation/door\#1 is on hold since Mon 23 Nov, 13:00 UTC, by \@walt (the key is lost).

        </details>

        <details><summary>Nothing is ready</summary>

        1 is not ready: 1 on hold.

        </details>

        <details><summary>Money and agents</summary>

        **0.00 of 50.00 USD** today.

        | | now |
        |---|---|
        | `ezra` | idle |

        </details>

        <!-- timmy key=report.2026-11-23 -->
        ");
        t.ask("anna", "/timmy size m\n/timmy asign").await;
        t.wait(MINUTE).await;
        let days = days(t);
        assert_eq!((days.len(), days[0].edits), (1, 1));
        assert_snapshot!(days[0].body.lines().nth(2).unwrap(), @"**Nothing needs you.** 3 commands by 2 people: 2 done, 1 malformed.");
    })
    .await;
}

#[tokio::test]
async fn the_next_day_with_news_has_the_next_comment() {
    reported(async |t| {
        t.ask("walt", "/timmy size m").await;
        until(t, "2026-11-25T12:00:00Z").await;
        t.ask("walt", "/timmy size s").await;
        t.wait(MINUTE).await;
        assert_eq!(
            keys(t),
            ["<!-- timmy key=report.2026-11-23 -->", "<!-- timmy key=report.2026-11-25 -->"]
        );
    })
    .await;
}

#[tokio::test]
async fn nothing_is_written_while_nothing_changes() {
    reported(async |t| {
        t.ask("walt", "/timmy hold").await;
        t.wait(MINUTE).await;
        let before = t.sandbox.requests().len();
        for _ in 0..20 {
            t.wait(10 * MINUTE).await;
        }
        let writes = t.sandbox.requests().split_off(before);
        let writes: Vec<_> = writes.iter().filter(|asked| asked.method != "GET").collect();
        assert!(writes.is_empty(), "{writes:?}");
    })
    .await;
}

#[tokio::test]
async fn an_edit_waits_for_a_minute_to_pass() {
    reported(async |t| {
        t.ask("walt", "/timmy size m").await;
        t.wait(MINUTE).await;
        for size in ["xs", "s", "l", "xl"] {
            t.ask("walt", &format!("/timmy size {size}")).await;
        }
        assert_eq!(days(t)[0].edits, 0);
        t.wait(MINUTE).await;
        assert_eq!(days(t)[0].edits, 1);
        assert!(days(t)[0].body.contains("5 commands by one person"));
    })
    .await;
}

#[tokio::test]
async fn the_comment_appears_at_its_time_or_at_the_first_news_after() {
    reported(async |t| {
        until(t, "2026-11-24T06:00:00Z").await;
        t.ask("walt", "/timmy size m").await;
        until(t, "2026-11-24T07:59:00Z").await;
        assert!(days(t).is_empty());
        until(t, "2026-11-24T08:00:00Z").await;
        assert_eq!(keys(t), ["<!-- timmy key=report.2026-11-24 -->"]);
    })
    .await;
}

#[tokio::test]
async fn what_happened_late_in_the_evening_is_still_reported_on_that_day_and_no_other() {
    reported(async |t| {
        t.ask("walt", "/timmy size m").await;
        until(t, "2026-11-23T23:59:30Z").await;
        t.ask("walt", "/timmy size s").await;
        until(t, "2026-11-24T00:00:30Z").await;
        assert_eq!(days(t)[0].edits, 1);
        assert!(days(t)[0].body.contains("2 commands"));
        until(t, "2026-11-24T12:00:00Z").await;
        assert_eq!((days(t).len(), days(t)[0].edits), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn quiet_hours_are_quiet_and_nothing_is_lost_in_them() {
    let nights = |config: Config| {
        config.with("people.quiet_hours", "22:00-07:00").with("people.timezone", "Europe/Berlin")
    };
    reported_where(nights, async |t| {
        t.ask("walt", "/timmy size m").await;
        until(t, "2026-11-23T21:30:00Z").await;
        t.ask("walt", "/timmy size s").await;
        until(t, "2026-11-24T05:59:00Z").await;
        assert_eq!((days(t).len(), days(t)[0].edits), (1, 0));
        until(t, "2026-11-24T06:00:00Z").await;
        assert_eq!((days(t).len(), days(t)[0].edits), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn an_evening_in_quiet_hours_without_a_comment_is_reported_the_next_morning() {
    reported_where(|config| config.with("people.quiet_hours", "20:00-07:00"), async |t| {
        t.ask("walt", "/timmy size m").await;
        until(t, "2026-11-24T21:00:00Z").await;
        t.ask("walt", "/timmy size s").await;
        until(t, "2026-11-25T08:00:00Z").await;
        let days = days(t);
        assert_eq!(days.len(), 2);
        assert_snapshot!(days[1].body.lines().nth(2).unwrap(), @"**Nothing needs you.** 1 command by one person, done. This tells all since Tue 24 Nov, 00:00 UTC.");
    })
    .await;
}

/// Something that waits for the owner: a repository that is archived under timmy's hands.
async fn breaks(t: &Talk) {
    let gate = Gate::new();
    t.sandbox.faults().next_delivery(DeliveryFault::Held(gate.clone()));
    let ping = t.says("walt", "/timmy ping");
    t.sandbox.archive(DOOR, true).unwrap();
    gate.open();
    t.quiet().await;
    t.saw(Subject::Comment(ping), "eyes");
    t.opens(CELLAR, "walt", "Damp", "").await;
}

#[tokio::test]
async fn the_owner_is_called_once_a_day_as_long_as_something_waits() {
    reported(async |t| {
        breaks(t).await;
        t.wait(MINUTE).await;
        assert_snapshot!(days(t)[0].body, @"
        ## Monday, 23 November

        **1 thing needs you, @alexander.** 1 command by one person, done.

        ### Broken
        - foundation/door: the repository is archived: unarchive it first. Since Mon 23 Nov, 12:00 UTC.

        <details><summary>Nothing is ready</summary>

        1 is not ready: 1 without scope.

        </details>

        <details><summary>Money and agents</summary>

        **0.00 of 50.00 USD** today.

        | | now |
        |---|---|
        | `ezra` | idle |

        </details>

        <!-- timmy key=report.2026-11-23 -->
        ");
        t.ask_in(CELLAR, 1, "walt", "/timmy ping").await;
        until(t, "2026-11-24T23:00:00Z").await;
        let days = days(t);
        assert_eq!(days.len(), 2, "{days:#?}");
        assert!(days.iter().all(|day| day.body.matches(" @alexander").count() == 1), "{days:#?}");
    })
    .await;
}

#[tokio::test]
async fn what_breaks_later_in_the_day_calls_the_next_morning() {
    reported(async |t| {
        t.ask("walt", "/timmy ping").await;
        t.wait(MINUTE).await;
        breaks(t).await;
        t.wait(MINUTE).await;
        let first = &days(t)[0].body;
        assert!(first.contains("needs you.") && !first.contains(" @alexander"), "{first}");
        until(t, "2026-11-24T08:00:00Z").await;
        assert!(days(t)[1].body.contains(", @alexander.**"));
    })
    .await;
}

#[tokio::test]
async fn the_report_shows_private_repositories() {
    reported(async |t| {
        t.opens(CELLAR, "walt", "Where the gold is", "").await;
        t.ask_in(CELLAR, 1, "walt", "/timmy hold gold").await;
        t.wait(MINUTE).await;
        assert!(days(t)[0].body.contains(r"foundation/cellar\#1 is on hold"));
        // Also when it is asked for there.
        t.reads(&days(t));
        let asked = t.ask_in(OFFICE, 1, "alexander", "/timmy report").await;
        assert!(asked.contains(r"foundation/cellar\#1 is on hold"), "{asked}");
    })
    .await;
}

#[tokio::test]
async fn an_issue_that_somebody_closed_is_opened_again_the_next_day() {
    reported(async |t| {
        t.ask("walt", "/timmy ping").await;
        t.wait(MINUTE).await;
        t.sandbox.set_open("alexander", OFFICE, 1, false).unwrap();
        t.ask("walt", "/timmy ping").await;
        t.wait(MINUTE).await;
        assert!(!t.sandbox.is_open(OFFICE, 1).unwrap());
        until(t, "2026-11-24T09:00:00Z").await;
        t.ask("walt", "/timmy ping").await;
        t.wait(MINUTE).await;
        assert!(t.sandbox.is_open(OFFICE, 1).unwrap());
        assert_eq!(days(t).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_comment_that_somebody_deleted_is_not_written_again() {
    reported(async |t| {
        t.ask("walt", "/timmy ping").await;
        t.wait(MINUTE).await;
        t.sandbox.delete_comment("alexander", days(t)[0].id).unwrap();
        for _ in 0..3 {
            t.ask("walt", "/timmy ping").await;
            t.wait(MINUTE).await;
        }
        assert!(days(t).is_empty());
        until(t, "2026-11-24T09:00:00Z").await;
        t.ask("walt", "/timmy ping").await;
        t.wait(MINUTE).await;
        assert_eq!(keys(t), ["<!-- timmy key=report.2026-11-24 -->"]);
    })
    .await;
}

#[tokio::test]
async fn a_forge_that_is_away_gets_the_comment_when_it_is_back_and_only_once() {
    reported(async |t| {
        let comment = || Matcher::method_path("POST", "office/issues/1/comments");
        t.sandbox.faults().next(comment(), Fault::CutAfter);
        t.ask("walt", "/timmy ping").await;
        t.wait(MINUTE).await;
        t.wait(SETTLE).await;
        t.wait(10 * MINUTE).await;
        assert_eq!(keys(t), ["<!-- timmy key=report.2026-11-23 -->"]);
    })
    .await;
}

#[tokio::test]
async fn an_issue_whose_making_was_cut_off_is_not_made_twice() {
    reported(async |t| {
        t.sandbox.faults().next(Matcher::method_path("POST", "office/issues"), Fault::CutAfter);
        t.ask("walt", "/timmy ping").await;
        t.wait(MINUTE).await;
        t.wait(SETTLE).await;
        t.wait(10 * MINUTE).await;
        assert_eq!(days(t).len(), 1);
        assert!(t.sandbox.is_open(OFFICE, 2).is_err());
    })
    .await;
}

#[tokio::test]
async fn a_new_ledger_finds_the_issue_again() {
    reported(async |t| {
        t.ask("walt", "/timmy ping").await;
        t.wait(MINUTE).await;
        t.timmy.write(timmy::store::reports::forget_home).await;
        until(t, "2026-11-24T09:00:00Z").await;
        t.ask("walt", "/timmy ping").await;
        t.wait(MINUTE).await;
        assert_eq!(days(t).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_new_ledger_goes_on_with_the_comment_of_the_day() {
    reported(async |t| {
        t.ask("walt", "/timmy hold the key is lost").await;
        t.wait(MINUTE).await;
        let forget = t.timmy.write(|tx| {
            timmy::store::reports::forget_home(tx)?;
            tx.execute("DELETE FROM reports", ())?;
            Ok(tx.execute("DELETE FROM outbox WHERE key LIKE 'report.%'", ())?)
        });
        assert_eq!(forget.await, 3, "the issue, its pin and the comment");
        t.ask("walt", "/timmy unhold").await;
        t.wait(MINUTE).await;
        t.wait(MINUTE).await;
        assert_eq!(days(t).len(), 1);
        assert!(!days(t)[0].body.contains("On hold"), "{}", days(t)[0].body);
    })
    .await;
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_one_incident_and_the_rest_goes_on() {
    talk_where(reports, async |t| {
        for _ in 0..5 {
            t.ask("walt", "/timmy ping").await;
            t.wait(MINUTE).await;
        }
        let incidents = t.timmy.read(timmy::store::incidents::all).await;
        assert_eq!(incidents.len(), 1);
        assert_snapshot!(incidents[0].text, @"report.repository, `foundation/office`, is not there, or not for my account: make it, add my account to it, or correct the configuration");
        found_office(t);
        t.wait(HOUR).await;
        assert_eq!(days(t).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn without_a_table_there_is_no_report() {
    talk(async |t| {
        found_office(t);
        t.ask("walt", "/timmy ping").await;
        t.wait(HOUR).await;
        assert!(t.sandbox.is_open(OFFICE, 1).is_err());
    })
    .await;
}
