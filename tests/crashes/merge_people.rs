//! People who give out issues, answer timmy's questions and push to what it asks about, whatever
//! timmy does meanwhile; and what they said, against what became of it.

use std::collections::{BTreeMap, BTreeSet};

use timmy::core::effect::marker::key_of;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{Said, Sandbox};

use crate::job_fleet::doubled;
use crate::support::random::Random;

/// An issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub repo: &'static str,
    pub number: i64,
}

/// What alexander said to a question.
struct Reply {
    place: Place,
    decision: String,
    /// The commit that the question showed, as people write it.
    commit: String,
    is_yes: bool,
    comment: i64,
}

#[derive(Default)]
pub struct MergePeople {
    pub places: Vec<Place>,
    /// How many of them were given out.
    given: usize,
    replies: Vec<Reply>,
    /// The comments that timmy doubted and alexander owned up to.
    confirmed: BTreeSet<i64>,
    pushes: usize,
}

/// A question, as its comment puts it.
struct Question {
    decision: String,
    commit: String,
    pull: String,
}

impl MergePeople {
    pub fn new(places: Vec<Place>) -> Self {
        Self { places, ..Self::default() }
    }

    /// Some of what there is to do is done.
    pub fn act(&mut self, sandbox: &Sandbox, random: &mut Random) {
        for _ in 0..random.below(4) {
            let Some(Place { repo, number }) = self.places.get(self.given).copied() else { break };
            sandbox.comment("walt", repo, number, "/timmy assign auto").unwrap();
            self.given += 1;
        }
        for nth in 0..self.given {
            let place = self.places[nth];
            for said in sandbox.comments(place.repo, place.number).unwrap() {
                self.hear(sandbox, random, place, &said);
            }
        }
    }

    fn hear(&mut self, sandbox: &Sandbox, random: &mut Random, place: Place, said: &Said) {
        if said.author != "timmy" {
            return;
        }
        if said.body.starts_with("**Is this yours, @alexander?**") {
            if self.confirmed.insert(said.id) {
                sandbox.react("alexander", Subject::Comment(said.id), "+1").unwrap();
            }
            return;
        }
        let Some(question) = question(&said.body) else { return };
        let is_answered = self.replies.iter().any(|reply| reply.decision == question.decision);
        if !is_answered && random.percent(60) {
            self.answer(sandbox, random, place, &question);
        }
    }

    /// alexander answers; sometimes walt pushes first, so that he says yes to what is there no more.
    fn answer(&mut self, sandbox: &Sandbox, random: &mut Random, place: Place, asked: &Question) {
        let Question { decision, commit, .. } = asked;
        let is_yes = !random.percent(10);
        if random.percent(12) {
            self.push(sandbox, place, asked);
        }
        let text = match is_yes {
            true => format!("/timmy approve {decision}"),
            false => format!("/timmy reject {decision} unwanted"),
        };
        for _ in 0..if random.percent(15) { 2 } else { 1 } {
            let comment = sandbox.comment("alexander", place.repo, place.number, &text).unwrap();
            let (decision, commit) = (decision.clone(), commit.clone());
            self.replies.push(Reply { place, decision, commit, is_yes, comment });
        }
    }

    fn push(&mut self, sandbox: &Sandbox, place: Place, asked: &Question) {
        let Ok(pull) = asked.pull.parse::<i64>() else { return };
        // What is merged or closed meanwhile has no branch.
        let Ok(Some(branch)) = sandbox.open_branch(place.repo, pull) else { return };
        let file = format!("more/{}-{}.md", place.number, self.pushes);
        let more = [(file.as_str(), "More of it.\n")];
        if sandbox.commit("walt", place.repo, &branch, &more, "More of it").is_ok() {
            self.pushes += 1;
        }
    }

    /// Whether alexander said yes to this commit there.
    pub fn said_yes_to(&self, place: Place, head: &str) -> bool {
        let mut yes = self.replies.iter().filter(|reply| reply.is_yes && reply.place == place);
        yes.any(|reply| head.starts_with(&reply.commit))
    }

    pub fn said_no(&self, place: Place) -> bool {
        self.replies.iter().any(|reply| !reply.is_yes && reply.place == place)
    }

    pub fn counts(&self) -> String {
        let yes = self.replies.iter().filter(|reply| reply.is_yes).count();
        let (no, pushes) = (self.replies.len() - yes, self.pushes);
        format!("{yes} yes, {no} no, {pushes} pushes, {} confirmed", self.confirmed.len())
    }

    /// What timmy said twice, or not at all, and decisions that were taken twice.
    pub fn problems(&self, sandbox: &Sandbox) -> Vec<String> {
        let mut problems = Vec::new();
        let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
        for place in &self.places {
            let said = sandbox.comments(place.repo, place.number).unwrap();
            let own: Vec<&Said> = said.iter().filter(|said| said.author == "timmy").collect();
            let keys = own.iter().filter_map(|said| key_of(&said.body)).map(str::to_owned);
            let keys: Vec<String> = keys.collect();
            for twice in doubled(keys.clone()) {
                problems.push(format!("{place:?}: {twice} is said twice"));
            }
            for reply in self.replies.iter().filter(|reply| reply.place == *place) {
                let key = Subject::Comment(reply.comment).key();
                if !keys.contains(&key) {
                    problems.push(format!("{place:?}: nothing answers {key}"));
                }
            }
            for reply in &self.replies {
                let as_said = [
                    format!("as approved in {}.", reply.decision),
                    format!("**Rejected in {}.**", reply.decision),
                ];
                let is_taken =
                    |said: &&&Said| as_said.iter().any(|words| said.body.contains(words));
                let times = own.iter().filter(is_taken).count();
                if times > 0 {
                    taken.insert(&reply.decision, times);
                }
            }
        }
        let twice = taken.into_iter().filter(|(_, times)| *times > 1);
        problems.extend(twice.map(|(id, times)| format!("{id} was taken {times} times")));
        problems
    }
}

/// The question that a comment puts, if it puts one.
fn question(body: &str) -> Option<Question> {
    let pull = body.strip_prefix("### Merge \\#")?.split_once('?')?.0.to_owned();
    let after = |mark: &str| body.split_once(mark).map(|(_, rest)| rest);
    let decision = after("/timmy approve ")?.split_whitespace().next()?.to_owned();
    let commit = after("passed on `")?.split_once('`')?.0.to_owned();
    Some(Question { decision, commit, pull })
}
