//! What was recorded: of 1.25.4 whole walks, of the others what differs from them.
//!
//! The walk of a job is of 1.25.5. It is as 1.25.4 would have it: that tells of one more push, since
//! it does not forget what was forced away. What a server lists in any order is sorted: the files of a
//! commit by name, the activity of one second by number.
//!
//! `recordings.txt` of a version names every recording there is. A line of `differences.jsonl`
//! replaces fields of the step, or of the webhook, of that name.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};
use timmy::sandbox::Version;

use crate::recorded::shape::Shapes;

const SHAPES: [&str; 2] =
    [include_str!("1.25.4/shapes.json"), include_str!("1.25.4/job_shapes.json")];

/// What a version says otherwise than 1.25.4: its steps, and its shapes.
fn others(version: Version) -> (&'static str, [&'static str; 2]) {
    match version {
        Version::V1_22 => (
            include_str!("1.22.6/differences.jsonl"),
            [include_str!("1.22.6/shapes.json"), include_str!("1.22.6/job_shapes.json")],
        ),
        Version::V1_25 => ("", ["{}"; 2]),
        Version::V1_27 => (
            include_str!("1.27.0/differences.jsonl"),
            [include_str!("1.27.0/shapes.json"), include_str!("1.27.0/job_shapes.json")],
        ),
    }
}

/// A chain of requests: each needs those before it.
#[derive(Clone, Copy)]
pub(crate) enum Walk {
    First,
    Second,
    /// A job from its assignment to its merge, git included.
    Job,
}

impl Walk {
    pub(crate) const ALL: [Self; 3] = [Self::First, Self::Second, Self::Job];
}

/// What somebody does.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Step {
    Exchange(Box<Exchange>),
    Git(GitStep),
    Commit(CommitStep),
}

impl Step {
    /// The recording; none for a step that only leads there.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Exchange(exchange) => exchange.name.as_deref(),
            Self::Git(git) => git.name.as_deref(),
            Self::Commit(_) => None,
        }
    }

    pub(crate) fn webhooks(&self) -> &[Webhook] {
        match self {
            Self::Exchange(exchange) => &exchange.webhooks,
            Self::Git(git) => &git.webhooks,
            Self::Commit(_) => &[],
        }
    }
}

/// A run of git in somebody's clone.
#[derive(Deserialize)]
pub(crate) struct GitStep {
    pub(crate) name: Option<String>,
    #[serde(rename = "as")]
    pub(crate) user: String,
    pub(crate) git: Vec<String>,
    #[serde(default)]
    pub(crate) fails: bool,
    /// Words that git must print.
    #[serde(default)]
    pub(crate) said: Vec<String>,
    /// Keep the commit that is checked out then under this name.
    pub(crate) keep_commit: Option<String>,
    #[serde(default)]
    pub(crate) webhooks: Vec<Webhook>,
}

/// A commit in somebody's clone.
#[derive(Deserialize)]
pub(crate) struct CommitStep {
    #[serde(rename = "as")]
    pub(crate) user: String,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) message: String,
    pub(crate) keep_commit: String,
}

/// A request, and what must come of it.
#[derive(Deserialize)]
pub(crate) struct Exchange {
    /// The recording; none for a step that only leads there.
    pub(crate) name: Option<String>,
    /// Who asks; none without a token.
    #[serde(rename = "as")]
    pub(crate) user: Option<String>,
    pub(crate) method: String,
    /// The path, in which `$name` stands for a number that was kept.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// A body that is no JSON.
    pub(crate) raw: Option<String>,
    /// Keep the `id` of the answer under this name.
    pub(crate) keep: Option<String>,
    /// Keep the commit that the answer tells of under this name.
    pub(crate) keep_commit: Option<String>,
    pub(crate) status: Option<u16>,
    /// Which of the headers that matter are there.
    #[serde(default)]
    pub(crate) headers: Vec<String>,
    /// The shape of the body; of one that was cut off when recorded, if any, that of its begin.
    pub(crate) shape: Option<Value>,
    /// A body that is no JSON, but for line ends around it.
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) empty: bool,
    #[serde(default)]
    pub(crate) webhooks: Vec<Webhook>,
    /// How many webhooks come, where that was recorded.
    pub(crate) webhook_count: Option<usize>,
    /// How often it is sent; `$turn` counts down to 1.
    #[serde(default = "once")]
    pub(crate) times: usize,
}

