//! Guards that run on another host, by its worker: no agent lives there, and no token of the forge.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;
use timmy::core::jobs::{JobId, StateKind};
use timmy::sandbox::Mode;
use timmy::store::{Ledger, jobs};

use super::server::{NAMESPACE, TemporalServer};
use super::workers::stopped;
use crate::bot::tail;
use crate::hands::Hands;
use crate::job_outcomes::{all_jobs, problems};
use crate::stage::{SHORT, Stage};
use crate::support::config::Config;
use crate::support::forge::DOOR;
use crate::support::process::{Process, free_port, timmy};

/// What the host is called on which guards run.
const HOST: &str = "vps-2";

struct GuardStage {
    stage: Stage,
    /// The configuration of the worker, and what it logs.
    config: PathBuf,
    log: PathBuf,
    hands: Hands,
    /// Where the guard says where it runs, and waits.
    marks: PathBuf,
}

impl GuardStage {
    /// A private repository with an issue. `ends`: how the guard ends.
    async fn set(server: &TemporalServer, ends: &str) -> Self {
        let hands = Hands::default();
        let stage = Stage::by(&hands, SHORT, 0).await;
        let sandbox = &stage.sandbox;
        sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
        sandbox.set_private(DOOR, true).unwrap();
        let token = sandbox.add_user("ezra");
        sandbox.collaborator(DOOR, "ezra", Mode::Write).unwrap();
        let home = stage.ledger().parent().unwrap().to_owned();
        // Where all of it is root, others have to come through to what they run.
        std::fs::set_permissions(&home, Permissions::from_mode(0o711)).unwrap();
        let (marks, there) = (home.join("marks"), home.join("worker"));
        for folder in [&marks, &there] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(home.join("ezra.token"), token).unwrap();
        let desk = format!("127.0.0.1:{}", free_port());
        let configured = |config: Config| guarded(config, server, (&marks, ends));
        stage.configure(SHORT.poll, |config| {
            let token = home.join("ezra.token");
            by_ezra(configured(config), &token).with("worker.listen", desk.as_str())
        });
        let (config, log) = (there.join("timmy.toml"), there.join("worker.log"));
        configured(Config::of(stage.sandbox.url()))
            .with("worker.host", HOST)
            .with("worker.url", format!("http://{desk}"))
            .write(&config);
        stage.sandbox.open_issue("walt", DOOR, "The door squeaks", "Oil the hinge.").unwrap();
        Self { stage, config, log, hands, marks }
    }

