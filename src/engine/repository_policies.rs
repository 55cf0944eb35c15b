//! What the people of a repository want of timmy there: `.timmy.toml`, as it is on the base branch.
//!
//! Whoever acts on it reads it at the commit that the work begins at, or is to be merged into; what
//! stands there never changes, so it is read once. Who only looks ahead goes by what was read last.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::context::{Context, Policy};
use super::incidents::Incidents;
use crate::config::{
    CentralPolicy, EffectivePolicy, RepositoryPolicy, read_repository_policy, tighten,
};
use crate::core::crew::MANAGER;
use crate::core::jobs::Commit;
use crate::core::model::glob::Glob;
use crate::core::model::ids::RepoId;
use crate::core::model::incident::Incident;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::reply::Autonomy;
use crate::gitea::{Error, PullRequest};

/// Where it stands.
const PATH: &str = ".timmy.toml";

/// The longest that is asked for, in bytes: more than is read, so that too much is seen.
const LONGEST: usize = 128 << 10;

/// How long who only looks ahead goes by what was read.
const KEPT: Duration = Duration::from_secs(10 * 60);

/// The most characters of what is wrong with it that are told.
const MOST_TOLD: usize = 300;

/// What the file says.
#[derive(Debug, Clone)]
pub(super) enum PolicyFile {
    /// What is not there says nothing.
    Read(Arc<RepositoryPolicy>),
    /// Nobody knows what it forbids.
    Unreadable,
}

/// What was read last of one repository.
struct KnownPolicy {
    /// At which commit; none if it was that of the moment.
    commit: Option<Commit>,
    read_at: Timestamp,
    text: Option<Vec<u8>>,
    file: PolicyFile,
}

/// How far timmy may go by itself in a repository, as far as its people say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PolicyMode {
    /// Nobody has read it yet.
    Unread,
    /// Nobody knows what it says.
    Unreadable,
    /// Less than to start work.
    Less,
    /// As far as anywhere.
    Auto,
}

pub(super) struct RepositoryPolicies {
    ctx: Context,
    incidents: Arc<Incidents>,
    known: Mutex<HashMap<RepoId, KnownPolicy>>,
    /// It grows whenever one of them says something else than before.
    version: AtomicU64,
}

impl RepositoryPolicies {
    pub(super) fn new(ctx: &Context, incidents: Arc<Incidents>) -> Self {
        let (known, version) = Default::default();
        Self { ctx: ctx.for_background(), incidents, known, version }
    }

    /// What stands at `commit`, which is on the base branch.
    ///
    /// # Errors
    /// If the forge does not tell now.
    pub(super) async fn at(&self, repo: &Repo, commit: &Commit) -> Result<PolicyFile, Error> {
        let known = |known: &KnownPolicy| {
            (known.commit.as_ref() == Some(commit)).then(|| known.file.clone())
        };
        if let Some(file) = self.known().get(&repo.id).and_then(known) {
            return Ok(file);
        }
        self.read(repo, Some(commit)).await
    }

    /// What stands on the branch that a pull request is to be merged into; `commit` is its head, which
    /// says nothing of that.
    ///
    /// # Errors
    /// If the forge does not tell now.
    pub(super) async fn of_target(
        &self,
        repo: &Repo,
        pull: &PullRequest,
        commit: &Commit,
    ) -> Result<PolicyFile, Error> {
        let base = pull.base.as_ref().or(pull.merge_base.as_ref()).filter(|base| *base != commit);
        match base {
            Some(base) => self.at(repo, base).await,
            None => Ok(PolicyFile::Unreadable),
        }
    }

    /// Reads anew, of these repositories, what was not read lately.
    pub(super) async fn refresh(&self, repos: &[Repo]) {
        for repo in repos {
            let is_fresh = |known: &KnownPolicy| !known.read_at.is_over(KEPT, self.ctx.now());
            if self.known().get(&repo.id).is_some_and(is_fresh) {
                continue;
            }
            if let Err(error) = self.read(repo, None).await {
                tracing::debug!(repository = %repo.name, %error, "its policy cannot be read now");
            }
        }
    }