fn once() -> usize {
    1
}

/// A webhook that must come.
#[derive(Deserialize)]
pub(crate) struct Webhook {
    pub(crate) name: String,
    pub(crate) event: String,
    pub(crate) event_type: String,
    pub(crate) target: Option<String>,
    #[serde(default)]
    pub(crate) form: bool,
    pub(crate) shape: Value,
}

/// The steps of a walk, as this version was recorded.
pub(crate) fn steps(version: Version, walk: Walk) -> Vec<Step> {
    let differences = differences(version);
    let differing = |mut step: Map<String, Value>| {
        replace(&mut step, &differences);
        serde_json::from_value(Value::Object(step)).expect("a step")
    };
    usual(walk).into_iter().map(differing).collect()
}

/// The steps of a walk as 1.25.4 was recorded.
fn usual(walk: Walk) -> Vec<Map<String, Value>> {
    let lines = match walk {
        Walk::First => include_str!("1.25.4/first_walk.jsonl"),
        Walk::Second => include_str!("1.25.4/second_walk.jsonl"),
        Walk::Job => include_str!("1.25.4/job_walk.jsonl"),
    };
    lines.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn differences(version: Version) -> BTreeMap<String, Map<String, Value>> {
    let (lines, _) = others(version);
    let named = |line: &str| {
        let fields: Map<String, Value> = serde_json::from_str(line).expect(line);
        (fields["name"].as_str().expect(line).to_owned(), fields)
    };
    lines.lines().map(named).collect()
}

fn replace(named: &mut Map<String, Value>, by: &BTreeMap<String, Map<String, Value>>) {
    let fields = name(named).and_then(|name| by.get(name)).cloned().unwrap_or_default();
    // A step that only leads there keeps its name to itself.
    let is_recorded = named.contains_key("name");
    named.extend(fields.into_iter().filter(|(field, _)| is_recorded || field != "name"));
    let webhooks = named.get_mut("webhooks").and_then(Value::as_array_mut);
    for webhook in webhooks.into_iter().flatten().filter_map(Value::as_object_mut) {
        replace(webhook, by);
    }
}

/// What a step or a webhook is called.
fn name(named: &Map<String, Value>) -> Option<&str> {
    named.get("name").or(named.get("step")).and_then(Value::as_str)
}

/// The named shapes of a version.
pub(crate) fn shapes(version: Version) -> Shapes {
    let all = SHAPES.into_iter().chain(others(version).1);
    all.fold(Shapes::read("{}"), Shapes::but)
}

/// The names of all recordings of a version.
pub(crate) fn recordings(version: Version) -> BTreeSet<&'static str> {
    let names = match version {
        Version::V1_22 => include_str!("1.22.6/recordings.txt"),
        Version::V1_25 => include_str!("1.25.4/recordings.txt"),
        Version::V1_27 => include_str!("1.27.0/recordings.txt"),
    };
    names.lines().collect()
}

#[test]
fn each_difference_is_one_from_something_that_was_recorded() {
    for version in Version::ALL {
        let differences = differences(version);
        let lines = others(version).0.lines().count();
        assert_eq!(differences.len(), lines, "{version}: a name stands twice");
        check_differences(version, differences);
    }
}

fn check_differences(version: Version, differences: BTreeMap<String, Map<String, Value>>) {
    let steps = Walk::ALL.into_iter().flat_map(usual).map(Value::Object);
    let all: Vec<Value> = steps
        .flat_map(|step| {
            let webhooks = step["webhooks"].as_array().cloned().unwrap_or_default();
            webhooks.into_iter().chain([step])
        })
        .collect();
    for (name, fields) in differences {
        let is_called = |usual: &&Value| usual["name"] == *name || usual["step"] == *name;
        let named: Vec<&Value> = all.iter().filter(is_called).collect();
        assert!(!named.is_empty(), "{version}: nothing is called {name}");
        for (field, value) in fields.iter().filter(|(field, _)| *field != "name") {
            let same = named.iter().all(|usual| usual[field.as_str()] == *value);
            assert!(!same, "{version}: {name}: {field} is the same");
        }
    }
}
