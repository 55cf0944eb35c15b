//! No token and no key that timmy knows ever stands where others read: whole jobs are played, and
//! then all of that is searched.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use timmy::core::jobs::StateKind;
use timmy::sandbox::gateway::{AgentRun, Coder, RunEnd};
use timmy::sandbox::{Fault, Matcher};
use tracing_subscriber::fmt::MakeWriter;

use super::stage::{MODEL_KEY, Stage, gateway_key, oils, stage};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::config::SECRETS;
use crate::support::forge::DOOR;
use crate::support::work_tree::WorkTree;

/// All that this thread logs, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn begin(&self) -> tracing::subscriber::DefaultGuard {
        let lines = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        tracing::subscriber::set_default(lines.with_ansi(false).with_writer(self.clone()).finish())
    }
}

/// What the processes of this machine show others: their arguments, and the git configuration of
/// the folder in which they work. Whoever watches sees all that lives for a moment.
struct Processes {
    seen: Arc<Mutex<BTreeSet<String>>>,
    is_over: Arc<AtomicBool>,
    watcher: Option<JoinHandle<()>>,
}

impl Processes {
    fn watch() -> Self {
        let (seen, is_over) = (Arc::<Mutex<BTreeSet<String>>>::default(), Arc::default());
        let (noted, ends): (_, Arc<AtomicBool>) = (seen.clone(), Arc::clone(&is_over));
        let watcher = std::thread::spawn(move || {
            while !ends.load(Ordering::SeqCst) {
                noted.lock().unwrap().extend(shown());
                std::thread::yield_now();
            }
        });
        Self { seen, is_over, watcher: Some(watcher) }
    }

    fn end(mut self) -> String {
        self.is_over.store(true, Ordering::SeqCst);
        self.watcher.take().unwrap().join().unwrap();
        self.seen.lock().unwrap().iter().cloned().collect::<Vec<_>>().join("\n")
    }
}

fn shown() -> Vec<String> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbered = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    let mut shown = Vec::new();
    for process in processes.flatten() {
        if !process.file_name().to_str().is_some_and(numbered) {
            continue;
        }
        let Ok(arguments) = std::fs::read(process.path().join("cmdline")) else { continue };
        let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
        if arguments.contains("git") {
            for config in ["cwd/.git/config", "cwd/config"] {
                shown.extend(std::fs::read_to_string(process.path().join(config)));
            }
        }
        shown.push(arguments);
    }
    shown
}

/// A place where others read.
struct Place {
    name: &'static str,
    holds: Vec<u8>,
}

impl Place {
    fn new(name: &'static str, holds: impl Into<Vec<u8>>) -> Self {
        Self { name, holds: holds.into() }
    }
}

/// Which secret stands where.
fn leaks(places: &[Place], secrets: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for Place { name, holds } in places {
        for (nth, secret) in secrets.iter().enumerate() {
            if memchr::memmem::find(holds, secret.as_bytes()).is_some() {
                found.push(format!("secret {nth} in {name}"));
            }
        }
    }
    found
}

impl Stage {
    /// All tokens and keys that timmy knows, or its agents.
    fn secrets(&self) -> Vec<String> {
        let tokens = self.tokens.values().cloned();
        let keys = [gateway_key("ezra"), gateway_key("bezalel"), MODEL_KEY.to_owned()];
        let webhook = SECRETS.map(str::to_owned);
        tokens.chain(keys).chain(webhook).collect()
    }

    /// What the forge shows and was asked, what the agents were asked, and what the ledger holds.
    fn places(&self) -> Vec<Place> {
        let mut said = String::new();
        for number in 1.. {
            let Ok(comments) = self.app.sandbox.comments(DOOR, number) else { break };
            said.extend(comments.into_iter().map(|comment| comment.body + "\n"));
        }
        let asked = self.app.sandbox.requests().into_iter().map(|asked| asked.path);
        let gateways = [&self.ezra, &self.bezalel].into_iter().flat_map(|gateway| {
            gateway.runs().into_iter().map(|run| run.input).chain(gateway.requests())
        });
        let model = self.model.asked().into_iter();
        let model = model.flat_map(|asked| [asked.path, asked.body.to_string()]);
        let mut places = vec![
            Place::new("comments", said),
            Place::new("addresses at the forge", asked.collect::<Vec<_>>().join("\n")),
            Place::new("what gateways were sent", gateways.collect::<Vec<_>>().join("\n")),
            Place::new("what the model was sent", model.collect::<Vec<_>>().join("\n")),
        ];
        for (name, file) in [("ledger", "timmy.db"), ("log of the ledger", "timmy.db-wal")] {
            let holds = std::fs::read(self.app.timmy.path(file)).unwrap_or_default();
            places.push(Place::new(name, holds));
        }
        places
    }
}

/// Tells whatever it can of its secrets, and ends as its issue says.
async fn blabs(coder: Coder, run: AgentRun) -> RunEnd {
    let Coder { token, login } = &coder;
    let key = gateway_key(login);
    let address = format!("http://{login}:{token}@127.0.0.1/foundation/door.git");
    run.say(&format!("My token is {token}, and my key {key}."));
    run.begin_tool(&format!("git clone {address}"));
    run.end_tool(&format!("fatal: cannot read from {address} with {key}"), true);
    match run.input() {
        input if input.contains("Fail.") => {
            RunEnd::Failed(format!("HTTP 418: refused {key} and {address}"))
        }
        input if input.contains("Wait.") => std::future::pending().await,
        _ => {
            let words = oils(&coder, &run).await.last_words(&format!("Pushed to {address}."));
            RunEnd::Completed(format!("I used {token} and {key}.\n\n{words}"))
        }
    }
}

