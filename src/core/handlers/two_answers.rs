//! A comment that says two different things about one decision, as a mail program makes it that
//! repeats the lines of a question: nobody knows which of them is meant, so none is obeyed.

use crate::core::command::Command;
use crate::core::command::grammar::{CommandText, Reading};
use crate::core::command::value::DecisionId;
use crate::core::reply::Answer;

/// The lines of a comment that answer one decision differently.
pub(super) struct TwoAnswers<'r> {
    lines: Vec<&'r CommandText>,
}

impl<'r> TwoAnswers<'r> {
    /// Those of `reading` to which `line` belongs, if it does.
    pub(super) fn with(line: &'r CommandText, reading: &'r Reading) -> Option<Self> {
        let contradicted =
            |one: &CommandText| reading.commands.iter().any(|other| contradict(one, other));
        let belongs = |other: &&CommandText| may_be_one(line, other) && contradicted(other);
        contradicted(line)
            .then(|| Self { lines: reading.commands.iter().filter(belongs).collect() })
    }

    /// Whether `line` is the one that is answered for all of them.
    pub(super) fn begin_with(&self, line: &CommandText) -> bool {
        self.lines.first().is_some_and(|first| first.line == line.line)
    }

    /// What is said to them.
    pub(super) fn answer(&self) -> Answer {
        let named = self.lines.iter().find_map(|line| decision(line).flatten());
        let mut verbs = Vec::new();
        for line in &self.lines {
            let verb = line.command.verb();
            if !verbs.contains(&verb) {
                verbs.push(verb);
            }
        }
        let lines = self.lines.iter().map(|line| line.text.clone()).collect();
        Answer::TwoAnswers { decision: named.map(|id| id.to_string()), verbs, lines }
    }
}

/// Whether both lines can be about one decision, and say different things of it.
fn contradict(one: &CommandText, other: &CommandText) -> bool {
    may_be_one(one, other) && one.command.verb() != other.command.verb()
}

/// Whether both lines can be about one decision. One that names none may be about any.
fn may_be_one(one: &CommandText, other: &CommandText) -> bool {
    match (decision(one), decision(other)) {
        (Some(Some(one)), Some(Some(other))) => one == other,
        (one, other) => one.is_some() && other.is_some(),
    }
}

/// Which decision a line answers, if it answers one; the inner `None` if it does not say which.
fn decision(line: &CommandText) -> Option<Option<DecisionId>> {
    match &line.command {
        Command::Approve { decision, .. }
        | Command::Reject { decision, .. }
        | Command::Revise { decision, .. }
        | Command::Answer { decision, .. } => Some(*decision),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::command::grammar::read;
    use crate::core::handlers::two_answers::*;

    /// For each line of `body`, the numbers of the lines that it is one with.
    fn together(body: &str) -> Vec<Vec<usize>> {
        let reading = read("timmy", body);
        let one = |line| {
            let both = TwoAnswers::with(line, &reading);
            both.map_or(vec![], |both| both.lines.iter().map(|line| line.line).collect())
        };
        reading.commands.iter().map(one).collect()
    }

    #[test]
    fn different_verbs_for_one_decision_exclude_each_other() {
        let body = "/timmy approve d7\n/timmy ping\n/timmy reject d7 why\n/timmy yes d7";
        assert_eq!(together(body), [vec![1, 3, 4], vec![], vec![1, 3, 4], vec![1, 3, 4]]);
    }

    #[test]
    fn other_decisions_and_the_same_verb_do_not() {
        assert!(together("/timmy approve d7\n/timmy reject d8").iter().all(Vec::is_empty));
        assert!(together("/timmy approve d7\n/timmy lgtm d7 fine").iter().all(Vec::is_empty));
        assert!(together("/timmy approve d7\n/timmy hold").iter().all(Vec::is_empty));
    }

    #[test]
    fn a_line_that_names_no_decision_may_mean_any() {
        assert_eq!(together("/timmy yes\n/timmy revise d7 shorter"), [[1, 2], [1, 2]]);
        assert_eq!(together("/timmy yes\n/timmy no"), [[1, 2], [1, 2]]);
        let body = "/timmy yes\n/timmy revise d7 shorter\n/timmy yes d7";
        assert_eq!(together(body), [[1, 2, 3], [1, 2, 3], [1, 2, 3]]);
        let body = "/timmy approve d7\n/timmy reject d8\n/timmy approve";
        assert_eq!(together(body), [vec![], vec![2, 3], vec![2, 3]]);
    }
}
