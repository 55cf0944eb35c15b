//! What every play has: people who talk, webhooks and writes that go astray, kills that are counted.

use timmy::sandbox::{Fault, Gate, Matcher};

use crate::bot::Bot;
use crate::dice::Dice;
use crate::stage::{Ears, SHORT, Stage, Waits};
use crate::support::forge::{CELLAR, DOOR};
use crate::thread::{Counts, Word};

/// How many threads there are at first.
pub const THREADS: usize = 12;

pub struct Play {
    pub stage: Stage,
    pub dice: Dice,
    pub kills: usize,
    /// How often the bot died at a step.
    pub deaths: usize,
    /// Comments that may be edited: nobody asked timmy anything in them.
    pub chats: Vec<i64>,
    /// What is held back, until it is let go.
    pub gates: Vec<Gate>,
}

impl Play {
    /// The `nth` play of a test with this seed.
    pub async fn begin(waits: Waits, seed: u64, nth: u64) -> Self {
        let mut stage = Stage::set(waits, seed).await;
        for number in 0..THREADS {
            stage.open(if number % 2 == 0 { DOOR } else { CELLAR }, Word::Chat);
        }
        stage.sandbox.settle().await;
        let (chats, gates) = (Vec::new(), Vec::new());
        Self { stage, dice: Dice::new(seed * 100 + nth), kills: 0, deaths: 0, chats, gates }
    }

    /// Lets everything heal, and looks what came of what the `ears` must have heard.
    pub async fn end(mut self, name: &str, ears: Ears) -> Counts {
        self.stage.sandbox.faults().clear();
        self.let_go();
        self.stage.poll_every(SHORT.poll);
        let bot = self.stage.bot().await;
        let requests = self.stage.requests();
        let (kills, deaths) = (self.kills, self.deaths);
        let counts = self.stage.look_back(bot, ears).await;
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
        match self.dice.below(10) {
            0 => Word::Thanks,
            1 => Word::Chat,
            2 => Word::Stranger,
            _ => self.command(),
        }
    }

    pub fn command(&mut self) -> Word {
        let level = self.dice.pick(&["p0", "p1", "p2", "p3"]);
        let size = self.dice.pick(&["xs", "s", "m", "l", "xl"]);
        match self.dice.below(6) {
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
        let fault = match self.dice.below(5) {
            0 | 1 => Fault::HangAfter(gate.clone()),
            2 | 3 => Fault::Late(gate.clone()),
            _ => return gate,
        };
        let faults = self.stage.sandbox.faults();
        if self.dice.hits(30) {
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
