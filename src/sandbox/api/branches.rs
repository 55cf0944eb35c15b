//! Branches, and the rules that hold for them.

use serde::Deserialize;

use super::answer::{ApiAnswer, Reply};
use super::call::Call;
use crate::core::model::ids::RepoId;
use crate::sandbox::world::World;
use crate::sandbox::world::code_records::{ProtectionRecord, PushRule};
use crate::sandbox::world::refusal::Refusal;

/// `/repos/{owner}/{name}/branches` and below; a name may have slashes.
pub(super) fn route(world: &mut World, call: &Call, repo: RepoId, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(world, call, repo),
        ("POST", []) => create(world, call, repo),
        ("GET", name) => shown(world, call, repo, (200, &name.join("/"))),
        ("DELETE", name) => {
            world.delete_branch(call.require_user()?, repo, &name.join("/"))?;
            Ok(ApiAnswer::empty(204))
        }
        ("PATCH" | "PUT", _) if !world.version.renames_branches() => Err(Refusal::NoSuchMethod),
        ("PATCH", name) => rename(world, call, repo, &name.join("/")),
        _ => Err(Refusal::HIDDEN),
    }
}

fn list(world: &World, call: &Call, repo: RepoId) -> Reply {
    let code = world.code(repo)?;
    let all: Vec<(String, String)> = code.branches()?.into_iter().collect();
    let (total, page) = (all.len(), call.page());
    let heads = page.of(all).into_iter().map(|(name, head)| Ok((name, code.read_commit(&head)?)));
    let heads: Vec<_> = heads.collect::<Result<_, Refusal>>()?;
    let view = call.view(world);
    let shown = heads.iter().map(|(name, head)| view.branch(repo, name, head));
    Ok(ApiAnswer::json(200, &shown.collect::<Vec<_>>()).with_total(total))
}

fn shown(world: &World, call: &Call, repo: RepoId, (status, name): (u16, &str)) -> Reply {
    let head = world.head_of(repo, name)?;
    let head = world.code(repo)?.read_commit(&head)?;
    Ok(ApiAnswer::json(status, &call.view(world).branch(repo, name, &head)))
}

#[derive(Deserialize)]
struct NewBranchBody {
    new_branch_name: String,
    old_branch_name: Option<String>,
    old_ref_name: Option<String>,
}

fn create(world: &mut World, call: &Call, repo: RepoId) -> Reply {
    let new: NewBranchBody = call.json()?;
    let from = new.old_ref_name.or(new.old_branch_name).filter(|name| !name.is_empty());
    world.create_branch(call.require_user()?, repo, &new.new_branch_name, from.as_deref())?;
    shown(world, call, repo, (201, &new.new_branch_name))
}

#[derive(Deserialize)]
struct RenameBody {
    name: String,
}

fn rename(world: &mut World, call: &Call, repo: RepoId, from: &str) -> Reply {
    let to = call.json::<RenameBody>()?.name;
    world.rename_branch(call.require_user()?, repo, (from, &to))?;
    Ok(ApiAnswer::empty(204))
}

/// `/repos/{owner}/{name}/branch_protections` and below: for repository admins.
pub(super) fn protections(world: &mut World, call: &Call, repo: RepoId, rest: &[&str]) -> Reply {
    world.require_repo_admin(call.require_user()?, world.repo(repo))?;
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let view = call.view(world);
            let all = world.repo(repo).protections.iter().map(|rule| view.protection(rule));
            Ok(ApiAnswer::json(200, &all.collect::<Vec<_>>()))
        }
        ("POST", []) => protect(world, call, repo),
        ("GET", name) => shown_protection(world, call, repo, (200, &name.join("/"))),
        ("PATCH", name) => edit_protection(world, call, repo, &name.join("/")),
        ("DELETE", name) => {
            let name = name.join("/");
            let rules = world.repos.get_mut(&repo).map(|repo| &mut repo.protections);
            let rules = rules.ok_or(Refusal::HIDDEN)?;
            let before = rules.len();
            rules.retain(|protection| protection.rule != name);
            if rules.len() == before { Err(Refusal::HIDDEN) } else { Ok(ApiAnswer::empty(204)) }
        }
        _ => Err(Refusal::HIDDEN),
    }
}

