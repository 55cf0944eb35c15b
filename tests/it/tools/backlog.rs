//! `timmy backlog` and `timmy why`, word for word.

use std::collections::BTreeSet;
use std::fs;

use timmy::core::model::time::Timestamp;
use timmy::sandbox::{Mode, Scopes};

use super::stage::Stage;
use crate::support::forge::{DOOR, add_repo};
use crate::support::process::until;

const SCOPE: &str = "The door squeaks when it is opened in the morning, and whoever sleeps beside \
                     it wakes up. Oil the hinges.";

/// A door with four issues: an urgent one, one that says what and when, one that waits for it,
/// and one that says nothing.
async fn doors() -> Stage {
    let stage = Stage::set().await;
    let sandbox = &stage.sandbox;
    let open = |title: &str, body: &str| {
        sandbox.open_issue("alexander", DOOR, title, body).unwrap();
    };
    open("The lock is stuck", SCOPE);
    open(
        "The door squeaks",
        &format!("{SCOPE}\n\n## Done when\n\n- [ ] nobody wakes up from `hinge`"),
    );
    open("Paint it", SCOPE);
    open("Hm", "");
    label(&stage, 1, "priority/p1");
    label(&stage, 1, "size/s");
    sandbox.let_wait("alexander", DOOR, 3, (DOOR, 2)).unwrap();
    let late = Timestamp::parse("9999-06-01T12:00:00Z").unwrap();
    sandbox.set_due("alexander", DOOR, 2, late).unwrap();
    // A fleet of two, of which one can only review.
    stage.configure(|config| config.agent("ezra", ["coder"]).agent("ruth", ["reviewer"]));
    stage
}

