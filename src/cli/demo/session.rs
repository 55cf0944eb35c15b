//! One run of the demo: starts forge and bot, posts the comments, injects the faults.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::cast::{Cast, token_file};
use super::error::DemoError;
use super::fleet::{self, DemoAgents};
use super::guide;
use super::haste::HastyClock;
use super::script::{Expected, ForgeFault, Scene};
use crate::app::{App, AppError, Clocks};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{self, Outside, SecretFile};
use crate::core::effect::marker::key_of;
use crate::core::model::ids::Subject;
use crate::engine::Engine;
use crate::sandbox::backlog::{Backlog, Shape};
use crate::sandbox::model::Model;
use crate::sandbox::page::Rest;
use crate::sandbox::{BranchRule, DeliveryFault, Fault, Matcher, Mode, Options, Sandbox};

pub(super) const REPOSITORY: &str = "foundation/door";
/// Where work starts by itself.
pub(super) const GATE: &str = "foundation/gate";
/// Where the report is written.
pub(super) const REPORTS: &str = "foundation/reports";
const SECRET: &str = "between-the-demo-and-itself";

/// How long the first poll may take: many times what it takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks whether it is over.
const GLANCE: Duration = Duration::from_millis(20);

/// A running forge with a running bot.
pub(super) struct DemoSession {
    pub(super) sandbox: Sandbox,
    pub(super) agents: DemoAgents,
    engine: Arc<Engine>,
    /// Where timmy's own pages are.
    pub(super) own: Option<SocketAddr>,
    thread: i64,
    stop: CancellationToken,
    running: JoinHandle<Result<(), AppError>>,
    folder: TempDir,
    /// What a CrewAI of it speaks to.
    _model: Model,
}

pub(super) struct SceneResult {
    pub(super) reactions: Vec<String>,
    /// timmy's replies, without the hidden markers.
    pub(super) replies: Vec<String>,
}

/// How the issue looks in the end.
pub(super) struct DemoIssue {
    pub(super) labels: Vec<String>,
    pub(super) assignees: Vec<String>,
}

impl DemoSession {
    /// A forge with an organisation, a repository, people and an issue; a bot that listens.
    pub(super) async fn set(cast: &Cast) -> Result<Self, DemoError> {
        let clock = HastyClock::start();
        let options = Options { clock: clock.of_sandbox(), ..Options::default() };
        let sandbox = Sandbox::start(options).await.map_err(DemoError::Sandbox)?;
        let token = sandbox.add_user("timmy");
        for login in ["alexander", "anna", "walt", "rando"] {
            sandbox.add_user(login);
        }
        let folder = folder().map_err(DemoError::Folder)?;
        let tokens = ["ezra", "bezalel", "ci"].map(|login| sandbox.add_user(login));
        // By which timmy knows what their accounts may do.
        for (agent, token) in ["ezra", "bezalel"].iter().zip(&tokens) {
            std::fs::write(token_file(folder.path(), agent), token).map_err(DemoError::Folder)?;
        }
        let agents = DemoAgents::start(tokens).await?;
        sandbox.add_org("foundation", "alexander")?;
        sandbox.add_repo(REPOSITORY, false)?;
        sandbox.add_repo(REPORTS, false)?;
        sandbox.collaborator(REPORTS, "timmy", Mode::Write)?;
        sandbox.add_repo(GATE, false)?;
        for login in ["timmy", "anna", "walt", "ezra", "bezalel", "ci"] {
            sandbox.collaborator(REPOSITORY, login, Mode::Write)?;
            sandbox.collaborator(GATE, login, Mode::Write)?;
        }
        // What the branch carries is expected of whatever is to be merged into it.
        sandbox.set_status("ci", GATE, "main", (fleet::CHECK, "success"))?;
        // Nothing starts by itself where agents could merge it, too.
        sandbox.protect(GATE, "main", &only_verified_by_timmy())?;
        let shape = Shape { repos: 5, issues: 90, seed: 7, now: clock.now() };
        sandbox.fill("workshop", &Backlog::of(shape))?;
        let model = Model::start().await.map_err(DemoError::Model)?;
        let employed = cast.configuration((&agents, &model), folder.path());
        let employed = employed.map_err(DemoError::Folder)?;
        let text = configuration(&employed, sandbox.url(), folder.path());
        let env = |name: &str| match name {
            "TIMMY_GITEA_TOKEN" => Some(token.clone()),
            "TIMMY_WEBHOOK_SECRET" => Some(SECRET.to_owned()),
            "TIMMY_AGENT_EZRA_KEY" | "TIMMY_AGENT_BEZALEL_KEY" => Some(fleet::KEY.to_owned()),
            _ => None,
        };
        let world = Outside { env: &env, secret_file: &|path| SecretFile::open(path) };
        let config = config::parse(&text, Path::new("demo.toml"), world)?.config;
        let clocks = Clocks { engine: Arc::new(clock), client: Arc::new(SystemClock) };
        let bot = App::with(&config, clocks, fleet::drivers(&config)?).await?;
        if let Some(address) = bot.address() {
            let url = format!("http://{address}/webhook");
            sandbox.add_hook("foundation", &url, SECRET, &["issues", "pull_request"])?;
        }
        let own = bot.own_address();
        let (engine, stop) = (bot.engine.clone(), CancellationToken::new());
        let running = tokio::spawn(bot.run(stop.clone()));
        let thread = sandbox.open_issue("anna", REPOSITORY, TITLE, "It is stuck again.")?;
        Ok(Self { sandbox, agents, engine, own, thread, stop, running, folder, _model: model })
    }

