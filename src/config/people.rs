//! `[people]`: who may command, and when nobody is called.

use jiff::tz::TimeZone;
use toml::Spanned;
use toml::de::DeValue;

use super::agent::AgentConfig;
use super::calendar::{quiet_hours, time_zone};
use super::section::Section;
use super::value::{Wrong, account, is_account, text};
use crate::core::policy::authority::{self, NamedAccount};
use crate::core::report::QuietHours;

/// `[people]`: who may command. Names of accounts ignore case.
#[derive(Debug, Clone)]
pub struct PeopleConfig {
    /// The one who may do everything.
    pub owner: String,
    /// Who may assign, hold and cancel.
    pub operators: Vec<Grant>,
    /// Who may say yes.
    pub approvers: Vec<Grant>,
    /// Who may ask, beside collaborators and members of the owning organisation.
    pub readers: Vec<String>,
    /// Accounts that are stored and never answered.
    pub ignore: Vec<String>,
    /// The zone in which days begin and times are meant.
    pub timezone: TimeZone,
    /// When no notification is sent to anybody.
    pub quiet_hours: Option<QuietHours>,
}

/// To whom a right is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// `writers`: whoever may write to the repository in question.
    Writers,
    /// `team:organisation/team`: the members of a team.
    Team {
        organisation: String,
        team: String,
    },
    Account(String),
}

impl PeopleConfig {
    /// Who may what, for a fleet whose agents have these accounts; nobody was seen yet.
    pub fn authority(&self, agents: &[AgentConfig]) -> authority::People {
        authority::People {
            owner: NamedAccount::unseen(&self.owner),
            approvers: sorted(&self.approvers),
            operators: sorted(&self.operators),
            readers: self.readers.iter().map(NamedAccount::unseen).collect(),
            ignored: self.ignore.iter().map(NamedAccount::unseen).collect(),
            agents: agents.iter().map(|agent| NamedAccount::unseen(&agent.account)).collect(),
        }
    }
}

impl PeopleConfig {
    /// Those who command in every repository.
    pub(super) fn trusted(&self) -> impl Iterator<Item = &str> {
        let grants = self.operators.iter().chain(&self.approvers);
        let named = grants.filter_map(|grant| match grant {
            Grant::Account(name) => Some(name.as_str()),
            Grant::Writers | Grant::Team { .. } => None,
        });
        std::iter::once(self.owner.as_str()).chain(named)
    }
}

fn sorted(grants: &[Grant]) -> authority::Grants {
    let mut by_kind = authority::Grants::default();
    for grant in grants.iter().cloned() {
        match grant {
            Grant::Writers => by_kind.writers = true,
            Grant::Account(name) => by_kind.names.push(NamedAccount::unseen(name)),
            Grant::Team { organisation, team } => {
                by_kind.teams.push(authority::TeamName { organisation, team });
            }
        }
    }
    by_kind
}

/// A person by name, with the key that names them.
pub(super) struct Named {
    pub(super) key: &'static str,
    pub(super) account: Spanned<String>,
}

/// What could be read of the table, for checks against others even if some of it is wrong.
#[derive(Default)]
pub(super) struct PeopleDraft {
    pub(super) people: Option<PeopleConfig>,
    pub(super) commanders: Vec<Named>,
    pub(super) ignored: Vec<Spanned<String>>,
}

impl PeopleDraft {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let owner = section.need_located("owner", account);
        let operators = grants(section, "operators");
        let approvers = grants(section, "approvers");
        let readers = section.list("readers", account).unwrap_or_default();
        let ignored = section.list("ignore", account).unwrap_or_default();
        let timezone = section.or("timezone", TimeZone::UTC, time_zone);
        let quiet_hours = section.or("quiet_hours", None, quiet_hours);

        let mut commanders = Vec::new();
        commanders.extend(owner.iter().map(|owner| Named { key: "owner", account: owner.clone() }));
        commanders.extend(named("operators", operators.as_deref().unwrap_or_default()));
        commanders.extend(named("approvers", approvers.as_deref().unwrap_or_default()));
        let as_reader =
            |reader: &Spanned<String>| Named { key: "readers", account: reader.clone() };
        commanders.extend(readers.iter().map(as_reader));

        let people = owner.zip(operators).zip(approvers).map(|((owner, operators), approvers)| {
            PeopleConfig {
                owner: owner.into_inner(),
                operators: plain(operators),
                approvers: plain(approvers),
                readers: plain(readers),
                ignore: plain(ignored.clone()),
                timezone,
                quiet_hours,
            }
        });
        Self { people, commanders, ignored }
    }
}

/// The list `key`, which must be there and may be empty.
fn grants(section: &Section<'_>, key: &'static str) -> Option<Vec<Spanned<Grant>>> {
    let grants = section.list(key, grant);
    if section.raw(key).is_none() {
        section.lacks(key, format!("Add {key} = [...]; an empty list leaves it to the owner."));
    }
    grants
}

fn grant(value: &DeValue<'_>) -> Result<Grant, Wrong> {
    let text = text(value)?;
    if text == "writers" {
        return Ok(Grant::Writers);
    }
    match text.strip_prefix("team:") {
        None => account(value).map(Grant::Account),
        Some(path) => match path.split_once('/') {
            Some((organisation, team)) if is_account(organisation) && is_account(team) => {
                Ok(Grant::Team { organisation: organisation.to_owned(), team: team.to_owned() })
            }
            _ => Err(Wrong::not(&text, "team", "Write it like \"team:foundation/makers\".")),
        },
    }
}

fn named<'a>(key: &'static str, grants: &'a [Spanned<Grant>]) -> impl Iterator<Item = Named> + 'a {
    grants.iter().filter_map(move |grant| match grant.get_ref() {
        Grant::Account(name) => {
            Some(Named { key, account: Spanned::new(grant.span(), name.clone()) })
        }
        Grant::Writers | Grant::Team { .. } => None,
    })
}

fn plain<T>(values: Vec<Spanned<T>>) -> Vec<T> {
    values.into_iter().map(Spanned::into_inner).collect()
}
