//! The scripted gateway does what a Hermes was seen to do.

use serde_json::{Value, json};
use timmy::sandbox::gateway::{
    AgentRun, Gateway, GatewayOptions, HermesVersion, Permission, RunEnd, RunStatus,
};

use crate::support::process::until;

struct Client {
    http: reqwest::Client,
    key: String,
}

impl Client {
    fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, key: GatewayOptions::default().key }
    }

    async fn get(&self, gateway: &Gateway, path: &str) -> (u16, Value) {
        let url = format!("{}{path}", gateway.url());
        read(self.http.get(url).bearer_auth(&self.key).send().await.unwrap()).await
    }

    async fn post(&self, gateway: &Gateway, path: &str, key: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", gateway.url());
        let request = self.http.post(url).bearer_auth(&self.key).body(body.to_string());
        read(request.header("Idempotency-Key", key).send().await.unwrap()).await
    }

    async fn start(&self, gateway: &Gateway, key: &str, input: &str) -> (u16, Value) {
        let body = json!({ "input": input, "session_id": format!("session-{key}") });
        self.post(gateway, "/v1/runs", key, body).await
    }
}

async fn read(answer: reqwest::Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

/// An agent that does what its input says.
async fn obey(run: AgentRun) -> RunEnd {
    run.spend(100, 10);
    match run.input() {
        "hang" => std::future::pending().await,
        "ask" => match run.ask("rm -rf ./junk", "recursive delete").await {
            Permission::Given => RunEnd::Completed("removed".into()),
            Permission::Denied => RunEnd::Completed("it was denied".into()),
            Permission::Expired => {
                run.end_tool("blocked", true);
                std::future::pending().await
            }
        },
        "turns" => RunEnd::OutOfTurns("and then".into()),
        "upstream" => RunEnd::Failed("HTTP 500: out of order".into()),
        said => {
            run.begin_tool("ls");
            run.end_tool("a b", false);
            RunEnd::Completed(said.to_owned())
        }
    }
}

async fn gateway(version: HermesVersion) -> (Gateway, Client) {
    let options = GatewayOptions { version, most_runs: 2, ..GatewayOptions::default() };
    (Gateway::start(options, obey).await.unwrap(), Client::new())
}

async fn ended(gateway: &Gateway, runs: usize) {
    gateway.until(|all| all.iter().filter(|run| run.status.is_over()).count() == runs).await;
}

#[tokio::test]
async fn a_key_starts_one_run_whatever_happens() {
    let (mut gateway, mut client) = gateway(HermesVersion::V0_22).await;
    let (status, first) = client.start(&gateway, "timmy:j1:a1", "hang").await;
    assert_eq!(
        (status, &first["status"], &first["replayed"]),
        (202, &json!("started"), &json!(false))
    );
    let (_, again) = client.start(&gateway, "timmy:j1:a1", "hang").await;
    assert_eq!(again, json!({ "run_id": first["run_id"], "status": "running", "replayed": true }));
    let (status, other) = client.start(&gateway, "timmy:j1:a1", "other").await;
    assert_eq!((status, &other["error"]["code"]), (409, &json!("idempotency_key_conflict")));
    assert_eq!(client.start(&gateway, "has space", "x").await.0, 400);
    client.start(&gateway, "timmy:j2:a1", "hang").await;
    assert_eq!(client.start(&gateway, "timmy:j3:a1", "hang").await.0, 429);

    gateway.kill().await;
    // Its port may have been lent to somebody else, who gives it back.
    let asked = async || client.http.get(gateway.url()).send().await;
    let is_refused = async || asked().await.is_err_and(|error| error.is_connect());
    until("connecting is refused", is_refused).await;
    gateway.restart().await.unwrap();
    let (_, again) = client.start(&gateway, "timmy:j1:a1", "hang").await;
    assert_eq!(again["status"], "interrupted");
    let run = format!("/v1/runs/{}", first["run_id"].as_str().unwrap());
    assert_eq!(
        client.get(&gateway, &run).await.1["error"],
        "The gateway restarted before this run settled."
    );
    assert_eq!(client.get(&gateway, &format!("{run}/events")).await.0, 404);

    gateway.rotate_key("another-key");
    assert_eq!(client.get(&gateway, &run).await.0, 401);
    client.key = "another-key".to_owned();
    assert_eq!(client.get(&gateway, &run).await.0, 404);
    assert_eq!(client.get(&gateway, "/api/sessions/session-timmy:j1:a1").await.0, 200);
    assert_eq!(client.start(&gateway, "timmy:j1:a1", "hang").await.1["status"], "started");
    assert_eq!(gateway.runs().len(), 3);
}

#[tokio::test]
async fn an_old_gateway_knows_no_keys_and_forgets() {
    let (mut gateway, client) = gateway(HermesVersion::V0_19).await;
    let (_, first) = client.start(&gateway, "k", "one").await;
    let (_, second) = client.start(&gateway, "k", "one").await;
    assert!(first["replayed"].is_null() && first["run_id"] != second["run_id"]);
    ended(&gateway, 2).await;
    let run = format!("/v1/runs/{}", first["run_id"].as_str().unwrap());
    let (_, shown) = client.get(&gateway, &run).await;
    assert_eq!((&shown["status"], &shown["output"]), (&json!("completed"), &json!("one")));
    assert_eq!(shown["usage"]["total_tokens"], 110);
    assert!(shown["completed"].is_null());
    assert_eq!(client.post(&gateway, &format!("{run}/stop"), "", json!({})).await.0, 404);
    assert_eq!(client.get(&gateway, "/v1/runs").await.0, 405);
    gateway.restart().await.unwrap();
    assert_eq!(client.get(&gateway, &run).await.0, 404);
    let (_, messages) = client.get(&gateway, "/api/sessions/session-k/messages").await;
    assert_eq!(messages["data"][1]["tool_calls"][0]["function"]["name"], "terminal");
}

#[tokio::test]
async fn runs_end_as_they_were_recorded() {
    let (gateway, client) = gateway(HermesVersion::V0_22).await;
    for (input, status, output, error) in [
        ("turns", "failed", json!("and then"), Value::Null),
        ("upstream", "failed", Value::Null, json!("HTTP 500: out of order")),
        ("fine", "completed", json!("fine"), Value::Null),
    ] {
        let before = gateway.runs().len();
        let (_, started) = client.start(&gateway, input, input).await;
        ended(&gateway, before + 1).await;
        let run = format!("/v1/runs/{}", started["run_id"].as_str().unwrap());
        let (_, shown) = client.get(&gateway, &run).await;
        assert_eq!(
            (shown["status"].as_str(), &shown["output"], &shown["error"]),
            (Some(status), &output, &error)
        );
    }
}

#[tokio::test]
async fn it_asks_hears_and_stops() {
    let (gateway, client) = gateway(HermesVersion::V0_22).await;
    let (_, started) = client.start(&gateway, "a", "ask").await;
    let run = format!("/v1/runs/{}", started["run_id"].as_str().unwrap());
    gateway.until(|runs| runs[0].status == RunStatus::WaitingForApproval).await;
    let (_, asking) = client.get(&gateway, &run).await;
    let request = asking["approval"]["request_id"].clone();
    let approval = format!("{run}/approval");
    let answer = async |body| client.post(&gateway, &approval, "", body).await;
    assert_eq!(answer(json!({ "choice": "once", "request_id": "nope" })).await.0, 409);
    assert_eq!(answer(json!({ "choice": "maybe" })).await.0, 400);
    let steer = async |text: &str| {
        client.post(&gateway, &format!("{run}/steer"), "", json!({ "input": text })).await.0
    };
    assert_eq!((steer("").await, steer("hello").await), (400, 409));
    assert_eq!(answer(json!({ "choice": "deny", "request_id": request })).await.0, 200);
    ended(&gateway, 1).await;
    assert_eq!(answer(json!({ "choice": "deny" })).await.1["error"]["code"], "approval_not_active");

    let (_, started) = client.start(&gateway, "b", "ask").await;
    let run = format!("/v1/runs/{}", started["run_id"].as_str().unwrap());
    gateway.until(|runs| runs[1].status == RunStatus::WaitingForApproval).await;
    gateway.expire(&gateway.runs()[1].id);
    let mut shown = Value::Null;
    while shown["last_event"] != "tool.completed" {
        shown = client.get(&gateway, &run).await.1;
    }
    assert_eq!(shown["status"], "waiting_for_approval");
    gateway.drain();
    assert_eq!(client.start(&gateway, "c", "x").await.1["error"]["code"], "gateway_draining");
    assert_eq!(client.get(&gateway, "/health/detailed").await.1["gateway_state"], "draining");
    assert!(client.get(&gateway, &run).await.1["shutdown_requested_at"].is_f64());
    client.post(&gateway, &format!("{run}/stop"), "", json!({})).await;
    ended(&gateway, 2).await;
    let (_, shown) = client.get(&gateway, &run).await;
    assert_eq!((&shown["status"], &shown["interrupted"]), (&json!("cancelled"), &json!(true)));
}

#[tokio::test]
async fn events_are_replayed_by_the_new_and_told_once_by_the_old() {
    for (version, again) in [(HermesVersion::V0_22, 200), (HermesVersion::V0_19, 404)] {
        let (gateway, client) = gateway(version).await;
        let (_, started) = client.start(&gateway, "k", "fine").await;
        let url =
            format!("{}/v1/runs/{}/events", gateway.url(), started["run_id"].as_str().unwrap());
        let listen = async || client.http.get(&url).bearer_auth(&client.key).send().await.unwrap();
        let told = listen().await.text().await.unwrap();
        assert!(told.contains("\"event\":\"tool.completed\""), "{told}");
        assert!(told.contains("run.completed") && told.ends_with(": stream closed\n\n"), "{told}");
        assert_eq!(told.contains("id: 2\n"), version == HermesVersion::V0_22, "{told}");
        assert_eq!(listen().await.status().as_u16(), again);
    }
}
