//! One agent behind a gateway, driven by timmy itself, or by a worker that a Temporal server calls.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use timmy::core::jobs::StateKind;
use timmy::sandbox::gateway::{AgentRun, Coder, Gateway, GatewayOptions, GatewayRun, RunEnd};
use timmy::sandbox::{Mode, Sandbox};
use timmy::store::{Ledger, jobs};

use crate::sample::{Sample, milliseconds};
use crate::stage::{OWNER, REPO, Stage, Timmy, free_address, resident};

/// How many jobs there are at once.
pub const JOBS: usize = 40;

/// How many are started and stopped, one after the other.
pub const LOOKS: usize = 20;

const AGENT: &str = "ezra";

/// What the host of the agent is called.
const HOST: &str = "mac";

/// What an issue is called on which the agent works until it is stopped.
const ENDLESS: &str = "The tower leans";

/// How long all jobs may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Between two looks at what all of them do: more often would take them the processor.
const GLANCE: Duration = Duration::from_millis(20);

/// Who keeps time for jobs, and drives the agent.
#[derive(Clone, Copy)]
pub enum Engine<'a> {
    Embedded,
    /// By this program.
    Temporal(&'a Path),
}

/// What came of it.
pub struct Played {
    /// Jobs a second.
    pub rate: f64,
    /// In milliseconds.
    pub to_start: Sample,
    pub to_stop: Sample,
    pub memory: Memory,
}

/// In MB; none of what does not run.
pub struct Memory {
    pub timmy: f64,
    pub worker: Option<f64>,
    pub server: Option<f64>,
}

/// All that runs.
struct MachinesStage {
    timmy: Timmy,
    worker: Option<Ended>,
    server: Option<Ended>,
    gateway: Gateway,
    /// Last, so that the forge is there as long as they are.
    stage: Stage,
}

/// A process that ends with this.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Has the jobs done, and then others started and stopped.
pub fn play(engine: Engine<'_>) -> Played {
    let all = MachinesStage::set(engine);
    // The first of its kind takes longer: whoever listens has to be found.
    all.start_and_stop();
    let rate = all.rate();
    let (to_start, to_stop): (Vec<f64>, Vec<f64>) =
        (0..LOOKS).map(|_| all.start_and_stop()).unzip();
    let memory = Memory {
        timmy: all.timmy.memory(),
        worker: all.worker.as_ref().map(|worker| resident(worker.0.id())),
        server: all.server.as_ref().map(|server| resident(server.0.id())),
    };
    Played { rate, to_start: to_start.into(), to_stop: to_stop.into(), memory }
}

impl MachinesStage {
    fn set(engine: Engine<'_>) -> Self {
        let stage = Stage::new();
        let begin = [("README.md", "A door.\n")];
        stage.sandbox.commit(OWNER, REPO, "main", &begin, "Begin").unwrap();
        let coder = Coder { login: AGENT.to_owned(), token: stage.sandbox.add_user(AGENT) };
        stage.sandbox.collaborator(REPO, AGENT, Mode::Write).unwrap();
        let options = GatewayOptions { most_runs: JOBS, ..GatewayOptions::default() };
        let working = move |run| work(coder.clone(), run);
        let gateway = stage.runtime().block_on(Gateway::start(options, working)).unwrap();
        let agent = agent_behind(&gateway.url());
        let Engine::Temporal(program) = engine else {
            stage.employ(&agent);
            let timmy = stage.start();
            return Self { timmy, worker: None, server: None, gateway, stage };
        };
        let (server, desk) = (free_address(), free_address());
        let process = temporal(program, &server, &stage.path("temporal.db"));
        let time = format!("[engine]\nkind = \"temporal\"\naddress = \"{server}\"\n");
        stage.employ(&format!("{agent}\n{time}\n[worker]\nlisten = \"{desk}\"\nhost = \"home\"\n"));
        let timmy = stage.start();
        let worker = worker(&stage, &format!("{agent}\n{time}"), &desk);
        Self { timmy, worker: Some(worker), server: Some(process), gateway, stage }
    }

    fn open(&self, title: &str) -> i64 {
        self.stage.sandbox.open_issue(OWNER, REPO, title, "Only when it is cold.").unwrap()
    }

    fn say(&self, issue: i64, text: &str) {
        self.stage.sandbox.comment(OWNER, REPO, issue, text).unwrap();
    }

    /// How many jobs are done a second, if many are given at once.
    fn rate(&self) -> f64 {
        let issues: Vec<i64> = (0..JOBS).map(|_| self.open("It squeaks")).collect();
        let begun = Instant::now();
        for issue in &issues {
            self.say(*issue, &format!("/timmy assign {AGENT}"));
        }
        let mut left = issues;
        while !left.is_empty() {
            left.retain(|issue| !is_told(&self.stage.sandbox, *issue));
            assert!(begun.elapsed() < PATIENCE, "{left:?} never end: {}", self.stage.log());
            std::thread::sleep(GLANCE);
        }
        JOBS as f64 / begun.elapsed().as_secs_f64()
    }

