//! Agents that work in a clone on another host. No token of the forge is there: what they work on comes
//! through timmy, and timmy pushes what they made.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;
use temporalio_client::WorkflowStartOptions;
use timmy::core::jobs::{JobId, StateKind};
use timmy::crash::DIES_AT;
use timmy::sandbox::Mode;
use timmy::store::{Ledger, jobs};
use timmy::temporal::{AgentWorkflow, ServeOrder};

use super::server::{NAMESPACE, TemporalServer};
use super::workers::{stopped, transcript};
use crate::bot::{Bot, tail};
use crate::hands::Hands;
use crate::job_outcomes::{all_jobs, problems};
use crate::stage::{SHORT, Stage};
use crate::support::config::Config;
use crate::support::forge::DOOR;
use crate::support::process::{Process, free_port, timmy};

/// What the host of the agent is called.
const HOST: &str = "mac";

const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");

struct CloneStage {
    stage: Stage,
    /// The configuration of the worker, and what it logs.
    config: PathBuf,
    log: PathBuf,
    hands: Hands,
    /// Where the program of the agent says how far it is, and waits.
    marks: PathBuf,
}

impl CloneStage {
    /// A private repository with an issue. `is_private_line`: workers come without TLS.
    async fn set(server: &TemporalServer, is_private_line: bool) -> Self {
        let hands = Hands::default();
        let stage = Stage::by(&hands, SHORT, 0).await;
        let sandbox = &stage.sandbox;
        sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
        sandbox.set_private(DOOR, true).unwrap();
        let token = sandbox.add_user("ezra");
        sandbox.collaborator(DOOR, "ezra", Mode::Write).unwrap();
        let home = stage.ledger().parent().unwrap().to_owned();
        let (marks, there) = (home.join("marks"), home.join("worker"));
        for folder in [&marks, &there] {
            std::fs::create_dir_all(folder).unwrap();
        }
        // Where timmy is, and nowhere else.
        std::fs::write(home.join("ezra.token"), token).unwrap();
        let desk = format!("127.0.0.1:{}", free_port());
        let configured = |config: Config| agent_of(config, &marks, server);
        stage.configure(SHORT.poll, |config| {
            let config = configured(config)
                .its("token_file", home.join("ezra.token").to_str().unwrap())
                .with("worker.listen", desk.as_str());
            match is_private_line {
                true => config,
                false => config
                    .with("worker.cert_file", format!("{CERTIFICATES}/timmy.pem"))
                    .with("worker.key_file", format!("{CERTIFICATES}/timmy.key")),
            }
        });
        let (config, log) = (there.join("timmy.toml"), there.join("worker.log"));
        let worker = configured(Config::of(stage.sandbox.url())).with("worker.host", HOST);
        let worker = match is_private_line {
            true => worker.with("worker.url", format!("http://{desk}")),
            false => worker
                .with("worker.url", format!("https://{desk}"))
                .with("worker.ca_file", format!("{CERTIFICATES}/ca.pem")),
        };
        worker.write(&config);
        stage.sandbox.open_issue("walt", DOOR, "The door squeaks", "Oil the hinge.").unwrap();
        Self { stage, config, log, hands, marks }
    }

    fn worker(&self) -> Process {
        self.worker_with(&[])
    }

    /// A worker with more in its environment.
    fn worker_with(&self, more: &[(&str, &str)]) -> Process {
        self.worker_by("worker --config timmy.toml", &self.log, more)
    }

    /// Another one for the same agent, with a folder of its own, and what it logs.
    fn second_worker(&self) -> (Process, PathBuf) {
        let log = self.log.with_file_name("second.log");
        let words = "worker --config timmy.toml --folder second";
        (self.worker_by(words, &log, &[]), log)
    }

