//! What the page shows.

use jiff::tz::TimeZone;
use timmy::engine::job_log::job_log;
use timmy::sandbox::Sandbox;
use timmy::store::jobs;

use super::html::Html;
use super::stage::{HOSTILE, READY, SAID, VAULT, request, site};
use crate::support::app::App;
use crate::support::forge::{DOOR, found};

#[tokio::test]
async fn first_what_waits_then_what_is_broken_then_the_rest() {
    let site = site().await;
    let page = site.page("/").await;
    page.assert_accessible();
    let heading = page.all("h1").next().unwrap().text.clone();
    assert_eq!(heading, "1 thing waits for a person.");
    let parts: Vec<String> = page.all("h2").map(|heading| heading.text.clone()).collect();
    let order =
        ["Waiting for a person", "Broken", "In flight", "Queue", "Fleet", "Commands", "Cost"];
    assert_eq!(parts, order);

    let section = |id: &str| -> String {
        let mut sections = page.all("section");
        let section = sections.find(|section| section.attributes["id"] == id);
        section.unwrap().text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let contains = |id: &str, words: &[&str]| {
        let section = section(id);
        for word in words {
            assert!(section.contains(word), "{word} is missing: {section}");
        }
    };
    let merge = format!("Merge {DOOR}#{}?", site.pull);
    contains("waits", &["d1", &merge, "Reply there: /timmy approve d1", "Door 1"]);
    let dead = format!("Reply there: /timmy retry {}", site.dead);
    contains(
        "broken",
        &[
            "It has no commit: <i>push</i> one",
            "given up 403: <b>the thread</b> is locked",
            "dead Given up: its agent does not understand what is asked",
            &dead,
            VAULT,
        ],
    );
    let hidden = format!("{VAULT}#1 The vault's code");
    contains("flight", &["bezalel is working on this", "claimed, not seen", &hidden]);
    contains("queue", &["ready", "in work", READY, "timmy why "]);
    contains("fleet", &["ezra", "bezalel", "2 of 2", "coder"]);
    contains("commands", &["alexander", "/timmy ping", "done"]);
    contains("cost", &["USD today", "Mon 23 Nov"]);
    site.stage.end().await;
}

#[tokio::test]
async fn what_others_wrote_is_shown_and_does_nothing() {
    let site = site().await;
    let seen = HOSTILE.replace('\u{202e}', "\u{fffd}");
    assert!(site.page("/").await.text().contains(&seen), "the title as it was written");
    let job = site.page(&format!("/jobs/{}", site.claimed)).await;
    job.assert_accessible();
    let said = SAID.replace('\u{1b}', "<U+001B>");
    assert!(job.all("pre").any(|pre| pre.text == said), "what the agent said, as it said it");
    site.stage.end().await;
}

#[tokio::test]
async fn a_job_is_told_from_its_beginning_to_its_end() {
    let site = site().await;
    let page = site.page(&format!("/jobs/{}", site.delivered)).await;
    page.assert_accessible();
    for words in [
        "Waiting for a person: the result is verified, and waits to be accepted.",
        "asked by alexander",
        "given to ezra",
        "verified on ",
        "waits for an answer",
        "timmy/1-j1",
        "ended by itself",
        "Tokens",
    ] {
        assert!(page.text().contains(words), "{words} is missing: {}", page.text());
    }
    let dead = site.page(&format!("/jobs/{}", site.dead)).await;
    dead.assert_accessible();
    assert!(dead.text().contains("Given up: its agent does not understand what is asked."));

    // What its attempts said is what the command line prints.
    let id = site.claimed;
    let logs = site.stage.app.timmy.read(move |conn| jobs::attempt_logs(conn, id)).await;
    let page = site.page(&format!("/jobs/{id}")).await;
    let shown = page.all("summary").zip(page.all("pre"));
    let shown: String =
        shown.map(|(title, words)| format!("-- {}\n{}\n", title.text, words.text)).collect();
    assert_eq!(shown, job_log(&logs, &TimeZone::UTC));
    site.stage.end().await;
}

#[tokio::test]
async fn a_look_without_the_page_is_a_look() {
    let site = site().await;
    let head = request(site.address, "HEAD", "/", Vec::new()).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-type").as_deref(), Some("text/html; charset=utf-8"));
    let style = site.answer("/status.css").await;
    assert_eq!(style.header("content-type").as_deref(), Some("text/css; charset=utf-8"));
    site.stage.end().await;
}

#[tokio::test]
async fn where_there_is_nothing_it_says_so() {
    let furnish = |sandbox: &Sandbox| found(sandbox, "foundation", &[DOOR]);
    let app = App::asleep(furnish, |config| config.with("web.listen", "127.0.0.1:0"));
    let mut app = app.await;
    app.wake().await;
    let answer = request(app.timmy.own_address(), "GET", "/", Vec::new()).await;
    let page = Html::read(&answer.body);
    page.assert_accessible();
    assert_eq!(page.all("h1").next().unwrap().text, "Nothing waits for a person.");
    for words in
        ["Nothing is broken, 0 jobs are in flight", "No agents yet", "Nobody said anything yet"]
    {
        assert!(page.text().contains(words), "{words} is missing: {}", page.text());
    }
    app.timmy.stop().await;
}
