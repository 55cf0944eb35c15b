//! Text informs: only a command on a line of its own, in plain prose, is an instruction.

use crate::conversations::talk::talk;

#[tokio::test]
async fn code_and_quotes_command_nothing() {
    talk(async |t| {
        for text in [
            "`/timmy hold`",
            "```\n/timmy hold\n```",
            "~~~sh\n/timmy hold",
            "    /timmy hold",
            "> /timmy hold",
            "> walt wrote:\n/timmy hold",
            "- > /timmy hold",
        ] {
            t.ignored("walt", text).await;
        }
    })
    .await;
}

#[tokio::test]
async fn markup_commands_nothing() {
    talk(async |t| {
        for text in [
            "# /timmy hold",
            "<!-- \n/timmy hold\n-->",
            "<details>\n/timmy hold\n</details>",
            "| a |\n|---|\n| /timmy hold |",
            "- [ ] /timmy hold",
            "[^1]: /timmy hold",
            "[/timmy hold](https://example.org)",
            "**/timmy hold**",
            "\\/timmy hold",
            "&#47;timmy hold",
            "~~/timmy hold~~",
        ] {
            t.ignored("walt", text).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_name_in_mid_sentence_is_no_command() {
    talk(async |t| {
        for text in [
            "Please don't @timmy hold this.",
            "Say /timmy hold to stop it.",
            "/timmyhold",
            "/timmy-bot hold",
            "@timmys hold",
            "//timmy hold",
            "timmy hold",
            "See https://example.org/timmy hold",
        ] {
            t.ignored("walt", text).await;
        }
    })
    .await;
}
