//! What an agent is made of, and how the configuration makes it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::account_origin::{AccountOrigin, MOST_FETCHED};
use super::origin::Origin;
use crate::agents::account::own_account;
use crate::agents::redact::Redactor;
use crate::agents::trouble::AgentTrouble;
use crate::clock::Clock;
use crate::config::{AgentConfig, Config, LocalConfig};
use crate::confinement::{Bounds, Reach};
use crate::core::model::endpoint::Endpoint;
use crate::gitea::Gitea;

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
    /// Through whom its repository is fetched, and what it made is pushed.
    pub origin: Arc<dyn Origin>,
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
        forge: Through<'_>,
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
            origin: match forge {
                Through::Account(forge) => Arc::new(origin_of(agent, forge, clock)?),
                Through::Others(origin) => origin.clone(),
            },
            redactor: redactor.clone(),
            clock: clock.clone(),
        }))
    }
}

/// Who stands between agents and the forge.
#[derive(Clone, Copy)]
pub enum Through<'a> {
    /// timmy itself: as the account of each agent where it has its token, else as its own, which this
    /// is.
    Account(&'a Gitea),
    /// Somebody who has their tokens.
    Others(&'a Arc<dyn Origin>),
}

/// The origin of what `agent` works on, as its account reads and writes it, if timmy has the token of
/// that; else as timmy's own, for which `forge` speaks.
///
/// # Errors
/// If what is kept as its token can be none.
pub fn origin_of(
    agent: &AgentConfig,
    forge: &Gitea,
    clock: &Arc<dyn Clock>,
) -> Result<AccountOrigin, AgentTrouble> {
    let account = own_account(agent, forge)?.unwrap_or_else(|| forge.clone());
    Ok(AccountOrigin::new(account, clock.clone()))
}

/// Through a proxy; in the sandbox, timmy's own program stands for it.
fn reach(endpoints: Vec<Endpoint>) -> Result<Reach, AgentTrouble> {
    let program = std::env::current_exe();
    let program = program.map_err(|why| AgentTrouble::CannotRun(format!("its proxy: {why}")))?;
    Ok(Reach::new(endpoints, program))
}
