//! What authors are asked whose issues would be next if they said what is to be done.

use insta::assert_snapshot;
use timmy::clock::Clock as _;
use timmy::core::model::time::Timestamp;
use timmy::core::policy::controls::{ControlChange, Pause, PauseScope};
use timmy::core::scheduling::Ineligible;
use timmy::sandbox::{Mode, Sandbox};
use timmy::store::backup::{Existing, backup};
use timmy::store::{Connection, controls};

use super::by_itself::{Tokens, protect};
use super::stage::{Stage, live};
use crate::support::clock::{DAY, HOUR, MINUTE, NOON};
use crate::support::config::Config;
use crate::support::forge::DOOR;
use crate::support::people::account;

const ANSWER: &str = "The hinge should make no noise when somebody opens the door at night.";

/// The first line of `text`, which tells the very moment at which the ledger says it was asked; that is
/// put as NOW.
async fn first_line(stage: &Stage, text: &str) -> String {
    let asked_at = |conn: &Connection| {
        Ok(conn.query_row("SELECT asked_at FROM scope_questions", [], |row| row.get(0))?)
    };
    let at: Timestamp = stage.app.timmy.read(asked_at).await;
    let minutes = 12 * 60 + at.since(NOON).as_secs() / 60;
    let said = format!("Mon 23 Nov, {:02}:{:02} UTC", minutes / 60, minutes % 60);
    let line = text.lines().next().unwrap();
    assert!(line.contains(&said), "{said}: {line}");
    line.replace(&said, "NOW")
}

/// A timmy that asks. Eight issues that say nothing were there before it.
async fn asking(change: impl FnOnce(Config) -> Config) -> Stage {
    let furnish = |sandbox: &Sandbox| {
        sandbox.add_user("rando");
        sandbox.add_user("rita");
        sandbox.collaborator(DOOR, "rita", Mode::Read).unwrap();
    };
    live(furnish, |config| change(config.with("dispatch.ask_scope", true))).await
}

fn vague(stage: &Stage, by: &str) -> i64 {
    stage.app.sandbox.open_issue(by, DOOR, "It is stuck", "Help!").unwrap()
}

/// What timmy said in an issue.
fn said(stage: &Stage, number: i64) -> Vec<String> {
    let comments = stage.app.sandbox.comments(DOOR, number).unwrap();
    comments.into_iter().filter(|one| one.author == "timmy").map(|one| one.body).collect()
}

/// How many issues of these were asked about.
fn asked(stage: &Stage, numbers: impl IntoIterator<Item = i64>) -> usize {
    numbers.into_iter().filter(|number| !said(stage, *number).is_empty()).count()
}

async fn obstacles(stage: &Stage, number: i64) -> Vec<Ineligible> {
    let judged = stage.app.timmy.engine().ranking().await.unwrap();
    let all = judged.ranking.ready.iter().chain(&judged.ranking.others);
    let standing = all.into_iter().find(|one| one.thread.number == number);
    standing.expect("it is in the backlog").obstacles.clone()
}

async fn rest(stage: &Stage) {
    stage.pass(3 * MINUTE, MINUTE).await;
}

