//! Reviews of pull requests, and their comments on lines.

use serde_json::json;
use timmy::core::effect::Reaction;
use timmy::core::model::ids::{RepoName, Subject};
use timmy::core::model::text::{ListedText, Review};
use timmy::core::model::time::Timestamp;
use timmy::gitea::webhook::Delivery;
use timmy::gitea::{Error, Extra};

use super::forge::Forge;
use super::versions::HAS_CALLS_OF_1_27;

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

/// Where there is such a call.
pub async fn a_comment_on_a_line_is_answered_in_its_place(forge: &Forge) {
    let (repo, number) = forge.pull("answered").await;
    let other = forge.issue(forge.timmy(), &repo, "It squeaks").await;
    let timmy = forge.timmy().gitea();
    let has_call = timmy.has(Extra::Replies).await.unwrap();
    forge.version.expect(&HAS_CALLS_OF_1_27, has_call);
    if !has_call {
        return;
    }
    let [review, inline] = forge.remark(&repo, number).await;
    let (Subject::Comment(review), Subject::Comment(inline)) = (review, inline) else { panic!() };
    let mut receiver = forge.listen(&repo).await;
    let id = timmy.reply_to_inline(&repo, number, inline, "Done.").await.unwrap();
    assert!(matches!(receiver.next_read("pull_request_comment").await, Delivery::Text(_)));
    let (_, all) = forge.newest(&repo, number).await;
    let bodies: Vec<&str> = all.iter().map(|seen| seen.written.body.as_str()).collect();
    assert_eq!(bodies, ["/timmy retry", "Done."]);
    assert_eq!(timmy.all_inline_comments(&repo, number).await.unwrap(), all);
    let subject = Subject::Comment(id);
    let seen = timmy.read_back(&repo, number, subject).await.unwrap().unwrap();
    assert!(seen.on_line && seen.written.author.unwrap().login == "timmy");
    timmy.react(&repo, number, subject, Reaction::Eyes).await.unwrap();
    assert_eq!(timmy.reactions(&repo, id).await.unwrap().len(), 1);
    // A review as a whole stands on no line, nor does a comment of the thread.
    let plain = timmy.post_comment(&repo, number, "Hm.").await.unwrap().id;
    for comment in [review, plain] {
        let refused = timmy.reply_to_inline(&repo, number, comment, "x").await.unwrap_err();
        assert!(matches!(refused, Error::Unprocessable { status: 400, .. }), "{refused}");
    }
    for (number, comment) in [(other, inline), (number, 999_999)] {
        let refused = timmy.reply_to_inline(&repo, number, comment, "x").await.unwrap_err();
        assert!(matches!(refused, Error::NotFound { .. }), "{refused}");
    }
    timmy.delete_comment(&repo, id).await.unwrap();
    assert_eq!(timmy.all_inline_comments(&repo, number).await.unwrap().len(), 1);
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
        assert_eq!(gitea.stands(&repo, number, subject).await, Ok(true));
    }
}
