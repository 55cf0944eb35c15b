//! `timmy demo --open`: the page that a newcomer sees first, over HTTP and in a real browser.

pub(crate) mod browser;
mod demo;
pub(crate) mod http;

use std::net::TcpListener;
use std::process::Command;

use browser::Browser;
use demo::Demo;

const DOOR: &str = "/foundation/door/issues/1";
const BELL: &str = "/foundation/door/issues/2";

#[test]
fn a_newcomer_over_http() {
    let demo = Demo::start();
    let first = demo.follow("/");
    for seen in ["The door does not open", "<strong>Here.</strong>", "priority/p1", "Try it", "👀"]
    {
        assert!(first.body.contains(seen), "{seen} is missing:\n{}", first.body);
    }
    assert!(!first.body.contains("timmy key="), "a hidden marker is seen");

    let after = demo.say(DOOR, "alexander", "/timmy help");
    assert!(after.body.contains("I look after issues"), "{}", after.body);

    let wrong = demo.say(BELL, "walt", "/timmy prioritee p1");
    assert!(wrong.body.contains("Did you mean"), "{}", wrong.body);
    let comment = wrong.location.rsplit("comment-").next().unwrap();
    let form = demo.get(&format!("{BELL}?edit={comment}"));
    assert!(form.body.contains("/timmy prioritee p1</textarea>"), "{}", form.body);
    let edited = demo.send(
        &format!("{BELL}/comments/{comment}"),
        &[("as", "walt"), ("text", "/timmy priority p1")],
    );
    assert!(edited.body.contains(">edited</span>"), "{}", edited.body);
    assert!(edited.body.contains("priority/p1"), "{}", edited.body);

    let issue = [("as", "anna"), ("title", "The key is lost"), ("text", "/timmy ping")];
    let opened = demo.send("/foundation/door/issues", &issue);
    assert!(opened.body.contains("<strong>Here.</strong>"), "{}", opened.body);
    assert!(demo.get("/foundation/door/issues").body.contains("The key is lost"));
    demo.end();
}

#[test]
fn who_is_turned_away() {
    let demo = Demo::start();
    let rebound = demo.request("GET", DOOR, &[("Host", "evil.example")], "");
    assert_eq!(rebound.status, 403, "DNS rebinding");
    let foreign = demo.request(
        "POST",
        &format!("{DOOR}/comments"),
        &[("Origin", "https://evil.example")],
        &demo.form(&[("as", "anna"), ("text", "x")]),
    );
    assert_eq!(foreign.status, 403, "a form from elsewhere");
    let guessed = demo.request("POST", &format!("{DOOR}/comments"), &[], "token=0&as=anna&text=x");
    assert_eq!(guessed.status, 403, "a form without our token");

    let refused = |path: &str, fields: &[(&str, &str)]| {
        demo.request("POST", path, &[], &demo.form(fields)).status
    };
    let comments = format!("{DOOR}/comments");
    assert_eq!(refused(&comments, &[("as", "timmy"), ("text", "x")]), 403, "the bot's own part");
    assert_eq!(refused(&format!("{comments}/1"), &[("as", "anna"), ("text", "x")]), 403, "walt's");
    assert_eq!(refused(&format!("{BELL}/comments/1"), &[("as", "walt"), ("text", "x")]), 404);
    assert_eq!(refused(&comments, &[("as", "anna"), ("text", " \r\n")]), 422, "nothing said");
    let untitled = [("as", "anna"), ("title", " "), ("text", "x")];
    assert_eq!(refused("/foundation/door/issues", &untitled), 422);
    for nowhere in ["/nowhere", "/foundation/door/issues/99", "/a/b/issues", "/..%2f/x/issues"] {
        assert_eq!(demo.get(nowhere).status, 404, "{nowhere}");
    }
    assert!(
        demo.get(&format!("{DOOR}?edit=2")).body.contains("id=\"write\""),
        "timmy's is no one's to edit"
    );
    let policy = demo.get(DOOR).header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    demo.end();
}

#[test]
fn a_port_that_cannot_be_had() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let demo = |arguments: &[&str]| {
        let mut timmy = Command::new(env!("CARGO_BIN_EXE_timmy"));
        timmy.arg("demo").args(arguments).output().unwrap()
    };
    let refused = demo(&["--open", "--port", &port]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty(), "it is found before the play");
    let complaint = String::from_utf8(refused.stderr).unwrap();
    assert!(complaint.contains(&format!("no page on port {port}: ")), "{complaint}");
    assert_eq!(demo(&["--port", &port]).status.code(), Some(2), "a port of what?");
}

/// In a browser, where one is installed: as a newcomer types and clicks, with the page's script.
#[test]
fn a_newcomer_in_a_browser() {
    let Some(mut browser) = Browser::start() else { return };
    let demo = Demo::start();
    browser.open(&demo.url("/"));
    assert_eq!(browser.text("h1"), "The door does not open #1");

    // The hint fills the form; the form is sent; the reply is there.
    browser.click(".hints a");
    browser.until("document.querySelector('#write').value === '/timmy help'");
    assert_eq!(browser.evaluate("document.activeElement.id"), "write", "ready to be sent");
    browser.type_into("#write", "\nPlease.");
    browser.click(".talk > .write button");
    browser.until("document.body.innerText.includes('I look after issues')");
    assert_eq!(browser.text(".post:nth-last-child(2) .text"), "/timmy help\nPlease.");

    // What is unfolded and what is being written stays while news arrive.
    browser.evaluate("document.querySelector('.post:last-child details').open = true");
    browser.type_into("#write", "half a thought");
    demo.say(DOOR, "rando", "<script>document.title = 'owned'</script> <b>bold</b>");
    browser.until("document.querySelector('.post:last-child b').innerText === 'rando'");
    assert_eq!(
        browser.text(".post:last-child .text"),
        "<script>document.title = 'owned'</script> <b>bold</b>"
    );
    assert_eq!(browser.evaluate("document.querySelector('#write').value"), "half a thought");
    assert_eq!(
        browser.evaluate("document.querySelector('#timeline details[open]') !== null"),
        true
    );
    assert_eq!(browser.evaluate("document.title.includes('owned')"), false);

    // A command changes what stands beside the thread, without a reload.
    demo.say(DOOR, "anna", "/timmy priority p0");
    browser.until("document.querySelector('#facts').innerText.includes('priority/p0')");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    demo.end();
}
