//! What the listener takes, and what it makes of it.

use insta::assert_snapshot;
use serde_json::{Value, json};
use timmy::core::model::ids::Subject;
use timmy::sandbox::DeliveryFault;
use timmy::store::deliveries;
use timmy::web::DeliveryLog;

use crate::conversations::talk::{talk, talk_where};
use crate::support::config::{Config, SECRETS};
use crate::support::delivery::{Delivery, payload, sign};
use crate::support::forge::DOOR;

#[tokio::test]
async fn what_is_not_signed_is_not_believed() {
    talk(async |t| {
        let id = t.says_unnoticed("walt", "/timmy ping").await;
        let good = Delivery::of(id, "walt", "/timmy ping");
        for signature in [String::new(), "0".repeat(64), "é".into(), sign("", &good.body)] {
            let forged = Delivery { signature, ..Delivery::of(id, "walt", "/timmy ping") };
            assert_eq!(forged.send(t.timmy.webhook()).await, 401);
        }
        let changed = Delivery {
            signature: good.signature.clone(),
            ..Delivery::of(id, "walt", "/timmy approve")
        };
        assert_eq!(changed.send(t.timmy.webhook()).await, 401);
        t.quiet().await;
        t.nothing_unread();
        assert_eq!(good.send(t.timmy.webhook()).await, 202);
        t.quiet().await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn both_secrets_are_good_while_one_replaces_the_other() {
    talk(async |t| {
        let id = t.says_unnoticed("walt", "/timmy ping").await;
        let mut delivery = Delivery::of(id, "walt", "/timmy ping");
        delivery.signature = sign(SECRETS[1], &delivery.body);
        assert_eq!(delivery.send(t.timmy.webhook()).await, 202);
        t.quiet().await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn a_form_is_as_good_as_json() {
    talk(async |t| {
        let id = t.says_unnoticed("walt", "/timmy ping").await;
        let json = payload(id, "walt", "/timmy ping").to_string();
        let mut form = form_urlencoded::Serializer::new(String::new());
        let form = form.append_pair("payload", &json).finish();
        let delivery = Delivery {
            content_type: "application/x-www-form-urlencoded",
            body: form.into_bytes(),
            ..Delivery::raw(json.as_bytes())
        };
        assert_eq!(delivery.send(t.timmy.webhook()).await, 202);
        t.quiet().await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    talk(async |t| {
        let large = Delivery::of(7, "walt", &" ".repeat(5 << 20));
        assert_eq!(large.send(t.timmy.webhook()).await, 413);
    })
    .await;
}

#[tokio::test]
async fn what_is_neither_json_nor_a_form_is_refused() {
    talk(async |t| {
        let text = Delivery { content_type: "text/plain", ..Delivery::raw(b"{}") };
        assert_eq!(text.send(t.timmy.webhook()).await, 400);
        assert_eq!(Delivery::raw(b"<xml/>").send(t.timmy.webhook()).await, 400);
        let unknown = Delivery { event: "push", ..Delivery::raw(b"no JSON") };
        assert_eq!(unknown.send(t.timmy.webhook()).await, 400);
    })
    .await;
}

#[tokio::test]
async fn events_that_do_not_matter_are_acknowledged() {
    talk(async |t| {
        let push = Delivery { event: "push", ..Delivery::saying(&json!({ "ref": "main" })) };
        assert_eq!(push.send(t.timmy.webhook()).await, 202);
        let deleted = json!({
            "action": "deleted", "comment": { "id": 7 },
            "repository": { "id": 1, "full_name": DOOR },
        });
        assert_eq!(Delivery::saying(&deleted).send(t.timmy.webhook()).await, 202);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_for_inspection_without_what_proves_it() {
    talk(async |t| {
        let mut broken = payload(7, "walt", "/timmy ping");
        broken["repository"] = json!(null);
        assert_eq!(Delivery::saying(&broken).send(t.timmy.webhook()).await, 202);
        let kept = t.timmy.read(|conn| deliveries::list(conn, 9)).await;
        let [kept] = kept.as_slice() else { panic!("{kept:?}") };
        assert_snapshot!(kept.delivery.problem, @"the payload lacks `repository`, or it is not usable");
        let headers: Vec<_> = kept.delivery.headers.keys().map(String::as_str).collect();
        assert_eq!(headers, ["content-type", "x-gitea-event"]);
    })
    .await;
}

#[tokio::test]
async fn a_delivery_that_comes_twice_is_answered_once() {
    talk(async |t| {
        t.sandbox.faults().next_delivery(DeliveryFault::Twice);
        t.ask("walt", "/timmy ping").await;
    })
    .await;
}

#[tokio::test]
async fn two_hooks_to_one_address_are_answered_once() {
    talk(async |t| {
        t.hook(t.timmy.webhook(), SECRETS[1]);
        t.ask("walt", "/timmy hold").await;
        let number = t.opens(DOOR, "alexander", "Oil the hinges", "/timmy ping").await;
        t.answer_to_opening(DOOR, number);
        let number = t.proposes("alexander", "Oil the key", "/timmy ping").await;
        t.answer_to_opening(DOOR, number);
    })
    .await;
}

#[tokio::test]
async fn nobody_who_is_really_there_may_have_said_it() {
    talk(async |t| {
        let id = t.says_unnoticed("walt", "/timmy ping").await;
        let mut migrated = payload(id, "walt", "/timmy ping");
        migrated["comment"]["original_author"] = json!("walt-elsewhere");
        let mut ghost = payload(id, "Ghost", "/timmy ping");
        ghost["sender"]["id"] = json!(-1);
        let mut nobody = payload(id, "walt", "/timmy ping!");
        nobody["sender"] = json!(null);
        for payload in [migrated, ghost, nobody] {
            assert_eq!(Delivery::saying(&payload).send(t.timmy.webhook()).await, 202);
            t.quiet().await;
            t.nothing_unread();
        }
    })
    .await;
}

/// The hall is alexander's own, and its webhook has a secret of its own.
fn scoped(config: Config) -> Config {
    let [first, second] = SECRETS;
    let files = json!({ "foundation": first, "alexander/hall": second });
    config.with("webhook.secret_files", files)
}

#[tokio::test]
async fn a_secret_proves_nothing_of_another_place() {
    talk_where(scoped, async |t| {
        let id = t.says_unnoticed("walt", "/timmy ping").await;
        let good = Delivery::of(id, "walt", "/timmy ping");
        let foreign = Delivery {
            signature: sign(SECRETS[1], &good.body),
            ..Delivery::of(id, "walt", "/timmy ping")
        };
        assert_eq!(foreign.send(t.timmy.webhook()).await, 401);
        let mut push = json!({ "repository": { "id": 1, "full_name": DOOR } });
        let foreign = |payload: &Value| Delivery {
            event: "push",
            signature: sign(SECRETS[1], payload.to_string().as_bytes()),
            ..Delivery::saying(payload)
        };
        assert_eq!(foreign(&push).send(t.timmy.webhook()).await, 401);
        push["repository"]["full_name"] = json!("Alexander/Hall");
        assert_eq!(foreign(&push).send(t.timmy.webhook()).await, 202);
        t.quiet().await;
        t.nothing_unread();
        let arrivals = t.timmy.read(DeliveryLog::read).await;
        assert!(arrivals.refused.is_some());
        assert_eq!(good.send(t.timmy.webhook()).await, 202);
        t.quiet().await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

/// What is stored is stored under the repository's number.
#[tokio::test]
async fn a_name_of_ones_own_does_not_make_anothers_number_ones_own() {
    talk_where(scoped, async |t| {
        let id = t.says_unnoticed("walt", "/timmy ping").await;
        assert_eq!(Delivery::of(id, "walt", "/timmy ping").send(t.timmy.webhook()).await, 202);
        t.quiet().await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
        let mut claimed = payload(999, "walt", "/timmy hold");
        claimed["repository"]["full_name"] = json!("alexander/hall");
        let forged = Delivery {
            signature: sign(SECRETS[1], claimed.to_string().as_bytes()),
            ..Delivery::saying(&claimed)
        };
        assert_eq!(forged.send(t.timmy.webhook()).await, 401);
        t.quiet().await;
        t.nothing_unread();
    })
    .await;
}

#[tokio::test]
async fn what_names_no_repository_is_acknowledged_and_not_acted_on() {
    talk_where(scoped, async |t| {
        let organisation = Delivery {
            event: "repository",
            ..Delivery::saying(&json!({ "action": "created", "organization": { "id": 3 } }))
        };
        assert_eq!(organisation.send(t.timmy.webhook()).await, 202);
        let mut nowhere = payload(7, "walt", "/timmy ping");
        nowhere["repository"] = json!(null);
        assert_eq!(Delivery::saying(&nowhere).send(t.timmy.webhook()).await, 202);
        t.quiet().await;
        t.nothing_unread();
    })
    .await;
}