/// What the model does: it fails once, then it works.
const SCRIPT: &str = concat!(
    r#"[[status:500]][[call:write {"path":"oil.md","content":"A drop."}]]"#,
    r#"[[call:finish {"outcome":"pull_request","summary":"Oiled."}]]"#,
);

#[cfg(target_os = "linux")]
#[tokio::test]
async fn none_of_them_stands_anywhere_after_whole_jobs() {
    let log = Log::default();
    let _logging = log.begin();
    let processes = Processes::watch();
    let mut stage = stage(blabs).await;
    for text in ["Fail.", "Wait.", SCRIPT] {
        stage.app.sandbox.open_issue("alexander", DOOR, "Another hinge", text).unwrap();
    }
    stage.quiet().await;

    let done = stage.assigns("ezra").await;
    stage.ends().await;
    assert_eq!(stage.kind(done).await, StateKind::Done);
    let assigns = async |number: i64, agent: &str| {
        let text = format!("/timmy assign {agent}");
        stage.app.sandbox.comment("alexander", DOOR, number, &text).unwrap();
        stage.quiet().await;
    };
    assigns(2, "ezra").await;
    for _ in 0..4 {
        stage.ends().await;
        stage.pass(10 * MINUTE, MINUTE).await;
    }
    assigns(3, "bezalel").await;
    stage.wait(11 * SECOND).await;
    for fault in [Fault::BadGateway, Fault::CutAfter, Fault::LoginPage, Fault::Gibberish] {
        stage.bezalel.faults().next(Matcher::any(), fault.clone());
        stage.app.sandbox.faults().next(Matcher::any(), fault);
        stage.wait(MINUTE).await;
    }
    stage.app.sandbox.comment("alexander", DOOR, 3, "/timmy cancel").unwrap();
    stage.pass(5 * MINUTE, 30 * SECOND).await;
    assigns(4, "gabriel").await;
    let live = stage.app.timmy.read(timmy::store::jobs::live_ids).await;
    for job in live {
        stage.model_ends(job).await;
    }
    stage.pass(5 * MINUTE, MINUTE).await;
    // The last of its errors: nothing that it knows is accepted any more.
    for gateway in [&stage.ezra, &stage.bezalel] {
        gateway.rotate_key("something-else-0123456789");
    }
    stage.model.wants("something else");
    stage.app.sandbox.set_token(&stage.tokens["timmy"], None);
    stage.pass(5 * MINUTE, MINUTE).await;
    stage.app.timmy.stop().await;

    let mut places = stage.places();
    places.push(Place::new("log", log.0.lock().unwrap().clone()));
    places.push(Place::new("processes", processes.end()));
    assert_eq!(leaks(&places, &stage.secrets()), Vec::<String>::new());
    let holds = |name: &str, part: &str| {
        let place = places.iter().find(|place| place.name == name).unwrap();
        let is_there = memchr::memmem::find(&place.holds, part.as_bytes()).is_some();
        assert!(is_there, "no {part} in {name}");
    };
    // All of these were looked at when something was there.
    holds("comments", "Done:");
    holds("addresses at the forge", "/api/v1/repos/foundation/door");
    holds("what gateways were sent", "## Rules");
    holds("what the model was sent", "## Rules");
    holds("ledger", "cannot read from");
    holds("log", "job moved");
    // Of processes that come and go, which ones are met is chance; of git there are many.
    holds("processes", "git");
}

/// What is planted is found: the test above can fail.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_planted_is_found() {
    const PLANTED: &str = "planted-0123456789abcdef";
    let log = Log::default();
    {
        let _logging = log.begin();
        tracing::trace!(token = PLANTED, "careless");
    }
    let processes = Processes::watch();
    let tree = WorkTree::empty("ezra", "");
    tree.git(&["init", "--quiet"]).await.good();
    let key = "http.https://ezra@localhost.extraHeader";
    tree.git(&["config", key, PLANTED]).await.good();
    // Waits for its input, which a test never gives: it is there until it is seen.
    let url = format!("http://ezra:{PLANTED}@localhost/door.git");
    let mut waits = tokio::process::Command::new("git")
        .args(["-c", &format!("url.x.insteadOf={url}"), "cat-file", "--batch"])
        .current_dir(tree.path())
        .stdin(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let is_seen = |part: &str| {
        let seen = processes.seen.lock().unwrap();
        seen.iter().any(|seen| seen.contains(PLANTED) && seen.contains(part))
    };
    while !(is_seen("cat-file") && is_seen("extraHeader")) {
        tokio::task::yield_now().await;
    }
    waits.kill().await.unwrap();
    let places = [
        Place::new("log", log.0.lock().unwrap().clone()),
        Place::new("processes", processes.end()),
        Place::new("ledger", format!("\0\u{1}{PLANTED}\0")),
        Place::new("clean", "nothing"),
    ];
    let found = leaks(&places, &[PLANTED.to_owned(), "another".to_owned()]);
    assert_eq!(found, ["secret 0 in log", "secret 0 in processes", "secret 0 in ledger"]);
}
