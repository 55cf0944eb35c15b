//! The scripted gateway against recordings of real ones: brought to where they were recorded, it
//! gives the same status and the same keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use timmy::sandbox::gateway::{
    AgentRun, Gateway, GatewayOptions, HermesVersion, Permission, RunEnd, RunStatus,
};
use tokio::sync::Notify;

use super::recorded;

/// A scripted gateway, somebody who asks it, and where it differs from the recordings.
struct Player {
    recorded: &'static str,
    gateway: Gateway,
    key: String,
    http: reqwest::Client,
    /// Lets go what waits for it.
    gate: Arc<Notify>,
    wrong: Vec<String>,
}

/// What was answered, and the run that it tells of.
struct Played {
    json: Value,
}

impl Played {
    fn run(&self) -> String {
        format!("/v1/runs/{}", self.json["run_id"].as_str().expect("a run"))
    }
}

/// An agent that does what its input says.
async fn obey(run: AgentRun, gate: Arc<Notify>) -> RunEnd {
    run.spend(100, 10);
    match run.input() {
        "hang" => std::future::pending().await,
        "busy" => {
            run.begin_tool("sleep 600");
            std::future::pending().await
        }
        "deaf" => {
            gate.notified().await;
            RunEnd::Completed("bye".into())
        }
        "listens" => {
            run.begin_tool("make");
            gate.notified().await;
            RunEnd::Completed(run.end_tool("made", false).join("; "))
        }
        "stubborn" => {
            run.ignore_stop();
            gate.notified().await;
            RunEnd::Completed("too late".into())
        }
        "ask" => match run.ask("rm -rf ./junk", "recursive delete").await {
            Permission::Expired => {
                run.end_tool("blocked", true);
                std::future::pending().await
            }
            answer => {
                run.begin_tool("rm -rf ./junk");
                run.end_tool("", answer == Permission::Denied);
                RunEnd::Completed("well".into())
            }
        },
        "turns" => RunEnd::OutOfTurns("and then".into()),
        "upstream" => RunEnd::Failed("HTTP 500: out of order".into()),
        said => {
            run.begin_tool("ls");
            run.end_tool("a b", false);
            run.say(said);
            RunEnd::Completed(said.to_owned())
        }
    }
}

impl Player {
    async fn of(version: HermesVersion, recorded: &'static str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let gate = Arc::new(Notify::new());
        let opened = gate.clone();
        let agent = move |run: AgentRun| obey(run, opened.clone());
        let options = GatewayOptions { version, most_runs: 3, ..GatewayOptions::default() };
        let key = options.key.clone();
        let gateway = Gateway::start(options, agent).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { recorded, gateway, key, http, gate, wrong: Vec::new() }
    }

    /// Asks as it was recorded under a name that begins so, and compares the answer with that.
    async fn ask(&mut self, name: &str, path: &str, body: Value) -> Played {
        self.ask_under(name, None, path, body).await
    }

    async fn ask_under(
        &mut self,
        name: &str,
        idempotency_key: Option<&str>,
        path: &str,
        body: Value,
    ) -> Played {
        let recorded = recorded::named(self.recorded, name);
        let url = format!("{}{path}", self.gateway.url());
        let method = recorded.method.parse().unwrap();
        let mut request = self.http.request(method, url).bearer_auth(&self.key);
        if let Some(key) = idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        if !body.is_null() {
            request = request.body(body.as_str().map_or_else(|| body.to_string(), str::to_owned));
        }
        let answer = request.send().await.unwrap();
        let mut found = Vec::new();
        let status = answer.status().as_u16();
        if status != recorded.status {
            found.push(format!("expected {}, found {status}", recorded.status));
        }
        for header in ["Retry-After", "Idempotency-Replayed"] {
            let value = answer.headers().get(header).and_then(|value| value.to_str().ok());
            let expected = recorded.headers.get(header).map(String::as_str);
            if value != expected {
                found.push(format!("{header}: expected {expected:?}, found {value:?}"));
            }
        }
        let text = answer.text().await.unwrap();
        let json: Value = serde_json::from_str(&text).unwrap_or_default();
        compare(&recorded.json, &json, "", &mut found);
        let name = &recorded.name;
        self.wrong.extend(found.into_iter().map(|found| format!("{name}: {found}")));
        Played { json }
    }

