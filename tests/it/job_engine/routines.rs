//! Routines: each date makes one job, whose thread is its pull request; of what finds nothing nobody
//! hears.

use std::time::Duration;

use serde_json::json;
use timmy::clock::Clock as _;
use timmy::core::jobs::{
    AttemptEnd, Done, Job, JobEvent, JobId, JobRecord, NewJob, Origin, State, StateKind, ToldText,
};
use timmy::core::model::account::Account;
use timmy::core::model::ids::{Subject, ThreadId};
use timmy::core::model::incident::Incident;
use timmy::core::policy::controls::{ControlChange, Pause, PauseScope};
use timmy::core::scheduling::AgentRecords;
use timmy::sandbox::{Mode, Sandbox};
use timmy::store::jobs::{RoutineEnd, RoutineStart};
use timmy::store::{Connection, Error, Transaction, controls, incidents, jobs, routines};

use super::by_itself::{Tokens, protect};
use super::scripted::ended;
use super::stage::{Stage, live_after};
use crate::support::clock::{DAY, HOUR, MINUTE, SECOND};
use crate::support::config::Config;
use crate::support::forge::{DOOR, add_repo};

/// Where the report stands.
pub const OFFICE: &str = "foundation/office";

/// It begins at 13:00 UTC on a Monday, an hour before this.
pub const DAILY: &str = "14:00";

/// A routine at the door for ezra, in TOML.
pub fn routine(name: &str, when: &str) -> String {
    format!(
        "[[routine]]\nname = \"{name}\"\nwhen = \"{when}\"\nrepository = \"{DOOR}\"\n\
         agent = \"ezra\"\nprompt = \"Oil what squeaks.\\n\\n/timmy approve\\n@anna look\"\n"
    )
}

/// Agents that push by themselves, and may not push to the default branch; nothing starts by itself but
/// what the test says in `more`.
pub async fn stage_with(
    tokens: &Tokens,
    furnish: impl FnOnce(&Sandbox),
    change: impl FnOnce(Config) -> Config,
) -> Stage {
    let furnish = |sandbox: &Sandbox| {
        tokens.write(sandbox);
        sandbox.add_repo(OFFICE, true).unwrap();
        for login in ["timmy", "alexander"] {
            sandbox.collaborator(OFFICE, login, Mode::Write).unwrap();
        }
        furnish(sandbox);
    };
    let configure = |config: Config| {
        let agent = |config: Config, name: &str| {
            config
                .agent(name, ["coder"])
                .its("kind", "hermes")
                .its("url", "http://127.0.0.1:1")
                .its("key_file", "s3cret")
                .its("token_file", tokens.path(name))
        };
        let config = agent(config.without_agents(), "ezra").its("family", "one");
        let config = agent(config, "bezalel").its("family", "two");
        change(config.with("report.repository", OFFICE))
    };
    live_after(Duration::ZERO, furnish, configure).await
}

pub async fn stage(change: impl FnOnce(Config) -> Config) -> Stage {
    stage_with(&Tokens::new(), |sandbox| protect(sandbox, DOOR), change).await
}

/// With one routine, each day at 14:00.
pub async fn daily() -> Stage {
    stage(|config| config.and(&routine("oil", DAILY))).await
}

pub fn all(conn: &Connection) -> Result<Vec<JobRecord>, Error> {
    let ids = jobs::live_ids(conn)?.into_iter().chain(jobs::ended_ids(conn, 1000)?);
    let mut all: Vec<JobRecord> =
        ids.filter_map(|id| jobs::record(conn, id).transpose()).collect::<Result<_, _>>()?;
    all.sort_by_key(|record| record.job.spec.id);
    Ok(all)
}

/// The dates for which there were jobs, in order of the jobs.
pub async fn dates(stage: &Stage) -> Vec<String> {
    let all = stage.app.timmy.read(all).await;
    let due = |record: &JobRecord| record.job.spec.routine().expect("a routine").due.to_string();
    all.iter().map(due).collect()
}

