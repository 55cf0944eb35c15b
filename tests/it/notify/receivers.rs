//! Receivers that do not simply take what they are told.

use timmy::core::model::ids::RepoId;
use timmy::core::model::incident::Incident;

use crate::notify::stage::{Stage, awake};
use crate::support::clock::{HOUR, SECOND};
use crate::support::config::SECRETS;
use crate::support::notified::{Instead, NotifiedReceiver};
use crate::support::process::until;

/// What timmy notes as wrong with its receiver.
async fn noted(stage: &Stage) -> Option<String> {
    let noted = stage.app.timmy.noted().await;
    noted.lines().find(|line| line.contains("[notify]")).map(str::to_owned)
}

fn refuses(status: u16) -> Instead {
    Instead::Answer(status, None)
}

#[tokio::test]
async fn ntfy_gets_two_lines_and_a_link_to_click() {
    let secret = SECRETS[0];
    let mut stage =
        awake(|config| config.with("notify.kind", "ntfy").with("notify.token_file", secret)).await;
    stage.goes_away().await;
    let message = stage.receiver.came().remove(0);
    let forge = format!("{}/", stage.app.sandbox.url().trim_end_matches('/'));
    assert_eq!(message.path, "/fleet");
    assert_eq!(message.body, format!("Something is wrong: forge down.\n{forge}"));
    assert_eq!(message.header("title"), "timmy");
    assert_eq!(message.header("click"), forge);
    assert_eq!(message.header("x-sequence-id"), message.id());
    assert_eq!(message.header("authorization"), format!("Bearer {secret}"));
    stage.app.timmy.stop().await;
}

/// It is no incident, and nothing is sent before.
#[tokio::test]
async fn one_that_asks_for_a_pause_gets_it() {
    let mut stage = awake(|config| config).await;
    let pause = Some(("retry-after", "1200".to_owned()));
    stage.receiver.next([Instead::Answer(429, pause)]);
    stage.goes_away().await;
    stage.passes(12).await;
    assert_eq!(stage.receiver.came().len(), 1);
    assert_eq!(noted(&stage).await, None);
    stage.passes(5).await;
    let came = stage.receiver.came();
    assert_eq!(came.len(), 2);
    assert_eq!(came[0].id(), came[1].id(), "it is the same message");
    stage.app.timmy.stop().await;
}

/// However long it asks for.
#[tokio::test]
async fn a_pause_has_an_end() {
    let mut stage = awake(|config| config).await;
    let pause = Some(("retry-after", "99999999".to_owned()));
    stage.receiver.next([Instead::Answer(503, pause)]);
    stage.goes_away().await;
    stage.passes(70).await;
    assert_eq!(stage.receiver.came().len(), 2);
    stage.app.timmy.stop().await;
}

/// Somebody has to correct something: it is said once, what to do with it, and nobody is hammered.
#[tokio::test]
async fn one_that_refuses_is_an_incident_of_which_nobody_is_told_there() {
    let mut stage = awake(|config| config).await;
    stage.receiver.next([refuses(403), refuses(403)]);
    stage.goes_away().await;
    stage.passes(60).await;
    assert_eq!(stage.receiver.came().len(), 1);
    let noted_once = noted(&stage).await.expect("an incident");
    assert!(noted_once.contains("403") && noted_once.contains("notify.token_file"), "{noted_once}");
    stage.app.wait(HOUR * 6).await;
    stage.passes(2).await;
    assert_eq!(stage.receiver.came().len(), 2, "it is asked again");
    // Whoever restarts timmy has corrected it.
    stage.app.timmy.stop().await;
    stage.app.timmy.wake().await;
    stage.passes(2).await;
    assert_eq!(stage.receiver.came().len(), 3);
    assert!(stage.receiver.told().iter().all(|(_, name)| name == "forge_down"));
    assert_eq!(noted(&stage).await, None, "it is over");
    stage.app.timmy.stop().await;
}

/// What nobody takes for a day is in the report, and is not sent for ever.
#[tokio::test]
async fn what_nobody_takes_is_given_up_after_a_day() {
    let mut stage = awake(|config| config).await;
    stage.receiver.next(std::iter::repeat_n(refuses(400), 50));
    stage.goes_away().await;
    for _ in 0..8 {
        stage.app.wait(HOUR * 6).await;
        stage.passes(1).await;
    }
    let tries = stage.receiver.came().len();
    assert!((2..=6).contains(&tries), "{tries}");
    stage.app.wait(HOUR * 48).await;
    stage.passes(2).await;
    assert_eq!(stage.receiver.came().len(), tries);
    stage.app.timmy.stop().await;
}

