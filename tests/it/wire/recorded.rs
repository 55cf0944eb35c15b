//! What real servers said: one file per version, made from recorded exchanges.
//!
//! An object that stands in several places of a file stands once among `shared`, and is
//! `{"@": its place there}` elsewhere. A body that was cut off when it was recorded has only
//! what was whole of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::wire::forge::{Canned, Forge};

/// The recordings of one version.
#[derive(Debug, Deserialize)]
pub(crate) struct Recorded {
    pub(crate) version: String,
    /// `X-Gitea-Signature` of `raw`, made with the secret `sekrit`.
    pub(crate) signature: String,
    /// One delivery, byte for byte.
    #[serde(skip)]
    pub(crate) raw: &'static [u8],
    pub(crate) answers: Vec<Answer>,
    pub(crate) deliveries: Vec<Recording>,
    /// The names of what was noted without an exchange or a whole delivery.
    pub(crate) summaries: Vec<String>,
}

/// An answer of the API.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Answer {
    pub(crate) name: String,
    pub(crate) method: String,
    /// With its query, below `/api/v1`.
    pub(crate) path: String,
    /// The body of the request.
    #[serde(default)]
    pub(crate) sent: Value,
    pub(crate) status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The body; `null` if there is none, or if it is no JSON.
    #[serde(default)]
    pub(crate) json: Value,
    text: Option<String>,
    #[serde(default)]
    pub(crate) cut: bool,
}

impl Answer {
    pub(crate) fn canned(&self) -> Canned {
        let body = match &self.text {
            Some(text) => text.clone(),
            None if self.json.is_null() => String::new(),
            None => self.json.to_string(),
        };
        let canned = Canned::new(self.status, body);
        self.headers.iter().fold(canned, |canned, (name, value)| canned.header(name, value))
    }
}

/// A webhook delivery; its header names are those of the version.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Recording {
    pub(crate) name: String,
    pub(crate) event: String,
    event_type: Option<String>,
    pub(crate) payload: Value,
}

impl Recording {
    /// What timmy dispatches on.
    pub(crate) fn event_type(&self) -> &str {
        self.event_type.as_deref().unwrap_or(&self.event)
    }
}

/// Gitea 1.15, 1.22, 1.25 and 1.27.
pub(crate) fn all() -> [Recorded; 4] {
    [
        load(include_str!("recorded/1.15.11.json"), include_bytes!("recorded/1.15.11.raw.json")),
        load(include_str!("recorded/1.22.6.json"), include_bytes!("recorded/1.22.6.raw.json")),
        load(include_str!("recorded/1.25.4.json"), include_bytes!("recorded/1.25.4.raw.json")),
        load(include_str!("recorded/1.27.0.json"), include_bytes!("recorded/1.27.0.raw.json")),
    ]
}

fn load(json: &str, raw: &'static [u8]) -> Recorded {
    let mut file: Value = serde_json::from_str(json).unwrap();
    let mut shared = Vec::new();
    // Each may hold those before it.
    for mut object in file["shared"].take().as_array().unwrap().clone() {
        spread(&mut object, &shared);
        shared.push(object);
    }
    spread(&mut file, &shared);
    Recorded { raw, ..serde_json::from_value(file).unwrap() }
}

/// Puts what is shared where it belongs.
fn spread(value: &mut Value, shared: &[Value]) {
    match value {
        Value::Object(fields) => match fields.get("@").and_then(Value::as_u64) {
            Some(place) => *value = shared[place as usize].clone(),
            None => fields.values_mut().for_each(|field| spread(field, shared)),
        },
        Value::Array(entries) => entries.iter_mut().for_each(|entry| spread(entry, shared)),
        _ => {}
    }
}

impl Recorded {
    /// The recorded answer, and what was asked for it.
    fn answer(&self, name: &str) -> &Answer {
        let found = self.answers.iter().find(|answer| answer.name == name);
        found.unwrap_or_else(|| panic!("{}: no recording {name}", self.version))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.answers.iter().any(|answer| answer.name == name)
    }

    pub(crate) fn delivery(&self, name: &str) -> &Recording {
        let found = self.deliveries.iter().find(|delivery| delivery.name == name);
        found.unwrap_or_else(|| panic!("{}: no delivery {name}", self.version))
    }

    pub(crate) fn canned(&self, name: &str) -> Canned {
        self.answer(name).canned()
    }

    /// A server that gives this one answer.
    pub(crate) async fn forge(&self, name: &str) -> Forge {
        Forge::answering([self.canned(name)]).await
    }

    /// What was asked when the answer was recorded, as [`Forge::asked_what`] writes it.
    pub(crate) fn asked(&self, name: &str) -> String {
        let answer = self.answer(name);
        format!("{} {}", answer.method, answer.path)
    }

    /// The number at the end of the path that was asked, or before its last word.
    pub(crate) fn id(&self, name: &str) -> i64 {
        let path = &self.answer(name).path;
        path.rsplit('/').find_map(|segment| segment.parse().ok()).unwrap()
    }
}
