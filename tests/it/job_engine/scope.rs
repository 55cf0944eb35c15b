//! What authors are asked whose issues would be next if they said what is to be done.

use insta::assert_snapshot;
use timmy::clock::Clock as _;
use timmy::core::jobs::StateKind;
use timmy::core::model::time::Timestamp;
use timmy::core::policy::controls::{ControlChange, Pause, PauseScope};
use timmy::core::scheduling::Ineligible;
use timmy::sandbox::{Fault, Matcher, Mode, Sandbox};
use timmy::store::backup::{Existing, backup};
use timmy::store::{Connection, controls};

use super::by_itself::{Tokens, protect};
use super::scripted::ended;
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
    assert_snapshot!(first_line(&stage, &why).await, @"**Nothing starts here:** it does not say what is to be done. It takes 40 characters of its author's own in title and text: quotes, blocks of code and what its template says do not count. I asked its author on NOW: what is to be done, where that is, when it is done. A new comment by its author counts as well; of somebody who may write here, one with a line `Where:` or `Done when:`.");
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
    sandbox.comment("alexander", DOOR, second, ANSWER).unwrap();
    rest(&stage).await;
    for number in [first, second] {
        assert_eq!(obstacles(&stage, number).await, [Ineligible::MissingScope], "{number}");
    }
    sandbox.comment("rita", DOOR, first, &format!("@timmy, it is so: {ANSWER}")).unwrap();
    let filled_in = format!("{ANSWER}\n\nDone when: nobody hears it.");
    sandbox.comment("alexander", DOOR, second, &filled_in).unwrap();
    rest(&stage).await;
    for number in [first, second] {
        assert_eq!(obstacles(&stage, number).await, [], "{number}");
    }
    assert_eq!((said(&stage, first).len(), said(&stage, second).len()), (1, 1));
    stage.end().await;
}

#[tokio::test]
async fn an_answer_that_somebody_edits_answers_nothing_any_more() {
    let stage = asking(|config| config).await;
    let sandbox = &stage.app.sandbox;
    let number = vague(&stage, "anna");
    rest(&stage).await;
    let answer = sandbox.comment("anna", DOOR, number, ANSWER).unwrap();
    rest(&stage).await;
    assert_eq!(obstacles(&stage, number).await, []);
    let other = format!("{ANSWER} Take it out, and the one beside it too.");
    sandbox.edit_comment("alexander", answer, &other).unwrap();
    // A delivery might tell yet who that was.
    stage.pass(65 * MINUTE, 5 * MINUTE).await;
    assert_eq!(obstacles(&stage, number).await, [Ineligible::MissingScope]);
    stage.end().await;
}

/// The questions about an issue that a person is to answer with yes or no, and what became of them.
fn decisions(stage: &Stage, number: i64) -> Vec<String> {
    let is_one = |body: &String| body.starts_with("### ") || body.contains(" is void,** since ");
    let heading = |body: String| body.lines().next().unwrap_or_default().to_owned();
    said(stage, number).into_iter().filter(is_one).map(heading).collect()
}

const VOID: &str = "**d1 is void,** since what its author answered me is not what it was.";

#[tokio::test]
async fn a_start_that_was_asked_about_before_the_answer_is_asked_about_anew() {
    let asks = |config: Config| config.with("dispatch.ask", ["over 0.5usd"]);
    let stage = asking(asks).await;
    let number = vague(&stage, "anna");
    rest(&stage).await;
    let job = stage.assign(number, Some("bezalel")).await;
    rest(&stage).await;
    assert_eq!(decisions(&stage, number), ["### May `bezalel` begin?"]);
    stage.app.sandbox.comment("anna", DOOR, number, ANSWER).unwrap();
    stage.pass(6 * MINUTE, MINUTE).await;
    let asked = decisions(&stage, number);
    assert!(asked[1].starts_with(VOID), "{asked:?}");
    assert_eq!(asked[2..], ["### May `bezalel` begin?"]);
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    stage.end().await;
}

