//! What an agent is made of, and how the configuration makes it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::agents::account::own_account;
use crate::agents::redact::Redactor;
use crate::agents::trouble::AgentTrouble;
use crate::clock::Clock;
use crate::config::{AgentConfig, Config, LocalConfig};
use crate::confinement::{Bounds, Reach};
use crate::core::model::endpoint::Endpoint;
use crate::gitea::Gitea;

/// How many bytes of a repository are fetched at most, unless somebody says otherwise.
const MOST_FETCHED: u64 = 2 << 30;

/// What an agent is made of that is a program here.
pub struct LocalOptions {
    pub local: LocalConfig,
    /// The variables that are passed through, with their values.
    pub variables: Vec<(String, OsString)>,
    /// The login of its account: who commits.
    pub account: String,
    /// A folder of its own.
    pub place: PathBuf,
    /// What it must never see.
    pub secrets: Vec<PathBuf>,
    /// How long an attempt may take.
    pub time: Duration,
    /// How much an attempt may take.
    pub bounds: Bounds,
    /// How many bytes of a repository are fetched at most.
    pub most_fetched: u64,
    /// The only servers that it reaches; none for the network of this machine.
    pub reach: Option<Reach>,
    /// As which account timmy fetches, pushes and opens pull requests for it.
    pub forge: Gitea,
    /// Knows the secrets that must not be kept.
    pub redactor: Redactor,
    pub clock: Arc<dyn Clock>,
}

impl LocalOptions {
    /// Those of `agent`, if it is a program here.
    ///
    /// # Errors
    /// If what is kept as its token can be none.
    pub fn of(
        config: &Config,
        agent: &AgentConfig,
        forge: &Gitea,
        redactor: &Redactor,
        clock: &Arc<dyn Clock>,
    ) -> Result<Option<Self>, AgentTrouble> {
        let Some(local) = agent.kind.local() else { return Ok(None) };
        let time = agent.timeout.over(config.dispatch.timeout).total;
        let value = |name: &String| Some((name.clone(), std::env::var_os(name)?));
        Ok(Some(Self {
            local: local.clone(),
            variables: local.env.iter().filter_map(value).collect(),
            account: agent.account.clone(),
            place: config.agents_folder().join(&agent.name),
            secrets: config.secret_files(),
            time,
            reach: local.reach.clone().map(reach).transpose()?,
            // timmy's own clock ends it; this one only where nobody asks that any more.
            bounds: Bounds::within(time * 2),
            most_fetched: MOST_FETCHED,
            forge: own_account(agent, forge)?.unwrap_or_else(|| forge.clone()),
            redactor: redactor.clone(),
            clock: clock.clone(),
        }))
    }
}

/// Through a proxy; in the sandbox, timmy's own program stands for it.
fn reach(endpoints: Vec<Endpoint>) -> Result<Reach, AgentTrouble> {
    let program = std::env::current_exe();
    let program = program.map_err(|why| AgentTrouble::CannotRun(format!("its proxy: {why}")))?;
    Ok(Reach::new(endpoints, program))
}