    fn worker_by(&self, words: &str, log: &Path, more: &[(&str, &str)]) -> Process {
        let log = File::options().append(true).create(true).open(log).unwrap();
        let mut command = timmy(self.config.parent().unwrap(), words);
        let command = command.env("TIMMY_CLOCK_AHEAD", self.hands.ahead());
        let command = command.envs(more.iter().copied());
        Process(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
    }

    fn may_go_on(&self) {
        std::fs::write(self.marks.join("go"), "").unwrap();
    }

    /// Somebody gives the issue to the agent. The comment.
    async fn assigns(&self, bot: &mut Bot) -> i64 {
        bot.first_poll().await;
        self.stage.sandbox.comment("walt", DOOR, 1, "/timmy assign ezra").unwrap()
    }

    /// Its job ends, then all that runs, and what came of it is as it should be.
    async fn ends_well(&self, worker: Process, bot: Bot, comment: i64) {
        self.has_ended().await;
        self.stops(worker, bot).await;
        self.look(comment).await;
    }

    async fn stops(&self, worker: Process, bot: Bot) {
        assert_eq!(stopped(worker).await, Some(0), "{}", self.dump());
        let status = bot.stop().await;
        assert!(status.success(), "{status}\n{}", self.dump());
    }

    async fn has_begun(&self) {
        let begun = async || self.marks.join("begun").exists();
        self.stage.until("an attempt that has begun", begun).await;
    }

    async fn has_ended(&self) {
        let ended = async || {
            let Ok(ledger) = Ledger::open_read_only(self.stage.ledger()) else { return false };
            let ended = ledger.read(|conn| jobs::ended_ids(conn, 1000)).await;
            ended.is_ok_and(|ended| ended.len() == 1)
        };
        self.stage.until("a job that has ended", ended).await;
        self.stage.idle().await;
    }

    /// One pull request, by the agent's account, and all is told as it should be.
    async fn look(&self, comment: i64) {
        let mut problems = problems(&self.stage, DOOR, &[(1, comment)]).await;
        problems.extend(self.stage.problems_in_ledger().await);
        let all = all_jobs(&self.stage).await;
        let [(job, attempts)] = &all[..] else { panic!("{all:?}\n{}", self.dump()) };
        if job.state.kind() != StateKind::Done || attempts.len() != 1 {
            problems.push(format!("{job:?}\n{attempts:?}"));
        }
        assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), self.dump());
        let number = job.past.pull.expect("a pull request");
        let pull = self.stage.gitea().pull(&DOOR.parse().unwrap(), number).await.unwrap().unwrap();
        assert_eq!(pull.author.map(|author| author.login).as_deref(), Some("ezra"));
        let oil = self.stage.sandbox.file(DOOR, &pull.head_branch, "oil.md").unwrap();
        assert_eq!(oil.as_deref(), Some("oil\n"));
    }

    fn dump(&self) -> String {
        format!("{}\nthe worker's log:\n{}", self.stage.dump(), tail(&self.log))
    }
}

