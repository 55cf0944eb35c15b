//! What keeps work from starting by itself where that is wished: found out, and kept in the ledger,
//! where whoever ranks the backlog finds it.
//!
//! It is asked of what would start, right before that, and asked again after ten minutes. What
//! cannot be found out is no leave to start.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::context::{Context, WorksBy};
use super::guards::{can_confine, host_confines, runs_unconfined};
use super::identity::Identity;
use super::incidents::Incidents;
use super::jobs::{Fleet, JobForge};
use super::permissions::PermissionReader;
use super::repository_policies::{PolicyMode, RepositoryPolicies};
use super::rights::agent_rights;
use crate::config::DispatchMode;
use crate::core::command::verb::Right;
use crate::core::model::account::Account;
use crate::core::model::fixture::{CheckedFixture, FixtureResult, GuardHostTrial};
use crate::core::model::ids::RepoId;
use crate::core::model::incident::Incident;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::reply::AgentRights;
use crate::core::scheduling::{
    Authors, AutoState, Beginning, Match, RankedBacklog, Routine, SuggestReason,
};
use crate::store::{Connection, Error, automatic, backlog, incidents, meta};

/// How long an answer is good.
pub(super) const KEPT: Duration = Duration::from_secs(10 * 60);

/// How long somebody stays a stranger: who are many keep nobody else's issue waiting.
const STRANGE: Duration = Duration::from_secs(60 * 60);

/// Finds out what may start by itself.
pub(super) struct AutomaticWork {
    ctx: Context,
    identity: Arc<Identity>,
    incidents: Arc<Incidents>,
    permissions: Arc<PermissionReader>,
    policies: Arc<RepositoryPolicies>,
    fleet: Arc<Fleet>,
    forge: Arc<dyn JobForge>,
    answers: Mutex<Answers>,
}

/// What was answered, and when.
#[derive(Default)]
struct Answers {
    pairs: HashMap<(String, RepoId), Timestamp>,
    authors: HashMap<(RepoId, i64), Timestamp>,
    /// Whether a default branch is red.
    branches: HashMap<RepoId, Timestamp>,
    /// Whether what agents wrote can be run confined.
    confines: Option<(Timestamp, bool)>,
}

/// What the ledger knows of it.
struct Known {
    state: AutoState,
    repos: Vec<Repo>,
    is_complete: bool,
    is_any_private: bool,
    /// Where jobs that nobody asked for are not over.
    at_work: Vec<RepoId>,
    /// Where jobs of routines are not over.
    routines_at_work: Vec<RepoId>,
    is_other_ledger_noted: bool,
    /// What became of the fixtures of guards, as far as they were tried.
    fixtures: Vec<CheckedFixture>,
    /// The same of the host on which they run, if that is another one.
    guard_host: Option<GuardHostTrial>,
}

impl Known {
    fn read(conn: &Connection) -> Result<Self, Error> {
        let repos = backlog::tracked(conn)?;
        let noted = incidents::all(conn)?;
        Ok(Self {
            state: automatic::state(conn)?,
            is_any_private: repos.iter().any(|repo| repo.private),
            repos,
            is_complete: backlog::is_complete(conn)?,
            at_work: automatic::at_work(conn)?,
            routines_at_work: automatic::routines_at_work(conn)?,
            is_other_ledger_noted: noted.iter().any(|one| one.incident == Incident::OtherLedger),
            fixtures: meta::get(conn, meta::FIXTURES)?.unwrap_or_default(),
            guard_host: meta::get(conn, meta::GUARD_HOST)?,
        })
    }

    /// What became of the fixtures where guards run: on the host `away`, if there is one.
    fn fixtures(&self, away: Option<&str>) -> &[CheckedFixture] {
        let Some(host) = away else { return &self.fixtures };
        let known = self.guard_host.as_ref().filter(|known| known.host == host);
        known.map(|known| known.fixtures.as_slice()).unwrap_or_default()
    }
}

