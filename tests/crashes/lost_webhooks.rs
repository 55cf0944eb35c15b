//! Webhooks are lost, come twice or late, the forge misbehaves, the bot is killed again and again:
//! a poll finds what was said, and every command is answered once.

use std::time::Duration;

use timmy::crash::STEPS;
use timmy::sandbox::{DeliveryFault, Fault, Matcher, ReviewState};

use crate::bot::Bot;
use crate::random_run::{RandomRun, seed, times};
use crate::stage::{MustAnswer, Stage, Waits};
use crate::support::forge::{CELLAR, DOOR};
use crate::thread::Word;

/// As in a run with faults, and the shortest time between two polls that can be configured.
const WAITS: Waits = Waits {
    settle: Duration::from_millis(100),
    recheck: Duration::from_secs(20),
    poll: Duration::from_secs(1),
};

/// How many commands are said, in a full run.
const COMMANDS: usize = 2_000;
/// How often the bot is killed from outside, at a moment that nobody chose, in a full run.
const KILLS: usize = 100;
/// Threads beside those of every run.
const MORE_THREADS: usize = 28;
/// How long a bot lives at most, if it is to be killed in the midst of its work.
const LIFE: Duration = Duration::from_millis(1500);

#[tokio::test(flavor = "multi_thread")]
async fn every_command_is_answered_once_whatever_becomes_of_its_webhook() {
    let mut run = RandomRun::begin(WAITS, seed(9), 0).await;
    for _ in 0..MORE_THREADS {
        run.stage.open(CELLAR, Word::Chat);
    }
    // What was said before its first look does not count.
    let mut bot = run.stage.bot().await;
    bot.first_poll().await;
    bot.stop().await;
    let mut crowd = Crowd::around(run);
    let (commands, kills) = (times(COMMANDS), times(KILLS));
    while crowd.said < commands || crowd.run.kills < kills {
        crowd.round().await;
    }
    let said = crowd.said;
    let counts = crowd.run.end("lost webhooks", MustAnswer::All).await;
    let found = counts.texts - counts.acknowledged;
    println!("lost webhooks: {said} commands; {found} texts came by no webhook");
    assert!(counts.replies >= said && found > said / 10, "{counts:?}");
}

/// How a round goes.
#[derive(Debug, Clone, Copy)]
enum Round {
    /// A bot is killed right after its start.
    Started,
    /// It is killed when the forge has seen so many more requests.
    Requests(usize),
    /// It dies when it passes a step for the so many-th time.
    Step(&'static str, usize),
    /// It lives until it has polled for what was said meanwhile, and answered.
    Calm,
}

/// A run in which many people write much.
struct Crowd {
    run: RandomRun,
    /// Threads in which people comment. In those opened later only the body speaks, since nobody
    /// can tell whether a body is as it was written once its thread has moved.
    busy: usize,
    /// A pull request, and a review in whose thread on a line people talk.
    reviewed: (usize, i64),
    /// How many commands were said.
    said: usize,
}

impl Crowd {
    fn around(mut run: RandomRun) -> Self {
        let busy = run.stage.threads.len();
        let reviewed = review(&mut run.stage);
        let rates = [
            (Matcher::method_path("POST", ""), 20, Fault::ErrorAfter),
            (Matcher::method_path("POST", ""), 20, Fault::CutAfter),
            (Matcher::any(), 15, Fault::CutBefore),
            (Matcher::any(), 15, Fault::BadGateway),
            (
                Matcher::method_path("POST", "/comments"),
                1,
                Fault::TooManyRequests { retry_after: 1 },
            ),
        ];
        for (matcher, per_mille, fault) in rates {
            let seed = run.random.number();
            run.stage.sandbox.faults().rate(seed, matcher, per_mille, fault);
        }
        Self { run, busy, reviewed, said: 0 }
    }

    async fn round(&mut self) {
        let round = match self.run.random.below(20) {
            0 => Round::Started,
            1..=14 => Round::Requests(self.run.random.below(160)),
            15..=17 => Round::Step(self.run.random.pick(&STEPS), 1 + self.run.random.below(12)),
            _ => Round::Calm,
        };
        // Some speak while nobody listens: their webhooks are lost.
        self.speak(6);
        let hanging = match round {
            Round::Calm => Vec::new(),
            _ => std::mem::take(&mut self.run.gates),
        };
        let at = match round {
            Round::Step(step, nth) => vec![("TIMMY_CRASH_AT", format!("{step}:{nth}"))],
            _ => Vec::new(),
        };
        let at: Vec<(&str, &str)> = at.iter().map(|(name, at)| (*name, &**at)).collect();
        let mut bot = self.run.stage.launch.start(&at);
        if !matches!(round, Round::Started) && bot.listens().await {
            self.live(round, &mut bot).await;
        }
        // What hung when the last bot died lands now, or when this one has looked for it.
        for gate in hanging {
            gate.open();
        }
        self.run.kill(bot).await;
    }

    /// What happens while the bot listens.
    async fn live(&mut self, round: Round, bot: &mut Bot) {
        if self.run.random.percent(30) {
            self.run.confuse_write();
        }
        let requests = self.run.stage.requests();
        self.speak(16);
        match round {
            Round::Calm => self.calm(bot).await,
            Round::Requests(n) => {
                let asked = self.run.stage.asked(requests + n);
                drop(tokio::time::timeout(LIFE, asked).await);
            }
            Round::Started | Round::Step(..) => drop(tokio::time::timeout(LIFE, bot.death()).await),
        }
    }

    /// Nothing hangs any more, and no webhook is on its way.
    async fn calm(&mut self, bot: &mut Bot) {
        self.run.let_go();
        self.run.stage.sandbox.settle().await;
        // The look that is under way may have begun before.
        let looks = bot.polled() + 2;
        assert!(bot.polls(looks).await, "the bot ended early:\n{}", self.run.stage.dump());
        self.run.stage.answered().await;
    }

    /// People say things; what becomes of each webhook is chance.
    fn speak(&mut self, texts: usize) {
        for _ in 0..texts {
            self.confuse_webhook();
            let place = self.run.random.below(40);
            let word = if place < 2 { self.run.command() } else { self.run.word() };
            self.said += usize::from(word.is_command());
            let (thread, (pull, review)) = (self.run.random.below(self.busy), self.reviewed);
            let stage = &mut self.run.stage;
            match place {
                0 => drop(stage.open(DOOR, word)),
                1 => drop(stage.open_pull(CELLAR, word)),
                2 => drop(stage.reply(pull, review, word)),
                _ => drop(stage.say(thread, word)),
            }
        }
    }

    fn confuse_webhook(&mut self) {
        let fault = match self.run.random.below(10) {
            0..=2 => DeliveryFault::Dropped,
            3 => DeliveryFault::Twice,
            4 => DeliveryFault::Held(self.run.gate()),
            5 => DeliveryFault::AfterNext,
            _ => return,
        };
        self.run.stage.sandbox.faults().next_delivery(fault);
    }
}

/// A pull request with a review that says something of a line.
fn review(stage: &mut Stage) -> (usize, i64) {
    let thread = stage.open_pull(DOOR, Word::Chat);
    let number = stage.threads[thread].id.number;
    let inline = [("hinge.txt", "Is this oiled?")];
    let review = stage.sandbox.review("walt", DOOR, number, ReviewState::Comment, "", &inline);
    (thread, review.unwrap())
}
