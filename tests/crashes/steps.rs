//! Killed at each named step between receiving and answering: started again, the bot goes on as if
//! nothing had happened.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;

use timmy::crash::STEPS;

use crate::bot::Bot;
use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;
use crate::thread::Word;

const SIGABRT: i32 = 6;

/// What is said, where the bot dies of it, and whether it replies: `done:2` is the second time that
/// `done` is passed.
struct Scene {
    say: fn(&mut Stage),
    deaths: &'static [&'static str],
    replies: usize,
}

const PING: Scene = Scene {
    say: |stage| comment(stage, Word::Ping),
    deaths: &["heard", "claiming", "claimed", "decided", "committed", "sending", "sent", "done"],
    replies: 1,
};

const SEVERAL: Scene = Scene {
    say: |stage| comment(stage, Word::Several("p1", "m")),
    deaths: &[
        "heard",
        "claiming",
        "claimed",
        "decided",
        "committed",
        "wishing",
        "wished",
        "done",
        "wishing:2",
        "wished:2",
        "done:2",
        "sending",
        "sent",
        "done:3",
    ],
    replies: 1,
};

const TALK: Scene = Scene {
    say: |stage| comment(stage, Word::Thanks),
    deaths: &["heard", "committed", "wished", "done"],
    replies: 0,
};

const ISSUE: Scene = Scene {
    say: |stage| {
        stage.open(DOOR, Word::Priority("p2"));
    },
    deaths: &["heard", "claiming", "decided", "wished", "sent", "done:2"],
    replies: 1,
};

const PULL: Scene = Scene {
    say: |stage| {
        stage.open_pull(DOOR, Word::Ping);
    },
    deaths: &["heard", "fetched", "claiming", "committed", "sent"],
    replies: 1,
};

const DEPENDENCY: Scene = Scene {
    say: |stage| comment(stage, Word::Block),
    deaths: &["decided", "committed", "wishing", "wished", "done", "sending", "sent"],
    replies: 1,
};

/// Nobody says anything: a label falls due.
const DUE: Scene =
    Scene { say: |_| {}, deaths: &["committed", "wishing", "wished", "done"], replies: 1 };

fn comment(stage: &mut Stage, word: Word) {
    stage.say(0, word);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_a_ping() {
    kill_at_each_step("a ping", PING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_several_commands() {
    kill_at_each_step("several commands", SEVERAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_talk() {
    kill_at_each_step("talk", TALK).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_an_opened_issue() {
    kill_at_each_step("an opened issue", ISSUE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_an_opened_pull_request() {
    kill_at_each_step("an opened pull request", PULL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_a_dependency() {
    for at in DEPENDENCY.deaths {
        let (stage, bot) = die(Stage::with_two_issues(SHORT).await, &DEPENDENCY, at).await;
        stage.answered().await;
        let requests = stage.sandbox.requests();
        let writes = requests.iter().filter(|asked| {
            asked.method == "POST" && asked.path.ends_with("/issues/1/dependencies")
        });
        assert_eq!(writes.count(), 1, "dead at {at}\n{}", stage.dump());
        finish(stage, bot, &DEPENDENCY, at).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_a_label_that_falls_due() {
    for at in DUE.deaths {
        let mut stage = Stage::with_two_issues(SHORT).await;
        let bot = stage.bot().await;
        stage.say(0, Word::Priority("p1"));
        stage.answered().await;
        assert!(bot.stop().await.success());
        stage.sandbox.add_label(DOOR, "priority/p3", true).unwrap();
        stage.sandbox.label("walt", DOOR, 1, &["priority/p3"]).unwrap();
        // In the end it must hold again what was said last.
        stage.falls_due(0, "p1").await;
        let (stage, bot) = die(stage, &DUE, at).await;
        finish(stage, bot, &DUE, at).await;
    }
}

#[test]
fn no_step_is_left_out() {
    let deaths = [PING, SEVERAL, TALK, ISSUE, PULL].into_iter().flat_map(|scene| scene.deaths);
    let tried: BTreeSet<&str> = deaths.map(|at| at.split(':').next().unwrap()).collect();
    assert_eq!(tried, BTreeSet::from(STEPS));
}

async fn kill_at_each_step(name: &str, scene: Scene) {
    for at in scene.deaths {
        let (stage, bot) = die(Stage::with_two_issues(SHORT).await, &scene, at).await;
        finish(stage, bot, &scene, at).await;
    }
    println!("{name}: killed at {} steps", scene.deaths.len());
}

/// A bot dies of a scene at a step; another one is started.
async fn die(mut stage: Stage, scene: &Scene, at: &str) -> (Stage, Bot) {
    let mut bot = stage.launch.start(&[("TIMMY_CRASH_AT", at)]);
    // What is due already can take it to its step before.
    bot.listens().await;
    (scene.say)(&mut stage);
    let death = bot.ended(&format!("die at {at}")).await;
    assert_eq!(death.signal(), Some(SIGABRT), "{at}: {death}\n{}", stage.dump());
    let bot = stage.bot().await;
    (stage, bot)
}

/// Dead at `heard` means stored and not acknowledged; it is answered all the same.
async fn finish(stage: Stage, bot: Bot, scene: &Scene, at: &str) {
    let counts = stage.finish(bot).await;
    assert_eq!(counts.replies, scene.replies, "dead at {at}");
    assert_eq!(counts.taken_back, 0, "dead at {at}: said twice, if not for long");
}
