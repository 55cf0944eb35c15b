//! What the thread's reply says of a score, for a terminal: words without Markdown.

use crate::core::reply::{Basis, Bid, Judgement, WeakTerm, words};
use crate::core::scheduling::{MANY_DEPENDENTS, Readiness, Rejection, Term, TermLine, TermReason};

/// `3rd of 128. It scores 31.3: p1, and due in 3 days; but nothing says when it is done.`
pub(super) fn place(judgement: &Judgement) -> String {
    let Judgement { place, of, points, minimum, .. } = judgement;
    let mut said =
        format!("{} of {of}. It scores {}", words::place(*place), words::points(*points));
    let lifts: Vec<String> = judgement.lifts().into_iter().map(lift).collect();
    let drags: Vec<String> = judgement.drags().into_iter().map(drag).collect();
    let both: Vec<String> = [lifts, drags]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| listed(&part))
        .collect();
    if !both.is_empty() {
        said.push_str(": ");
        said.push_str(&both.join("; but "));
    }
    said.push('.');
    if points < minimum {
        said.push_str(" By itself timmy hands out nothing below ");
        said.push_str(&words::points(*minimum));
        said.push('.');
    }
    said.push_str(&agent(judgement));
    said
}

fn agent(judgement: &Judgement) -> String {
    match (judgement.winner(), judgement.next_best()) {
        (Some(bid), _) => format!(" The next agent that fits: {}.", bid.agent),
        (None, Some(bid)) => {
            let lack = bid.lack.map_or_else(String::new, |lack| format!(" ({})", lack.said()));
            format!(" The next agent that fits: {}{lack}.", bid.agent)
        }
        (None, None) if judgement.bids.is_empty() => " There are no agents yet.".to_owned(),
        (None, None) => " No agent fits.".to_owned(),
    }
}

fn lift(line: &TermLine) -> String {
    match &line.because {
        TermReason::Priority(level) => level.clone(),
        TermReason::Due(days) => words::due(*days),
        TermReason::Milestone(_, Some(days)) => format!("its milestone is {}", words::due(*days)),
        TermReason::Milestone(_, None) => "it belongs to a milestone".to_owned(),
        TermReason::Pinned => "it is pinned".to_owned(),
        TermReason::Dependents(1) => "1 issue waits for it".to_owned(),
        TermReason::Dependents(all) => format!("{} wait for it", many(*all)),
        TermReason::People(1) => "1 person spoke there".to_owned(),
        TermReason::People(count) => format!("{count} people spoke there"),
        TermReason::OpenFor(days) => {
            format!("it has been open for {}", words::counted(*days, "day"))
        }
        TermReason::Nothing
        | TermReason::Text(_)
        | TermReason::Size(_)
        | TermReason::Failures(_) => line.term.said().to_owned(),
    }
}

fn drag(drag: WeakTerm) -> String {
    match drag {
        WeakTerm::Acceptance => "nothing says when it is done".to_owned(),
        WeakTerm::Checklist => "it has no task list".to_owned(),
        WeakTerm::Fails(count) => format!("{} failed", words::counted(count, "attempt")),
    }
}

/// From where a term has its value.
pub(super) fn because(line: &TermLine, judgement: &Judgement) -> String {
    match &line.because {
        TermReason::Priority(level) => format!("priority/{level}"),
        TermReason::Due(days) => words::due(*days),
        TermReason::Milestone(title, days) => {
            let due = days.map_or_else(String::new, |days| format!("{}, ", words::due(days)));
            format!("{due}milestone {title}")
        }
        TermReason::Pinned => "pinned".to_owned(),
        TermReason::Dependents(all) => dependents(*all, judgement),
        TermReason::People(1) => "1 person spoke there in 30 days".to_owned(),
        TermReason::People(count) => format!("{count} people spoke there in 30 days"),
        TermReason::OpenFor(days) => format!("open for {}", words::counted(*days, "day")),
        TermReason::Text(text) => readiness(*text),
        TermReason::Size(size) => format!("size/{size}"),
        TermReason::Failures(count) => format!("{} failed", words::counted(*count, "attempt")),
        TermReason::Nothing => nothing(line.term).to_owned(),
    }
}

fn nothing(term: Term) -> &'static str {
    match term {
        Term::Urgency => "no priority, no due date",
        Term::Value => "no milestone, not pinned",
        Term::Dependents => "nothing waits for it",
        Term::People => "nobody spoke there in 30 days",
        Term::Size => "no size",
        Term::Age | Term::Readiness | Term::Failures => "none",
    }
}

fn dependents(all: u32, judgement: &Judgement) -> String {
    let waits = if all == 1 { "waits" } else { "wait" };
    if judgement.waiting.is_empty() {
        return format!("{} {waits} for it", many(all));
    }
    let mut named = judgement.waiting.clone();
    match judgement.unnamed(&all) {
        0 => {}
        more => named.push(format!("{more} more")),
    }
    format!("{} {waits} for it", listed(&named))
}

fn readiness(text: Readiness) -> String {
    let Readiness { scope, acceptance, checklist } = text;
    let missing: Vec<&str> =
        [(scope, "no scope"), (acceptance, "no acceptance criteria"), (checklist, "no task list")]
            .into_iter()
            .filter_map(|(holds, said)| (!holds).then_some(said))
            .collect();
    match missing.is_empty() {
        true => "it says what, when it is done, and in which steps".to_owned(),
        false => missing.join(", "),
    }
}

/// What an agent is judged by, and what it lacks.
pub(super) fn bid(bid: &Bid, judgement: &Judgement) -> String {
    let role = &judgement.role;
    let basis = match bid.basis {
        Some(Basis::Here { good, all }) => format!("{good} of {all} verified in this repository"),
        Some(Basis::Role { good, all }) => format!("{good} of {all} verified as {role}"),
        Some(Basis::Any { good, all }) => format!("{good} of {all} verified in other roles"),
        None => "no results yet".to_owned(),
    };
    match bid.lack {
        Some(Rejection::NoRole) => format!("does not hold the role {role}"),
        Some(lack) => format!("{}; {basis}", lack.said()),
        None => basis,
    }
}

/// `a`, `a and b`, `a, b, and c`.
pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        [before @ .., last] => format!("{}, and {last}", before.join(", ")),
    }
}

fn many(all: u32) -> String {
    match all {
        MANY_DEPENDENTS => format!("more than {} issues", MANY_DEPENDENTS - 1),
        _ => words::counted(all, "issue"),
    }
}