    pub(super) fn url(&self) -> &str {
        self.sandbox.url()
    }

    /// Plays one scene: returns when timmy has nothing left to do.
    pub(super) async fn play(&self, scene: &Scene) -> Result<SceneResult, DemoError> {
        let faults = self.sandbox.faults();
        match scene.incident {
            ForgeFault::None => {}
            ForgeFault::FailsAfterPosting => {
                let post =
                    Matcher::method_path("POST", &format!("/issues/{}/comments", self.thread));
                faults.next(post, Fault::ErrorAfter);
            }
            ForgeFault::SendsTwice => faults.next_delivery(DeliveryFault::Twice),
        }
        let comment = self.sandbox.comment(scene.who, REPOSITORY, self.thread, scene.text)?;
        self.rest().await?;
        self.outcome(comment)
    }

    /// Returns when timmy has read the backlog once: before that it knows of no issue that it is open.
    pub(super) async fn first_poll(&self) -> Result<(), DemoError> {
        let polled = async {
            while self.engine.last_poll().is_none() {
                tokio::time::sleep(GLANCE).await;
            }
        };
        let polled = tokio::time::timeout(PATIENCE, polled).await;
        polled.map_err(|_| DemoError::OffScript("timmy never read the backlog".to_owned()))
    }

    /// Returns when timmy has nothing to do right now.
    pub(super) async fn rest(&self) -> Result<(), DemoError> {
        self.sandbox.settle().await;
        self.engine.idle().await.map_err(AppError::Store)?;
        self.sandbox.settle().await;
        Ok(())
    }

    fn outcome(&self, comment: i64) -> Result<SceneResult, DemoError> {
        let reactions = self.sandbox.reactions(Subject::Comment(comment));
        let key = format!("c{comment}");
        let said = self.sandbox.comments(REPOSITORY, self.thread)?;
        let replies = said.iter().filter(|c| key_of(&c.body) == Some(&key));
        let without_marker =
            |body: &str| body.rsplit_once("\n\n<!--").map_or(body, |(text, _)| text).to_owned();
        Ok(SceneResult {
            reactions: reactions.into_iter().map(|(_, reaction)| reaction).collect(),
            replies: replies.map(|c| without_marker(&c.body)).collect(),
        })
    }

    pub(super) fn issue(&self) -> Result<DemoIssue, DemoError> {
        Ok(DemoIssue {
            labels: self.sandbox.labels(REPOSITORY, self.thread)?,
            assignees: self.sandbox.assignees(REPOSITORY, self.thread)?,
        })
    }

