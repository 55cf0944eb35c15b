//! Every recorded answer, and what timmy makes of it: `understood.txt` has a line for each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use serde_json::json;
use timmy::agents::{Agent, AgentTrouble, HermesAgent, RunHandle, Sighting, Started};
use timmy::clock::SystemClock;

use super::recorded::{self, RecordedExchange};
use super::stage::{accepted, agent_at, task};

/// A key of an attempt, and the session that goes with it.
const KEY: &str = "timmy:l:j1:a1";
const SESSION: &str = "timmy-l-j1-a1";

const UNKNOWN: &str = r#"{"error": {"message": "Not found", "code": "not_found"}}"#;

type Answers = Arc<Mutex<HashMap<&'static str, RecordedExchange>>>;

/// A gateway that gives recorded answers by what it is asked for, and knows nothing else.
struct Replay {
    answers: Answers,
    agent: HermesAgent,
}

impl Replay {
    async fn of(version: &str) -> Self {
        let capabilities = match version {
            "0.21" => recorded::named(version, "92-"),
            _ => recorded::named(version, "04-"),
        };
        let health = match version {
            "0.21" => recorded::named(version, "90c-"),
            _ => recorded::named(version, "02-"),
        };
        let answers = HashMap::from([("capabilities", capabilities), ("health", health)]);
        let answers: Answers = Arc::new(Mutex::new(answers));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new().fallback(answer).with_state(answers.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let agent = agent_at(&url, "a-key-of-the-gateway", Arc::new(SystemClock));
        Self { answers, agent }
    }

    fn plant(&self, kind: &'static str, exchange: &RecordedExchange) {
        self.answers.lock().unwrap().insert(kind, exchange.clone());
    }

    /// An attempt that runs as `run`.
    async fn running(&self, run: &str) -> RunHandle {
        let mut started = recorded::named("0.19", "20-");
        started.json = json!({ "run_id": run, "status": "started", "replayed": false });
        self.plant("start", &started);
        accepted(self.agent.start(&self.agent.prepare(&task(KEY, "x"))).await.unwrap())
    }
}

async fn answer(State(answers): State<Answers>, request: Request) -> Response<Body> {
    let kind = recorded::kind(request.method().as_str(), request.uri().path());
    let Some(found) = answers.lock().unwrap().get(kind).cloned() else {
        return Response::builder().status(404).body(Body::from(UNKNOWN)).unwrap();
    };
    let response = Response::builder().status(found.status);
    let response =
        found.headers.iter().fold(response, |response, (name, value)| response.header(name, value));
    response.body(Body::from(found.body())).unwrap()
}

/// The exchange, as if it were of the attempt that is asked for.
fn as_asked(exchange: &RecordedExchange) -> RecordedExchange {
    let mut exchange = exchange.clone();
    if exchange.json["session_id"].is_string() {
        exchange.json["session_id"] = json!(SESSION);
    }
    exchange
}

/// What the agent makes of a recorded answer, in a line.
async fn understood(exchange: &RecordedExchange) -> String {
    let kind = exchange.kind();
    let replay = Replay::of(&exchange.version).await;
    let run = match kind {
        "health" | "short health" | "capabilities" | "start" | "something else" => None,
        _ => {
            let run = exchange.run().unwrap_or("run_11111111111111111111111111111111");
            Some(replay.running(run).await)
        }
    };
    replay.plant(kind, &as_asked(exchange));
    let agent = &replay.agent;
    match (kind, run) {
        ("health" | "capabilities", _) => told(agent.health().await),
        ("start", _) => {
            let started = agent.start(&agent.prepare(&task(KEY, "x"))).await.unwrap();
            match started {
                Started::Accepted(run) => format!("accepted: {}", run.run),
                Started::Refused(trouble) => format!("refused: {}", of_trouble(&trouble)),
                Started::Unknown(why) => format!("nobody knows: {why}"),
            }
        }
        ("run", Some(run)) => told(agent.follow(&run).await),
        ("stop", Some(run)) => told(agent.stop(&run).await),
        ("steer", Some(run)) => told(agent.steer(&run, "x").await),
        ("approval", Some(run)) => {
            let mut waiting = as_asked(&recorded::named("0.22", "50-"));
            waiting.json["run_id"] = json!(exchange.run());
            replay.plant("run", &waiting);
            told(agent.deny(&run).await)
        }
        ("events", Some(run)) => heard(&replay, exchange, &run).await,
        ("session", Some(run)) => told(agent.usage(&run).await),
        ("messages", Some(run)) => match agent.transcript(&run).await {
            Ok(transcript) => {
                let (parts, _) = transcript.parts();
                let said = parts.iter().map(|part| format!("{:?} {:?}", part.speaker, part.text));
                said.collect::<Vec<_>>().join(", ")
            }
            Err(trouble) => of_trouble(&trouble),
        },
        _ => "never asked".to_owned(),
    }
}

/// What is heard of a run when all of a stream has come.
async fn heard(replay: &Replay, exchange: &RecordedExchange, run: &RunHandle) -> String {
    if exchange.status != 200 {
        return "no stream".to_owned();
    }
    let mut running = as_asked(&recorded::named("0.22", "21-"));
    running.json["run_id"] = json!(exchange.run());
    replay.plant("run", &running);
    let all = format!(" {}", exchange.events().len());
    loop {
        match replay.agent.follow(run).await.unwrap() {
            Sighting::Working { doing, sign } if sign.ends_with(&all) => {
                return format!("after{all} events: {doing:?}");
            }
            Sighting::Working { .. } => tokio::task::yield_now().await,
            other => panic!("{other:?}"),
        }
    }
}

fn told<T: std::fmt::Debug>(answer: Result<T, AgentTrouble>) -> String {
    match answer {
        Ok(told) => format!("{told:?}"),
        Err(trouble) => of_trouble(&trouble),
    }
}

/// Without the moment, which is another each time.
fn of_trouble(trouble: &AgentTrouble) -> String {
    match trouble {
        AgentTrouble::Busy { reason, until } => {
            format!("busy: {reason} (says until when: {})", until.is_some())
        }
        trouble => format!("trouble: {trouble}"),
    }
}

#[tokio::test]
async fn every_recorded_answer_is_understood() {
    let mut lines = Vec::new();
    for exchange in recorded::all() {
        let understood = understood(&exchange).await;
        lines.push(format!("{} {} | {understood}", exchange.version, exchange.name));
    }
    let expected: Vec<&str> = include_str!("understood.txt").lines().collect();
    let wrong: Vec<&str> =
        lines.iter().map(String::as_str).filter(|line| !expected.contains(line)).collect();
    assert!(wrong.is_empty(), "{} are understood otherwise:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(lines.len(), expected.len(), "lines of what was never recorded");
}
