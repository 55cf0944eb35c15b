//! An agent that a worker drives on its host, as the engine knows it. What is remembered of an attempt
//! is remembered there; here is only how it is asked.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ask::{Answer, Ask, RemoteTask};
use super::desk::{Desk, NotAsked};
use super::reception::Reception;
use super::session::Reply;
use super::ticket::attempt_session;
use crate::agents::{
    AccountOrigin, Agent, AgentCall, AgentEnding, AgentHealth, AgentTask, AgentTrouble, Allowance,
    AttemptPlace, Redactor, RunHandle, Sighting, Started, SteerOutcome, StoredRequest, Transcript,
};
use crate::core::jobs::money::Usage;

/// The most of a line that comes from another host, in characters.
const LONGEST_LINE: usize = 2_000;

/// The most of last words, in characters.
const LONGEST_WORDS: usize = 200_000;

pub(super) struct RemoteAgent {
    name: String,
    desk: Arc<Desk>,
    /// For one that works in a clone: who does on the forge what its worker asks.
    deputy: Option<Deputy>,
    /// Whether an attempt of its kind can wait for as long as people take.
    waits_for_people: bool,
    redactor: Redactor,
}

/// Does on the forge, as the account of an agent, what a worker asks for its attempts.
pub(super) struct Deputy {
    pub(super) reception: Arc<Reception>,
    pub(super) origin: Arc<AccountOrigin>,
}

/// An attempt, as it is remembered here.
#[derive(Serialize, Deserialize)]
struct RemoteRun {
    /// As its worker calls it.
    theirs: RunHandle,
    /// Where it works, if that is a clone.
    place: Option<AttemptPlace>,
    /// Which worker that is; none in what was stored before that was known.
    #[serde(default)]
    worker: Option<String>,
}

impl RemoteAgent {
    pub(super) fn new(
        (name, redactor): (String, Redactor),
        desk: Arc<Desk>,
        deputy: Option<Deputy>,
        waits_for_people: bool,
    ) -> Self {
        Self { name, desk, deputy, waits_for_people, redactor }
    }

    /// From now on its worker may ask what is needed there.
    fn follow_at(&self, place: Option<&AttemptPlace>) {
        if let (Some(deputy), Some(place)) = (&self.deputy, place) {
            deputy.reception.follow(&deputy.origin, place);
        }
    }

    /// Asks whichever worker serves it, or this one.
    async fn about(
        &self,
        about: String,
        worker: Option<&str>,
        ask: Ask,
    ) -> Result<Reply, AgentTrouble> {
        match self.desk.ask_of((self.name.as_str(), worker), &about, ask).await {
            Ok(Ok(Reply { answer: Answer::Trouble(trouble), .. })) => Err(self.tamed(trouble)),
            Ok(answered) => answered,
            Err(NotAsked(trouble)) => Err(trouble),
        }
    }

    /// Asks about the attempt of `run`.
    async fn of_run(
        &self,
        run: &RunHandle,
        ask: impl FnOnce(RunHandle) -> Ask,
    ) -> Result<Answer, AgentTrouble> {
        let RemoteRun { theirs, worker, .. } = remembered(run)?;
        let replied = self.about(attempt_session(&run.run), worker.as_deref(), ask(theirs)).await?;
        Ok(replied.answer)
    }

    fn handle(
        &self,
        task: &RemoteTask,
        worker: String,
        theirs: RunHandle,
    ) -> Result<RunHandle, AgentTrouble> {
        let place = match self.deputy {
            Some(_) => Some(task.place()?),
            None => None,
        };
        let worker = Some(worker);
        let session = serde_json::to_string(&RemoteRun { theirs, place, worker })
            .map_err(|error| AgentTrouble::Garbage(error.to_string()))?;
        Ok(RunHandle { run: task.key.clone(), session: Some(session), process: None })
    }

    fn line(&self, text: &str) -> String {
        let words = text.split(|c: char| c.is_control() || c.is_whitespace());
        let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        self.redactor.redact(&cut(line, LONGEST_LINE))
    }

