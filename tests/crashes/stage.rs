//! The stage: a forge in this process, a relay for its webhooks, a bot in another process.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use timmy::core::effect::{Condition, LabelScope, SetLabel};
use timmy::core::model::ids::{RepoId, Subject, ThreadId};
use timmy::core::model::time::Timestamp;
use timmy::gitea::Gitea;
use timmy::sandbox::{Options, Sandbox};
use timmy::store::tasks::{self, ScheduledTask};
use timmy::store::{Connection, Error, Ledger, outbox, queue, threads};
use tokio::time::sleep;

use crate::bot::{Bot, Launch, tail};
use crate::hands::Hands;
use crate::relay::{Relay, body_of};
use crate::support::config::{Config, SECRETS};
use crate::support::forge::{CELLAR, DOOR, EVENTS, add_repo, client, found};
use crate::support::process::{PATIENCE, free_port};
use crate::thread::{Counts, Thread, Word};

/// The bot's waiting times.
#[derive(Clone, Copy)]
pub struct Waits {
    pub settle: Duration,
    pub recheck: Duration,
    /// Between two looks at what webhooks missed. The first is at each start.
    pub poll: Duration,
}

/// Shortened, but for the poll: once it has looked, a bot gets webhooks alone.
pub const SHORT: Waits = Waits {
    settle: Duration::from_millis(300),
    recheck: Duration::from_millis(300),
    poll: Duration::from_secs(60 * 60),
};

/// Which of the texts that people wrote must have been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MustAnswer {
    /// Those whose webhook was acknowledged; the rest may be.
    Acknowledged,
    /// All of them, whatever became of their webhooks.
    All,
}

/// Between two looks at whether a condition holds: at first, for so long, and then.
const CLOSE_LOOK: Duration = Duration::from_millis(2);
const LOOKS_CLOSELY: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(20);