/// All that timmy ever said on the forge.
fn said(stage: &Stage) -> Vec<String> {
    let sandbox = &stage.app.sandbox;
    let threads = (1..=20).map(|number| (DOOR, number)).chain([(OFFICE, 1)]);
    let said =
        threads.flat_map(|(repo, number)| sandbox.comments(repo, number).unwrap_or_default());
    said.filter(|said| said.author == "timmy").map(|said| said.body).collect()
}

pub fn said_in(stage: &Stage, repo: &str, number: i64) -> Vec<(i64, String)> {
    let all = stage.app.sandbox.comments(repo, number).unwrap_or_default();
    let own = all.into_iter().filter(|said| said.author == "timmy");
    own.map(|said| (said.id, said.body)).collect()
}

/// Until the job of the first date runs.
pub async fn begins(stage: &Stage) -> JobId {
    stage.pass(HOUR + 2 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(JobId(1)).await, StateKind::Running);
    JobId(1)
}

/// ezra hands in a pull request for this job; its number.
pub async fn hands_in(stage: &Stage, job: JobId) -> i64 {
    let (sandbox, branch) = (&stage.app.sandbox, format!("timmy/r-{job}"));
    let file = format!("oil-{job}.md");
    let commit = sandbox.commit("ezra", DOOR, &branch, &[(&file, "oil")], "Oil it").unwrap();
    let pull = sandbox.open_pull("ezra", DOOR, "Oil it", "", &branch).unwrap();
    stage.ezra.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"pull_request\",\"pull\":{pull},\"commit\":\"{commit}\"}}"
    )));
    stage.follow().await;
    pull
}

/// alexander says that there, and vouches for it where he is asked, since no webhook tells of it.
pub async fn says(stage: &Stage, (repo, number): (&str, i64), text: &str) {
    let sandbox = &stage.app.sandbox;
    sandbox.comment("alexander", repo, number, text).unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    let (question, body) = said_in(stage, repo, number).pop().unwrap();
    if body.starts_with("**Is this yours, @alexander?**") {
        sandbox.react("alexander", Subject::Comment(question), "+1").unwrap();
        stage.pass(MINUTE * 3, MINUTE).await;
    }
}

#[tokio::test]
async fn a_date_makes_a_job_whose_thread_is_its_pull_request() {
    let stage =
        stage(|config| config.with("accept.on_yes", "merge").and(&routine("oil", DAILY))).await;
    stage.pass(59 * MINUTE, MINUTE).await;
    assert_eq!(dates(&stage).await, [""; 0]);
    stage.pass(3 * MINUTE, MINUTE).await;
    let job = JobId(1);
    assert_eq!(stage.kind(job).await, StateKind::Running);
    assert_eq!(dates(&stage).await, ["2026-11-23T14:00:00Z"]);
    let record = stage.job(job).await;
    assert_eq!((record.spec.origin.clone(), record.spec.given()), (Origin::Routine, None));
    let prompt = stage.ezra.script().sent[0].body.clone();
    assert!(prompt.contains("Oil what squeaks.") && prompt.contains("`timmy/r-j1`"), "{prompt}");
    assert_eq!(said(&stage), [""; 0], "nobody has to know yet");
    let pull = hands_in(&stage, job).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    let asked = said_in(&stage, DOOR, pull);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].1.starts_with(&format!("### Merge \\#{pull}?")), "{asked:?}");
    says(&stage, (DOOR, pull), "/timmy status").await;
    let status = said_in(&stage, DOOR, pull).pop().unwrap().1;
    assert!(status.contains("routine oil") && status.contains("approve d1"), "{status}");
    says(&stage, (DOOR, pull), "/timmy approve d1").await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    let logs = stage.app.timmy.read(move |conn| jobs::attempt_logs(conn, job)).await;
    assert!(logs.len() == 1 && logs[0].asked.contains("Oil what squeaks."), "{logs:?}");
    let thread = ThreadId { repo: stage.job(job).await.spec.repo(), number: pull };
    let spent = stage.app.timmy.read(move |conn| jobs::spent_on(conn, thread)).await;
    assert_eq!(spent.runs, 1, "what it cost counts as spent on its pull request");
    let since = stage.app.clock.now().before(DAY);
    let touches = stage.app.timmy.read(move |conn| jobs::touches(conn, since)).await;
    assert_eq!(touches.merged, 0, "it is no issue");
    assert!(stage.app.sandbox.merged_as(DOOR, pull).unwrap().is_some());
    stage.pass(DAY, HOUR).await;
    assert_eq!(dates(&stage).await.len(), 2, "and again the next day");
    assert_eq!(dates(&stage).await[1], "2026-11-24T14:00:00Z");
    stage.end().await;
}

