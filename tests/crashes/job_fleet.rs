//! Agents behind scripted gateways that can be killed: each clones, pushes and opens a pull request
//! with real git.

use serde_json::json;
use tempfile::TempDir;
use timmy::sandbox::gateway::{
    AgentRun, Coder, Gateway, GatewayOptions, GatewayRun, HermesVersion, RunEnd,
};
use timmy::sandbox::{Clock, Mode, Sandbox};

use crate::support::config::Config;

/// Two generations: of the older ones nothing is kept under a key.
const AGENTS: [(&str, HermesVersion); 3] = [
    ("ezra", HermesVersion::V0_22),
    ("bezalel", HermesVersion::V0_22),
    ("allegro", HermesVersion::V0_19),
];

/// What a review says of the one line of `hinge.md`.
pub const REMARK: &str = "Oil it.";

pub struct JobFleet {
    gateways: Vec<Gateway>,
    tokens: Vec<String>,
    /// The tokens as files, if timmy is to know them.
    token_files: Option<TempDir>,
    pub kills: usize,
}

impl JobFleet {
    /// Their accounts may write to `repo`.
    pub async fn start(sandbox: &Sandbox, repo: &str, clock: &Clock) -> Self {
        let (mut gateways, mut tokens) = (Vec::new(), Vec::new());
        for (name, version) in AGENTS {
            let token = sandbox.add_user(name);
            tokens.push(token.clone());
            let coder = Coder { login: name.to_owned(), token };
            sandbox.collaborator(repo, name, Mode::Write).unwrap();
            let clock = clock.clone();
            let options = GatewayOptions { version, clock, ..GatewayOptions::default() };
            let agent = move |run| work(coder.clone(), run);
            gateways.push(Gateway::start(options, agent).await.unwrap());
        }
        Self { gateways, tokens, token_files: None, kills: 0 }
    }

    /// timmy is given their tokens, by which it knows what their accounts may do.
    pub fn reveal_tokens(&mut self) {
        let folder = tempfile::tempdir().unwrap();
        for ((name, _), token) in AGENTS.iter().zip(&self.tokens) {
            std::fs::write(folder.path().join(name), token).unwrap();
        }
        self.token_files = Some(folder);
    }

    /// Their accounts may write to this repository as well.
    pub fn admit(sandbox: &Sandbox, repo: &str) {
        for (name, _) in AGENTS {
            sandbox.collaborator(repo, name, Mode::Write).unwrap();
        }
    }

    /// The variables of the environment that hold their keys.
    pub fn environment() -> [(&'static str, String); 3] {
        ["TIMMY_AGENT_EZRA_KEY", "TIMMY_AGENT_BEZALEL_KEY", "TIMMY_AGENT_ALLEGRO_KEY"]
            .map(|name| (name, GatewayOptions::default().key))
    }

    /// Enough room, money and time for all that they get; each works on three issues at once.
    pub fn configure(&self, config: Config) -> Config {
        let time = serde_json::json!({ "start": "1h", "silence": "6h", "total": "12h" });
        let config = config
            .with("dispatch.tick", "1s")
            .with("dispatch.reviews_waiting", 1000)
            .with("dispatch.per_repository", 100)
            .with("dispatch.timeout", time);
        AGENTS.iter().zip(&self.gateways).fold(config, |config, ((name, _), gateway)| {
            let config = config
                .agent(name, ["coder", "reviewer"])
                .its("kind", "hermes")
                .its("url", gateway.url())
                .its("capacity", 3)
                .its("price", serde_json::json!({ "input": 0, "output": 0 }));
            match &self.token_files {
                Some(files) => config.its("token_file", files.path().join(name).to_str().unwrap()),
                None => config,
            }
        })
    }

    /// How many gateways there are.
    pub fn len(&self) -> usize {
        self.gateways.len()
    }

    /// All that was ever started.
    pub fn runs(&self) -> Vec<GatewayRun> {
        self.gateways.iter().flat_map(Gateway::runs).collect()
    }

    /// SIGKILL, as far as others see it.
    pub async fn kill(&mut self, nth: usize) {
        self.gateways[nth].kill().await;
        self.kills += 1;
    }

    pub async fn restart(&mut self, nth: usize) {
        self.gateways[nth].restart().await.unwrap();
    }

    /// What was started twice. A key, a session, and so an attempt, has one run at most.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for ((name, version), gateway) in AGENTS.iter().zip(&self.gateways) {
            let (mut keys, mut sessions) = (Vec::new(), Vec::new());
            for run in gateway.runs() {
                let key = run.idempotency_key.clone();
                if key.is_some() != (*version == HermesVersion::V0_22) {
                    problems.push(format!("{name} was started with the key {key:?}"));
                }
                keys.extend(key);
                sessions.push(run.session);
            }
            for names in [keys, sessions] {
                let doubled = doubled(names).into_iter();
                problems.extend(doubled.map(|twice| format!("{name} was started twice: {twice}")));
            }
        }
        problems
    }
}

/// What is there more than once.
pub fn doubled(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    let pairs = names.windows(2).filter(|pair| pair[0] == pair[1]);
    pairs.map(|pair| pair[0].clone()).collect()
}

async fn work(coder: Coder, run: AgentRun) -> RunEnd {
    run.spend(1000, 100);
    if run.input().contains("The task: plan") {
        let result = json!({
            "outcome": "plan",
            "tasks": [
                { "id": 1, "role": "coder", "title": "Oil it", "acceptance": "it is silent" },
                { "id": 2, "role": "reviewer", "title": "Look", "acceptance": "approved",
                  "depends_on": [1] },
            ],
        });
        return RunEnd::Completed(format!("I planned.\n\ntimmy-result: {result}"));
    }
    if run.input().contains("The task: propose") {
        let issue = |id: u32, title: &str, after: &[u32]| {
            json!({ "id": id, "title": title, "acceptance": "it is silent", "size": "s",
                    "depends_on": after })
        };
        let issues = [issue(1, "Oil it", &[]), issue(2, "Wax it", &[1]), issue(3, "Hang it", &[])];
        let result = json!({ "outcome": "split", "issues": issues });
        return RunEnd::Completed(format!("I looked.\n\ntimmy-result: {result}"));
    }
    if run.input().contains("The task: review") && run.input().contains("## Your part") {
        let result = json!({
            "outcome": "review",
            "verdict": "changes_requested",
            "summary": "It squeaks still.",
        });
        return RunEnd::Completed(format!("I looked.\n\ntimmy-result: {result}"));
    }
    if run.input().contains("The task: review") {
        let result = json!({
            "outcome": "review",
            "verdict": "changes_requested",
            "summary": "It squeaks.",
            "findings": [{ "path": "hinge.md", "line": 1, "text": REMARK }],
        });
        return RunEnd::Completed(format!("I looked.\n\ntimmy-result: {result}"));
    }
    let file = format!("oiled/{}.md", run.session());
    match coder.hand_in(&run, (&file, "It squeaks no longer.\n"), "Oil the hinge").await {
        Ok(handed_in) => RunEnd::Completed(handed_in.last_words("The hinge is oiled.")),
        Err(error) => RunEnd::Failed(error.to_string()),
    }
}
