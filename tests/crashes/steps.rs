//! Killed at each named step between hearing and answering: started again, the bot goes on as if
//! nothing had happened.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;

use timmy::crash::STEPS;

use crate::stage::{DOOR, SHORT, Stage};
use crate::thread::Word;

const SIGABRT: i32 = 6;

/// What is said, and where the bot dies of it: `done:2` is the second time that `done` is passed.
struct Scene {
    say: fn(&mut Stage),
    deaths: &'static [&'static str],
}

const PING: Scene = Scene {
    say: |stage| comment(stage, Word::Ping),
    deaths: &["heard", "claiming", "claimed", "decided", "committed", "sending", "sent", "done"],
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
};

const TALK: Scene = Scene {
    say: |stage| comment(stage, Word::Thanks),
    deaths: &["heard", "committed", "wished", "done"],
};

const ISSUE: Scene = Scene {
    say: |stage| {
        stage.open(DOOR, Word::Priority("p2"));
    },
    deaths: &[
        "heard",
        "claiming",
        "claimed",
        "decided",
        "committed",
        "wishing",
        "wished",
        "done",
        "sending",
        "sent",
        "done:2",
    ],
};

const PULL: Scene = Scene {
    say: |stage| {
        stage.open_pull(DOOR, Word::Ping);
    },
    deaths: &[
        "heard",
        "fetched",
        "claiming",
        "claimed",
        "decided",
        "committed",
        "sending",
        "sent",
        "done",
    ],
};

fn comment(stage: &mut Stage, word: Word) {
    stage.say(0, word);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_a_ping() {
    play("a ping", PING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_several_commands() {
    play("several commands", SEVERAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_talk() {
    play("talk", TALK).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_an_opened_issue() {
    play("an opened issue", ISSUE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_step_of_an_opened_pull_request() {
    play("an opened pull request", PULL).await;
}

#[test]
fn no_step_is_left_out() {
    let deaths = [PING, SEVERAL, TALK, ISSUE, PULL].into_iter().flat_map(|scene| scene.deaths);
    let tried: BTreeSet<&str> = deaths.map(|at| at.split(':').next().unwrap()).collect();
    assert_eq!(tried, BTreeSet::from(STEPS));
}

async fn play(name: &str, scene: Scene) {
    for at in scene.deaths {
        let mut stage = Stage::set(SHORT, 0).await;
        stage.open(DOOR, Word::Chat);
        stage.sandbox.settle().await;
        let mut bot = stage.launch.start(&[("TIMMY_CRASH_AT", at)]);
        bot.listening().await;
        (scene.say)(&mut stage);
        let death = bot.ended(&format!("die at {at}")).await;
        assert_eq!(death.signal(), Some(SIGABRT), "{at}: {death}\n{}", stage.dump());
        let bot = stage.bot().await;
        let counts = stage.finish(bot).await;
        // Dead at `heard` means stored and not acknowledged; it is answered all the same.
        let expected = usize::from(!name.starts_with("talk"));
        assert_eq!(counts.replies, expected, "{name}, dead at {at}");
        assert_eq!(counts.taken_back, 0, "{name}, dead at {at}: said twice, if not for long");
    }
    println!("{name}: killed at {} steps", scene.deaths.len());
}
