//! Each call asks what was recorded, and makes the same of the answers of all versions.

use timmy::core::effect::Reaction;
use timmy::core::model::ids::{RepoId, RepoName, Subject};
use timmy::core::model::issue::{Issue, Label};
use timmy::core::model::time::Timestamp;
use timmy::gitea::{NewLabel, Reacted};

use crate::wire::forge::{Canned, Forge, TOKEN};
use crate::wire::recorded;

fn config() -> RepoName {
    "foundation/config".parse().unwrap()
}

fn lab() -> RepoName {
    "lab/pub".parse().unwrap()
}

#[tokio::test]
async fn the_bot_knows_who_it_is_and_says_so() {
    for recorded in recorded::all() {
        let forge = recorded.forge("user-self").await;
        let me = forge.client().me().await.unwrap();
        assert_eq!((me.id, me.login.as_str()), (2, "timmy"));
        let asked = &forge.asked()[0];
        assert_eq!(asked.what, "GET /user");
        assert_eq!(asked.authorization, format!("token {TOKEN}"));
        assert_eq!(asked.user_agent, concat!("timmy/", env!("CARGO_PKG_VERSION")));

        let forge = recorded.forge("version").await;
        assert_eq!(forge.client().version().await.unwrap(), recorded.version);
    }
}

#[tokio::test]
async fn comments_are_read() {
    for recorded in recorded::all() {
        let forge = recorded.forge("comments-of-issue").await;
        let comments = forge.client().comments_of(&config(), 1, None).await.unwrap();
        assert_eq!(forge.asked_what(), [recorded.asked("comments-of-issue")]);
        assert_eq!(comments.len(), 2);
        assert!(comments[0].author.as_ref().is_some_and(|author| author.is("Alexander")));
        assert!(comments[0].updated_at >= comments[0].created_at);

        let forge = recorded.forge("comment-get").await;
        let id = recorded.id("comment-get");
        let comment = forge.client().comment(&config(), id).await.unwrap();
        assert_eq!(comment.as_ref(), Some(&comments[1]));
        assert_eq!(forge.asked_what(), [recorded.asked("comment-get")]);
    }
}

#[tokio::test]
async fn since_is_sent_in_utc() {
    let forge = Forge::answering([Canned::new(200, "null")]).await;
    let since = Timestamp::parse("2026-11-22T23:33:43.9+02:00");
    assert_eq!(forge.client().comments_of(&config(), 1, since).await.unwrap(), []);
    assert_eq!(
        forge.asked_what(),
        ["GET /repos/foundation/config/issues/1/comments?since=2026-11-22T21%3A33%3A43Z"]
    );
}

#[tokio::test]
async fn the_id_of_a_review_has_no_comment() {
    let forge = Forge::answering([Canned::new(204, "")]).await;
    assert_eq!(forge.client().comment(&config(), 177).await.unwrap(), None);
}

#[tokio::test]
async fn comments_are_written_edited_and_deleted() {
    for recorded in recorded::all() {
        let forge = recorded.forge("comment-create").await;
        let body = "@timmy please look\n\n/timmy assign ezra\n";
        let comment = forge.client().post_comment(&config(), 1, body).await.unwrap();
        assert_eq!(comment.body, body);
        let asked = &forge.asked()[0];
        assert_eq!(asked.what, recorded.asked("comment-create"));
        assert_eq!(asked.body, serde_json::json!({ "body": body }).to_string());

        let forge = recorded.forge("comment-edit").await;
        let edited = forge.client().edit_comment(&config(), comment.id, "other").await.unwrap();
        assert_eq!(edited.id, comment.id);
        assert_eq!(forge.asked_what(), [recorded.asked("comment-edit")]);

        let forge = recorded.forge("comment-delete").await;
        forge.client().delete_comment(&config(), comment.id).await.unwrap();
        assert_eq!(forge.asked_what(), [recorded.asked("comment-delete")]);
    }
}

