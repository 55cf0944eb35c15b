//! Yes, no and merges while timmy is killed again and again: nothing is merged twice, nothing without
//! a yes, nothing but the commit that was shown; each answer is heard once, and each job ends. What was
//! merged is read from the forge's own record.

use std::time::Duration;

use timmy::core::jobs::{CancelReason, Done, JobId, State};
use timmy::crash::STEPS;
use timmy::store::{Ledger, jobs};

use crate::bot::Bot;
use crate::hands::Hands;
use crate::job_fleet::JobFleet;
use crate::job_outcomes::{all_jobs, counts};
use crate::merge_people::{MergePeople, Place};
use crate::random_run::{seed, times};
use crate::stage::{SHORT, Stage};
use crate::support::forge::{CELLAR, DOOR};
use crate::support::random::Random;

/// How long it is waited at most, in milliseconds, for what may not come.
const ROUND: usize = 1500;

/// How long it is waited at most for a merge: people answer until one is asked for.
const MERGE: Duration = Duration::from_secs(20);

/// How often people look for questions, where they wait for what comes.
const ANSWERS: Duration = Duration::from_millis(200);

/// How long each of the last rounds may take.
const LAST_ROUND: Duration = Duration::from_secs(15);

/// In so many of them all jobs end at the latest.
const LAST_ROUNDS: usize = 30;

/// Polls find what was said while timmy was dead, and look for a 👍.
const POLL: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_people_decide_and_results_are_merged() {
    let mut storm = MergeStorm::begin(seed(23)).await;
    while storm.kills < times(100) {
        storm.round().await;
    }
    storm.end().await;
}

struct MergeStorm {
    stage: Stage,
    people: MergePeople,
    /// The agents work as long as this is there.
    _fleet: JobFleet,
    hands: Hands,
    random: Random,
    kills: usize,
    deaths: usize,
    /// How many merges the forge was asked for while timmy was killed.
    merges: usize,
}

/// When timmy is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Right after its start.
    Started,
    /// When the forge has seen so many more requests.
    Requests(usize),
    /// When the forge was asked for so many more merges.
    Merges(usize),
    /// When it passes a step for the so many-th time.
    Step(&'static str, usize),
}

impl MergeStorm {
    async fn begin(seed: u64) -> Self {
        let hands = Hands::default();
        let mut stage = Stage::by(&hands, SHORT, seed).await;
        let fleet = JobFleet::start(&stage.sandbox, DOOR, &hands.clock()).await;
        JobFleet::admit(&stage.sandbox, CELLAR);
        stage.launch.environment.extend(JobFleet::environment());
        stage.configure(POLL, |config| fleet.configure(config).with("accept.on_yes", "merge"));
        let places: Vec<Place> = [DOOR, CELLAR]
            .into_iter()
            .flat_map(|repo| (1..=times(20) as i64).map(move |number| Place { repo, number }))
            .collect();
        for repo in [DOOR, CELLAR] {
            let readme = [("README.md", "A door.\n")];
            stage.sandbox.commit("walt", repo, "main", &readme, "Begin").unwrap();
        }
        for Place { repo, number } in &places {
            let title = format!("Door {number} squeaks");
            stage.sandbox.open_issue("walt", repo, &title, "Oil the hinge.").unwrap();
        }
        let people = MergePeople::new(places);
        let random = Random::new(seed);
        let storm =
            Self { stage, people, _fleet: fleet, hands, random, kills: 0, deaths: 0, merges: 0 };
        storm.stage.first_life().await;
        storm
    }

    /// timmy lives until a moment, while people assign, answer and push.
    async fn round(&mut self) {
        let moment = self.moment();
        let is_early = self.random.percent(40);
        if is_early {
            self.people.act(&self.stage.sandbox, &mut self.random);
        }
        let mut bot = self.start(moment);
        if !matches!(moment, Moment::Started) && bot.listens().await {
            if !is_early {
                self.people.act(&self.stage.sandbox, &mut self.random);
            }
            self.come(moment, &mut bot).await;
        }
        self.kill(bot).await;
        self.hands.advance(self.random.below(60) as u64);
    }