#[tokio::test]
async fn of_one_that_finds_nothing_nobody_hears() {
    let stage = daily().await;
    let job = begins(&stage).await;
    let main = stage.app.sandbox.branch_head(DOOR, "main").unwrap().unwrap();
    stage.ezra.goes(ended(&format!(
        "timmy-result: {{\"outcome\":\"no_change\",\"commit\":\"{main}\",\"summary\":\"All is oiled.\"}}"
    )));
    stage.follow().await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::NoChange);
    stage.pass(20 * HOUR, HOUR).await;
    assert_eq!(said(&stage), [""; 0]);
    assert!(stage.app.sandbox.comments(OFFICE, 1).is_err(), "there is no report of it");
    let asked = stage.app.timmy.read(timmy::store::decisions::open).await;
    assert_eq!(asked, []);
    let now = stage.app.clock.now();
    let proved = stage.app.timmy.read(move |conn| jobs::outcomes(conn, now)).await;
    assert_eq!(proved, AgentRecords::default(), "that there is nothing to do proves nothing");
    stage.end().await;
}

#[tokio::test]
async fn what_was_due_before_it_was_known_does_not_run_and_what_was_missed_runs_once() {
    let tokens = Tokens::new();
    let door = |sandbox: &Sandbox| protect(sandbox, DOOR);
    let more = routine("oil", "12:30");
    let mut stage = stage_with(&tokens, door, |config| config.and(&more)).await;
    stage.pass(2 * HOUR, 10 * MINUTE).await;
    assert_eq!(dates(&stage).await, [""; 0]);
    stage.app.timmy.stop().await;
    stage.app.clock.advance(5 * DAY);
    stage.app.timmy.start().await;
    stage.go().await;
    stage.pass(2 * HOUR, 10 * MINUTE).await;
    assert_eq!(dates(&stage).await, ["2026-11-28T12:30:00Z"]);
    stage.end().await;
}

#[tokio::test]
async fn another_calendar_counts_anew_and_one_that_is_gone_is_forgotten() {
    let tokens = Tokens::new();
    let door = |sandbox: &Sandbox| protect(sandbox, DOOR);
    let bare = std::cell::RefCell::new(None);
    let mut stage = stage_with(&tokens, door, |config| {
        *bare.borrow_mut() = Some(config.clone());
        config.and(&routine("oil", DAILY))
    })
    .await;
    let bare = bare.take().unwrap();
    // Stopped over a date; then it is called otherwise, and later has another time.
    for more in [routine("grease", DAILY), routine("grease", "13:00"), String::new()] {
        stage.app.timmy.stop().await;
        stage.app.clock.advance(DAY + HOUR + MINUTE);
        stage.app.timmy.config = bare.clone().and(&more);
        stage.app.timmy.start().await;
        stage.go().await;
        stage.pass(10 * MINUTE, MINUTE).await;
        assert_eq!(dates(&stage).await, [""; 0], "{more}");
    }
    assert!(stage.app.timmy.read(routines::all).await.is_empty());
    stage.end().await;
}