impl AutomaticWork {
    pub(super) fn new(
        ctx: &Context,
        (identity, incidents): (Arc<Identity>, Arc<Incidents>),
        permissions: Arc<PermissionReader>,
        policies: Arc<RepositoryPolicies>,
        (fleet, forge): (Arc<Fleet>, Arc<dyn JobForge>),
    ) -> Self {
        let (ctx, answers) = (ctx.for_background(), Mutex::default());
        Self { ctx, identity, incidents, permissions, policies, fleet, forge, answers }
    }

    /// Whether anything is to start by itself anywhere.
    pub(super) fn is_wished(&self) -> bool {
        let dispatch = &self.ctx.policy.dispatch;
        let is_off = dispatch.mode == DispatchMode::Off || dispatch.auto.is_empty();
        !is_off && !self.fleet.is_empty()
    }

    /// The routines that make jobs.
    fn routines(&self) -> &[Routine] {
        let policy = &self.ctx.policy;
        match policy.dispatch.mode {
            DispatchMode::Off => &[],
            DispatchMode::Suggest => &policy.routines,
        }
    }

    /// Brings up to date what is known of the places where work starts by itself: a place where it
    /// is wished for the first time begins with the present day, once the whole backlog was read.
    pub(super) async fn look(&self) -> Result<(), Error> {
        let known = self.ctx.ledger.read(Known::read).await?;
        let has_routines = !self.routines().is_empty() || !known.routines_at_work.is_empty();
        if known.state == AutoState::default() && !self.is_wished() && !has_routines {
            return Ok(());
        }
        if !known.is_other_ledger_noted && self.incidents.is_open(&Incident::OtherLedger) {
            // A person said that it is over.
            self.incidents.set(Incident::OtherLedger, None).await;
        }
        let mut state = known.state.clone();
        self.name_places(&known, &mut state);
        state.everywhere = self.everywhere(&known).await;
        state.repos = (known.repos.iter())
            .filter(|repo| state.since.contains_key(&repo.id))
            .filter_map(|repo| {
                let unread = known.state.repos.get(&repo.id).copied();
                let unread = unread.filter(|reason| Some(*reason) == self.unread(repo.id));
                Some((repo.id, self.of_repo(repo.id).or(unread)?))
            })
            .collect();
        self.ask_again(&known, &mut state).await;
        self.keep(&known.state, state).await
    }

    fn name_places(&self, known: &Known, state: &mut AutoState) {
        let (now, auto) = (self.ctx.now(), &self.ctx.policy.dispatch.auto);
        let is_named = |repo: &Repo| self.is_wished() && auto.covers(&repo.name, !repo.private);
        for repo in &known.repos {
            match is_named(repo) {
                true if known.is_complete => {
                    let began = now.day_began(&self.ctx.policy.zone);
                    state.since.entry(repo.id).or_insert(began);
                }
                true => {}
                false => drop(state.since.remove(&repo.id)),
            }
        }
        let of_routines = self.routines();
        // What has begun goes on, also of one that is not configured any more.
        let is_routines = |repo: &&Repo| {
            known.routines_at_work.contains(&repo.id)
                || of_routines.iter().any(|of| of.repository == repo.name)
        };
        state.routines = known.repos.iter().filter(is_routines).map(|repo| repo.id).collect();
        let (since, routines) = (&state.since, &state.routines);
        let is_place = |repo: &RepoId| since.contains_key(repo) || routines.contains(repo);
        state.strangers.retain(|repo, _| since.contains_key(repo));
        state.red.retain(|repo| since.contains_key(repo));
        for repos in state.pairs.values_mut() {
            repos.retain(|repo, _| is_place(repo));
        }
        for repos in state.safe.values_mut() {
            repos.retain(is_place);
        }
        state.pairs.retain(|_, repos| !repos.is_empty());
        state.safe.retain(|_, repos| !repos.is_empty());
    }

