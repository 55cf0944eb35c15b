//! Reviews of pull requests, and their comments on lines.

use serde_json::json;
use timmy::core::model::ids::{RepoName, Subject};
use timmy::core::model::text::{ListedText, Review};
use timmy::core::model::time::Timestamp;

use super::forge::Forge;

impl Forge {
    /// ezra reviews `number`, with a comment on a line: what both are as comments.
    pub async fn remark(&self, repo: &RepoName, number: i64) -> [Subject; 2] {
        let review = json!({ "event": "COMMENT", "body": "/timmy status",
            "comments": [{ "path": "notes.txt", "body": "/timmy retry", "new_position": 1 }] });
        let path = format!("/repos/{repo}/pulls/{number}/reviews");
        self.ezra().post(path, review).await.expect(200);
        let (review, inline) = self.newest(repo, number).await;
        [review.text.subject, inline[0].subject]
    }

    /// The newest review and its comments on lines, as timmy reads them.
    async fn newest(&self, repo: &RepoName, number: i64) -> (Review, Vec<ListedText>) {
        let (mut pages, mut reviews) = (self.timmy().gitea().reviews(repo, number), Vec::new());
        while let Some(page) = pages.next().await.unwrap() {
            reviews.extend(page.entries);
        }
        let newest = reviews.pop().unwrap();
        let inline = self.timmy().gitea().inline_comments(repo, &newest).await.unwrap();
        (newest, inline)
    }
}

pub async fn a_review_is_a_comment_of_its_own_kind(forge: &Forge) {
    let (repo, number) = forge.pull("reviewed").await;
    let [subject, _] = forge.remark(&repo, number).await;
    let (review, _) = forge.newest(&repo, number).await;
    let written = review.text.written;
    assert_eq!((written.body.as_str(), written.number), ("/timmy status", number));
    assert_eq!(written.author.unwrap().login, "ezra");
    assert_eq!(review.comments, 1);
    let Subject::Comment(id) = subject else { panic!("{subject:?}") };
    assert_eq!(forge.timmy().gitea().comment(&repo, id).await.unwrap(), None);
    let mut listed = forge.timmy().gitea().comments_since(&repo, Timestamp::default());
    assert_eq!(listed.next().await.unwrap().unwrap().entries, []);
}

pub async fn inline_comments_are_comments_too(forge: &Forge) {
    let (repo, number) = forge.pull("remarked").await;
    let [review, inline] = forge.remark(&repo, number).await;
    assert_ne!(review, inline);
    let Subject::Comment(id) = inline else { panic!("{inline:?}") };
    assert_eq!(forge.timmy().gitea().comment(&repo, id).await.unwrap(), None);
    let (_, all) = forge.newest(&repo, number).await;
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].written.body.as_str(), all[0].written.number), ("/timmy retry", number));
    assert_eq!(all[0].written.author.as_ref().unwrap().login, "ezra");
}

pub async fn nobody_approves_their_own(forge: &Forge) {
    let (repo, number) = forge.pull("own-review").await;
    let approval = json!({ "event": "APPROVED", "body": "ok" });
    let path = format!("/repos/{repo}/pulls/{number}/reviews");
    forge.timmy().post(&path, approval.clone()).await.expect(422);
    forge.ezra().post(&path, approval).await.expect(200);
}

pub async fn one_of_an_unknown_commit_fails(forge: &Forge) {
    let (repo, number) = forge.pull("unknown-commit").await;
    let review = json!({ "event": "APPROVED", "body": "", "commit_id": "0".repeat(40) });
    forge.ezra().post(format!("/repos/{repo}/pulls/{number}/reviews"), review).await.expect(500);
}

pub async fn what_is_said_there_is_read_back_in_its_thread_alone(forge: &Forge) {
    let (repo, number) = forge.pull("read-back").await;
    let gitea = forge.timmy().gitea();
    for subject in forge.remark(&repo, number).await {
        let seen = gitea.read_back(&repo, number, subject).await.unwrap().unwrap();
        assert_eq!((seen.subject, seen.written.number), (subject, number));
        assert_eq!(gitea.read_back(&repo, number + 1, subject).await, Ok(None));
    }
}
