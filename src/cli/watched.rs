//! What `gitea.watch` comes to on the forge: for each of its patterns the repositories that an
//! account sees there.

use crate::config::{Watch, WatchPattern};
use crate::core::ids::RepoName;
use crate::gitea::{Error, Gitea, Owned, Visible};

/// One pattern of `gitea.watch`, with what it leads to.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    /// The pattern.
    pub(super) pattern: WatchPattern,
    /// The organisation that it names, in the case of one.
    pub(super) organisation: Option<String>,
    /// What is watched because of it: what the exceptions take away is not here.
    pub(super) repos: Vec<Visible>,
}

/// Looks up every pattern as the account of `gitea` sees it.
///
/// # Errors
/// The first thing that the forge refuses.
pub(super) async fn look_up(gitea: &Gitea, watch: &Watch) -> Result<Vec<Watched>, Error> {
    let mut all = Vec::new();
    for pattern in watch.patterns() {
        let (organisation, mut repos) = find(gitea, pattern).await?;
        repos.retain(|visible| watch.covers(&visible.repo.name));
        all.push(Watched { pattern: pattern.clone(), organisation, repos });
    }
    Ok(all)
}

async fn find(
    gitea: &Gitea,
    pattern: &WatchPattern,
) -> Result<(Option<String>, Vec<Visible>), Error> {
    Ok(match pattern {
        WatchPattern::Everything => (None, gitea.visible_repos().await?),
        WatchPattern::Repository(name) => {
            (None, gitea.visible_repo(name).await?.into_iter().collect())
        }
        WatchPattern::Owner(owner) => match gitea.owned_by(owner).await? {
            Some(Owned::ByOrganisation(repos)) => (Some(owner.clone()), repos),
            Some(Owned::ByUser(repos)) => (None, repos),
            None => (None, Vec::new()),
        },
    })
}

/// A pattern as it stands in the configuration.
pub(super) fn written(pattern: &WatchPattern) -> String {
    match pattern {
        WatchPattern::Everything => "*".to_owned(),
        WatchPattern::Owner(owner) => owner.clone(),
        WatchPattern::Repository(name) => name.to_string(),
    }
}

/// Every watched repository once, in the order of the patterns.
pub(super) fn repositories(watched: &[Watched]) -> Vec<&Visible> {
    let mut all: Vec<&Visible> = Vec::new();
    for visible in watched.iter().flat_map(|watched| &watched.repos) {
        if all.iter().all(|other| other.repo.id != visible.repo.id) {
            all.push(visible);
        }
    }
    all
}

/// The first few of `names` for a sentence: `a/b, a/c and 12 more`.
pub(super) fn a_few<'a>(names: impl Iterator<Item = &'a RepoName>) -> String {
    const FEW: usize = 3;
    let names: Vec<String> = names.map(ToString::to_string).collect();
    match names.len().saturating_sub(FEW) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..FEW].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<RepoName> =
            ["a/b", "a/c", "a/d", "a/e"].iter().map(|name| name.parse().unwrap()).collect();
        assert_eq!(a_few(names[..3].iter()), "a/b, a/c, a/d");
        assert_eq!(a_few(names.iter()), "a/b, a/c, a/d and 1 more");
    }
}
