//! A forge that is away, or that somebody else speaks for.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{Fault, Matcher};

use crate::conversations::talk::{Talk, talk};
use crate::support::clock::HOUR;
use crate::support::forge::DOOR;

/// What is noted in an hour in which these requests fail. Two texts wait for it to end.
async fn hour_of(t: &Talk, which: Matcher, fault: Fault) -> String {
    t.sandbox.faults().rate(1, which, 1000, fault);
    let said = ["/timmy size s", "/timmy size m"].map(|text| t.says("walt", text));
    for _ in 0..3 {
        t.wait(HOUR / 3).await;
    }
    let noted = t.timmy.noted().await;
    t.nothing_unread();
    t.sandbox.faults().clear();
    t.heals().await;
    for id in said {
        t.saw(Subject::Comment(id), "eyes");
    }
    assert_eq!(t.replies(), ["Now size **s**.", "Now size **m**, was s."]);
    assert_eq!(t.timmy.noted().await, "");
    noted
}

#[tokio::test]
async fn an_hour_of_maintenance_is_one_incident() {
    talk(async |t| {
        assert_snapshot!(hour_of(t, Matcher::any(), Fault::BadGateway).await, @"a web page came back (502), not Gitea's API: is `url` right, is a proxy between?");
    })
    .await;
}

/// What can still be read must not pass for the end of it.
#[tokio::test]
async fn an_hour_in_which_nothing_can_be_written_is_one_incident() {
    talk(async |t| {
        let writes = Matcher::method_path("POST", "");
        assert_snapshot!(hour_of(t, writes, Fault::BadGateway).await, @"a web page came back (502), not Gitea's API: is `url` right, is a proxy between?");
    })
    .await;
}

#[tokio::test]
async fn a_proxy_that_wants_a_login() {
    talk(async |t| {
        assert_snapshot!(hour_of(t, Matcher::any(), Fault::LoginPage).await, @"a web page came back (200), not Gitea's API: is `url` right, is a proxy between?");
    })
    .await;
}

#[tokio::test]
async fn a_forge_that_fails_at_one_request_for_ever_is_given_up_on() {
    talk(async |t| {
        let react = Matcher::method_path("POST", "/reactions");
        t.sandbox.faults().rate(1, react, 1000, Fault::ErrorAfter);
        let id = t.says("walt", "/timmy ping");
        for _ in 0..12 {
            t.wait(HOUR).await;
        }
        t.sandbox.faults().clear();
        t.wait(HOUR).await;
        t.saw(Subject::Comment(id), "eyes");
        let replies = t.replies();
        assert_eq!(replies, ["**Not done:** the forge failed (500): its log says why."]);
        t.ask_in(DOOR, 1, "walt", "/timmy ping").await;
    })
    .await;
}
