//! The stage: a sandbox forge, a timmy, a clock that stands still, and people who talk.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use timmy::clock::{Clock, ManualClock};
use timmy::core::model::ids::Subject;
use timmy::core::model::time::Timestamp;
use timmy::sandbox::{Mode, Options, Said, Sandbox};

use crate::running::{Running, SECRETS};

/// The repository in which people talk unless they say otherwise. Its first issue is the thread.
pub const DOOR: &str = "foundation/door";
/// A private repository of the same organisation.
pub const CELLAR: &str = "foundation/cellar";
/// A stranger's repository, which timmy may see but does not watch.
pub const TOYS: &str = "rando/toys";

/// Plays one conversation. The cast: alexander owns the fleet, anna approves, walt may write,
/// rita may read, rando is a stranger; ezra is an agent, renovate is ignored.
pub async fn talk(play: impl AsyncFnOnce(&Talk)) {
    talk_where(&[], play).await;
}

/// A conversation in which pieces of the configuration are replaced by others.
pub async fn talk_where(changes: &[(&str, &str)], play: impl AsyncFnOnce(&Talk)) {
    let talk = Talk::start("timmy", changes, |now| now).await;
    play(&talk).await;
    talk.end().await;
}

/// A conversation with a forge whose clock shows another time than timmy's.
pub async fn talk_with_clocks(of_forge: fn(Timestamp) -> Timestamp, play: impl AsyncFnOnce(&Talk)) {
    let talk = Talk::start("timmy", &[], of_forge).await;
    play(&talk).await;
    talk.end().await;
}

/// A conversation with an account of another name.
pub async fn talk_to(account: &str, play: impl AsyncFnOnce(&Talk)) {
    let talk = Talk::start(account, &[], |now| now).await;
    play(&talk).await;
    talk.end().await;
}

pub struct Talk {
    pub sandbox: Sandbox,
    pub clock: ManualClock,
    pub timmy: Running,
    account: String,
    pub token: String,
    read: RefCell<HashSet<i64>>,
    seen: RefCell<HashSet<(Subject, String)>>,
    threads: RefCell<Vec<(String, i64)>>,
}

impl Talk {
    async fn start(
        account: &str,
        changes: &[(&str, &str)],
        of_forge: fn(Timestamp) -> Timestamp,
    ) -> Self {
        let clock = ManualClock::at(Timestamp::parse("2026-11-23T12:00:00Z").unwrap());
        let hands = clock.clone();
        let options =
            Options { clock: Arc::new(move || of_forge(hands.now())), ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let token = furnish(&sandbox, account);
        let timmy = Running::start(sandbox.url(), &token, &clock, changes).await;
        let talk = Self {
            sandbox,
            clock,
            timmy,
            account: account.to_owned(),
            token,
            read: RefCell::default(),
            seen: RefCell::default(),
            threads: RefCell::default(),
        };
        talk.hook(&talk.timmy.webhook, SECRETS[0]);
        talk.opens(DOOR, "rita", "The door does not open", "It is stuck.").await;
        talk
    }

    /// Makes the forge call this address as well.
    pub fn hook(&self, webhook: &str, secret: &str) {
        for home in ["foundation", TOYS] {
            self.sandbox.add_hook(home, webhook, secret, &["issues", "pull_request"]).unwrap();
        }
    }

    /// Starts a second timmy for the same account, with a ledger of its own.
    pub async fn another_ledger(&self) -> Running {
        Running::start(self.sandbox.url(), &self.token, &self.clock, &[]).await
    }

    /// Waits until timmy has nothing left to do before the clock moves.
    pub async fn quiet(&self) {
        self.sandbox.settle().await;
        self.timmy.engine.quiet().await;
    }

    /// Lets time pass.
    pub async fn wait(&self, span: Duration) {
        self.clock.advance(span);
        self.timmy.engine.ring();
        self.quiet().await;
    }

    /// Lets timmy find what no webhook told, and wait no longer for one.
    pub async fn polls(&self) {
        self.wait(Duration::from_secs(60)).await;
        self.wait(Duration::from_secs(10)).await;
    }

    /// Somebody comments in the door's first issue, and nobody waits; the comment's id.
    pub fn says(&self, who: &str, text: &str) -> i64 {
        self.says_in(DOOR, 1, who, text)
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
        let comments = self.sandbox.comments(repo, number).unwrap();
        let unread: Vec<_> =
            comments.iter().filter(|c| !self.read.borrow().contains(&c.id)).collect();
        let [reply] = unread.as_slice() else { panic!("not one reply, but {unread:#?}") };
        assert_eq!(reply.author, self.account);
        let marker = format!("\n\n<!-- timmy key={} -->", subject.key());
        let text = reply.body.strip_suffix(&marker).unwrap_or_else(|| panic!("{}", reply.body));
        self.read.borrow_mut().insert(reply.id);
        text.to_owned()
    }

    /// These comments are no replies.
    pub fn reads(&self, comments: &[Said]) {
        self.read.borrow_mut().extend(comments.iter().map(|said| said.id));
    }

    /// All unread replies in the door's first issue, without their markers.
    pub fn replies(&self) -> Vec<String> {
        let comments = self.sandbox.comments(DOOR, 1).unwrap();
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

    async fn end(self) {
        self.quiet().await;
        self.nothing_unread();
        self.timmy.stop().await;
        self.sandbox.stop().await;
    }
}

/// People, an organisation, repositories. Gives timmy's token.
pub fn furnish(sandbox: &Sandbox, account: &str) -> String {
    let token = sandbox.add_user(account);
    for login in ["alexander", "anna", "walt", "rita", "rando", "ezra", "renovate"] {
        sandbox.add_user(login);
    }
    sandbox.add_org("foundation", "alexander").unwrap();
    for (repo, private) in [(DOOR, false), (CELLAR, true), (TOYS, false)] {
        sandbox.add_repo(repo, private).unwrap();
        sandbox.collaborator(repo, account, Mode::Write).unwrap();
    }
    for repo in [DOOR, CELLAR] {
        for login in ["anna", "walt", "ezra", "renovate"] {
            sandbox.collaborator(repo, login, Mode::Write).unwrap();
        }
        sandbox.collaborator(repo, "rita", Mode::Read).unwrap();
    }
    token
}