    /// Opens the page on `port`, and an issue in which nothing was said yet.
    pub(super) async fn open_page(&self, port: u16) -> Result<SocketAddr, DemoError> {
        self.sandbox.open_issue("anna", REPOSITORY, FRESH.0, FRESH.1)?;
        let engine = self.engine.clone();
        let rest: Rest = Arc::new(move || {
            let engine = engine.clone();
            Box::pin(async move {
                // A ledger that cannot be read ends the bot, which says so.
                let _ = engine.idle().await;
            })
        });
        let home = format!("/{REPOSITORY}/issues/{}", self.thread);
        let opened = self.sandbox.open_page(port, guide::guide(home), rest).await;
        opened.map_err(|source| DemoError::Page { port, source })
    }

    /// Stops the bot gracefully, then the forge.
    pub(super) async fn strike(self) -> Result<(), DemoError> {
        self.stop.cancel();
        if let Ok(ended) = self.running.await {
            ended?;
        }
        drop(self.engine);
        self.sandbox.stop().await;
        drop(self.folder);
        Ok(())
    }
}

pub(super) const TITLE: &str = "The door does not open";

/// Title and text of the issue that is left to whoever opens the page.
const FRESH: (&str, &str) = (
    "The bell rings twice",
    "Every visitor is announced twice.\n\n- [ ] Find out why\n- [ ] Ring once",
);

impl SceneResult {
    /// Whether it went as the script says.
    pub(super) fn check(&self, scene: &Scene) -> Result<(), DemoError> {
        let reactions: Vec<&str> = self.reactions.iter().map(String::as_str).collect();
        let replies: Vec<&str> = self.replies.iter().map(String::as_str).collect();
        let good = match scene.expected {
            Expected::Reply(words) => {
                reactions == ["eyes"] && matches!(replies[..], [reply] if reply.contains(words))
            }
            Expected::Puzzled => reactions == ["confused"] && replies.is_empty(),
            Expected::Silence => reactions.is_empty() && replies.is_empty(),
        };
        if good {
            Ok(())
        } else {
            let Scene { who, text, .. } = scene;
            Err(DemoError::OffScript(format!("{who}: {text:?} got {reactions:?} and {replies:?}")))
        }
    }
}

/// timmy merges, and nobody pushes.
fn only_verified_by_timmy() -> BranchRule {
    BranchRule {
        pushers: Some(Vec::new()),
        mergers: Some(vec!["timmy".to_owned()]),
        checks: vec!["timmy/verify".to_owned()],
        ..BranchRule::default()
    }
}

fn configuration(agents: &str, url: &str, folder: &Path) -> String {
    format!(
        r#"
        [gitea]
        url = "{url}"
        watch = ["foundation", "workshop"]
        requests_per_second = 200

        [webhook]
        listen = "127.0.0.1:0"
        public_url = "http://127.0.0.1/webhook"

        [web]
        listen = "127.0.0.1:0"

        [ledger]
        path = '{}'

        [people]
        owner = "alexander"
        # Named, too: what Gitea sends of a new issue does not prove that its author may write.
        operators = ["writers", "anna", "walt"]
        approvers = ["alexander"]

        {agents}

        [dispatch]
        auto = ["{GATE}"]
        per_repository = 8
        # By a clock that runs fast, on machines that may be slow.
        timeout = {{ start = "1h", silence = "2h", total = "8h" }}

        [guards]
        trusted_reporters = ["ci"]

        [accept]
        on_yes = "merge"

        [report]
        repository = "{REPORTS}"
        at = "00:00"
        "#,
        folder.join("timmy.db").display()
    )
}

/// A folder of its own that vanishes with the demo.
pub(super) fn folder() -> std::io::Result<TempDir> {
    let mut made = tempfile::Builder::new();
    made.prefix("timmy-demo-");
    // An agent may run as somebody else, who has to come through to its copy.
    #[cfg(unix)]
    made.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o711));
    made.tempdir()
}