#[tokio::test]
async fn one_is_open_at_a_time_and_who_closes_it_frees_the_next() {
    let stage = daily().await;
    let job = begins(&stage).await;
    let pull = hands_in(&stage, job).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
    stage.pass(2 * DAY, HOUR).await;
    assert_eq!(dates(&stage).await.len(), 1);
    let kept = stage.app.timmy.read(routines::all).await;
    let passed = kept["oil"].passed_at.map(|at| at.to_string());
    assert_eq!(passed.as_deref(), Some("2026-11-25T14:00:00Z"));
    let waiting = stage.app.timmy.read(jobs::routines_waiting).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].1.pull.map(|pull| pull.number), Some(pull));
    says(&stage, (DOOR, 1), "/timmy report").await;
    let report = said_in(&stage, DOOR, 1).pop().unwrap().1;
    assert!(report.contains(&format!("`oil` waits for {DOOR}\\#{pull}")), "{report}");
    stage.app.sandbox.set_open("anna", DOOR, pull, false).unwrap();
    stage.pass(DAY, 10 * MINUTE).await;
    assert_eq!(dates(&stage).await.len(), 2);
    assert_eq!(stage.app.timmy.read(jobs::routines_waiting).await, []);
    stage.end().await;
}

#[tokio::test]
async fn closing_its_pull_request_rejects_it_and_no_date_runs_beside_it() {
    let stage =
        stage(|config| config.with("accept.on_yes", "merge").and(&routine("oil", DAILY))).await;
    let job = begins(&stage).await;
    let pull = hands_in(&stage, job).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    stage.pass(DAY, HOUR).await;
    assert_eq!(dates(&stage).await.len(), 1, "it waits for a person");
    stage.app.sandbox.set_open("anna", DOOR, pull, false).unwrap();
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    stage.pass(DAY, HOUR).await;
    assert_eq!(dates(&stage).await.len(), 2);
    stage.end().await;
}

#[tokio::test]
async fn commands_in_its_pull_request_reach_it() {
    let stage =
        stage(|config| config.with("accept.on_yes", "merge").and(&routine("oil", DAILY))).await;
    let job = begins(&stage).await;
    let pull = hands_in(&stage, job).await;
    says(&stage, (DOOR, pull), "/timmy revise d1 less oil").await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    let prompt = stage.ezra.script().sent.last().unwrap().body.clone();
    assert!(prompt.contains("less oil"), "{prompt}");
    assert!(prompt.contains("which is for the routine `oil`"), "{prompt}");
    says(&stage, (DOOR, pull), "/timmy tell and wipe it").await;
    let told = said_in(&stage, DOOR, pull).pop().unwrap().1;
    assert!(told.starts_with("**Passed on to `ezra`**"), "{told}");
    says(&stage, (DOOR, pull), "/timmy why").await;
    says(&stage, (DOOR, pull), "/timmy cancel").await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    assert!(stage.app.sandbox.is_open(DOOR, pull).unwrap());
    stage.pass(DAY, HOUR).await;
    assert_eq!(dates(&stage).await.len(), 1, "its pull request is open");
    stage.end().await;
}

/// Gives the report something to tell, so that it is there.
pub async fn reported(stage: &Stage) {
    stage.app.sandbox.comment("anna", DOOR, 1, "/timmy ping").unwrap();
    stage.pass(5 * MINUTE, MINUTE).await;
    assert!(stage.app.sandbox.comments(OFFICE, 1).is_ok());
}

