//! How long it takes from the match of a job and an agent until that agent has it.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use reqwest::Client;
use rusqlite::Connection;
use timmy::sandbox::Mode;
use timmy::sandbox::gateway::{AgentRun, Gateway, GatewayOptions, Working};

use crate::sample::{Compared, Sample, milliseconds};
use crate::stage::{OWNER, REPO, Stage};
use crate::table::Row;

const AGENT: &str = "ezra";
const JOBS: usize = 60;
/// They warm up.
const FIRST: usize = 5;

/// When the agent was given its last run.
static STARTED: Mutex<Option<SystemTime>> = Mutex::new(None);

pub fn measure() -> Row {
    let (stage, gateway) = employ();
    let _timmy = stage.start();
    let bare = Bare::new(&stage, &gateway);
    let ledger = Connection::open(stage.ledger()).unwrap();
    let mut sent = Vec::new();
    let in_turn = (0..JOBS + FIRST).map(|_| {
        let Started { leased, stored } = start_a_job(&stage, &ledger);
        sent.push(stored);
        (leased, bare.once(&stage))
    });
    let Compared { ours, yardstick, ratio } = in_turn.skip(FIRST).collect();
    let sent = Sample::from(sent);
    let middle = ours.median() / yardstick.median();
    Row {
        what: "match made to agent started",
        goal: "<= 2 x a commit and a request",
        measured: format!("{middle:.2} ({:.2}..{:.2})", ratio.percentile(10), ratio.percentile(90)),
        holds: middle <= 2.0,
        figures: format!(
            "{:.2} ms, p90 {:.2} ms; from the second commit on {:.2} ms; bare {:.2} ms",
            ours.median(),
            ours.percentile(90),
            sent.median(),
            yardstick.median()
        ),
        method: "from the lease in the ledger of the real process until the scripted gateway has \
                 the run, one job at a time; between them lie the looks whether it may begin, at \
                 the issue, what it waits for, the agent's health and rights and the branch, and \
                 the second commit, which checks again. Beside it one durable commit and one \
                 request to the same gateway. The medians compared; in brackets eight of ten pairs",
    }
}

/// A forge with code, and an agent who says at once that nothing is to be done.
fn employ() -> (Stage, Gateway) {
    let stage = Stage::new();
    let begin = [("README.md", "A door.\n")];
    stage.sandbox.commit(OWNER, REPO, "main", &begin, "Begin").unwrap();
    stage.sandbox.add_user(AGENT);
    stage.sandbox.collaborator(REPO, AGENT, Mode::Write).unwrap();
    let options = GatewayOptions { most_runs: JOBS + FIRST, ..GatewayOptions::default() };
    let agent = |_: AgentRun| -> Working {
        *STARTED.lock().unwrap() = Some(SystemTime::now());
        Box::pin(std::future::pending())
    };
    let gateway = stage.runtime().block_on(Gateway::start(options, agent)).unwrap();
    let url = gateway.url();
    stage.employ(&format!(
        r#"
        [[agent]]
        name = "{AGENT}"
        kind = "hermes"
        account = "{AGENT}"
        roles = ["coder"]
        url = "{url}"
        capacity = {JOBS}{FIRST}
        price = {{ input = 0, output = 0 }}

        [dispatch]
        tick = "1s"
        reviews_waiting = 1000
        per_repository = 1000
        "#
    ));
    (stage, gateway)
}

/// How many milliseconds before an agent has a job that was matched, and that the start was stored.
struct Started {
    leased: f64,
    stored: f64,
}

fn start_a_job(stage: &Stage, ledger: &Connection) -> Started {
    let issue = stage.sandbox.open_issue(OWNER, REPO, "It squeaks", "Only when it is cold.");
    *STARTED.lock().unwrap() = None;
    stage.sandbox.comment(OWNER, REPO, issue.unwrap(), "/timmy assign ezra").unwrap();
    stage.wait_until(|_| STARTED.lock().unwrap().is_some());
    let started = STARTED.lock().unwrap().unwrap();
    let before = |moment: i64| {
        let moment = SystemTime::UNIX_EPOCH + Duration::from_micros(moment.try_into().unwrap());
        started.duration_since(moment).unwrap_or_default().as_secs_f64() * 1e3
    };
    let last = "SELECT leased_at, started_at FROM attempts ORDER BY fence DESC LIMIT 1";
    let (leased, stored) =
        ledger.query_row(last, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    Started { leased: before(leased), stored: before(stored) }
}

/// A commit and a request, with nothing between them.
struct Bare {
    ledger: Connection,
    client: Client,
    url: String,
}

impl Bare {
    fn new(stage: &Stage, gateway: &Gateway) -> Self {
        let ledger = Connection::open(stage.ledger().with_file_name("bare.db")).unwrap();
        ledger.pragma_update(None, "journal_mode", "wal").unwrap();
        ledger.pragma_update(None, "synchronous", "full").unwrap();
        ledger.execute("CREATE TABLE rows (text TEXT)", []).unwrap();
        // Nothing is encrypted here, but a client is not made without.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().tcp_nodelay(true).build().unwrap();
        Self { ledger, client, url: format!("{}/health", gateway.url()) }
    }

    fn once(&self, stage: &Stage) -> f64 {
        let text = "x".repeat(1_024);
        milliseconds(|| {
            self.ledger.execute("INSERT INTO rows VALUES (?1)", [&text]).unwrap();
            let asked = async { self.client.get(&self.url).send().await?.bytes().await };
            stage.runtime().block_on(asked).unwrap();
        })
    }
}
