//! A running timmy: the ledger, the engine and the listener, wired together and stopped together.

mod error;
mod listen;
mod own_pages;
mod traces;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Time;
use tokio_util::sync::CancellationToken;

pub use self::error::AppError;
use self::listen::{Listening, bind, serve};
use self::own_pages::OwnPages;
use self::traces::Traces;
use crate::agents::{self, Agent};
use crate::chance::Chance;
use crate::clock::{Clock, SystemClock};
use crate::config::{
    AgentConfig, AgentKind, Config, CrewConfig, CrewEngine, KindName, NotifyConfig, OnYes,
    PeopleConfig, WebhookConfig,
};
use crate::core::decisions::TakeOver;
use crate::core::handlers::CrewRules;
use crate::core::policy::controls::AgentProfile;
use crate::core::report::Hours;
use crate::engine::{
    AgentTerms, Context, Engine, JobDrivers, JobPolicy, Notify, Policy, Report, RunPlaces, Timing,
    WorksBy,
};
use crate::gitea::signature::Keys;
use crate::gitea::{self, ClientOptions, Gitea, Token};
use crate::guard_runs::GuardHost;
use crate::store::Ledger;
use crate::temporal::{self, RemoteHosts, TemporalRunner};
use crate::tracer::Tracer;
use crate::web::{self, Introduced, ListenerLimits, Receiver, Tls, WebhookResults, WebhookState};

/// By which clocks it works.
pub struct Clocks {
    /// What is due is told by this one.
    pub engine: Arc<dyn Clock>,
    /// Requests to the forge are paced by this one. In tests the first stands still, and requests
    /// go on.
    pub client: Arc<dyn Clock>,
}

impl Clocks {
    /// The machine's own.
    pub fn system() -> Self {
        Self { engine: Arc::new(SystemClock), client: Arc::new(SystemClock) }
    }
}

/// timmy, ready to run.
pub struct App {
    /// What does the work.
    pub engine: Arc<Engine>,
    /// What the forge calls.
    listener: Option<Listening>,
    /// What operators look at.
    own: Option<Listening>,
    /// Where workers of other hosts come, and what is shown to them over TLS.
    desk: Option<Listening>,
    desk_tls: Option<Tls>,
    desk_limits: ListenerLimits,
    /// What keeps time for jobs, if that is not the engine itself.
    runner: Option<TemporalRunner>,
    /// What becomes of traces.
    traces: Traces,
}

impl App {
    /// Opens the ledger, binds the listener; nothing is heard or done yet.
    ///
    /// # Errors
    /// If one of these cannot be had.
    pub async fn new(config: &Config, clocks: Clocks) -> Result<Self, AppError> {
        Self::made(config, clocks, None).await
    }

    /// The same, with others to do the work.
    ///
    /// # Errors
    /// As [`App::new`].
    pub async fn with(
        config: &Config,
        clocks: Clocks,
        drivers: JobDrivers,
    ) -> Result<Self, AppError> {
        Self::made(config, clocks, Some(drivers)).await
    }

