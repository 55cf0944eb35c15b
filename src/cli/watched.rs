//! What `gitea.watch` comes to on the forge: for each of its patterns the repositories that an
//! account sees there.

use crate::config::{Watch, WatchPattern};
use crate::core::model::ids::RepoName;
use crate::engine::repositories;
use crate::gitea::{Error, Gitea, VisibleRepo};

/// One pattern of `gitea.watch`, with what it leads to.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) pattern: WatchPattern,
    /// The organisation that it names, in the case of one.
    pub(super) organisation: Option<String>,
    /// What is watched because of it: what the exceptions take away is not here.
    pub(super) repos: Vec<VisibleRepo>,
    /// What it names is called so now.
    pub(super) renamed_to: Option<String>,
}

/// Looks up every pattern as the account of `gitea` sees it.
///
/// # Errors
/// The first thing that the forge refuses; what is not there leads to nothing.
pub(super) async fn look_up(gitea: &Gitea, watch: &Watch) -> Result<Vec<Watched>, Error> {
    let mut all = Vec::new();
    for pattern in watch.patterns() {
        let (repos, renamed_to) = match repositories::list_repositories(gitea, watch, pattern).await
        {
            Err(Error::NotFound { .. }) => (Vec::new(), None),
            listed => listed.map(|listed| (listed.found.entries, listed.renamed_to))?,
        };
        let organisation = match pattern {
            WatchPattern::Owner(owner) if gitea.is_organisation(owner).await? => {
                Some(owner.clone())
            }
            _ => None,
        };
        all.push(Watched { pattern: pattern.clone(), organisation, repos, renamed_to });
    }
    Ok(all)
}

/// Every watched repository once, in the order of the patterns.
pub(super) fn repositories(watched: &[Watched]) -> Vec<&VisibleRepo> {
    let mut all: Vec<&VisibleRepo> = Vec::new();
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
    use crate::cli::watched::*;

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<RepoName> =
            ["a/b", "a/c", "a/d", "a/e"].iter().map(|name| name.parse().unwrap()).collect();
        assert_eq!(a_few(names[..3].iter()), "a/b, a/c, a/d");
        assert_eq!(a_few(names.iter()), "a/b, a/c, a/d and 1 more");
    }
}
