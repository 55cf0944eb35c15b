//! A crew of four roles on one issue, whose every thought is a call of the model that the demo has.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rusqlite::Connection;
use tempfile::TempDir;
use timmy::core::crew::CrewState;
use timmy::core::jobs::JobId;
use timmy::sandbox::Mode;
use timmy::sandbox::model::{Model, ModelCall};
use timmy::store::{Ledger, crews};

use crate::stage::{OWNER, REPO, Stage, folder};

/// Who has which role. Who plans needs none.
const AGENTS: [(&str, &str); 4] =
    [("hiram", "devops"), ("bezalel", "researcher"), (CODER, "coder"), ("allegro", "reviewer")];
const CODER: &str = "ezra";

/// How long one crew may take: a process that begins anew for each task may take seconds to begin.
const PATIENCE: Duration = Duration::from_secs(600);

/// Between two looks at what it takes.
const GLANCE: Duration = Duration::from_millis(50);

/// What runs the roles.
#[derive(Clone, Copy)]
pub enum Engine<'a> {
    /// timmy's own loop.
    Native,
    /// A real CrewAI for each attempt, by this Python.
    CrewAi(&'a Path),
}

/// A crew that came to its end.
pub struct Played {
    pub calls: Vec<ModelCall>,
    /// From the stored start of each attempt to its first call, in milliseconds.
    pub starts: Vec<f64>,
    /// The most that timmy and all that it had started held at once, in MB.
    pub memory: f64,
}

impl Played {
    /// The place among all calls of the last one with which the change is first handed in.
    pub fn ends_coding(&self) -> usize {
        let coders = self.calls.iter().enumerate().filter(|(_, call)| call.model == CODER);
        let mut coders = coders.map(|(place, _)| place);
        coders.nth(1).expect("it writes, and ends")
    }
}

/// A forge, a model and four agents.
struct CrewStage {
    stage: Stage,
    model: Model,
    /// The tokens of the agents' accounts.
    _tokens: TempDir,
}

/// Has a crew work on an issue. `killed_at`: timmy is killed, as by SIGKILL, when its model is asked for
/// the so many-th time, from 0 on, and gets no answer; then it is started again.
pub fn play(engine: Engine<'_>, killed_at: Option<usize>) -> Played {
    let CrewStage { stage, model, _tokens } = CrewStage::set(engine);
    model.hold_from(killed_at.unwrap_or(usize::MAX));
    let mut memory = 0.0_f64;
    let mut timmy = stage.start();
    let text = "Every visitor is announced twice.\n\nDone when it rings once.";
    let issue = stage.sandbox.open_issue(OWNER, REPO, "The bell rings twice", text).unwrap();
    stage.sandbox.comment(OWNER, REPO, issue, "/timmy crew").unwrap();
    if let Some(call) = killed_at {
        stage.wait_within(PATIENCE, |_| model.count() > call);
        drop(timmy);
        model.release();
        timmy = stage.start();
    }
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    let begun = Instant::now();
    loop {
        memory = memory.max(timmy.memory_of_all());
        let crew = ledger.read(|conn| crews::get(conn, JobId(1)));
        let crew = stage.runtime().block_on(crew).unwrap();
        match crew.map(|crew| crew.state) {
            Some(CrewState::Done) => break,
            Some(state) if state.is_end() => panic!("the crew ended as {state:?}: {}", stage.log()),
            _ => std::thread::sleep(GLANCE),
        }
        assert!(begun.elapsed() < PATIENCE, "the crew does not end: {}", stage.log());
    }
    let calls = model.calls();
    let starts = starts(&stage.ledger(), &calls);
    Played { calls, starts, memory }
}

impl CrewStage {
    fn set(engine: Engine<'_>) -> Self {
        let stage = Stage::new();
        let begin = [("README.md", "A door.\n")];
        stage.sandbox.commit(OWNER, REPO, "main", &begin, "Begin").unwrap();
        let model = stage.runtime().block_on(Model::start()).unwrap();
        let tokens = folder();
        let agents = AGENTS.map(|(name, role)| {
            let token = tokens.path().join(name);
            std::fs::write(&token, stage.sandbox.add_user(name)).unwrap();
            stage.sandbox.collaborator(REPO, name, Mode::Write).unwrap();
            format!(
                "[[agent]]\nname = \"{name}\"\naccount = \"{name}\"\nroles = [\"{role}\"]\n\
                 token_file = '{}'\nprice = {{ input = 0, output = 0 }}\n{}\n",
                token.display(),
                engine.driven(name, model.url())
            )
        });
        let (manager, engine) = (AGENTS[0].0, engine.name());
        stage.employ(&format!(
            "{}\n[crew]\nengine = \"{engine}\"\nmanager = \"{manager}\"\nask_plan = false\n\n\
             [dispatch]\ntick = \"1s\"\n\n[accept]\non_yes = \"nothing\"\n",
            agents.concat()
        ));
        Self { stage, model, _tokens: tokens }
    }
}

impl Engine<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::CrewAi(_) => "crewai",
        }
    }

    /// How an agent is driven that calls its model by its own name.
    fn driven(self, name: &str, url: &str) -> String {
        match self {
            Self::Native => format!("kind = \"openai\"\nurl = \"{url}\"\nmodel = \"{name}\""),
            Self::CrewAi(python) => {
                let installed = python.parent().and_then(Path::parent).unwrap().display();
                let example: PathBuf =
                    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/crewai");
                let (python, example) = (python.display(), example.display());
                format!(
                    "kind = \"crewai\"\ncommand = ['{python}', '{example}/sidecar.py', '--model', \
                     '{name}', '--base-url', '{url}']\nmounts = ['{installed}', '{example}']"
                )
            }
        }
    }
}

/// From the stored start of each attempt to the first call behind it: one works after the other.
fn starts(ledger: &Path, calls: &[ModelCall]) -> Vec<f64> {
    let ledger = Connection::open(ledger).unwrap();
    let sql = "SELECT started_at FROM attempts WHERE started_at IS NOT NULL ORDER BY started_at";
    let mut attempts = ledger.prepare(sql).unwrap();
    let attempts = attempts.query_map([], |row| row.get::<_, i64>(0)).unwrap();
    let started = attempts.map(|micros| {
        let micros = u64::try_from(micros.unwrap()).unwrap();
        SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
    });
    let first = started.filter_map(|started| {
        let opening = calls.iter().filter(|call| call.opens);
        let waits = opening.filter_map(|call| call.at.duration_since(started).ok());
        waits.min().map(|wait| wait.as_secs_f64() * 1e3)
    });
    first.collect()
}
