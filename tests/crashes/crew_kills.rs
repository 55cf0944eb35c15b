//! Crews of four roles at work while timmy is killed at random moments, in its own loop and with a real
//! CrewAI in each role: every crew comes to its end, no call of a model is paid twice whose task is
//! known to have finished, no task is begun again without a look, nothing is said twice, and no sidecar
//! outlives the timmy that began it.

use std::time::{Duration, Instant};

use timmy::core::crew::{Crew, CrewState};
use timmy::core::effect::marker::key_of;
use timmy::core::jobs::Purpose;
use timmy::core::model::text::Review;
use timmy::crash::STEPS;
use timmy::store::{Ledger, crews, jobs};
use tokio::time::timeout;

use crate::bot::Bot;
use crate::hands::Hands;
use crate::job_fleet::doubled;
use crate::job_outcomes::{AllJobs, all_jobs, counts};
use crate::model_fleet::{Engine, ModelFleet, REVIEWER};
use crate::paid_calls::PaidCalls;
use crate::random_run::{seed, times};
use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;
use crate::support::peers;
use crate::support::process::{PATIENCE, a_moment};
use crate::support::random::Random;

const POLL: Duration = Duration::from_secs(1);

/// In so many of them all crews end at the latest; each goes on as long as anything happens, and so many
/// times as long as it is waited for what may not come.
const LAST_ROUNDS: usize = 30;
const QUIET: u32 = 12;

