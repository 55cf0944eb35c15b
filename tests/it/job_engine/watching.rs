//! An agent that watches the forge itself: it is called there, and what it does there is all that is
//! seen of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use timmy::agents::{Agent, ForgeAgent, ForgeAgentOptions};
use timmy::core::jobs::{Job, StateKind};
use timmy::core::model::ids::ThreadId;
use timmy::engine::JobDrivers;
use timmy::sandbox::{Mode, ReviewState, Sandbox};
use timmy::store::{jobs, repos};

use crate::support::app::App;
use crate::support::clock::{HOUR, MINUTE};
use crate::support::config::Config;
use crate::support::forge::{DOOR, client, found};

/// The branch of the first job, for the first issue.
const BRANCH: &str = "timmy/1-j1";

/// An issue, and ezra, who watches the forge.
async fn stage_where(roles: [&str; 1], change: impl FnOnce(Config) -> Config) -> App {
    let given = RefCell::new(String::new());
    let furnish = |sandbox: &Sandbox| {
        let token = found(sandbox, "foundation", &[DOOR]);
        given.replace(token.clone());
        for login in ["anna", "ezra"] {
            sandbox.add_user(login);
            sandbox.collaborator(DOOR, login, Mode::Write).unwrap();
        }
        sandbox.open_issue("anna", DOOR, "The door squeaks", "Oil `oil.md`.").unwrap();
        token
    };
    let watches = |config: Config| change(config.agent("ezra", roles).its("kind", "forge"));
    let mut app = App::asleep(furnish, watches).await;
    let forge = Arc::new(client(&app.sandbox, &given.into_inner()));
    let options =
        ForgeAgentOptions { account: "ezra".to_owned(), forge, clock: Arc::new(app.clock.clone()) };
    let ezra: Arc<dyn Agent> = Arc::new(ForgeAgent::new(options));
    let agents = BTreeMap::from([("ezra".to_owned(), ezra)]);
    app.timmy.drivers = JobDrivers { agents, ..JobDrivers::default() };
    app.clock.advance(HOUR);
    app.wake().await;
    app
}

async fn stage() -> App {
    stage_where(["coder"], |config| config).await
}

impl App {
    async fn job_of(&self, number: i64) -> Job {
        let read = move |conn: &timmy::store::Connection| {
            let repo = repos::all(conn)?.into_iter().find(|repo| repo.name.to_string() == DOOR);
            let thread = ThreadId { repo: repo.expect("the door").id, number };
            let id = jobs::latest_in(conn, thread)?.expect("a job");
            Ok(jobs::get(conn, id)?.expect("the job").job)
        };
        self.timmy.read(read).await
    }

    async fn stands(&self) -> StateKind {
        self.job_of(1).await.state.kind()
    }

    async fn pass(&self, span: Duration) {
        let mut passed = Duration::ZERO;
        while passed < span {
            self.wait(MINUTE / 2).await;
            passed += MINUTE / 2;
        }
    }

    /// What ezra was called for.
    fn orders(&self) -> Vec<String> {
        let all = self.sandbox.comments(DOOR, 1).unwrap();
        let own = all.into_iter().filter(|said| said.author == "timmy");
        own.map(|said| said.body).filter(|body| body.starts_with("@ezra, ")).collect()
    }

    /// anna gives it to ezra in the forge's own page.
    async fn begins(&self) {
        self.sandbox.assign("anna", DOOR, 1, &["ezra"]).unwrap();
        self.pass(3 * MINUTE).await;
        assert_eq!(self.stands().await, StateKind::Running);
    }

    fn assigned(&self) -> Vec<String> {
        self.sandbox.assignees(DOOR, 1).unwrap()
    }
}

#[tokio::test]
async fn it_is_called_once_and_its_pull_request_is_the_result() {
    let mut app = stage().await;
    app.sandbox.comment("anna", DOOR, 1, "/timmy assign ezra").unwrap();
    app.pass(3 * MINUTE).await;
    assert_eq!(app.stands().await, StateKind::Running);
    assert_eq!(app.assigned(), ["ezra"]);
    let orders = app.orders();
    assert_eq!(orders.len(), 1, "{orders:?}");
    assert!(orders[0].contains("push to `timmy/1-j1`, begun at"), "{}", orders[0]);
    assert!(orders[0].contains("timmy-result:"), "the order in full: {}", orders[0]);
    // Where it stands, the forge shows: whoever begins again finds it there.
    app.timmy.stop().await;
    app.wake().await;
    app.pass(2 * MINUTE).await;
    assert_eq!((app.stands().await, app.orders().len()), (StateKind::Running, 1));
    app.sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    app.pass(3 * MINUTE).await;
    assert_eq!(app.stands().await, StateKind::Running, "nobody asks to merge it yet");
    app.sandbox.open_pull("ezra", DOOR, "Oil it", "For #1.", BRANCH).unwrap();
    app.pass(5 * MINUTE).await;
    assert_eq!(app.stands().await, StateKind::Done);
    assert_eq!(app.orders().len(), 1);
    app.timmy.stop().await;
}

