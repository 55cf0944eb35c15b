//! A team of an organisation.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{View, object};
use crate::sandbox::world::records::{TeamRecord, TeamRights};
use crate::sandbox::world::rights::Mode;

/// Gitea's units, in the order in which it lists them of owners.
const ALL_UNITS: [&str; 10] = [
    "repo.issues",
    "repo.pulls",
    "repo.releases",
    "repo.projects",
    "repo.code",
    "repo.ext_issues",
    "repo.wiki",
    "repo.ext_wiki",
    "repo.packages",
    "repo.actions",
];

/// A team. One with rights on units says `permission: "none"`, or the least of them: only
/// `units_map` tells.
pub(crate) struct TeamJson<'a> {
    team: &'a TeamRecord,
    permission: Mode,
    /// Who may see it, where versions tell.
    visibility: Option<&'static str>,
}

impl<'a> View<'a> {
    pub(crate) fn team(self, team: &'a TeamRecord) -> TeamJson<'a> {
        let visibility = if team.is_shown { "limited" } else { "private" };
        let tells = self.world.version.keeps_teams_private();
        let permission = self.world.reported_mode(team);
        TeamJson { team, permission, visibility: tells.then_some(visibility) }
    }
}

impl TeamJson<'_> {
    fn units(&self) -> BTreeMap<&'static str, String> {
        match &self.team.rights {
            TeamRights::Owners => ALL_UNITS.map(|unit| (unit, "owner".to_owned())).into(),
            TeamRights::Units(units) => {
                units.iter().map(|(unit, mode)| (unit.name(), mode.to_string())).collect()
            }
        }
    }
}

impl Serialize for TeamJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let team = self.team;
        let owners = team.rights == TeamRights::Owners;
        let units = self.units();
        object!(serializer, {
            "id": team.id,
            "name": team.name,
            "description": "",
            "organization": (),
            "includes_all_repositories": true,
            "permission": self.permission.to_string(),
            "units": units.keys().collect::<Vec<_>>(),
            "units_map": units,
            "can_create_org_repo": owners,
            "visibility"? self.visibility,
        })
    }
}
