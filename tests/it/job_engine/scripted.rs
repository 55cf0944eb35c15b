//! Agents and a forge that do what a test says, and tell it what they were asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use timmy::agents::{
    Agent, AgentCall, AgentEnding, AgentHealth, AgentTask, AgentTrouble, Allowance, Asking,
    Capabilities, Redactor, RunHandle, Sighting, Speaker, Started, SteerOutcome, StoredRequest,
    Transcript, TranscriptEntry,
};
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{
    AgentClaim, Commit, NeverRan, OutcomeDigest, ResultJudgement, State, Verdict,
};
use timmy::core::model::repository::Repo;
use timmy::engine::{
    CannotBegin, ForgeCall, JobEvidence, JobForge, JobOrder, JobResult, OrderSubject,
};
use tokio::sync::watch;

/// What a start comes to.
#[derive(Debug, Clone)]
pub enum AtStart {
    Accept,
    Refuse(AgentTrouble),
    /// No answer; it runs.
    Swallow,
    /// No answer; it does not run.
    Drop,
    /// No answer ever; whether it runs.
    Hang(bool),
}

#[derive(Default)]
pub struct Script {
    pub trouble: Option<AgentTrouble>,
    /// Why it takes no work, in its own words.
    pub refuses: Option<String>,
    pub steers: bool,
    pub asking: Asking,
    /// The process that answers.
    pub process: u32,
    pub asked: usize,
    pub at_start: VecDeque<AtStart>,
    /// The requests that were sent to start something, in order.
    pub sent: Vec<StoredRequest>,
    /// How often each attempt was begun.
    pub begun: BTreeMap<String, usize>,
    /// The attempts that were looked for.
    pub sought: Vec<String>,
    /// How each attempt goes.
    pub runs: BTreeMap<String, Sighting>,
    /// With what the next attempts begin.
    pub plan: VecDeque<Sighting>,
    pub told: Vec<String>,
    pub stops: Vec<String>,
    pub obeys: bool,
    pub denied: usize,
    /// What it was allowed to do, each time.
    pub allowed: Vec<String>,
    pub hangs_at_health: bool,
    pub hangs_at_follow: bool,
    pub hangs_at_transcript: bool,
    /// It knows nothing of what it is asked for.
    pub is_forgetful: bool,
    /// It cannot tell what ran.
    pub is_unsure: bool,
    moves: u32,
}

#[derive(Clone)]
pub struct Scripted {
    script: Arc<Mutex<Script>>,
    hangs: Arc<watch::Sender<bool>>,
}

pub fn working() -> Sighting {
    Sighting::Working { doing: Some("reads `door.rs`".to_owned()), sign: "1".to_owned() }
}

pub fn ended(text: &str) -> Sighting {
    let ending = AgentEnding { text: text.to_owned(), usage: Usage::NONE, unheard: None };
    Sighting::Ended(ending)
}

impl Scripted {
    pub fn new() -> Self {
        let script = Script {
            obeys: true,
            steers: true,
            asking: Asking::Seen,
            process: 7,
            ..Script::default()
        };
        Self { script: Arc::new(Mutex::new(script)), hangs: Arc::new(watch::Sender::new(false)) }
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    /// Lets the attempt that began last go on like this.
    pub fn goes(&self, sighting: Sighting) {
        let mut script = self.script();
        let key = script.sent.last().expect("something was started").key.clone();
        script.runs.insert(key, sighting);
    }

    /// Another sign of life of the attempt that began last.
    pub fn moves(&self) {
        self.script().moves += 1;
        let sign = self.script().moves.to_string();
        self.goes(Sighting::Working { doing: None, sign });
    }

    /// Waits until somebody waits for an answer that never comes.
    pub async fn hangs(&self) {
        self.hangs.subscribe().wait_for(|hangs| *hangs).await.unwrap();
    }

    /// From now on it answers.
    pub fn answers(&self) {
        {
            let mut script = self.script();
            (script.hangs_at_follow, script.hangs_at_health) = (false, false);
        }
        self.hangs.send_replace(false);
    }

    async fn hang<T>(&self) -> T {
        self.hangs.send_replace(true);
        std::future::pending().await
    }

    fn away(&self) -> Result<(), AgentTrouble> {
        let mut script = self.script();
        script.asked += 1;
        script.trouble.clone().map_or(Ok(()), Err)
    }

    fn begin(&self, key: &str) -> RunHandle {
        let mut script = self.script();
        *script.begun.entry(key.to_owned()).or_default() += 1;
        let first = script.plan.pop_front().unwrap_or_else(working);
        script.runs.entry(key.to_owned()).or_insert(first);
        handle(key, script.process)
    }
}

fn handle(key: &str, process: u32) -> RunHandle {
    RunHandle { run: key.to_owned(), session: None, process: Some(process.to_string()) }
}

impl Agent for Scripted {
    fn health(&self) -> AgentCall<'_, AgentHealth> {
        Box::pin(async {
            self.away()?;
            let hangs_at_health = self.script().hangs_at_health;
            if hangs_at_health {
                self.hangs.send_replace(true);
                self.hangs.subscribe().wait_for(|hangs| !hangs).await.unwrap();
            }
            let script = self.script();
            let (steer, asking) = (script.steers, script.asking);
            Ok(AgentHealth {
                refuses: script.refuses.clone(),
                model: None,
                version: None,
                process: Some(script.process.to_string()),
                capabilities: Capabilities { keyed: true, steer, asking },
            })
        })
    }