    /// How often one of them was seen to change.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::SeqCst)
    }

    /// How far timmy may go there by itself, as far as is known.
    pub(super) fn mode(&self, repo: RepoId) -> PolicyMode {
        match self.known().get(&repo).map(|known| &known.file) {
            None => PolicyMode::Unread,
            Some(PolicyFile::Unreadable) => PolicyMode::Unreadable,
            Some(PolicyFile::Read(own)) => match own.mode {
                None | Some(Autonomy::Auto) => PolicyMode::Auto,
                Some(Autonomy::Off | Autonomy::Suggest) => PolicyMode::Less,
            },
        }
    }

    /// Whether an agent that holds these `roles` may work there, as far as is known. `by_itself`:
    /// nobody asked for it in person.
    pub(super) fn admits(
        &self,
        repo: RepoId,
        agent: &str,
        roles: &[String],
        by_itself: bool,
    ) -> bool {
        let file = self.known().get(&repo).map(|known| known.file.clone());
        file.is_none_or(|file| file.admits(agent, roles, by_itself))
    }

    /// What is protected there beside what is everywhere, as far as is known.
    pub(super) fn protected(&self, repo: RepoId) -> Vec<Glob> {
        match self.known().get(&repo).map(|known| known.file.clone()) {
            Some(PolicyFile::Read(own)) => own.protected.clone(),
            Some(PolicyFile::Unreadable) | None => Vec::new(),
        }
    }

    /// The same of all repositories.
    pub(super) fn all_protected(&self) -> BTreeMap<RepoId, Vec<Glob>> {
        let known = self.known();
        let own = known.iter().filter_map(|(repo, known)| match &known.file {
            PolicyFile::Read(own) => Some((*repo, own.protected.clone())),
            PolicyFile::Unreadable => None,
        });
        own.filter(|(_, globs)| !globs.is_empty()).collect()
    }

    /// The repositories of which something is known that keeps some agent out.
    pub(super) fn restricted(&self) -> Vec<RepoId> {
        let known = self.known();
        let says = |known: &KnownPolicy| match &known.file {
            PolicyFile::Unreadable => true,
            PolicyFile::Read(own) => {
                own.agents.is_some() || own.roles.is_some() || own.mode == Some(Autonomy::Off)
            }
        };
        known.iter().filter(|(_, known)| says(known)).map(|(repo, _)| *repo).collect()
    }

    async fn read(&self, repo: &Repo, commit: Option<&Commit>) -> Result<PolicyFile, Error> {
        let gitea = &self.ctx.gitea;
        let found = match commit {
            Some(commit) => gitea.file(&repo.name, PATH, commit, LONGEST).await,
            None => gitea.file_on_default_branch(&repo.name, PATH, LONGEST).await,
        };
        let (text, read) = match found {
            Ok(None) => (None, Ok(RepositoryPolicy::default())),
            Ok(Some(text)) => {
                let read = parse(&text);
                (Some(text), read)
            }
            Err(Error::TooLarge { .. }) => (None, Err("it is too long".to_owned())),
            Err(error) => return Err(error),
        };
        let (file, wrong) = match read {
            Ok(policy) => (PolicyFile::Read(Arc::new(policy)), None),
            Err(wrong) => (PolicyFile::Unreadable, Some(wrong)),
        };
        self.keep(
            repo.id,
            KnownPolicy {
                commit: commit.cloned(),
                read_at: self.ctx.now(),
                text,
                file: file.clone(),
            },
        );
        self.note(repo, wrong).await;
        Ok(file)
    }

    fn keep(&self, repo: RepoId, new: KnownPolicy) {
        let mut known = self.known();
        let says = |policy: &KnownPolicy| {
            (policy.text.clone(), matches!(policy.file, PolicyFile::Unreadable))
        };
        let before = known.get(&repo).map_or((None, false), says);
        if before != says(&new) {
            self.version.fetch_add(1, Ordering::SeqCst);
        }
        known.insert(repo, new);
    }

    /// Notes that a file cannot be read, or that it can again.
    async fn note(&self, repo: &Repo, wrong: Option<String>) {
        let incident = Incident::PolicyUnreadable { repo: repo.id };
        let text = wrong.map(|wrong| {
            let wrong: String = wrong.chars().take(MOST_TOLD).collect();
            format!(
                "{PATH} of {} cannot be read: {wrong}. Until it is mended nothing starts there by \
                 itself, and a person is asked about each result",
                repo.name
            )
        });
        if text.is_some() || self.incidents.is_open(&incident) {
            self.incidents.set(incident, text).await;
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<RepoId, KnownPolicy>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PolicyFile {
    /// Whether an agent that holds these `roles` may work there.
    fn admits(&self, agent: &str, roles: &[String], by_itself: bool) -> bool {
        let own = match self {
            Self::Unreadable => return !by_itself,
            Self::Read(own) => own,
        };
        let admits_agent = own.agents.as_ref().is_none_or(|some| some.iter().any(|a| a == agent));
        // Whoever plans changes nothing there: of the roles of the plan it says which may be.
        let names = |role: &String| {
            role == MANAGER
                || own
                    .roles
                    .as_ref()
                    .is_none_or(|some| some.iter().any(|one| one.to_string() == *role))
        };
        admits_agent && roles.iter().any(names) && !(by_itself && own.mode == Some(Autonomy::Off))
    }

    /// What holds in its repository. Of what cannot be read, the central file alone.
    pub(super) fn tightened(&self, policy: &Policy) -> EffectivePolicy {
        let nothing = RepositoryPolicy::default();
        let own = match self {
            Self::Read(own) => own,
            Self::Unreadable => &nothing,
        };
        let central = CentralPolicy {
            mode: Autonomy::Auto,
            agents: policy.jobs.agents.keys().cloned().collect(),
            rules: policy.guards.rules.clone(),
            runs: policy.guards.runs.clone(),
        };
        tighten(central, own)
    }

    /// Whether its people want nothing to start there by itself.
    pub(super) fn only_suggests(&self) -> bool {
        matches!(self, Self::Read(own) if own.mode.is_some_and(|mode| mode != Autonomy::Auto))
    }

    /// Why an agent may not work there; none if it may.
    pub(super) fn refusal(&self, agent: &str, role: &str, by_itself: bool) -> Option<String> {
        let roles = [role.to_owned()];
        match self {
            _ if self.admits(agent, &roles, by_itself) => None,
            Self::Unreadable => Some(format!("{PATH} there cannot be read: mend it first")),
            Self::Read(_) => Some(format!(
                "{PATH} there does not let {agent} work as {role}: its people decide that"
            )),
        }
    }
}

fn parse(text: &[u8]) -> Result<RepositoryPolicy, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is no UTF-8".to_owned())?;
    read_repository_policy(text).map_err(|problems| match problems.0.first() {
        Some(first) => {
            let line = first.place.map_or_else(String::new, |at| format!("line {}: ", at.line));
            format!("{line}{}", first.message.trim_end_matches('.'))
        }
        None => "something is wrong with it".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::engine::repository_policies::*;

    fn file(text: &str) -> PolicyFile {
        match parse(text.as_bytes()) {
            Ok(policy) => PolicyFile::Read(Arc::new(policy)),
            Err(_) => PolicyFile::Unreadable,
        }
    }

    #[test]
    fn who_may_work_there_is_told_by_agent_role_and_mode() {
        let coder = ["coder".to_owned()];
        let admits = |text: &str, by_itself| file(text).admits("ezra", &coder, by_itself);
        for (text, in_person, by_itself) in [
            ("", true, true),
            ("mode = \"suggest\"", true, true),
            ("mode = \"off\"", true, false),
            ("agents = [\"ezra\"]", true, true),
            ("agents = [\"bezalel\"]", false, false),
            ("roles = [\"coder\"]", true, true),
            ("roles = [\"reviewer\"]", false, false),
            ("no_such_key = 1", true, false),
        ] {
            assert_eq!((admits(text, false), admits(text, true)), (in_person, by_itself), "{text}");
        }
    }

    #[test]
    fn roles_of_a_plan_are_told_and_not_who_plans() {
        let manager = [MANAGER.to_owned()];
        let admits = |text: &str| file(text).admits("ezra", &manager, false);
        assert!(admits("roles = [\"coder\"]"));
        assert!(!admits("agents = [\"bezalel\"]"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = parse(b"mode = \"off\"\nagent = 1\n").expect_err("an unknown key");
        assert!(wrong.starts_with("line 2: "), "{wrong}");
        assert_eq!(parse(b"\xff").expect_err("no text"), "it is no UTF-8");
    }
}