    /// Listens to the end, and compares the kinds of events and the keys of each.
    async fn listen(&mut self, name: &str, run: &str) {
        let recorded = recorded::named(self.recorded, name);
        let url = format!("{}{run}/events", self.gateway.url());
        let answer = self.http.get(url).bearer_auth(&self.key).send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        let mut found = Vec::new();
        if status != recorded.status {
            found.push(format!("expected {}, found {status}", recorded.status));
        }
        let kinds = |events: Vec<Value>| -> BTreeMap<String, Value> {
            events.into_iter().map(|event| (event["event"].to_string(), event)).collect()
        };
        let played = kinds(recorded::events(&text));
        for (event, recorded) in kinds(recorded.events()) {
            if let Some(played) = played.get(&event) {
                compare(&recorded, played, &event, &mut found);
            }
        }
        self.wrong.extend(found.into_iter().map(|found| format!("{name}: {found}")));
    }

    async fn start(&mut self, name: &str, idempotency_key: &str, input: &str) -> Played {
        let body = json!({ "input": input, "session_id": format!("session-{idempotency_key}") });
        self.ask_under(name, Some(idempotency_key), "/v1/runs", body).await
    }

    /// Returns when the newest run stands so.
    async fn until(&self, status: RunStatus) {
        self.gateway.until(|runs| runs.last().is_some_and(|run| run.status == status)).await;
    }

    fn end(self) {
        let (count, version) = (self.wrong.len(), self.recorded);
        assert!(count == 0, "{version}, {count} differences:\n{}", self.wrong.join("\n"));
    }
}

/// What a gateway tells about its host, its other channels and its own work: timmy reads none of it.
const BESIDE: [&str; 12] = [
    ".readiness.checks.state_db",
    ".readiness.checks.session_store",
    ".readiness.checks.config",
    ".readiness.checks.disk",
    ".readiness.checks.background_queues",
    ".readiness.checks.gateway",
    ".platforms",
    ".api_server",
    ".last_heartbeat",
    ".metrics_today",
    ".endpoints",
    ".features.browser_extension_control",
];

