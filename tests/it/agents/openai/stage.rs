//! A model, a repository, and the agent between them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use timmy::agents::{
    Agent, AgentTask, AgentTrouble, OpenAiAgent, OpenAiOptions, Redactor, RunHandle, Sighting,
    Speaker, Started, StoredRequest,
};
use timmy::chance::Chance;
use timmy::clock::{Clock, ManualClock, Waiting};
use timmy::config::Secret;
use timmy::core::jobs::Purpose;
use timmy::core::model::time::Timestamp;

use crate::support::clock::{HOUR, MINUTE, noon};
use crate::support::model::{MODEL, Model};
use crate::support::repository::{BASE, MemoryRepository};

pub const KEY: &str = "gsk_0123456789abcdef0123456789";

/// A clock that stands. Who pauses is at once where they wanted to be; who waits for an answer
/// waits until the clock is moved.
#[derive(Clone)]
pub struct Patience {
    hands: ManualClock,
    paused: Arc<Mutex<Vec<Duration>>>,
}

impl Patience {
    pub fn paused(&self) -> Vec<Duration> {
        self.paused.lock().unwrap().clone()
    }

    pub fn advance(&self, by: Duration) {
        self.hands.advance(by);
    }
}

impl Clock for Patience {
    fn now(&self) -> Timestamp {
        self.hands.now().after(self.paused().iter().sum())
    }

    fn until(&self, moment: Timestamp) -> Waiting {
        self.sleep(moment.since(self.now()))
    }

    fn uptime(&self) -> Duration {
        self.now().since(Timestamp::default())
    }

    fn sleep(&self, span: Duration) -> Waiting {
        if span >= 2 * MINUTE || span == 20 * Duration::from_secs(1) {
            return self.hands.sleep(span);
        }
        self.paused.lock().unwrap().push(span);
        Box::pin(std::future::ready(()))
    }
}

pub struct Stage {
    pub model: Model,
    pub repository: Arc<MemoryRepository>,
    pub clock: Patience,
    pub agent: OpenAiAgent,
}

impl Stage {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other bounds than the usual.
    pub async fn with(change: impl FnOnce(&mut OpenAiOptions)) -> Self {
        let model = Model::start().await;
        let repository = Arc::new(MemoryRepository::of(&[
            ("README.md", "# Door\n"),
            ("src/hinge.rs", "fn squeak() {}\n"),
        ]));
        let clock = Patience { hands: noon(), paused: Arc::default() };
        let mut options = options(&model.url(), &repository, &clock);
        change(&mut options);
        let agent = OpenAiAgent::new(options).unwrap();
        Self { model, repository, clock, agent }
    }

    /// timmy is restarted: nothing is left of it but what it stored, and the forge.
    pub fn restart(&mut self) {
        let options = options(&self.model.url(), &self.repository, &self.clock);
        self.agent = OpenAiAgent::new(options).unwrap();
    }

    pub fn prepared(&self, prompt: &str) -> StoredRequest {
        self.agent.prepare(&task(prompt))
    }

    /// Starts an attempt whose model does what the marks in `prompt` say.
    pub async fn start(&self, prompt: &str) -> RunHandle {
        self.started(&self.prepared(prompt)).await
    }

    pub async fn started(&self, request: &StoredRequest) -> RunHandle {
        match self.agent.start(request).await.unwrap() {
            Started::Accepted(handle) => handle,
            other => panic!("{other:?}"),
        }
    }

    /// How an attempt ends that does what `prompt` says.
    pub async fn end_of(&self, prompt: &str) -> Sighting {
        let handle = self.start(prompt).await;
        self.end(&handle).await
    }

    /// How an attempt ends.
    pub async fn end(&self, handle: &RunHandle) -> Sighting {
        loop {
            match self.agent.follow(handle).await {
                Ok(Sighting::Working { .. })
                | Err(AgentTrouble::HostAway(_) | AgentTrouble::Down(_)) => {
                    tokio::task::yield_now().await;
                }
                Ok(end) => return end,
                Err(trouble) => panic!("{trouble}"),
            }
        }
    }

    /// Waits until the model was asked so often.
    pub async fn asked(&self, times: usize) {
        while self.model.asked().len() < times {
            tokio::task::yield_now().await;
        }
    }

    /// What the model was shown of what its tools gave, in the last request.
    pub fn results(&self) -> Vec<String> {
        let asked = self.model.asked();
        let messages = asked.last().unwrap().body["messages"].as_array().unwrap().clone();
        let results = messages.iter().filter(|message| message["role"] == "tool");
        results.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
    }

    /// What these said in the transcript of an attempt.
    pub async fn said(&self, handle: &RunHandle, speaker: Speaker) -> Vec<String> {
        let transcript = self.agent.transcript(handle).await.unwrap();
        let (beginning, end) = transcript.parts();
        let entries = beginning.iter().chain(end).filter(|entry| entry.speaker == speaker);
        entries.map(|entry| entry.text.clone()).collect()
    }
}

fn options(url: &str, repository: &Arc<MemoryRepository>, clock: &Patience) -> OpenAiOptions {
    OpenAiOptions {
        url: url.parse().unwrap(),
        model: MODEL.to_owned(),
        key: Some(Secret::new(KEY).unwrap()),
        max_turns: 40,
        max_tokens: 200_000,
        max_time: HOUR,
        repository: repository.clone(),
        redactor: Redactor::new([KEY, "correct horse battery"]),
        clock: Arc::new(clock.clone()),
        chance: Chance::seeded(1),
    }
}

pub fn task(prompt: &str) -> AgentTask {
    AgentTask {
        key: "ledger/j42/7".to_owned(),
        purpose: Purpose::Code,
        repository: "foundation/door".parse().unwrap(),
        clone_url: "https://git.example.org/foundation/door.git".parse().unwrap(),
        base_branch: "main".to_owned(),
        base: BASE.parse().unwrap(),
        branch: "timmy/41-j42".parse().unwrap(),
        pull: None,
        prompt: prompt.to_owned(),
    }
}

/// The marks of a model that mends the hinge.
pub const MENDS: &str = concat!(
    r#"[[call:read {"path":"src/hinge.rs"}]]"#,
    r#"[[call:write {"path":"src/hinge.rs","content":"fn turn() {}\n"}]]"#,
    r#"[[call:finish {"outcome":"pull_request","title":"Mend the hinge","summary":"It is silent now, see #3."}]]"#,
);

/// The result that an attempt ended with.
pub fn result(end: &Sighting) -> serde_json::Value {
    let Sighting::Ended(ending) = end else { panic!("{end:?}") };
    serde_json::from_str(ending.text.strip_prefix("timmy-result: ").unwrap()).unwrap()
}
