//! `[dispatch]`, `[score]` and `[budget]`: what is worked on, in which order, and for how much.

use std::time::Duration;

use regex::Regex;
use toml::de::DeValue;

use super::quantity::{MicroUsd, duration, in_decimals, in_words, millionths, usd};
use super::section::Section;
use super::value::{Wrong, account, count, line, one_of, regex};
use crate::core::reply::Autonomy;
use crate::core::scheduling::{Authors, Weights};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `[dispatch]`: what timmy hands out by itself.
#[derive(Debug, Clone)]
pub struct DispatchConfig {
    /// How far it goes without being asked.
    pub mode: DispatchMode,
    /// Time between two looks at the backlog.
    pub tick: Duration,
    /// The score below which nothing is dispatched by itself, in millionths.
    pub minimum: u64,
    /// How often one job is tried.
    pub attempts: u32,
    /// How many open pull requests of agents may wait for review before no more are begun.
    pub reviews_waiting: u32,
    /// How many jobs may run in one repository at once.
    pub per_repository: u32,
    /// How many jobs may run on one host at once.
    pub per_host: u32,
    /// Whose issues may be dispatched by themselves.
    pub authors: Authors,
    /// How long an attempt may take.
    pub timeout: Timeout,
}

/// How far dispatch goes without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispatchMode {
    /// Only what people assign.
    Off,
    /// timmy says what it would do.
    Suggest,
    /// timmy does it.
    Auto,
}

impl From<DispatchMode> for Autonomy {
    fn from(mode: DispatchMode) -> Self {
        match mode {
            DispatchMode::Off => Self::Off,
            DispatchMode::Suggest => Self::Suggest,
            DispatchMode::Auto => Self::Auto,
        }
    }
}

/// How long an attempt may take; `start` and `silence` are not longer than `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeout {
    /// From the handover to the first sign of life.
    pub start: Duration,
    /// Between two signs of life.
    pub silence: Duration,
    /// Of the whole attempt.
    pub total: Duration,
}

impl DispatchConfig {
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        const MODES: [(&str, DispatchMode); 3] = [
            ("off", DispatchMode::Off),
            ("suggest", DispatchMode::Suggest),
            ("auto", DispatchMode::Auto),
        ];
        Some(Self {
            mode: section.or("mode", DispatchMode::Suggest, one_of(&MODES)),
            tick: section.or("tick", SECOND * 30, duration(SECOND..=HOUR)),
            minimum: section.or("minimum", 0, millionths(100)),
            attempts: section.or("attempts", 3, count(1..=20)),
            reviews_waiting: section.or("reviews_waiting", 5, count(1..=10_000)),
            per_repository: section.or("per_repository", 2, count(1..=1000)),
            per_host: section.or("per_host", 4, count(1..=1000)),
            authors: authors(section),
            timeout: section.table("timeout", Timeout::read)?,
        })
    }
}

fn authors(section: &Section<'_>) -> Authors {
    let names = section.list_or("authors", [None], |value| match value.as_str() {
        Some("*") => Ok(None),
        _ => account(value).map(Some),
    });
    match names.into_iter().collect::<Option<Vec<String>>>() {
        Some(names) => Authors::Only(names),
        None => Authors::Everyone,
    }
}

impl Timeout {
    fn read(section: &Section<'_>) -> Self {
        let range = SECOND..=DAY * 30;
        let timeout = Self {
            start: section.or("start", SECOND * 120, duration(range.clone())),
            silence: section.or("silence", SECOND * 600, duration(range.clone())),
            total: section.or("total", HOUR, duration(range)),
        };
        for (key, part) in [("start", timeout.start), ("silence", timeout.silence)] {
            if section.is_sound() && part > timeout.total {
                section.contradiction(
                    None,
                    format!(
                        "{} ({}) is longer than {} ({}).",
                        section.name(key),
                        in_words(part),
                        section.name("total"),
                        in_words(timeout.total)
                    ),
                    "Shorten it, or give more time in total.",
                );
            }
        }
        timeout
    }
}

/// `[score]`: what makes an issue urgent.
#[derive(Debug, Clone)]
pub struct ScoreConfig {
    /// How much each term counts.
    pub weights: Weights,
    /// Labels of issues that gather others, and are not worked on themselves.
    pub epic_labels: Vec<String>,
    /// What a heading or line says where acceptance criteria stand.
    pub acceptance: Regex,
}

impl ScoreConfig {
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let weights = section.table("weights", weights);
        let epic_labels = section.list_or("epic_labels", ["epic".to_owned()], line);
        let acceptance = match section.optional("acceptance", regex) {
            Some(pattern) => Some(pattern),
            None => Regex::new("(?i)accept|done when|expected").ok(),
        };
        Some(Self { weights: weights?, epic_labels, acceptance: acceptance? })
    }
}

fn weights(section: &Section<'_>) -> Weights {
    let weight = |key, default| section.or(key, default, millionths(1));
    let weights = Weights {
        urgency: weight("urgency", 350_000),
        value: weight("value", 200_000),
        dependents: weight("dependents", 200_000),
        people: weight("people", 150_000),
        age: weight("age", 100_000),
    };
    let Weights { urgency, value, dependents, people, age } = weights;
    let sum = urgency + value + dependents + people + age;
    if section.is_sound() && sum != 1_000_000 {
        let [urgency, value, dependents, people, age] =
            [urgency, value, dependents, people, age].map(in_decimals);
        section.contradiction(
            None,
            format!("score.weights sum to {}, not to 1.", in_decimals(sum)),
            format!(
                "Now they are urgency {urgency}, value {value}, dependents {dependents}, \
                     people {people}, age {age}: write all five."
            ),
        );
    }
    weights
}

/// `[budget]`: the caps on spending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetConfig {
    /// For one issue, over all its attempts.
    pub issue: MicroUsd,
    /// For one agent on one day of the configured zone.
    pub agent_day: MicroUsd,
    /// For all agents on one day.
    pub day: MicroUsd,
}

impl BudgetConfig {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let cap = |key, default: u64| section.or(key, MicroUsd(default * 1_000_000), cap);
        let budget =
            Self { issue: cap("issue", 2), agent_day: cap("agent_day", 20), day: cap("day", 50) };
        for (key, part) in [("issue", budget.issue), ("agent_day", budget.agent_day)] {
            if part > budget.day {
                let message = format!(
                    "{} ({part}) is more than budget.day ({}).",
                    section.name(key),
                    budget.day
                );
                section.reading.warning(section.span(), message, "The smaller one holds.");
            }
        }
        budget
    }
}

fn cap(value: &DeValue<'_>) -> Result<MicroUsd, Wrong> {
    match usd(value)? {
        MicroUsd(0) => Err(Wrong::new(
            "allows nothing",
            "To stop all work, set dispatch.mode = \"off\" or say /timmy pause all.",
        )),
        amount => Ok(amount),
    }
}
