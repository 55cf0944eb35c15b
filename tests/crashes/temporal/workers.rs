//! Agents that a worker drives on their host: it dials out, fetches what is asked with tickets, and may
//! be killed at any moment.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use timmy::core::jobs::{JobId, StateKind};
use timmy::store::{Ledger, jobs};

use super::server::{NAMESPACE, TemporalServer};
use crate::bot::{Bot, tail};
use crate::hands::Hands;
use crate::job_fleet::JobFleet;
use crate::job_outcomes::{all_jobs, problems};
use crate::stage::{SHORT, Stage};
use crate::support::config::Config;
use crate::support::forge::DOOR;
use crate::support::process::{PATIENCE, Process, Run, a_moment, free_port, timmy, until};

/// What the host of all agents is called.
const HOST: &str = "mac";

/// How often timmy is killed at most, until something was under way.
const MOST_KILLS: usize = 10;

pub struct WorkerStage {
    pub stage: Stage,
    pub fleet: JobFleet,
    /// Where timmy waits for workers.
    pub desk: String,
    /// The clock that all of it shares.
    hands: Hands,
    /// The configuration of the worker.
    config: PathBuf,
    log: PathBuf,
}

impl WorkerStage {
    /// Agents that timmy cannot drive by itself, and so many issues.
    pub async fn set(server: &TemporalServer, issues: i64) -> Self {
        Self::by(&Hands::default(), server, issues).await
    }

    /// The same, with a clock that all of it shares.
    pub async fn by(hands: &Hands, server: &TemporalServer, issues: i64) -> Self {
        let stage = Stage::by(hands, SHORT, 0).await;
        stage.sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
        let fleet = JobFleet::start(&stage.sandbox, DOOR, &hands.clock()).await;
        let desk = format!("127.0.0.1:{}", free_port());
        let configured = |config: Config| {
            fleet
                .configure_on(config, Some(HOST))
                .with("engine.kind", "temporal")
                .with("engine.address", server.address())
                .with("engine.namespace", NAMESPACE)
                .with("worker.listen", desk.as_str())
        };
        stage.configure(SHORT.poll, configured);
        let folder = stage.ledger().parent().unwrap().join("worker");
        std::fs::create_dir_all(&folder).unwrap();
        let (config, log) = (folder.join("timmy.toml"), folder.join("worker.log"));
        for number in 1..=issues {
            let title = format!("Door {number} squeaks");
            stage.sandbox.open_issue("walt", DOOR, &title, "Oil the hinge.").unwrap();
        }
        let set = Self { stage, fleet, desk, hands: hands.clone(), config, log };
        set.lead_worker(&server.address(), &set.desk);
        set
    }

    /// The worker finds Temporal and timmy there.
    pub fn lead_worker(&self, server: &str, desk: &str) {
        self.fleet
            .configure_on(Config::of(self.stage.sandbox.url()), Some(HOST))
            .with("engine.kind", "temporal")
            .with("engine.address", server)
            .with("engine.namespace", NAMESPACE)
            .with("worker.url", format!("http://{desk}"))
            .with("worker.host", HOST)
            // One that timmy does not know: nobody ever calls it.
            .agent("stranger", ["coder"])
            .its("kind", "hermes")
            .its("url", "http://127.0.0.1:1")
            .its("host", HOST)
            .write(&self.config);
    }

    pub fn worker(&self) -> Worker {
        self.worker_with(&[])
    }

