//! Writes that land after everybody has given them up.

use std::time::{Duration, Instant};

use timmy::sandbox::{DeliveryFault, Fault, Gate, Matcher};

use crate::bot::Bot;
use crate::stage::{SHORT, Stage, Waits};
use crate::support::forge::DOOR;
use crate::thread::Word;

/// What lands late does so before it is looked for the last time, on a slow machine as well.
const WAITS: Waits = Waits { recheck: Duration::from_secs(20), ..SHORT };

/// How long a write may still land, in one scene after the other: what plays meanwhile may take longer on
/// a slow machine, and then the bot rightly repeats the write.
const SETTLES: [Duration; 3] =
    [Duration::from_secs(4), Duration::from_secs(16), Duration::from_secs(60)];

fn comments() -> Matcher {
    Matcher::method_path("POST", "/issues/1/comments")
}

/// A bot is killed while a write that `word` makes it begin is late.
async fn is_killed_before(stage: &mut Stage, late: Matcher, word: Word) -> Gate {
    let gate = Gate::new();
    stage.sandbox.faults().next(late, Fault::Late(gate.clone()));
    let bot = stage.bot().await;
    stage.say(0, word);
    gate.reached().await;
    bot.kill().await;
    gate
}

/// The same, and the next one runs.
async fn dies_before(stage: &mut Stage, late: Matcher, word: Word) -> (Gate, Bot) {
    let gate = is_killed_before(stage, late, word).await;
    (gate, stage.bot().await)
}

/// What was late is written now.
async fn lands(gate: Gate) {
    gate.open();
    gate.done().await;
}

/// Whether the first issue has this label and no other.
fn has(stage: &Stage, label: &str) -> bool {
    stage.sandbox.labels(DOOR, 1).unwrap() == [label]
}

