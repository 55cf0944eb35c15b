//! What people said to the agents of a job and none of them heard: whoever is asked about the result
//! has to know that it was made without that.

use crate::core::jobs::{JobRecord, ToldText};

/// A text that reached no agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnheardView {
    /// Who said it, by login.
    pub by: Option<String>,
    pub text: String,
}

impl UnheardView {
    /// All of them, in order.
    pub(in crate::core::reply) fn all(record: &JobRecord) -> Vec<Self> {
        let told: Vec<&ToldText> = record.told().collect();
        let numbers = record.job.past.unheard.iter();
        let unheard = numbers.filter_map(|number| told.get(usize::try_from(*number).ok()?));
        unheard.map(|told| Self { by: told.by.clone(), text: told.text.clone() }).collect()
    }
}