/// Gives an issue of the door a label, which is made for it.
fn label(stage: &Stage, number: i64, name: &str) {
    stage.sandbox.add_label(DOOR, name, false).unwrap();
    stage.sandbox.label("alexander", DOOR, number, &[name]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_next_is_listed_and_what_does_not_is_counted() {
    let stage = doors().await;
    let run = stage.run("backlog");
    insta::assert_snapshot!(run.out, @"
    2 issues are ready, 2 are not: 1 blocked, 1 without scope.

       issue                                score  priority  size  due         agent
    1  foundation/door#1 The lock is stuck   10.4  p1        s                 ezra
    2  foundation/door#2 The door squeaks     7.9                  9999-06-01

    `/timmy why foundation/door#1` explains a place.
    ");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_explained() {
    let stage = doors().await;
    let run = stage.run("why foundation/door#2");
    insta::assert_snapshot!(run.out, @"
    foundation/door#2 The door squeaks: 2nd of 2. It scores 7.9: 1 issue waits for it. The next agent that fits: `ezra` (no free slot).

    The numbers

                 value  because                                   points
    urgency       0.25  no priority, no due date                     8.8
    value         0.00  no milestone, not pinned                     0.0
    dependents    0.24  foundation/door#3 waits for it               4.9
    people        0.00  nobody spoke there in 30 days                0.0
    age           0.00  open for 0 days                              0.0
    readiness   × 1.00  it says what, where, and when it is done
    size        × 0.58  no size
    failures    × 1.00  none

    agent   fit
    ezra   0.23  no free slot; no results yet
    ruth      –  does not hold the role coder
    ");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let run = stage.run("why foundation/door#3");
    insta::assert_snapshot!(run.out, @"
    foundation/door#3 Paint it: Nothing starts there: it waits for foundation/door#2. Close that, or `/timmy unblock foundation/door#2` there.

    Reason: `blocked`.

    The numbers

    Were it ready, it would be 3rd of 3, with a score of 3.0.

                 value  because                           points
    urgency       0.25  no priority, no due date             8.8
    value         0.00  no milestone, not pinned             0.0
    dependents    0.00  nothing waits for it                 0.0
    people        0.00  nobody spoke there in 30 days        0.0
    age           0.00  open for 0 days                      0.0
    readiness   × 0.60  no place, no acceptance criteria
    size        × 0.58  no size
    failures    × 1.00  none

    agent   fit
    ezra   0.23  no free slot; no results yet
    ruth      –  does not hold the role coder
    ");
}

/// Runs `words` on the command line.
fn words_of(stage: &Stage, words: &str) -> BTreeSet<String> {
    words_in(&stage.run(words).out)
}

/// What is said, word by word, without markup and how it is set.
fn words_in(text: &str) -> BTreeSet<String> {
    let text = text.replace("&nbsp;", " ").replace("<details><summary>", " ");
    let text = text.replace("</summary>", " ").replace("</details>", " ");
    let text = text.replace(['*', '`', '\\'], "");
    let words = text.split(|c: char| c.is_whitespace() || c == '|');
    let is_rule = |word: &str| word.chars().all(|c| "-:".contains(c));
    words.filter(|word| !is_rule(word)).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_and_the_command_line_say_the_same() {
    let stage = doors().await;
    stage.hook("foundation");
    stage.sandbox.add_user("ezra");
    stage.sandbox.add_user("ruth");
    label(&stage, 4, "priority/p2");
    // In another repository threads are written in full, as they are on the command line.
    add_repo(&stage.sandbox, "foundation/hall", &["timmy"]);
    let hall = stage.sandbox.open_issue("alexander", "foundation/hall", "Ask", SCOPE).unwrap();
    stage.run("backlog");
    let _serve = stage.serve().await;
    stage.sandbox.comment("alexander", DOOR, 4, "/timmy hold until it has a text").unwrap();
    until("it is held", async || stage.sandbox.comments(DOOR, 4).unwrap().len() == 2).await;
    let mut said = 0;
    for (command, line) in [
        ("why foundation/door#2", "why foundation/door#2"),
        ("why foundation/door#3", "why foundation/door#3"),
        ("why foundation/door#4", "why foundation/door#4"),
        ("backlog", "queue 20"),
    ] {
        stage
            .sandbox
            .comment("alexander", "foundation/hall", hall, &format!("/timmy {line}"))
            .unwrap();
        said += 2;
        let comments = || stage.sandbox.comments("foundation/hall", hall).unwrap();
        until("it is answered", async || comments().len() == said).await;
        let reply = comments().pop().unwrap().body;
        let (reply, _marker) = reply.split_once("\n\n<!--").unwrap();
        assert_eq!(words_in(reply), words_of(&stage, command), "{reply}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_another_name_is_called_by_it() {
    let stage = doors().await;
    stage.sandbox.add_user("janitor");
    stage.sandbox.collaborator(DOOR, "janitor", Mode::Write).unwrap();
    let scopes = Scopes::of("write:issue,write:repository,read:organization,read:user");
    stage.secret("token", &stage.sandbox.add_token("janitor", scopes).unwrap());
    stage.configure(|config| config.with("report.repository", DOOR));
    for words in ["backlog", "why foundation/door#3", "report --print"] {
        let run = stage.run(words);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{words}");
        assert!(!run.out.contains("/timmy"), "{words}: {}", run.out);
    }
    let said = |words: &str| stage.run(words).out;
    assert!(said("backlog").contains("`/janitor why foundation/door#1` explains a place."));
    assert!(said("why foundation/door#3").contains("`/janitor unblock foundation/door#2` there."));
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_get_one_object_with_stable_keys() {
    let stage = doors().await;
    let read =
        |words: &str| -> serde_json::Value { serde_json::from_str(&stage.run(words).out).unwrap() };
    let backlog = read("backlog --json --limit 1");
    assert_eq!(
        (&backlog["ready_count"], &backlog["not_ready"]),
        (&2.into(), &serde_json::json!({ "blocked": 1, "missing_scope": 1 }))
    );
    let [first] = &backlog["ready"].as_array().unwrap()[..] else { panic!("{backlog}") };
    assert_eq!(
        (&first["place"], &first["repository"], &first["number"], &first["p0"], &first["agent"]),
        (&1.into(), &DOOR.into(), &1.into(), &false.into(), &"ezra".into())
    );
    assert!(first["points"].as_f64().unwrap() > 5.0, "{first}");
    assert_eq!(first["url"], "http://forge/foundation/door/issues/1");

    let why = read("why foundation/door#3 --json");
    assert_eq!(
        (&why["ready"], &why["obstacles"], &why["waits_for"]),
        (&false.into(), &serde_json::json!(["blocked"]), &serde_json::json!(["foundation/door#2"]))
    );
    assert_eq!(why["terms"][0]["term"], "urgency");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_moved_is_read_the_second_time() {
    let stage = doors().await;
    stage.run("backlog");
    let before = stage.sandbox.requests().len();
    let hurry = "Hurry";
    stage.sandbox.open_issue("alexander", DOOR, hurry, SCOPE).unwrap();
    label(&stage, 5, "priority/p0");
    let run = stage.run("backlog");
    assert!(run.out.lines().nth(3).unwrap().contains(hurry), "{}", run.out);
    let asked: Vec<_> = stage.sandbox.requests().split_off(before);
    assert!(asked.iter().all(|asked| !asked.path.contains("state=open")), "{asked:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_running_timmy_its_ledger_is_shown() {
    let stage = doors().await;
    let first = stage.run("backlog");
    let _serve = stage.serve().await;
    // timmy hears what was just said, which may change scores, not the order.
    let order = |out: &str| -> Vec<String> {
        out.lines().map(|line| line.split("  ").last().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(order(&stage.run("backlog").out), order(&first.out));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_meanwhile_is_heard_by_the_next_serve() {
    let stage = doors().await;
    stage.run("backlog");
    stage.sandbox.comment("alexander", DOOR, 1, "/timmy ping").unwrap();
    stage.run("backlog");
    let _serve = stage.serve().await;
    until("it is answered", async || stage.sandbox.comments(DOOR, 1).unwrap().len() == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forge_that_is_away_leaves_what_was_known() {
    let stage = doors().await;
    let known = stage.run("backlog");
    stage.sandbox.faults().down();
    let run = stage.run("backlog");
    assert_eq!((run.code, &run.out), (0, &known.out));
    assert!(run.err.contains("what moved lately is missing"), "{}", run.err);

    fs::remove_file(stage.path("timmy.db")).unwrap();
    let run = stage.run("backlog");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.contains("cannot be read") && run.err.contains("timmy doctor"), "{}", run.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_cannot_break_the_terminal() {
    let stage = Stage::set().await;
    for title in [
        "\u{1b}[2Jgone\u{7}",
        "cod\u{202e}gnp.exe",
        &"門".repeat(120),
        &format!("a{}", "\u{301}".repeat(200)),
        "two\nlines\u{2028}three",
    ] {
        stage.sandbox.open_issue("alexander", DOOR, title, SCOPE).unwrap();
    }
    let run = stage.run("backlog");
    assert_eq!(run.out.lines().count(), 10, "{}", run.out);
    assert!(run.out.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", run.out);
    assert!(!run.out.contains('\u{202e}') && !run.out.contains('\u{2028}'), "{:?}", run.out);
    assert_eq!(run.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_facts_are_told_as_they_are() {
    let stage = doors().await;
    let sandbox = &stage.sandbox;
    let someday = sandbox.add_milestone(DOOR, "Some day", None).unwrap();
    sandbox.set_milestone("alexander", DOOR, 1, someday).unwrap();
    for name in ["priority/p3", "size/xl", "priority/p0"] {
        label(&stage, 2, name);
    }
    sandbox.let_wait("alexander", DOOR, 4, (DOOR, 3)).unwrap();
    sandbox.let_wait("alexander", DOOR, 2, (DOOR, 4)).unwrap();
    stage.run("backlog");

    let why = stage.run("why foundation/door#1").out;
    assert!(why.contains("milestone Some day "), "{why}");
    let why = stage.run("why foundation/door#2").out;
    let circle = "it waits for itself: foundation/door#2 → foundation/door#4 → \
                  foundation/door#3 → foundation/door#2.";
    assert!(why.contains(circle), "{why}");
    assert!(why.contains("priority/p0"), "of two priorities the higher one counts: {why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_nothing_is_told_what_to_ask() {
    let stage = doors().await;
    stage.sandbox.add_repo("alexander/attic", false).unwrap();
    stage.sandbox.open_pull("alexander", DOOR, "Oil", "", "oil").unwrap();
    for (words, code, says) in [
        ("why foundation/door#99", 1, "no open issue foundation/door#99"),
        ("why alexander/attic#1", 1, "alexander/attic is not watched"),
        ("why foundation/door#5", 1, "is a pull request"),
        ("why #1", 2, "in which repository?"),
        ("why door", 2, "owner/repository#12"),
        ("why", 2, "OWNER/REPO#N"),
        ("backlog --limit=-1", 2, "--limit"),
    ] {
        let run = stage.run(words);
        assert_eq!((run.code, run.out.as_str()), (code, ""), "{words}: {}", run.err);
        assert!(run.err.contains(says), "{words}: {}", run.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_weights_are_refused_at_the_start() {
    for (weights, says) in [
        ("urgency = -0.1\nage = 0.55", "score.weights.urgency is no such decimal"),
        ("urgency = nan", "score.weights.urgency is no such decimal"),
        ("urgency = 0.5", "score.weights sum to 1.15, not to 1"),
    ] {
        let stage = Stage::set().await;
        stage.configure(|config| config.and(&format!("[score.weights]\n{weights}\n")));
        for command in ["serve", "backlog", "why foundation/door#1"] {
            let run = stage.run(command);
            assert_eq!(run.code, 2, "{command}: {run:?}");
            assert!(run.err.contains(says), "{weights}: {run:?}");
        }
    }
}