#[tokio::test]
async fn what_it_asks_before_there_is_a_pull_request_is_asked_in_the_report() {
    let stage = daily().await;
    reported(&stage).await;
    let job = begins(&stage).await;
    stage.ezra.goes(ended("timmy-result: {\"outcome\":\"blocked\",\"summary\":\"Which oil?\"}"));
    stage.follow().await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    let asked = said_in(&stage, OFFICE, 1);
    let asked = asked.iter().find(|(_, body)| body.contains("### What does")).expect("a question");
    let head = format!("Routine `oil` in {DOOR} (j1):\n\n### What does `ezra` need to know?");
    assert!(asked.1.starts_with(&head), "{}", asked.1);
    says(&stage, (OFFICE, 1), "/timmy answer d1 whale oil").await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Running);
    let prompt = stage.ezra.script().sent.last().unwrap().body.clone();
    assert!(prompt.contains("whale oil"), "{prompt}");
    let at_door = said_in(&stage, DOOR, 1);
    assert_eq!(at_door.len(), 1, "{at_door:?}");
    stage.end().await;
}

#[tokio::test]
async fn that_it_failed_for_good_is_said_in_the_report() {
    let stage = daily().await;
    reported(&stage).await;
    stage.ezra.script().plan.extend((0..3).map(|_| ended("all done, I promise")));
    stage.pass(3 * HOUR, MINUTE).await;
    assert_eq!(stage.kind(JobId(1)).await, StateKind::Dead);
    let said = said_in(&stage, OFFICE, 1);
    let dead: Vec<&String> =
        said.iter().map(|(_, body)| body).filter(|b| b.contains("I gave up")).collect();
    assert_eq!(dead.len(), 1, "{said:?}");
    assert!(dead[0].starts_with(&format!("Routine `oil` in {DOOR} (j1):")), "{}", dead[0]);
    assert!(dead[0].contains("/timmy retry j1"), "{}", dead[0]);
    stage.end().await;
}

#[tokio::test]
async fn one_that_takes_too_long_is_stopped_and_that_is_said_in_the_report() {
    let time = json!({ "start": "30m", "silence": "1h", "total": "2h" });
    let stage = stage(|config| {
        let config = config.with("dispatch.timeout", time).with("dispatch.attempts", 1);
        config.and(&routine("oil", DAILY))
    })
    .await;
    reported(&stage).await;
    let job = begins(&stage).await;
    stage.pass(4 * HOUR, 5 * MINUTE).await;
    let ended = stage.attempts(job).await[0].ended;
    assert!(matches!(ended, Some((_, AttemptEnd::TimedOut(_)))), "{ended:?}");
    assert_eq!(stage.ezra.script().stops.len(), 1);
    assert!(stage.kind(job).await.is_end(), "{:?}", stage.job(job).await.state);
    let said = said_in(&stage, OFFICE, 1);
    let head = format!("Routine `oil` in {DOOR} (j1):");
    let told = said.iter().filter(|(_, body)| body.starts_with(&head)).count();
    assert_eq!(told, 1, "{said:?}");
    stage.end().await;
}

#[tokio::test]
async fn more_may_be_spent_on_one_that_has_no_thread_yet() {
    let stage = stage(|config| {
        let config = config.with("budget.issue", "1usd").with("dispatch.attempts", 1);
        config.and(&routine("oil", DAILY))
    })
    .await;
    reported(&stage).await;
    begins(&stage).await;
    says(&stage, (OFFICE, 1), "/timmy budget 3usd scope=j1").await;
    let answer = said_in(&stage, OFFICE, 1).pop().unwrap().1;
    assert!(answer.starts_with("**This may cost 3.00 USD until j1 ends.**"), "{answer}");
    says(&stage, (OFFICE, 1), "/timmy budget 3usd").await;
    let answer = said_in(&stage, OFFICE, 1).pop().unwrap().1;
    assert!(!answer.contains("may cost"), "no job is here: {answer}");
    stage.end().await;
}

#[tokio::test]
async fn no_more_are_made_on_a_day_than_may_start_and_the_others_follow() {
    let names: Vec<String> = (0..12).map(|nth| format!("oil-{nth:02}")).collect();
    let more: String = names.iter().map(|name| routine(name, DAILY)).collect();
    let stage = stage(|config| config.with("dispatch.starts_per_day", 5).and(&more)).await;
    stage.pass(2 * HOUR, 10 * MINUTE).await;
    assert_eq!(dates(&stage).await.len(), 5);
    stage.pass(9 * HOUR, HOUR).await;
    assert_eq!(dates(&stage).await.len(), 10, "it is another day");
    let made = stage.app.timmy.read(all).await;
    let mut made: Vec<&str> =
        made.iter().map(|record| record.job.spec.routine().unwrap().routine.as_str()).collect();
    made.sort_unstable();
    assert_eq!(made, names.iter().take(10).collect::<Vec<_>>());
    stage.end().await;
}

