//! Labels of repositories and on issues.

use serde_json::json;
use timmy::core::model::ids::RepoName;
use timmy::gitea::Error;

use super::forge::{Forge, ORG};
use super::versions::{LABEL_NAMES, UNKNOWN_LABEL};

/// The names of the labels on an issue.
async fn names(forge: &Forge, repo: &RepoName, number: i64) -> Vec<String> {
    let labels = forge.timmy().gitea().issue(repo, number).await.unwrap().labels;
    let mut names: Vec<String> = labels.into_iter().map(|label| label.name).collect();
    names.sort();
    names
}

pub async fn one_is_put_on_by_its_number(forge: &Forge) {
    let (repo, number) = forge.thread("labelled").await;
    let timmy = forge.timmy().gitea();
    let (bug, door) =
        (forge.label(&repo, "bug", false).await, forge.label(&repo, "door", false).await);
    assert_eq!(timmy.labels(&repo).await.unwrap(), [bug.clone(), door.clone()]);
    timmy.add_label(&repo, number, bug.id).await.unwrap();
    assert_eq!(timmy.add_label(&repo, number, door.id).await.unwrap(), [bug.clone(), door]);
    // A second time is as good.
    timmy.add_label(&repo, number, bug.id).await.unwrap();
    assert_eq!(names(forge, &repo, number).await, ["bug", "door"]);
}

pub async fn an_exclusive_one_takes_the_place_of_its_like(forge: &Forge) {
    let (repo, number) = forge.thread("exclusive").await;
    let timmy = forge.timmy().gitea();
    let p0 = forge.label(&repo, "priority/p0", true).await;
    let p1 = forge.label(&repo, "priority/p1", true).await;
    let size = forge.label(&repo, "size/s", true).await;
    assert!(p0.exclusive);
    for label in [&p0, &size, &p1] {
        timmy.add_label(&repo, number, label.id).await.unwrap();
    }
    assert_eq!(names(forge, &repo, number).await, ["priority/p1", "size/s"]);
}

pub async fn names_work_and_unknown_ones_are_dropped(forge: &Forge) {
    let (repo, number) = forge.thread("by-name").await;
    forge.label(&repo, "bug", false).await;
    let path = format!("/repos/{repo}/issues/{number}/labels");
    for name in ["bug", "no-such-label"] {
        let answer = forge.timmy().post(&path, json!({ "labels": [name] })).await;
        forge.version.expect(&LABEL_NAMES, answer.status);
        if answer.status == 200 {
            assert_eq!(names(forge, &repo, number).await, ["bug"]);
        }
    }
}

pub async fn two_may_have_one_name(forge: &Forge) {
    let repo = forge.repo("twins").await;
    let (one, other) =
        (forge.label(&repo, "bug", false).await, forge.label(&repo, "bug", false).await);
    assert_ne!(one.id, other.id);
    assert_eq!(forge.timmy().gitea().labels(&repo).await.unwrap().len(), 2);
}

pub async fn one_is_taken_off(forge: &Forge) {
    let (repo, number) = forge.thread("unlabelled").await;
    let timmy = forge.timmy().gitea();
    let bug = forge.label(&repo, "bug", false).await;
    timmy.add_label(&repo, number, bug.id).await.unwrap();
    timmy.remove_label(&repo, number, bug.id).await.unwrap();
    assert_eq!(names(forge, &repo, number).await, [""; 0]);
}

pub async fn an_unknown_one_cannot_be_taken_off(forge: &Forge) {
    let (repo, number) = forge.thread("unknown-label").await;
    let status = match forge.timmy().gitea().remove_label(&repo, number, 999_999).await {
        Err(Error::Unprocessable { status, .. }) => status,
        Err(Error::NotFound { .. }) => 404,
        other => panic!("{other:?}"),
    };
    forge.version.expect(&UNKNOWN_LABEL, status);
}

pub async fn a_person_has_none_and_an_organisation_may(forge: &Forge) {
    assert_eq!(forge.timmy().gitea().org_labels("rando").await.unwrap(), []);
    assert_eq!(forge.timmy().gitea().org_labels(ORG).await.unwrap(), []);
}
