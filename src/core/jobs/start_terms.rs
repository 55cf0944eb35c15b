//! What a yes to an attempt covers before it begins, and why it is asked.

use serde::{Deserialize, Serialize};

use super::money::{BudgetShortage, Ceiling};
use crate::core::model::issue::TextDigest;

/// Why a person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartReason {
    Devops,
    /// It is part of a plan, and the issue says something else than when a person said yes to that.
    Replanned,
    /// It names these, which are protected.
    Protected(Vec<String>),
    /// It names more paths than are read.
    TooManyPaths,
    /// The agent was not seen to ask before it does something dangerous, and it is to do such work.
    CannotAsk,
    /// It may come to cost more than is begun unasked, in millionths of a US dollar.
    Costly {
        may_cost: u64,
        over: u64,
    },
    /// Its budget has no room for the attempt.
    Budget(BudgetShortage),
}

/// What a yes covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartTerms {
    pub agent: String,
    /// What the issue asks for; none if nobody knows its text.
    pub text: Option<TextDigest>,
    /// What may be spent on the issue in all.
    pub budget: Ceiling,
    /// That the agent was not seen to ask before it does something dangerous.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cannot_ask: bool,
}

/// An attempt about which a person is asked before it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartProposal {
    pub terms: StartTerms,
    pub reasons: Vec<StartReason>,
    /// What any issue may cost unasked, as it is configured.
    pub configured: Ceiling,
}

impl StartProposal {
    /// What a yes adds to a budget that has no room.
    pub fn shortage(&self) -> Option<&BudgetShortage> {
        self.reasons.iter().find_map(|reason| match reason {
            StartReason::Budget(shortage) => Some(shortage),
            StartReason::Devops
            | StartReason::Replanned
            | StartReason::Protected(_)
            | StartReason::TooManyPaths
            | StartReason::CannotAsk
            | StartReason::Costly { .. } => None,
        })
    }
}
