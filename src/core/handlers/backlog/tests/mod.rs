//! A small backlog, and what is said of it.

mod answers;
mod why;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::core::command::grammar;
use crate::core::command::value::IssueRef;
use crate::core::command::verb::Right;
use crate::core::effect::Effect;
use crate::core::handlers::backlog::*;
use crate::core::handlers::{
    CommandRequest, DecisionFacts, JobFacts, Needs, OtherThread, ReviewFacts, Snapshot, handle,
    needs,
};
use crate::core::model::dependency::WaitsFor;
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::issue::Issue;
use crate::core::model::repository::Repo;
use crate::core::model::text::InboundText;
use crate::core::model::thread::{ThreadState, ThreadTitle};
use crate::core::model::time::Timestamp;
use crate::core::policy::authority::{NamedAccount, People};
use crate::core::policy::authorship::Authorship;
use crate::core::policy::controls::{AgentProfile, ControlChange, Controls, Pause, PauseScope};
use crate::core::reply::{AgentView, Autonomy};
use crate::core::scheduling::testing::{self, now};
use crate::core::scheduling::{
    AgentRecords, AgentSlot, Authors, AutoTerms, IssueFacts, Limits, Load, RankedBacklog,
    RankingInput, Readiness, Roster, Rules, WorkState,
};
use crate::support::facts;
use crate::support::people::account;

const DOOR: RepoId = RepoId(1);
const INFRA: RepoId = RepoId(2);
const CELLAR: RepoId = RepoId(3);

/// A world in which nothing is asked of a forge: three repositories, the last one private.
struct TestWorld {
    roster: Roster,
    rules: Rules,
    titles: HashMap<ThreadId, ThreadTitle>,
    facts: HashMap<ThreadId, IssueFacts>,
    fleet: Controls,
    mode: Autonomy,
    views: HashMap<String, AgentView>,
}

fn days_ago(days: u32) -> Timestamp {
    now().before(days * Duration::from_secs(24 * 60 * 60))
}

fn issue(repo: RepoId, number: i64) -> ThreadId {
    ThreadId { repo, number }
}

fn name(repo: RepoId) -> RepoName {
    let name = match repo {
        DOOR => "foundation/door",
        INFRA => "foundation/infra",
        _ => "foundation/cellar",
    };
    name.parse().expect("a name")
}

fn title_of(repo: RepoId, title: &str) -> ThreadTitle {
    let repo = Repo { id: repo, name: name(repo), private: repo == CELLAR };
    ThreadTitle { repo, title: title.into(), is_pull: false }
}

fn worker(name: &str, roles: &[&str], capacity: u32) -> AgentSlot {
    AgentSlot {
        name: name.into(),
        roles: roles.iter().map(ToString::to_string).collect(),
        skills: Vec::new(),
        host: None,
        pool: None,
        capacity,
        prior: 500_000,
        is_up: true,
        is_spent: false,
        ..AgentSlot::default()
    }
}

impl TestWorld {
    fn new(workers: Vec<AgentSlot>) -> Self {
        let limits = Limits {
            per_host: 4,
            per_repository: 9,
            reviews_waiting: 5,
            minimum: 5_000_000,
            issue_micro_usd: None,
            pools: Vec::new(),
        };
        let (load, outcomes) = (Load::default(), AgentRecords::default());
        let rules = Rules { machines: Vec::new(), ..testing::rules() };
        Self {
            rules,
            roster: Roster {
                workers,
                limits,
                load,
                outcomes,
                small_handed_out: 0,
                until: None,
                auto: AutoTerms::default(),
            },
            titles: HashMap::new(),
            facts: HashMap::new(),
            fleet: Controls::default(),
            mode: Autonomy::Suggest,
            views: HashMap::new(),
        }
    }

    /// The backlog of the examples: four ready, the second of them in a private repository, and
    /// three that are not.
    fn usual() -> Self {
        let mut world =
            Self::new(vec![worker("ezra", &["coder"], 2), worker("groq", &["reviewer"], 1)]);
        world.opens(DOOR, 44, "Session test flaky").labels = ["priority/p1".into()].into();
        world.opens(CELLAR, 7, "Where the gold is").labels = ["priority/p1".into()].into();
        world.opens(INFRA, 14, "Disk alarm").labels = ["priority/p2".into()].into();
        world.opens(DOOR, 31, "Dark mode");
        world.opens(DOOR, 47, "Logout leaves cookie").waits_for = vec![issue(DOOR, 44)];
        let docs = world.opens(DOOR, 29, "Docs");
        (docs.held, docs.readiness) = (true, Readiness::default());
        world.opens(INFRA, 3, "Wishes").waits_for = vec![issue(DOOR, 47)];
        world
    }

    /// An issue that rita opened a week ago. Its text says what is to be done, and no more.
    fn opens(&mut self, repo: RepoId, number: i64, title: &str) -> &mut IssueFacts {
        let thread = issue(repo, number);
        self.titles.insert(thread, title_of(repo, title));
        self.facts.entry(thread).or_insert(IssueFacts {
            thread,
            author: Some(account("rita").into()),
            created_at: days_ago(7),
            opened_at: days_ago(7),
            ..testing::facts(number)
        })
    }