    /// Why nothing starts anywhere.
    async fn everywhere(&self, known: &Known) -> Option<SuggestReason> {
        let open = self.incidents.all_open();
        let is_broken = |incident: &Incident| {
            matches!(
                incident,
                Incident::BadToken
                    | Incident::MissingScope { .. }
                    | Incident::ForgeDown
                    | Incident::AccountRenamed { .. }
                    | Incident::NameTaken { .. }
                    | Incident::GuardHostAway { .. }
            )
        };
        if known.is_other_ledger_noted {
            Some(SuggestReason::OtherLedger)
        } else if open.iter().any(is_broken) {
            Some(SuggestReason::Broken)
        } else if !self.confines(known).await {
            Some(SuggestReason::NoSandbox)
        } else {
            let away = self.ctx.policy.guards.away.as_deref();
            self.is_guard_broken(known.fixtures(away)).then_some(SuggestReason::GuardBroken)
        }
    }

    /// Whether a script does not do what it is there for, or that is not known.
    fn is_guard_broken(&self, fixtures: &[CheckedFixture]) -> bool {
        let is_good = |script: &str| {
            let tried = fixtures.iter().find(|fixture| fixture.script == script);
            let result = tried.map(|fixture| &fixture.result);
            matches!(result, Some(FixtureResult::None | FixtureResult::Caught))
        };
        self.ctx.policy.guards.scripts.iter().any(|script| !is_good(&script.name))
    }

    /// Whether what agents wrote can be run confined, if anything is to be run.
    async fn confines(&self, known: &Known) -> bool {
        let guards = &self.ctx.policy.guards;
        if let Some(host) = &guards.away {
            return !runs_unconfined(guards)
                && host_confines(guards, host, known.guard_host.as_ref());
        }
        let now = self.ctx.now();
        let fresh = self.answers().confines.filter(|(at, _)| !at.is_over(KEPT, now));
        if let Some((_, confines)) = fresh {
            return confines;
        }
        let policy = &self.ctx.policy;
        if runs_unconfined(&policy.guards) {
            return false;
        }
        let confines = match can_confine(&policy.guards, &policy.places).await {
            Ok(()) => true,
            Err(why) => {
                tracing::warn!(%why, "what agents wrote cannot be run: nothing starts by itself");
                false
            }
        };
        self.answers().confines = Some((now, confines));
        confines
    }

    /// Why nothing starts in a repository, as far as is known.
    fn of_repo(&self, repo: RepoId) -> Option<SuggestReason> {
        let is_broken = [
            Incident::RepoArchived { repo },
            Incident::WriteForbidden { repo },
            Incident::NoDefaultBranch { repo },
        ];
        match self.policies.mode(repo) {
            PolicyMode::Unreadable => Some(SuggestReason::PolicyUnreadable),
            PolicyMode::Less => Some(SuggestReason::Policy),
            PolicyMode::Unread | PolicyMode::Auto => (is_broken.iter())
                .any(|incident| self.incidents.is_open(incident))
                .then_some(SuggestReason::Broken),
        }
    }

    /// Asks again what spoke against a start some time ago; and, where something that nobody asked
    /// for is at work, of every agent that it might go to next.
    async fn ask_again(&self, known: &Known, state: &mut AutoState) {
        let against = state.pairs.iter().flat_map(|(agent, repos)| {
            repos.keys().map(|repo| (agent.clone(), *repo)).collect::<Vec<_>>()
        });
        let agents = self.ctx.policy.jobs.agents.keys();
        let next = agents.flat_map(|agent| known.at_work.iter().map(|repo| (agent.clone(), *repo)));
        let pairs: BTreeSet<(String, RepoId)> = against.chain(next).collect();
        for (agent, repo) in pairs {
            let place = known.repos.iter().find(|one| one.id == repo);
            let Some(place) = place.filter(|_| state.is_place(repo)) else { continue };
            if !self.is_fresh_pair(&agent, repo) {
                let found = self.of_pair(&agent, place).await;
                state.note_pair(&agent, repo, found);
            }
        }
        for place in known.repos.iter().filter(|repo| known.state.red.contains(&repo.id)) {
            if let Some(is_red) = self.is_red(place).await {
                state.note_branch(place.id, is_red);
            }
        }
        // Who they are called now, their next issue tells.
        for (repo, strangers) in &mut state.strangers {
            strangers.retain(|account| self.is_fresh_author(*repo, *account, STRANGE));
        }
        state.strangers.retain(|_, strangers| !strangers.is_empty());
    }

