//! Many jobs of agents on another host, while timmy, its Temporal server, the worker and the agents'
//! gateways are killed at random: each job ends, nothing is started twice without a look, and each
//! thread has one card and one outcome.

use std::time::Duration;

use super::rounds::{LAST_ROUNDS, all_have_ended};
use super::server::TemporalServer;
use super::workers::{Worker, WorkerStage};
use crate::bot::Bot;
use crate::hands::Hands;
use crate::job_outcomes::{all_jobs, counts, problems};
use crate::random_run::{few_times, seed, times};
use crate::support::forge::DOOR;
use crate::support::random::Random;

/// The steps that an attempt is started in.
const STARTS: [&str; 3] = ["job_stored", "job_starting", "job_sent"];

/// How long it is waited for what may not come.
const ROUND: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread")]
async fn many_jobs_survive_all_that_may_be_killed() {
    let Some(server) = TemporalServer::start().await else { return };
    let mut storm = WorkerStorm::begin(server, seed(37)).await;
    while storm.kills.timmy < times(60) {
        storm.round().await;
    }
    storm.end().await;
}

#[derive(Debug, Default)]
struct Kills {
    timmy: usize,
    server: usize,
    worker: usize,
}

struct WorkerStorm {
    set: WorkerStage,
    server: TemporalServer,
    worker: Option<Worker>,
    hands: Hands,
    random: Random,
    issues: i64,
    /// The issues that were given to agents, and the comments that did it.
    asked: Vec<(i64, i64)>,
    kills: Kills,
}

impl WorkerStorm {
    async fn begin(server: TemporalServer, seed: u64) -> Self {
        let hands = Hands::default();
        let issues = i64::try_from(few_times(200)).unwrap();
        let set = WorkerStage::by(&hands, &server, issues).await;
        // It hears what is said from here on.
        set.stage.first_life().await;
        let (random, asked) = (Random::new(seed), Vec::new());
        let kills = Kills::default();
        let mut storm = Self { set, server, worker: None, hands, random, issues, asked, kills };
        storm.restart_worker();
        storm
    }

    /// timmy lives until a moment; somewhere in it issues are given to agents, and others are killed.
    async fn round(&mut self) {
        let nth = 1 + self.random.below(3);
        let step = self.random.percent(60).then(|| self.random.pick(&STARTS));
        self.assign(5);
        let mut bot = self.start(step, nth);
        if bot.listens().await {
            let requests = self.set.stage.requests();
            let (half, all) = (self.random.below(80), self.random.below(160));
            self.come(requests + half, &mut bot).await;
            self.kill_others().await;
            self.come(requests + half + all, &mut bot).await;
        }
        // Or it died where it was told to.
        bot.kill().await;
        self.kills.timmy += 1;
        self.hands.advance(self.random.below(90) as u64);
        if self.worker.is_none() {
            self.restart_worker();
        }
    }

    async fn kill_others(&mut self) {
        if self.random.percent(30) {
            self.server.kill();
            self.kills.server += 1;
            self.server.restart().await;
        }
        if self.random.percent(40)
            && let Some(worker) = self.worker.take()
        {
            worker.kill();
            self.kills.worker += 1;
            // At times it stays away until timmy was killed as well.
            if self.random.percent(70) {
                self.restart_worker();
            }
        }
        if self.random.percent(15) {
            let nth = self.random.below(self.set.fleet.len());
            self.set.fleet.kill(nth).await;
            self.set.fleet.restart(nth).await;
        }
    }

    fn restart_worker(&mut self) {
        let ahead = self.hands.ahead();
        self.worker = Some(self.set.worker_with(&[("TIMMY_CLOCK_AHEAD", &ahead)]));
    }

    fn start(&self, step: Option<&str>, nth: usize) -> Bot {
        let ahead = self.hands.ahead();
        let at = step.map_or("nowhere".to_owned(), |step| format!("{step}:{nth}"));
        let more = [("TIMMY_CLOCK_AHEAD", ahead.as_str()), ("TIMMY_CRASH_AT", at.as_str())];
        self.set.stage.launch.start(&more)
    }

    /// Up to so many issues are given to whoever is best.
    fn assign(&mut self, most: i64) {
        for _ in 0..most {
            let issue = self.asked.len() as i64 + 1;
            if issue > self.issues {
                return;
            }
            self.asked.push(self.set.assign(issue, "auto"));
        }
    }

    /// Returns when the forge has seen so many requests, or will not soon.
    async fn come(&self, requests: usize, bot: &mut Bot) {
        tokio::select! {
            () = self.set.stage.asked(requests) => {}
            _ = bot.death() => {}
            () = tokio::time::sleep(ROUND) => {}
        }
    }

    /// Nothing is killed any more, and time passes until all jobs have ended; then they are looked at.
    async fn end(mut self) {
        self.assign(self.issues);
        let all = self.asked.len();
        for _ in 0..LAST_ROUNDS {
            let mut bot = self.start(None, 1);
            bot.listening().await;
            if all_have_ended(&self.set.stage, all).await {
                return self.look(bot).await;
            }
            bot.kill().await;
            self.hands.advance(120);
            drop(self.worker.take());
            self.restart_worker();
        }
        let (all, dump) = (all_jobs(&self.set.stage).await, self.set.dump());
        let live: Vec<_> = all.iter().filter(|(job, _)| !job.state.kind().is_end()).collect();
        panic!("{:?}, some never end: {live:#?}\n{dump}", counts(&all));
    }

    async fn look(mut self, mut bot: Bot) {
        bot.first_poll().await;
        self.set.stage.idle().await;
        let worker = self.worker.take().unwrap();
        assert_eq!(worker.stop().await, Some(0), "{}", self.set.dump());
        let status = bot.stop().await;
        assert!(status.success(), "{status}\n{}", self.set.dump());
        let all = all_jobs(&self.set.stage).await;
        println!(
            "jobs: {:?}, {:?}, {} gateways killed, {} runs, {} requests",
            counts(&all),
            self.kills,
            self.set.fleet.kills,
            self.set.fleet.runs().len(),
            self.set.stage.requests()
        );
        let mut problems = problems(&self.set.stage, DOOR, &self.asked).await;
        problems.extend(self.set.fleet.problems());
        problems.extend(self.set.stage.problems_in_ledger().await);
        assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), self.set.dump());
    }
}
