//! Killed at each step of writing the report: started again, there is one issue and one comment,
//! and it says what there is to say.

use std::os::unix::process::ExitStatusExt as _;

use timmy::core::effect::marker::key_of;
use timmy::sandbox::{Fault, Matcher, Said};

use crate::stage::{SHORT, Stage};
use crate::support::forge::{CELLAR, DOOR};
use crate::thread::Word;

const SIGABRT: i32 = 6;

/// Where the bot dies, and of which time that it passes there: it answers, makes the issue, pins
/// it, posts the comment, answers once more, and edits the comment.
const DEATHS: [&str; 18] = [
    "sent",
    "done",
    "sending:2",
    "sent:2",
    "done:2",
    "wishing",
    "wished",
    "sending:3",
    "sent:3",
    "done:3",
    "done:4",
    "committed:2",
    "sending:4",
    "sent:4",
    "done:5",
    "wishing:2",
    "wished:2",
    "done:6",
];

/// A bot that reports, and looks after its report all the time.
async fn stage() -> Stage {
    let mut stage = Stage::set(SHORT, 0).await;
    stage.configure(SHORT.poll, |config| {
        config
            .with("report.repository", CELLAR)
            .with("report.at", "00:00")
            .with("report.every", "1ms")
    });
    stage.open(DOOR, Word::Chat);
    stage.sandbox.settle().await;
    stage
}

/// The comments under the report's issue.
fn days(stage: &Stage) -> Vec<Said> {
    stage.sandbox.comments(CELLAR, 1).unwrap_or_default()
}

/// Returns when the report counts so many commands; there is never more than one comment.
async fn report_says(stage: &Stage, commands: &str) {
    let what = format!("a report of {commands}");
    stage
        .until(&what, async || {
            let days = days(stage);
            assert!(days.len() <= 1, "{days:#?}\n{}", stage.dump());
            days.iter().any(|day| day.body.contains(commands))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_the_report() {
    for at in DEATHS {
        let mut stage = stage().await;
        let mut bot = stage.launch.start(&[("TIMMY_CRASH_AT", at)]);
        bot.listening().await;
        stage.say(0, Word::Ping);
        let dying = async {
            report_says(&stage, "1 command ").await;
            stage.sandbox.settle().await;
        };
        let death = tokio::select! {
            () = dying => {
                stage.say(0, Word::Ping);
                bot.ended(&format!("die at {at}")).await
            }
            death = bot.death() => {
                stage.say(0, Word::Ping);
                death
            }
        };
        assert_eq!(death.signal(), Some(SIGABRT), "{at}: {death}\n{}", stage.dump());
        // What was said while it was dead, the first look of the next one finds.
        let bot = stage.bot().await;
        report_says(&stage, "2 commands ").await;
        stage.idle().await;
        let days = days(&stage);
        assert_eq!(days.len(), 1, "{at}: {days:#?}");
        assert!(key_of(&days[0].body).unwrap().starts_with("report.20"), "{at}: {days:#?}");
        assert!(stage.sandbox.is_open(CELLAR, 2).is_err(), "{at}: two issues");
        stage.finish(bot).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_whose_outcome_nobody_knows_are_not_repeated() {
    for fault in [Fault::CutBefore, Fault::CutAfter, Fault::ErrorAfter] {
        let mut stage = stage().await;
        let writes = ["cellar/issues", "cellar/issues/1/comments"];
        for path in writes {
            stage.sandbox.faults().next(Matcher::method_path("POST", path), fault.clone());
        }
        let edit = Matcher::method_path("PATCH", "cellar/issues/comments");
        stage.sandbox.faults().next(edit, fault.clone());
        let bot = stage.bot().await;
        stage.say(0, Word::Ping);
        report_says(&stage, "1 command ").await;
        stage.say(0, Word::Ping);
        report_says(&stage, "2 commands ").await;
        stage.idle().await;
        assert_eq!(days(&stage).len(), 1, "{fault:?}");
        assert!(stage.sandbox.is_open(CELLAR, 2).is_err(), "{fault:?}: two issues");
        stage.finish(bot).await;
    }
}