    /// What is known of an issue of the door.
    fn of(&mut self, number: i64) -> &mut IssueFacts {
        self.facts.get_mut(&issue(DOOR, number)).expect("it is there")
    }

    /// What is said to `line` in the door's 44th issue; in public, unless it is asked in private.
    fn ask(&self, line: &str) -> String {
        let inbound = InboundText { number: 44, ..facts::comment(1, now(), line) };
        let reading = grammar::read("timmy", line);
        let snapshot = self.snapshot(&inbound, &needs(&reading, None));
        let asked = CommandRequest {
            inbound: &inbound,
            key: "c1",
            actor: &account("anna"),
            right: Some(Right::Owner),
            is_lent: false,
            authorship: Authorship::Author,
            verdict: None,
        };
        let changes = handle(asked, &reading, &snapshot);
        let last = changes.effects.last().map(|keyed| &keyed.effect);
        let Some(Effect::Comment(comment)) = last else { panic!("no reply: {changes:?}") };
        let text = comment.body.text();
        text.trim_end_matches("\n\n<!-- timmy key=c1 -->").to_owned()
    }

    fn snapshot(&self, inbound: &InboundText, needs: &Needs) -> Snapshot {
        let target = |reference: &IssueRef| {
            let repo =
                [DOOR, INFRA].into_iter().find(|id| Some(&name(*id)) == reference.repo.as_ref());
            let thread = issue(repo.unwrap_or(DOOR), reference.number);
            (reference.clone(), self.target(thread))
        };
        let look = needs.backlog.clone().unwrap_or_default();
        let targets: HashMap<_, _> = needs.targets.iter().map(target).collect();
        let mut backlog = self.backlog(&look, inbound, &targets);
        let repos = needs.repos.iter().filter(|repo| **repo != name(CELLAR));
        let repo =
            |name: &RepoName| Repo { id: repo_called(name), name: name.clone(), private: false };
        let repos: HashMap<_, _> = repos.map(|name| (name.clone(), repo(name))).collect();
        let wanted = look.wanted(&backlog, &repos, |repo| repo != CELLAR);
        backlog.titles.retain(|thread, _| wanted.contains(thread));
        Snapshot {
            now: now(),
            zone: TimeZone::UTC,
            own: "timmy".into(),
            people: Arc::new(People {
                owner: NamedAccount::unseen("alexander"),
                ..People::default()
            }),
            agents: self.roster.workers.iter().map(agent).collect(),
            scripts: Vec::new(),
            views: self.views.clone(),
            fleet: self.fleet.clone(),
            item: Some(facts::issue(inbound.number, now())),
            assignable: Vec::new(),
            blockers: None,
            targets,
            circles: HashMap::new(),
            accounts: HashMap::new(),
            repos,
            digests: HashMap::new(),
            backlog: Some(backlog),
            jobs: JobFacts::default(),
            decisions: DecisionFacts::default(),
            review: ReviewFacts::default(),
            state: ThreadState::default(),
            recent: Vec::new(),
            pending: None,
        }
    }

    fn setting(&self) -> RankingInput {
        let (zone, rules, roster) = (TimeZone::UTC, self.rules.clone(), self.roster.clone());
        RankingInput { now: now(), zone, rules, pauses: self.fleet.pauses.clone(), roster }
    }

    fn backlog(
        &self,
        look: &BacklogQuery,
        inbound: &InboundText,
        targets: &HashMap<IssueRef, OtherThread>,
    ) -> BacklogFacts {
        let asked = look.cases.iter().map(|case| match case {
            None => inbound.thread(),
            Some(reference) => targets[reference].thread,
        });
        let judged = RankedBacklog::new(self.facts.values().cloned().collect(), self.setting());
        let mut backlog = BacklogFacts::new(Arc::new(judged), 0, self.mode, asked);
        backlog.titles = self.titles.clone();
        backlog
    }

    fn target(&self, thread: ThreadId) -> OtherThread {
        OtherThread {
            thread,
            repo: name(thread.repo),
            here: thread.repo == DOOR,
            same_readers: true,
            left_out: None,
            item: Issue {
                title: self.titles[&thread].title.clone(),
                ..facts::issue(thread.number, now())
            },
            assignable: Vec::new(),
            blockers: WaitsFor::default(),
            state: ThreadState::default(),
            recent: Vec::new(),
        }
    }
}

fn repo_called(called: &RepoName) -> RepoId {
    [DOOR, INFRA, CELLAR].into_iter().find(|id| name(*id) == *called).expect("one of three")
}

fn agent(worker: &AgentSlot) -> AgentProfile {
    AgentProfile {
        name: worker.name.clone(),
        account: worker.name.clone(),
        kind: "forge".into(),
        roles: worker.roles.clone(),
        skills: worker.skills.clone(),
        host: worker.host.clone(),
        capacity: worker.capacity,
        price: (worker.name == "groq").then_some((590_000, 790_000)),
        prior: worker.prior,
    }
}
