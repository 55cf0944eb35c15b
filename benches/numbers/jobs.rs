//! What it takes to have an agent do something, and to look after many that do.

use std::time::Duration;

use timmy::sandbox::gateway::{AgentRun, Coder, Gateway, GatewayOptions, RunEnd, Working};
use timmy::sandbox::{Asked, Mode, Sandbox};

use crate::sample::Sample;
use crate::stage::{OWNER, REPO, Stage, Timmy};
use crate::table::Row;

const AGENT: &str = "ezra";
const JOBS: usize = 8;
const FOLLOWED: usize = 100;

/// Nothing more is asked of the forge for a job when nothing was for so long.
const QUIET: Duration = Duration::from_millis(1_500);
/// Then an attempt that goes on is asked about as seldom as ever.
const SETTLED: Duration = Duration::from_secs(100);
const WATCHED: Duration = Duration::from_secs(30);

/// How many requests the forge gets from timmy for a job, from the assignment to its outcome.
pub fn measure_requests() -> Row {
    let (stage, _gateway) = stage(|coder, run| Box::pin(hand_in(coder, run)));
    let _timmy = stage.start();
    // The first of its kind may ask for more.
    requests_of_a_job(&stage);
    let asked: Vec<_> = (0..JOBS).map(|_| requests_of_a_job(&stage)).collect();
    let reads = asked.last().unwrap().iter().filter(|asked| asked.method == "GET").count();
    let writes = asked.last().unwrap().len() - reads;
    let counts = Sample::from(asked.iter().map(|asked| asked.len() as f64).collect::<Vec<_>>());
    Row {
        what: "requests per job, assigned to verified",
        goal: "<= 30",
        measured: counts.to_string(),
        holds: counts.most() <= 30.0,
        figures: format!("the last: {reads} reads, {writes} writes"),
        method: "`/timmy assign ezra` in an issue, one after the other; all that the real process \
                 asks the sandbox forge from the comment on until the outcome is told and all is \
                 quiet: hearing and answering the comment, the card and its edits, the looks \
                 before the start, the evidence, and reading the pull request into the backlog. \
                 What the agent itself asks and pushes with git does not count",
    }
}

/// What it costs to look after a hundred attempts.
pub fn measure_following() -> Row {
    let (stage, gateway) = stage(|_, _| Box::pin(std::future::pending()));
    let timmy = stage.start();
    let issues: Vec<i64> = (0..FOLLOWED).map(|_| open(&stage)).collect();
    std::thread::sleep(QUIET * 2);
    let idle = share(&timmy);
    for issue in issues {
        stage.sandbox.comment(OWNER, REPO, issue, "/timmy assign ezra").unwrap();
    }
    let all = gateway.until(|runs| runs.len() == FOLLOWED);
    stage.runtime().block_on(all);
    std::thread::sleep(SETTLED);
    let (busy, memory) = (share(&timmy), timmy.memory());
    let more = busy - idle;
    Row {
        what: "100 jobs followed at once",
        goal: "<= 5% of a core more than idle, <= 60 MB",
        measured: format!("{more:.2}% more, {memory:.1} MB"),
        holds: more <= 5.0 && memory <= 60.0,
        figures: format!("{busy:.2}%, idle {idle:.2}%"),
        method: "the real process with an agent that works on a hundred issues and never ends, each \
                 attempt older than a minute and a half; its time on all cores in half a minute, \
                 beside the same before anything was assigned; resident memory",
    }
}

/// A forge with code, and an agent who works like this.
fn stage(work: fn(Coder, AgentRun) -> Working) -> (Stage, Gateway) {
    let stage = Stage::new();
    let begin = [("README.md", "A door.\n")];
    stage.sandbox.commit(OWNER, REPO, "main", &begin, "Begin").unwrap();
    let coder = Coder { login: AGENT.to_owned(), token: stage.sandbox.add_user(AGENT) };
    stage.sandbox.collaborator(REPO, AGENT, Mode::Write).unwrap();
    let options = GatewayOptions { most_runs: FOLLOWED, ..GatewayOptions::default() };
    let agent = move |run| work(coder.clone(), run);
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
        capacity = {FOLLOWED}
        price = {{ input = 0, output = 0 }}

        [dispatch]
        tick = "1s"
        reviews_waiting = 1000
        per_repository = {FOLLOWED}

        [accept]
        on_yes = "nothing"
        "#
    ));
    (stage, gateway)
}

async fn hand_in(coder: Coder, run: AgentRun) -> RunEnd {
    run.spend(1000, 100);
    let file = format!("oiled/{}.md", run.session());
    match coder.hand_in(&run, (&file, "It squeaks no longer.\n"), "Oil the hinge").await {
        Ok(handed_in) => RunEnd::Completed(handed_in.last_words("The hinge is oiled.")),
        Err(error) => RunEnd::Failed(error.to_string()),
    }
}

fn open(stage: &Stage) -> i64 {
    stage.sandbox.open_issue(OWNER, REPO, "It squeaks", "Only when it is cold.").unwrap()
}

fn requests_of_a_job(stage: &Stage) -> Vec<Asked> {
    let issue = open(stage);
    wait_until_quiet(stage);
    let before = stage.sandbox.count_requests();
    stage.sandbox.comment(OWNER, REPO, issue, "/timmy assign ezra").unwrap();
    stage.wait_until(|sandbox| is_told(sandbox, issue));
    wait_until_quiet(stage);
    let asked = stage.sandbox.requests().split_off(before).into_iter();
    asked.filter(|asked| asked.user.as_deref() == Some("timmy")).collect()
}

/// Whether the outcome stands in the thread.
fn is_told(sandbox: &Sandbox, issue: i64) -> bool {
    let comments = sandbox.comments(REPO, issue).unwrap();
    comments.iter().any(|comment| comment.body.starts_with("**Done:"))
}

fn wait_until_quiet(stage: &Stage) {
    let mut count = usize::MAX;
    while count != stage.sandbox.count_requests() {
        count = stage.sandbox.count_requests();
        std::thread::sleep(QUIET);
    }
}

/// How much of a core it takes, in percent.
fn share(timmy: &Timmy) -> f64 {
    let before = timmy.worked().unwrap_or_default();
    std::thread::sleep(WATCHED);
    (timmy.worked().unwrap_or_default() - before) / WATCHED.as_secs_f64() * 100.0
}
