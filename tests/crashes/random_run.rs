//! What every random run has: people who talk, webhooks and writes that go astray, kills that are counted.

use timmy::sandbox::{Fault, Gate, Matcher};

use crate::bot::Bot;
use crate::stage::{MustAnswer, SHORT, Stage, Waits};
use crate::support::forge::{CELLAR, DOOR};
use crate::support::random::Random;
use crate::thread::{Counts, Word};

/// How many threads there are at first.
pub const THREADS: usize = 12;

pub struct RandomRun {
    pub stage: Stage,
    pub random: Random,
    pub kills: usize,
    /// How often the bot died at a step.
    pub deaths: usize,
    /// Comments that may be edited: nobody asked timmy anything in them.
    pub chats: Vec<i64>,
    /// What is held back, until it is let go.
    pub gates: Vec<Gate>,
}

impl RandomRun {
    /// The `nth` run of a test with this seed.
    pub async fn begin(waits: Waits, seed: u64, nth: u64) -> Self {
        let mut stage = Stage::set(waits, seed).await;
        for number in 0..THREADS {
            stage.open(if number % 2 == 0 { DOOR } else { CELLAR }, Word::Chat);
        }
        stage.sandbox.settle().await;
        let (chats, gates) = (Vec::new(), Vec::new());
        Self { stage, random: Random::new(seed * 100 + nth), kills: 0, deaths: 0, chats, gates }
    }

    /// Lets everything heal, and looks what came of the texts.
    pub async fn end(mut self, name: &str, must_answer: MustAnswer) -> Counts {
        self.stage.sandbox.faults().clear();
        self.let_go();
        self.stage.poll_every(SHORT.poll);
        let bot = self.stage.bot().await;
        let requests = self.stage.requests();
        let (kills, deaths) = (self.kills, self.deaths);
        let counts = self.stage.check_all(bot, must_answer).await;
        println!(
            "{name}: {kills} kills, {deaths} deaths at a step, {requests} requests, {counts:?}"
        );
        counts
    }

    pub async fn kill(&mut self, bot: Bot) {
        match bot.kill().await {
            true => self.kills += 1,
            false => self.deaths += 1,
        }
    }

    pub fn word(&mut self) -> Word {
        match self.random.below(10) {
            0 => Word::Thanks,
            1 => Word::Chat,
            2 => Word::Stranger,
            _ => self.command(),
        }
    }

    pub fn command(&mut self) -> Word {
        let level = self.random.pick(&["p0", "p1", "p2", "p3"]);
        let size = self.random.pick(&["xs", "s", "m", "l", "xl"]);
        match self.random.below(6) {
            0 => Word::Priority(level),
            1 => Word::Size(size),
            2 => Word::Several(level, size),
            3 => Word::Hold,
            4 => Word::Unhold,
            _ => Word::Ping,
        }
    }

    /// Sometimes the next replies or reactions hang after they were written, or are written only
    /// when the gate opens.
    pub fn confuse_write(&mut self) -> Gate {
        let gate = self.gate();
        let fault = match self.random.below(5) {
            0 | 1 => Fault::HangAfter(gate.clone()),
            2 | 3 => Fault::Late(gate.clone()),
            _ => return gate,
        };
        let faults = self.stage.sandbox.faults();
        if self.random.percent(30) {
            faults.next(Matcher::method_path("POST", "/reactions"), fault);
        } else {
            for number in 1..=THREADS / 2 {
                let comments = format!("/issues/{number}/comments");
                faults.next(Matcher::method_path("POST", &comments), fault.clone());
            }
        }
        gate
    }

    pub fn gate(&mut self) -> Gate {
        let gate = Gate::new();
        self.gates.push(gate.clone());
        gate
    }

    pub fn let_go(&mut self) {
        for gate in self.gates.drain(..) {
            gate.open();
        }
    }
}

impl Random {
    /// True `percent` times in a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }
}

/// `$TIMMY_SEED` if somebody repeats a failure, else `usual`.
pub fn seed(usual: u64) -> u64 {
    std::env::var("TIMMY_SEED").map_or(usual, |text| text.parse().unwrap())
}

/// How often to do what is to be done `full` times: a fifth of it, unless `TIMMY_KILLS=full`.
pub fn times(full: usize) -> usize {
    share(full, 5)
}

/// The same of what takes long, since several processes have to do with each: a tenth of it.
#[cfg(feature = "temporal")]
pub fn few_times(full: usize) -> usize {
    share(full, 10)
}

fn share(full: usize, parts: usize) -> usize {
    match std::env::var("TIMMY_KILLS").as_deref() {
        Ok("full") => full,
        Ok(other) => panic!("TIMMY_KILLS is full or not set, not {other:?}"),
        Err(_) => full / parts,
    }
}
