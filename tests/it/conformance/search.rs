//! The search over the issues of an owner, which finds what moved.

use std::time::Duration;

use timmy::core::model::ids::{RepoName, Subject};
use timmy::core::model::text::UpdatedThread;
use timmy::core::model::time::Timestamp;
use timmy::gitea::Error;

use super::forge::{Forge, ORG};
use super::person::Person;

/// What `by` finds in `repo`.
async fn found(by: &Person, repo: &RepoName, since: Timestamp) -> Vec<UpdatedThread> {
    let (mut pages, mut all) = (by.gitea().moved(ORG, since), Vec::new());
    while let Some(page) = pages.next().await.unwrap() {
        all.extend(page.entries);
    }
    assert!(all.iter().all(|moved| moved.name.owner() == ORG), "{all:?}");
    all.retain(|moved| moved.name == *repo);
    all
}

pub async fn threads_are_found_by_their_owner(forge: &Forge) {
    let (repo, number) = forge.thread("found").await;
    let elsewhere = forge.make_repo("rando", "not-found", false).await;
    forge.issue(forge.rando(), &elsewhere, "Elsewhere").await;
    let item = forge.timmy().gitea().issue(&repo, number).await.unwrap();
    let all = found(forge.timmy(), &repo, item.updated_at).await;
    assert_eq!(all.len(), 1);
    let text = &all[0].text;
    assert_eq!(all[0].repo, forge.timmy().gitea().repo(&repo).await.unwrap().id);
    assert_eq!((text.subject, text.written.number), (Subject::Issue(item.id), number));
    assert_eq!((&text.written.body, &text.written.author), (&item.body, &item.author));
    assert_eq!(
        (text.written.created_at, text.written.updated_at),
        (item.created_at, item.updated_at)
    );
    assert!(!text.written.is_pull);
}

pub async fn since_includes_its_second(forge: &Forge) {
    let (repo, number) = forge.thread("found-since").await;
    let then = forge.timmy().gitea().issue(&repo, number).await.unwrap().updated_at;
    assert_eq!(found(forge.timmy(), &repo, then).await.len(), 1);
    let later = then.after(Duration::from_secs(1));
    assert_eq!(found(forge.timmy(), &repo, later).await.len(), 0);
}

pub async fn pull_requests_are_among_them(forge: &Forge) {
    let (repo, number) = forge.pull("found-pull").await;
    let all = found(forge.timmy(), &repo, Timestamp::default()).await;
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].text.written.number, all[0].text.written.is_pull), (number, true));
}

pub async fn pages_have_links_and_a_total(forge: &Forge) {
    let (repo, _) = forge.thread("found-pages").await;
    forge.issue(forge.timmy(), &repo, "It also sticks").await;
    let path = format!("/repos/issues/search?owner={ORG}&state=all&page=1&limit=1");
    let first = forge.timmy().get(path).await.expect(200);
    assert_eq!(first.count(), 1);
    assert!(first.header("Link").unwrap().contains("rel=\"next\""), "{first:?}");
    assert!(first.header("X-Total-Count").unwrap().parse::<usize>().unwrap() >= 2, "{first:?}");
}

pub async fn private_threads_are_found_by_members_only(forge: &Forge) {
    let repo = forge.private_repo("found-private").await;
    forge.issue(forge.timmy(), &repo, "It squeaks").await;
    assert_eq!(found(forge.timmy(), &repo, Timestamp::default()).await.len(), 1);
    assert_eq!(found(forge.rando(), &repo, Timestamp::default()).await.len(), 0);
}

pub async fn an_unknown_owner_is_refused(forge: &Forge) {
    let mut pages = forge.timmy().gitea().moved("nobody-here", Timestamp::default());
    let refused = pages.next().await.unwrap_err();
    assert!(matches!(refused, Error::Unprocessable { .. }), "{refused}");
}