fn replies(stage: &Stage) -> usize {
    let comments = stage.sandbox.comments(DOOR, 1).unwrap();
    comments.iter().filter(|comment| comment.author == "timmy").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_of_a_killed_bot_that_lands_behind_its_repetition_is_taken_back() {
    let mut stage = Stage::with_two_issues(WAITS).await;
    let (gate, bot) = dies_before(&mut stage, comments(), Word::Ping).await;
    stage.until("the reply is repeated", async || replies(&stage) == 1).await;
    lands(gate).await;
    assert_eq!(replies(&stage), 2);
    let counts = stage.finish(bot).await;
    assert_eq!((counts.replies, counts.taken_back), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_comes_is_given_up_and_looked_for() {
    let mut stage = Stage::with_two_issues(WAITS).await;
    let (hang, late) = (Gate::new(), Gate::new());
    stage.sandbox.faults().next(comments(), Fault::HangAfter(hang));
    let second = Matcher::method_path("POST", "/issues/2/comments");
    stage.sandbox.faults().next(second, Fault::Late(late.clone()));
    let bot = stage.bot().await;
    stage.say(0, Word::Ping);
    stage.say(1, Word::Ping);
    // One landed, one did not: both are given up after 30 seconds, one is repeated.
    stage.answered().await;
    lands(late).await;
    let counts = stage.finish(bot).await;
    assert_eq!((counts.replies, counts.taken_back), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_not_repeated_because_the_bot_does_not_yet_know_its_own_name() {
    let waits = Waits { settle: Duration::ZERO, ..WAITS };
    let mut stage = Stage::with_two_issues(waits).await;
    let mut bot = stage.launch.start(&[("TIMMY_CRASH_AT", "sent")]);
    bot.listening().await;
    stage.say(0, Word::Ping);
    bot.ended("die of a reply").await;
    for _ in 0..3 {
        let who_am_i = Matcher::method_path("GET", "/api/v1/user");
        stage.sandbox.faults().next(who_am_i, Fault::CutBefore);
    }
    let bot = stage.bot().await;
    stage.answered().await;
    assert_eq!(replies(&stage), 1, "{}", stage.dump());
    stage.finish(bot).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_of_a_killed_bot_that_lands_late_does_not_undo_a_later_one() {
    for settle in SETTLES {
        if a_later_label_waits(settle).await {
            return;
        }
    }
    panic!("the scene fits into none of {SETTLES:?}");
}

/// Whether it was over while the label could still land.
async fn a_later_label_waits(settle: Duration) -> bool {
    let mut stage = Stage::with_two_issues(Waits { settle, ..WAITS }).await;
    let label = Matcher::method_path("POST", "/issues/1/labels");
    let gate = is_killed_before(&mut stage, label, Word::Priority("p1")).await;
    let begun = Instant::now();
    let bot = stage.bot().await;
    stage.say(0, Word::Priority("p2"));
    // What is answered elsewhere meanwhile shows that the bot is at work, and this thread waits.
    for answers in 1..=8 {
        stage.say(1, Word::Ping);
        let answered = async || stage.sandbox.comments(DOOR, 2).unwrap().len() == 2 * answers;
        stage.until("the other thread is answered", answered).await;
    }
    let has_waited = stage.sandbox.labels(DOOR, 1).unwrap().is_empty();
    let in_time = begun.elapsed() < settle;
    assert!(has_waited || !in_time, "{}", stage.dump());
    lands(gate).await;
    if in_time {
        stage.finish(bot).await;
    }
    in_time
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_lands_even_later_is_noticed_and_the_later_one_set_again() {
    let mut stage = Stage::with_two_issues(WAITS).await;
    let label = Matcher::method_path("POST", "/issues/1/labels");
    let (gate, bot) = dies_before(&mut stage, label, Word::Priority("p1")).await;
    stage.until("it is set", async || has(&stage, "priority/p1")).await;
    stage.say(0, Word::Priority("p2"));
    stage.until("the later one is set", async || has(&stage, "priority/p2")).await;
    // The bot may notice at once: what it takes away is seen only by what it sets again.
    lands(gate).await;
    stage.until("the later one is set again", async || has(&stage, "priority/p2")).await;
    stage.finish(bot).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_may_still_be_made_is_not_made_by_another_thread() {
    for settle in SETTLES {
        if a_label_is_made_once(settle).await {
            return;
        }
    }
    panic!("the scene fits into none of {SETTLES:?}");
}

/// Whether the label was made while it could still be.
async fn a_label_is_made_once(settle: Duration) -> bool {
    let mut stage = Stage::with_two_issues(Waits { settle, ..WAITS }).await;
    let label = Matcher::method_path("POST", "/foundation/door/labels");
    let gate = is_killed_before(&mut stage, label, Word::Priority("p1")).await;
    let begun = Instant::now();
    let bot = stage.bot().await;
    stage.say(1, Word::Priority("p1"));
    stage.until("it is stored", async || stage.relay.count() == 2).await;
    stage.say(1, Word::Thanks);
    lands(gate).await;
    let in_time = begun.elapsed() < settle;
    if in_time {
        stage.finish(bot).await;
    }
    in_time
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_arrives_after_its_edits_is_answered() {
    let mut stage = Stage::with_two_issues(WAITS).await;
    let mut bot = stage.bot().await;
    // Else the creation might be found by a poll.
    bot.first_poll().await;
    let gate = Gate::new();
    stage.sandbox.faults().next_delivery(DeliveryFault::Held(gate.clone()));
    let comment = stage.say(0, Word::Ping);
    gate.reached().await;
    // There and back, within a second of the forge's clock: the text is as it was.
    for text in ["Never mind.", &Word::Ping.text()] {
        stage.sandbox.edit_comment("walt", comment, text).unwrap();
    }
    stage.until("the last edit is stored", async || stage.has_stored(comment, 2).await).await;
    gate.open();
    assert_eq!(stage.finish(bot).await.replies, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_ledgers_one_answers_though_the_forge_first_refuses_both() {
    let mut stage = Stage::with_two_issues(WAITS).await;
    let (bot, rival) = (stage.bot().await, stage.rival().await);
    for _ in 0..2 {
        let claim = Matcher::method_path("POST", "/reactions");
        stage.sandbox.faults().next(claim, Fault::TooManyRequests { retry_after: 1 });
    }
    stage.say(0, Word::Ping);
    stage.until("somebody answers", async || replies(&stage) > 0).await;
    let claims = async || {
        let requests = stage.sandbox.requests();
        requests.iter().filter(|asked| asked.path.ends_with("/reactions")).count() >= 4
    };
    stage.until("both have tried again", claims).await;
    assert!(rival.stop().await.success());
    let comments = stage.sandbox.comments(DOOR, 1).unwrap();
    assert_eq!(comments.len(), 2, "{comments:?}");
    assert!(bot.stop().await.success());
}