/// A program on the other host, that waits in mid-work until it may go on, or the test is over: then its marks
/// are gone.
fn agent_of(config: Config, marks: &Path, server: &TemporalServer) -> Config {
    let marks = marks.display();
    let script = format!(
        "echo begun >> {marks}/begun; until [ -e {marks}/go ] || [ ! -d {marks} ]; do \
         sleep 0.05; done; echo oil > oil.md; \
         echo '{{\"result\":{{\"outcome\":\"pull_request\",\"title\":\"Oil the hinge\",\
         \"summary\":\"It is silent now.\"}}}}'"
    );
    config
        .with("dispatch.tick", "1s")
        .with("dispatch.timeout", json!({ "start": "1h", "silence": "6h", "total": "12h" }))
        .with("engine.kind", "temporal")
        .with("engine.address", server.address())
        .with("engine.namespace", NAMESPACE)
        .agent("ezra", ["coder"])
        .its("kind", "command")
        .its("command", ["bash", "-c", script.as_str()])
        .its("sandbox", "none")
        .its("host", HOST)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_in_a_clone_there_timmy_pushes_for_its_account() {
    let Some(server) = TemporalServer::start().await else { return };
    let set = CloneStage::set(&server, false).await;
    set.may_go_on();
    // The clocks of hosts may differ: its is an hour ahead.
    let ahead = (set.hands.ahead().parse::<u64>().unwrap() + 60 * 60).to_string();
    let worker = set.worker_with(&[("TIMMY_CLOCK_AHEAD", &ahead)]);
    let mut bot = set.stage.bot().await;
    let comment = set.assigns(&mut bot).await;
    set.has_ended().await;
    // What it was asked is kept here, with what it said.
    let transcript = transcript(&set.stage, || set.dump()).await;
    assert!(transcript.contains("Oil the hinge."), "{transcript}\n{}", set.dump());
    set.stops(worker, bot).await;
    set.look(comment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_ticket_for_an_attempt_takes_nothing_from_it() {
    let Some(server) = TemporalServer::start().await else { return };
    let set = CloneStage::set(&server, true).await;
    let worker = set.worker();
    let mut bot = set.stage.bot().await;
    let comment = set.assigns(&mut bot).await;
    set.has_begun().await;
    let ledger = Ledger::open_read_only(set.stage.ledger()).unwrap();
    let attempts = ledger.read(|conn| jobs::attempts(conn, JobId(1))).await.unwrap();
    // What it is called stands in the names of workflows.
    let ticket = format!("{}:0:ezra:0:attempt/{}", "0f".repeat(32), attempts[0].key);
    let order = ServeOrder { agent: "ezra".to_owned(), ticket };
    let client = server.client().await;
    let options = WorkflowStartOptions::new("timmy", "forged/live".to_owned()).build();
    client.start_workflow(AgentWorkflow::run, order, options).await.unwrap();
    let told = async || tail(&set.log).contains("no ticket of mine");
    set.stage.until("a worker that was called in vain", told).await;
    set.may_go_on();
    set.ends_well(worker, bot, comment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_finished_while_timmy_is_away_is_handed_in_when_it_is_back() {
    let Some(server) = TemporalServer::start().await else { return };
    let set = CloneStage::set(&server, true).await;
    let worker = set.worker();
    let mut bot = set.stage.bot().await;
    let comment = set.assigns(&mut bot).await;
    set.has_begun().await;
    bot.kill().await;
    set.may_go_on();
    let is_missed = async || tail(&set.log).contains("timmy is away");
    set.stage.until("a worker that misses timmy", is_missed).await;
    let bot = set.stage.bot().await;
    set.ends_well(worker, bot, comment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn timmy_may_die_when_it_has_pushed_for_a_worker() {
    for step in ["brought_pushed", "brought_opened"] {
        let Some(server) = TemporalServer::start().await else { return };
        let set = CloneStage::set(&server, true).await;
        set.may_go_on();
        let worker = set.worker();
        let mut bot = set.stage.launch.start(&[("TIMMY_CRASH_AT", step)]);
        let comment = set.assigns(&mut bot).await;
        bot.dies_at(step).await;
        let bot = set.stage.bot().await;
        set.ends_well(worker, bot, comment).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_die_when_its_work_was_pushed() {
    for step in ["work_pushed", "work_opened"] {
        let Some(server) = TemporalServer::start().await else { return };
        let set = CloneStage::set(&server, true).await;
        set.may_go_on();
        let dying = set.worker_with(&[("TIMMY_CRASH_AT", step)]);
        let mut bot = set.stage.bot().await;
        let comment = set.assigns(&mut bot).await;
        let is_dead = async || tail(&set.log).contains(&format!("{DIES_AT}{step}"));
        set.stage.until("a worker that died", is_dead).await;
        drop(dying);
        // What it says of it, the next one finds beside its folder, and on the forge.
        let worker = set.worker();
        set.ends_well(worker, bot, comment).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_started_is_asked_of_the_worker_that_was_given_it() {
    let Some(server) = TemporalServer::start().await else { return };
    let set = CloneStage::set(&server, true).await;
    set.may_go_on();
    let worker = set.worker();
    let mut bot = set.stage.launch.start(&[("TIMMY_CRASH_AT", "job_sent")]);
    set.assigns(&mut bot).await;
    // It has started it, and timmy did not keep that it has.
    bot.dies_at("job_sent").await;
    drop(worker);
    let (second, log) = set.second_worker();
    let bot = set.stage.bot().await;
    let is_sent_away = async || tail(&log).contains("another worker began this attempt");
    set.stage.until("a worker that is not asked about it", is_sent_away).await;
    bot.kill().await;
    drop(second);
    assert!(!set.marks.join("begun").exists(), "{}\n{}", tail(&log), set.dump());
    // The one that knows of it is there again.
    let worker = set.worker();
    let bot = set.stage.bot().await;
    set.has_ended().await;
    set.stops(worker, bot).await;
    let all = all_jobs(&set.stage).await;
    let [(job, _)] = &all[..] else { panic!("{all:?}\n{}", set.dump()) };
    assert_eq!(job.state.kind(), StateKind::Done, "{}", set.dump());
    let begun = std::fs::read_to_string(set.marks.join("begun")).unwrap();
    assert_eq!(begun.lines().count(), 1, "{}", set.dump());
}