#[tokio::test]
async fn a_hundred_are_due_at_one_moment() {
    let more: String = (0..100).map(|nth| routine(&format!("oil-{nth}"), DAILY)).collect();
    let stage = stage(|config| config.with("dispatch.starts_per_day", 1000).and(&more)).await;
    stage.pass(HOUR + 2 * MINUTE, MINUTE).await;
    assert_eq!(dates(&stage).await.len(), 100);
    assert_eq!(stage.ezra.script().sent.len(), 1, "ezra takes one at a time");
    stage.end().await;
}

/// alexander pauses everything, or lets it go on.
async fn paused(stage: &Stage, is_paused: bool) {
    let by = Account { id: 1, login: "alexander".to_owned() };
    let change = match is_paused {
        true => {
            ControlChange::Pause(Pause { part: PauseScope::All, by, since: stage.app.clock.now() })
        }
        false => ControlChange::Resume(PauseScope::All),
    };
    stage.app.timmy.write(move |tx| controls::apply(tx, &change)).await;
}

#[tokio::test]
async fn a_pause_puts_it_off_and_it_runs_once_when_that_is_over() {
    let stage = daily().await;
    paused(&stage, true).await;
    stage.pass(2 * DAY, HOUR).await;
    assert_eq!(dates(&stage).await, [""; 0]);
    paused(&stage, false).await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(dates(&stage).await, ["2026-11-24T14:00:00Z"]);
    stage.end().await;
}

#[tokio::test]
async fn with_mode_off_and_where_the_repository_wants_none_nothing_starts() {
    let off = |config: Config| config.with("dispatch.mode", "off").and(&routine("oil", DAILY));
    let central = stage(off).await;
    central.pass(2 * DAY, HOUR).await;
    assert_eq!(dates(&central).await, [""; 0]);
    central.end().await;
    for (mode, expected) in [("off", 0), ("suggest", 1)] {
        let furnish = |sandbox: &Sandbox| {
            let policy = format!("mode = \"{mode}\"\n");
            let policy = [(".timmy.toml", policy.as_str())];
            sandbox.commit("anna", DOOR, "main", &policy, "Say how far").unwrap();
            protect(sandbox, DOOR);
        };
        let more = routine("oil", DAILY);
        let stage = stage_with(&Tokens::new(), furnish, |config| config.and(&more)).await;
        stage.pass(HOUR + 2 * MINUTE, MINUTE).await;
        assert_eq!(stage.ezra.script().sent.len(), expected, "{mode}");
        assert_eq!(dates(&stage).await.len(), expected, "{mode}");
        stage.end().await;
    }
}