    fn worker(&self) -> Process {
        let log = File::options().append(true).create(true).open(&self.log).unwrap();
        let mut command = timmy(self.config.parent().unwrap(), "worker --config timmy.toml");
        let command = command.env("TIMMY_GITEA_TOKEN", "not-on-this-host");
        let command = command.env("TIMMY_CLOCK_AHEAD", self.hands.ahead());
        Process(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
    }

    fn may_go_on(&self) {
        std::fs::write(self.marks.join("go"), "").unwrap();
    }

    /// In which folders it ran, once it did so often.
    async fn has_run(&self, times: usize) -> Vec<String> {
        let ran = || {
            let said = std::fs::read_to_string(self.marks.join("ran")).unwrap_or_default();
            said.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let is_enough = async || ran().len() >= times;
        self.stage.until(&format!("{times} runs of the guard"), is_enough).await;
        ran()
    }

    /// What was found of what the first job brought, once it was judged.
    async fn is_judged(&self) -> Vec<String> {
        let mut found = Vec::new();
        let judged = async || {
            let Ok(ledger) = Ledger::open_read_only(self.stage.ledger()) else { return false };
            let attempts = ledger.read(|conn| jobs::attempts(conn, JobId(1))).await;
            let findings = attempts.unwrap_or_default().into_iter().find_map(|one| one.findings);
            found = findings.iter().flatten().map(|found| found.said("timmy/1-j1")).collect();
            findings.is_some()
        };
        self.stage.until("a result that was judged", judged).await;
        found
    }

    fn dump(&self) -> String {
        format!("{}\nthe worker's log:\n{}", self.stage.dump(), tail(&self.log))
    }
}

/// What is the same on both hosts: a guard that says in which folder it runs, and waits until it may go
/// on, or the test is over: then its marks are gone.
fn guarded(config: Config, server: &TemporalServer, (marks, ends): (&Path, &str)) -> Config {
    let marks = marks.display();
    let script = format!(
        "pwd >> {marks}/ran; until [ -e {marks}/go ] || [ ! -d {marks} ]; do sleep 0.05; done; \
         grep -q oil oil.md || exit 7; {ends}"
    );
    let command = json!(["bash", "-c", script]);
    config
        .with("engine.kind", "temporal")
        .with("engine.address", server.address())
        .with("engine.namespace", NAMESPACE)
        .with("guards.host", HOST)
        // What it says has to come out.
        .with("guards.sandbox", "none")
        .and(&format!(
            "[[guards.script]]\nname = \"poka-yoke\"\nkind = \"exit_code\"\ncommand = {command}\n\
             timeout = \"10m\"\n"
        ))
}

/// An agent where timmy is.
fn by_ezra(config: Config, token: &Path) -> Config {
    let script = "echo oil > oil.md; \
                  echo '{\"result\":{\"outcome\":\"pull_request\",\"title\":\"Oil the hinge\",\
                  \"summary\":\"It is silent now.\"}}'";
    config
        .with("dispatch.tick", "1s")
        .with("dispatch.timeout", json!({ "start": "1h", "silence": "6h", "total": "12h" }))
        .agent("ezra", ["coder"])
        .its("kind", "command")
        .its("command", ["bash", "-c", script])
        .its("sandbox", "none")
        .its("token_file", token.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_that_was_lost_with_its_worker_runs_again() {
    let Some(server) = TemporalServer::start().await else { return };
    let set = GuardStage::set(&server, "true").await;
    let worker = set.worker();
    let mut bot = set.stage.bot().await;
    bot.first_poll().await;
    let comment = set.stage.sandbox.comment("walt", DOOR, 1, "/timmy assign ezra").unwrap();
    set.has_run(1).await;
    // SIGKILL.
    drop(worker);
    let worker = set.worker();
    let ran = set.has_run(2).await;
    let there = set.config.parent().unwrap().join("worker-runs").canonicalize().unwrap();
    let is_there = |folder: &String| Path::new(folder).starts_with(&there);
    assert!(ran.iter().all(is_there), "{ran:?}\n{}", set.dump());
    set.may_go_on();
    let ended = async || {
        let Ok(ledger) = Ledger::open_read_only(set.stage.ledger()) else { return false };
        let ended = ledger.read(|conn| jobs::ended_ids(conn, 1000)).await;
        ended.is_ok_and(|ended| ended.len() == 1)
    };
    set.stage.until("a job that has ended", ended).await;
    set.stage.idle().await;
    assert_eq!(stopped(worker).await, Some(0), "{}", set.dump());
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", set.dump());
    let mut problems = problems(&set.stage, DOOR, &[(1, comment)]).await;
    problems.extend(set.stage.problems_in_ledger().await);
    let all = all_jobs(&set.stage).await;
    let [(job, attempts)] = &all[..] else { panic!("{all:?}\n{}", set.dump()) };
    // Nobody is blamed for what was lost.
    if job.state.kind() != StateKind::Done || attempts.len() != 1 {
        problems.push(format!("{job:?}\n{attempts:?}"));
    }
    assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), set.dump());
    let left: Vec<_> = std::fs::read_dir(there).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guard_finds_there_is_told_here() {
    let Some(server) = TemporalServer::start().await else { return };
    let set = GuardStage::set(&server, "echo no hinge; exit 1").await;
    set.may_go_on();
    let worker = set.worker();
    let mut bot = set.stage.bot().await;
    bot.first_poll().await;
    set.stage.sandbox.comment("walt", DOOR, 1, "/timmy assign ezra").unwrap();
    let found = set.is_judged().await;
    let said = "It ended with 1. The last that it printed: `no hinge`";
    assert!(found.iter().any(|found| found.contains(said)), "{found:?}\n{}", set.dump());
    assert_eq!(stopped(worker).await, Some(0), "{}", set.dump());
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", set.dump());
}