    fn tamed(&self, trouble: AgentTrouble) -> AgentTrouble {
        match trouble {
            AgentTrouble::HostAway(why) => AgentTrouble::HostAway(self.line(&why)),
            AgentTrouble::Down(why) => AgentTrouble::Down(self.line(&why)),
            AgentTrouble::CannotRun(why) => AgentTrouble::CannotRun(self.line(&why)),
            AgentTrouble::Busy { reason, until } => {
                AgentTrouble::Busy { reason: self.line(&reason), until }
            }
            AgentTrouble::ModelGone(model) => AgentTrouble::ModelGone(self.line(&model)),
            AgentTrouble::BadRequest(why) => AgentTrouble::BadRequest(self.line(&why)),
            AgentTrouble::Garbage(why) => AgentTrouble::Garbage(self.line(&why)),
            other @ (AgentTrouble::BadKey
            | AgentTrouble::PoolSpent { .. }
            | AgentTrouble::NotFound
            | AgentTrouble::Conflict
            | AgentTrouble::Timeout
            | AgentTrouble::Unsupported) => other,
        }
    }

    /// What is seen, without secrets and bounded: another host may say anything.
    fn seen(&self, sighting: Sighting) -> Sighting {
        match sighting {
            Sighting::Working { doing, sign } => Sighting::Working {
                doing: doing.map(|doing| self.line(&doing)),
                sign: cut(sign, LONGEST_LINE),
            },
            Sighting::Asks { question, until } => {
                let question = question.map(|asked| cut(asked, LONGEST_WORDS));
                Sighting::Asks { question, until }
            }
            Sighting::Ended(AgentEnding { text, usage, unheard }) => {
                let text = self.redactor.redact(&cut(text, LONGEST_WORDS));
                let unheard = unheard.map(|text| cut(text, LONGEST_WORDS));
                Sighting::Ended(AgentEnding { text, usage, unheard })
            }
            Sighting::Failed { kind, reason, usage } => {
                Sighting::Failed { kind, reason: self.line(&reason), usage }
            }
            Sighting::Unclear(why) => Sighting::Unclear(self.line(&why)),
            other @ (Sighting::Stopped(_) | Sighting::Lost | Sighting::CutOff(_)) => other,
        }
    }

    fn started(
        &self,
        task: &RemoteTask,
        worker: String,
        started: Started,
    ) -> Result<Started, AgentTrouble> {
        Ok(match started {
            Started::Accepted(theirs) => Started::Accepted(self.handle(task, worker, theirs)?),
            Started::Refused(trouble) => Started::Refused(self.tamed(trouble)),
            Started::Unknown(why) => Started::Unknown(self.line(&why)),
        })
    }
}

fn cut(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
    text
}

/// What is remembered of an attempt.
fn remembered(run: &RunHandle) -> Result<RemoteRun, AgentTrouble> {
    let known = run.session.as_deref().and_then(|text| serde_json::from_str(text).ok());
    known.ok_or_else(|| AgentTrouble::Garbage("its worker did not name the attempt".to_owned()))
}

/// An answer to another question than the one that was asked.
fn strange<T>() -> Result<T, AgentTrouble> {
    Err(AgentTrouble::Garbage("its worker answers something else".to_owned()))
}

/// The task in what was stored of it.
fn task(request: &StoredRequest) -> Result<Box<RemoteTask>, AgentTrouble> {
    let task = serde_json::from_str::<RemoteTask>(&request.body);
    let task = task.ok().filter(|task| task.key == request.key).map(Box::new);
    let why = "what was stored for it was made where it was driven otherwise";
    task.ok_or_else(|| AgentTrouble::BadRequest(why.to_owned()))
}

