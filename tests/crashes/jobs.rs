//! Agents at work while timmy is killed again and again, and their gateways with it: each job ends,
//! nothing is started twice, and each thread has one card and one outcome.

use std::time::Duration;

use timmy::crash::STEPS;
use timmy::store::{Ledger, jobs};

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
const ROUND: Duration = Duration::from_secs(3);

/// How long each of the last rounds may take: a session of a gateway without keys, which may be
/// about to appear, is looked for as long as ten seconds.
const LAST_ROUND: Duration = Duration::from_secs(15);

/// In so many of them all jobs end at the latest.
const LAST_ROUNDS: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_agents_work() {
    let mut storm = Storm::begin(seed(11)).await;
    while storm.kills < times(50) {
        storm.round().await;
    }
    storm.end().await;
}

struct Storm {
    stage: Stage,
    fleet: JobFleet,
    hands: Hands,
    random: Random,
    issues: i64,
    /// The issues that were given to agents, and the comments that did it.
    asked: Vec<(i64, i64)>,
    kills: usize,
    deaths: usize,
}

/// When timmy is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Right after its start.
    Started,
    /// When the forge has seen so many more requests.
    Requests(usize),
    /// When so many more attempts were begun.
    Begun(usize),
    /// When so many more jobs have ended.
    Ended(usize),
    /// When it passes a step for the so many-th time.
    Step(&'static str, usize),
}

impl Storm {
    async fn begin(seed: u64) -> Self {
        let hands = Hands::default();
        let mut stage = Stage::by(&hands, SHORT, seed).await;
        stage.sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
        let fleet = JobFleet::start(&stage.sandbox, DOOR, &hands.clock()).await;
        stage.launch.environment.extend(JobFleet::environment());
        stage.configure(SHORT.poll, |config| fleet.configure(config));
        let issues = i64::try_from(times(100)).unwrap();
        for number in 1..=issues {
            let title = format!("Door {number} squeaks");
            stage.sandbox.open_issue("walt", DOOR, &title, "Oil the hinge.").unwrap();
        }
        let random = Random::new(seed);
        Self { stage, fleet, hands, random, issues, asked: Vec::new(), kills: 0, deaths: 0 }
    }

    /// timmy lives until a moment; somewhere in it issues are given to agents, and perhaps a
    /// gateway ends.
    async fn round(&mut self) {
        let moment = self.moment();
        let is_early = self.random.percent(50);
        if is_early {
            self.assign(4);
        }
        let away = self.random.percent(15).then(|| self.random.below(self.fleet.len()));
        if let Some(away) = away {
            self.fleet.kill(away).await;
        }
        let mut bot = self.start(moment);
        if !matches!(moment, Moment::Started) && bot.listens().await {
            if !is_early {
                self.assign(4);
            }
            self.come(moment, &mut bot).await;
            if self.random.percent(20) {
                let nth = self.random.below(self.fleet.len());
                self.fleet.kill(nth).await;
                self.fleet.restart(nth).await;
                let soon = Moment::Requests(self.random.below(20));
                self.come(soon, &mut bot).await;
            }
        }
        self.kill(bot).await;
        if let Some(away) = away {
            self.fleet.restart(away).await;
        }
        self.hands.advance(self.random.below(90) as u64);
    }

    fn moment(&mut self) -> Moment {
        let (pick, nth) = (self.random.below(12), self.random.below(4));
        match pick {
            0 => Moment::Started,
            1..=4 => Moment::Requests(self.random.below(120)),
            5..=6 => Moment::Begun(1 + nth),
            7..=8 => Moment::Ended(1 + nth),
            9..=10 => Moment::Step(self.random.pick(&STARTS), 1 + nth),
            _ => Moment::Step(self.random.pick(&STEPS), 1 + self.random.below(12)),
        }
    }

    fn start(&self, moment: Moment) -> Bot {
        let ahead = self.hands.ahead();
        let at = match moment {
            Moment::Step(step, nth) => format!("{step}:{nth}"),
            _ => "nowhere".to_owned(),
        };
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

    /// Returns when the moment is there, or will not come soon.
    async fn come(&self, moment: Moment, bot: &mut Bot) {
        let (requests, begun) = (self.stage.requests(), self.fleet.runs().len());
        let ended = self.live_and_ended().await.1;
        let come = async {
            match moment {
                Moment::Started => {}
                Moment::Requests(n) => self.stage.asked(requests + n).await,
                Moment::Begun(n) => {
                    let enough = async || self.fleet.runs().len() >= begun + n;
                    self.stage.until("attempts", enough).await;
                }
                Moment::Ended(n) => {
                    let enough = async || self.live_and_ended().await.1 >= ended + n;
                    self.stage.until("jobs that end", enough).await;
                }
                Moment::Step(..) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = come => {}
            _ = bot.death() => {}
            () = tokio::time::sleep(ROUND) => {}
        }
    }

    async fn live_and_ended(&self) -> (usize, usize) {
        // As long as it was killed while it made it, there is no ledger.
        let Ok(ledger) = Ledger::open_read_only(self.stage.ledger()) else { return (0, 0) };
        let read = |conn: &_| Ok((jobs::live_ids(conn)?.len(), jobs::ended_ids(conn, 1000)?.len()));
        ledger.read(read).await.unwrap_or_default()
    }

    async fn kill(&mut self, bot: Bot) {
        match bot.kill().await {
            true => self.kills += 1,
            false => self.deaths += 1,
        }
    }

    /// Everything heals, and time passes until all jobs have ended; then they are looked at.
    async fn end(mut self) {
        self.assign(self.issues);
        let all = self.asked.len();
        for _ in 0..LAST_ROUNDS {
            let mut bot = self.start(Moment::Started);
            bot.listening().await;
            let over = async || self.live_and_ended().await == (0, all);
            tokio::select! {
                () = self.stage.until("an end", over) => return self.look(bot).await,
                () = tokio::time::sleep(LAST_ROUND) => {}
            }
            self.kill(bot).await;
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
        let (runs, requests) = (self.fleet.runs().len(), self.stage.requests());
        let (kills, deaths, gateways) = (self.kills, self.deaths, self.fleet.kills);
        println!(
            "jobs: {:?}, {kills} kills, {deaths} deaths at a step, {gateways} gateways killed, \
             {runs} runs, {requests} requests",
            counts(&all)
        );
        let mut problems = problems(&self.stage, DOOR, &self.asked).await;
        problems.extend(self.fleet.problems());
        problems.extend(self.stage.problems_in_ledger().await);
        assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), self.stage.dump());
    }
}
