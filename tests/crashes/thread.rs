//! One thread: what people said in it, and what must have come of that.
//!
//! The order in which texts arrived is the order of the replies. Played again in that order,
//! each reply must be word for word what a timmy that never crashed would have said, and the
//! labels must be those of the last commands.

use std::collections::HashMap;

use timmy::core::effect::marker::key_of;
use timmy::core::model::ids::{Subject, ThreadId};
use timmy::core::reply::{Answer, Answered, Reply};
use timmy::sandbox::{Said, Sandbox};

use crate::relay::Relay;
use crate::stage::MustAnswer;

/// What somebody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Ping,
    Priority(&'static str),
    Size(&'static str),
    Hold,
    Unhold,
    /// Waits for the second issue.
    Block,
    /// Priority, hold and size in one comment.
    Several(&'static str, &'static str),
    /// Addressed, but no command.
    Thanks,
    /// Not addressed.
    Chat,
    /// A command by somebody without any right.
    Stranger,
}

impl Word {
    pub fn who(self) -> &'static str {
        if self == Self::Stranger { "rando" } else { "walt" }
    }

    pub fn text(self) -> String {
        match self {
            Self::Thanks => "@timmy thanks!".to_owned(),
            Self::Chat => "It still does not open.".to_owned(),
            Self::Ping | Self::Stranger => "/timmy ping".to_owned(),
            Self::Priority(level) => format!("/timmy priority {level}"),
            Self::Size(size) => format!("/timmy size {size}"),
            Self::Hold => "/timmy hold".to_owned(),
            Self::Unhold => "/timmy unhold".to_owned(),
            Self::Block => "/timmy block #2".to_owned(),
            Self::Several(level, size) => {
                format!("/timmy priority {level}\n/timmy hold\n/timmy size {size}")
            }
        }
    }

    /// Whether it must be answered once it has arrived.
    pub fn is_command(self) -> bool {
        !matches!(self, Self::Thanks | Self::Chat | Self::Stranger)
    }
}

/// A thread, and what was said in it.
pub struct Thread {
    pub repo: &'static str,
    pub id: ThreadId,
    said: Vec<Spoken>,
}

struct Spoken {
    subject: Subject,
    /// What the relay calls it.
    name: String,
    word: Word,
}

/// What was counted in a thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub texts: usize,
    pub acknowledged: usize,
    pub replies: usize,
    /// Replies that were posted once too often, and taken back.
    pub taken_back: usize,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.texts += other.texts;
        self.acknowledged += other.acknowledged;
        self.replies += other.replies;
        self.taken_back += other.taken_back;
    }
}

impl Thread {
    pub fn new(repo: &'static str, id: ThreadId) -> Self {
        Self { repo, id, said: Vec::new() }
    }

    /// Notes that `word` was said as `subject`, which the relay calls `name`.
    pub fn note(&mut self, subject: Subject, name: String, word: Word) {
        self.said.push(Spoken { subject, name, word });
    }

    /// What came of it.
    pub fn check(&self, sandbox: &Sandbox, relay: &Relay, must_answer: MustAnswer) -> Verdict {
        let acknowledged = |spoken: &Spoken| relay.acknowledged(&spoken.name);
        let arrived = |spoken: &Spoken| must_answer == MustAnswer::All || acknowledged(spoken);
        let comments = sandbox.comments(self.repo, self.id.number).unwrap();
        let mut verdict = Verdict::default();
        let mut answered: HashMap<&str, usize> = HashMap::new();
        let mut state = Shown::default();
        for comment in comments.iter().filter(|comment| comment.author == "timmy") {
            verdict.counts.replies += 1;
            let key = key_of(&comment.body).unwrap_or_default();
            *answered.entry(key).or_default() += 1;
            match self.said.iter().find(|spoken| spoken.subject.key() == key) {
                Some(spoken) => verdict.compare(comment, &state.replies(spoken.word), key),
                None => verdict.problem(format!("a reply to nothing: {comment:?}")),
            }
        }
        for spoken in &self.said {
            verdict.counts.texts += 1;
            verdict.counts.acknowledged += usize::from(acknowledged(spoken));
            verdict.judge(spoken, &answered, arrived(spoken), sandbox);
        }
        self.judge_strangers(&answered, arrived, &mut verdict);
        let labels = sandbox.labels(self.repo, self.id.number).unwrap();
        if labels != state.labels() {
            verdict.problem(format!("the labels are {labels:?}, not {:?}", state.labels()));
        }
        verdict.held = state.held;
        for problem in &mut verdict.problems {
            *problem = format!("{}#{}: {problem}", self.repo, self.id.number);
        }
        verdict
    }

