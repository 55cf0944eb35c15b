//! A language model as agents reach it: OpenAI's chat completions over a real socket, streamed or
//! not. What it answers stands in the prompt, as marks (see [`script`]), so that whoever is between
//! the test and the model needs no arrangement with it.

mod answer;
mod script;

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use answer::{Reply, completion, listing, refusal};
use script::{Said, Script};

/// The model that it has unless a test says otherwise.
pub const MODEL: &str = "fake-model";

/// A running model server. It stops when it is dropped; nobody who waits gets an answer then.
pub struct Model {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// A request for a completion.
#[derive(Debug, Clone)]
pub struct AskedModel {
    pub path: String,
    pub authorization: Option<String>,
    pub body: Value,
}

struct Shared {
    asked: Mutex<Vec<AskedModel>>,
    settings: Mutex<Settings>,
    open: watch::Sender<HashSet<String>>,
    /// How many failures each prompt has had.
    failed: Mutex<HashMap<String, usize>>,
}

struct Settings {
    models: Vec<String>,
    key: Option<String>,
    headers: Vec<(String, String)>,
}

impl Model {
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = Settings { models: vec![MODEL.to_owned()], key: None, headers: Vec::new() };
        let shared = Arc::new(Shared {
            asked: Mutex::default(),
            settings: Mutex::new(settings),
            open: watch::Sender::default(),
            failed: Mutex::default(),
        });
        let serving = shared.clone();
        let task = tokio::spawn(async move {
            let mut lines = tokio::task::JoinSet::new();
            while let Ok((line, _)) = listener.accept().await {
                let shared = serving.clone();
                lines.spawn(async move { shared.serve(line).await });
            }
        });
        Self { address, shared, task }
    }

    /// Its base address: `/chat/completions` and `/models` stand behind it, whatever its path.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// All that it was asked to complete, in order.
    pub fn asked(&self) -> Vec<AskedModel> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Lets go what waits for `[[wait:gate]]`, now and later.
    pub fn open(&self, gate: &str) {
        self.shared.open.send_modify(|open| {
            open.insert(gate.to_owned());
        });
    }

    /// From now on it has these models and no others.
    pub fn has(&self, models: &[&str]) {
        self.shared.settings.lock().unwrap().models =
            models.iter().map(|model| (*model).to_owned()).collect();
    }

    /// From now on it wants this key.
    pub fn wants(&self, key: &str) {
        self.shared.settings.lock().unwrap().key = Some(key.to_owned());
    }

    /// From now on each answer has this header, as quotas are told.
    pub fn tells(&self, name: &str, value: &str) {
        let mut settings = self.shared.settings.lock().unwrap();
        settings.headers.retain(|(known, _)| known != name);
        settings.headers.push((name.to_owned(), value.to_owned()));
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request, as far as it matters here.
struct Request {
    path: String,
    authorization: Option<String>,
    body: Vec<u8>,
}

impl Shared {
    async fn serve(&self, line: TcpStream) -> io::Result<()> {
        let mut line = BufReader::new(line);
        let request = read(&mut line).await?;
        let mut reply = self.reply(&request).await;
        reply.tell(&self.settings.lock().unwrap().headers);
        line.write_all(&reply.bytes()).await?;
        line.shutdown().await
    }

    async fn reply(&self, request: &Request) -> Reply {
        let (models, key) = {
            let settings = self.settings.lock().unwrap();
            (settings.models.clone(), settings.key.clone())
        };
        let wanted = key.map(|key| format!("Bearer {key}"));
        if wanted.is_some() && request.authorization != wanted {
            return refusal(401, "invalid_api_key", "Invalid API Key");
        }
        if request.path.ends_with("/models") {
            return listing(&models);
        }
        if !request.path.ends_with("/chat/completions") {
            return refusal(404, "unknown_url", "Unknown request URL");
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return refusal(400, "invalid_json", "The body is no JSON");
        };
        self.asked.lock().unwrap().push(AskedModel {
            path: request.path.clone(),
            authorization: request.authorization.clone(),
            body: body.clone(),
        });
        let model = body["model"].as_str().unwrap_or_default();
        if !models.iter().any(|known| known == model) {
            let message = format!("The model `{model}` does not exist");
            return refusal(404, "model_not_found", &message);
        }
        self.complete(&body).await
    }

    async fn complete(&self, body: &Value) -> Reply {
        let script = Script::of(body);
        let step = {
            let mut failed = self.failed.lock().unwrap();
            let failures = failed.entry(script.prompt.clone()).or_default();
            let step = script.step(*failures);
            *failures += usize::from(step.said.is_passing_failure());
            step
        };
        if let Some(gate) = &step.waits_for {
            let mut open = self.open.subscribe();
            let _ = open.wait_for(|open| open.contains(gate)).await;
        }
        match &step.said {
            Said::Status(code, message) => refusal(*code, message, message),
            Said::Refused(code, message) => {
                let mut reply = refusal(400, code, message);
                reply.body["error"]["failed_generation"] = json!(message);
                reply
            }
            Said::Always(code) => refusal(*code, "fake", &format!("fake upstream error {code}")),
            Said::Nothing => Reply::nothing(),
            Said::Garbage => Reply::raw("<html>it works</html>".to_owned()),
            Said::Huge => Reply::raw(format!("{{\"choices\":\"{}\"}}", "x".repeat(12 << 20))),
            Said::Text(_) | Said::Calls(_) | Said::Cut(_) => completion(body, &step),
        }
    }
}

/// Reads a request with a body of known length.
async fn read(line: &mut BufReader<TcpStream>) -> io::Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(line.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let header = |name: &str| {
        head.lines().filter_map(|line| line.split_once(':')).find_map(|(known, value)| {
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    line.read_exact(&mut body).await?;
    let path = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
    Ok(Request { path, authorization: header("authorization"), body })
}