/// The steps of an attempt, and of what is said of it.
const STARTS: [&str; 4] = ["job_stored", "job_starting", "job_sent", "result_posted"];

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_crew_works() {
    // How long it is waited for what may not come.
    let round = Duration::from_secs(3);
    let mut storm = Storm::begin((Engine::Native, round), seed(41), times(30)).await;
    storm.certain_rounds().await;
    while storm.kills < times(50) {
        storm.round().await;
    }
    storm.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_crew_of_crewai_works() {
    let Some(python) = peers::crewai() else { return };
    // Some seconds pass before a sidecar asks its model anything.
    let round = Duration::from_secs(20);
    let engine = Engine::CrewAi(python.to_owned());
    let mut storm = Storm::begin((engine, round), seed(43), times(10)).await;
    storm.certain_rounds().await;
    assert!(storm.orphans > 0, "a sidecar was at work");
    while storm.kills < times(25) {
        storm.round().await;
    }
    storm.end().await;
}

struct Storm {
    stage: Stage,
    fleet: ModelFleet,
    hands: Hands,
    random: Random,
    /// How long it is waited for what may not come.
    patience: Duration,
    issues: i64,
    /// How many issues a crew was asked for, from the first on.
    asked: i64,
    paid: PaidCalls,
    kills: usize,
    deaths: usize,
    /// How many sidecars lived when timmy was killed.
    orphans: usize,
}

/// When timmy is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Right after its start.
    Started,
    /// When the model was asked so many more times.
    Calls(usize),
    /// In the middle of such a call: nobody answers it before.
    WithinCall(usize),
    /// When the forge has seen so many more requests.
    Requests(usize),
    /// When so many more jobs have ended.
    Ended(usize),
    /// When it passes a step for the so many-th time.
    Step(&'static str, usize),
}

impl Storm {
    async fn begin((engine, patience): (Engine, Duration), seed: u64, issues: usize) -> Self {
        let hands = Hands::default();
        let stage = Stage::by(&hands, SHORT, seed).await;
        stage.sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
        let fleet = ModelFleet::start(&stage.sandbox, DOOR, engine).await;
        stage.configure(POLL, |config| fleet.configure(config));
        let issues = i64::try_from(issues).unwrap();
        for number in 1..=issues {
            let title = format!("Bell {number} rings twice");
            let text = "Every visitor is announced twice.\n\nDone when it rings once.";
            stage.sandbox.open_issue("walt", DOOR, &title, text).unwrap();
        }
        stage.first_life().await;
        Self {
            stage,
            fleet,
            hands,
            random: Random::new(seed),
            patience,
            issues,
            asked: 0,
            paid: PaidCalls::default(),
            kills: 0,
            deaths: 0,
            orphans: 0,
        }
    }

    /// What every storm has, whatever chance brings: it is killed when something is known to have finished,
    /// then while the model is asked, and dies when it has called an agent.
    async fn certain_rounds(&mut self) {
        self.ask();
        let bot = self.start(Moment::Started);
        let ends = self.goes_on_until(async || self.ended().await > 0, PATIENCE).await;
        assert!(ends, "no job ends\n{}", self.stage.dump());
        self.kill(bot).await;
        assert!(self.paid.len() > 0, "an attempt is known to have finished");

        self.ask();
        let calls = self.fleet.model.count();
        self.fleet.model.hold_from(calls);
        self.hands.advance(600);
        let bot = self.start(Moment::WithinCall(1));
        self.stage.until("a call", async || self.fleet.model.count() > calls).await;
        self.orphans += self.fleet.sidecars().min(1);
        self.kill(bot).await;
        self.fleet.model.release();

        self.hands.advance(600);
        let mut bot = self.start(Moment::Step("job_sent", 1));
        let death = timeout(PATIENCE, bot.dies_at("job_sent"));
        assert!(death.await.is_ok(), "it never died at job_sent\n{}", self.stage.dump());
        self.kill(bot).await;
        assert_eq!((self.kills, self.deaths), (2, 1));
        self.hands.advance(600);
    }

    /// timmy lives until a moment; perhaps a crew is asked for before.
    async fn round(&mut self) {
        let is_early = self.random.percent(50);
        if is_early || self.live().await == 0 {
            self.ask();
        }
        let (moment, calls) = (self.moment(), self.fleet.model.count());
        if let Moment::WithinCall(n) = moment {
            self.fleet.model.hold_from(calls + n - 1);
        }
        let mut bot = self.start(moment);
        if !matches!(moment, Moment::Started) && bot.listens().await {
            if !is_early && self.random.percent(30) {
                self.ask();
            }
            self.come((moment, calls), &mut bot).await;
        }
        self.orphans += self.fleet.sidecars().min(1);
        self.kill(bot).await;
        self.fleet.model.release();
        self.hands.advance(self.random.below(90) as u64);
    }

    fn moment(&mut self) -> Moment {
        let (pick, nth) = (self.random.below(12), self.random.below(3) + 1);
        match pick {
            0 => Moment::Started,
            1..=2 => Moment::Calls(nth),
            3..=4 => Moment::WithinCall(nth),
            5..=6 => Moment::Requests(self.random.below(120)),
            7..=8 => Moment::Ended(nth),
            9..=10 => Moment::Step(self.random.pick(&STARTS), nth),
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

    /// A crew is asked for in the next issue, if there is one.
    fn ask(&mut self) {
        if self.asked < self.issues {
            self.asked += 1;
            self.stage.sandbox.comment("walt", DOOR, self.asked, "/timmy crew").unwrap();
        }
    }

    /// Returns when the moment is there, or will not come soon. `calls`: how many there were before.
    async fn come(&self, (moment, calls): (Moment, usize), bot: &mut Bot) {
        let requests = self.stage.requests();
        let ended = self.ended().await;
        let come = async {
            match moment {
                Moment::Started => {}
                Moment::Calls(n) | Moment::WithinCall(n) => {
                    let enough = async || self.fleet.model.count() >= calls + n;
                    self.stage.until("calls of the model", enough).await;
                }
                Moment::Requests(n) => self.stage.asked(requests + n).await,
                Moment::Ended(n) => {
                    let enough = async || self.ended().await >= ended + n;
                    self.stage.until("jobs that end", enough).await;
                }
                Moment::Step(..) => std::future::pending().await,
            }
        };
        let dies = async {
            match moment {
                Moment::Step(step, _) => bot.dies_at(step).await,
                _ => panic!("it died of itself: {}\n{}", bot.death().await, self.stage.dump()),
            }
        };
        tokio::select! {
            () = come => {}
            () = dies => {}
            () = tokio::time::sleep(self.patience) => {}
        }
    }

    /// Whatever it began ends with it; then it is looked at what is known to have finished.
    async fn kill(&mut self, bot: Bot) {
        match bot.kill().await {
            true => self.kills += 1,
            false => self.deaths += 1,
        }
        let are_gone = async || self.fleet.sidecars() == 0;
        self.stage.until("an end of the sidecars of a timmy that was killed", are_gone).await;
        if Ledger::open_read_only(self.stage.ledger()).is_ok() {
            let all = all_jobs(&self.stage).await;
            self.paid.note(&all, &self.fleet.model.calls());
        }
    }

    async fn ended(&self) -> usize {
        // As long as it was killed while it made it, there is no ledger.
        let Ok(ledger) = Ledger::open_read_only(self.stage.ledger()) else { return 0 };
        ledger.read(|conn| jobs::ended_ids(conn, 1000)).await.map_or(0, |ended| ended.len())
    }

    async fn crews(&self) -> Vec<Crew> {
        let Ok(ledger) = Ledger::open_read_only(self.stage.ledger()) else { return Vec::new() };
        let all = all_jobs(&self.stage).await;
        let plans = all.iter().filter(|(job, _)| job.spec.purpose == Purpose::Plan);
        let mut found = Vec::new();
        for (job, _) in plans {
            let id = job.spec.id;
            found.extend(ledger.read(move |conn| crews::get(conn, id)).await.unwrap());
        }
        found
    }

    /// How many crews work.
    async fn live(&self) -> usize {
        self.crews().await.iter().filter(|crew| !crew.state.is_end()).count()
    }

    async fn is_over(&self) -> bool {
        let crews = self.crews().await;
        crews.len() == self.asked as usize && crews.iter().all(|crew| crew.state.is_end())
    }

    /// Whether all crews have ended, once they have, or nothing happens any more.
    async fn comes_to_an_end(&self) -> bool {
        self.goes_on_until(async || self.is_over().await, Duration::ZERO).await
    }

    /// Whether this comes to hold, once it does, or nothing has happened for at least so long.
    async fn goes_on_until(&self, holds: impl AsyncFn() -> bool, patience: Duration) -> bool {
        let quiet = patience.max(self.patience * QUIET);
        let (mut seen, mut since) = ((0, 0), Instant::now());
        while !holds().await {
            let now = (self.ended().await, self.fleet.model.count());
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
            if since.elapsed() > quiet {
                return false;
            }
            a_moment().await;
        }
        true
    }

    /// Nobody kills it any more, and time passes until all crews have ended; then they are looked at.
    async fn end(mut self) {
        if self.asked == 0 {
            self.ask();
        }
        for _ in 0..LAST_ROUNDS {
            let bot = self.start(Moment::Started);
            if self.comes_to_an_end().await {
                return self.look(bot).await;
            }
            // Pauses between two attempts are lived through.
            bot.kill().await;
            self.hands.advance(600);
        }
        panic!("some never end: {:#?}\n{}", self.crews().await, self.stage.dump());
    }

    async fn look(self, mut bot: Bot) {
        bot.first_poll().await;
        self.stage.idle().await;
        let status = bot.stop().await;
        assert!(status.success(), "{status}\n{}", self.stage.dump());
        let all = all_jobs(&self.stage).await;
        let (calls, crews) = (self.fleet.model.calls(), self.crews().await);
        let (kills, deaths, orphans) = (self.kills, self.deaths, self.orphans);
        println!(
            "{} crews, jobs: {:?}, {kills} kills, {orphans} of them with a sidecar at work, \
             {deaths} deaths at a step, {} calls of the model, {} attempts known to have finished \
             when it was killed",
            crews.len(),
            counts(&all),
            calls.len(),
            self.paid.len()
        );
        let mut problems = self.paid.problems(&all, &calls);
        let ledger = Ledger::open_read_only(self.stage.ledger()).unwrap();
        let wrong = ledger.read(crews::rebuilt).await.unwrap();
        problems.extend(wrong.iter().map(|id| format!("its history gives another crew: {id}")));
        let wrong = ledger.read(jobs::rebuilt).await.unwrap();
        problems.extend(wrong.iter().map(|one| format!("its history gives another job: {one:?}")));
        for crew in &crews {
            if crew.state != CrewState::Done || crew.rounds != 1 {
                problems.push(format!("it ended as {crew:#?}"));
            }
        }
        for issue in 1..=self.asked {
            problems.extend(self.problems_in(issue, &all).await);
        }
        let sidecars = self.fleet.sidecars();
        if sidecars > 0 {
            problems.push(format!("{sidecars} sidecars outlive a timmy that was stopped"));
        }
        problems.extend(self.stage.problems_in_ledger().await);
        assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), self.stage.dump());
    }

    /// What is wrong in an issue in which a crew worked, and with its pull request.
    async fn problems_in(&self, issue: i64, all: &AllJobs) -> Vec<String> {
        let mut problems = Vec::new();
        let codes = all.iter().map(|(job, _)| job).filter(|job| {
            job.spec.given().is_some_and(|given| given.number == issue)
                && job.spec.purpose == Purpose::Code
        });
        let pulls: Vec<i64> = codes.filter_map(|job| job.past.pull).collect();
        let [pull] = pulls.as_slice() else {
            return vec![format!("#{issue} has the pull requests {pulls:?}")];
        };
        for thread in [issue, *pull] {
            let said = self.stage.sandbox.comments(DOOR, thread).unwrap();
            let keys = said.iter().filter_map(|said| key_of(&said.body)).map(str::to_owned);
            let twice = doubled(keys.collect()).into_iter();
            problems.extend(twice.map(|key| format!("#{thread}: said twice: {key}")));
            let cards = said.iter().filter(|said| said.body.starts_with("**The crew is done.**"));
            let (cards, expected) = (cards.count(), usize::from(thread == issue));
            if cards != expected {
                problems.push(format!("#{thread}: {cards} cards"));
            }
        }
        let gitea = self.stage.gitea();
        let reviews = gitea.all_reviews(&DOOR.parse().unwrap(), *pull).await.unwrap();
        let is_its = |review: &&Review| {
            let author = review.text.written.author.as_ref();
            author.is_some_and(|author| author.login == REVIEWER)
        };
        // One that asks for changes, and one that asks for none.
        let given = reviews.iter().filter(is_its).count();
        if given != 2 {
            problems.push(format!("#{pull}: {given} reviews"));
        }
        problems
    }
}