    /// A worker with more in its environment.
    pub fn worker_with(&self, more: &[(&str, &str)]) -> Worker {
        let log = File::options().append(true).create(true).open(&self.log).unwrap();
        let log_before = log.metadata().unwrap().len();
        let mut command = timmy(self.config.parent().unwrap(), "worker --config timmy.toml");
        let child = command
            .envs(JobFleet::environment())
            .env("TIMMY_AGENT_STRANGER_KEY", "a-key")
            .env("TIMMY_CLOCK_AHEAD", self.hands.ahead())
            .envs(more.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Worker { process: Process(child), log: self.log.clone(), log_before }
    }

    pub fn assign(&self, issue: i64, who: &str) -> (i64, i64) {
        let text = format!("/timmy assign {who}");
        (issue, self.stage.sandbox.comment("walt", DOOR, issue, &text).unwrap())
    }

    pub async fn has_ended(&self, jobs: usize) -> bool {
        let Ok(ledger) = Ledger::open_read_only(self.stage.ledger()) else { return false };
        let ended = ledger.read(|conn| jobs::ended_ids(conn, 1000)).await;
        ended.is_ok_and(|ended| ended.len() == jobs)
    }

    /// Whether something was asked of an agent, or may have been, and is not over.
    async fn is_under_way(&self) -> bool {
        let Ok(ledger) = Ledger::open_read_only(self.stage.ledger()) else { return false };
        let found = ledger.read(|conn| {
            for lease in jobs::leases(conn)? {
                let attempt = jobs::attempt(conn, lease.fence())?;
                if attempt.is_some_and(|attempt| attempt.request.is_some()) {
                    return Ok(true);
                }
            }
            Ok(false)
        });
        found.await.unwrap_or(false)
    }

    /// Kills timmy while something is under way. That may be over in this very moment: then one more issue
    /// is given away, and it is killed again.
    async fn kill_in_mid_work(&self, mut bot: Bot, asked: &mut Vec<(i64, i64)>) {
        for _ in 0..MOST_KILLS {
            bot.kill().await;
            // Nothing moves in the ledger now.
            if self.is_under_way().await {
                return;
            }
            bot = self.stage.bot().await;
            let issue = self.stage.sandbox.open_issue("walt", DOOR, "One more", "Oil the hinge.");
            asked.push(self.assign(issue.unwrap(), "ezra"));
            self.stage.until("something under way", async || self.is_under_way().await).await;
        }
        panic!("it was killed for nothing\n{}", self.dump());
    }

    /// What is kept of what the agent of the first job said and did, once it is.
    async fn transcript(&self) -> String {
        transcript(&self.stage, || self.dump()).await
    }

    pub async fn look(&self, asked: &[(i64, i64)]) {
        let mut problems = problems(&self.stage, DOOR, asked).await;
        problems.extend(self.fleet.problems());
        problems.extend(self.stage.problems_in_ledger().await);
        for (job, _) in all_jobs(&self.stage).await {
            if job.state.kind() != StateKind::Done {
                problems.push(format!("not done: {job:?}"));
            }
        }
        assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), self.dump());
    }

    /// The end of what the worker said.
    pub fn told(&self) -> String {
        tail(&self.log)
    }

    pub fn dump(&self) -> String {
        format!("{}\nthe worker's log:\n{}", self.stage.dump(), tail(&self.log))
    }
}

/// What is kept of what the agent of the first job said and did: it is fetched when that has ended.
pub async fn transcript(stage: &Stage, dump: impl Fn() -> String) -> String {
    let begun = Instant::now();
    loop {
        let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
        let logs = ledger.read(|conn| jobs::attempt_logs(conn, JobId(1))).await.unwrap();
        if let Some(kept) = logs.into_iter().find_map(|log| log.transcript) {
            return kept;
        }
        assert!(begun.elapsed() < PATIENCE, "no transcript\n{}", dump());
        a_moment().await;
    }
}

pub struct Worker {
    process: Process,
    log: PathBuf,
    /// How long the log was when it started.
    log_before: u64,
}

impl Worker {
    /// SIGKILL.
    pub fn kill(self) {
        drop(self.process);
    }

    /// SIGTERM, once it hears of signals: it serves, or has said why it cannot. Its exit code.
    pub async fn stop(mut self) -> Option<i32> {
        until("a worker hears of signals", async || {
            self.process.0.try_wait().unwrap().is_some() || self.hears()
        })
        .await;
        stopped(self.process).await
    }

    /// Whether it has said that it serves, or why it does not.
    fn hears(&self) -> bool {
        let mut log = File::open(&self.log).unwrap();
        log.seek(SeekFrom::Start(self.log_before)).unwrap();
        let mut said = Vec::new();
        log.read_to_end(&mut said).unwrap();
        let said = String::from_utf8_lossy(&said);
        said.contains("serving") || said.contains("nothing can be served")
    }
}

