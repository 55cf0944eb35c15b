//! What can be wrong with a webhook. Pure.

use std::fmt;

use super::survey::HookPlace;
use crate::cli::hooks::survey::covering;
use crate::gitea::{Hook, HookHome};

/// What a request for a webhook asks for: Gitea takes these for all kinds of events around
/// issues and pull requests, comments and reviews among them.
pub(crate) const EVENTS: [&str; 2] = ["issues", "pull_request"];

/// The events that timmy needs, as Gitea lists them.
const NEEDED: [&str; 5] =
    ["issues", "issue_comment", "pull_request", "pull_request_comment", "pull_request_review"];

/// One thing that is wrong with a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HookFault {
    /// It is switched off in Gitea.
    Inactive,
    /// It sends a form. timmy understands it, but nobody else's tools do.
    Form,
    /// It does not send these events.
    Lacks(Vec<&'static str>),
    /// Another webhook delivers the same events.
    Double {
        of: HookHome,
        id: i64,
        /// How this one writes the address, if it writes it otherwise.
        spelled: Option<String>,
    },
}

impl fmt::Display for HookFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inactive => f.write_str("switched off"),
            Self::Form => f.write_str("sends a form, not JSON"),
            Self::Lacks(events) => write!(f, "does not tell of {}", events.join(", ")),
            Self::Double { of, id, spelled: None } => {
                write!(f, "delivers the same as webhook {id} of {of}")
            }
            Self::Double { of, id, spelled: Some(url) } => {
                write!(f, "calls {url}, and so delivers the same as webhook {id} of {of}")
            }
        }
    }
}

/// What is wrong with `hook` by itself.
fn faults_of(hook: &Hook) -> Vec<HookFault> {
    let mut faults = Vec::new();
    if !hook.active {
        faults.push(HookFault::Inactive);
    }
    if !hook.is_json {
        faults.push(HookFault::Form);
    }
    let includes = |event: &&str| hook.events.iter().any(|listed| listed == event);
    let lacks: Vec<_> = NEEDED.into_iter().filter(|event| !includes(event)).collect();
    if !lacks.is_empty() {
        faults.push(HookFault::Lacks(lacks));
    }
    faults
}

/// A webhook that calls timmy, with all that is wrong with it.
#[derive(Debug)]
pub(crate) struct JudgedHook<'a> {
    pub(crate) home: &'a HookHome,
    pub(crate) hook: &'a Hook,
    pub(crate) faults: Vec<HookFault>,
}

/// All webhooks that call timmy, place by place. Of several that deliver the same the first of
/// the organisation stays, else the first.
pub(crate) fn judge(places: &[HookPlace]) -> Vec<JudgedHook<'_>> {
    let shown = || places.iter().filter_map(|place| Some((place, place.ours.as_ref().ok()?)));
    let all = shown().flat_map(|(place, hooks)| hooks.iter().map(move |hook| (place, hook)));
    all.map(|(place, hook)| {
        let first = covering(places, &place.home);
        let mut faults = faults_of(hook);
        if let Some((of, kept)) = first
            && kept.id != hook.id
        {
            let spelled = (hook.url != kept.url).then(|| hook.url.clone());
            faults.push(HookFault::Double { of: of.clone(), id: kept.id, spelled });
        }
        JudgedHook { home: &place.home, hook, faults }
    })
    .collect()
}
