//! What the forge shows of an attempt: what its agent did there since it was called.

use std::time::Duration;

use serde_json::json;

use super::order::ForgeOrder;
use super::place::AgentForge;
use crate::core::jobs::evidence::read_result;
use crate::core::jobs::{AgentClaim, Commit, Purpose};
use crate::core::model::account::Account;
use crate::core::model::issue::Comment;
use crate::core::model::time::Timestamp;
use crate::gitea::Error;

/// For so long nothing new comes before what is there is taken for all: nobody says that it is.
pub(super) const SETTLES: Duration = Duration::from_secs(60);

/// The most of a comment that is kept as an agent's last words, in bytes.
const LONGEST: usize = 64 << 10;

/// What an attempt did so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Nothing,
    /// It is at work: what it does, and what changes with each sign of life.
    Begun {
        doing: String,
        sign: String,
    },
    /// It may be all: its last words, if nothing new comes.
    Brought {
        words: String,
        sign: String,
    },
    /// It says itself that it is over.
    Said {
        words: String,
    },
}

/// Looks what an attempt did in the thread in which it was called at `since`; `stood`: the head of its
/// branch then.
pub(super) async fn look(
    forge: &dyn AgentForge,
    (order, stood): (&ForgeOrder, Option<&Commit>),
    (thread, since): (i64, Timestamp),
    agent: &Account,
) -> Result<Deed, Error> {
    let repo = &order.repository;
    let comments = forge.comments_by(repo, thread, (agent, since)).await?;
    let says = |comment: &&Comment| read_result(&comment.body).claim != AgentClaim::Nothing;
    if let Some(last) = comments.iter().rev().find(says) {
        return Ok(Deed::Said { words: bounded(&last.body) });
    }
    match order.purpose {
        Purpose::Code | Purpose::Repair => pushed(forge, order, stood).await,
        Purpose::Review => {
            let reviewed = forge.reviewed_at(repo, thread, agent).await?;
            Ok(match reviewed.filter(|at| *at >= since) {
                Some(at) => Deed::Brought {
                    words: result("review", ""),
                    sign: format!("review {}", at.micros()),
                },
                None => answered(&comments),
            })
        }
        Purpose::Research | Purpose::Ops | Purpose::Plan | Purpose::Split => {
            Ok(answered(&comments))
        }
    }
}

async fn pushed(
    forge: &dyn AgentForge,
    order: &ForgeOrder,
    stood: Option<&Commit>,
) -> Result<Deed, Error> {
    let (repo, name) = (&order.repository, order.branch.to_string());
    let head = forge.branch(repo, &name).await?.map(|branch| branch.head);
    let Some(head) = head.filter(|head| *head != order.base && Some(head) != stood) else {
        return Ok(Deed::Nothing);
    };
    let sign = head.to_string();
    Ok(match forge.open_pull(repo, &name).await? {
        Some(pull) if !pull.is_draft => {
            let result = json!({
                "outcome": "pull_request",
                "pull": pull.number,
                "commit": sign,
                "summary": "",
            });
            Deed::Brought { words: format!("timmy-result: {result}"), sign }
        }
        Some(pull) => Deed::Begun { doing: format!("has a draft, #{}", pull.number), sign },
        None => Deed::Begun { doing: format!("pushes to {name}"), sign },
    })
}

/// Its latest comment is its answer.
fn answered(comments: &[Comment]) -> Deed {
    match comments.last() {
        None => Deed::Nothing,
        Some(last) => Deed::Brought {
            words: format!("{}\n\n{}", bounded(&last.body), result("comment", "")),
            sign: format!("comment {} {}", last.id, last.updated_at.micros()),
        },
    }
}

fn result(outcome: &str, summary: &str) -> String {
    format!("timmy-result: {}", json!({ "outcome": outcome, "summary": summary }))
}

/// The end of a long text: there the result line stands.
fn bounded(text: &str) -> String {
    let mut start = text.len().saturating_sub(LONGEST);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text[start..].to_owned()
}
