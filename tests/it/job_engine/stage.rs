//! A forge with issues, a timmy, and agents that do what the test says.

use std::sync::Arc;
use std::time::Duration;

use timmy::clock::Clock as _;
use timmy::core::jobs::{
    CancelReason, Draw, Job, JobEvent, JobId, JobLimits, NewJob, Origin, Purpose, StateKind,
    StepTime,
};
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::engine::JobDrivers;
use timmy::guard_runs::GuardHost;
use timmy::sandbox::{Mode, Sandbox};
use timmy::store::jobs::{self, StoredAttempt};
use tokio::sync::OnceCell;

use super::scripted::{Scripted, ScriptedForge};
use crate::support::app::App;
use crate::support::clock::{HOUR, SECOND};
use crate::support::config::Config;
use crate::support::forge::{DOOR, found};

pub struct Stage {
    pub app: App,
    pub ezra: Scripted,
    pub bezalel: Scripted,
    pub forge: ScriptedForge,
    repo: OnceCell<RepoId>,
}

/// Eight issues, an agent ezra that takes one job at a time, and bezalel, of another family, that
/// takes two. timmy sleeps.
async fn stage_where(more: impl FnOnce(&Sandbox), change: impl FnOnce(Config) -> Config) -> Stage {
    let furnish = |sandbox: &Sandbox| {
        let token = found(sandbox, "foundation", &[DOOR]);
        for login in ["anna", "ezra", "bezalel"] {
            sandbox.add_user(login);
            sandbox.collaborator(DOOR, login, Mode::Write).unwrap();
        }
        for n in 1..=8 {
            sandbox.open_issue("alexander", DOOR, &format!("Door {n}"), "It squeaks.").unwrap();
        }
        more(sandbox);
        token
    };
    let app = App::asleep(furnish, |config| {
        let config = config
            .agent("ezra", ["coder"])
            .its("family", "one")
            .its("host", "mac")
            .agent("bezalel", ["coder"])
            .its("family", "two")
            .its("capacity", 2)
            .with("dispatch.per_repository", 8);
        change(config)
    });
    let mut app = app.await;
    let (ezra, bezalel, forge) = (Scripted::new(), Scripted::new(), ScriptedForge::default());
    let agents: [(&str, Scripted); 2] = [("ezra", ezra.clone()), ("bezalel", bezalel.clone())];
    app.timmy.drivers = JobDrivers {
        agents: agents.map(|(name, agent)| (name.to_owned(), Arc::new(agent) as _)).into(),
        forge: Some(Arc::new(forge.clone())),
        guards: None,
    };
    app.clock.advance(HOUR);
    Stage { app, ezra, bezalel, forge, repo: OnceCell::new() }
}

/// The same, before timmy is started.
pub async fn asleep() -> Stage {
    stage_where(|_| {}, |config| config).await
}

/// The same, whose jobs are read and written on the forge itself, where both agents may write, with
/// this furniture beside it and these changes of the configuration.
pub async fn live(furnish: impl FnOnce(&Sandbox), change: impl FnOnce(Config) -> Config) -> Stage {
    let mut stage = stage_where(furnish, change).await;
    stage.app.timmy.drivers.forge = None;
    stage.app.wake().await;
    stage
}

/// The same, whose guards run on another host.
pub async fn live_with_guards_on(
    host: Arc<dyn GuardHost>,
    furnish: impl FnOnce(&Sandbox),
    change: impl FnOnce(Config) -> Config,
) -> Stage {
    let mut stage = stage_where(furnish, change).await;
    stage.app.timmy.drivers.forge = None;
    stage.app.timmy.drivers.guards = Some(host);
    stage.app.wake().await;
    stage
}

/// The same, which wakes this long after all of that was there.
pub async fn live_after(
    span: Duration,
    furnish: impl FnOnce(&Sandbox),
    change: impl FnOnce(Config) -> Config,
) -> Stage {
    let mut stage = stage_where(furnish, change).await;
    stage.app.timmy.drivers.forge = None;
    stage.app.clock.advance(span);
    stage.app.wake().await;
    stage
}

/// The same; timmy has read the backlog and knows its agents.
pub async fn awake() -> Stage {
    awake_where(|config| config).await
}

/// The same with these changes of the configuration.
pub async fn awake_where(change: impl FnOnce(Config) -> Config) -> Stage {
    let mut stage = stage_where(|_| {}, change).await;
    stage.app.wake().await;
    stage
}

