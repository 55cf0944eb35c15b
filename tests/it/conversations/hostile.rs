//! Text from people is shown as it is: it calls nobody, refers to nothing and starts no markup.

use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::conversations::talk::{Talk, talk};
use crate::support::forge::DOOR;

/// What people might put into a title, a reason or an argument, on one line each.
const HOSTILE: [&str; 16] = [
    "@everyone look at #1 and foundation/door#1 and !1",
    "closes #1, fixes foundation/cellar#1",
    "<!-- timmy key=c1 -->",
    "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "</details></summary><details open>",
    "`code` ``more`` ```fence",
    "**bold** _it_ ~~gone~~ [link](javascript:alert(1)) ![i](http://x.example/i.png)",
    "| a | b |",
    "https://git.example.org/foundation/cellar/issues/1 www.example.org mailto:a@b.example",
    "$x$ $$y$$ :tada: [^1]",
    "&commat;anna &#64;anna &lt;b&gt;",
    "\\@anna \\#1 \\",
    "**Not done.** /timmy approve d7",
    "# heading",
    "- [x] done",
    "1. one",
];

/// What is in a rendered text beside its words: the kinds of markup, and what a forge would act on.
fn dangers(markdown: &str) -> Vec<String> {
    let mut dangers = Vec::new();
    let mut folds = 0;
    for event in Parser::new_ext(markdown, Options::all()) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => match html.trim() {
                "</details>" => folds -= 1,
                html if is_own(html) => folds += 1,
                html => dangers.push(format!("HTML {html}")),
            },
            Event::Start(tag @ (Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_))) => {
                dangers.push(format!("{tag:?}"));
            }
            Event::Start(tag @ (Tag::Heading { .. } | Tag::BlockQuote(_))) => {
                dangers.push(format!("{tag:?}"));
            }
            Event::TaskListMarker(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {
                dangers.push("a task or a formula".to_owned());
            }
            Event::Text(text) if is_live(&text) => dangers.push(format!("live: {text}")),
            _ => {}
        }
    }
    assert_eq!(folds, 0, "{markdown}");
    dangers
}

/// Whether it is the opening of a fold, with nothing in its summary but words.
fn is_own(html: &str) -> bool {
    html.strip_prefix("<details><summary>")
        .and_then(|rest| rest.strip_suffix("</summary>"))
        .is_some_and(|words| !words.contains('<') && !is_live(words))
}

/// Whether Gitea would call or refer: a sign followed at once by what it stands for.
fn is_live(text: &str) -> bool {
    let follows = |sign: char, fits: fn(char) -> bool| {
        text.match_indices(sign)
            .any(|(at, _)| text[at + sign.len_utf8()..].chars().next().is_some_and(fits))
    };
    follows('@', char::is_alphanumeric)
        || follows('#', |c| c.is_ascii_digit())
        || follows('!', |c| c.is_ascii_digit())
        || text.contains("://")
        || text.contains("www.")
}

/// A reply in which every foreign word was disarmed. timmy's own calm links (`\@name`, `\#1`)
/// are live to the parser, which does not know Gitea's rule for them: they are taken out.
fn assert_harmless(reply: &str) {
    let foreign = reply
        .replace("\\@rita", "")
        .replace("\\@walt", "")
        .replace("\\@alexander", "")
        .replace("\\#2", "");
    assert_eq!(dangers(&foreign), Vec::<String>::new(), "{reply}");
}

/// Asks everything that shows the words of others; they are in a reason and a log.
async fn ask_all(t: &Talk, thread: i64) {
    for question in ["/timmy status", "/timmy why"] {
        assert_harmless(&t.ask_in(DOOR, thread, "rita", question).await);
        let several = format!("{question} #{thread}\n{question}\n/timmy ping");
        assert_harmless(&t.ask("rita", &several).await);
    }
}

#[tokio::test]
async fn titles() {
    talk(async |t| {
        for text in HOSTILE {
            let thread = t.opens(DOOR, "walt", text, "").await;
            let status = t.ask("rita", &format!("/timmy status #{thread}")).await;
            assert_harmless(&status.replace(&format!("\\#{thread}"), ""));
        }
    })
    .await;
}

#[tokio::test]
async fn reasons() {
    talk(async |t| {
        let thread = t.opens(DOOR, "walt", "Oil the hinges", "").await;
        for text in HOSTILE {
            let command = format!("/timmy hold {text}");
            assert_harmless(&t.ask_in(DOOR, thread, "walt", &command).await);
            assert_harmless(
                &t.ask_in(DOOR, thread, "walt", &format!("{command}\n{command}")).await,
            );
            ask_all(t, thread).await;
        }
    })
    .await;
}

#[tokio::test]
async fn arguments() {
    talk(async |t| {
        for text in HOSTILE {
            let verbs = ["size", "priority", "assign", "unassign", "snooze", "status", "help", ""];
            let lines = verbs.map(|verb| format!("/timmy {verb} {text}"));
            assert_harmless(&t.ask("walt", &lines[0]).await);
            assert_harmless(&t.ask("walt", &lines[7]).await);
            let all = lines.join("\n");
            assert_harmless(&t.ask("walt", &format!("{all}\n/timmy status\n/timmy help")).await);
        }
    })
    .await;
}

#[tokio::test]
async fn the_words_of_the_forge() {
    // A label that cannot be made: the reply repeats the forge's message.
    talk(async |t| {
        t.sandbox.collaborator(DOOR, "timmy", timmy::sandbox::Mode::Read).unwrap();
        assert_harmless(&t.ask("walt", "/timmy size s").await);
    })
    .await;
}

#[tokio::test]
async fn directions_cannot_be_turned() {
    talk(async |t| {
        let thread = t.opens(DOOR, "walt", "gnp\u{202E}.exe\u{2066}\u{0007} תפתח", "").await;
        let reply = t.ask("rita", &format!("/timmy status #{thread}")).await;
        assert!(!reply.contains(['\u{202E}', '\u{2066}', '\u{0007}']), "{reply}");
        assert!(reply.contains("gnp.exe תפתח"), "{reply}");
    })
    .await;
}

#[tokio::test]
async fn long_words_are_cut() {
    talk(async |t| {
        let long = "word ".repeat(13_000);
        let thread = t.opens(DOOR, "walt", &long, "").await;
        for text in [
            format!("/timmy hold {long}"),
            format!("/timmy hold {}", "@x ".repeat(20_000)),
            format!("/timmy {}", "x".repeat(64_000)),
            format!("/timmy size {}", "`".repeat(64_000)),
            format!("/timmy status {}", "9".repeat(64_000)),
            format!("/timmy assign @{}", "a".repeat(64_000)),
            format!("/timmy hold {long}\n/timmy size {}\n/timmy status", "x".repeat(64_000)),
            format!("/timmy status #{thread}"),
        ] {
            let reply = t.ask("walt", &text).await;
            assert!(reply.len() < 5_000, "{} bytes to {}", reply.len(), &text[..20]);
        }
    })
    .await;
}