#[tokio::test]
async fn the_author_of_what_would_be_next_is_asked_once_and_of_old_issues_nobody() {
    let mut stage = asking(|config| config).await;
    rest(&stage).await;
    assert_eq!(asked(&stage, 1..=8), 0, "they were there before");
    let number = vague(&stage, "anna");
    rest(&stage).await;
    let question = said(&stage, number);
    assert_eq!(question.len(), 1);
    assert_snapshot!(question[0].split("<!--").next().unwrap().trim(), @r"
    **This is next, and I cannot tell yet what is to be done.** @anna, please say three things more, in a comment or in the text above:

    - What should be different afterwards? A sentence or two in your own words.
    - Where is it: which file, page or command, or the error as you see it?
    - How can one tell that it is done?

    Lines to copy and fill in:

    ```text
    Where:
    Done when:
    ```

    Until then no agent gets it. I ask this only once.
    ");
    stage.pass(3 * HOUR, HOUR).await;
    stage.app.timmy.stop().await;
    stage.app.wake().await;
    stage.pass(2 * DAY, 6 * HOUR).await;
    assert_eq!((said(&stage, number).len(), asked(&stage, 1..=8)), (1, 0));
    assert_eq!(obstacles(&stage, number).await, [Ineligible::MissingScope]);
    stage.end().await;
}

#[tokio::test]
async fn status_and_why_say_what_was_asked() {
    let stage = asking(|config| config).await;
    let number = vague(&stage, "anna");
    rest(&stage).await;
    let sandbox = &stage.app.sandbox;
    sandbox.comment("anna", DOOR, number, "/timmy status").unwrap();
    rest(&stage).await;
    let status = said(&stage, number).pop().unwrap();
    assert_snapshot!(first_line(&stage, &status).await, @"**Nothing is running here.** Waits for its author, whom I asked on NOW: what is to be done, where that is, when it is done.");
    sandbox.comment("anna", DOOR, number, "/timmy why").unwrap();
    rest(&stage).await;
    let why = said(&stage, number).pop().unwrap();
    assert_snapshot!(first_line(&stage, &why).await, @"**Nothing starts here:** it does not say what is to be done. It takes 40 characters of its author's own in title and text: quotes, blocks of code and what its template says do not count. I asked its author on NOW: what is to be done, where that is, when it is done. An answer in a comment by its author, or by somebody who may write here, counts as well.");
    sandbox.comment("anna", DOOR, number, ANSWER).unwrap();
    sandbox.comment("anna", DOOR, number, "/timmy status").unwrap();
    rest(&stage).await;
    let answered = said(&stage, number).pop().unwrap();
    assert!(!answered.contains("Waits for its author"), "{answered}");
    stage.end().await;
}

#[tokio::test]
async fn an_answer_of_its_author_or_a_writer_makes_it_ready_and_nobody_elses() {
    let stage = asking(|config| config).await;
    let (first, second) = (vague(&stage, "rita"), vague(&stage, "anna"));
    rest(&stage).await;
    assert_eq!(asked(&stage, [first, second]), 2);
    let sandbox = &stage.app.sandbox;
    for by in ["rando", "ezra"] {
        sandbox.comment(by, DOOR, first, ANSWER).unwrap();
    }
    sandbox.comment("rita", DOOR, second, ANSWER).unwrap();
    sandbox.comment("rita", DOOR, first, "Please!").unwrap();
    rest(&stage).await;
    for number in [first, second] {
        assert_eq!(obstacles(&stage, number).await, [Ineligible::MissingScope], "{number}");
    }
    sandbox.comment("rita", DOOR, first, &format!("@timmy, it is so: {ANSWER}")).unwrap();
    sandbox.comment("alexander", DOOR, second, ANSWER).unwrap();
    rest(&stage).await;
    for number in [first, second] {
        assert_eq!(obstacles(&stage, number).await, [], "{number}");
    }
    assert_eq!((said(&stage, first).len(), said(&stage, second).len()), (1, 1));
    stage.end().await;
}

#[tokio::test]
async fn what_was_said_before_the_question_is_no_answer_and_an_edited_text_is_one() {
    let stage = asking(|config| config).await;
    let sandbox = &stage.app.sandbox;
    let number = vague(&stage, "anna");
    let before = sandbox.comment("anna", DOOR, number, "Yes.").unwrap();
    rest(&stage).await;
    assert_eq!(said(&stage, number).len(), 1);
    sandbox.edit_comment("anna", before, ANSWER).unwrap();
    stage.pass(65 * MINUTE, 5 * MINUTE).await;
    assert_eq!(obstacles(&stage, number).await, [Ineligible::MissingScope]);
    sandbox.edit_issue("anna", DOOR, number, ANSWER).unwrap();
    rest(&stage).await;
    assert_eq!(obstacles(&stage, number).await, []);
    assert_eq!(said(&stage, number).len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn at_most_three_a_day_are_asked() {
    let stage = asking(|config| config).await;
    let numbers: Vec<i64> = (0..5).map(|_| vague(&stage, "anna")).collect();
    rest(&stage).await;
    assert_eq!(asked(&stage, numbers.clone()), 3);
    stage.pass(10 * HOUR, HOUR).await;
    assert_eq!(asked(&stage, numbers.clone()), 3, "it is the same day");
    stage.pass(HOUR, HOUR / 2).await;
    assert_eq!(asked(&stage, numbers), 5, "it is another day");
    stage.end().await;
}

#[tokio::test]
async fn agents_strangers_and_what_is_locked_are_left_alone() {
    let stage = asking(|config| config.with("people.ignore", ["mirror"])).await;
    let sandbox = &stage.app.sandbox;
    sandbox.add_user("mirror");
    sandbox.collaborator(DOOR, "mirror", Mode::Write).unwrap();
    for by in ["ezra", "rando", "mirror", "timmy"] {
        vague(&stage, by);
    }
    let relayed = "<!-- gh-comment-id:7 -->\nHelp!";
    let relayed = sandbox.open_issue("anna", DOOR, "It is stuck", relayed).unwrap();
    let locked = vague(&stage, "anna");
    sandbox.set_locked("alexander", DOOR, locked, true).unwrap();
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(asked(&stage, 9..=12), 0, "no people of ours");
    assert_eq!(asked(&stage, [relayed, locked]), 0);
    let number = vague(&stage, "anna");
    rest(&stage).await;
    assert_eq!(asked(&stage, [number]), 1, "they keep nobody else waiting");
    stage.end().await;
}

#[tokio::test]
async fn nobody_is_asked_unless_that_is_wished_and_while_all_is_paused() {
    let stage = live(|_| {}, |config| config).await;
    let number = vague(&stage, "anna");
    rest(&stage).await;
    assert_eq!(asked(&stage, [number]), 0);
    stage.end().await;
    let stage = asking(|config| config).await;
    let pause = Pause { part: PauseScope::All, by: account("alexander"), since: NOON };
    let pause = ControlChange::Pause(pause);
    stage.app.timmy.write(move |tx| controls::apply(tx, &pause)).await;
    let number = vague(&stage, "anna");
    rest(&stage).await;
    assert_eq!(asked(&stage, [number]), 0);
    let resume = ControlChange::Resume(PauseScope::All);
    stage.app.timmy.write(move |tx| controls::apply(tx, &resume)).await;
    rest(&stage).await;
    assert_eq!(asked(&stage, [number]), 1);
    stage.end().await;
}

#[tokio::test]
async fn what_another_ledger_asked_is_not_asked_again() {
    let stage = asking(|config| config).await;
    let sandbox = &stage.app.sandbox;
    let (asked_before, forged) = (vague(&stage, "anna"), vague(&stage, "anna"));
    let question = "**What is it?**\n\n<!-- timmy key=other-scope.1.9 -->";
    sandbox.comment("timmy", DOOR, asked_before, question).unwrap();
    sandbox.comment("anna", DOOR, forged, question).unwrap();
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!((said(&stage, asked_before).len(), said(&stage, forged).len()), (1, 1));
    assert_ne!(said(&stage, forged), [question], "only timmy's own counts");
    stage.end().await;
}

#[tokio::test]
async fn a_restored_copy_that_does_not_know_that_it_asked_asks_nothing_again() {
    let mut stage = asking(|config| config).await;
    rest(&stage).await;
    stage.app.timmy.stop().await;
    let copy = stage.app.timmy.path("copy.db");
    let (ledger, now) = (stage.app.timmy.path("timmy.db"), stage.app.clock.now());
    backup(&ledger, &copy, Existing::Keep, now).unwrap();
    stage.app.wake().await;
    let number = vague(&stage, "anna");
    rest(&stage).await;
    assert_eq!(said(&stage, number).len(), 1);
    stage.app.timmy.stop().await;
    for side in ["timmy.db", "timmy.db-wal", "timmy.db-shm"] {
        let _ = std::fs::remove_file(stage.app.timmy.path(side));
    }
    std::fs::rename(&copy, &ledger).unwrap();
    stage.app.wake().await;
    stage.pass(20 * MINUTE, MINUTE).await;
    assert_eq!(said(&stage, number).len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn where_work_starts_by_itself_an_answer_starts_it_and_reaches_the_agent() {
    let tokens = Tokens::new();
    let furnish = |sandbox: &Sandbox| {
        tokens.write(sandbox);
        protect(sandbox, DOOR);
    };
    let change = |config: Config| tokens.fleet(config).with("dispatch.ask_scope", true);
    let stage = live(furnish, change).await;
    let number = vague(&stage, "anna");
    rest(&stage).await;
    assert_eq!(said(&stage, number).len(), 1);
    stage.app.sandbox.comment("anna", DOOR, number, ANSWER).unwrap();
    stage.pass(6 * MINUTE, MINUTE).await;
    let told: Vec<String> = [&stage.ezra, &stage.bezalel]
        .iter()
        .flat_map(|agent| agent.script().sent.clone())
        .map(|sent| sent.body)
        .collect();
    let [prompt] = told.as_slice() else { panic!("{} prompts", told.len()) };
    assert!(prompt.contains(&format!("```text\n{ANSWER}\n```")), "{prompt}");
    stage.end().await;
}

#[tokio::test]
async fn what_is_older_than_automatic_work_is_not_asked_about_even_when_somebody_touches_it() {
    let tokens = Tokens::new();
    let furnish = |sandbox: &Sandbox| {
        tokens.write(sandbox);
        protect(sandbox, DOOR);
    };
    let change = |config: Config| tokens.fleet(config).with("dispatch.ask_scope", true);
    let stage = live(furnish, change).await;
    // Touched today, and written before auto began.
    stage.app.sandbox.comment("alexander", DOOR, 3, "Still so.").unwrap();
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(asked(&stage, 1..=8), 0);
    stage.end().await;
}
