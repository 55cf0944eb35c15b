//! Reviews as verdicts: what counts, what is stale, who is asked.

use serde_json::{Value, json};
use timmy::core::model::ids::RepoName;

use super::branches::protect;
use super::forge::Forge;
use super::person::{Answer, Person};

/// A pull request of ezra's, and its head.
async fn proposed(forge: &Forge, name: &str) -> (RepoName, i64, String) {
    let repo = forge.repo(name).await;
    let head = forge.write(forge.ezra(), &repo, ("timmy/1-j1", "a.txt", "one\n")).await;
    let number = forge.propose(forge.ezra(), &repo, ("timmy/1-j1", "")).await;
    (repo, number, head)
}

impl Forge {
    /// Somebody reviews a commit of a pull request.
    pub async fn judge(&self, by: &Person, of: (&RepoName, i64, &str), event: &str) -> Answer {
        let (repo, number, commit) = of;
        let body = json!({ "event": event, "body": "So.", "commit_id": commit });
        by.post(format!("/repos/{repo}/pulls/{number}/reviews"), body).await
    }
}

/// State, and whether it is stale, official, dismissed: of each review.
fn verdicts(reviews: &Value) -> Vec<(String, [bool; 3])> {
    let read = |review: &Value| {
        let flags = ["stale", "official", "dismissed"].map(|key| review[key].as_bool().unwrap());
        (review["state"].as_str().unwrap().to_owned(), flags)
    };
    reviews.as_array().into_iter().flatten().map(read).collect()
}

pub async fn a_newer_one_takes_the_place_of_the_older(forge: &Forge) {
    let (repo, number, head) = proposed(forge, "verdicts").await;
    let alexander = forge.alexander();
    forge.judge(alexander, (&repo, number, &head), "REQUEST_CHANGES").await.expect(200);
    let path = format!("/repos/{repo}/pulls/{number}/reviews?page=1&limit=50");
    let changes = "REQUEST_CHANGES".to_owned();
    let reviews = forge.timmy().get(&path).await.expect(200);
    assert_eq!(verdicts(&reviews.json), [(changes.clone(), [false, true, false])]);
    let new = forge.write(forge.ezra(), &repo, ("timmy/1-j1", "b.txt", "two\n")).await;
    let stale = [(changes.clone(), [true, true, false])];
    forge.answer_when(path.clone(), |json| verdicts(json) == stale).await;
    forge.judge(alexander, (&repo, number, &new), "APPROVED").await.expect(200);
    let reviews = forge.timmy().get(&path).await.expect(200);
    let approved = ("APPROVED".to_owned(), [false, true, false]);
    assert_eq!(verdicts(&reviews.json), [(changes, [true, false, true]), approved]);
    assert_eq!(reviews.text("/1/commit_id"), new);
}

pub async fn approvals_are_dismissed_by_a_push_where_the_rule_says_so(forge: &Forge) {
    let (repo, number, head) = proposed(forge, "verdicts-stale").await;
    protect(forge, &repo).await;
    forge.judge(forge.timmy(), (&repo, number, &head), "APPROVED").await.expect(200);
    forge.write(forge.ezra(), &repo, ("timmy/1-j1", "b.txt", "two\n")).await;
    let path = format!("/repos/{repo}/pulls/{number}/reviews");
    forge.answer_when(path, |json| json[0]["dismissed"] == true && json[0]["stale"] == true).await;
}

/// An update from the base leaves the proposal as it was shown.
pub async fn an_update_from_the_base_takes_none_away(forge: &Forge) {
    let (repo, number, head) = proposed(forge, "verdicts-updated").await;
    protect(forge, &repo).await;
    forge.judge(forge.timmy(), (&repo, number, &head), "APPROVED").await.expect(200);
    forge.write(forge.alexander(), &repo, ("main", "b.txt", "two\n")).await;
    let path = format!("/repos/{repo}/pulls/{number}");
    forge.pull_when(&repo, number, |pull| pull["base"]["sha"] != pull["merge_base"]).await;
    let mut receiver = forge.listen_to(&repo, &["pull_request_sync"]).await;
    forge.timmy().post(format!("{path}/update?style=merge"), json!({})).await.expect(200);
    // What the push changes is settled when it is told.
    let told = receiver.next("pull_request_sync").await;
    let told: Value = serde_json::from_slice(&told.payload()).unwrap();
    assert_eq!(told["pull_request"]["requested_reviewers"][0]["login"], "timmy");
    let reviews = forge.timmy().get(format!("{path}/reviews")).await.expect(200);
    assert_eq!(verdicts(&reviews.json), [("APPROVED".to_owned(), [false, true, false])]);
}

