//! The stage: a sandbox forge, a timmy, a clock that stands still, and people who talk.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use timmy::clock::{Clock, ManualClock};
use timmy::core::model::ids::Subject;
use timmy::core::model::time::Timestamp;
use timmy::sandbox::{DeliveryFault, Options, Said, Sandbox, Version};

use crate::closing::{closing_place, outside_code};
use crate::support::app::Timmy;
use crate::support::clock::{MINUTE, PATIENCE, noon};
use crate::support::config::{Config, SECRETS};
use crate::support::forge::{DOOR, EVENTS, TOYS, furnish};

/// Plays one conversation, with the usual cast.
pub async fn talk(play: impl AsyncFnOnce(&Talk)) {
    talk_where(|config| config, play).await;
}

/// A conversation with a timmy of another configuration.
pub async fn talk_where(change: impl FnOnce(Config) -> Config, play: impl AsyncFnOnce(&Talk)) {
    let talk = Talk::start("timmy", change, |now| now, Version::default()).await;
    play(&talk).await;
    talk.end().await;
}

/// A conversation with a forge whose clock shows another time than timmy's.
pub async fn talk_with_clocks(of_forge: fn(Timestamp) -> Timestamp, play: impl AsyncFnOnce(&Talk)) {
    let talk = Talk::start("timmy", |config| config, of_forge, Version::default()).await;
    play(&talk).await;
    talk.end().await;
}

/// A conversation with an account of another name.
pub async fn talk_to(account: &str, play: impl AsyncFnOnce(&Talk)) {
    let talk = Talk::start(account, |config| config, |now| now, Version::default()).await;
    play(&talk).await;
    talk.end().await;
}

/// A conversation on a forge of another version.
pub async fn talk_on(version: Version, play: impl AsyncFnOnce(&Talk)) {
    let talk = Talk::start("timmy", |config| config, |now| now, version).await;
    play(&talk).await;
    talk.end().await;
}

/// With whom people talk: webhooks reach it, rita may ask, renovate is ignored, ezra works.
pub fn usual(config: Config) -> Config {
    config
        .listening("127.0.0.1:0")
        .with("people.readers", ["rita"])
        .with("people.ignore", ["renovate"])
        .agent("ezra", ["coder"])
}

pub struct Talk {
    pub sandbox: Sandbox,
    pub clock: ManualClock,
    pub timmy: Timmy,
    account: String,
    read: RefCell<HashSet<i64>>,
    seen: RefCell<HashSet<(Subject, String)>>,
    threads: RefCell<Vec<(String, i64)>>,
}

