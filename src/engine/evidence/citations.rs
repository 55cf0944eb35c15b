//! Whether what an agent cites is there.

use super::query::EvidenceQuery;
use crate::core::jobs::Citation;
use crate::core::jobs::evidence::{CitedFact, MOST_LOOKED_AT};
use crate::gitea::{Error, Gitea};

pub(super) async fn look(
    gitea: &Gitea,
    query: EvidenceQuery<'_>,
    cited: &[Citation],
) -> Result<Vec<CitedFact>, Error> {
    let mut facts = Vec::new();
    for citation in cited.iter().take(MOST_LOOKED_AT) {
        let exists = exists(gitea, query, citation).await?;
        facts.push(CitedFact { citation: citation.clone(), exists });
    }
    Ok(facts)
}

async fn exists(
    gitea: &Gitea,
    query: EvidenceQuery<'_>,
    citation: &Citation,
) -> Result<bool, Error> {
    match citation {
        Citation::Commit(commit) => Ok(gitea.commit(query.repo, commit).await?.is_some()),
        Citation::Pull(number) => Ok(gitea.pull(query.repo, *number).await?.is_some()),
        // Only whether it is there matters: no more than a byte of it is read.
        Citation::File(path) => match gitea.file(query.repo, path, query.base, 1).await {
            Ok(file) => Ok(file.is_some()),
            Err(Error::TooLarge { .. }) => Ok(true),
            Err(Error::NotAName(_)) => Ok(false),
            Err(error) => Err(error),
        },
    }
}