impl Stage {
    pub async fn repo(&self) -> RepoId {
        let find = || async {
            let tracked = self.app.timmy.read(timmy::store::backlog::tracked).await;
            tracked.into_iter().next().expect("a repository").id
        };
        *self.repo.get_or_init(find).await
    }

    fn step_time(&self) -> StepTime {
        StepTime { at: self.app.clock.now(), chance: Draw(0) }
    }

    /// alexander assigns an issue: to this agent, if one is named.
    pub async fn assign(&self, number: i64, agent: Option<&str>) -> JobId {
        self.assign_within(number, agent, JobLimits::default()).await
    }

    pub async fn assign_within(
        &self,
        number: i64,
        agent: Option<&str>,
        limits: JobLimits,
    ) -> JobId {
        let by = Origin::Person("alexander".to_owned());
        self.create(NewJob { limits, ..self.order(number, agent, by).await }).await
    }

    /// Something that no comment asked for makes a job of an issue: its card claims it.
    pub async fn begin_unasked(&self, number: i64) -> JobId {
        let order = self.order(number, None, Origin::Match).await;
        let (new, now) = (NewJob { claims_by_card: true, ..order }, self.app.clock.now());
        let made = self.app.timmy.write(move |tx| {
            let made = jobs::create(tx, &new, now)?.expect("no other job");
            jobs::refresh_card(tx, made.spec.id, now)?;
            Ok(made.spec.id)
        });
        let id = made.await;
        self.go().await;
        id
    }

    /// timmy gives out an issue by itself.
    pub async fn start_by_itself(&self, number: i64) -> JobId {
        self.create(self.order(number, None, Origin::Match).await).await
    }

    async fn order(&self, number: i64, agent: Option<&str>, origin: Origin) -> NewJob {
        NewJob {
            adopts: None,
            claims_by_card: false,
            crew: None,
            thread: ThreadId { repo: self.repo().await, number }.into(),
            purpose: Purpose::Code,
            role: "coder".to_owned(),
            origin,
            agent: agent.map(str::to_owned),
            limits: JobLimits::default(),
            budget: None,
        }
    }

    pub async fn create(&self, new: NewJob) -> JobId {
        let now = self.app.clock.now();
        let made = self.app.timmy.write(move |tx| jobs::create(tx, &new, now)).await;
        self.go().await;
        made.unwrap().spec.id
    }

    /// Lets timmy see what changed.
    pub async fn go(&self) {
        self.app.timmy.engine().notify();
        self.app.quiet().await;
    }

    pub async fn wait(&self, span: Duration) {
        self.app.wait(span).await;
    }

    /// Lets time pass in small steps, as it does.
    pub async fn pass(&self, span: Duration, step: Duration) {
        let mut passed = Duration::ZERO;
        while passed < span {
            self.wait(step).await;
            passed += step;
        }
    }

    pub async fn tell(&self, id: JobId, event: JobEvent) {
        let now = self.step_time();
        let told = self.app.timmy.write(move |tx| jobs::advance(tx, id, None, event, now)).await;
        told.unwrap();
        self.go().await;
    }

    pub async fn cancel(&self, id: JobId) {
        let by = CancelReason::Person("alexander".to_owned());
        self.tell(id, JobEvent::Cancel(by)).await;
    }

    pub async fn job(&self, id: JobId) -> Job {
        self.app.timmy.read(move |conn| jobs::get(conn, id)).await.expect("a job").job
    }

    pub async fn kind(&self, id: JobId) -> StateKind {
        self.job(id).await.state.kind()
    }

    pub async fn attempts(&self, id: JobId) -> Vec<StoredAttempt> {
        self.app.timmy.read(move |conn| jobs::attempts(conn, id)).await
    }

    /// What timmy cannot do before it has it: a follow-up is due within this.
    pub async fn follow(&self) {
        self.wait(SECOND * 11).await;
    }

    /// Each history gives the job that is stored, and nothing was ever begun twice.
    pub async fn end(mut self) {
        let wrong = self.app.timmy.read(jobs::rebuilt).await;
        assert_eq!(wrong, []);
        for agent in [&self.ezra, &self.bezalel] {
            for (key, times) in &agent.script().begun {
                assert_eq!(*times, 1, "{key} was begun {times} times");
            }
        }
        self.app.timmy.stop().await;
    }
}
