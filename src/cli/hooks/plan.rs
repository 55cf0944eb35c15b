//! What to do about the webhooks. Pure: what was found in, steps out.

use std::fmt;

use super::diagnosis::{HookFault, judge};
use super::survey::HookPlace;
use crate::gitea::{Hook, HookHome};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Create(HookHome),
    /// Switch it on, with JSON and all events. The secret stays: it can neither be read nor set.
    Mend(HookHome, Hook),
    /// Make a new one with the present secret, then delete this one.
    Renew(HookHome, Hook),
    Delete(HookHome, Hook),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(home) => write!(f, "{home}: make a webhook"),
            Self::Mend(home, hook) => write!(f, "{home}: mend webhook {}", hook.id),
            Self::Renew(home, hook) => {
                write!(f, "{home}: replace webhook {} by one with the present secret", hook.id)
            }
            Self::Delete(home, hook) => write!(f, "{home}: delete webhook {}", hook.id),
        }
    }
}

/// Makes what is missing, and nothing else.
pub(crate) fn install(places: &[HookPlace]) -> Vec<Step> {
    let missing = places.iter().filter(|place| place.is_missing(places));
    missing.map(|place| Step::Create(place.home.clone())).collect()
}

/// Mends what is there: of several that deliver the same one is left. With `rotate` each gets
/// the present secret.
pub(crate) fn repair(places: &[HookPlace], rotate: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    for judged in judge(places) {
        let (home, hook) = (judged.home.clone(), judged.hook.clone());
        if judged.faults.iter().any(|fault| matches!(fault, HookFault::Double { .. })) {
            steps.push(Step::Delete(home, hook));
        } else if rotate {
            steps.push(Step::Renew(home, hook));
        } else if !judged.faults.is_empty() {
            steps.push(Step::Mend(home, hook));
        }
    }
    steps
}

/// One step for each webhook that calls timmy.
pub(crate) fn remove(places: &[HookPlace]) -> Vec<Step> {
    judge(places)
        .into_iter()
        .map(|judged| Step::Delete(judged.home.clone(), judged.hook.clone()))
        .collect()
}
