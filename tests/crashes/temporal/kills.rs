//! timmy and its Temporal server are killed while agents work: each job ends, nothing is started twice,
//! and each thread has one card and one outcome.

use std::time::Duration;

use super::rounds::{LAST_ROUNDS, all_have_ended};
use super::server::{NAMESPACE, TemporalServer};
use crate::bot::Bot;
use crate::hands::Hands;
use crate::job_fleet::JobFleet;
use crate::job_outcomes::{all_jobs, counts, problems};
use crate::random_run::{seed, times};
use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;
use crate::support::random::Random;

/// The steps that an attempt is started in.
const STARTS: [&str; 3] = ["job_stored", "job_starting", "job_sent"];

/// How long it is waited for what may not come.
const ROUND: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn jobs_survive_timmy_and_the_server() {
    let Some(server) = TemporalServer::start().await else { return };
    let mut storm = TemporalStorm::begin(server, seed(31)).await;
    while storm.kills < times(40) {
        storm.round().await;
    }
    storm.end().await;
}

struct TemporalStorm {
    stage: Stage,
    server: TemporalServer,
    fleet: JobFleet,
    hands: Hands,
    random: Random,
    issues: i64,
    /// The issues that were given to agents, and the comments that did it.
    asked: Vec<(i64, i64)>,
    kills: usize,
    servers_killed: usize,
}

impl TemporalStorm {
    async fn begin(server: TemporalServer, seed: u64) -> Self {
        let hands = Hands::default();
        let mut stage = Stage::by(&hands, SHORT, seed).await;
        stage.sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
        let fleet = JobFleet::start(&stage.sandbox, DOOR, &hands.clock()).await;
        stage.launch.environment.extend(JobFleet::environment());
        stage.configure(SHORT.poll, |config| {
            let config = fleet.configure(config);
            config
                .with("engine.kind", "temporal")
                .with("engine.address", server.address())
                .with("engine.namespace", NAMESPACE)
        });
        let issues = i64::try_from(times(40)).unwrap();
        for number in 1..=issues {
            let title = format!("Door {number} squeaks");
            stage.sandbox.open_issue("walt", DOOR, &title, "Oil the hinge.").unwrap();
        }
        // It hears what is said from here on.
        stage.first_life().await;
        let random = Random::new(seed);
        Self {
            stage,
            server,
            fleet,
            hands,
            random,
            issues,
            asked: Vec::new(),
            kills: 0,
            servers_killed: 0,
        }
    }

    /// timmy lives until a moment; somewhere in it issues are given to agents, and perhaps the server
    /// ends, and comes back.
    async fn round(&mut self) {
        let nth = 1 + self.random.below(3);
        let step = self.random.percent(60).then(|| self.random.pick(&STARTS));
        self.assign(3);
        let mut bot = self.start(step, nth);
        let kills_server = self.random.percent(40);
        if bot.listens().await {
            let requests = self.stage.requests() + self.random.below(120);
            if kills_server {
                self.come(requests / 2, &mut bot).await;
                self.server.kill();
                self.servers_killed += 1;
                self.server.restart().await;
            }
            self.come(requests, &mut bot).await;
        }
        // Or it died where it was told to.
        bot.kill().await;
        self.kills += 1;
        self.hands.advance(self.random.below(90) as u64);
    }

    fn start(&self, step: Option<&str>, nth: usize) -> Bot {
        let ahead = self.hands.ahead();
        let at = step.map_or("nowhere".to_owned(), |step| format!("{step}:{nth}"));
        self.stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &ahead), ("TIMMY_CRASH_AT", &at)])
    }

    /// Up to so many issues are given to whoever is best.
    fn assign(&mut self, most: i64) {
        for _ in 0..most {
            let issue = self.asked.len() as i64 + 1;
            if issue > self.issues {
                return;
            }
            let comment = self.stage.sandbox.comment("walt", DOOR, issue, "/timmy assign auto");
            self.asked.push((issue, comment.unwrap()));
        }
    }

    /// Returns when the forge has seen so many requests, or will not soon.
    async fn come(&self, requests: usize, bot: &mut Bot) {
        tokio::select! {
            () = self.stage.asked(requests) => {}
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
            if all_have_ended(&self.stage, all).await {
                return self.look(bot).await;
            }
            bot.kill().await;
            self.hands.advance(120);
        }
        let (all, dump) = (all_jobs(&self.stage).await, self.stage.dump());
        let live: Vec<_> = all.iter().filter(|(job, _)| !job.state.kind().is_end()).collect();
        panic!("{:?}, some never end: {live:#?}\n{dump}", counts(&all));
    }

    async fn look(self, mut bot: Bot) {
        bot.first_poll().await;
        self.stage.idle().await;
        let status = bot.stop().await;
        assert!(status.success(), "{status}\n{}", self.stage.dump());
        let all = all_jobs(&self.stage).await;
        println!(
            "jobs: {:?}, {} kills, {} of the server, {} runs, {} requests",
            counts(&all),
            self.kills,
            self.servers_killed,
            self.fleet.runs().len(),
            self.stage.requests()
        );
        let mut problems = problems(&self.stage, DOOR, &self.asked).await;
        problems.extend(self.fleet.problems());
        problems.extend(self.stage.problems_in_ledger().await);
        assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), self.stage.dump());
    }
}