    async fn made(
        config: &Config,
        clocks: Clocks,
        drivers: Option<JobDrivers>,
    ) -> Result<Self, AppError> {
        if config.engine.temporal().is_some() {
            temporal::is_built()?;
        }
        let clock = clocks.engine.clone();
        let gitea = client(config, &clocks)?;
        let ledger = Ledger::open(&config.ledger.path)?;
        let hosts = hosts(config, &gitea, &clock, &ledger)?;
        let remote = hosts.as_ref().map(Elsewhere::of).unwrap_or_default();
        let names = remote.agents.keys().cloned().collect();
        let traces = Traces::of(config)?;
        let world = (clocks, gitea, traces.tracer());
        let engine = engine_with(config, ledger.clone(), world, drivers, remote)?;
        let begun = ledger.read(move |conn| temporal::begun_otherwise(conn, &names)).await?;
        if let Some(begun) = begun {
            return Err(begun.into());
        }
        let server = config.engine.temporal();
        let runner = server.map(|server| TemporalRunner::new(server, &engine, hosts.as_ref()));
        let runner = runner.transpose()?;
        let desk = match &hosts {
            None => None,
            Some(hosts) => {
                let router = hosts.router().ok_or_else(no_client)?;
                Some((bind(&hosts.listen().to_string()).await?, router))
            }
        };
        let desk_limits = ListenerLimits::of_desk(config.worker_lines())?;
        let desk_tls = match (&desk, &config.worker.tls) {
            (Some(_), Some(files)) => Some(Tls::read(&files.certificate, &files.key)?),
            _ => None,
        };
        let knows = engine.clone();
        let introduced: Introduced = Arc::new(move || knows.own_account().is_some());
        let results: Arc<WebhookResults> = Arc::default();
        let watched = OwnPages { config, ledger: &ledger, engine: &engine, clock: &clock };
        let own = watched.listener(&introduced, &results).await?;
        let listener = match &config.webhook {
            None => None,
            Some(webhook) => {
                let (rings, sees) = (engine.clone(), engine.clone());
                let router = web::router(WebhookState {
                    ledger,
                    clock,
                    reader: engine.reader(),
                    receiver: receiver(webhook, ListenerLimits::of_this_process()),
                    heard: Box::new(move || rings.notify()),
                    is_person: Box::new(move |account| sees.is_person(account)),
                    introduced,
                    results,
                });
                Some((bind(&webhook.listen.to_string()).await?, router))
            }
        };
        Ok(Self { engine, listener, own, desk, desk_tls, desk_limits, runner, traces })
    }