#[tokio::test]
async fn who_may_push_to_the_default_branch_does_not_begin_unasked() {
    let more = routine("oil", DAILY);
    let stage = stage_with(&Tokens::new(), |_| {}, |config| config.and(&more)).await;
    stage.pass(2 * HOUR, 10 * MINUTE).await;
    assert_eq!(stage.kind(JobId(1)).await, StateKind::Queued);
    let waits = stage.app.timmy.read(|conn| jobs::waits_for(conn, JobId(1))).await.unwrap();
    assert!(waits.contains("protect that branch"), "{waits}");
    protect(&stage.app.sandbox, DOOR);
    stage.pass(15 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(JobId(1)).await, StateKind::Running);
    stage.end().await;
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_told_once_and_waited_for() {
    let more = routine("oil", DAILY).replace(DOOR, "foundation/window");
    let door = |sandbox: &Sandbox| protect(sandbox, DOOR);
    let stage = stage_with(&Tokens::new(), door, |config| config.and(&more)).await;
    stage.pass(2 * HOUR, 10 * MINUTE).await;
    assert_eq!(dates(&stage).await, [""; 0]);
    let noted = stage.app.timmy.read(incidents::all).await;
    let unplaced = Incident::RoutineUnplaced { name: "oil".to_owned() };
    assert!(noted.iter().any(|open| open.incident == unplaced), "{noted:?}");
    add_repo(&stage.app.sandbox, "foundation/window", &["timmy", "ezra", "bezalel"]);
    stage.pass(2 * HOUR, 10 * MINUTE).await;
    assert_eq!(dates(&stage).await, ["2026-11-23T14:00:00Z"]);
    let noted = stage.app.timmy.read(incidents::all).await;
    assert!(noted.iter().all(|open| open.incident != unplaced), "{noted:?}");
    stage.end().await;
}

#[tokio::test]
async fn that_its_repository_is_archived_is_told_as_that() {
    let stage = daily().await;
    stage.app.sandbox.archive(DOOR, true).unwrap();
    stage.pass(2 * HOUR, 10 * MINUTE).await;
    let noted = stage.app.timmy.noted().await;
    assert!(noted.contains("its repository is archived"), "{noted}");
    stage.end().await;
}

/// The order of which a job was made.
pub fn again(made: &Job) -> NewJob {
    let spec = made.spec.clone();
    NewJob {
        thread: spec.thread,
        purpose: spec.purpose,
        role: spec.role,
        origin: spec.origin,
        agent: made.past.agent.clone(),
        limits: spec.limits,
        budget: None,
        adopts: None,
        claims_by_card: false,
        crew: None,
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_no_second_job() {
    let stage = daily().await;
    let job = begins(&stage).await;
    let made = stage.job(job).await;
    let run = made.spec.routine().unwrap().clone();
    let (new, now) = (again(&made), run.due.before(2 * HOUR));
    let calendar = stage.app.timmy.read(routines::all).await["oil"].state.calendar.clone();
    let day_began = run.due.before(DAY);
    let start = RoutineStart { calendar, new, starts_per_day: 10, day_began, left: None };
    let begin = move |tx: &Transaction<'_>| jobs::begin_routine(tx, &start, &run, now);
    assert_eq!(stage.app.timmy.write(begin).await, RoutineEnd::Settled);
    stage.end().await;
}

#[tokio::test]
async fn a_crash_at_any_moment_makes_one_job_of_a_date() {
    let tokens = Tokens::new();
    let door = |sandbox: &Sandbox| protect(sandbox, DOOR);
    let more = routine("oil", DAILY);
    let mut stage = stage_with(&tokens, door, |config| config.and(&more)).await;
    stage.pass(58 * MINUTE, MINUTE).await;
    for _ in 0..8 {
        stage.app.clock.advance(30 * SECOND);
        stage.app.timmy.engine().notify();
        stage.app.timmy.kill().await;
        stage.app.timmy.start().await;
    }
    stage.go().await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(dates(&stage).await, ["2026-11-23T14:00:00Z"]);
    assert_eq!(stage.ezra.script().sent.len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn what_people_say_reaches_it_and_a_retry_is_not_beside_another() {
    let stage = daily().await;
    let job = begins(&stage).await;
    stage.cancel(job).await;
    stage.ezra.script().obeys = true;
    stage.pass(DAY, 10 * MINUTE).await;
    assert_eq!(dates(&stage).await.len(), 2);
    stage.tell(JobId(2), JobEvent::Told(ToldText::by("anna", "slowly"))).await;
    let in_the_way = stage.job(job).await;
    let other = stage.app.timmy.read(move |conn| jobs::in_the_way(conn, &in_the_way)).await;
    assert_eq!(other.map(|other| other.job), Some(JobId(2)));
    stage.end().await;
}