    fn prepare(&self, task: &AgentTask) -> StoredRequest {
        StoredRequest { key: task.key.clone(), body: task.prompt.clone() }
    }

    fn start<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Started> {
        Box::pin(async {
            self.away()?;
            self.script().sent.push(request.clone());
            let at_start = self.script().at_start.pop_front();
            match at_start.unwrap_or(AtStart::Accept) {
                AtStart::Accept => Ok(Started::Accepted(self.begin(&request.key))),
                AtStart::Refuse(trouble) => Ok(Started::Refused(trouble)),
                AtStart::Swallow => {
                    self.begin(&request.key);
                    Ok(Started::Unknown("no answer".to_owned()))
                }
                AtStart::Drop => Ok(Started::Unknown("no answer".to_owned())),
                AtStart::Hang(runs) => {
                    if runs {
                        self.begin(&request.key);
                    }
                    self.hang().await
                }
            }
        })
    }

    fn find<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Option<RunHandle>> {
        Box::pin(async {
            self.away()?;
            let mut script = self.script();
            script.sought.push(request.key.clone());
            if script.is_unsure {
                return Err(AgentTrouble::Unsupported);
            }
            let is_known = !script.is_forgetful && script.runs.contains_key(&request.key);
            Ok(is_known.then(|| handle(&request.key, script.process)))
        })
    }

    fn follow<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Sighting> {
        Box::pin(async {
            self.away()?;
            if self.script().hangs_at_follow {
                return self.hang().await;
            }
            let script = self.script();
            match script.runs.get(&run.run) {
                Some(sighting) if !script.is_forgetful => Ok(sighting.clone()),
                _ => Err(AgentTrouble::NotFound),
            }
        })
    }

    fn steer<'a>(&'a self, _: &'a RunHandle, text: &'a str) -> AgentCall<'a, SteerOutcome> {
        Box::pin(async {
            self.away()?;
            self.script().told.push(text.to_owned());
            Ok(SteerOutcome::Taken)
        })
    }

    fn deny<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(async {
            self.away()?;
            let mut script = self.script();
            script.denied += 1;
            script.runs.insert(run.run.clone(), working());
            Ok(())
        })
    }

    fn allow<'a>(&'a self, run: &'a RunHandle, question: &'a str) -> AgentCall<'a, Allowance> {
        Box::pin(async {
            self.away()?;
            let mut script = self.script();
            let waits_for = match script.runs.get(&run.run) {
                Some(Sighting::Asks { question, .. }) => question.as_deref(),
                _ => None,
            };
            if waits_for != Some(question) {
                return Ok(Allowance::NotAwaited);
            }
            script.allowed.push(question.to_owned());
            script.runs.insert(run.run.clone(), working());
            Ok(Allowance::Taken)
        })
    }

    fn stop<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(async {
            self.away()?;
            let mut script = self.script();
            script.stops.push(run.run.clone());
            if script.obeys {
                script.runs.insert(run.run.clone(), Sighting::Stopped(Usage::NONE));
            }
            Ok(())
        })
    }

    fn usage<'a>(&'a self, _: &'a RunHandle) -> AgentCall<'a, Usage> {
        Box::pin(async { Ok(Usage::NONE) })
    }

    fn transcript<'a>(&'a self, _: &'a RunHandle) -> AgentCall<'a, Transcript> {
        Box::pin(async {
            if self.script().hangs_at_transcript {
                return self.hang().await;
            }
            let mut transcript = Transcript::default();
            let text = "reads `door.rs`".to_owned();
            let entry = TranscriptEntry { at: None, speaker: Speaker::Agent, text };
            transcript.push(&Redactor::default(), entry);
            Ok(transcript)
        })
    }
}

