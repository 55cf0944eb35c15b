//! Killed at random moments, hundreds of times; and, in some runs, by a forge that misbehaves.

use std::time::Duration;

use timmy::crash::STEPS;
use timmy::sandbox::{DeliveryFault, Fault, Gate, Matcher};

use crate::random_run::{RandomRun, seed, times};
use crate::stage::{MustAnswer, SHORT, Waits};
use crate::support::forge::{CELLAR, DOOR};
use crate::thread::Word;

/// Enough time for a late write to land before duplicates are looked for the last time.
const LATE: Waits =
    Waits { settle: Duration::from_millis(20), recheck: Duration::from_secs(20), ..SHORT };

/// How long a round of faults may take: what hangs behind it must land before that last look.
const ROUND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments() {
    let seed = seed(1);
    let [a, b, c, d] = [0, 1, 2, 3].map(|nth| kill_again_and_again(seed, nth));
    tokio::join!(a, b, c, d);
}

async fn kill_again_and_again(seed: u64, nth: u64) {
    let mut run = RandomRun::begin(SHORT, seed, nth).await;
    for _ in 0..times(100) {
        run.round_with_a_kill().await;
    }
    let counts = run.end("killed", MustAnswer::Acknowledged).await;
    assert_eq!(counts.taken_back, 0, "a reply was said twice, if not for long");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forge_that_misbehaves() {
    let seed = seed(5);
    tokio::join!(misbehave(seed, 0), misbehave_and_kill(seed, 1), misbehave_and_kill(seed, 2));
}

async fn misbehave(seed: u64, nth: u64) {
    let mut run = RandomRun::begin(LATE, seed, nth).await;
    run.misbehave();
    for _ in 0..times(5) {
        let bot = run.stage.bot().await;
        for _ in 0..12 {
            run.round_of_faults().await;
        }
        let status = bot.stop().await;
        assert!(status.success(), "{status}\n{}", run.stage.dump());
    }
    run.end("faults", MustAnswer::Acknowledged).await;
}

async fn misbehave_and_kill(seed: u64, nth: u64) {
    let mut run = RandomRun::begin(LATE, seed, nth).await;
    run.misbehave();
    for _ in 0..times(30) {
        run.round_of_faults_with_a_kill().await;
    }
    run.end("faults and kills", MustAnswer::Acknowledged).await;
}

/// When the bot is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Right after its start: perhaps while it makes its ledger.
    Started,
    /// When the forge has seen so many more requests.
    Requests(usize),
    /// When so many more webhooks were acknowledged.
    Acknowledged(usize),
    /// When it passes a step for the so many-th time.
    Step(&'static str, usize),
}

impl RandomRun {
    fn moment(&mut self) -> Moment {
        match self.random.below(10) {
            0 => Moment::Started,
            1..=5 => Moment::Requests(self.random.below(16)),
            6..=7 => Moment::Acknowledged(1 + self.random.below(4)),
            _ => Moment::Step(self.random.pick(&STEPS), 1 + self.random.below(3)),
        }
    }

    async fn round_with_a_kill(&mut self) {
        let moment = self.moment();
        let mut bot = match moment {
            Moment::Step(step, nth) => {
                self.stage.launch.start(&[("TIMMY_CRASH_AT", &format!("{step}:{nth}"))])
            }
            _ => self.stage.launch.start(&[]),
        };
        // What the last bot left behind can take this one to its step before it listens.
        if matches!(moment, Moment::Started) || !bot.listens().await {
            self.speak();
            return self.kill(bot).await;
        }
        let (requests, acknowledged) = (self.stage.requests(), self.stage.relay.count());
        self.speak();
        let come = async {
            match moment {
                Moment::Requests(n) => self.stage.asked(requests + n).await,
                Moment::Acknowledged(n) => self.stage.relay.reaches(acknowledged + n).await,
                Moment::Started | Moment::Step(..) => drop(bot.death().await),
            }
        };
        // Less may come than was drawn.
        tokio::select! {
            () = come => {}
            () = self.stage.answered() => {}
        }
        self.kill(bot).await;
    }

    /// One to four people say something, the first a command.
    fn speak(&mut self) {
        for nth in 0..1 + self.random.below(4) {
            match self.random.below(20) {
                0 => {
                    let word = self.command();
                    self.stage.open(DOOR, word);
                }
                1 => {
                    let word = self.command();
                    self.stage.open_pull(CELLAR, word);
                }
                2 if !self.chats.is_empty() => {
                    let chat = self.random.pick(&self.chats);
                    let text = format!("It does, {nth} times.");
                    self.stage.sandbox.edit_comment("walt", chat, &text).unwrap();
                }
                _ => {
                    let word = if nth == 0 { self.command() } else { self.word() };
                    let thread = self.random.below(self.stage.threads.len());
                    let comment = self.stage.say(thread, word);
                    if word == Word::Chat {
                        self.chats.push(comment);
                    }
                }
            }
        }
    }

    /// From now on one request in seven goes wrong.
    fn misbehave(&mut self) {
        let post = || Matcher::method_path("POST", "");
        let rates = [
            (post(), 60, Fault::ErrorAfter),
            (post(), 60, Fault::CutAfter),
            (Matcher::any(), 40, Fault::CutBefore),
            (Matcher::any(), 40, Fault::BadGateway),
            (Matcher::any(), 5, Fault::TooManyRequests { retry_after: 1 }),
        ];
        for (matcher, per_mille, fault) in rates {
            let seed = self.random.number();
            self.stage.sandbox.faults().rate(seed, matcher, per_mille, fault);
        }
    }

    /// Some of the next webhooks come twice, late or out of order.
    fn confuse_webhooks(&mut self) {
        for _ in 0..self.random.below(3) {
            let fault = match self.random.below(3) {
                0 => DeliveryFault::Twice,
                1 => DeliveryFault::AfterNext,
                _ => DeliveryFault::Held(self.gate()),
            };
            self.stage.sandbox.faults().next_delivery(fault);
        }
    }

    /// Faults, and a bot that lives.
    async fn round_of_faults(&mut self) {
        self.confuse_webhooks();
        let gate = self.confuse_write();
        let requests = self.stage.requests() + self.random.below(16);
        if self.random.percent(10) {
            self.stage.sandbox.faults().down();
            self.speak();
            self.stage.sandbox.settle().await;
            self.stage.sandbox.faults().up();
        } else {
            self.speak();
        }
        self.enough(requests, gate).await;
        self.let_go();
        self.stage.sandbox.settle().await;
    }

    /// Faults, and a bot that is killed, perhaps while something hangs.
    async fn round_of_faults_with_a_kill(&mut self) {
        let bot = self.stage.bot().await;
        // What the last bot left hanging lands now, or when this one has looked for it.
        if self.random.percent(30) {
            self.let_go();
        }
        let hanging = std::mem::take(&mut self.gates);
        self.confuse_webhooks();
        // Half of the bots live until they have repeated what their predecessors left hanging.
        let (gate, requests) = match self.random.percent(50) {
            true => (Gate::new(), usize::MAX),
            false => (self.confuse_write(), self.stage.requests() + self.random.below(24)),
        };
        self.speak();
        self.enough(requests, gate).await;
        for gate in hanging {
            gate.open();
        }
        self.kill(bot).await;
    }

    /// Returns when the forge has seen so many requests, or will not see them soon.
    async fn enough(&self, requests: usize, gate: Gate) {
        tokio::select! {
            () = tokio::time::sleep(ROUND) => {}
            () = self.stage.asked(requests) => {}
            () = self.stage.answered() => {}
            () = gate.reached() => {}
        }
    }
}