    fn moment(&mut self) -> Moment {
        let nth = self.random.below(2);
        match self.random.below(12) {
            0 => Moment::Started,
            1..=5 => Moment::Requests(self.random.below(200)),
            6..=8 => Moment::Merges(1 + nth),
            _ => Moment::Step(self.random.pick(&STEPS), 1 + self.random.below(8)),
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

    /// Returns when the moment is there, or will not come soon.
    async fn come(&mut self, moment: Moment, bot: &mut Bot) {
        if let Moment::Merges(n) = moment {
            return self.come_to_merge(n, bot).await;
        }
        let patience = Duration::from_millis(self.random.below(ROUND) as u64);
        let requests = self.stage.requests();
        let come = async {
            match moment {
                Moment::Started => {}
                Moment::Requests(n) => self.stage.asked(requests + n).await,
                Moment::Merges(_) | Moment::Step(..) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = come => {}
            _ = bot.death() => {}
            () = tokio::time::sleep(patience) => {}
        }
    }

    /// People answer until the forge was asked for `n` more merges, as long as any are to come: a life
    /// that is cut short at random rarely gets so far.
    async fn come_to_merge(&mut self, n: usize, bot: &mut Bot) {
        let enough = self.people.places.len().min(self.merges_asked() + n);
        let last = tokio::time::Instant::now() + MERGE;
        while self.merges_asked() < enough && tokio::time::Instant::now() < last {
            self.people.act(&self.stage.sandbox, &mut self.random);
            let come = self.stage.until("merges", async || self.merges_asked() >= enough);
            tokio::select! {
                () = come => {}
                _ = bot.death() => return,
                () = tokio::time::sleep(ANSWERS) => {}
            }
        }
    }

    /// How many merges the forge was asked for.
    fn merges_asked(&self) -> usize {
        let asked = self.stage.sandbox.requests();
        asked
            .iter()
            .filter(|asked| asked.method == "POST" && asked.path.ends_with("/merge"))
            .count()
    }

    async fn kill(&mut self, bot: Bot) {
        match bot.kill().await {
            true => self.kills += 1,
            false => self.deaths += 1,
        }
    }

    /// Whether each job has ended, and nobody waits for a merge any more.
    async fn is_over(&self) -> bool {
        let Ok(ledger) = Ledger::open_read_only(self.stage.ledger()) else { return false };
        let ended = ledger.read(|conn| {
            let ids = jobs::ended_ids(conn, 1000)?;
            let read = |id: &JobId| Ok(jobs::get(conn, *id)?.expect("a job").job.state);
            ids.iter().map(read).collect::<Result<Vec<State>, timmy::store::Error>>()
        });
        let Ok(ended) = ended.await else { return false };
        let waits = ended.contains(&State::Done(Done::Accepted));
        ended.len() == self.people.places.len() && !waits
    }

    /// Everything heals, and people answer until all is over; then it is looked at.
    async fn end(mut self) {
        self.merges = self.merges_asked();
        for _ in 0..LAST_ROUNDS {
            let mut bot = self.start(Moment::Started);
            bot.listening().await;
            let last = tokio::time::Instant::now() + LAST_ROUND;
            while tokio::time::Instant::now() < last {
                self.people.act(&self.stage.sandbox, &mut self.random);
                tokio::time::sleep(ANSWERS).await;
                if self.is_over().await {
                    return self.look(bot).await;
                }
            }
            bot.kill().await;
            self.hands.advance(120);
        }
        let (all, dump) = (all_jobs(&self.stage).await, self.stage.dump());
        panic!("{:?}, some never end\n{dump}", counts(&all));
    }

    async fn look(self, mut bot: Bot) {
        bot.first_poll().await;
        self.stage.answered().await;
        let status = bot.stop().await;
        assert!(status.success(), "{status}\n{}", self.stage.dump());
        let all = all_jobs(&self.stage).await;
        let merged = all.iter().filter(|(job, _)| job.state == State::Done(Done::Merged)).count();
        let (kills, deaths, requests) = (self.kills, self.deaths, self.stage.requests());
        println!(
            "merges: {:?}, {merged} merged, {}, {kills} kills, {deaths} deaths at a step, \
             {} merges asked for, {} of them before the last kill, {requests} requests",
            counts(&all),
            self.people.counts(),
            self.merges_asked(),
            self.merges,
        );
        let mut problems = self.people.problems(&self.stage.sandbox);
        problems.extend(self.problems_of_jobs().await);
        problems.extend(self.stage.problems_in_ledger().await);
        assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), self.stage.dump());
    }

    /// What the forge merged, against what people said.
    async fn problems_of_jobs(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let ledger = Ledger::open_read_only(self.stage.ledger()).unwrap();
        for wrong in ledger.read(jobs::rebuilt).await.unwrap() {
            problems.push(format!("its history gives another job: {wrong:?}"));
        }
        for (job, _) in all_jobs(&self.stage).await {
            let repo = self.stage.repo_name(job.spec.repo());
            let place = Place { repo, number: job.spec.given().unwrap().number };
            let merged = match job.past.pull {
                Some(pull) => self.stage.sandbox.merge_of(repo, pull).unwrap(),
                None => None,
            };
            let is_rejected = matches!(
                &job.state,
                State::Cancelled(cancelled) if matches!(
                    cancelled.reason,
                    CancelReason::Rejected(_) | CancelReason::PullClosed { .. }
                )
            );
            match (&job.state, merged) {
                (State::Done(Done::Merged), Some(merge)) => {
                    if merge.by != "timmy" {
                        problems.push(format!("{place:?} was merged by {}", merge.by));
                    }
                    if !self.people.said_yes_to(place, &merge.head) {
                        problems.push(format!("{place:?}: nobody said yes to {}", merge.head));
                    }
                    let pull = job.past.pull.unwrap_or_default();
                    let times = self.merges_done(repo, pull);
                    if times != 1 {
                        problems.push(format!("{place:?} was merged {times} times"));
                    }
                }
                (State::Cancelled(_), None) if is_rejected => {
                    if !self.people.said_no(place) {
                        problems.push(format!("{place:?} was rejected by nobody"));
                    }
                }
                (state, merged) => problems.push(format!("{place:?}: {state:?}, {merged:?}")),
            }
        }
        problems
    }

    /// How often the forge said that it merged a pull request.
    fn merges_done(&self, repo: &str, pull: i64) -> usize {
        let path = format!("/{repo}/pulls/{pull}/merge");
        let asked = self.stage.sandbox.requests();
        let merges =
            asked.iter().filter(|asked| asked.method == "POST" && asked.path.ends_with(&path));
        merges.filter(|asked| asked.status == Some(200)).count()
    }
}