pub struct Stage {
    pub sandbox: Sandbox,
    pub relay: Relay,
    pub launch: Launch,
    pub threads: Vec<Thread>,
    waits: Waits,
    token: String,
    seed: u64,
    repos: [(&'static str, RepoId); 2],
    folder: TempDir,
}

impl Stage {
    /// Two public repositories; walt may command, rando may not. The bot does not run yet.
    pub async fn set(waits: Waits, seed: u64) -> Self {
        Self::by(&Hands::default(), waits, seed).await
    }

    /// The same, where the forge and whatever is started by [`Stage::launch`] go by this clock.
    pub async fn by(hands: &Hands, waits: Waits, seed: u64) -> Self {
        let options = Options { clock: hands.clock(), ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let token = found(&sandbox, "foundation", &[]);
        for login in ["walt", "rando"] {
            sandbox.add_user(login);
        }
        let repos = [DOOR, CELLAR].map(|repo| (repo, add_repo(&sandbox, repo, &["timmy", "walt"])));
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let relay = Relay::start(port).await;
        sandbox.add_hook("foundation", &relay.url, SECRETS[0], &EVENTS).unwrap();
        let environment = vec![
            ("TIMMY_GITEA_TOKEN", token.clone()),
            ("TIMMY_WEBHOOK_SECRET", SECRETS[0].to_owned()),
            ("TIMMY_LOG", "info,timmy::engine::poll=debug".to_owned()),
            // As it is now: whoever moves the clock tells it anew to what is started after that.
            ("TIMMY_CLOCK_AHEAD", hands.ahead()),
        ];
        let launch = Launch::new(folder.path(), "timmy", port, environment);
        launch.configuration(sandbox.url(), waits).write(&launch.config);
        Self { sandbox, relay, launch, threads: Vec::new(), waits, token, seed, repos, folder }
    }

    /// The same with two issues at the door.
    pub async fn with_two_issues(waits: Waits) -> Self {
        let mut stage = Self::set(waits, 0).await;
        for _ in 0..2 {
            stage.open(DOOR, Word::Chat);
        }
        stage.sandbox.settle().await;
        stage
    }

    /// Another bot of the same account, with a ledger of its own, that gets the same webhooks.
    pub async fn rival(&self) -> Bot {
        let (port, environment) = (free_port(), self.launch.environment.clone());
        let rival = Launch::new(self.folder.path(), "rival", port, environment);
        rival.configuration(self.sandbox.url(), self.waits).write(&rival.config);
        let url = format!("http://127.0.0.1:{port}/webhook");
        self.sandbox.add_hook("foundation", &url, SECRETS[0], &EVENTS).unwrap();
        let mut bot = rival.start(&[]);
        bot.listening().await;
        bot
    }

    /// A bot that listens.
    pub async fn bot(&self) -> Bot {
        let mut bot = self.launch.start(&[]);
        bot.listening().await;
        bot
    }

    /// A bot lives once undisturbed: it hears what is said from here on, and nothing older.
    pub async fn first_life(&self) {
        let mut bot = self.launch.start(&[]);
        bot.first_poll().await;
        let status = bot.stop().await;
        assert!(status.success(), "{status}\n{}", self.dump());
    }

    /// How often a bot that is started from now on looks for what webhooks missed.
    pub fn poll_every(&self, poll: Duration) {
        self.configure(poll, |config| config);
    }

    /// Changes the configuration of a bot that is started from now on.
    pub fn configure(&self, poll: Duration, change: impl FnOnce(Config) -> Config) {
        let config = self.launch.configuration(self.sandbox.url(), Waits { poll, ..self.waits });
        change(config).write(&self.launch.config);
    }

    /// Opens an issue whose body says `word`; the number of its thread among [`Stage::threads`].
    pub fn open(&mut self, repo: &str, word: Word) -> usize {
        let number = self.sandbox.open_issue(word.who(), repo, "The door", &word.text()).unwrap();
        self.opened(repo, number, word)
    }

    /// As [`Stage::open`], a pull request.
    pub fn open_pull(&mut self, repo: &str, word: Word) -> usize {
        let head = format!("branch-{}", self.threads.len());
        let opened = self.sandbox.open_pull(word.who(), repo, "A hinge", &word.text(), &head);
        self.opened(repo, opened.unwrap(), word)
    }

    fn opened(&mut self, repo: &str, number: i64, word: Word) -> usize {
        let (repo, id) = *self.repos.iter().find(|(name, _)| *name == repo).unwrap();
        let mut thread = Thread::new(repo, ThreadId { repo: id, number });
        let subject = self.sandbox.issue_subject(repo, number).unwrap();
        thread.note(subject, body_of(repo, number), word);
        self.threads.push(thread);
        self.threads.len() - 1
    }

    /// Somebody says `word` in a thread; the id of the comment.
    pub fn say(&mut self, thread: usize, word: Word) -> i64 {
        let (repo, number) = (self.threads[thread].repo, self.threads[thread].id.number);
        let id = self.sandbox.comment(word.who(), repo, number, &word.text()).unwrap();
        self.said(thread, id, word)
    }

    /// As [`Stage::say`], in reply to what a review says of a line.
    pub fn reply(&mut self, thread: usize, review: i64, word: Word) -> i64 {
        let (repo, number) = (self.threads[thread].repo, self.threads[thread].id.number);
        let (who, text) = (word.who(), word.text());
        let id = self.sandbox.reply_to_review(who, repo, number, review, &text).unwrap();
        self.said(thread, id, word)
    }

    fn said(&mut self, thread: usize, id: i64, word: Word) -> i64 {
        let subject = Subject::Comment(id);
        self.threads[thread].note(subject, subject.key(), word);
        id
    }

    /// A label of a thread falls due. No bot runs.
    pub async fn falls_due(&self, thread: usize, priority: &str) {
        let thread = self.threads[thread].id;
        let value = Some(priority.to_owned());
        let (scope, condition) = (LabelScope::Priority, Condition::Always);
        let task = ScheduledTask::Relabel(SetLabel { scope, value, condition });
        let ledger = Ledger::open(self.ledger()).unwrap();
        let due = Timestamp::default();
        ledger.write(move |tx| tasks::set(tx, thread, &task, due)).await.unwrap();
    }

    /// The name of a repository.
    pub fn repo_name(&self, id: RepoId) -> &'static str {
        self.repos.iter().find(|(_, known)| *known == id).expect("a repository of the stage").0
    }

    /// The forge, as timmy sees it.
    pub fn gitea(&self) -> Gitea {
        client(&self.sandbox, &self.token)
    }

    /// How many requests the forge has seen.
    pub fn requests(&self) -> usize {
        self.sandbox.requests().len()
    }

    /// Returns when the forge has seen so many requests.
    pub async fn asked(&self, requests: usize) {
        self.until("the forge has seen enough requests", async || self.requests() >= requests)
            .await;
    }

    /// Returns when a condition holds, that must come to hold.
    pub async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let begun = Instant::now();
        while !holds().await {
            let waited = begun.elapsed();
            assert!(waited < PATIENCE, "never came: {what}\n{}", self.dump());
            // What is not there at once is not looked for all the time: that takes it the processor.
            sleep(if waited < LOOKS_CLOSELY { CLOSE_LOOK } else { LOOK }).await;
        }
    }

    /// Returns when the bot, which runs, has answered all that reached it.
    pub async fn answered(&self) {
        self.at_rest(queue::is_idle).await;
    }

    /// Returns when the bot, which runs, has nothing left to do, not even later.
    pub async fn idle(&self) {
        self.at_rest(|conn| {
            let never = Timestamp::default();
            Ok(queue::is_idle(conn)?
                && outbox::next_recheck_after(conn, never)?.is_none()
                && tasks::next_after(conn, never)?.is_none())
        })
        .await;
    }

    async fn at_rest(&self, rests: fn(&Connection) -> Result<bool, Error>) {
        let ledger = Ledger::open_read_only(self.ledger()).unwrap();
        // Twice: the bot's own comments come back as webhooks, to which nothing is to be done.
        for _ in 0..2 {
            self.sandbox.settle().await;
            let rested = async || ledger.read(rests).await.unwrap();
            self.until("a ledger in which nothing waits", rested).await;
        }
    }

    /// Whether so many versions of a comment are in the ledger.
    pub async fn has_stored(&self, comment: i64, versions: usize) -> bool {
        let ledger = Ledger::open_read_only(self.ledger()).unwrap();
        let stored = ledger.read(move |conn| {
            let mut of = conn.prepare(
                "SELECT count(*) FROM inbox WHERE subject_kind = 'comment' AND subject_id = ?1",
            )?;
            Ok(of.query_row([comment], |row| row.get::<_, i64>(0))?)
        });
        usize::try_from(stored.await.unwrap()).unwrap() >= versions
    }

    /// Lets the bot finish, stops it, and looks whether everything is as if nothing had happened.
    pub async fn finish(self, bot: Bot) -> Counts {
        self.check_all(bot, MustAnswer::Acknowledged).await
    }

    /// As [`Stage::finish`], for the texts that must have been answered.
    pub async fn check_all(self, mut bot: Bot, must_answer: MustAnswer) -> Counts {
        bot.first_poll().await;
        self.idle().await;
        let status = bot.stop().await;
        assert_eq!(status.code(), Some(0), "{status}\n{}", self.dump());
        let mut counts = Counts { taken_back: self.taken_back(), ..Counts::default() };
        let mut problems = self.problems_in_ledger().await;
        problems.extend(self.doubled_labels().await);
        for thread in &self.threads {
            let verdict = thread.check(&self.sandbox, &self.relay, must_answer);
            problems.extend(verdict.problems);
            counts += verdict.counts;
            if self.is_held(thread.id).await != verdict.held {
                problems.push(format!("{:?}: on hold should be {}", thread.id, verdict.held));
            }
        }
        assert!(problems.is_empty(), "{}\n{}", problems.join("\n"), self.dump());
        counts
    }

    fn taken_back(&self) -> usize {
        let requests = self.sandbox.requests();
        let deletes = requests.iter().filter(|asked| asked.method == "DELETE");
        deletes.filter(|asked| asked.path.contains("/issues/comments/")).count()
    }

    pub async fn problems_in_ledger(&self) -> Vec<String> {
        let ledger = Ledger::open_read_only(self.ledger()).unwrap();
        let dead = ledger.read(|conn| Ok((queue::is_idle(conn)?, outbox::dead(conn, 100)?)));
        let (idle, dead) = dead.await.unwrap();
        let mut problems: Vec<String> =
            dead.iter().map(|effect| format!("a dead letter: {effect:?}")).collect();
        if !idle {
            problems.push("something waits in the ledger of a bot that was idle".to_owned());
        }
        problems
    }

    async fn is_held(&self, thread: ThreadId) -> bool {
        let ledger = Ledger::open_read_only(self.ledger()).unwrap();
        ledger.read(move |conn| threads::state(conn, thread)).await.unwrap().hold.is_some()
    }

    /// Gitea makes a second label of one name without complaint.
    async fn doubled_labels(&self) -> Vec<String> {
        self.sandbox.faults().clear();
        let gitea = self.gitea();
        let mut problems = Vec::new();
        for (repo, _) in self.repos {
            let labels = gitea.labels(&repo.parse().unwrap()).await.unwrap();
            let mut names: Vec<String> = labels.into_iter().map(|label| label.name).collect();
            names.sort();
            let doubled = names.windows(2).filter(|pair| pair[0] == pair[1]);
            problems.extend(doubled.map(|pair| format!("{repo} has {} twice", pair[0])));
        }
        problems
    }

    pub fn ledger(&self) -> PathBuf {
        self.folder.path().join("timmy.db")
    }

    /// What somebody who looks for the cause needs.
    pub fn dump(&self) -> String {
        let requests = self.sandbox.requests();
        let last = &requests[requests.len().saturating_sub(60)..];
        let last: Vec<String> = last
            .iter()
            .map(|asked| format!("{} {} {:?}", asked.method, asked.path, asked.status))
            .collect();
        format!(
            "TIMMY_SEED={}\nlast requests:\n{}\nthe bot's log:\n{}",
            self.seed,
            last.join("\n"),
            tail(&self.launch.log)
        )
    }
}