/// The token is for one address.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = NotifiedReceiver::start().await;
    let mut stage = awake(|config| config.with("notify.token_file", SECRETS[0])).await;
    for status in [302, 307, 308] {
        let to = Some(("location", elsewhere.url.clone()));
        stage.receiver.next([Instead::Answer(status, to)]);
    }
    stage.goes_away().await;
    stage.app.wait(HOUR * 7).await;
    stage.app.wait(HOUR * 7).await;
    assert_eq!(stage.receiver.came().len(), 3);
    assert_eq!(elsewhere.came().len(), 0, "nobody else is told, and nobody else gets the token");
    let noted = noted(&stage).await.expect("an incident");
    assert!(noted.contains("not followed") && !noted.contains(&elsewhere.url), "{noted}");
    stage.app.timmy.stop().await;
}

/// Nobody knows whether it took the message: it is sent once more, and is known by its id.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_is_told_again_under_the_same_id() {
    let mut stage = awake(|config| config).await;
    stage.receiver.next([Instead::Hang]);
    stage.goes_away().await;
    stage.passes(5).await;
    let came = stage.receiver.came();
    assert_eq!(came.len(), 2, "{came:?}");
    assert_eq!(came[0].id(), came[1].id());
    assert_eq!(came[0].body, came[1].body);
    stage.app.timmy.stop().await;
}

/// The intent is stored before it is sent: after a crash it is sent under the same id.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_it_is_told_loses_nothing() {
    let mut stage = awake(|config| config).await;
    stage.receiver.next([Instead::Hang]);
    stage.app.sandbox.faults().down();
    until("it is told", async || {
        stage.app.clock.advance(SECOND * 20);
        !stage.receiver.came().is_empty()
    })
    .await;
    stage.app.timmy.kill().await;
    stage.app.timmy.wake().await;
    stage.passes(4).await;
    let came = stage.receiver.came();
    assert_eq!(came.len(), 2, "{came:?}");
    assert_eq!(came[0].id(), came[1].id());
    stage.app.timmy.stop().await;
}

/// What is wrong with it may be wrong with it alone.
#[tokio::test]
async fn a_message_that_is_refused_keeps_no_other_one() {
    let mut stage = awake(|config| config).await;
    stage.receiver.next([refuses(422)]);
    stage.goes_away().await;
    assert_eq!(stage.receiver.came().len(), 1);
    stage.goes_wrong(Incident::RepoArchived { repo: RepoId(1) }).await;
    stage.passes(3).await;
    let told = |nth: usize| stage.receiver.told()[nth].1.clone();
    assert_eq!(stage.receiver.came().len(), 2, "{:?}", stage.receiver.came());
    assert_eq!((told(0), told(1)), ("forge_down".to_owned(), "repo_archived".to_owned()));
    assert_eq!(noted(&stage).await, None, "something is taken");
    // The other one is tried again when somebody may have corrected it.
    stage.app.wait(HOUR * 6).await;
    stage.passes(2).await;
    assert_eq!(stage.receiver.came().len(), 3);
    assert_eq!(stage.receiver.came()[0].id(), stage.receiver.came()[2].id());
    stage.app.timmy.stop().await;
}

/// Another one of that id is being dealt with, or too many came: it may be taken soon.
#[tokio::test]
async fn a_conflict_passes() {
    let mut stage = awake(|config| config).await;
    for status in [408, 409, 429] {
        stage.receiver.next([refuses(status)]);
    }
    stage.goes_away().await;
    stage.passes(15).await;
    let came = stage.receiver.came();
    assert_eq!(came.len(), 4, "{came:?}");
    assert!(came.iter().all(|one| one.id() == came[0].id()), "{came:?}");
    stage.app.timmy.stop().await;
}

/// Whether it was told nobody knows, and a restart makes it vanish until it is found anew: it is sent
/// once more, under the same id.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_anew_after_a_crash_is_the_same() {
    let gone = || Incident::CannotRead { what: "foundation/vault".to_owned() };
    let mut stage = awake(|config| config).await;
    stage.receiver.next([Instead::Hang]);
    stage.goes_wrong(gone()).await;
    until("it is told", async || {
        stage.app.clock.advance(SECOND * 20);
        !stage.receiver.came().is_empty()
    })
    .await;
    stage.app.timmy.kill().await;
    stage.app.timmy.wake().await;
    stage.passes(2).await;
    assert_eq!(stage.app.timmy.noted().await, "", "another run finds it anew");
    assert_eq!(stage.receiver.came().len(), 1, "it is not so now");
    stage.goes_wrong(gone()).await;
    stage.passes(2).await;
    let came = stage.receiver.came();
    assert_eq!(came.len(), 2, "{came:?}");
    assert_eq!(came[0].id(), came[1].id());
    stage.app.timmy.stop().await;
}