    /// Looks at what would start of `judged`: whether nothing was found that speaks against any of
    /// it. Else it is to be judged anew.
    pub(super) async fn finds_nothing(&self, judged: &RankedBacklog) -> Result<bool, Error> {
        let starts = starting(judged);
        if starts.is_empty() {
            return Ok(true);
        }
        let known = self.ctx.ledger.read(Known::read).await?;
        let mut state = known.state.clone();
        let places: BTreeSet<RepoId> = starts.iter().map(|one| one.thread.repo).collect();
        let places: Vec<Repo> =
            known.repos.iter().filter(|repo| places.contains(&repo.id)).cloned().collect();
        self.policies.refresh(&places).await;
        for place in &places {
            if let Some(reason) = self.of_repo(place.id).or_else(|| self.unread(place.id)) {
                state.repos.insert(place.id, reason);
            }
            if let Some(is_red) = self.is_red(place).await {
                state.note_branch(place.id, is_red);
            }
        }
        for start in starts {
            let Some(place) = places.iter().find(|place| place.id == start.thread.repo) else {
                continue;
            };
            let author = judged.facts(start.thread).and_then(|facts| facts.author.clone());
            if let Some(author) = author
                && !self.is_fresh_author(place.id, author.id, KEPT)
                && !self.is_trusted(&author, place, known.is_any_private).await
            {
                state.strangers.entry(place.id).or_default().insert(author.id);
            }
            let Some(winner) = &start.winner else { continue };
            if !self.is_fresh_pair(&winner.agent, place.id) {
                let found = self.of_pair(&winner.agent, place).await;
                state.note_pair(&winner.agent, place.id, found);
            }
        }
        let is_same = state == known.state;
        self.keep(&known.state, state).await?;
        Ok(is_same)
    }

    /// What could not be read does not say that work may start.
    fn unread(&self, repo: RepoId) -> Option<SuggestReason> {
        (self.policies.mode(repo) == PolicyMode::Unread).then_some(SuggestReason::PolicyUnreadable)
    }

    /// Whether the default branch of a repository is red, asked now; none if that was asked not long
    /// ago, or nobody can tell.
    async fn is_red(&self, repo: &Repo) -> Option<bool> {
        let now = self.ctx.now();
        let asked = self.answers().branches.get(&repo.id).copied();
        if asked.is_some_and(|at| !at.is_over(KEPT, now)) {
            return None;
        }
        self.answers().branches.insert(repo.id, now);
        match self.forge.is_red(repo).await {
            Ok(is_red) => is_red,
            Err(error) => {
                tracing::debug!(repository = %repo.name, %error, "its default branch cannot be read");
                None
            }
        }
    }

    fn is_fresh_pair(&self, agent: &str, repo: RepoId) -> bool {
        let at = self.answers().pairs.get(&(agent.to_owned(), repo)).copied();
        at.is_some_and(|at| !at.is_over(KEPT, self.ctx.now()))
    }

    /// Whether it was asked within `kept` whose issues an author's are.
    fn is_fresh_author(&self, repo: RepoId, account: i64, kept: Duration) -> bool {
        let at = self.answers().authors.get(&(repo, account)).copied();
        at.is_some_and(|at| !at.is_over(kept, self.ctx.now()))
    }

