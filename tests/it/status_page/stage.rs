//! A timmy with something of everything that the page shows.

use std::net::SocketAddr;

use serde_json::json;
use timmy::agents::{FailureKind, Sighting};
use timmy::clock::Clock as _;
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{JobId, JobLimits, NewJob, Origin, Purpose};
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::incident::Incident;
use timmy::page::{self, PageState};
use timmy::sandbox::{Mode, Sandbox};
use timmy::store::outbox::{self, NewEffect, Pushed};
use timmy::store::{backlog, incidents};
use tokio::task::JoinHandle;

use crate::job_engine::decisions::delivered;
use crate::job_engine::scripted::ended;
use crate::job_engine::stage::{Stage, live};
use crate::page::http::{self, Answer};
use crate::status_page::html::Html;
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

/// A repository that few may read.
pub(crate) const VAULT: &str = "foundation/vault";

/// What somebody calls an issue who wants to do something to the page.
pub(crate) const HOSTILE: &str =
    "<script>alert(1)</script>\"><img src=x onerror=alert(1)> ' & \u{202e}enod";

/// What an agent says who wants the same.
pub(crate) const SAID: &str = "</pre></details><script>alert(2)</script> \u{1b}[2J &amp; done";

/// An issue that says enough to be handed out.
pub(crate) const READY: &str = "The lock turns with one finger";

/// The same in two more places.
const REASON: &str = "403: <b>the thread</b> is locked";
const TROUBLE: &str = "It has no commit: <i>push</i> one";

pub(crate) struct Site {
    pub(crate) stage: Stage,
    /// Where the page listens to this machine.
    pub(crate) address: SocketAddr,
    /// The job that delivered, that says what nobody understands, that was given up, that works in the
    /// vault.
    pub(crate) delivered: JobId,
    pub(crate) claimed: JobId,
    pub(crate) dead: JobId,
    pub(crate) hidden: JobId,
    /// The pull request that was delivered.
    pub(crate) pull: i64,
}

/// A question waits in the first issue, the second was claimed to be done, the third given up; bezalel
/// works on one with a hostile title, and in the vault.
pub(crate) async fn site() -> Site {
    let furnish = |sandbox: &Sandbox| {
        sandbox.open_issue("alexander", DOOR, HOSTILE, "It squeaks.").unwrap();
        sandbox.open_issue("alexander", DOOR, READY, &format!("{READY}. ").repeat(3)).unwrap();
        sandbox.add_repo(VAULT, true).unwrap();
        for login in ["timmy", "anna", "ezra", "bezalel"] {
            sandbox.collaborator(VAULT, login, Mode::Write).unwrap();
        }
        for title in ["The vault's code", "The vault's hinge"] {
            sandbox.open_issue("alexander", VAULT, title, "It is known.").unwrap();
        }
    };
    let stage = live(furnish, |config| {
        config.with("accept.on_yes", "merge").with("web.listen", "127.0.0.1:0")
    });
    let stage = stage.await;
    let (first, pull) = delivered(&stage).await;
    let dead = dead(&stage).await;
    let claimed = stage.assign(2, Some("ezra")).await;
    stage.ezra.goes(ended(SAID));
    stage.follow().await;
    stage.assign(9, Some("bezalel")).await;
    let vault = vault(&stage).await;
    let hidden = stage.create(in_vault(vault)).await;
    let sandbox = &stage.app.sandbox;
    sandbox.comment("alexander", DOOR, 4, "/timmy ping").unwrap();
    sandbox.comment("alexander", VAULT, 2, "/timmy ping").unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    trouble(&stage, vault).await;
    let address = stage.app.timmy.own_address();
    Site { stage, address, delivered: first, claimed, dead, hidden, pull }
}

/// ezra does not understand what is asked in the third issue.
async fn dead(stage: &Stage) -> JobId {
    stage.ezra.script().plan.push_back(Sighting::Failed {
        kind: FailureKind::BadRequest,
        reason: "400: <b>no</b>".to_owned(),
        usage: Usage::NONE,
    });
    let job = stage.assign(3, Some("ezra")).await;
    stage.follow().await;
    job
}

async fn vault(stage: &Stage) -> RepoId {
    let tracked = stage.app.timmy.read(backlog::tracked).await;
    tracked.into_iter().find(|repo| repo.name.to_string() == VAULT).expect("the vault").id
}

fn in_vault(repo: RepoId) -> NewJob {
    NewJob {
        adopts: None,
        claims_by_card: false,
        crew: None,
        thread: ThreadId { repo, number: 1 }.into(),
        purpose: Purpose::Code,
        role: "coder".to_owned(),
        origin: Origin::Person("alexander".to_owned()),
        agent: Some("bezalel".to_owned()),
        limits: JobLimits::default(),
        budget: None,
    }
}

/// In both repositories something is wrong, and a write was given up.
async fn trouble(stage: &Stage, vault: RepoId) {
    let (door, now) = (stage.repo().await, stage.app.clock.now());
    let write = stage.app.timmy.write(move |tx| {
        for (repo, name) in [(door, DOOR), (vault, VAULT)] {
            incidents::note(tx, &Incident::NoDefaultBranch { repo }, Some(name), TROUBLE, now)?;
            let thread = ThreadId { repo, number: 2 };
            let effect = NewEffect::new(format!("dead-{}", repo.0), thread, &json!({}), now)?;
            let Pushed::New(seq) = outbox::push(tx, &effect, now)? else { panic!("it is there") };
            outbox::die(tx, seq, REASON, now)?;
        }
        let elsewhere = Incident::CannotRead { what: VAULT.to_owned() };
        let text = format!("{VAULT} cannot be read");
        incidents::note(tx, &elsewhere, Some(VAULT), &text, now)
    });
    write.await;
}

impl Site {
    pub(crate) async fn answer(&self, path: &str) -> Answer {
        request(self.address, "GET", path, Vec::new()).await
    }

    /// A page, as it is understood by whoever knows HTML.
    pub(crate) async fn page(&self, path: &str) -> Html {
        let answer = self.answer(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        Html::read(&answer.body)
    }

    /// The same page on a listener that can be reached from outside.
    pub(crate) async fn outside(&self) -> Beside {
        Beside::outside(&self.stage).await
    }
}

/// A page on one more listener.
pub(crate) struct Beside {
    pub(crate) address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Beside {
    /// One of which the configuration says that it can be reached from outside.
    pub(crate) async fn outside(stage: &Stage) -> Self {
        let configured = "192.0.2.7:8788".parse().unwrap();
        Self::serve(PageState::new(stage.app.timmy.shared_engine(), configured)).await
    }

    pub(crate) async fn serve(state: PageState) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = axum::serve(listener, page::routes(state)).into_future();
        Self { address, serving: tokio::spawn(async { serving.await.unwrap() }) }
    }

    pub(crate) async fn answer(&self, path: &str) -> Answer {
        request(self.address, "GET", path, Vec::new()).await
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A page of this timmy, on the listener of its own machine.
pub(crate) async fn page_of(stage: &Stage, path: &str) -> Html {
    let answer = request(stage.app.timmy.own_address(), "GET", path, Vec::new()).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    let page = Html::read(&answer.body);
    page.assert_accessible();
    page
}

/// Asks while the rest of the test goes on.
pub(crate) async fn request(
    address: SocketAddr,
    method: &'static str,
    path: &str,
    headers: Vec<(&'static str, &'static str)>,
) -> Answer {
    let path = path.to_owned();
    let asking = move || http::request(address, method, &path, &headers, "");
    tokio::task::spawn_blocking(asking).await.unwrap()
}
