//! What a person waits for is never queued behind what nobody waits for.

use std::collections::HashSet;

use timmy::sandbox::{Fault, Gate, Matcher, ReviewState};

use crate::conversations::polling::stage::{asleep, awake};
use crate::conversations::talk::talk;
use crate::support::app::App;
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

const MOVED: usize = 300;

/// So many reads of which nobody waits may be under way at once.
const BACKGROUND: usize = 4;

/// A closed gate before all answers that hold reviews.
fn no_reviews(app: &App) -> Gate {
    let gate = Gate::new();
    let reviews = Matcher::method_path("GET", "/reviews");
    app.sandbox.faults().rate(0, reviews, 1000, Fault::HangAfter(gate.clone()));
    gate
}

/// Waits until timmy's next comment in the door's first issue has landed.
async fn next_reply(app: &App) {
    let posted = Gate::new();
    let post = Matcher::method_path("POST", "/door/issues/1/comments");
    app.sandbox.faults().next(post, Fault::HangAfter(posted.clone()));
    posted.reached().await;
    posted.open();
}

/// Of how many pull requests the reviews were asked for.
fn reviews_read(app: &App) -> usize {
    let paths = app.sandbox.requests().into_iter().map(|asked| asked.path);
    paths.filter(|path| path.contains("/reviews")).collect::<HashSet<_>>().len()
}

#[tokio::test]
async fn a_ping_is_answered_before_hundreds_of_pull_requests_that_moved_are_read() {
    let mut app = awake().await;
    app.timmy.stop().await;
    for n in 0..MOVED {
        let (title, branch) = (format!("Oil {n}"), format!("oil-{n}"));
        app.sandbox.open_pull("anna", DOOR, &title, "It helps.", &branch).unwrap();
    }
    let id = app.says("alexander", "/timmy ping");
    app.clock.advance(MINUTE);
    let gate = no_reviews(&app);
    app.timmy.start().await;
    gate.reached().await;
    next_reply(&app).await;
    assert_eq!(app.answered(), [format!("c{id}")]);
    assert!(reviews_read(&app) <= BACKGROUND, "{} reads", reviews_read(&app));
    gate.open();
    app.quiet().await;
    assert_eq!(reviews_read(&app), MOVED);
}

#[tokio::test]
async fn what_a_webhook_said_of_a_review_does_not_wait_behind_them() {
    talk(async |t| {
        let number = t.sandbox.open_pull("anna", DOOR, "Oil", "It helps.", "oil").unwrap();
        t.quiet().await;
        t.sandbox.review("rita", DOOR, number, ReviewState::Comment, "/timmy ping", &[]).unwrap();
        // The pull request is found to have moved before the webhook's read is done.
        t.wait(MINUTE).await;
        assert_eq!(t.sandbox.comments(DOOR, number).unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_forge_that_hangs_over_reviews_keeps_nobody_waiting_in_the_same_thread() {
    let mut app = asleep().await;
    let number = app.sandbox.open_pull("anna", DOOR, "Oil", "It helps.", "oil").unwrap();
    app.clock.advance(MINUTE);
    app.wake().await;
    let gate = no_reviews(&app);
    let id = app.sandbox.comment("alexander", DOOR, number, "/timmy ping").unwrap();
    app.clock.advance(MINUTE);
    gate.reached().await;
    let posted = Gate::new();
    let post = Matcher::method_path("POST", &format!("/door/issues/{number}/comments"));
    app.sandbox.faults().next(post, Fault::HangAfter(posted.clone()));
    posted.reached().await;
    posted.open();
    app.reply_in(DOOR, number, &format!("c{id}"));
    gate.open();
    app.quiet().await;
}