/// The forge, as far as jobs ask it: what an agent says that it did decides what is found.
#[derive(Clone, Default)]
pub struct ScriptedForge(Arc<Mutex<ForgeScript>>);

#[derive(Default)]
pub struct ForgeScript {
    /// The pull request that is found, if not 58.
    pub pull: Option<i64>,
    pub never: VecDeque<NeverRan>,
    /// What each attempt was asked, in order.
    pub orders: Vec<JobOrder>,
}

impl ScriptedForge {
    pub fn script(&self) -> MutexGuard<'_, ForgeScript> {
        self.0.lock().unwrap()
    }
}

pub fn commit() -> Commit {
    "8b195ee0".repeat(5).parse().unwrap()
}

impl JobForge for ScriptedForge {
    fn task<'a>(&'a self, order: &'a JobOrder) -> ForgeCall<'a, Result<AgentTask, CannotBegin>> {
        Box::pin(async {
            let mut script = self.script();
            if let Some(why) = script.never.pop_front() {
                return Ok(Err(match why {
                    NeverRan::NoAccess => CannotBegin::NoAccess(
                        "ezra may not push: give its account write access".to_owned(),
                    ),
                    why => why.into(),
                }));
            }
            script.orders.push(order.clone());
            let texts: Vec<&str> = order.texts.iter().map(|text| text.text.as_str()).collect();
            Ok(Ok(AgentTask {
                key: order.key.clone(),
                purpose: order.job.spec.purpose,
                repository: order.repo.name.clone(),
                clone_url: "https://git.example.org/foundation/door.git".parse().unwrap(),
                base_branch: "main".to_owned(),
                base: commit(),
                branch: order.branch.clone(),
                pull: None,
                prompt: match &order.about {
                    OrderSubject::Issue(issue) => format!("{} {}", issue.title, texts.join(" ")),
                    OrderSubject::Routine(run) => format!("{} {}", run.prompt, texts.join(" ")),
                },
            }))
        })
    }

    fn is_red<'a>(&'a self, _: &'a Repo) -> ForgeCall<'a, Option<bool>> {
        Box::pin(async { Ok(Some(false)) })
    }

    fn claim(&self, text: &str) -> AgentClaim {
        match text {
            "blocked" => AgentClaim::Blocked,
            "nothing to change" => AgentClaim::NoChange { cited: Vec::new() },
            _ => AgentClaim::PullRequest { number: Some(58), commit: None },
        }
    }

    fn judge<'a>(&'a self, result: &'a JobResult) -> ForgeCall<'a, Option<JobEvidence>> {
        Box::pin(async {
            if !matches!(result.job.state, State::Verifying(_)) {
                return Ok(None);
            }
            let said = result.attempts.last().and_then(|attempt| attempt.said.clone());
            let (verdict, words) = match said.as_deref() {
                Some("done") => (Verdict::Pass { ask: false }, "artifact"),
                Some("nothing to change") => (Verdict::NoChange { ask: false }, "cited"),
                Some("blocked") => (Verdict::Stuck, "blocked"),
                Some("not yet") => return Ok(None),
                _ => (Verdict::Nothing, "no branch"),
            };
            let is_there = matches!(verdict, Verdict::Pass { .. });
            let judgement = ResultJudgement {
                look: result.job.past.look,
                commit: is_there.then(commit),
                pull: is_there.then(|| self.script().pull.unwrap_or(58)),
                verdict,
                digest: OutcomeDigest(words.to_owned()),
                change: None,
                examined: None,
                asks: None,
            };
            Ok(Some(JobEvidence {
                judgement,
                merged: None,
                over: None,
                review: None,
                findings: Vec::new(),
                head_push: None,
                change: None,
                said: None,
                proposed: None,
            }))
        })
    }
}