#[tokio::test]
async fn a_comment_that_is_gone_need_not_be_deleted() {
    for recorded in recorded::all().iter().filter(|recorded| recorded.has("comment-get-missing")) {
        let forge = recorded.forge("comment-get-missing").await;
        forge.client().delete_comment(&lab(), 999_999).await.unwrap();
    }
}

#[tokio::test]
async fn an_edit_that_changes_nothing_has_no_user() {
    let answer = r#"{"id":118,"html_url":"","pull_request_url":"","issue_url":"","user":null,
        "original_author":"","original_author_id":0,"body":"same","assets":[],
        "created_at":"2026-11-22T21:50:00Z","updated_at":"2026-11-22T21:50:00Z"}"#;
    let forge = Forge::answering([Canned::new(200, answer)]).await;
    let comment = forge.client().edit_comment(&lab(), 118, "same").await.unwrap();
    assert_eq!(comment.author, None);
}

#[tokio::test]
async fn a_reaction_is_new_once() {
    for recorded in recorded::all() {
        let script = ["reaction-add", "reaction-add-again"].map(|name| recorded.canned(name));
        let forge = Forge::answering(script).await;
        let (client, subject) = (forge.client(), Subject::Comment(recorded.id("reaction-add")));
        for expected in [Reacted::New, Reacted::Already] {
            let reacted = client.react(&config(), 1, subject, Reaction::Eyes).await.unwrap();
            assert_eq!(reacted, expected);
        }
        assert_eq!(forge.asked()[0].what, recorded.asked("reaction-add"));
        assert_eq!(forge.asked()[0].body, r#"{"content":"eyes"}"#);
    }
}

#[tokio::test]
async fn the_body_of_an_issue_takes_reactions_by_its_number() {
    let forge = Forge::answering([Canned::new(201, "{}")]).await;
    let client = forge.client();
    client.react(&lab(), 12, Subject::Issue(4711), Reaction::Confused).await.unwrap();
    assert_eq!(forge.asked()[0].what, "POST /repos/lab/pub/issues/12/reactions");
    assert_eq!(forge.asked()[0].body, r#"{"content":"confused"}"#);
}

#[tokio::test]
async fn assignees_are_replaced() {
    for recorded in recorded::all() {
        let forge = recorded.forge("issue-assign").await;
        let item: Issue = forge.client().set_assignees(&config(), 1, &["ezra"]).await.unwrap();
        assert_eq!(forge.asked()[0].what, recorded.asked("issue-assign"));
        assert_eq!(forge.asked()[0].body, r#"{"assignees":["ezra"]}"#);
        assert_eq!((item.number, item.open, item.is_pull), (1, true, false));
        assert_eq!(item.title, "Login page returns 500");
        assert!(item.assignees.iter().map(|who| who.login.as_str()).eq(["ezra"]));
        assert_eq!(item.labels[0].name, "priority/critical");
        assert!(item.author.is_some_and(|author| author.is("rando")));
    }
}

#[tokio::test]
async fn people_are_told_apart() {
    for recorded in recorded::all() {
        let forge = recorded.forge("assignees").await;
        let people = forge.client().assignable(&config()).await.unwrap();
        assert!(people.iter().any(|who| who.is("ezra")));

        let script = [recorded.canned("is-collaborator"), Canned::new(404, "{}")];
        let forge = Forge::answering(script).await;
        assert!(forge.client().is_collaborator(&config(), "ezra").await.unwrap());
        assert!(!forge.client().is_collaborator(&config(), "rando").await.unwrap());
        assert_eq!(forge.asked_what()[0], recorded.asked("is-collaborator"));
    }
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_no_collaborator() {
    let message = r#"{"message":"user does not exist [uid: 0, name: nobody]"}"#;
    let forge = Forge::answering([Canned::new(422, message)]).await;
    assert!(!forge.client().is_collaborator(&lab(), "nobody").await.unwrap());
}

#[tokio::test]
async fn labels_are_read_made_put_on_and_taken_off() {
    for recorded in recorded::all() {
        // 1.15 does not say how long the list is, so the end of it must be seen.
        let forge = Forge::answering([recorded.canned("labels"), Canned::new(200, "[]")]).await;
        let labels = forge.client().labels(&config()).await.unwrap();
        let critical = Label { id: 1, name: "priority/critical".to_owned(), exclusive: false };
        assert_eq!(labels.len(), 3);
        assert!(labels.contains(&critical));

        let forge = recorded.forge("labels-add-by-id").await;
        assert_eq!(forge.client().add_label(&config(), 1, 1).await.unwrap(), [critical]);
        assert_eq!(forge.asked()[0].what, recorded.asked("labels-add-by-id"));
        assert_eq!(forge.asked()[0].body, r#"{"labels":[1]}"#);

        let forge = recorded.forge("label-remove").await;
        forge.client().remove_label(&config(), 1, 2).await.unwrap();
        assert_eq!(forge.asked_what(), [recorded.asked("label-remove")]);

        let made = "label-create-exclusive-priority-p0";
        if recorded.has(made) {
            let forge = recorded.forge(made).await;
            let new = NewLabel {
                name: "priority/p0".to_owned(),
                color: "#cc0000".to_owned(),
                description: String::new(),
                exclusive: true,
            };
            let label = forge.client().create_label(&lab(), &new).await.unwrap();
            assert_eq!((label.name.as_str(), label.exclusive), ("priority/p0", true));
        }
    }
}

#[tokio::test]
async fn a_person_has_no_labels_of_an_organisation() {
    let forge = Forge::answering([Canned::new(404, r#"{"errors":null}"#)]).await;
    assert_eq!(forge.client().org_labels("alexander").await.unwrap(), []);
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let page = |ids: std::ops::Range<i64>| {
        let labels = ids.map(|id| serde_json::json!({ "id": id, "name": format!("l{id}") }));
        Canned::new(200, serde_json::Value::from_iter(labels).to_string())
    };
    // Each script with the number of labels and of requests that it should end in.
    let short_page = vec![page(1..51), page(51..101), page(101..104)];
    let counted = vec![page(1..51).header("X-Total-Count", "50")];
    let small_pages = vec![page(1..31), page(31..61), page(61..62)];
    let small_counted = [page(1..31), page(31..61)].map(|p| p.header("X-Total-Count", "60"));
    let empty = vec![page(1..1)];
    for (script, labels, requests) in [
        (short_page, 103, 3),
        (counted, 50, 1),
        (small_pages, 61, 3),
        (small_counted.to_vec(), 60, 2),
        (empty, 0, 1),
    ] {
        let forge = Forge::answering(script).await;
        assert_eq!(forge.client().labels(&lab()).await.unwrap().len(), labels);
        let asked = (1..=requests).map(|n| format!("GET /repos/lab/pub/labels?page={n}&limit=50"));
        assert!(asked.eq(forge.asked_what()), "{:?}", forge.asked_what());
    }
}

#[tokio::test]
async fn a_repository_is_found_by_name_and_by_id() {
    let payload = |recorded: &recorded::Recorded| {
        recorded.delivery("comment-created").payload["repository"].to_string()
    };
    for recorded in recorded::all() {
        let answer = Canned::new(200, payload(&recorded));
        let forge = Forge::answering([answer.clone(), answer]).await;
        let repo = forge.client().repo(&config()).await.unwrap();
        assert_eq!((repo.id, &repo.name, repo.private), (RepoId(1), &config(), false));
        assert_eq!(forge.client().repo_by_id(RepoId(1)).await.unwrap(), repo);
        assert_eq!(forge.asked_what(), ["GET /repos/foundation/config", "GET /repositories/1"]);
    }
}

#[tokio::test]
async fn an_issue_is_read_with_its_global_id() {
    for recorded in recorded::all() {
        let issue = &recorded.delivery("pr-comment").payload["issue"];
        let forge = Forge::answering([Canned::new(200, issue.to_string())]).await;
        let item = forge.client().issue(&config(), 2).await.unwrap();
        assert_eq!((item.id, item.number, item.is_pull), (2, 2, true));
        assert_eq!(forge.asked_what(), ["GET /repos/foundation/config/issues/2"]);
    }
}