    /// Why an agent is not started in a repository, asked now. What cannot be found out is no leave.
    async fn of_pair(&self, agent: &str, repo: &Repo) -> Option<SuggestReason> {
        let terms = self.ctx.policy.jobs.agents.get(agent);
        let (Some(terms), Some(own)) = (terms, self.identity.known()) else {
            return Some(SuggestReason::RightsUnknown);
        };
        let asker = own.login.clone();
        self.answers().pairs.insert((agent.to_owned(), repo.id), self.ctx.now());
        if terms.is_unconfined {
            // It may take the tokens of whoever may do more.
            return Some(SuggestReason::NoSandbox);
        }
        if terms.works_by != WorksBy::Pushing && terms.own.is_none() {
            // Whatever it does is done by timmy's account: it has nothing to push with.
            return None;
        }
        let who = (terms.account.as_str(), &repo.name);
        match agent_rights((&self.ctx.gitea, &asker), terms.own.as_ref(), who).await {
            AgentRights::Pushes { to_default: Some(true) } => Some(SuggestReason::Unprotected),
            AgentRights::Pushes { to_default: None } | AgentRights::Unknown => {
                Some(SuggestReason::RightsUnknown)
            }
            AgentRights::Pushes { to_default: Some(false) }
            | AgentRights::Reads
            | AgentRights::Nothing => None,
        }
    }

    /// Whether the issues of an author start by themselves. Where everybody's do, a stranger's text
    /// still reaches no agent that may see what is private.
    async fn is_trusted(&self, author: &Account, repo: &Repo, is_any_private: bool) -> bool {
        let authors = &self.ctx.policy.rules.authors;
        let is_named = authors.names().iter().any(|name| author.is(name));
        if is_named {
            return true;
        }
        self.answers().authors.insert((repo.id, author.id), self.ctx.now());
        self.is_one_of_ours(author, repo, is_any_private).await
    }

    /// The same of an author who is not named, asked now.
    async fn is_one_of_ours(&self, author: &Account, repo: &Repo, is_any_private: bool) -> bool {
        let authors = &self.ctx.policy.rules.authors;
        if self.permissions.is_ignored(author) {
            return false;
        }
        if matches!(authors, Authors::Everyone) && !is_any_private {
            return true;
        }
        match self.permissions.right_in(repo, author, Right::Reader).await {
            Ok(right) => right.is_some(),
            Err(error) => {
                tracing::debug!(author = author.login, %error, "whether it is one of ours is unknown");
                false
            }
        }
    }

    /// Whether an author is a person whose issues would start by themselves where that is wished.
    pub(super) async fn trusts(&self, author: &Account, repo: &Repo) -> Result<bool, Error> {
        let known = self.ctx.ledger.read(Known::read).await?;
        let is_named = self.ctx.policy.rules.authors.names().iter().any(|name| author.is(name));
        Ok(!self.permissions.is_ignored(author)
            && (is_named || self.is_one_of_ours(author, repo, known.is_any_private).await))
    }

    /// Keeps what was found since it was as `known`. Of default branches attempts tell as well, which
    /// may have been meanwhile.
    async fn keep(&self, known: &AutoState, mut state: AutoState) -> Result<(), Error> {
        let known = known.red.clone();
        let write = self.ctx.ledger.write(move |tx| {
            let told = automatic::state(tx)?.red;
            state.red.extend(told.difference(&known));
            state.red.retain(|repo| told.contains(repo) || !known.contains(repo));
            automatic::set_state(tx, &state)
        });
        write.await
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What would start by itself, the best first.
pub(super) fn starting(judged: &RankedBacklog) -> Vec<Match> {
    let starts = |choice: &&Match| {
        choice.winner.as_ref().is_some_and(|winner| winner.beginning == Beginning::ByItself)
    };
    judged.choices().iter().filter(starts).cloned().collect()
}