    /// Strangers are turned away once a day, all of them together.
    fn judge_strangers(
        &self,
        answered: &HashMap<&str, usize>,
        arrived: impl Fn(&Spoken) -> bool,
        to: &mut Verdict,
    ) {
        let untracked = || self.said.iter().filter(|spoken| spoken.word == Word::Stranger);
        let refusals = untracked().filter(|s| answered.contains_key(&*s.subject.key())).count();
        let must = untracked().any(arrived);
        if refusals > 1 || must && refusals == 0 {
            to.problem(format!("strangers were turned away {refusals} times"));
        }
    }
}

/// What came of a thread.
#[derive(Default)]
pub struct Verdict {
    pub counts: Counts,
    pub problems: Vec<String>,
    pub held: bool,
}

impl Verdict {
    fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    fn compare(&mut self, comment: &Said, expected: &[Reply], key: &str) {
        let expected: Vec<_> = expected.iter().map(|reply| reply.body(key).text()).collect();
        if !expected.contains(&comment.body) {
            self.problem(format!("expected\n{}\nfound\n{}", expected.join("\nor\n"), comment.body));
        }
    }

    fn judge(
        &mut self,
        spoken: &Spoken,
        answered: &HashMap<&str, usize>,
        arrived: bool,
        sandbox: &Sandbox,
    ) {
        let key = spoken.subject.key();
        let replies = answered.get(&*key).copied().unwrap_or_default();
        let (least, most) = match spoken.word {
            Word::Thanks | Word::Chat => (0, 0),
            Word::Stranger => (0, 1),
            _ => (usize::from(arrived), 1),
        };
        let text = spoken.word.text();
        if replies < least || replies > most {
            self.problem(format!(
                "{key} ({text:?}, must be arrived: {arrived}) has {replies} replies"
            ));
        }
        let reactions = sandbox.reactions(spoken.subject);
        let timmys = |content: &str| vec![("timmy".to_owned(), content.to_owned())];
        let right = match spoken.word {
            Word::Thanks if arrived => reactions == timmys("confused"),
            Word::Thanks => reactions.is_empty() || reactions == timmys("confused"),
            _ if replies > 0 => reactions == timmys("eyes"),
            _ => reactions.is_empty(),
        };
        if !right {
            self.problem(format!("{key} ({text:?}) has the reactions {reactions:?}"));
        }
    }
}

/// What the thread shows, command after command.
#[derive(Default)]
struct Shown {
    priority: Option<String>,
    size: Option<String>,
    held: bool,
}

impl Shown {
    /// What may be replied to a word.
    fn replies(&mut self, word: Word) -> Vec<Reply> {
        let owner = "alexander".to_owned();
        let stranger = |unproved| Answer::Stranger { owner: owner.clone(), unproved };
        match word {
            // Only a webhook proves who somebody is.
            Word::Stranger => {
                [true, false].map(|unproved| reply(vec![(word.text(), stranger(unproved))])).into()
            }
            Word::Several(level, size) => {
                let words = [Word::Priority(level), Word::Hold, Word::Size(size)];
                vec![reply(words.map(|word| (word.text(), self.answer(word))).into())]
            }
            _ => vec![reply(vec![(word.text(), self.answer(word))])],
        }
    }

    fn answer(&mut self, word: Word) -> Answer {
        match word {
            Word::Priority(level) => {
                let was = self.priority.replace(level.to_owned());
                let former = was.clone();
                Answer::Priority { now: Some(level.to_owned()), was, former, until: None }
            }
            Word::Size(size) => {
                Answer::Size { now: size.to_owned(), was: self.size.replace(size.to_owned()) }
            }
            Word::Hold => {
                let was_by = std::mem::replace(&mut self.held, true).then(|| "walt".to_owned());
                Answer::Held { was_by, was_reason: None }
            }
            Word::Unhold => Answer::Unheld { hold: std::mem::take(&mut self.held), snooze: false },
            Word::Block => {
                let (target, title) = ("#2".to_owned(), "The door".to_owned());
                Answer::Waits { target, title, open: true, already: false, looked_at: None }
            }
            _ => Answer::Pong { version: env!("CARGO_PKG_VERSION").to_owned() },
        }
    }

    /// The names of the labels, sorted.
    fn labels(&self) -> Vec<String> {
        let priority = self.priority.iter().map(|level| format!("priority/{level}"));
        priority.chain(self.size.iter().map(|size| format!("size/{size}"))).collect()
    }
}

fn reply(answers: Vec<(String, Answer)>) -> Reply {
    let answers = answers.into_iter();
    let answers = answers.map(|(said, answer)| Answered { said, answer, needs: None });
    Reply { name: "timmy".to_owned(), answers: answers.collect() }
}
