//! Agents at work in a conversation: what the engine would tell the ledger of them, told by hand.

use timmy::clock::Clock as _;
use timmy::core::guards::ExaminedChange;
use timmy::core::jobs::evidence::Finding;
use timmy::core::jobs::money::{Tokens, Usage};
use timmy::core::jobs::{
    AgentClaim, Commit, Draw, Fence, Job, JobEvent, JobId, OutcomeDigest, Progress,
    ResultJudgement, StepTime, Verdict,
};
use timmy::core::model::ids::ThreadId;
use timmy::store::jobs::LeaseRequest;
use timmy::store::repos;
use timmy::store::{Connection, Transaction, jobs};

use crate::conversations::talk::Talk;
use crate::jobs::stage::bid;
use crate::support::forge::DOOR;

/// A job at the door, and the agent that has it.
pub struct Work<'t> {
    talk: &'t Talk,
    pub id: JobId,
    pub fence: Fence,
    /// What the guards see of what it brings.
    pub change: Option<ExaminedChange>,
}

/// What an attempt used.
pub const USED: Usage =
    Usage { tokens: Some(Tokens { input: 90_000, output: 12_000 }), micro_usd: Some(412_000) };

impl Talk {
    /// The engine would have given the ledger its name.
    pub async fn introduce(&self) {
        self.timmy.write(|tx| jobs::introduce(tx, "t-1").map(drop)).await;
    }

    fn moment(&self) -> StepTime {
        StepTime { at: self.clock.now(), chance: Draw(0) }
    }

    /// The job of an issue at the door, as it stands.
    pub async fn job(&self, number: i64) -> Job {
        let read = move |conn: &Connection| {
            let door = repos::all(conn)?.into_iter().find(|repo| repo.name.to_string() == DOOR);
            let thread = ThreadId { repo: door.expect("the door").id, number };
            let id = jobs::latest_in(conn, thread)?.expect("a job");
            Ok(jobs::get(conn, id)?.expect("the job").job)
        };
        self.timmy.read(read).await
    }

    /// The job that reviews a pull request at the door, as it stands.
    pub async fn review_job(&self, number: i64) -> Job {
        let read = move |conn: &Connection| {
            let door = repos::all(conn)?.into_iter().find(|repo| repo.name.to_string() == DOOR);
            let thread = ThreadId { repo: door.expect("the door").id, number };
            let id = jobs::latest_review_in(conn, thread)?.expect("a review");
            Ok(jobs::get(conn, id)?.expect("the job").job)
        };
        self.timmy.read(read).await
    }

    /// `agent` begins with the job of the door's first issue.
    pub async fn works(&self, agent: &str) -> Work<'_> {
        self.works_on(1, agent).await
    }

    /// `agent` begins with the job of a thread at the door.
    pub async fn works_on(&self, number: i64, agent: &str) -> Work<'_> {
        self.works_by(number, bid(agent)).await
    }

    /// The same of an agent that cannot be told anything while it works.
    pub async fn works_unheard(&self, agent: &str) -> Work<'_> {
        self.works_by(1, LeaseRequest { can_be_told: false, ..bid(agent) }).await
    }

    async fn works_by(&self, number: i64, bid: LeaseRequest) -> Work<'_> {
        let job = self.job(number).await;
        let (id, now) = (job.spec.id, self.moment());
        let begin = move |tx: &Transaction<'_>| {
            if matches!(job.state, timmy::core::jobs::State::BackingOff(_)) {
                jobs::advance(tx, id, None, JobEvent::Due, now)?.expect("it is due");
            }
            let (lease, _) = jobs::lease(tx, id, &bid, now)?.expect("a lease");
            jobs::start(tx, &lease, &bid, now)?.expect("a start");
            Ok(lease.fence())
        };
        let fence = self.timmy.write(begin).await;
        let work = Work { talk: self, id, fence, change: None };
        work.says(Progress::Accepted).await;
        work
    }

    /// What an answer of timmy's with this place among all comments says now, without its marker.
    pub fn comment(&self, nth: usize) -> String {
        let all = self.sandbox.comments(DOOR, 1).unwrap();
        self.reads(&all);
        all[nth].body.split("\n\n<!-- timmy").next().unwrap().to_owned()
    }

    /// All jobs are what their histories make of them.
    pub async fn jobs_are_sound(&self) {
        assert_eq!(self.timmy.read(jobs::rebuilt).await, []);
    }
}

impl Work<'_> {
    pub async fn says(&self, progress: Progress) {
        self.happens(JobEvent::Attempt(self.fence, progress)).await;
    }

    pub async fn happens(&self, event: JobEvent) {
        let (id, now) = (self.id, self.talk.moment());
        let step =
            move |tx: &Transaction<'_>| Ok(jobs::advance(tx, id, None, event, now)?.map(drop));
        self.talk.timmy.write(step).await.expect("a step that is possible");
        self.talk.timmy.engine().notify();
        self.talk.quiet().await;
    }

    /// It ends and claims a pull request; the forge shows that, or not.
    pub async fn delivers(&self, pull: i64, verdict: Verdict) {
        let claim = AgentClaim::PullRequest { number: Some(pull), commit: None };
        self.says(Progress::Ended { claim, usage: USED }).await;
        self.is_judged(pull, verdict).await;
    }

    /// The same of this commit.
    pub async fn delivers_on(&self, commit: &str, pull: i64, verdict: Verdict) {
        let claim = AgentClaim::PullRequest { number: Some(pull), commit: None };
        self.says(Progress::Ended { claim, usage: USED }).await;
        self.is_judged_on(commit, pull, verdict).await;
    }

    /// It ends with a claim; this is what is found of it.
    pub async fn claims(&self, claim: AgentClaim, verdict: Verdict, found: &[Finding]) {
        self.says(Progress::Ended { claim, usage: USED }).await;
        let (fence, found) = (self.fence, found.to_vec());
        self.talk.timmy.write(move |tx| jobs::keep_findings(tx, fence, &found)).await;
        self.is_judged(58, verdict).await;
    }

    async fn is_judged(&self, pull: i64, verdict: Verdict) {
        self.is_judged_on("8b195ee08b195ee08b195ee08b195ee08b195ee0", pull, verdict).await;
    }

    /// What is found of it is that, on this commit of this pull request.
    pub async fn is_judged_on(&self, commit: &str, pull: i64, verdict: Verdict) {
        let commit: Commit = commit.parse().unwrap();
        let nothing = verdict == Verdict::Nothing;
        let id = self.id;
        let read = move |conn: &Connection| Ok(jobs::get(conn, id)?.expect("the job").job);
        let look = self.talk.timmy.read(read).await.past.look;
        self.happens(JobEvent::Judged(ResultJudgement {
            look,
            commit: (!nothing).then_some(commit),
            pull: (!nothing).then_some(pull),
            verdict,
            digest: OutcomeDigest("a".to_owned()),
            change: None,
            examined: self.change.clone(),
            asks: None,
        }))
        .await;
    }
}