/// Of each the last that was not dismissed, in the order in which they were given.
pub async fn who_gave_one_counts_as_asked(forge: &Forge) {
    let (repo, number, head) = proposed(forge, "verdicts-reviewers").await;
    let (alexander, timmy) = (forge.alexander(), forge.timmy());
    forge.judge(timmy, (&repo, number, &head), "REQUEST_CHANGES").await.expect(200);
    // Order is told by whole seconds.
    forge.next_second().await;
    forge.judge(alexander, (&repo, number, &head), "APPROVED").await.expect(200);
    let listed = |json: &Value| -> Vec<String> {
        let people = json["requested_reviewers"].as_array().into_iter().flatten();
        people.map(|person| person["login"].as_str().unwrap().to_owned()).collect()
    };
    let path = format!("/repos/{repo}/pulls/{number}");
    let shown = timmy.get(&path).await.expect(200);
    assert_eq!(listed(&shown.json), ["timmy", "alexander"]);
    let reviews = timmy.get(format!("{path}/reviews")).await.expect(200);
    let id = reviews.json[0]["id"].as_i64().unwrap();
    let body = json!({ "message": "I look myself", "priors": false });
    alexander.post(format!("{path}/reviews/{id}/dismissals"), body).await.expect(200);
    assert_eq!(listed(&timmy.get(&path).await.expect(200).json), ["alexander"]);
}

pub async fn one_can_be_dismissed(forge: &Forge) {
    let (repo, number, head) = proposed(forge, "verdicts-dismissed").await;
    let made = forge.judge(forge.timmy(), (&repo, number, &head), "APPROVED").await.expect(200);
    let id = made.number("id");
    let path = format!("/repos/{repo}/pulls/{number}/reviews/{id}/dismissals");
    let body = json!({ "message": "I look myself", "priors": false });
    forge.rando().post(&path, body.clone()).await.expect(403);
    let dismissed = forge.alexander().post(&path, body).await.expect(200);
    let seen = (&dismissed.json["dismissed"], &dismissed.json["official"]);
    assert_eq!(seen, (&json!(true), &json!(true)));
}

pub async fn its_author_alone_deletes_one(forge: &Forge) {
    let (repo, number, head) = proposed(forge, "verdicts-deleted").await;
    let made = forge.judge(forge.timmy(), (&repo, number, &head), "APPROVED").await.expect(200);
    let (id, all) = (made.number("id"), format!("/repos/{repo}/pulls/{number}/reviews"));
    let path = format!("{all}/{id}");
    forge.ezra().delete(&path, json!({})).await.expect(403);
    forge.timmy().delete(&path, json!({})).await.expect(204);
    let left = forge.timmy().get(&all).await.expect(200);
    assert_eq!(left.json, json!([]));
}

pub async fn people_are_asked_for_one(forge: &Forge) {
    let (repo, number, _) = proposed(forge, "verdicts-asked").await;
    let mut receiver = forge.listen_to(&repo, &["pull_request_review_request"]).await;
    let path = format!("/repos/{repo}/pulls/{number}/requested_reviewers");
    let timmy = json!({ "reviewers": ["timmy"] });
    let refused = forge.rando().post(&path, timmy.clone()).await.expect(422);
    assert!(refused.message().starts_with("Doer can't choose reviewer [user_id: "));
    let asked = forge.ezra().post(&path, timmy.clone()).await.expect(201);
    assert_eq!(asked.text("/0/state"), "REQUEST_REVIEW");
    let told = |delivery: crate::support::receiver::Received| -> (Value, Value, Value) {
        let told: Value = serde_json::from_slice(&delivery.payload()).unwrap();
        let login = |key: &str| told[key]["login"].clone();
        (told["action"].clone(), login("requested_reviewer"), login("sender"))
    };
    let first = told(receiver.next("pull_request_review_request").await);
    assert_eq!(first, (json!("review_requested"), json!("timmy"), json!("ezra")));
    forge.ezra().delete(&path, timmy).await.expect(204);
    let second = told(receiver.next("pull_request_review_request").await);
    assert_eq!(second, (json!("review_request_removed"), json!("timmy"), json!("ezra")));
    let lines = forge.timmy().get(format!("/repos/{repo}/issues/{number}/timeline")).await;
    let lines = lines.expect(200).json;
    let requests: Vec<(&Value, &Value)> = lines
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["type"] == "review_request")
        .map(|line| (&line["assignee"]["login"], &line["removed_assignee"]))
        .collect();
    assert_eq!(requests, [(&json!("timmy"), &json!(false)), (&json!("timmy"), &json!(true))]);
}
