//! What to do about the webhooks. Pure: what was found in, steps out.

use std::fmt;

use super::diagnosis::{HookFault, judge};
use super::survey::HookPlace;
use crate::gitea::{Authorization, AuthorizationHeader, Hook, HookHome};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Create(HookHome),
    /// Switch it on, with JSON and all events, and with this header. The secret stays: it can neither
    /// be read nor set.
    Mend(HookHome, Hook, AuthorizationHeader),
    /// Make a new one with the present secret and this header, then delete this one.
    Renew(HookHome, Hook, AuthorizationHeader),
    Delete(HookHome, Hook),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(home) => write!(f, "{home}: make a webhook"),
            Self::Mend(home, hook, _) => write!(f, "{home}: mend webhook {}", hook.id),
            Self::Renew(home, hook, _) => {
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

/// Webhooks that would lose their authorization header, if they have one: the server does not show
/// it, and nobody said what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HiddenHeaders(Vec<(HookHome, i64)>);

impl fmt::Display for HiddenHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hooks: Vec<String> =
            self.0.iter().map(|(home, id)| format!("webhook {id} of {home}")).collect();
        write!(
            f,
            "nothing is done: {} would lose the authorization header, if there is one. Gitea 1.27 \
             and later show it on the webhook's own page only, under Settings > Webhooks. Look \
             there, then say --no-authorization if the field is empty, or --authorization-file \
             FILE with what is in it",
            hooks.join(", ")
        )
    }
}

impl std::error::Error for HiddenHeaders {}

/// Mends what is there: of several that deliver the same one is left. With `rotate` each gets
/// the present secret. Each keeps its authorization header, unless one is `given`.
pub(crate) fn repair(
    places: &[HookPlace],
    rotate: bool,
    given: Option<&AuthorizationHeader>,
) -> Result<Vec<Step>, HiddenHeaders> {
    let (mut steps, mut hidden) = (Vec::new(), Vec::new());
    for judged in judge(places) {
        let (home, hook) = (judged.home.clone(), judged.hook.clone());
        if judged.faults.iter().any(|fault| matches!(fault, HookFault::Double { .. })) {
            // Behind a proxy it may be the one of the two that works.
            match given.is_none() && hook.may_send_authorization() {
                true => hidden.push((home, hook.id)),
                false => steps.push(Step::Delete(home, hook)),
            }
            continue;
        }
        if !rotate && judged.faults.is_empty() {
            continue;
        }
        let header = match (given, &hook.authorization) {
            (Some(header), _) | (None, Authorization::Shown(header)) => header.clone(),
            (None, Authorization::Hidden) => {
                hidden.push((home, hook.id));
                continue;
            }
        };
        let step = if rotate { Step::Renew } else { Step::Mend };
        steps.push(step(home, hook, header));
    }
    if hidden.is_empty() { Ok(steps) } else { Err(HiddenHeaders(hidden)) }
}

/// One step for each webhook that calls timmy.
pub(crate) fn remove(places: &[HookPlace]) -> Vec<Step> {
    judge(places)
        .into_iter()
        .map(|judged| Step::Delete(judged.home.clone(), judged.hook.clone()))
        .collect()
}
