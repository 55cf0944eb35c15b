//! Who does which task of a plan.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::fault::PlanFault;
use super::plan::{CrewPlan, DraftTask, PlannedTask};

/// An agent that may work where the crew does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrewAgent {
    pub name: String,
    /// In lower case.
    pub roles: Vec<String>,
    /// Whose model it runs; without a name, its own.
    pub family: Option<String>,
    /// What an attempt is expected to cost, in millionths of a US dollar.
    pub micro_usd: u64,
    /// How well it fits, in millionths.
    pub fit: u64,
}

impl CrewAgent {
    fn family(&self) -> &str {
        self.family.as_deref().unwrap_or(&self.name)
    }
}

/// The roles that these agents hold; of those only, if any are named.
pub fn held_roles(agents: &[CrewAgent], only: &[String]) -> BTreeSet<String> {
    let held = agents.iter().flat_map(|agent| agent.roles.iter().cloned());
    held.filter(|role| only.is_empty() || only.contains(role)).collect()
}

/// The plan with an agent for each task: the best that holds its role, and for a review one that does
/// not change the code and runs another family if there is one.
///
/// # Errors
/// If nobody is left for a task.
pub fn assigned(drafts: Vec<DraftTask>, agents: &[CrewAgent]) -> Result<CrewPlan, PlanFault> {
    let author = author(&drafts, agents)?;
    let mut tasks = Vec::new();
    let mut micro_usd: u64 = 0;
    for draft in &drafts {
        let agent = match draft.purpose() {
            purpose if purpose.is_change() => author.ok_or_else(|| nobody(draft))?,
            purpose if purpose.is_review() => {
                reviewer(draft, author, agents).ok_or_else(|| only_the_author(draft))?
            }
            _ => best(draft, agents).ok_or_else(|| nobody(draft))?,
        };
        micro_usd = micro_usd.saturating_add(agent.micro_usd);
        tasks.push(PlannedTask {
            role: draft.role.clone(),
            title: draft.title.clone(),
            acceptance: draft.acceptance.clone(),
            after: draft.after.iter().filter_map(|on| u32::try_from(on + 1).ok()).collect(),
            agent: agent.name.clone(),
        });
    }
    Ok(CrewPlan { tasks, micro_usd, is_fixed: false })
}

/// Who changes the code, if anybody does: the best with whom all reviews can be given.
fn author<'a>(
    drafts: &[DraftTask],
    agents: &'a [CrewAgent],
) -> Result<Option<&'a CrewAgent>, PlanFault> {
    let Some(change) = drafts.iter().find(|draft| draft.purpose().is_change()) else {
        return Ok(None);
    };
    let mut unreviewed = None;
    for agent in candidates(change, agents) {
        let mut reviews = drafts.iter().filter(|draft| draft.purpose().is_review());
        match reviews.find(|review| reviewer(review, Some(agent), agents).is_none()) {
            None => return Ok(Some(agent)),
            Some(review) => unreviewed = unreviewed.or_else(|| Some(only_the_author(review))),
        }
    }
    Err(unreviewed.unwrap_or_else(|| nobody(change)))
}

fn reviewer<'a>(
    draft: &DraftTask,
    author: Option<&CrewAgent>,
    agents: &'a [CrewAgent],
) -> Option<&'a CrewAgent> {
    let is_author = |agent: &CrewAgent| author.is_some_and(|author| author.name == agent.name);
    let is_kin = |agent: &CrewAgent| author.is_some_and(|by| by.family() == agent.family());
    let mut others: Vec<&CrewAgent> = candidates(draft, agents);
    others.retain(|agent| !is_author(agent));
    others.into_iter().min_by_key(|agent| is_kin(agent))
}

fn best<'a>(draft: &DraftTask, agents: &'a [CrewAgent]) -> Option<&'a CrewAgent> {
    candidates(draft, agents).into_iter().next()
}

/// Those that hold the role, the best first.
fn candidates<'a>(draft: &DraftTask, agents: &'a [CrewAgent]) -> Vec<&'a CrewAgent> {
    let mut hold: Vec<&CrewAgent> =
        agents.iter().filter(|agent| agent.roles.contains(&draft.role)).collect();
    hold.sort_by_key(|agent| (Reverse(agent.fit), agent.micro_usd, agent.name.clone()));
    hold
}

fn nobody(draft: &DraftTask) -> PlanFault {
    let (task, role) = (draft.id.clone(), draft.role.clone());
    PlanFault::UnknownRole { task, role, roles: Vec::new() }
}

fn only_the_author(draft: &DraftTask) -> PlanFault {
    PlanFault::OnlyTheAuthor { task: draft.id.clone(), role: draft.role.clone() }
}

#[cfg(test)]
mod tests {
    use crate::core::crew::plan::fixed_plan;
    use crate::core::crew::roles::*;

    fn agent(name: &str, roles: &[&str], family: &str, fit: u64) -> CrewAgent {
        CrewAgent {
            name: name.to_owned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            family: Some(family.to_owned()),
            micro_usd: 100,
            fit,
        }
    }

    fn by(agents: &[CrewAgent]) -> Result<Vec<String>, String> {
        let drafts = fixed_plan(&held_roles(agents, &[]));
        let plan = assigned(drafts, agents).map_err(|fault| fault.to_string())?;
        assert_eq!(plan.micro_usd, 100 * plan.tasks.len() as u64);
        Ok(plan.tasks.into_iter().map(|task| task.agent).collect())
    }

    #[test]
    fn the_best_does_it_and_another_family_reviews() {
        let ezra = agent("ezra", &["coder", "reviewer"], "one", 9);
        let twin = agent("twin", &["coder", "reviewer"], "one", 8);
        let bezalel = agent("bezalel", &["reviewer", "researcher"], "two", 1);
        assert_eq!(
            by(&[twin.clone(), bezalel, ezra.clone()]).unwrap(),
            ["bezalel", "ezra", "bezalel"]
        );
        assert_eq!(by(&[ezra, twin]).unwrap(), ["ezra", "twin"], "rather kin than nobody");
    }

    #[test]
    fn whoever_alone_can_review_does_not_change_the_code() {
        let ezra = agent("ezra", &["coder", "reviewer"], "one", 9);
        let bezalel = agent("bezalel", &["coder"], "two", 1);
        assert_eq!(by(&[ezra.clone(), bezalel]).unwrap(), ["bezalel", "ezra"]);
        let fault = by(&[ezra]).unwrap_err();
        assert!(fault.contains("nobody but who changes the code holds \"reviewer\""), "{fault}");
    }

    #[test]
    fn only_roles_that_are_asked_for_count() {
        let all = [agent("ezra", &["coder", "reviewer", "devops"], "one", 9)];
        let only = ["coder".to_owned(), "wizard".to_owned()];
        assert_eq!(held_roles(&all, &only).into_iter().collect::<Vec<_>>(), ["coder"]);
        assert_eq!(held_roles(&all, &[]).len(), 3);
    }
}
