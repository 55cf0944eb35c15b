//! What the thread's reply says of a score, for a terminal: words without Markdown.

use crate::core::backlog::{Because, Lack, Line, MANY, Readiness, Term};
use crate::core::reply::{Basis, Bid, Drag, Judgement, words};

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

fn lift(line: &Line) -> String {
    match &line.because {
        Because::Priority(level) => level.clone(),
        Because::Due(days) => words::due(*days),
        Because::Milestone(_, Some(days)) => format!("its milestone is {}", words::due(*days)),
        Because::Milestone(_, None) => "it belongs to a milestone".to_owned(),
        Because::Pinned => "it is pinned".to_owned(),
        Because::Dependents(1) => "1 issue waits for it".to_owned(),
        Because::Dependents(all) => format!("{} wait for it", many(*all)),
        Because::People(1) => "1 person spoke there".to_owned(),
        Because::People(count) => format!("{count} people spoke there"),
        Because::OpenFor(days) => format!("it has been open for {}", counted(*days, "day")),
        Because::Nothing | Because::Text(_) | Because::Size(_) | Because::Failures(_) => {
            line.term.said().to_owned()
        }
    }
}

fn drag(drag: Drag) -> String {
    match drag {
        Drag::Acceptance => "nothing says when it is done".to_owned(),
        Drag::Checklist => "it has no task list".to_owned(),
        Drag::Fails(count) => format!("{} failed", counted(count.into(), "attempt")),
    }
}

/// From where a term has its value.
pub(super) fn because(line: &Line, judgement: &Judgement) -> String {
    match &line.because {
        Because::Priority(level) => format!("priority/{level}"),
        Because::Due(days) => words::due(*days),
        Because::Milestone(title, days) => {
            let due = days.map_or_else(String::new, |days| format!("{}, ", words::due(days)));
            format!("{due}milestone {title}")
        }
        Because::Pinned => "pinned".to_owned(),
        Because::Dependents(all) => dependents(*all, judgement),
        Because::People(1) => "1 person spoke there in 30 days".to_owned(),
        Because::People(count) => format!("{count} people spoke there in 30 days"),
        Because::OpenFor(days) => format!("open for {}", counted(*days, "day")),
        Because::Text(text) => readiness(*text),
        Because::Size(size) => format!("size/{size}"),
        Because::Failures(count) => format!("{} failed", counted((*count).into(), "attempt")),
        Because::Nothing => nothing(line.term).to_owned(),
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
        Some(Lack::NoRole) => format!("does not hold the role {role}"),
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
        MANY => format!("more than {} issues", MANY - 1),
        _ => counted(all.into(), "issue"),
    }
}

fn counted(count: i64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
