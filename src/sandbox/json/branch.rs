//! A branch, as any reader sees it, and the rule that holds for it.

use serde::{Serialize, Serializer};

use super::{Time, View, object};
use crate::core::model::ids::RepoId;
use crate::sandbox::git::GitCommit;
use crate::sandbox::world::World;
use crate::sandbox::world::code_records::{ProtectionRecord, PushRule};
use crate::sandbox::world::rights::{Mode, Unit};

pub(crate) struct BranchViewJson<'a> {
    view: View<'a>,
    repo: RepoId,
    name: &'a str,
    head: &'a GitCommit,
}

pub(crate) struct ProtectionJson<'a> {
    view: View<'a>,
    protection: &'a ProtectionRecord,
}

impl<'a> View<'a> {
    /// A branch, with the rights of the viewer.
    pub(crate) fn branch(
        self,
        repo: RepoId,
        name: &'a str,
        head: &'a GitCommit,
    ) -> BranchViewJson<'a> {
        BranchViewJson { view: self, repo, name, head }
    }

    pub(crate) fn protection(self, protection: &'a ProtectionRecord) -> ProtectionJson<'a> {
        ProtectionJson { view: self, protection }
    }
}

impl Serialize for BranchViewJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (world, repo) = (self.view.world, self.view.world.repo(self.repo));
        let protection = world.protection_of(self.repo, self.name);
        let checks = protection.and_then(|protection| protection.checks.as_ref());
        let may = |asks: fn(&World, i64, RepoId, &str) -> bool| {
            self.view.viewer.is_some_and(|user| asks(world, user, self.repo, self.name))
        };
        let is_admin = world.mode(self.view.viewer, repo, Unit::Code) >= Mode::Admin;
        let rule = protection.filter(|_| is_admin).map_or("", |protection| &protection.rule);
        object!(serializer, {
            "name": self.name,
            "commit": self.view.branch_commit(self.repo, self.head),
            "protected": protection.is_some(),
            "required_approvals": protection.map_or(0, |protection| protection.approvals),
            "enable_status_check": checks.is_some(),
            "status_check_contexts": checks.map_or(&[][..], |checks| checks),
            "user_can_push": may(World::may_push_to),
            "user_can_merge": may(World::may_merge_into),
            "effective_branch_protection_name": rule,
        })
    }
}

impl ProtectionJson<'_> {
    fn logins(&self, users: &[i64]) -> Vec<&str> {
        let users = users.iter().filter_map(|id| self.view.world.users.get(id));
        users.map(|user| user.login.as_str()).collect()
    }
}

const NOBODY: [(); 0] = [];

impl Serialize for ProtectionJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let it = self.protection;
        let newer = self.view.world.version.guards_forced_pushes();
        let newest = self.view.world.version.numbers_versions();
        let pushers = match &it.push {
            PushRule::Only(users) => self.logins(users),
            PushRule::Nobody | PushRule::Writers => Vec::new(),
        };
        let mergers = it.mergers.as_deref().map(|users| self.logins(users)).unwrap_or_default();
        object!(serializer, {
            "branch_name": if it.rule.contains('*') { "" } else { &it.rule },
            "rule_name": it.rule,
            "priority"? newer.then_some(1),
            "enable_push": it.push != PushRule::Nobody,
            "enable_push_whitelist": matches!(it.push, PushRule::Only(_)),
            "push_whitelist_usernames": pushers,
            "push_whitelist_teams": NOBODY,
            "push_whitelist_deploy_keys": false,
            "enable_force_push"? newer.then_some(false),
            "enable_force_push_allowlist"? newer.then_some(false),
            "force_push_allowlist_usernames"? newer.then_some(NOBODY),
            "force_push_allowlist_teams"? newer.then_some(NOBODY),
            "force_push_allowlist_deploy_keys"? newer.then_some(false),
            "enable_merge_whitelist": it.mergers.is_some(),
            "merge_whitelist_usernames": mergers,
            "merge_whitelist_teams": NOBODY,
            "enable_bypass_allowlist"? newest.then_some(false),
            "bypass_allowlist_usernames"? newest.then_some(NOBODY),
            "bypass_allowlist_teams"? newest.then_some(NOBODY),
            "enable_status_check": it.checks.is_some(),
            "status_check_contexts": it.checks.as_deref().unwrap_or_default(),
            "required_approvals": it.approvals,
            "enable_approvals_whitelist": false,
            "approvals_whitelist_username": NOBODY,
            "approvals_whitelist_teams": NOBODY,
            "block_on_rejected_reviews": it.blocks_on_rejection,
            "block_on_official_review_requests": false,
            "block_on_outdated_branch": it.blocks_when_behind,
            "dismiss_stale_approvals": it.dismisses_stale,
            "ignore_stale_approvals": false,
            "require_signed_commits": false,
            "protected_file_patterns": "",
            "unprotected_file_patterns": "",
            "block_admin_merge_override"? newer.then_some(false),
            "created_at": Time(it.created),
            "updated_at": Time(it.updated),
        })
    }
}
