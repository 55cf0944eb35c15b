//! `[crew]`: several agents on one issue.

use toml::Spanned;
use toml::de::DeValue;

use super::quantity::{MicroUsd, parse_usd};
use super::section::Section;
use super::value::{Wrong, count, one_of, word};

/// `[crew]`: how several agents work one issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrewConfig {
    /// What runs the roles.
    pub engine: CrewEngine,
    /// The agent that plans, by name; without one there are no crews.
    pub manager: Option<String>,
    /// When a person is asked about the plan.
    pub ask: Vec<CrewAsk>,
    /// How often review may send work back.
    pub rounds: u32,
}

/// Who runs the roles of a crew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrewEngine {
    /// timmy itself: each task is a job.
    Native,
    /// A CrewAI sidecar: the agent of that kind.
    CrewAi,
}

/// What makes timmy ask a person before a plan runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrewAsk {
    /// A task of the role devops.
    Devops,
    /// A protected path.
    Protected,
    /// An expected cost over this.
    Over(MicroUsd),
}

/// What could be read of the table, for checks against the agents.
pub(super) struct CrewDraft {
    pub(super) crew: CrewConfig,
    pub(super) manager: Option<Spanned<String>>,
    pub(super) engine: Option<Spanned<CrewEngine>>,
}

impl CrewDraft {
    pub(super) fn read(section: &Section<'_>) -> Self {
        const ENGINES: [(&str, CrewEngine); 2] =
            [("native", CrewEngine::Native), ("crewai", CrewEngine::CrewAi)];
        let engine = section.located("engine", one_of(&ENGINES));
        let manager = section.located("manager", word);
        let default = [CrewAsk::Devops, CrewAsk::Protected, CrewAsk::Over(MicroUsd(5_000_000))];
        let crew = CrewConfig {
            engine: engine.as_ref().map_or(CrewEngine::Native, |engine| *engine.get_ref()),
            manager: manager.as_ref().map(|manager| manager.get_ref().clone()),
            ask: section.list_or("ask", default, crew_ask),
            rounds: section.or("rounds", 2, count(1..=20)),
        };
        Self { crew, manager, engine }
    }
}

fn crew_ask(value: &DeValue<'_>) -> Result<CrewAsk, Wrong> {
    const FORM: &str = "\"devops\", \"protected\", or a limit such as \"over 5usd\"";
    let text = value.as_str().ok_or_else(|| Wrong::type_of(value, FORM))?;
    let limit = |rest: &str| rest.starts_with(' ').then(|| parse_usd(rest.trim())).flatten();
    match text {
        "devops" => Ok(CrewAsk::Devops),
        "protected" => Ok(CrewAsk::Protected),
        _ => text
            .strip_prefix("over")
            .and_then(limit)
            .map(CrewAsk::Over)
            .ok_or_else(|| Wrong::not(text, "reason to ask", format!("Write {FORM}."))),
    }
}