#[tokio::test]
async fn a_round_of_repair_calls_it_again_and_begins_at_what_is_there() {
    let mut app = stage_where(["coder"], |config| config.with("accept.on_yes", "review")).await;
    app.begins().await;
    app.sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "oil")], "Oil it").unwrap();
    let pull = app.sandbox.open_pull("ezra", DOOR, "Oil it", "For #1.", BRANCH).unwrap();
    app.pass(5 * MINUTE).await;
    assert_eq!(app.stands().await, StateKind::Deciding);
    let asks = ReviewState::RequestChanges;
    app.sandbox.review("alexander", DOOR, pull, asks, "less oil", &[]).unwrap();
    app.pass(6 * MINUTE).await;
    let orders = app.orders();
    assert_eq!((app.stands().await, orders.len()), (StateKind::Running, 2), "{orders:?}");
    assert!(orders[1].contains("is yours to go on with"), "{}", orders[1]);
    assert!(orders[1].contains("less oil"), "{}", orders[1]);
    app.pass(5 * MINUTE).await;
    assert_eq!(app.stands().await, StateKind::Running, "what stood there is no answer");
    app.sandbox.commit("ezra", DOOR, BRANCH, &[("oil.md", "less")], "Less").unwrap();
    app.pass(5 * MINUTE).await;
    assert_eq!((app.stands().await, app.orders().len()), (StateKind::Deciding, 2));
    app.timmy.stop().await;
}

#[tokio::test]
async fn to_assign_it_in_the_page_calls_it_and_to_take_it_off_is_the_cancel() {
    let mut app = stage().await;
    app.begins().await;
    assert_eq!((app.orders().len(), app.assigned()), (1, vec!["ezra".to_owned()]));
    app.sandbox.assign("anna", DOOR, 1, &[]).unwrap();
    app.pass(4 * MINUTE).await;
    assert_eq!(app.stands().await, StateKind::Cancelled);
    app.pass(10 * MINUTE).await;
    assert_eq!((app.orders().len(), app.assigned()), (1, vec![]), "it is called no more");
    app.timmy.stop().await;
}

#[tokio::test]
async fn to_cancel_takes_its_account_off() {
    let mut app = stage().await;
    app.begins().await;
    app.sandbox.comment("anna", DOOR, 1, "/timmy cancel").unwrap();
    app.pass(4 * MINUTE).await;
    assert_eq!(app.stands().await, StateKind::Cancelled);
    assert_eq!(app.assigned(), [""; 0]);
    app.timmy.stop().await;
}

#[tokio::test]
async fn only_its_whole_time_counts() {
    let mut app = stage_where(["coder"], |config| config.with("dispatch.attempts", 1)).await;
    app.begins().await;
    for _ in 0..7 {
        app.wait(HOUR / 2).await;
        app.pass(MINUTE).await;
    }
    assert_eq!(app.stands().await, StateKind::Running, "it may be silent");
    app.wait(HOUR / 2).await;
    app.pass(10 * MINUTE).await;
    assert_eq!((app.stands().await, app.assigned()), (StateKind::Dead, vec![]));
    app.timmy.stop().await;
}

#[tokio::test]
async fn what_it_says_in_the_end_counts_as_it_does_of_others() {
    let mut app = stage_where(["researcher"], |config| config).await;
    app.begins().await;
    let said =
        "It is the hinge.\n\ntimmy-result: {\"outcome\":\"comment\",\"summary\":\"The hinge.\"}";
    app.sandbox.comment("ezra", DOOR, 1, said).unwrap();
    app.pass(4 * MINUTE).await;
    let state = app.stands().await;
    assert!(matches!(state, StateKind::Deciding | StateKind::Done), "{state:?}");
    app.timmy.stop().await;
}