    /// Where it listens, if it does.
    pub fn address(&self) -> Option<std::net::SocketAddr> {
        self.listener.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Where operators look at it, if they can.
    pub fn own_address(&self) -> Option<std::net::SocketAddr> {
        self.own.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Works until `stop`: then it hears no more, finishes within [`DRAIN`](crate::engine::DRAIN) what it has begun, and ends.
    ///
    /// # Errors
    /// If the ledger fails. Nothing that the forge or strangers do ends it.
    pub async fn run(self, stop: CancellationToken) -> Result<(), AppError> {
        let engine = self.engine;
        let sending = self.traces.begin();
        // To be ready early: the first text would ask for it anyway.
        let knows = engine.clone();
        let known = tokio::spawn(async move { knows.introduce().await });
        let heard = serve(self.listener, None, ListenerLimits::of_this_process(), &stop);
        let shown = serve(self.own, None, ListenerLimits::of_own_pages(), &stop);
        // What ends with timmy is followed to its end: jobs are looked at until then, and workers asked.
        let over = CancellationToken::new();
        let _over = over.clone().drop_guard();
        let working = async {
            let ended = engine.run(stop.clone()).await.map_err(AppError::from);
            over.cancel();
            ended
        };
        let keeping_time = async {
            if let Some(runner) = self.runner {
                runner.run(over.clone()).await;
            }
            Ok(())
        };
        let asked = serve(self.desk, self.desk_tls, self.desk_limits, &over);
        let ended = tokio::try_join!(heard, shown, asked, working, keeping_time).map(drop);
        known.abort();
        // What was traced until now is sent as well, if that takes no time.
        sending.end().await;
        ended
    }
}

/// What workers do on other hosts.
#[derive(Default)]
struct Elsewhere {
    agents: BTreeMap<String, Arc<dyn Agent>>,
    guards: Option<Arc<dyn GuardHost>>,
}

impl Elsewhere {
    fn of(hosts: &RemoteHosts) -> Self {
        Self { agents: hosts.agents(), guards: hosts.guards() }
    }
}

/// What of this configuration workers do, if there is anything.
fn hosts(
    config: &Config,
    gitea: &Gitea,
    clock: &Arc<dyn Clock>,
    ledger: &Ledger,
) -> Result<Option<RemoteHosts>, AppError> {
    let hosts = RemoteHosts::of(config, gitea, clock, ledger)
        .map_err(|(agent, trouble)| AppError::Agent { agent, trouble })?;
    let is_away = |agent: &&AgentConfig| matches!(agent.kind, AgentKind::Elsewhere { .. });
    match (config.agents.iter().find(is_away), &config.guards.away) {
        (Some(agent), _) if hosts.is_none() => Err(AppError::NoWorkers(agent.name.clone())),
        (None, Some(host)) if hosts.is_none() => Err(AppError::NoGuardWorker(host.clone())),
        _ => Ok(hosts),
    }
}

/// Who reads the deliveries of this configuration.
pub(super) fn receiver(webhook: &WebhookConfig, limits: ListenerLimits) -> Receiver {
    let keys = Keys::new(webhook.secrets.iter().map(|one| (&one.secret, one.scope.clone())));
    Receiver::new(keys, usize::try_from(webhook.max_body).unwrap_or(usize::MAX), limits)
}

/// The engine of this configuration, and its ledger; nothing is heard or done yet. Without `drivers`
/// the configured agents do the work.
pub(super) fn engine(
    config: &Config,
    clocks: Clocks,
    drivers: Option<JobDrivers>,
) -> Result<(Ledger, Arc<Engine>), AppError> {
    let gitea = client(config, &clocks)?;
    let ledger = Ledger::open(&config.ledger.path)?;
    let world = (clocks, gitea, Tracer::default());
    let engine = engine_with(config, ledger.clone(), world, drivers, Elsewhere::default())?;
    Ok((ledger, engine))
}

/// The forge, as timmy's own account sees it.
fn client(config: &Config, clocks: &Clocks) -> Result<Gitea, AppError> {
    let mut options =
        ClientOptions::new(config.gitea.url.clone(), Token::new(config.gitea.token.expose())?);
    if let Ok(pace) = config.gitea.requests_per_second.try_into() {
        options.requests_per_second = pace;
    }
    options.clock = clocks.client.clone();
    let secret = config.gitea.token.clone();
    options.reload = Arc::new(move || Token::new(secret.reread()?.expose()).ok());
    Ok(Gitea::new(options)?)
}

fn no_client() -> AppError {
    gitea::Error::Setup("no client for what workers fetch".to_owned()).into()
}

/// The same over this ledger, with what is done on other hosts beside that of this one.
fn engine_with(
    config: &Config,
    ledger: Ledger,
    (clocks, gitea, tracer): (Clocks, Gitea, Tracer),
    drivers: Option<JobDrivers>,
    remote: Elsewhere,
) -> Result<Arc<Engine>, AppError> {
    let timing = Timing { settle: config.gitea.settle, recheck: config.gitea.recheck };
    let policy = Policy {
        people: config.people.authority(&config.agents),
        agents: config.agents.iter().map(known).collect(),
        workers: config.workers(),
        limits: config.limits(),
        rules: config.rules(),
        dispatch: config.dispatch.clone(),
        watch: config.gitea.watch.clone(),
        poll: config.poll,
        acceptance: config.score.acceptance.clone(),
        zone: config.people.timezone.clone(),
        report: report(config),
        routines: config.routines.clone(),
        notify: notify(config),
        jobs: job_policy(config, &gitea)?,
        crew: crew_rules(config),
        guards: config.guards.clone(),
        places: RunPlaces {
            runs: config.runs_folder(),
            secrets: config.secret_files(),
            confines_agents: config.confined_agents().next().is_some(),
        },
    };
    let world = (clocks.engine, Chance::default());
    let drivers = match drivers {
        Some(drivers) => drivers,
        None => {
            let mut agents = configured(config, &gitea, &world)?;
            agents.extend(remote.agents);
            JobDrivers { agents, forge: None, guards: remote.guards }
        }
    };
    let ctx = Context::new(ledger, gitea, world, policy, timing).traced(tracer);
    Ok(Engine::new(ctx, drivers))
}

/// The agents of this configuration.
fn configured(
    config: &Config,
    gitea: &Gitea,
    (clock, chance): &(Arc<dyn Clock>, Chance),
) -> Result<BTreeMap<String, Arc<dyn Agent>>, AppError> {
    agents::fleet(config, gitea, clock, chance)
        .map_err(|(agent, trouble)| AppError::Agent { agent, trouble })
}

fn job_policy(config: &Config, gitea: &Gitea) -> Result<JobPolicy, AppError> {
    let terms = |agent: &AgentConfig| {
        let own = agents::own_account(agent, gitea)
            .map_err(|trouble| AppError::Agent { agent: agent.name.clone(), trouble })?;
        let terms = AgentTerms {
            account: agent.account.clone(),
            family: agent.family.clone(),
            own,
            timeouts: config.timeouts(agent),
            terms: config.charge_terms(agent),
            repositories: agent.repositories.clone(),
            is_unconfined: agent.is_unconfined(),
            needs_thread: matches!(agent.kind, AgentKind::Forge),
            works_by: match agent.kind.name() {
                KindName::OpenAi => WorksBy::Tools,
                KindName::Acp | KindName::Command | KindName::CrewAi => WorksBy::Clone,
                KindName::Hermes | KindName::Forge => WorksBy::Pushing,
            },
        };
        Ok((agent.name.clone(), terms))
    };
    let mut forge = config.gitea.url.clone();
    if !forge.path().ends_with('/') {
        forge.set_path(&format!("{}/", forge.path()));
    }
    Ok(JobPolicy {
        forge,
        agents: config.agents.iter().map(terms).collect::<Result<_, AppError>>()?,
        budgets: config.budgets(),
        start_rules: config.start_rules(),
        limits: config.job_limits(),
        take_over: match config.accept.on_yes {
            OnYes::Merge => Some(TakeOver::Merge),
            OnYes::Review => Some(TakeOver::Review),
            OnYes::Nothing => None,
        },
        remind: config.accept.remind,
        merge_style: config.accept.style.as_str(),
        stop: config.dispatch.timeout.stop,
        redactor: agents::redactor(config),
    })
}

fn crew_rules(config: &Config) -> CrewRules {
    let CrewConfig { engine, manager, ask_plan, rounds } = config.crew.clone();
    let is_crewai = |agent: &&AgentConfig| agent.kind.name() == KindName::CrewAi;
    let members = match engine {
        CrewEngine::Native => None,
        CrewEngine::CrewAi => {
            let those = config.agents.iter().filter(is_crewai);
            Some(those.map(|agent| agent.name.clone()).collect())
        }
    };
    CrewRules { members, manager, ask_plan, rounds }
}

/// The report, if it is wanted.
pub(super) fn report(config: &Config) -> Option<Report> {
    let report = config.report.as_ref()?;
    let PeopleConfig { timezone, quiet_hours, .. } = &config.people;
    Some(Report {
        repository: report.repository.clone(),
        title: report.title.clone(),
        hours: Hours::new(timezone.clone(), report.at, *quiet_hours),
        every: report.every,
    })
}

/// Who is told elsewhere, if anybody is.
fn notify(config: &Config) -> Option<Notify> {
    let NotifyConfig { kind, url, token } = config.notify.clone()?;
    let PeopleConfig { timezone, quiet_hours, .. } = &config.people;
    Some(Notify {
        kind,
        url,
        token,
        hours: Hours::new(timezone.clone(), Time::midnight(), *quiet_hours),
    })
}

/// What people may know of an agent: neither its key nor where it is reached.
pub(super) fn known(agent: &crate::config::AgentConfig) -> AgentProfile {
    AgentProfile {
        name: agent.name.clone(),
        account: agent.account.clone(),
        kind: agent.kind.word().to_owned(),
        roles: agent.roles.iter().map(ToString::to_string).collect(),
        skills: agent.skills.clone(),
        host: agent.host.clone(),
        capacity: agent.capacity,
        price: agent.price.map(|price| (price.input, price.output)),
        prior: agent.prior,
    }
}
