//! `[crew]`: several agents on one issue.

use toml::Spanned;

use super::section::Section;
use super::value::{count, flag, one_of, word};

/// `[crew]`: how several agents work one issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrewConfig {
    /// What runs the roles.
    pub engine: CrewEngine,
    /// The agent that plans, by name; without one it is who fits best.
    pub manager: Option<String>,
    /// Whether a person is asked about the plan.
    pub ask_plan: bool,
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
        let crew = CrewConfig {
            engine: engine.as_ref().map_or(CrewEngine::Native, |engine| *engine.get_ref()),
            manager: manager.as_ref().map(|manager| manager.get_ref().clone()),
            ask_plan: section.or("ask_plan", true, flag),
            rounds: section.or("rounds", 2, count(1..=20)),
        };
        Self { crew, manager, engine }
    }
}
