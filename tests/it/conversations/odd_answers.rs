//! Answers of the forge that cannot be understood: asked for again some times, then that is said, and
//! what was said later goes on.

use std::time::Duration;

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::core::model::incident::Incident;
use timmy::sandbox::{Fault, Matcher};
use timmy::store::incidents;

use crate::conversations::talk::{Talk, talk};
use crate::support::forge::DOOR;

const FIVE_MINUTES: Duration = Duration::from_secs(300);

/// From now on these requests go wrong, each time.
fn always(t: &Talk, method: &str, fragment: &str, fault: Fault) {
    t.sandbox.faults().rate(7, Matcher::method_path(method, fragment), 1000, fault);
}

/// Lets what was put off be tried often enough.
async fn long(t: &Talk) {
    for _ in 0..14 {
        t.wait(FIVE_MINUTES).await;
    }
}

async fn wrong(t: &Talk) -> Vec<Incident> {
    t.timmy.read(incidents::all).await.into_iter().map(|open| open.incident).collect()
}

#[tokio::test]
async fn what_an_answer_takes_cannot_be_understood() {
    let (soon, late) = (1, 8);
    for (fault, times) in [
        (Fault::Gibberish, soon),
        (Fault::LoginPage, soon),
        (Fault::ErrorAfter, soon),
        (Fault::BadGateway, late),
    ] {
        talk(async |t| {
            always(t, "GET", "/issues/1/dependencies", fault.clone());
            let first = t.says("walt", "/timmy status");
            let second = t.says("walt", "/timmy size s");
            for _ in 0..times {
                long(t).await;
            }
            let replies = t.replies();
            let [said, size] = &replies[..] else { panic!("{fault:?}: {replies:#?}") };
            assert!(said.starts_with("**Not done:** "), "{fault:?}: {said}");
            assert_eq!((size.as_str(), t.labels()), ("Now size **s**.", vec!["size/s".to_owned()]));
            for id in [first, second] {
                t.saw(Subject::Comment(id), "eyes");
            }
            let known = wrong(t).await;
            let is_named = |kind: fn(&Incident) -> bool| known.iter().any(kind);
            assert!(is_named(|one| matches!(one, Incident::DependenciesUnreadable { .. })));
        })
        .await;
    }
}

#[tokio::test]
async fn doctor_names_the_thread_until_all_is_understood_there() {
    talk(async |t| {
        always(t, "GET", "/issues/1", Fault::Gibberish);
        let id = t.says("walt", "/timmy status");
        long(t).await;
        assert_snapshot!(t.replies().join("\n"), @"**Not done:** the forge's answer cannot be understood: `id` is missing or not usable.");
        t.saw(Subject::Comment(id), "eyes");
        let open = t.timmy.read(incidents::all).await;
        let told: Vec<String> = open.iter().map(|open| open.sentence()).collect();
        assert_snapshot!(told.join("\n"), @"
        foundation/door#1: the forge's answer cannot be understood: `id` is missing or not usable
        foundation/door: what #1 waits for cannot be read: the forge's answer cannot be understood: invalid type: map, expected a sequence at line 1 column 0
        ");
        t.sandbox.faults().clear();
        t.ask("walt", "/timmy status").await;
        long(t).await;
        assert_eq!(wrong(t).await, []);
    })
    .await;
}

#[tokio::test]
async fn whose_words_it_is_cannot_be_understood() {
    talk(async |t| {
        let id = t.says("walt", "/timmy size s");
        always(t, "GET", &format!("/issues/comments/{id}"), Fault::Gibberish);
        let second = t.says("walt", "/timmy size m");
        long(t).await;
        let replies = t.replies();
        assert_eq!(replies.len(), 2, "{replies:#?}");
        assert!(replies[0].starts_with("**Not done:** "), "{replies:#?}");
        assert_eq!(t.labels(), ["size/m"]);
        for id in [id, second] {
            t.saw(Subject::Comment(id), "eyes");
        }
    })
    .await;
}

#[tokio::test]
async fn a_proxy_that_takes_offence_at_one_reply_holds_up_no_other() {
    talk(async |t| {
        always(t, "POST", "/issues/1/comments", Fault::LoginPage);
        let id = t.says("walt", "/timmy ping");
        long(t).await;
        t.sandbox.faults().clear();
        t.saw(Subject::Comment(id), "eyes");
        assert!(wrong(t).await.iter().any(|one| matches!(one, Incident::AnswerUnreadable { .. })));
        t.ask("walt", "/timmy ping").await;
    })
    .await;
}

#[tokio::test]
async fn a_forge_that_is_away_is_waited_for() {
    talk(async |t| {
        t.sandbox.faults().rate(7, Matcher::any(), 1000, Fault::BadGateway);
        let id = t.says("walt", "/timmy ping");
        long(t).await;
        t.nothing_unread();
        t.sandbox.faults().clear();
        t.wait(FIVE_MINUTES).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn an_issue_whose_dependencies_cannot_be_understood_is_not_handed_out() {
    talk(async |t| {
        always(t, "GET", "/issues/2/dependencies", Fault::Gibberish);
        t.opens(DOOR, "walt", "Oil the hinges", &"Oil all the hinges of the door. ".repeat(9))
            .await;
        t.opens(DOOR, "walt", "Paint the door", &"Paint the whole door, in green. ".repeat(9))
            .await;
        t.polls().await;
        assert_snapshot!(t.gist("rita", "/timmy queue").await, @r"
        **1 issue is ready**, 2 are not: 1 blocked, 1 without scope.

        | | issue | score | agent |
        |---:|---|---:|---|
        | 1 | \#3 Paint the door | 4.3 | `ezra` |

        `/timmy why #3` explains a place.
        ");
        t.sandbox.faults().clear();
        t.wait(Duration::from_secs(7200)).await;
        t.polls().await;
        assert_snapshot!(t.gist("rita", "/timmy queue").await, @r"
        **2 issues are ready**, 1 is not: 1 without scope.

        | | issue | score | agent |
        |---:|---|---:|---|
        | 1 | \#2 Oil the hinges | 4.3 | `ezra` |
        | 2 | \#3 Paint the door | 4.3 |  |

        `/timmy why #2` explains a place.
        ");
        assert_eq!(wrong(t).await, []);
    })
    .await;
}