#[tokio::test]
async fn a_result_that_was_shown_before_the_answer_is_asked_about_anew() {
    let stage = asking(|config| config.with("accept.on_yes", "merge")).await;
    let number = vague(&stage, "anna");
    rest(&stage).await;
    let job = stage.assign(number, Some("ezra")).await;
    let (sandbox, branch) = (&stage.app.sandbox, format!("timmy/{number}-j1"));
    let commit = sandbox.commit("ezra", DOOR, &branch, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Oil it", "", &branch).unwrap();
    stage.ezra.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"pull\":{pull},\"commit\":\"{commit}\"}}"
    )));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    assert_eq!(decisions(&stage, number).len(), 1);
    sandbox.comment("anna", DOOR, number, ANSWER).unwrap();
    stage.pass(6 * MINUTE, MINUTE).await;
    let asked = decisions(&stage, number);
    assert!(asked[1].starts_with(VOID), "{asked:?}");
    assert_eq!((asked.len(), stage.kind(job).await), (3, StateKind::Deciding), "{asked:?}");
    stage.end().await;
}

#[tokio::test]
async fn an_answer_is_searched_for_protected_paths_as_the_text_is() {
    let stage = asking(|config| config.with("dispatch.ask", ["protected"])).await;
    let (plain, dangerous) = (vague(&stage, "anna"), vague(&stage, "anna"));
    stage.pass(6 * MINUTE, MINUTE).await;
    assert_eq!(asked(&stage, [plain, dangerous]), 2);
    let answer = format!("{ANSWER} Do it in `.gitea/workflows/door.yml`.");
    stage.app.sandbox.comment("anna", DOOR, plain, ANSWER).unwrap();
    stage.app.sandbox.comment("anna", DOOR, dangerous, &answer).unwrap();
    rest(&stage).await;
    let unasked = stage.assign(plain, Some("bezalel")).await;
    let asked = stage.assign(dangerous, Some("bezalel")).await;
    rest(&stage).await;
    assert_eq!(stage.kind(unasked).await, StateKind::Running);
    assert_eq!(stage.kind(asked).await, StateKind::Waiting);
    let question = said(&stage, dangerous).into_iter().find(|body| body.starts_with("### "));
    let question = question.expect("a question");
    assert!(question.contains(".gitea/workflows/door.yml"), "{question}");
    stage.end().await;
}

/// An issue whose author has answered; work begins there after this was done to the answer. What the
/// agent is told.
async fn told_after(disturb: impl FnOnce(&Sandbox, i64)) -> String {
    let stage = asking(|config| config).await;
    let number = vague(&stage, "anna");
    rest(&stage).await;
    let answer = stage.app.sandbox.comment("anna", DOOR, number, ANSWER).unwrap();
    rest(&stage).await;
    assert_eq!(obstacles(&stage, number).await, []);
    disturb(&stage.app.sandbox, answer);
    let job = stage.assign(number, Some("ezra")).await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    let sent = stage.ezra.script().sent.clone();
    let [prompt] = sent.as_slice() else { panic!("{} prompts", sent.len()) };
    let body = prompt.body.clone();
    stage.end().await;
    body
}

#[tokio::test]
async fn what_reaches_the_agent_is_the_answer_as_it_was_heard_or_nothing() {
    let untouched = told_after(|_, _| {}).await;
    assert!(untouched.contains(ANSWER), "{untouched}");
    let deleted = told_after(|sandbox, answer| {
        sandbox.delete_comment("anna", answer).unwrap();
    });
    let deleted = deleted.await;
    assert!(!deleted.contains(ANSWER), "{deleted}");
    // timmy hears nothing that an agent does.
    let edited = told_after(|sandbox, answer| {
        let other = format!("{ANSWER} And take it off the wall.");
        sandbox.edit_comment("ezra", answer, &other).unwrap();
    });
    let edited = edited.await;
    assert!(!edited.contains("hinge should") && !edited.contains("off the wall"), "{edited}");
}

#[tokio::test]
async fn an_answer_is_heard_that_was_given_while_timmy_was_down_and_a_relayed_one_is_none() {
    let mut stage = asking(|config| config).await;
    let (first, second) = (vague(&stage, "anna"), vague(&stage, "anna"));
    stage.pass(6 * MINUTE, MINUTE).await;
    assert_eq!(asked(&stage, [first, second]), 2);
    stage.app.timmy.stop().await;
    let relayed = format!("<!-- gh-comment-id:7 -->\n{ANSWER}");
    stage.app.sandbox.comment("anna", DOOR, first, ANSWER).unwrap();
    stage.app.sandbox.comment("anna", DOOR, second, &relayed).unwrap();
    stage.app.wake().await;
    rest(&stage).await;
    assert_eq!(obstacles(&stage, first).await, []);
    assert_eq!(obstacles(&stage, second).await, [Ineligible::MissingScope]);
    stage.end().await;
}