/// The same keys, and values of the same kinds. What is null may be anything, of lists the first
/// entries count.
fn compare(recorded: &Value, played: &Value, place: &str, found: &mut Vec<String>) {
    match (recorded, played) {
        (Value::Object(recorded), Value::Object(played)) => {
            for (key, value) in recorded {
                let place = format!("{place}.{key}");
                match played.get(key) {
                    _ if BESIDE.contains(&place.as_str()) => {}
                    Some(played) => compare(value, played, &place, found),
                    None => found.push(format!("{place}: missing")),
                }
            }
            let more = played.keys().filter(|key| !recorded.contains_key(*key));
            found.extend(more.map(|key| format!("{place}.{key}: never recorded")));
        }
        (Value::Array(recorded), Value::Array(played)) => {
            if let (Some(recorded), Some(played)) = (recorded.first(), played.first()) {
                compare(recorded, played, &format!("{place}[0]"), found);
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        _ => {
            let is_same = std::mem::discriminant(recorded) == std::mem::discriminant(played);
            if !is_same {
                found.push(format!("{place}: expected {recorded}, found {played}"));
            }
        }
    }
}

const NOTHING: Value = Value::Null;

#[tokio::test]
async fn what_a_new_one_is_and_can() {
    let mut player = Player::of(HermesVersion::V0_22, "0.22").await;
    player.ask("01-", "/health", NOTHING).await;
    player.ask("02-", "/health/detailed", NOTHING).await;
    player.ask("04-", "/v1/capabilities", NOTHING).await;
    player.ask("26-", "/v1/runs/run_00000000000000000000000000000000", NOTHING).await;
    player.ask("46-", "/v1/runs", NOTHING).await;
    player.ask("47-", "/v1/runs", json!([])).await;
    player.key = "wrong".to_owned();
    player.ask("05-", "/v1/capabilities", NOTHING).await;
    player.end();
}

#[tokio::test]
async fn a_run_of_a_new_one() {
    let mut player = Player::of(HermesVersion::V0_22, "0.22").await;
    let run = player.ask("20-", "/v1/runs", json!({ "input": "hang" })).await.run();
    player.ask("21-", &run, NOTHING).await;
    let run = player.ask("20-", "/v1/runs", json!({ "input": "fine" })).await.run();
    player.until(RunStatus::Completed).await;
    player.ask("23-", &run, NOTHING).await;
    player.listen("22-", &run).await;
    player.listen("24-", &run).await;
    player.ask("25-", &format!("{run}/stop"), json!({})).await;
    player.ask("41-", &format!("{run}/steer"), json!({ "input": "late" })).await;
    player.start("20-", "s", "fine").await;
    player.until(RunStatus::Completed).await;
    player.ask("38b-", "/api/sessions/session-s", NOTHING).await;
    player.ask("38c-", "/api/sessions/session-s/messages", NOTHING).await;
    player.end();
}

#[tokio::test]
async fn keys_of_a_new_one() {
    let mut player = Player::of(HermesVersion::V0_22, "0.22").await;
    player.start("30-", "j1", "deaf").await;
    player.start("31-", "j1", "deaf").await;
    player.start("32-", "j1", "other").await;
    player.start("34-", "has space", "x").await;
    player.start("30-", "j2", "hang").await;
    player.start("30-", "j3", "hang").await;
    player.start("35-", "j9", "over").await;
    player.start("36-", "j1", "deaf").await;
    player.gate.notify_one();
    player.gateway.until(|runs| runs[0].status.is_over()).await;
    player.start("37-", "j1", "deaf").await;
    player.ask_under("37b-", Some("j10"), "/v1/runs", json!({})).await;
    player.start("37c-", "j9", "over").await;
    player.end();
}

#[tokio::test]
async fn words_for_a_run_of_a_new_one() {
    let mut player = Player::of(HermesVersion::V0_22, "0.22").await;
    let run = player.start("30-", "a", "deaf").await.run();
    let steer = format!("{run}/steer");
    player.ask("40-", &steer, json!({ "input": "please" })).await;
    player.ask("40b-", &run, NOTHING).await;
    player.ask("40c-", &steer, json!({ "input": "" })).await;
    player.gate.notify_one();
    player.until(RunStatus::Completed).await;
    player.ask("42b-", &run, NOTHING).await;
    let run = player.start("30-", "b", "listens").await.run();
    player.ask("40-", &format!("{run}/steer"), json!({ "input": "please" })).await;
    player.gate.notify_one();
    player.until(RunStatus::Completed).await;
    player.ask("40d-", &run, NOTHING).await;
    player.ask("40e-", "/api/sessions/session-b/messages", NOTHING).await;
    player.listen("40f-", &run).await;
    player.end();
}

#[tokio::test]
async fn a_new_one_stops() {
    let mut player = Player::of(HermesVersion::V0_22, "0.22").await;
    let run = player.start("30-", "a", "stubborn").await.run();
    let stop = format!("{run}/stop");
    // Only when it has begun it can be deaf.
    player.gateway.until(|runs| !runs.is_empty()).await;
    player.ask("43-", &stop, json!({})).await;
    player.ask("43b-", &run, NOTHING).await;
    player.ask("43c-", &format!("{run}/steer"), json!({ "input": "x" })).await;
    player.ask("44b-", &stop, json!({})).await;
    player.gate.notify_one();
    player.until(RunStatus::Cancelled).await;
    player.ask("43d-", &run, NOTHING).await;
    player.listen("43e-", &run).await;
    player.end();
}

#[tokio::test]
async fn a_new_one_asks() {
    let mut player = Player::of(HermesVersion::V0_22, "0.22").await;
    let run = player.start("30-", "a", "ask").await.run();
    let (approval, steer) = (format!("{run}/approval"), format!("{run}/steer"));
    player.until(RunStatus::WaitingForApproval).await;
    let asked = player.ask("50-", &run, NOTHING).await;
    let id = asked.json["approval"]["request_id"].clone();
    player.ask("51-", &approval, json!({ "choice": "once", "request_id": "nope" })).await;
    player.ask("52-", &approval, json!({ "choice": "maybe" })).await;
    player.ask("52b-", &steer, json!({ "input": "x" })).await;
    player.ask("53-", &approval, json!({ "choice": "once", "request_id": id })).await;
    player.until(RunStatus::Completed).await;
    player.ask("56-", &approval, json!({ "choice": "once", "request_id": id })).await;
    player.ask("55-", &run, NOTHING).await;
    player.listen("55b-", &run).await;

    let run = player.start("30-", "b", "ask").await.run();
    player.until(RunStatus::WaitingForApproval).await;
    player.ask("57-", &format!("{run}/approval"), json!({ "choice": "deny" })).await;
    player.until(RunStatus::Completed).await;
    player.ask("57b-", &run, NOTHING).await;

    let run = player.start("30-", "c", "ask").await.run();
    player.until(RunStatus::WaitingForApproval).await;
    player.gateway.expire(&player.gateway.runs()[2].id);
    let late = json!({ "choice": "once" });
    player.ask("60f-", &format!("{run}/approval"), late).await;
    let shown = |shown: &Played| shown.json["last_event"] == "tool.completed";
    loop {
        let before = player.wrong.len();
        let now = player.ask("60e-", &run, NOTHING).await;
        if shown(&now) {
            break;
        }
        player.wrong.truncate(before);
    }
    player.ask("58b-", &format!("{run}/stop"), json!({})).await;
    player.until(RunStatus::Cancelled).await;
    player.ask("58c-", &run, NOTHING).await;
    player.end();
}

#[tokio::test]
async fn runs_of_a_new_one_fail() {
    let mut player = Player::of(HermesVersion::V0_22, "0.22").await;
    for (name, input) in [("65-", "turns"), ("66-r500", "upstream")] {
        let run = player.start("30-", input, input).await.run();
        player.until(RunStatus::Failed).await;
        player.ask(name, &run, NOTHING).await;
    }
    player.end();
}

#[tokio::test]
async fn a_new_one_dies() {
    let mut player = Player::of(HermesVersion::V0_22, "0.22").await;
    let keyed = player.start("30-", "k", "hang").await.run();
    let body = json!({ "input": "hang", "session_id": "s" });
    let unkeyed = player.ask("20-", "/v1/runs", body).await.run();
    player.gateway.kill().await;
    player.gateway.restart().await.unwrap();
    player.ask("71-", &keyed, NOTHING).await;
    player.ask("71b-", &unkeyed, NOTHING).await;
    player.start("71c-", "k", "hang").await;
    player.ask("71d-", &format!("{keyed}/stop"), json!({})).await;
    player.listen("71e-", &keyed).await;
    player.ask("71f-", &format!("{keyed}/steer"), json!({ "input": "x" })).await;
    player.ask("71g-", "/api/sessions/session-k", NOTHING).await;
    player.ask("71h-", "/api/sessions/session-k/messages", NOTHING).await;
    player.gateway.rotate_key("another");
    player.key = "another".to_owned();
    player.ask("78-", &keyed, NOTHING).await;
    player.start("78b-", "k", "hang").await;
    player.ask("78c-", "/api/sessions/session-k", NOTHING).await;
    player.end();
}

#[tokio::test]
async fn a_new_one_drains() {
    let mut player = Player::of(HermesVersion::V0_22, "0.22").await;
    let run = player.start("30-", "k", "busy").await.run();
    let begun = |shown: &Played| shown.json["last_event"] == "tool.started";
    while !begun(&player.ask("75d-", &run, NOTHING).await) {
        player.wrong.clear();
    }
    player.wrong.clear();
    player.gateway.drain();
    player.ask("72c-", &run, NOTHING).await;
    player.start("75-", "l", "x").await;
    player.start("75b-", "k", "busy").await;
    player.ask("75c-", "/health/detailed", NOTHING).await;
    player.ask("75e-", &format!("{run}/steer"), json!({ "input": "x" })).await;
    player.gateway.kill().await;
    player.gateway.restart().await.unwrap();
    player.ask("76-", &run, NOTHING).await;
    player.end();
}

#[tokio::test]
async fn what_an_old_one_does() {
    let mut player = Player::of(HermesVersion::V0_19, "0.19").await;
    player.ask("01-", "/health", NOTHING).await;
    player.ask("02-", "/health/detailed", NOTHING).await;
    player.ask("04-", "/v1/capabilities", NOTHING).await;
    player.ask("28-", "/v1/runs", json!("{")).await;
    player.ask("29-", "/v1/runs", json!({})).await;
    player.ask("29b-", "/v1/runs", json!([])).await;
    player.ask("33-", "/v1/runs", NOTHING).await;
    let run = player.start("20-", "k", "fine").await.run();
    player.until(RunStatus::Completed).await;
    player.listen("22-", &run).await;
    player.ask("23-", &run, NOTHING).await;
    player.listen("24-", &run).await;
    player.ask("25-", &format!("{run}/stop"), json!({})).await;
    player.ask("70-", "/api/sessions/session-k", NOTHING).await;
    player.ask("71-", "/api/sessions/session-k/messages", NOTHING).await;
    for (name, input, status) in
        [("62-", "upstream", RunStatus::Failed), ("68-", "turns", RunStatus::Completed)]
    {
        let run = player.start("20-", input, input).await.run();
        player.until(status).await;
        player.ask(name, &run, NOTHING).await;
    }
    let running = player.start("66-", "k", "hang").await.run();
    player.ask("21-", &running, NOTHING).await;
    player.start("20-", "l", "hang").await;
    player.start("20-", "m", "hang").await;
    player.start("44-", "n", "hang").await;
    player.ask("40-", &format!("{running}/stop"), json!({})).await;
    let is_cancelled =
        |run: &timmy::sandbox::gateway::GatewayRun| run.status == RunStatus::Cancelled;
    player.gateway.until(|runs| runs.iter().any(is_cancelled)).await;
    player.ask("42-", &running, NOTHING).await;
    player.gateway.drain();
    player.start("87-", "o", "x").await;
    player.ask("88-", "/health/detailed", NOTHING).await;
    player.gateway.restart().await.unwrap();
    player.ask("82-", &running, NOTHING).await;
    player.ask("84-", "/api/sessions/session-l", NOTHING).await;
    player.key = "wrong".to_owned();
    player.ask("06-", "/v1/runs", json!({ "input": "x" })).await;
    player.end();
}

#[tokio::test]
async fn an_old_one_asks() {
    let mut player = Player::of(HermesVersion::V0_19, "0.19").await;
    let run = player.start("20-", "a", "ask").await.run();
    let approval = format!("{run}/approval");
    player.until(RunStatus::WaitingForApproval).await;
    player.ask("50-", &run, NOTHING).await;
    player.ask("52-", &approval, json!({ "choice": "maybe" })).await;
    player.ask("53-", &approval, json!({ "choice": "approve" })).await;
    player.until(RunStatus::Completed).await;
    player.listen("51-", &run).await;
    player.ask("54-", &approval, json!({ "choice": "once" })).await;
    let run = player.start("20-", "b", "ask").await.run();
    player.until(RunStatus::WaitingForApproval).await;
    player.ask("55-", &format!("{run}/approval"), json!({ "choice": "deny" })).await;
    player.until(RunStatus::Completed).await;
    player.ask("56-", &run, NOTHING).await;
    player.end();
}
