//! Lines that are nearly commands: what was wrong, and the line that would have worked.

use insta::assert_snapshot;

use crate::conversations::talk::talk;

#[tokio::test]
async fn an_unknown_verb() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy asign @anna").await, @"**Not done.** I don't know `asign`. Did you mean `/timmy assign @anna`?");
        assert_snapshot!(t.ask("walt", "@timmy asign @anna").await, @"**Not done.** I don't know `asign`. Did you mean `@timmy assign @anna`?");
        assert_snapshot!(t.ask("walt", "/timmy frobnicate").await, @"**Not done.** I don't know `frobnicate`. `/timmy help` lists what I understand.");
    })
    .await;
}

#[tokio::test]
async fn nothing_behind_the_name() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy").await, @"**Not done.** What shall I do? `/timmy help` lists what I understand.");
    })
    .await;
}

#[tokio::test]
async fn something_is_missing() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy size").await, @"**Not done.** Something is missing: the form is `/timmy size xs s m l xl`.");
        assert_snapshot!(t.ask("walt", "/timmy snooze").await, @"**Not done.** Something is missing: the form is `/timmy snooze duration or date`.");
    })
    .await;
}

#[tokio::test]
async fn something_is_too_much() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy ping me").await, @"**Not done.** `me` is too much: write `/timmy ping`.");
        assert_snapshot!(t.ask("walt", "/timmy priority p1 p2").await, @"**Not done.** `p2` is too much: write `/timmy priority p0..p3 or none [until=date]`.");
        assert_snapshot!(t.ask("walt", "/timmy size m until=2026-12-01").await, @"**Not done.** There is no `until=` here: write `/timmy size xs s m l xl`.");
    })
    .await;
}

#[tokio::test]
async fn a_value_that_is_none() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy priority urgent").await, @"**Not done.** `urgent` is not `p0`, `p1`, `p2`, `p3` or `none`.");
        assert_snapshot!(t.ask("walt", "/timmy size huge").await, @"**Not done.** `huge` is not `xs`, `s`, `m`, `l` or `xl`.");
        assert_snapshot!(t.ask("walt", "/timmy snooze 1h30m").await, @"**Not done.** `1h30m` is not a duration such as `90m`, `2h`, `3d` or `2w` (at most a year), or a date such as `2026-12-01`.");
        assert_snapshot!(t.ask("walt", "/timmy snooze 0d").await, @"**Not done.** `0d` is not a duration such as `90m`, `2h`, `3d` or `2w` (at most a year), or a date such as `2026-12-01`.");
        assert_snapshot!(t.ask("walt", "/timmy priority p1 until=2026-02-30").await, @"**Not done.** `until=2026-02-30` is not a date such as `2026-12-01`.");
        assert_snapshot!(t.ask("walt", "/timmy priority p1 untill=2026-12-01").await, @"**Not done.** There is no `untill=` here: write `/timmy priority p0..p3 or none [until=date]`. Did you mean `/timmy priority p1 until=2026-12-01`?");
        assert_snapshot!(t.ask("walt", "/timmy unassign anna").await, @"**Not done.** `anna` is not an account such as `@anna`.");
    })
    .await;
}

#[tokio::test]
async fn a_key_that_stands_twice() {
    talk(async |t| {
        let text = "/timmy priority p1 until=2026-12-01 until=2026-12-02";
        assert_snapshot!(t.ask("walt", text).await, @"**Not done.** `until=` stands there twice: keep one.");
    })
    .await;
}

#[tokio::test]
async fn a_quote_that_never_ends() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy assign \"anna").await, @r#"**Not done.** The quote that begins with `"anna` is never closed: add a `"`."#);
    })
    .await;
}

#[tokio::test]
async fn a_character_that_nobody_sees() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy hold gnp\u{202E}.exe").await, @"**Not done.** The line holds U+202E RIGHT-TO-LEFT OVERRIDE, which nobody can see, so I did not run it. Type the line anew.");
        assert_snapshot!(t.ask("walt", "/timmy pi\u{200B}ng").await, @"**Not done.** The line holds U+200B ZERO WIDTH SPACE, which nobody can see, so I did not run it. Type the line anew.");
    })
    .await;
}

#[tokio::test]
async fn a_day_that_is_past() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy priority p0 until=2026-11-01").await, @"**Not done.** `2026-11-01` has already begun: name a later day.");
        assert!(t.labels().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_comment_nested_beyond_reason() {
    talk(async |t| {
        let text = format!("{}\n{}\n\n/timmy hold", ">".repeat(20_000), "x\n".repeat(10_000));
        assert_snapshot!(t.ask("walt", &text).await, @"**Not done.** The lists and quotes of this comment are nested too deeply for me to read it, so I ran nothing. Repeat your commands in a comment of their own.");
    })
    .await;
}
