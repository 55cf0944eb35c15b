//! Somebody wants nothing of timmy's account. That is theirs to decide: it keeps nobody else from
//! anything, and calls nobody.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::core::model::incident::Incident;
use timmy::sandbox::{Mode, ReviewState, Version};
use timmy::store::incidents::{self, OpenIncident};

use crate::conversations::talk::{Talk, talk, talk_on, talk_where};
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

const OFFICE: &str = "foundation/office";

/// rando blocks timmy and opens an issue; its number.
async fn opened_by_a_blocker(t: &Talk) -> i64 {
    t.sandbox.block("rando", "timmy", true).unwrap();
    t.opens(DOOR, "rando", "The door is ugly", "/timmy ping").await
}

async fn wrong(t: &Talk) -> Vec<OpenIncident> {
    t.timmy.read(incidents::all).await
}

#[tokio::test]
async fn writers_commands_run_in_the_thread_of_somebody_who_blocked_timmy() {
    talk(async |t| {
        let number = opened_by_a_blocker(t).await;
        t.says_in(DOOR, number, "rando", "/timmy ping");
        t.quiet().await;
        t.nothing_unread();
        assert_eq!(wrong(t).await, []);
        t.says_in(DOOR, number, "walt", "/timmy priority p1");
        t.says_in(DOOR, number, "walt", "/timmy hold it is only paint");
        t.quiet().await;
        assert_eq!(t.sandbox.labels(DOOR, number).unwrap(), ["priority/p1"]);
        let status = t.gist("rita", &format!("/timmy status #{number}")).await;
        assert!(status.contains("**On hold**"), "{status}");
        let [incident] = &wrong(t).await[..] else { panic!("{:#?}", wrong(t).await) };
        assert!(matches!(incident.incident, Incident::ThreadBlocked { .. }), "{incident:?}");
        assert_snapshot!(incident.sentence(), @"foundation/door#2: whoever opened the thread, or owns the repository, has blocked timmy's account: nothing can be claimed or said there");
        // Elsewhere timmy goes on.
        t.ask("walt", "/timmy size s").await;
    })
    .await;
}

#[tokio::test]
async fn it_is_over_when_timmy_can_speak_there_again_or_the_thread_is_closed() {
    talk(async |t| {
        let number = opened_by_a_blocker(t).await;
        t.says_in(DOOR, number, "walt", "/timmy ping");
        t.quiet().await;
        assert_eq!(wrong(t).await.len(), 1);
        t.sandbox.block("rando", "timmy", false).unwrap();
        t.ask_in(DOOR, number, "walt", "/timmy ping").await;
        assert_eq!(wrong(t).await, []);
        t.sandbox.block("rando", "timmy", true).unwrap();
        t.says_in(DOOR, number, "walt", "/timmy ping");
        t.quiet().await;
        assert_eq!(wrong(t).await.len(), 1);
        t.sandbox.set_open("walt", DOOR, number, false).unwrap();
        t.wait(MINUTE).await;
        assert_eq!(wrong(t).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_command_of_somebody_who_blocked_timmy_runs_where_they_may_give_it() {
    talk(async |t| {
        t.sandbox.block("walt", "timmy", true).unwrap();
        let subject = Subject::Comment(t.says("walt", "/timmy size s"));
        t.quiet().await;
        assert_eq!(t.unclaimed_answer_to(DOOR, 1, subject), "Now size **s**.");
        assert_eq!(t.labels(), ["size/s"]);
        assert_eq!(wrong(t).await, []);
        t.ignored("walt", "@timmy thanks!").await;
    })
    .await;
}

#[tokio::test]
async fn somebody_who_blocked_timmy_cannot_be_assigned_by_it() {
    talk(async |t| {
        t.sandbox.collaborator(DOOR, "rando", Mode::Read).unwrap();
        t.sandbox.block("rando", "timmy", true).unwrap();
        assert_snapshot!(t.ask("walt", "/timmy assign @rando").await, @"**Not done:** somebody whom it concerns has blocked my account, and only they can lift that.");
        assert_eq!(wrong(t).await, []);
    })
    .await;
}

/// Gitea would let timmy answer on a line all the same.
#[tokio::test]
async fn nothing_is_said_on_a_line_of_theirs_either() {
    talk_on(Version::V1_27, async |t| {
        t.sandbox.block("walt", "timmy", true).unwrap();
        let number = t.proposes("walt", "Oil the hinges", "").await;
        let lines = [("hinge.rs", "/timmy size s")];
        t.sandbox.review("alexander", DOOR, number, ReviewState::Comment, "", &lines).unwrap();
        t.quiet().await;
        t.wait(MINUTE).await;
        assert_eq!(t.sandbox.labels(DOOR, number).unwrap(), ["size/s"]);
        assert!(t.on_lines(number).is_empty());
        let [incident] = &wrong(t).await[..] else { panic!("{:#?}", wrong(t).await) };
        assert!(matches!(incident.incident, Incident::ThreadBlocked { .. }), "{incident:?}");
    })
    .await;
}

#[tokio::test]
async fn nothing_of_it_is_in_the_report() {
    talk_where(
        |config| config.with("report.repository", OFFICE),
        async |t| {
            t.sandbox.add_repo(OFFICE, true).unwrap();
            for login in ["timmy", "alexander"] {
                t.sandbox.collaborator(OFFICE, login, Mode::Write).unwrap();
            }
            t.sandbox.collaborator(DOOR, "rando", Mode::Read).unwrap();
            let number = opened_by_a_blocker(t).await;
            t.says_in(DOOR, number, "walt", "/timmy ping");
            t.says_in(DOOR, number, "walt", "/timmy size s");
            t.ask("walt", "/timmy assign @rando").await;
            t.wait(MINUTE).await;
            let report = t.sandbox.comments(OFFICE, 1).unwrap_or_default();
            assert!(report.iter().all(|day| !day.body.contains("block")), "{report:#?}");
            assert!(report.iter().all(|day| !day.body.contains("Broken")), "{report:#?}");
            assert!(report.iter().all(|day| !day.body.contains("@alexander")), "{report:#?}");
            let digest = t.ask("walt", "/timmy report").await;
            assert!(
                digest.contains("nothing was given up") && !digest.contains("block"),
                "{digest}"
            );
        },
    )
    .await;
}