    /// How long it takes from a word to the start of the agent, and from another word to its stop, in
    /// milliseconds.
    fn start_and_stop(&self) -> (f64, f64) {
        let issue = self.open(ENDLESS);
        let before = self.gateway.runs().len();
        let to_start = milliseconds(|| {
            self.say(issue, &format!("/timmy assign {AGENT}"));
            self.until(|runs| runs.len() > before);
        });
        // It is stopped once timmy knows that it runs.
        let waiting = Instant::now();
        while !self.knows_that_it_runs() {
            assert!(waiting.elapsed() < PATIENCE, "it is not seen to run: {}", self.stage.log());
            std::thread::sleep(GLANCE);
        }
        let to_stop = milliseconds(|| {
            self.say(issue, "/timmy cancel");
            self.until(|runs| runs[before..].iter().all(|run| run.status.is_over()));
        });
        (to_start, to_stop)
    }

    /// Returns when the gateway's runs are like this.
    fn until(&self, holds: impl FnMut(&[GatewayRun]) -> bool) {
        let waiting = async { tokio::time::timeout(PATIENCE, self.gateway.until(holds)).await };
        let came = self.stage.runtime().block_on(waiting);
        assert!(came.is_ok(), "the agent hears nothing: {}", self.stage.log());
    }

    /// Whether timmy knows that the latest of all jobs is worked on.
    fn knows_that_it_runs(&self) -> bool {
        let ledger = Ledger::open_read_only(self.stage.ledger()).unwrap();
        let latest = ledger.read(|conn| {
            let Some(id) = jobs::live_ids(conn)?.into_iter().max() else { return Ok(false) };
            let job = jobs::get(conn, id)?.expect("a job of this number").job;
            let attempts = jobs::attempts(conn, id)?;
            let has_begun = attempts.last().is_some_and(|attempt| attempt.run.is_some());
            Ok(has_begun && job.state.kind() == StateKind::Running)
        });
        self.stage.runtime().block_on(latest).unwrap()
    }
}

/// Works until it is stopped, or hands a change in at once.
async fn work(coder: Coder, run: AgentRun) -> RunEnd {
    if run.input().contains(ENDLESS) {
        return std::future::pending().await;
    }
    run.spend(1000, 100);
    let file = format!("oiled/{}.md", run.session());
    match coder.hand_in(&run, (&file, "It squeaks no longer.\n"), "Oil the hinge").await {
        Ok(handed_in) => RunEnd::Completed(handed_in.last_words("The hinge is oiled.")),
        Err(error) => RunEnd::Failed(error.to_string()),
    }
}

/// Whether the outcome stands in the thread.
fn is_told(sandbox: &Sandbox, issue: i64) -> bool {
    let comments = sandbox.comments(REPO, issue).unwrap();
    comments.iter().any(|comment| comment.body.starts_with("**Done:"))
}

/// The agent, and room for all that it gets.
fn agent_behind(url: &str) -> String {
    format!(
        r#"
        [[agent]]
        name = "{AGENT}"
        kind = "hermes"
        account = "{AGENT}"
        roles = ["coder"]
        url = "{url}"
        host = "{HOST}"
        capacity = {JOBS}
        price = {{ input = 0, output = 0 }}

        [dispatch]
        tick = "1s"
        reviews_waiting = 1000
        per_repository = {JOBS}
        per_host = {JOBS}

        [accept]
        on_yes = "nothing"
        "#
    )
}

/// Temporal's own server for development, which answers.
fn temporal(program: &Path, address: &str, state: &Path) -> Ended {
    let (_, port) = address.rsplit_once(':').unwrap();
    let process = Command::new(program)
        .args(["server", "start-dev", "--headless", "--ip", "127.0.0.1", "--log-level", "error"])
        .args(["--sqlite-pragma", "journal_mode=WAL", "--port", port, "--db-filename"])
        .arg(state)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (process, begun) = (Ended(process), Instant::now());
    while TcpStream::connect(address).is_err() {
        assert!(begun.elapsed() < PATIENCE, "no Temporal server at {address}");
        std::thread::sleep(GLANCE);
    }
    process
}

/// The worker of the agent's host, in a folder of its own.
fn worker(stage: &Stage, agent: &str, desk: &str) -> Ended {
    let (folder, forge) = (stage.path("worker"), stage.sandbox.url());
    let text = format!(
        r#"
        [gitea]
        url = "{forge}"
        watch = ["foundation4ce1"]

        [people]
        owner = "{OWNER}"
        operators = ["writers"]
        approvers = ["{OWNER}"]

        [worker]
        url = "http://{desk}"
        host = "{HOST}"

        {agent}
        "#
    );
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("timmy.toml"), text).unwrap();
    let process = Command::new(env!("CARGO_BIN_EXE_timmy"))
        .args(["worker", "--config", "timmy.toml"])
        .current_dir(&folder)
        .env("TIMMY_GITEA_TOKEN", "not-on-this-host")
        .env("TIMMY_AGENT_EZRA_KEY", GatewayOptions::default().key)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(folder.join("worker.log")).unwrap())
        .spawn();
    Ended(process.unwrap())
}
