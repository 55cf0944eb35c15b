//! `[[routine]]`: work that comes up again and again, without an issue.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::DeValue;

use super::agent::{AgentDraft, AgentKind};
use super::calendar::recurrence;
use super::gitea::GiteaConfig;
use super::role::Role;
use super::section::Section;
use super::value::{Wrong, agent_text, name_of, one_of, quoted, repository, word};
use crate::core::command::grammar::nearest;
use crate::core::jobs::Purpose;
use crate::core::model::ids::RepoName;
use crate::core::model::recurrence::Recurrence;
use crate::core::scheduling::Routine;

/// The longest prompt, in characters.
const LONGEST: usize = 8000;

/// What could be read of a routine, for checks against the other tables.
pub(super) struct RoutineDraft {
    name: Option<Spanned<String>>,
    when: Option<Recurrence>,
    repository: Option<Spanned<RepoName>>,
    role: Option<Spanned<Role>>,
    agent: Option<Spanned<String>>,
    prompt: Option<String>,
}

impl RoutineDraft {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let name = section.need_located("name", name);
        let when = section.need("when", recurrence);
        let repository = section.need_located("repository", repository);
        let agent = section.located("agent", word);
        let role = section.located("role", change_role);
        if agent.is_none() && section.raw("role").is_none() && section.raw("agent").is_none() {
            let remedy =
                "Add role = \"coder\", or agent = with the name of the one that is to do it.";
            section.lacks("role", remedy.to_owned());
        }
        let prompt = section.need("prompt", prompt);
        let role = match &agent {
            Some(agent) if section.raw("role").is_none() => {
                Some(Spanned::new(agent.span(), Role::Coder))
            }
            _ => role,
        };
        Self { name, when, repository, role, agent, prompt }
    }

    /// The routine, if all of it could be read.
    pub(super) fn routine(self) -> Option<Routine> {
        Some(Routine {
            name: self.name?.into_inner(),
            when: self.when?,
            repository: self.repository?.into_inner(),
            role: self.role?.get_ref().to_string(),
            agent: self.agent.map(Spanned::into_inner),
            prompt: self.prompt?,
        })
    }
}

/// One word that can stand anywhere.
fn name(value: &DeValue<'_>) -> Result<String, Wrong> {
    name_of("a routine", "dependencies", value)
}

/// A role whose work is a pull request: a routine has no thread for anything else.
fn change_role(value: &DeValue<'_>) -> Result<Role, Wrong> {
    let role = one_of(&Role::ALL)(value)?;
    match Purpose::on_an_issue(&role.to_string()) {
        Some(Purpose::Code) => Ok(role),
        _ => Err(Wrong::new(
            format!("is \"{role}\", which brings no pull request"),
            "Write \"coder\": what a routine finds stands in its pull request, and nowhere else.",
        )),
    }
}

/// A text for agents that says something.
fn prompt(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = agent_text(LONGEST)(value)?;
    match text.trim().is_empty() {
        true => Err(Wrong::new("is blank", "Say what is to be done.")),
        false => Ok(text),
    }
}

/// Each routine has a name of its own, a place, an agent, and where to speak.
pub(super) fn routines_can_work(
    root: &Section<'_>,
    routines: &[RoutineDraft],
    agents: &[AgentDraft],
    gitea: Option<&GiteaConfig>,
    has_report: bool,
) {
    let mut names = BTreeSet::new();
    for routine in routines {
        if let Some(name) = &routine.name {
            if !names.insert(name.get_ref()) {
                let message = format!("routine.name {} stands twice.", quoted(name.get_ref()));
                root.contradiction(Some(name.span()), message, "Give each routine its own.");
            }
            if !has_report {
                let message =
                    format!("routine.name {}: there is no [report].", quoted(name.get_ref()));
                let remedy = "Add [report] with its repository: before its pull request is there, \
                              a routine has no other place to ask or to say that it failed.";
                root.contradiction(Some(name.span()), message, remedy);
            }
        }
        if let (Some(repository), Some(gitea)) = (&routine.repository, gitea)
            && !gitea.watch.covers(repository.get_ref())
        {
            root.contradiction(
                Some(repository.span()),
                format!("routine.repository {} is not watched.", repository.get_ref()),
                "Add it to gitea.watch, or name one that is.",
            );
        }
        is_done_by_somebody(root, routine, agents);
    }
}

fn is_done_by_somebody(root: &Section<'_>, routine: &RoutineDraft, agents: &[AgentDraft]) {
    // Of agents that could not be read nobody knows what they are good for.
    if agents.iter().any(|draft| draft.agent.is_none()) {
        return;
    }
    let agents = || agents.iter().filter_map(|draft| draft.agent.as_ref());
    let may_work = |agent: &super::AgentConfig| {
        routine.repository.as_ref().is_none_or(|repository| {
            [false, true]
                .iter()
                .any(|public| agent.repositories.covers(repository.get_ref(), *public))
        })
    };
    let Some(named) = &routine.agent else {
        let Some(wanted) = &routine.role else {
            return;
        };
        let role = wanted.get_ref();
        let is_able = |agent: &super::AgentConfig| {
            agent.roles.contains(role) && !matches!(agent.kind, AgentKind::Forge) && may_work(agent)
        };
        if !agents().any(is_able) {
            root.contradiction(
                Some(wanted.span()),
                format!("routine.role {}: no agent there can take it.", quoted(&role.to_string())),
                "Give an [[agent]] that role, and the repository. One of kind \"forge\" takes work \
                 by being assigned to an issue, which a routine has none of.",
            );
        }
        return;
    };
    let wrong = |message: String, remedy: String| {
        root.contradiction(Some(named.span()), message, remedy);
    };
    let called = quoted(named.get_ref());
    let Some(agent) = agents().find(|agent| agent.name == *named.get_ref()) else {
        let remedy = match nearest(named.get_ref(), agents().map(|agent| agent.name.as_str())) {
            Some(meant) => format!("Did you mean \"{meant}\"?"),
            None => "Name one of the [[agent]]s.".to_owned(),
        };
        return wrong(format!("routine.agent {called} is no agent."), remedy);
    };
    if matches!(agent.kind, AgentKind::Forge) {
        let remedy = "Name another one: that kind takes work by being assigned to an issue, which a \
                      routine has none of.";
        wrong(format!("routine.agent {called} is of kind \"forge\"."), remedy.to_owned());
    } else if let Some(role) = routine.role.as_ref().map(Spanned::get_ref)
        && !agent.roles.contains(role)
    {
        let remedy = format!("Add it to the roles of {called}, or name another agent.");
        wrong(format!("routine.agent {called} does not hold the role \"{role}\"."), remedy);
    } else if !may_work(agent) {
        let remedy = format!("Add it to the repositories of {called}, or name another agent.");
        wrong(format!("routine.agent {called} may not work in the routine's repository."), remedy);
    }
}
