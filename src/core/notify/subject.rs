//! What a notification is about.

use serde::{Deserialize, Serialize};

use crate::core::command::value::{DecisionId, JobId};
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;

/// What kind of thing it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationKind {
    Decision,
    DeadLetter,
    Incident,
}

impl NotificationKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::DeadLetter => "dead_letter",
            Self::Incident => "incident",
        }
    }
}

/// What it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationSubject {
    /// A question waits for an answer.
    Decision(DecisionId),
    /// A job was given up, at that moment.
    Job { job: JobId, at: Timestamp },
    /// A write to the forge was given up.
    Effect { key: String },
    /// Something is wrong with the world.
    Incident(Incident),
}

impl NotificationSubject {
    pub fn kind(&self) -> NotificationKind {
        match self {
            Self::Decision(_) => NotificationKind::Decision,
            Self::Job { .. } | Self::Effect { .. } => NotificationKind::DeadLetter,
            Self::Incident(_) => NotificationKind::Incident,
        }
    }

    /// What tells it from all others of its kind: it is told once.
    pub fn about(&self) -> String {
        match self {
            Self::Decision(id) => id.to_string(),
            // One that is retried may die again.
            Self::Job { job, at } => format!("{job} {}", at.micros()),
            Self::Effect { key, .. } => key.clone(),
            // Its JSON is its name in the ledger as well.
            Self::Incident(incident) => serde_json::to_string(incident).unwrap_or_default(),
        }
    }

    /// What it is called outside: an id, an agent of the configuration with what is wrong with it, or a
    /// word; and nothing that others wrote.
    pub fn name(&self) -> String {
        match self {
            Self::Decision(id) => id.to_string(),
            Self::Job { job, .. } => job.to_string(),
            Self::Effect { .. } => "message".to_owned(),
            Self::Incident(Incident::Agent { name, problem }) => {
                format!("agent {name}: {}", problem.said())
            }
            Self::Incident(incident) => incident.kind().to_owned(),
        }
    }

    /// What is to be done about an agent.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Incident(Incident::Agent { problem, .. }) => Some(problem.remedy()),
            Self::Decision(_) | Self::Job { .. } | Self::Effect { .. } | Self::Incident(_) => None,
        }
    }
}
