//! Being there, being asked, being talked to.

use insta::assert_snapshot;

use crate::conversations::talk::{talk, talk_to};

#[tokio::test]
async fn ping() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy ping").await, @"**Here.** timmy 0.1.0 hears this thread and can answer in it.");
    })
    .await;
}

#[tokio::test]
async fn a_command_may_be_written_in_many_ways() {
    talk(async |t| {
        let pong = t.ask("walt", "/timmy ping").await;
        for text in [
            "@timmy ping",
            "@Timmy, PING!",
            "@timmy: ping",
            "   /TIMMY\tping",
            "- /timmy ping",
            "1. @timmy ping",
            "Is it there?\r\n/timmy ping\r\nThank you.",
            "/timmy ping\n---\nwalt, sent from my telephone",
        ] {
            assert_eq!(t.ask("walt", text).await, pong, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn talk_gets_a_puzzled_look() {
    talk(async |t| {
        t.puzzled("walt", "@timmy thanks!").await;
        t.puzzled("walt", "@timmy please look").await;
        t.puzzled("walt", "@timmy").await;
    })
    .await;
}

#[tokio::test]
async fn talk_beside_a_command_is_left_alone() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "@timmy good morning!\n/timmy size s").await, @"Now size **s**.");
    })
    .await;
}

#[tokio::test]
async fn it_answers_to_the_name_of_its_account() {
    talk_to("work_bot.w.2", async |t| {
        assert_snapshot!(t.ask("walt", "/work_bot.w.2 hold").await, @"**On hold** until `/work_bot.w.2 unhold`.");
        assert_snapshot!(t.ask("walt", "@work_bot.w.2 help unhold").await, @r"
        `/work_bot.w.2 unhold`: Let the issue be given out again.

        You may use it here.
        ");
        assert_snapshot!(t.ask("walt", "/work_bot.w.2 queue").await, @"**No issue is ready**, 1 is not: 1 on hold.");
        t.ignored("walt", "/timmy ping").await;
    })
    .await;
}