/// What a client says of a rule; of an edit it leaves out what stays.
#[derive(Deserialize)]
struct ProtectionBody {
    #[serde(default)]
    rule_name: String,
    #[serde(default)]
    branch_name: String,
    enable_push: Option<bool>,
    enable_push_whitelist: Option<bool>,
    push_whitelist_usernames: Option<Vec<String>>,
    enable_merge_whitelist: Option<bool>,
    merge_whitelist_usernames: Option<Vec<String>>,
    enable_status_check: Option<bool>,
    status_check_contexts: Option<Vec<String>>,
    required_approvals: Option<i64>,
    block_on_rejected_reviews: Option<bool>,
    block_on_outdated_branch: Option<bool>,
    dismiss_stale_approvals: Option<bool>,
}

impl ProtectionBody {
    /// The rule with what is said of it.
    fn over(self, world: &World, mut rule: ProtectionRecord) -> Result<ProtectionRecord, Refusal> {
        let set = |to: &mut bool, said: Option<bool>| *to = said.unwrap_or(*to);
        let pushers = ids(world, self.push_whitelist_usernames)?;
        rule.push = match (self.enable_push, self.enable_push_whitelist, pushers) {
            (Some(false), ..) => PushRule::Nobody,
            (_, Some(true), pushers) => PushRule::Only(pushers.unwrap_or_default()),
            (Some(true), ..) => PushRule::Writers,
            (None, _, Some(pushers)) if matches!(rule.push, PushRule::Only(_)) => {
                PushRule::Only(pushers)
            }
            (None, ..) => rule.push,
        };
        let mergers = ids(world, self.merge_whitelist_usernames)?;
        match self.enable_merge_whitelist {
            Some(true) => rule.mergers = Some(mergers.unwrap_or_default()),
            Some(false) => rule.mergers = None,
            None => {}
        }
        match self.enable_status_check {
            Some(true) => rule.checks = Some(self.status_check_contexts.unwrap_or_default()),
            Some(false) => rule.checks = None,
            None if rule.checks.is_some() => {
                rule.checks = self.status_check_contexts.or(rule.checks);
            }
            None => {}
        }
        rule.approvals = self.required_approvals.unwrap_or(rule.approvals).max(0);
        set(&mut rule.blocks_on_rejection, self.block_on_rejected_reviews);
        set(&mut rule.blocks_when_behind, self.block_on_outdated_branch);
        set(&mut rule.dismisses_stale, self.dismiss_stale_approvals);
        rule.updated = world.now;
        Ok(rule)
    }
}

fn ids(world: &World, logins: Option<Vec<String>>) -> Result<Option<Vec<i64>>, Refusal> {
    let Some(logins) = logins else { return Ok(None) };
    let id = |login: &String| {
        let text = format!("user does not exist [uid: 0, name: {login}]");
        world.user_named(login).map_err(|_| Refusal::Unprocessable(text))
    };
    logins.iter().map(id).collect::<Result<_, _>>().map(Some)
}

fn protect(world: &mut World, call: &Call, repo: RepoId) -> Reply {
    let body: ProtectionBody = call.json()?;
    let named = if body.rule_name.is_empty() { &body.branch_name } else { &body.rule_name };
    let rule = named.clone();
    if rule.is_empty() {
        return Err(Refusal::BadRequest("both rule_name and branch_name are empty".to_owned()));
    }
    if world.repo(repo).protections.iter().any(|other| other.rule == rule) {
        return Err(Refusal::Forbidden("Branch protection already exist".to_owned()));
    }
    let strict = ProtectionRecord {
        rule: rule.clone(),
        push: PushRule::Nobody,
        mergers: None,
        checks: None,
        approvals: 0,
        blocks_on_rejection: false,
        blocks_when_behind: false,
        dismisses_stale: false,
        created: world.now,
        updated: world.now,
    };
    let protection = body.over(world, strict)?;
    if let Some(repo) = world.repos.get_mut(&repo) {
        repo.protections.push(protection);
    }
    shown_protection(world, call, repo, (201, &rule))
}

fn edit_protection(world: &mut World, call: &Call, repo: RepoId, name: &str) -> Reply {
    let rules = &world.repo(repo).protections;
    let at = rules.iter().position(|rule| rule.rule == name).ok_or(Refusal::HIDDEN)?;
    let edited = call.json::<ProtectionBody>()?.over(world, rules[at].clone())?;
    if let Some(repo) = world.repos.get_mut(&repo) {
        repo.protections[at] = edited;
    }
    shown_protection(world, call, repo, (200, name))
}

fn shown_protection(
    world: &World,
    call: &Call,
    repo: RepoId,
    (status, name): (u16, &str),
) -> Reply {
    let rules = &world.repo(repo).protections;
    let rule = rules.iter().find(|rule| rule.rule == name).ok_or(Refusal::HIDDEN)?;
    Ok(ApiAnswer::json(status, &call.view(world).protection(rule)))
}