/// An issue that says nothing, about which a question waits to be sent: the forge takes no comment. It
/// does again once this was done. What timmy says there.
async fn sent_after(change: impl FnOnce(&Sandbox, i64)) -> Vec<String> {
    let stage = asking(|config| config).await;
    let faults = stage.app.sandbox.faults();
    let posts = Matcher::method_path("POST", "/comments");
    faults.rate(1, posts, 1000, Fault::BadGateway);
    let number = vague(&stage, "anna");
    rest(&stage).await;
    let asks = |conn: &Connection| {
        let count: i64 =
            conn.query_row("SELECT count(*) FROM scope_questions", [], |row| row.get(0))?;
        Ok(count)
    };
    assert_eq!(stage.app.timmy.read(asks).await, 1, "it is to be asked");
    change(&stage.app.sandbox, number);
    faults.clear();
    stage.pass(20 * MINUTE, MINUTE).await;
    let said = said(&stage, number);
    stage.end().await;
    said
}

#[tokio::test]
async fn it_is_looked_at_again_whether_to_ask_when_that_is_sent() {
    assert_eq!(sent_after(|_, _| {}).await.len(), 1);
    let closed = sent_after(|sandbox, number| {
        sandbox.set_open("anna", DOOR, number, false).unwrap();
    });
    assert_eq!(closed.await, [""; 0]);
    let assigned = sent_after(|sandbox, number| {
        sandbox.assign("alexander", DOOR, number, &["anna"]).unwrap();
    });
    assert_eq!(assigned.await, [""; 0]);
    let complete = sent_after(|sandbox, number| {
        sandbox.edit_issue("anna", DOOR, number, ANSWER).unwrap();
    });
    assert_eq!(complete.await, [""; 0]);
    let by_another = sent_after(|sandbox, number| {
        let question = "**What is it?**\n\n<!-- timmy key=other-scope.1.9 -->";
        sandbox.comment("timmy", DOOR, number, question).unwrap();
    });
    assert_eq!(by_another.await.len(), 1, "another ledger has asked");
}

#[tokio::test]
async fn what_is_not_next_any_more_is_not_asked_about() {
    let one = |config: Config| config.with("dispatch.per_repository", 1);
    let stage = asking(one).await;
    let faults = stage.app.sandbox.faults();
    let posts = Matcher::method_path("POST", "/comments");
    faults.rate(1, posts, 1000, Fault::BadGateway);
    let number = vague(&stage, "anna");
    rest(&stage).await;
    let ready = format!("{ANSWER}\n\nWhere: `door.rs`\nDone when: nobody hears it.");
    stage.app.sandbox.open_issue("anna", DOOR, "It squeaks", &ready).unwrap();
    rest(&stage).await;
    faults.clear();
    stage.pass(20 * MINUTE, MINUTE).await;
    assert_eq!(said(&stage, number), [""; 0], "the other one is next");
    stage.end().await;
}

#[tokio::test]
async fn a_copy_that_was_taken_before_the_question_was_sent_does_not_send_it_again() {
    let mut stage = asking(|config| config).await;
    let faults = stage.app.sandbox.faults();
    let posts = Matcher::method_path("POST", "/comments");
    faults.rate(1, posts, 1000, Fault::BadGateway);
    let number = vague(&stage, "anna");
    rest(&stage).await;
    stage.app.timmy.stop().await;
    let (copy, ledger) = (stage.app.timmy.path("copy.db"), stage.app.timmy.path("timmy.db"));
    backup(&ledger, &copy, Existing::Keep, stage.app.clock.now()).unwrap();
    faults.clear();
    stage.app.wake().await;
    stage.pass(20 * MINUTE, MINUTE).await;
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
    let many = |config: Config| {
        let config = config.with("dispatch.per_repository", 9).with("dispatch.per_host", 9);
        config.its("capacity", 9)
    };
    let stage = asking(many).await;
    let numbers: Vec<i64> = (0..5).map(|_| vague(&stage, "anna")).collect();
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(asked(&stage, numbers.clone()), 3);
    stage.pass(10 * HOUR, HOUR).await;
    assert_eq!(asked(&stage, numbers.clone()), 3, "it is the same day");
    stage.pass(HOUR, 5 * MINUTE).await;
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
    let other = vague(&stage, "anna");
    stage.pass(20 * MINUTE, MINUTE).await;
    assert_eq!(
        (said(&stage, number).len(), said(&stage, other).len()),
        (1, 0),
        "the day is used up"
    );
    stage.pass(3 * DAY, 3 * HOUR).await;
    assert_eq!((said(&stage, number).len(), said(&stage, other).len()), (1, 1));
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
