//! What is said of commits.

use serde_json::{Value, json};
use timmy::core::model::ids::RepoName;

use super::forge::Forge;
use super::person::{Answer, Person};
use super::versions::{NO_STATUSES_YET, TELLS_OF_STATUSES};

impl Forge {
    /// Somebody says how a check of a commit ended.
    pub async fn say(&self, by: &Person, of: (&RepoName, &str), said: (&str, &str)) -> Answer {
        let ((repo, commit), (context, state)) = (of, said);
        let body = json!({ "state": state, "context": context, "description": "d",
            "target_url": "http://ci.example/1" });
        by.post(format!("/repos/{repo}/statuses/{commit}"), body).await
    }
}

pub async fn all_are_listed_and_the_last_ones_combined(forge: &Forge) {
    let repo = forge.repo("statuses").await;
    let (timmy, ezra) = (forge.timmy(), forge.ezra());
    let commit = forge.write(ezra, &repo, ("timmy/1-j1", "a.txt", "one\n")).await;
    let combined = format!("/repos/{repo}/commits/{commit}/status");
    let none = timmy.get(&combined).await.expect(200);
    assert_eq!((none.number("total_count"), &none.json["statuses"]), (0, &json!(null)));
    forge.version.expect(&NO_STATUSES_YET, none.json["state"].as_str() == Some("pending"));
    for state in ["pending", "failure"] {
        let said = forge.say(ezra, (&repo, &commit), ("ci/test", state)).await.expect(201);
        assert_eq!(
            (said.text("/status").as_str(), said.text("/creator/login").as_str()),
            (state, "ezra")
        );
    }
    forge.next_second().await;
    forge.say(timmy, (&repo, &commit), ("timmy/verify", "success")).await.expect(201);

    let all = timmy.get(format!("/repos/{repo}/commits/{commit}/statuses")).await.expect(200);
    assert_eq!((all.count(), all.header("X-Total-Count")), (3, Some("3")));
    assert_eq!(all.text("/0/context"), "timmy/verify");
    let latest = timmy.get(&combined).await.expect(200);
    assert_eq!((latest.number("total_count"), latest.text("/state").as_str()), (2, "failure"));
    forge.say(ezra, (&repo, &commit), ("ci/test", "success")).await.expect(201);
    assert_eq!(timmy.get(&combined).await.text("/state"), "success");
    let by_branch =
        timmy.get(format!("/repos/{repo}/commits/timmy%2F1-j1/status")).await.expect(200);
    assert_eq!(by_branch.text("/sha"), commit);
}

pub async fn many_come_in_pages(forge: &Forge) {
    let repo = forge.repo("many-statuses").await;
    let (timmy, ezra) = (forge.timmy(), forge.ezra());
    let commit = forge.write(ezra, &repo, ("timmy/1-j1", "a.txt", "one\n")).await;
    for n in 0..32 {
        let context = format!("ci/many-{n}");
        forge.say(ezra, (&repo, &commit), (&context, "success")).await.expect(201);
    }
    let pages = [("?page=1", 30), ("?page=2&limit=30", 2), ("?page=1&limit=50", 32)];
    for (query, count) in pages {
        let combined = timmy.get(format!("/repos/{repo}/commits/{commit}/status{query}")).await;
        let combined = combined.expect(200);
        assert_eq!(
            (combined.number("total_count"), combined.header("X-Total-Count")),
            (count, Some("32"))
        );
        let all = timmy.get(format!("/repos/{repo}/commits/{commit}/statuses{query}")).await;
        assert_eq!((all.expect(200).count(), count), (usize::try_from(count).unwrap(), count));
    }
}

pub async fn only_writers_say_something(forge: &Forge) {
    let repo = forge.repo("statuses-of-strangers").await;
    let commit = forge.write(forge.ezra(), &repo, ("timmy/1-j1", "a.txt", "one\n")).await;
    let mut receiver = forge.listen_to(&repo, &["status", "issue_comment"]).await;
    for person in [forge.rando(), forge.bezalel()] {
        forge.say(person, (&repo, &commit), ("timmy/verify", "success")).await.expect(403);
    }
    forge.say(forge.ezra(), (&repo, &commit), ("timmy/verify", "success")).await.expect(201);
    let number = forge.issue(forge.timmy(), &repo, "It squeaks").await;
    forge.timmy().gitea().post_comment(&repo, number, "Hm.").await.unwrap();
    let (mut told, mut commented) = (None, false);
    while !commented || told.is_none() && forge.version >= super::versions::Version(1, 23) {
        let delivery = receiver.any().await;
        match delivery.event_type() {
            "status" => told = serde_json::from_slice::<Value>(&delivery.payload()).ok(),
            _ => commented = true,
        }
    }
    forge.version.expect(&TELLS_OF_STATUSES, told.is_some());
    if let Some(told) = told {
        let what = (&told["sha"], &told["state"], &told["sender"]["login"]);
        assert_eq!(what, (&json!(commit), &json!("success"), &json!("ezra")));
    }
}