impl Talk {
    async fn start(
        account: &str,
        change: impl FnOnce(Config) -> Config,
        of_forge: fn(Timestamp) -> Timestamp,
        version: Version,
    ) -> Self {
        let clock = noon();
        let hands = clock.clone();
        let clock_of_forge = Arc::new(move || of_forge(hands.now()));
        let options = Options { clock: clock_of_forge, version, ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let token = furnish(&sandbox, account);
        let config = change(usual(Config::of(sandbox.url())));
        let mut timmy = Timmy::asleep(config, &token, &clock);
        timmy.start().await;
        let talk = Self {
            sandbox,
            clock,
            timmy,
            account: account.to_owned(),
            read: RefCell::default(),
            seen: RefCell::default(),
            threads: RefCell::default(),
        };
        talk.hook(talk.timmy.webhook(), SECRETS[0]);
        talk.opens(DOOR, "rita", "The door does not open", "It is stuck.").await;
        talk
    }

    /// Makes the forge call this address as well.
    pub fn hook(&self, webhook: &str, secret: &str) {
        for home in ["foundation", TOYS] {
            self.sandbox.add_hook(home, webhook, secret, &EVENTS).unwrap();
        }
    }

    /// Starts a second timmy for the same account, with a ledger of its own. It speaks to the
    /// forge at `url`; this one calls it.
    pub async fn second_timmy(&self, url: &str) -> Timmy {
        let config = usual(Config::of(url));
        let mut timmy = Timmy::asleep(config, &self.timmy.token, &self.clock);
        timmy.start().await;
        self.hook(timmy.webhook(), SECRETS[0]);
        timmy
    }

    /// Waits until timmy has nothing left to do before the clock moves.
    pub async fn quiet(&self) {
        self.sandbox.settle().await;
        self.timmy.quiet().await;
    }

    /// Lets time pass.
    pub async fn wait(&self, span: Duration) {
        self.clock.advance(span);
        self.timmy.engine().notify();
        self.quiet().await;
    }

    /// Lets timmy find what no webhook brought, and wait no longer for one.
    pub async fn polls(&self) {
        self.wait(MINUTE).await;
        self.wait(PATIENCE).await;
    }

    /// Somebody comments in the door's first issue, and nobody waits; the comment's id.
    pub fn says(&self, who: &str, text: &str) -> i64 {
        self.says_in(DOOR, 1, who, text)
    }

    /// Somebody comments in the door's first issue, and the webhook of it is lost; the comment's id.
    pub async fn says_unnoticed(&self, who: &str, text: &str) -> i64 {
        self.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        let id = self.says(who, text);
        self.quiet().await;
        self.nothing_unread();
        id
    }

    /// Somebody comments elsewhere.
    pub fn says_in(&self, repo: &str, number: i64, who: &str, text: &str) -> i64 {
        let id = self.sandbox.comment(who, repo, number, text).unwrap();
        self.read.borrow_mut().insert(id);
        id
    }

    /// Somebody opens an issue; its number.
    pub async fn opens(&self, repo: &str, who: &str, title: &str, body: &str) -> i64 {
        let number = self.sandbox.open_issue(who, repo, title, body).unwrap();
        self.threads.borrow_mut().push((repo.to_owned(), number));
        self.quiet().await;
        number
    }

    /// Somebody opens a pull request at the door; its number.
    pub async fn proposes(&self, who: &str, title: &str, body: &str) -> i64 {
        let number = self.sandbox.open_pull(who, DOOR, title, body, "topic").unwrap();
        self.threads.borrow_mut().push((DOOR.to_owned(), number));
        self.quiet().await;
        number
    }

    /// Somebody says a command in the door's first issue: the one reply, without its marker. The
    /// claim is asserted on the way.
    pub async fn ask(&self, who: &str, text: &str) -> String {
        self.ask_in(DOOR, 1, who, text).await
    }

    /// Somebody says a command elsewhere.
    pub async fn ask_in(&self, repo: &str, number: i64, who: &str, text: &str) -> String {
        let id = self.says_in(repo, number, who, text);
        self.quiet().await;
        self.answer_to(repo, number, Subject::Comment(id))
    }

    /// What [`Talk::ask`] gives, without what is folded away.
    pub async fn gist(&self, who: &str, text: &str) -> String {
        self.gist_in(DOOR, 1, who, text).await
    }

    /// What [`Talk::ask_in`] gives, without what is folded away.
    pub async fn gist_in(&self, repo: &str, number: i64, who: &str, text: &str) -> String {
        let reply = self.ask_in(repo, number, who, text).await;
        reply.split("\n\n<details>").next().unwrap().to_owned()
    }

    /// The one unread reply in a thread, to the body with which it was opened.
    pub fn answer_to_opening(&self, repo: &str, number: i64) -> String {
        let subject = self.sandbox.issue_subject(repo, number).unwrap();
        self.answer_to(repo, number, subject)
    }

    /// The one unread reply in a thread, which must be the answer to `subject`.
    pub fn answer_to(&self, repo: &str, number: i64, subject: Subject) -> String {
        self.saw(subject, "eyes");
        self.unclaimed_answer_to(repo, number, subject)
    }

    /// The same, where timmy did not claim it by the usual reaction.
    pub fn unclaimed_answer_to(&self, repo: &str, number: i64, subject: Subject) -> String {
        let comments = self.sandbox.comments(repo, number).unwrap();
        let unread: Vec<_> =
            comments.iter().filter(|c| !self.read.borrow().contains(&c.id)).collect();
        let [reply] = unread.as_slice() else { panic!("not one reply, but {unread:#?}") };
        assert_eq!(reply.author, self.account);
        let marker = format!("\n\n<!-- timmy key={} -->", subject.key());
        let text = reply.body.strip_suffix(&marker).unwrap_or_else(|| panic!("{}", reply.body));
        assert_eq!(closing_place(&outside_code(text)), None, "{text}");
        self.read.borrow_mut().insert(reply.id);
        text.to_owned()
    }

    /// What timmy said on lines of a pull request, without its markers.
    pub fn on_lines(&self, number: i64) -> Vec<String> {
        let said = self.sandbox.said_on_lines(DOOR, number).unwrap();
        let own = said.into_iter().filter(|said| said.author == self.account);
        own.map(|said| said.body.split("\n\n<!-- timmy").next().unwrap().to_owned()).collect()
    }

    /// These comments are no replies.
    pub fn reads(&self, comments: &[Said]) {
        self.read.borrow_mut().extend(comments.iter().map(|said| said.id));
    }

    /// All unread replies in the door's first issue, without their markers.
    pub fn replies(&self) -> Vec<String> {
        self.replies_in(DOOR, 1)
    }

    /// The same in another thread.
    pub fn replies_in(&self, repo: &str, number: i64) -> Vec<String> {
        let comments = self.sandbox.comments(repo, number).unwrap();
        let unread = comments.iter().filter(|c| self.read.borrow_mut().insert(c.id));
        unread.map(|c| c.body.split("\n\n<!-- timmy").next().unwrap().to_owned()).collect()
    }

    /// Somebody says something that timmy leaves alone.
    pub async fn ignored(&self, who: &str, text: &str) {
        self.says(who, text);
        self.quiet().await;
        self.nothing_unread();
    }

    /// Somebody talks to timmy without a command: a puzzled look is all.
    pub async fn puzzled(&self, who: &str, text: &str) {
        let id = self.says(who, text);
        self.quiet().await;
        self.saw(Subject::Comment(id), "confused");
        self.nothing_unread();
    }

    /// timmy reacted so.
    pub fn saw(&self, subject: Subject, reaction: &str) {
        let expected = (self.account.clone(), reaction.to_owned());
        let reactions = self.sandbox.reactions(subject);
        assert!(reactions.contains(&expected), "no {reaction}: {reactions:?}");
        self.seen.borrow_mut().insert((subject, reaction.to_owned()));
    }

    /// timmy's reply or reaction that nobody has read yet fails the test.
    pub fn nothing_unread(&self) {
        for (repo, number) in self.threads.borrow().iter() {
            let issue = self.sandbox.issue_subject(repo, *number).unwrap();
            let comments = self.sandbox.comments(repo, *number).unwrap();
            for comment in &comments {
                assert!(
                    self.read.borrow().contains(&comment.id),
                    "an unread comment in {repo}#{number}: {comment:#?}"
                );
            }
            let subjects = comments.iter().map(|c| Subject::Comment(c.id)).chain([issue]);
            for subject in subjects {
                for (who, reaction) in self.sandbox.reactions(subject) {
                    let seen = self.seen.borrow().contains(&(subject, reaction.clone()));
                    assert!(seen, "an unread {reaction} by {who} at {subject:?}");
                }
            }
        }
    }

    /// The labels of the door's first issue.
    pub fn labels(&self) -> Vec<String> {
        self.sandbox.labels(DOOR, 1).unwrap()
    }

    /// Who is assigned to the door's first issue.
    pub fn assignees(&self) -> Vec<String> {
        self.sandbox.assignees(DOOR, 1).unwrap()
    }

    async fn end(mut self) {
        self.quiet().await;
        self.nothing_unread();
        self.timmy.stop().await;
        self.sandbox.stop().await;
    }
}
