//! The demo's agents: two gateways, and what each does with which issue. Good work is done with
//! real git.

use std::sync::Arc;

use super::error::DemoError;
use crate::agents::{self, Agent};
use crate::chance::Chance;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::engine::JobDrivers;
use crate::gitea::{ClientOptions, Gitea, Token};
use crate::sandbox::crew;
use crate::sandbox::gateway::{AgentRun, Coder, Gateway, GatewayOptions, GatewayRun, RunEnd};

/// What the gateways want to see.
pub(super) const KEY: &str = "between-the-demo-and-its-agents";

/// Titles by which an agent knows what to do.
pub(super) const LIES: &str = "The knocker is loose";
pub(super) const CRASHES: &str = "The hinge squeaks";
pub(super) const TOO_HARD: &str = "The tower leans";
pub(super) const SLOPPY: &str = "The bell is silent";

/// What continuous integration checks.
pub(super) const CHECK: &str = "ci/test";

/// The gateways of both agents.
pub(super) struct DemoAgents {
    pub(super) ezra: Gateway,
    pub(super) bezalel: Gateway,
}

impl DemoAgents {
    /// Starts them, with the tokens of the accounts `ezra`, `bezalel` and `ci`.
    pub(super) async fn start([ezra, bezalel, ci]: [String; 3]) -> Result<Self, DemoError> {
        let options = || GatewayOptions { key: KEY.to_owned(), ..GatewayOptions::default() };
        let account = |login: &str, token| Coder { login: login.to_owned(), token };
        let ci = account("ci", ci);
        let reliable = Workshop { coder: account("ezra", ezra), ci: ci.clone() };
        let hasty = Workshop { coder: account("bezalel", bezalel), ci };
        let ezra = Gateway::start(options(), move |run| work(reliable.clone(), run));
        let bezalel = Gateway::start(options(), move |run| be_hasty(hasty.clone(), run));
        Ok(Self {
            ezra: ezra.await.map_err(DemoError::Agent)?,
            bezalel: bezalel.await.map_err(DemoError::Agent)?,
        })
    }

    /// Kills the process of bezalel if it works on the issue in the middle of which it dies; whether it
    /// did. It is there again at once, and knows nothing of it.
    pub(super) async fn crash(&mut self) -> Result<bool, DemoError> {
        let is_at_it = |run: &GatewayRun| run.input.contains(CRASHES) && !run.status.is_over();
        if !self.bezalel.runs().iter().any(is_at_it) {
            return Ok(false);
        }
        self.bezalel.restart().await.map_err(DemoError::Agent)?;
        Ok(true)
    }
}

/// An agent, and what checks whatever it pushes.
#[derive(Clone)]
struct Workshop {
    coder: Coder,
    ci: Coder,
}

/// Does what it is told, as well as it can.
async fn work(workshop: Workshop, run: AgentRun) -> RunEnd {
    if let Some(end) = crew::work(&workshop.coder, &run).await {
        return end;
    }
    run.spend(12_000, 900);
    if run.input().contains(TOO_HARD) {
        return RunEnd::OutOfTurns("I tried to straighten it, and have no turns left.".to_owned());
    }
    match make(&workshop, &run).await {
        Ok(end) => RunEnd::Completed(end),
        Err(error) => RunEnd::Failed(error.to_string()),
    }
}

/// A change that is checked. A sloppy one is red until it is told so.
async fn make(Workshop { coder, ci }: &Workshop, run: &AgentRun) -> std::io::Result<String> {
    let is_mended = run.input().contains(CHECK);
    let is_red = run.input().contains(SLOPPY) && !is_mended;
    let file = format!("docs/{}.md", run.session().replace(|c: char| !c.is_alphanumeric(), "-"));
    let text =
        if is_mended { "A drop a month, and none on Sundays.\n" } else { "A drop a month.\n" };
    let handed_in = coder.hand_in(run, (&file, text), "Oil the door").await?;
    let state = if is_red { "failure" } else { "success" };
    ci.say_checked(run, &handed_in.commit, (CHECK, state)).await?;
    Ok(handed_in.last_words("Oiled it, and wrote down how."))
}

/// Says more than it does, and does not always come to an end.
async fn be_hasty(workshop: Workshop, run: AgentRun) -> RunEnd {
    if run.input().contains(LIES) {
        run.spend(3_000, 40);
        let claim = r#"timmy-result: {"outcome":"pull_request","pull":99,"summary":"Fixed it."}"#;
        return RunEnd::Completed(format!("All done, the tests pass.\n\n{claim}"));
    }
    if run.input().contains(CRASHES) {
        run.begin_tool("make test");
        return std::future::pending().await;
    }
    work(workshop, run).await
}

/// These agents, as the configuration describes them. They are waited for by the clock on the wall,
/// however fast the demo's own runs.
pub(super) fn drivers(config: &Config) -> Result<JobDrivers, DemoError> {
    let token = Token::new(config.gitea.token.expose()).map_err(crate::app::AppError::Token)?;
    let options = ClientOptions::new(config.gitea.url.clone(), token);
    let forge = Gitea::new(options).map_err(crate::app::AppError::Client)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let agents: std::collections::BTreeMap<String, Arc<dyn Agent>> =
        agents::fleet(config, &forge, &clock, &Chance::default())
            .map_err(|(agent, trouble)| crate::app::AppError::Agent { agent, trouble })?;
    Ok(JobDrivers { agents, forge: None, guards: None })
}