/// SIGTERM; its exit code.
pub async fn stopped(mut process: Process) -> Option<i32> {
    let pid = process.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut ended = None;
    until("a worker that was told to stop has ended", async || {
        ended = process.0.try_wait().unwrap();
        ended.is_some()
    })
    .await;
    ended.unwrap().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_drives_an_agent_on_its_host() {
    let Some(server) = TemporalServer::start().await else { return };
    let hands = Hands::default();
    let set = WorkerStage::by(&hands, &server, 1).await;
    // Its clock is an hour ahead of all others.
    let later = hands.later(60 * 60).ahead();
    let worker = set.worker_with(&[("TIMMY_CLOCK_AHEAD", &later)]);
    let mut bot = set.stage.bot().await;
    bot.first_poll().await;
    let asked = [set.assign(1, "ezra")];
    set.stage.until("a job that ended", async || set.has_ended(1).await).await;
    set.stage.idle().await;
    assert!(!set.transcript().await.is_empty(), "{}", set.dump());
    assert_eq!(worker.stop().await, Some(0), "{}", set.dump());
    server.keep_histories("worker").await;
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", set.dump());
    set.look(&asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn worker_timmy_and_server_may_be_killed_in_mid_work() {
    let Some(mut server) = TemporalServer::start().await else { return };
    let set = WorkerStage::set(&server, 6).await;
    let mut worker = set.worker();
    let mut bot = set.stage.bot().await;
    bot.first_poll().await;
    let mut asked = Vec::new();
    for who in 0..3 {
        for (issue, agent) in (who * 2 + 1..).zip(["ezra", "bezalel"]) {
            asked.push(set.assign(issue, agent));
        }
        set.stage.until("something under way", async || set.is_under_way().await).await;
        match who {
            0 => {
                worker.kill();
                worker = set.worker();
            }
            1 => {
                set.kill_in_mid_work(bot, &mut asked).await;
                bot = set.stage.bot().await;
            }
            _ => server.restart().await,
        }
    }
    set.stage.until("all jobs ended", async || set.has_ended(asked.len()).await).await;
    set.stage.idle().await;
    assert_eq!(worker.stop().await, Some(0), "{}", set.dump());
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", set.dump());
    set.look(&asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_says_what_it_lacks() {
    let Some(server) = TemporalServer::start().await else { return };
    let set = WorkerStage::set(&server, 0).await;
    let folder = set.config.parent().unwrap();
    let run = |words: &str| {
        let mut command = timmy(folder, words);
        command.envs(JobFleet::environment());
        command.env("TIMMY_AGENT_STRANGER_KEY", "a-key");
        Run::of(&mut command)
    };
    let nobody = run("worker --config timmy.toml --host moon");
    assert!(nobody.code == 2 && nobody.err.contains("host = \"moon\""), "{}", nobody.err);
    // Below a file no folder can be made.
    let nowhere = run("worker --config timmy.toml --folder timmy.toml");
    assert!(nowhere.code == 1 && nowhere.err.contains("by --folder"), "{}", nowhere.err);
    let text = std::fs::read_to_string(&set.config).unwrap();
    std::fs::write(folder.join("embedded.toml"), text.replace("\"temporal\"", "\"embedded\""))
        .unwrap();
    let embedded = run("worker --config embedded.toml");
    assert!(embedded.code == 2 && embedded.err.contains("engine.kind"), "{}", embedded.err);
    // The line of the server's kind, and another one below it.
    let with_key = text.replace("\"temporal\"", "\"temporal\"\napi_key_file = \"nowhere\"");
    std::fs::write(folder.join("key.toml"), with_key).unwrap();
    let no_key = run("worker --config key.toml");
    assert!(no_key.code == 2 && no_key.err.contains("engine.api_key_file"), "{}", no_key.err);
    let worker = set.worker();
    // The first one holds its folder before it serves.
    set.stage.until("the first worker at work", async || tail(&set.log).contains("serving")).await;
    let second = run("worker --config timmy.toml --log json");
    assert!(second.code == 1 && second.err.contains("another `timmy worker`"), "{}", second.err);
    assert_eq!(worker.stop().await, Some(0));
}
