//! Which webhooks there are, and where there should be one.

use url::Url;

use crate::cli::hooks::address::{is_same_host, is_same_place};
use crate::cli::watched::{self, Watched};
use crate::config::{Watch, WatchPattern};
use crate::core::model::ids::RepoName;
use crate::gitea::{Error, Gitea, Hook, HookHome};

/// A place where a webhook can be.
#[derive(Debug)]
pub(crate) struct HookPlace {
    pub(crate) home: HookHome,
    /// Whether what is watched needs one here. If not, it was looked at because one here would
    /// deliver as well.
    pub(crate) is_needed: bool,
    /// Those that call timmy's public address, first those that write it as the configuration does,
    /// then oldest first; or why they are not shown.
    pub(crate) ours: Result<Vec<Hook>, Error>,
    /// Those that call the same host, but not quite this address: number and address.
    pub(crate) similar: Vec<(i64, Url)>,
}

impl HookPlace {
    /// Whether something is needed here, and neither here nor above is a webhook.
    pub(crate) fn is_missing(&self, all: &[Self]) -> bool {
        self.is_needed && self.ours.is_ok() && covering(all, &self.home).is_none()
    }
}

/// Which places are asked for their webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SurveyDepth {
    /// Only those where a webhook is needed.
    Needed,
    /// Also in each repository of an organisation that the account administers: a request each.
    Everywhere,
}

/// Looks at every place that `watch` comes to, as the account of `gitea` may.
///
/// # Errors
/// If not even the watched repositories can be listed. What one place refuses is its
/// [`HookPlace::ours`].
pub(crate) async fn survey(
    gitea: &Gitea,
    watch: &Watch,
    url: &Url,
    depth: SurveyDepth,
) -> Result<Vec<HookPlace>, Error> {
    let watched = watched::look_up(gitea, watch).await?;
    let mut wanted: Vec<(HookHome, bool)> = Vec::new();
    for watched in &watched {
        homes(gitea, watched, depth, &mut wanted).await?;
    }
    let mut places = Vec::new();
    for (home, is_needed) in wanted {
        places.push(visit(gitea, home, is_needed, url).await);
    }
    Ok(places)
}

/// Adds where webhooks for one pattern can be: an organisation's at the organisation, others'
/// at each repository.
async fn homes(
    gitea: &Gitea,
    watched: &Watched,
    depth: SurveyDepth,
    wanted: &mut Vec<(HookHome, bool)>,
) -> Result<(), Error> {
    if let Some(organisation) = &watched.organisation {
        add(wanted, HookHome::Organisation(organisation.clone()), true);
        if depth == SurveyDepth::Everywhere {
            // To others than administrators none would be shown.
            for visible in watched.repos.iter().filter(|visible| visible.permissions.admin) {
                add(wanted, HookHome::Repository(visible.repo.name.clone()), false);
            }
        }
        return Ok(());
    }
    for visible in &watched.repos {
        let name = &visible.repo.name;
        let by_organisation = is_by_organisation(gitea, name, wanted).await?;
        if by_organisation {
            let everything = watched.pattern == WatchPattern::Everything;
            add(wanted, HookHome::Organisation(name.owner().to_owned()), everything);
            if everything {
                continue;
            }
        }
        add(wanted, HookHome::Repository(name.clone()), true);
    }
    Ok(())
}

/// Asked of the forge once for each owner of an organisation.
async fn is_by_organisation(
    gitea: &Gitea,
    name: &RepoName,
    known: &[(HookHome, bool)],
) -> Result<bool, Error> {
    let organisation = HookHome::Organisation(name.owner().to_owned());
    if known.iter().any(|(home, _)| *home == organisation) {
        return Ok(true);
    }
    gitea.is_organisation(name.owner()).await
}

fn add(wanted: &mut Vec<(HookHome, bool)>, home: HookHome, is_needed: bool) {
    match wanted.iter_mut().find(|(other, _)| *other == home) {
        Some((_, needed)) => *needed |= is_needed,
        None => wanted.push((home, is_needed)),
    }
}

async fn visit(gitea: &Gitea, home: HookHome, is_needed: bool, url: &Url) -> HookPlace {
    let mut similar = Vec::new();
    let mut is_ours = |hook: &Hook| match Url::parse(&hook.url) {
        Ok(called) if is_same_place(&called, url) => true,
        Ok(called) => {
            if is_same_host(&called, url) {
                similar.push((hook.id, called));
            }
            false
        }
        Err(_) => false,
    };
    let ours = gitea.hooks(&home).await.map(|hooks| {
        let mut ours: Vec<Hook> = hooks.into_iter().filter(|hook| is_ours(hook)).collect();
        ours.sort_by_key(|hook| Url::parse(&hook.url).as_ref() != Ok(url));
        ours
    });
    HookPlace { home, is_needed, ours, similar }
}

/// The webhook that delivers what happens at `home`: the organisation's before its own.
pub(crate) fn covering<'a>(
    places: &'a [HookPlace],
    home: &HookHome,
) -> Option<(&'a HookHome, &'a Hook)> {
    let first_at = |wanted: &HookHome| {
        let place = places.iter().find(|place| place.home == *wanted)?;
        Some((&place.home, place.ours.as_ref().ok()?.first()?))
    };
    let above = match home {
        HookHome::Repository(name) => first_at(&HookHome::Organisation(name.owner().to_owned())),
        HookHome::Organisation(_) => None,
    };
    above.or_else(|| first_at(home))
}

#[cfg(test)]
mod tests {
    use crate::cli::hooks::survey::*;

    #[test]
    fn a_place_is_visited_once_and_needed_if_anything_needs_it() {
        let home = HookHome::Organisation("foundation".to_owned());
        let mut wanted = Vec::new();
        add(&mut wanted, home.clone(), false);
        add(&mut wanted, HookHome::Organisation("Foundation".to_owned()), true);
        add(&mut wanted, home.clone(), false);
        assert_eq!(wanted, [(home, true)]);
    }
}
