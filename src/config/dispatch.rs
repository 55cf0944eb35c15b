//! `[dispatch]`, `[score]` and `[budget]`: what is worked on, in which order, and for how much.

use std::time::Duration;

use regex::Regex;
use toml::de::DeValue;

use super::quantity::{MicroUsd, duration, in_decimals, millionths, parse_usd, usd};
use super::repositories::RepositoryFilter;
use super::section::Section;
use super::timeouts;
use super::value::{Wrong, account, count, flag, line, one_of, regex};
use crate::core::jobs::Timeouts;
use crate::core::reply::Autonomy;
use crate::core::scheduling::{Authors, Weights};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// `[dispatch]`: what timmy hands out by itself.
#[derive(Debug, Clone)]
pub struct DispatchConfig {
    /// Whether it says what it would do.
    pub mode: DispatchMode,
    /// Where it starts work by itself.
    pub auto: RepositoryFilter,
    /// How much it starts by itself in a day of the configured zone.
    pub starts_per_day: u32,
    /// Time between two looks at the backlog.
    pub tick: Duration,
    /// The score below which nothing is dispatched by itself, in millionths.
    pub minimum: u64,
    /// Whether the author of an issue without scope is asked for it.
    pub ask_scope: bool,
    /// How often one job is tried.
    pub attempts: u32,
    /// How many rounds one pull request is repaired before a person is asked.
    pub repairs: u32,
    /// How many open pull requests of agents may wait for review before no more are begun.
    pub reviews_waiting: u32,
    /// How many jobs may run in one repository at once.
    pub per_repository: u32,
    /// How many jobs may run on one host at once.
    pub per_host: u32,
    /// Whose issues may be dispatched by themselves.
    pub authors: Authors,
    /// What is asked about before it starts.
    pub ask: Vec<AskBefore>,
    /// How long an attempt may take, unless its agent has times of its own.
    pub timeout: Timeouts,
}

/// What makes timmy ask a person before work starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskBefore {
    /// Work of the role devops.
    Devops,
    /// A protected path.
    Protected,
    /// An expected cost over this.
    Over(MicroUsd),
}

/// What happens without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DispatchMode {
    /// Only what people assign.
    Off,
    /// timmy says what it would do.
    Suggest,
}

impl DispatchConfig {
    /// How far timmy goes without being asked.
    pub fn autonomy(&self) -> Autonomy {
        match self.mode {
            DispatchMode::Off => Autonomy::Off,
            DispatchMode::Suggest if self.auto.is_empty() => Autonomy::Suggest,
            DispatchMode::Suggest => Autonomy::Auto,
        }
    }
}

impl DispatchConfig {
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let ask = [AskBefore::Devops, AskBefore::Protected, AskBefore::Over(MicroUsd(5_000_000))];
        Some(Self {
            mode: section.or("mode", DispatchMode::Suggest, mode),
            auto: RepositoryFilter::read(section, "auto", &[]),
            starts_per_day: section.or("starts_per_day", 10, count(1..=10_000)),
            tick: section.or("tick", SECOND * 30, duration(SECOND..=HOUR)),
            minimum: section.or("minimum", 0, millionths(100)),
            ask_scope: section.or("ask_scope", false, flag),
            attempts: section.or("attempts", 3, count(1..=20)),
            repairs: section.or("repairs", 3, count(1..=20)),
            reviews_waiting: section.or("reviews_waiting", 5, count(1..=10_000)),
            per_repository: section.or("per_repository", 2, count(1..=1000)),
            per_host: section.or("per_host", 4, count(1..=1000)),
            authors: authors(section),
            ask: section.list_or("ask", ask, ask_before),
            timeout: section.table("timeout", timeouts::read)?,
        })
    }
}

fn mode(value: &DeValue<'_>) -> Result<DispatchMode, Wrong> {
    const MODES: [(&str, DispatchMode); 2] =
        [("off", DispatchMode::Off), ("suggest", DispatchMode::Suggest)];
    if value.as_str() == Some("auto") {
        let remedy = "Write \"suggest\" here, and name where work may start by itself: \
                      auto = [\"foundation/door\"].";
        return Err(Wrong::new("is \"auto\", which is said for each repository", remedy));
    }
    one_of(&MODES)(value)
}

/// One entry of `authors`.
enum Author {
    Everyone,
    Readers,
    Account(String),
}

fn authors(section: &Section<'_>) -> Authors {
    let entries = section.list_or("authors", [Author::Readers], |value| match value.as_str() {
        Some("*") => Ok(Author::Everyone),
        Some("readers") => Ok(Author::Readers),
        _ => account(value).map(Author::Account),
    });
    let (mut everyone, mut readers, mut names) = (false, false, Vec::new());
    for entry in entries {
        match entry {
            Author::Everyone => everyone = true,
            Author::Readers => readers = true,
            Author::Account(name) => names.push(name),
        }
    }
    match (everyone, readers) {
        (true, _) => Authors::Everyone,
        (false, true) => Authors::ReadersAnd(names),
        (false, false) => Authors::Only(names),
    }
}

fn ask_before(value: &DeValue<'_>) -> Result<AskBefore, Wrong> {
    const FORM: &str = "\"devops\", \"protected\", or a limit such as \"over 5usd\"";
    let text = value.as_str().ok_or_else(|| Wrong::type_of(value, FORM))?;
    let limit = |rest: &str| rest.starts_with(' ').then(|| parse_usd(rest.trim())).flatten();
    match text {
        "devops" => Ok(AskBefore::Devops),
        "protected" => Ok(AskBefore::Protected),
        _ => text
            .strip_prefix("over")
            .and_then(limit)
            .map(AskBefore::Over)
            .ok_or_else(|| Wrong::not(text, "reason to ask", format!("Write {FORM}."))),
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