impl Agent for RemoteAgent {
    fn health(&self) -> AgentCall<'_, AgentHealth> {
        Box::pin(async move {
            let about = format!("agent/{}", self.name);
            match self.about(about, None, Ask::Health).await?.answer {
                Answer::Health(health) => Ok(AgentHealth {
                    refuses: health.refuses.map(|words| self.line(&words)),
                    model: health.model.map(|model| self.line(&model)),
                    version: health.version.map(|version| self.line(&version)),
                    process: health.process.map(|process| cut(process, LONGEST_LINE)),
                    capabilities: health.capabilities,
                }),
                _ => strange(),
            }
        })
    }

    fn prepare(&self, task: &AgentTask) -> StoredRequest {
        let body = serde_json::to_string(&RemoteTask::of(task)).expect("a task is JSON");
        StoredRequest { key: task.key.clone(), body }
    }

    fn start<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Started> {
        Box::pin(async move {
            let task = match task(request) {
                Ok(task) => task,
                Err(trouble) => return Ok(Started::Refused(trouble)),
            };
            self.follow_at(task.place().ok().as_ref());
            let about = attempt_session(&request.key);
            match self.desk.ask(&self.name, &about, Ask::Start(task.clone())).await {
                Ok(Ok(Reply { worker, answer: Answer::Started(started) })) => {
                    self.started(&task, worker, started)
                }
                // Something was asked of it, and nobody knows what it did.
                Ok(Ok(Reply { answer: Answer::Trouble(trouble), .. })) => Err(self.tamed(trouble)),
                Ok(Ok(_)) => strange(),
                Ok(Err(trouble)) => Ok(Started::Unknown(trouble.to_string())),
                Err(NotAsked(trouble)) => Ok(Started::Refused(trouble)),
            }
        })
    }

    fn find<'a>(&'a self, request: &'a StoredRequest) -> AgentCall<'a, Option<RunHandle>> {
        Box::pin(async move {
            let task = task(request)?;
            self.follow_at(task.place().ok().as_ref());
            // Any other one would say that it was not started.
            let starter = self.desk.starter(&request.key).await?;
            let (about, find) = (attempt_session(&request.key), Ask::Find(task.clone()));
            let Reply { worker, answer } = self.about(about, starter.as_deref(), find).await?;
            match answer {
                Answer::Found(Some(theirs)) => self.handle(&task, worker, theirs).map(Some),
                Answer::Found(None) => Ok(None),
                _ => strange(),
            }
        })
    }

    fn follow<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Sighting> {
        Box::pin(async move {
            let place = remembered(run)?.place;
            self.follow_at(place.as_ref().filter(|place| place.key() == run.run));
            match self.of_run(run, Ask::Follow).await? {
                Answer::Sighting(sighting) => {
                    let works =
                        matches!(sighting, Sighting::Working { .. } | Sighting::Asks { .. });
                    if let Some(deputy) = self.deputy.as_ref().filter(|_| !works) {
                        deputy.reception.forget(&run.run);
                    }
                    Ok(self.seen(sighting))
                }
                _ => strange(),
            }
        })
    }

    fn steer<'a>(&'a self, run: &'a RunHandle, text: &'a str) -> AgentCall<'a, SteerOutcome> {
        Box::pin(async move {
            match self.of_run(run, |run| Ask::Steer(run, text.to_owned())).await? {
                Answer::Steered(outcome) => Ok(outcome),
                _ => strange(),
            }
        })
    }

    fn deny<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(async move {
            match self.of_run(run, Ask::Deny).await? {
                Answer::Done => Ok(()),
                _ => strange(),
            }
        })
    }

    fn allow<'a>(&'a self, run: &'a RunHandle, question: &'a str) -> AgentCall<'a, Allowance> {
        Box::pin(async move {
            match self.of_run(run, |run| Ask::Allow(run, question.to_owned())).await {
                Ok(Answer::Allowed(allowance)) => Ok(allowance),
                Ok(_) => strange(),
                // It was fetched, and perhaps said.
                Err(AgentTrouble::Timeout) => Ok(Allowance::Unclear(AgentTrouble::Timeout)),
                Err(trouble) => Err(trouble),
            }
        })
    }

    fn waits_for_people(&self) -> bool {
        self.waits_for_people
    }

    fn stop<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, ()> {
        Box::pin(async move {
            match self.of_run(run, Ask::Stop).await? {
                Answer::Done => Ok(()),
                _ => strange(),
            }
        })
    }

    fn usage<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Usage> {
        Box::pin(async move {
            match self.of_run(run, Ask::Usage).await? {
                Answer::Usage(usage) => Ok(usage),
                _ => strange(),
            }
        })
    }

    fn transcript<'a>(&'a self, run: &'a RunHandle) -> AgentCall<'a, Transcript> {
        Box::pin(async move {
            match self.of_run(run, Ask::Transcript).await? {
                Answer::Transcript(told) => {
                    // Bounded, and without the secrets that are known here.
                    let mut transcript = Transcript::default();
                    let (beginning, end) = told.parts();
                    for entry in beginning.iter().chain(end) {
                        transcript.push(&self.redactor, entry.clone());
                    }
                    Ok(transcript)
                }
                _ => strange(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use crate::clock::SystemClock;
    use crate::config::Secret;
    use crate::core::jobs::Purpose;
    use crate::gitea::{ClientOptions, Gitea, Token};
    use crate::temporal::desk::Calls;
    use crate::temporal::remote_agent::*;
    use crate::temporal::starts::in_memory::StartsInMemory;
    use crate::temporal::ticket::Ticket;

    /// No worker can be called.
    struct Away;

    impl Calls for Away {
        fn call(&self, _: &str, _: &Ticket, _: String) -> Result<(), AgentTrouble> {
            Err(AgentTrouble::HostAway("the Temporal server is away".to_owned()))
        }
    }

    #[tokio::test]
    async fn who_asks_what_an_attempt_did_has_nothing_done_for_it() {
        let url = "http://127.0.0.1:1/".parse().unwrap();
        let forge = Gitea::new(ClientOptions::new(url, Token::new("a-token").unwrap())).unwrap();
        let folder = std::env::temp_dir().join("nothing-is-brought");
        let reception = Arc::new(Reception::new(folder));
        let origin = Arc::new(AccountOrigin::new(forge, Arc::new(SystemClock)));
        let deputy = Deputy { reception: reception.clone(), origin };
        let secret = Secret::new("a-token").unwrap();
        let (clock, fresh) = (Arc::new(SystemClock), Box::new(|| "s".to_owned()));
        let starts = Box::new(StartsInMemory::default());
        let desk = Arc::new(Desk::new(&secret, clock, (Box::new(Away), starts), fresh));
        let who = ("ezra".to_owned(), Redactor::default());
        let agent = RemoteAgent::new(who, desk, Some(deputy), false);
        let request = agent.prepare(&AgentTask {
            key: "abcd-j1-1".to_owned(),
            purpose: Purpose::Code,
            repository: "foundation/door".parse().unwrap(),
            clone_url: "http://127.0.0.1:1/foundation/door.git".parse().unwrap(),
            base_branch: "main".to_owned(),
            base: "0f".repeat(20).parse().unwrap(),
            branch: "timmy/41-j1".parse().unwrap(),
            pull: None,
            prompt: "Oil the hinge.".to_owned(),
        });
        let theirs = RunHandle { run: request.key.clone(), session: None, process: None };
        let run = agent.handle(&task(&request).unwrap(), "one".to_owned(), theirs).unwrap();
        assert_eq!(remembered(&run).unwrap().worker.as_deref(), Some("one"));
        let is_known = || reception.attempt(&request.key).is_some();
        // It may be over: then nobody follows it any more. What is asked is not waited for.
        assert!(agent.transcript(&run).now_or_never().is_none() && !is_known());
        assert!(agent.usage(&run).now_or_never().is_none() && !is_known());
        assert!(agent.stop(&run).now_or_never().is_none() && !is_known());
        assert!(agent.follow(&run).now_or_never().is_none() && is_known());
        reception.forget(&request.key);
        assert!(agent.find(&request).now_or_never().is_none() && is_known());
    }

    #[test]
    fn what_was_remembered_before_workers_had_names_is_read() {
        let session = r#"{"theirs":{"run":"r","session":null,"process":null},"place":null}"#;
        let run = RunHandle {
            run: "abcd-j1-1".to_owned(),
            session: Some(session.to_owned()),
            process: None,
        };
        let known = remembered(&run).unwrap();
        assert_eq!((known.theirs.run.as_str(), known.worker), ("r", None));
    }
}
