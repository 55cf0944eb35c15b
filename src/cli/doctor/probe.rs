//! Asks the forge for a delivery and waits for it.

use std::time::{Duration, Instant};

use url::Url;

use super::delivery::{ProbeResult, Tested};
use super::listener::DeliveryListener;
use crate::cli::hooks::{HookPlace, secret_of};
use crate::cli::output::complain;
use crate::clock::{Clock, SystemClock};
use crate::config::{WebhookConfig, WebhookSecret};
use crate::core::model::ids::RepoName;
use crate::core::policy::webhook_scope::HookScope;
use crate::gitea::{self, AuthorizationHeader, Error, Gitea, Hook, HookHome, NewHook, VisibleRepo};
use crate::store;
use crate::web::DeliveryLog;

/// How often it is looked whether something came.
const LOOK: Duration = Duration::from_millis(100);

/// `serve` notes the same kind of delivery once a second: a test that came right behind another
/// delivery is seen the second time.
const AGAIN: Duration = Duration::from_secs(2);

/// Of so many repositories it is looked whether a probe may be made there.
const MOST_CANDIDATES: usize = 20;

/// What test deliveries are made with.
pub(super) struct Prober<'a> {
    /// The listener that receives them.
    pub(super) listener: &'a DeliveryListener,
    /// The forge, as somebody who may see webhooks.
    pub(super) gitea: &'a Gitea,
    pub(super) webhook: &'a WebhookConfig,
    /// How long a delivery may take.
    pub(super) patience: Duration,
}

impl Prober<'_> {
    /// Tries the way from the forge. `probe`: watched repositories, if a webhook may be made in
    /// one of them for a moment.
    pub(super) async fn run(
        &self,
        places: &[HookPlace],
        probe: Option<&[RepoName]>,
    ) -> Result<ProbeResult, store::Error> {
        let url = &self.webhook.public_url;
        let before = self.listener.arrivals().await?;
        let (direct_call, scope) = self.call_address().await;
        let mut tested = match testable(places) {
            Some((repo, hook)) => self.test(repo, hook).await?,
            None => Tested::NoTest,
        };
        let is_open = !matches!(tested, Tested::Arrived | Tested::Refused);
        if let Some(candidates) = probe.filter(|_| is_open) {
            tested = self.probe(url, candidates).await?;
        }
        Ok(ProbeResult {
            direct_call,
            scope,
            tested,
            last_signed: before.last_signed().map(|(_, at)| at),
            last_refused: before.refused,
            refused_from: self.listener.arrivals().await?.refused_from,
        })
    }

    /// Calls the public address with each secret, until one is not accepted; the last answer, and
    /// for what that secret speaks.
    async fn call_address(&self) -> (Result<u16, Error>, Option<HookScope>) {
        let mut last = (Err(Error::Setup("no webhook secret".to_owned())), None);
        for WebhookSecret { scope, secret, .. } in &self.webhook.secrets {
            let answer = gitea::probe_webhook(&self.webhook.public_url, secret.expose()).await;
            let is_accepted = matches!(answer, Ok(202));
            last = (answer, Some(scope.clone()));
            if !is_accepted {
                break;
            }
        }
        last
    }

    /// Has the forge call `hook`, and waits.
    async fn test(&self, repo: &RepoName, hook: &Hook) -> Result<Tested, store::Error> {
        let since = SystemClock.now();
        let begun = Instant::now();
        let (mut asked, mut refused_at) = (Vec::new(), None::<Instant>);
        let mut pulse = tokio::time::interval(LOOK);
        while begun.elapsed() < self.patience {
            let is_due = asked.first().is_none_or(|at: &Instant| at.elapsed() >= AGAIN);
            if is_due && asked.len() < 2 {
                if let Err(error) = self.gitea.test_hook(repo, hook.id).await {
                    return Ok(Tested::Failed(error));
                }
                asked.push(Instant::now());
            }
            let DeliveryLog { signed, refused, .. } = self.listener.arrivals().await?;
            if signed.values().any(|at| *at >= since) {
                return Ok(Tested::Arrived);
            }
            if refused.is_some_and(|at| at >= since) {
                // A stranger's, perhaps: then the test comes right behind it.
                let seen = refused_at.get_or_insert_with(Instant::now);
                if seen.elapsed() >= AGAIN {
                    break;
                }
            }
            pulse.tick().await;
        }
        if refused_at.is_some() {
            return Ok(Tested::Refused);
        }
        Ok(Tested::Silent { certain: hook.events.iter().any(|event| event == "push") })
    }

    /// Makes a webhook that asks for `push` in a repository, has it tested, deletes it.
    async fn probe(&self, url: &Url, candidates: &[RepoName]) -> Result<Tested, store::Error> {
        let Some(repo) = self.administered(candidates).await else {
            return Ok(Tested::NoProbe);
        };
        let home = HookHome::Repository(repo.clone());
        let Some(secret) = secret_of(self.webhook, &home) else { return Ok(Tested::NoProbe) };
        let secret = secret.secret.expose();
        let authorization = AuthorizationHeader::default();
        let new = NewHook { url: url.as_str(), secret, events: &["push"], authorization };
        let hook = match self.gitea.create_hook(&home, new).await {
            Ok(hook) => hook,
            Err(error) => return Ok(Tested::Failed(error)),
        };
        let tested = self.test(&repo, &hook).await;
        if let Err(error) = self.gitea.delete_hook(&home, hook.id).await {
            let id = hook.id;
            complain(&format!(
                "the probe, webhook {id} of {home}, could not be deleted ({error}): delete it \
                 with timmy hooks repair"
            ));
        }
        tested
    }

    /// The first candidate where somebody of our rights can make a webhook, and where a commit is
    /// that a test can tell of.
    async fn administered(&self, candidates: &[RepoName]) -> Option<RepoName> {
        let has_secret = |name: &&RepoName| self.webhook.secret_of_repository(name).is_some();
        for name in candidates.iter().filter(has_secret).take(MOST_CANDIDATES) {
            let Ok(found) = self.gitea.visible_repo(name).await else { continue };
            let fit = |visible: &VisibleRepo| visible.permissions.admin && !visible.is_empty;
            if let Some(visible) = found.entries.into_iter().find(fit) {
                return Some(visible.repo.name);
            }
        }
        None
    }
}

/// The first webhook that the forge can test: only repositories' can be. One that asks for
/// `push` goes first.
fn testable(places: &[HookPlace]) -> Option<(&RepoName, &Hook)> {
    let mut hooks: Vec<(&RepoName, &Hook)> = places
        .iter()
        .filter_map(|place| match (&place.home, &place.ours) {
            (HookHome::Repository(name), Ok(hooks)) => Some((name, hooks)),
            _ => None,
        })
        .flat_map(|(name, hooks)| hooks.iter().map(move |hook| (name, hook)))
        .filter(|(_, hook)| hook.active)
        .collect();
    hooks.sort_by_key(|(_, hook)| !hook.events.iter().any(|event| event == "push"));
    hooks.first().copied()
}
