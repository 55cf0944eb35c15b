//! Webhooks are lost, come twice or late, the forge misbehaves, the bot is killed again and again:
//! a poll finds what was said, and every command is answered once.

use std::time::Duration;

use timmy::crash::STEPS;
use timmy::sandbox::{DeliveryFault, Fault, Matcher, ReviewState};

use crate::bot::Bot;
use crate::dice::{seed, times};
use crate::play::Play;
use crate::stage::{Ears, Stage, Waits};
use crate::support::forge::{CELLAR, DOOR};
use crate::thread::Word;

/// As in a play of faults, and the shortest time between two polls that can be configured.
const WAITS: Waits = Waits {
    settle: Duration::from_millis(100),
    recheck: Duration::from_secs(8),
    poll: Duration::from_secs(1),
};

/// How many commands are said, in a full run.
const COMMANDS: usize = 2_000;
/// How often the bot is killed from outside, at a moment that nobody chose, in a full run.
const KILLS: usize = 100;
/// Threads beside those of every play.
const MORE_THREADS: usize = 28;
/// How long a bot lives at most, if it is to be killed in the midst of its work.
const LIFE: Duration = Duration::from_millis(1500);

#[tokio::test(flavor = "multi_thread")]
async fn every_command_is_answered_once_whatever_becomes_of_its_webhook() {
    let mut play = Play::begin(WAITS, seed(9), 0).await;
    for _ in 0..MORE_THREADS {
        play.stage.open(CELLAR, Word::Chat);
    }
    // What was said before its first look does not count.
    let mut bot = play.stage.bot().await;
    bot.polled_up().await;
    bot.stop().await;
    let mut crowd = Crowd::around(play);
    let (commands, kills) = (times(COMMANDS), times(KILLS));
    while crowd.said < commands || crowd.play.kills < kills {
        crowd.round().await;
    }
    let said = crowd.said;
    let counts = crowd.play.end("losses", Ears::Poll).await;
    let found = counts.texts - counts.acknowledged;
    println!("losses: {said} commands; {found} texts were told by no webhook");
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

/// A play in which many say much.
struct Crowd {
    play: Play,
    /// Threads in which people comment. In those opened later only the body speaks, since nobody
    /// can tell whether a body is as it was written once its thread has moved.
    busy: usize,
    /// A pull request, and a review in whose thread on a line people talk.
    reviewed: (usize, i64),
    /// How many commands were said.
    said: usize,
}

impl Crowd {
    fn around(mut play: Play) -> Self {
        let busy = play.stage.threads.len();
        let reviewed = review(&mut play.stage);
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
            let seed = play.dice.throw();
            play.stage.sandbox.faults().rate(seed, matcher, per_mille, fault);
        }
        Self { play, busy, reviewed, said: 0 }
    }

    async fn round(&mut self) {
        let round = match self.play.dice.below(20) {
            0 => Round::Started,
            1..=14 => Round::Requests(self.play.dice.below(160)),
            15..=17 => Round::Step(self.play.dice.pick(&STEPS), 1 + self.play.dice.below(12)),
            _ => Round::Calm,
        };
        // Some speak while nobody listens: their webhooks are lost.
        self.speak(6);
        let hanging = match round {
            Round::Calm => Vec::new(),
            _ => std::mem::take(&mut self.play.gates),
        };
        let at = match round {
            Round::Step(step, nth) => vec![("TIMMY_CRASH_AT", format!("{step}:{nth}"))],
            _ => Vec::new(),
        };
        let at: Vec<(&str, &str)> = at.iter().map(|(name, at)| (*name, &**at)).collect();
        let mut bot = self.play.stage.launch.start(&at);
        if !matches!(round, Round::Started) && bot.listens().await {
            self.live(round, &mut bot).await;
        }
        // What hung when the last bot died lands now, or when this one has looked for it.
        for gate in hanging {
            gate.open();
        }
        self.play.kill(bot).await;
    }

    /// What happens while the bot listens.
    async fn live(&mut self, round: Round, bot: &mut Bot) {
        if self.play.dice.hits(30) {
            self.play.confuse_write();
        }
        let requests = self.play.stage.requests();
        self.speak(16);
        match round {
            Round::Calm => self.calm(bot).await,
            Round::Requests(n) => {
                let asked = self.play.stage.asked(requests + n);
                drop(tokio::time::timeout(LIFE, asked).await);
            }
            Round::Started | Round::Step(..) => drop(tokio::time::timeout(LIFE, bot.died()).await),
        }
    }

    /// Nothing hangs any more, and no webhook is on its way.
    async fn calm(&mut self, bot: &mut Bot) {
        self.play.let_go();
        self.play.stage.sandbox.settle().await;
        // The look that is under way may have begun before.
        let looks = bot.looked() + 2;
        assert!(bot.looks(looks).await, "the bot ended early:\n{}", self.play.stage.dump());
        self.play.stage.answered().await;
    }

    /// People say things; what becomes of each webhook is chance.
    fn speak(&mut self, texts: usize) {
        for _ in 0..texts {
            self.confuse_webhook();
            let place = self.play.dice.below(40);
            let word = if place < 2 { self.play.command() } else { self.play.word() };
            self.said += usize::from(word.is_command());
            let (thread, (pull, review)) = (self.play.dice.below(self.busy), self.reviewed);
            let stage = &mut self.play.stage;
            match place {
                0 => drop(stage.open(DOOR, word)),
                1 => drop(stage.open_pull(CELLAR, word)),
                2 => drop(stage.reply(pull, review, word)),
                _ => drop(stage.say(thread, word)),
            }
        }
    }

    fn confuse_webhook(&mut self) {
        let fault = match self.play.dice.below(10) {
            0..=2 => DeliveryFault::Dropped,
            3 => DeliveryFault::Twice,
            4 => DeliveryFault::Held(self.play.gate()),
            5 => DeliveryFault::AfterNext,
            _ => return,
        };
        self.play.stage.sandbox.faults().next_delivery(fault);
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
