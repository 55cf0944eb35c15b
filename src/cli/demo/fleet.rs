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
use crate::sandbox::gateway::{AgentRun, Coder, Gateway, GatewayOptions, RunEnd};

/// What the gateways want to see.
pub(super) const KEY: &str = "between-the-demo-and-its-agents";

/// Titles by which an agent knows what to do.
pub(super) const LIES: &str = "The knocker is loose";
pub(super) const CRASHES: &str = "The hinge squeaks";
pub(super) const TOO_HARD: &str = "The tower leans";

/// The gateways of both agents.
pub(super) struct DemoAgents {
    pub(super) ezra: Gateway,
    pub(super) bezalel: Gateway,
}

impl DemoAgents {
    /// Starts them, with the tokens of their accounts.
    pub(super) async fn start(ezra: String, bezalel: String) -> Result<Self, DemoError> {
        let options = || GatewayOptions { key: KEY.to_owned(), ..GatewayOptions::default() };
        let reliable = Coder { login: "ezra".to_owned(), token: ezra };
        let hasty = Coder { login: "bezalel".to_owned(), token: bezalel };
        let ezra = Gateway::start(options(), move |run| work(reliable.clone(), run));
        let bezalel = Gateway::start(options(), move |run| be_hasty(hasty.clone(), run));
        Ok(Self {
            ezra: ezra.await.map_err(DemoError::Agent)?,
            bezalel: bezalel.await.map_err(DemoError::Agent)?,
        })
    }

    /// Waits until bezalel works on the issue in the middle of which it crashes, and on nothing
    /// else, and kills its process. It is there again at once, and knows nothing of it.
    pub(super) async fn crash(&mut self) -> Result<(), DemoError> {
        let is_at_it = |input: &str| input.contains(CRASHES);
        self.bezalel
            .until(|runs| {
                runs.iter().any(|run| is_at_it(&run.input))
                    && runs.iter().all(|run| is_at_it(&run.input) || run.status.is_over())
            })
            .await;
        self.bezalel.restart().await.map_err(DemoError::Agent)
    }
}

/// Does what it is told, as well as it can.
async fn work(coder: Coder, run: AgentRun) -> RunEnd {
    run.spend(12_000, 900);
    if run.input().contains(TOO_HARD) {
        return RunEnd::OutOfTurns("I tried to straighten it, and have no turns left.".to_owned());
    }
    let summary = "Oiled it, and wrote down how.";
    match coder.hand_in(&run, ("docs/oil.md", "A drop a month.\n"), "Oil the door").await {
        Ok(handed_in) => RunEnd::Completed(handed_in.last_words(summary)),
        Err(error) => RunEnd::Failed(error.to_string()),
    }
}

/// Says more than it does, and does not always come to an end.
async fn be_hasty(coder: Coder, run: AgentRun) -> RunEnd {
    if run.input().contains(LIES) {
        run.spend(3_000, 40);
        let claim = r#"timmy-result: {"outcome":"pull_request","pull":99,"summary":"Fixed it."}"#;
        return RunEnd::Completed(format!("All done, the tests pass.\n\n{claim}"));
    }
    if run.input().contains(CRASHES) {
        run.begin_tool("make test");
        return std::future::pending().await;
    }
    work(coder, run).await
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
    Ok(JobDrivers { agents, forge: None })
}
