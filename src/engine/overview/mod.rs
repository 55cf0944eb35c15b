//! All of timmy at a moment, and all about one job: what the status page shows.
//!
//! Everything is read through the ledger's readers, in bounded pieces; what comes next is the planner's
//! ranking. Who could read a repository is what the ledger heard last: whoever looks from outside is
//! told only of those that were public then.

mod broken;
mod commands;
mod costs;
mod fleet;
mod in_flight;
mod lens;
mod story;
mod view;
mod waits;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use url::Url;

use self::fleet::KnownAgents;
use self::lens::Lens;
use super::context::Context;
use super::identity::{Identity, remembered};
use super::jobs::Fleet;
use super::planner::Planner;
use crate::core::handlers::{BacklogFacts, BacklogQuery};
use crate::core::jobs::JobId;
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;
use crate::core::policy::audience::Audience;
use crate::core::policy::controls::PauseScope;
use crate::core::reply::Autonomy;
use crate::core::scheduling::RankedBacklog;
use crate::store::{Connection, Error, backlog, controls};

pub use view::{
    AgentLine, AttemptRow, BacklogView, CommandLine, Costs, DayCost, DecisionLine, JobLine,
    JobStory, Listed, Overview, Place, StoryLog, Trouble, Waiting,
};

/// How many issues of the queue are shown.
const NEXT: usize = 15;

/// Looks at all of timmy.
pub(super) struct Overviews {
    ctx: Context,
    identity: Arc<Identity>,
    planner: Arc<Planner>,
    fleet: Arc<Fleet>,
}

/// What one look at the ledger is made with.
struct Look {
    audience: Audience,
    forge: Url,
    now: Timestamp,
    zone: TimeZone,
    /// timmy's name, if the forge has told it.
    name: Option<String>,
}

impl Look {
    fn lens(&self, conn: &Connection) -> Result<Lens, Error> {
        Lens::new(conn, self.audience, self.forge.clone(), (self.now, self.zone.clone()))
    }

    fn name(&self, conn: &Connection) -> Result<String, Error> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        Ok(remembered(conn)?.map_or_else(|| "timmy".to_owned(), |own| own.login))
    }
}

impl Overviews {
    pub(super) fn new(
        ctx: Context,
        identity: Arc<Identity>,
        planner: Arc<Planner>,
        fleet: Arc<Fleet>,
    ) -> Self {
        Self { ctx, identity, planner, fleet }
    }

    fn look(&self, audience: Audience) -> Look {
        let policy = &self.ctx.policy;
        Look {
            audience,
            forge: policy.jobs.forge.clone(),
            now: self.ctx.now(),
            zone: policy.zone.clone(),
            name: self.identity.known().map(|own| own.login.clone()),
        }
    }

    /// All of timmy, as far as the audience may know.
    pub(super) async fn whole(&self, audience: Audience) -> Result<Overview, Error> {
        let (policy, look) = (&self.ctx.policy, self.look(audience));
        let agents = KnownAgents {
            profiles: policy.agents.clone(),
            conditions: self.fleet.conditions(),
            budgets: policy.jobs.budgets,
        };
        let mode = policy.dispatch.autonomy();
        let judged = self.planner.ranking().await?;
        let read = move |conn: &Connection| whole(conn, &look, &agents, (judged, mode));
        self.ctx.ledger.read(read).await
    }

    /// All about a job; none if there is none of which the audience may know.
    pub(super) async fn story(
        &self,
        id: JobId,
        audience: Audience,
    ) -> Result<Option<JobStory>, Error> {
        let look = self.look(audience);
        let read =
            move |conn: &Connection| story::story(conn, &look.lens(conn)?, (id, look.name(conn)?));
        self.ctx.ledger.read(read).await
    }
}

fn whole(
    conn: &Connection,
    look: &Look,
    agents: &KnownAgents,
    (judged, mode): (Arc<RankedBacklog>, Autonomy),
) -> Result<Overview, Error> {
    let (lens, controls) = (look.lens(conn)?, controls::at(conn, look.now)?);
    let backlog = backlog_facts(conn, &lens, judged, mode)?;
    let live = in_flight::live(conn)?;
    let pause = controls.pause_of(&PauseScope::All);
    Ok(Overview {
        name: look.name(conn)?,
        at: lens.said(look.now),
        forge: look.forge.to_string(),
        withholds: look.audience != Audience::Everything,
        waits: waits::waits(conn, &lens)?,
        broken: broken::broken(conn, &lens)?,
        dead: in_flight::dead(conn, &lens)?,
        jobs: Listed { shown: in_flight::lines(conn, &lens, &live.shown)?, more: live.more },
        agents: agents.lines(conn, &lens, &controls, backlog.as_ref())?,
        backlog: backlog.map(|facts| BacklogView { queue: facts.queue(NEXT), mode }),
        pause: pause.map(|pause| fleet::paused(&lens, "all", pause)),
        commands: commands::commands(conn, &lens)?,
        costs: costs::costs(conn, &lens, &controls, agents.budgets)?,
    })
}

/// The backlog, with the names of those issues that are shown and may be named.
fn backlog_facts(
    conn: &Connection,
    lens: &Lens,
    judged: Arc<RankedBacklog>,
    mode: Autonomy,
) -> Result<Option<BacklogFacts>, Error> {
    let (tracked, unread) = (backlog::tracked(conn)?.len(), backlog::unread(conn)?);
    if tracked == unread {
        return Ok(None);
    }
    let mut facts = BacklogFacts::new(judged, unread, mode, []);
    let query = BacklogQuery { next: HashMap::from([(None, NEXT)]), ..BacklogQuery::default() };
    let wanted = query.wanted(&facts, &HashMap::new(), |repo| lens.visible.may_name(repo));
    let wanted: Vec<ThreadId> = wanted.into_iter().collect();
    facts.titles = backlog::titles(conn, &wanted)?;
    Ok(Some(facts))
}
