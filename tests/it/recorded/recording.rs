//! What was recorded: of 1.25.4 whole walks, of the others what differs from them.
//!
//! `recordings.txt` of a version names every recording there is. A line of `differences.jsonl`
//! replaces fields of the exchange, or of the webhook, of that name.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};
use timmy::sandbox::Version;

use crate::recorded::shape::Shapes;

const SHAPES: &str = include_str!("1.25.4/shapes.json");

/// What a version says otherwise than 1.25.4: its exchanges, and its shapes.
fn others(version: Version) -> (&'static str, &'static str) {
    match version {
        Version::V1_22 => {
            (include_str!("1.22.6/differences.jsonl"), include_str!("1.22.6/shapes.json"))
        }
        Version::V1_25 => ("", "{}"),
        Version::V1_27 => {
            (include_str!("1.27.0/differences.jsonl"), include_str!("1.27.0/shapes.json"))
        }
    }
}

/// A chain of requests: each needs those before it.
#[derive(Clone, Copy)]
pub(crate) enum Walk {
    First,
    Second,
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

/// The exchanges of a walk, as this version was recorded.
pub(crate) fn exchanges(version: Version, walk: Walk) -> Vec<Exchange> {
    let differences = differences(version);
    let differing = |mut exchange: Map<String, Value>| {
        replace(&mut exchange, &differences);
        serde_json::from_value(Value::Object(exchange)).expect("an exchange")
    };
    usual(walk).into_iter().map(differing).collect()
}

/// The exchanges of a walk as 1.25.4 was recorded.
fn usual(walk: Walk) -> Vec<Map<String, Value>> {
    let lines = match walk {
        Walk::First => include_str!("1.25.4/first_walk.jsonl"),
        Walk::Second => include_str!("1.25.4/second_walk.jsonl"),
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
    let name = named.get("name").and_then(Value::as_str).unwrap_or_default();
    named.extend(by.get(name).cloned().unwrap_or_default());
    let webhooks = named.get_mut("webhooks").and_then(Value::as_array_mut);
    for webhook in webhooks.into_iter().flatten().filter_map(Value::as_object_mut) {
        replace(webhook, by);
    }
}

/// The named shapes of a version.
pub(crate) fn shapes(version: Version) -> Shapes {
    Shapes::read(SHAPES).but(others(version).1)
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
    let exchanges = [Walk::First, Walk::Second].into_iter().flat_map(usual).map(Value::Object);
    let all: Vec<Value> = exchanges
        .flat_map(|exchange| {
            let webhooks = exchange["webhooks"].as_array().cloned().unwrap_or_default();
            webhooks.into_iter().chain([exchange])
        })
        .collect();
    for (name, fields) in differences {
        let named: Vec<&Value> = all.iter().filter(|usual| usual["name"] == *name).collect();
        assert!(!named.is_empty(), "{version}: nothing is called {name}");
        for (field, value) in fields.iter().filter(|(field, _)| *field != "name") {
            let same = named.iter().all(|usual| usual[field.as_str()] == *value);
            assert!(!same, "{version}: {name}: {field} is the same");
        }
    }
}
