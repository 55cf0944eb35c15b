//! `timmy hooks`: see, make, mend and delete webhooks, as the token may.

use serde_json::{Value, json};
use timmy::sandbox::{Options, Scopes, Version};

use super::stage::{SECRET, Stage};
use crate::support::forge::EVENTS;
use crate::support::process::Run;

const AS_OWNER: &str = "hooks --token-file owner";

impl Stage {
    fn hooks(&self, act: &str) -> Run {
        self.run(&format!("{AS_OWNER} {act}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_made_for_an_organisation_and_one_for_each_repository_of_a_user() {
    let stage = Stage::set().await;
    stage.watch(["foundation", "alexander"]);
    let missing = stage.run(AS_OWNER);
    insta::assert_snapshot!(missing.out, @r#"
    Webhooks that call http://127.0.0.1:PORT/webhook:
      foundation: none. Run timmy hooks install.
      alexander/notes: none. Run timmy hooks install.
    "#);
    assert_eq!(missing.code, 1);

    let planned = stage.hooks("install --dry-run");
    insta::assert_snapshot!(planned.out, @r#"
    would do: foundation: make a webhook
    would do: alexander/notes: make a webhook
    "#);
    assert_eq!(stage.run(AS_OWNER).out, missing.out);

    let made = stage.hooks("install");
    insta::assert_snapshot!(made.out, @r#"
    foundation: webhook 1 made.
    alexander/notes: webhook 2 made.
    "#);
    assert_eq!((made.code, made.err.as_str()), (0, ""));
    let listed = stage.run(AS_OWNER);
    insta::assert_snapshot!(listed.out, @r#"
    Webhooks that call http://127.0.0.1:PORT/webhook:
      foundation: webhook 1, good
      alexander/notes: webhook 2, good
    "#);
    assert_eq!(listed.code, 0);
    assert_eq!(stage.hooks("install").out, "Nothing to do.\n");
    assert_eq!(stage.hooks("repair").out, "Nothing to do.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_delivers() {
    let stage = Stage::set().await;
    assert_eq!(stage.hooks("install").code, 0);
    let _serve = stage.serve().await;
    let issue = stage.sandbox.open_issue("alexander", "foundation/door", "It squeaks", "").unwrap();
    stage.sandbox.comment("alexander", "foundation/door", issue, "/timmy ping").unwrap();
    stage.sandbox.settle().await;
    let outcomes = stage.outcomes();
    assert!(!outcomes.is_empty() && outcomes.iter().all(|status| *status == 202), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_told_whose_token_it_takes() {
    let stage = Stage::set().await;
    let refused = stage.run("hooks install");
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    insta::assert_snapshot!(refused.err, @r#"
    timmy: foundation: its webhooks are hidden (Must be an organization owner)
    timmy: they are for owners of the organisation and administrators of the repository: put a token of one of them into a file and add --token-file FILE
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn repair_brings_back_the_events_and_leaves_one_of_several() {
    let stage = Stage::set().await;
    let (sandbox, url) = (&stage.sandbox, stage.webhook());
    sandbox.add_hook("foundation", &url, SECRET, &["push", "issues_only"]).unwrap();
    stage.hook("foundation");
    stage.hook("foundation/door");
    sandbox.add_hook("foundation", "http://elsewhere.example/", "x", &["push"]).unwrap();
    let before = stage.run(AS_OWNER);
    insta::assert_snapshot!(before.out, @r#"
    Webhooks that call http://127.0.0.1:PORT/webhook:
      foundation: webhook 1: does not tell of issue_comment, pull_request, pull_request_comment, pull_request_review. Run timmy hooks repair.
      foundation: webhook 2: delivers the same as webhook 1 of foundation. Run timmy hooks repair.
      foundation/door: webhook 3: delivers the same as webhook 1 of foundation. Run timmy hooks repair.
    "#);
    assert_eq!(before.code, 1);

    let updated = stage.hooks("repair");
    insta::assert_snapshot!(updated.out, @r#"
    foundation: webhook 1 mended: switched on, JSON, all events.
    foundation: webhook 2 deleted.
    foundation/door: webhook 3 deleted.
    "#);
    assert_eq!(updated.code, 0, "{}", updated.err);
    insta::assert_snapshot!(stage.run(AS_OWNER).out, @r#"
    Webhooks that call http://127.0.0.1:PORT/webhook:
      foundation: webhook 1, good
    "#);
    assert_eq!(stage.hooks("repair").out, "Nothing to do.\n");
}

/// Where the server shows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_mended_or_rotated_webhook_keeps_its_authorization_header() {
    let stage = Stage::set().await;
    let sandbox = &stage.sandbox;
    let hook = sandbox.add_hook("foundation", &stage.webhook(), SECRET, &["push"]).unwrap();
    sandbox.set_authorization(hook, "Bearer hush");
    assert_eq!(stage.hooks("repair").code, 0);
    assert_eq!(sandbox.authorization(hook), "Bearer hush");
    let rotated = stage.hooks("repair --rotate").out;
    assert!(rotated.starts_with("foundation: webhook 1 replaced by 2.\n"), "{rotated}");
    assert_eq!(sandbox.authorization(2), "Bearer hush");
}

/// Nobody but its page tells what it is, and every edit by the API takes away what it does not
/// repeat.
#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_header_that_the_server_hides_is_asked_for() {
    let options = Options { version: Version::V1_27, ..Options::default() };
    let stage = Stage::set_on(options).await;
    let sandbox = &stage.sandbox;
    let hook = sandbox.add_hook("foundation", &stage.webhook(), SECRET, &["push"]).unwrap();
    sandbox.set_authorization(hook, "Bearer hush");
    for act in ["repair", "repair --rotate", "repair --dry-run"] {
        let refused = stage.hooks(act);
        assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{act}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused.err, @"timmy: nothing is done: webhook 1 of foundation would lose the authorization header, if there is one. Gitea 1.27 and later show it on the webhook's own page only, under Settings > Webhooks. Look there, then say --no-authorization if the field is empty, or --authorization-file FILE with what is in it");
        }
        assert_eq!(sandbox.authorization(hook), "Bearer hush");
    }
    stage.secret("header", "Bearer hush");
    let mended = stage.hooks("repair --authorization-file header");
    insta::assert_snapshot!(mended.out, @"foundation: webhook 1 mended: switched on, JSON, all events.");
    assert!(!mended.err.contains("hush"), "{}", mended.err);
    assert_eq!(sandbox.authorization(hook), "Bearer hush");
    assert_eq!(stage.hooks("repair").out, "Nothing to do.\n");
    let rotated = stage.hooks("repair --rotate --no-authorization");
    assert!(rotated.out.starts_with("foundation: webhook 1 replaced by 2.\n"), "{}", rotated.out);
    assert_eq!(sandbox.authorization(2), "");
}

/// Of two that deliver the same, the one that sends a header may be the one that works.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_webhook_is_not_deleted_with_its_authorization_header() {
    for version in [Version::V1_25, Version::V1_27] {
        let stage = Stage::set_on(Options { version, ..Options::default() }).await;
        let sandbox = &stage.sandbox;
        stage.hook("foundation");
        let second = sandbox.add_hook("foundation", &stage.webhook(), SECRET, &EVENTS).unwrap();
        sandbox.set_authorization(second, "Bearer hush");
        let refused = stage.hooks("repair");
        assert_eq!((refused.code, refused.out.as_str()), (1, ""));
        assert!(refused.err.contains("webhook 2 of foundation would lose"), "{}", refused.err);
        let told = stage.hooks("repair --no-authorization");
        assert!(told.out.contains("webhook 2 deleted"), "{}", told.out);
    }
}

/// A server that describes its API to nobody may be of any version.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_server_is_taken_for_one_that_hides_headers() {
    let stage = Stage::set().await;
    stage.sandbox.take_away("/swagger.v1.json");
    stage.sandbox.add_hook("foundation", &stage.webhook(), SECRET, &["push"]).unwrap();
    assert_eq!(stage.hooks("repair").code, 1);
    assert_eq!(stage.hooks("repair --no-authorization").code, 0);
}

/// Both would deliver each word.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_that_writes_the_address_otherwise_is_seen() {
    let stage = Stage::set().await;
    let spelled = format!("http://LocalHost:{}/webhook/", stage.port);
    stage.sandbox.add_hook("foundation", &spelled, SECRET, &EVENTS).unwrap();
    let alone = stage.run(AS_OWNER);
    insta::assert_snapshot!(alone.out, @"
    Webhooks that call http://127.0.0.1:PORT/webhook:
      foundation: webhook 1, good
    ");
    {
        let _serve = stage.serve().await;
        stage.sandbox.open_issue("alexander", "foundation/door", "It squeaks", "").unwrap();
        stage.sandbox.settle().await;
        assert_eq!(stage.outcomes(), [202]);
    }
    stage.hook("foundation");
    let listed = stage.run(AS_OWNER);
    insta::assert_snapshot!(listed.out, @"
    Webhooks that call http://127.0.0.1:PORT/webhook:
      foundation: webhook 2, good
      foundation: webhook 1: calls http://LocalHost:PORT/webhook/, and so delivers the same as webhook 2 of foundation. Run timmy hooks repair.
    ");
    let doctor = stage.run("doctor --token-file owner");
    assert!(
        doctor.out.contains("webhook 1 of foundation: calls http://LocalHost"),
        "{}",
        doctor.out
    );
    insta::assert_snapshot!(stage.hooks("repair").out, @"foundation: webhook 1 deleted.");
}

/// Else a failure half way would leave timmy deaf.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_deleted_after_a_failure() {
    let stage = Stage::set().await;
    let scopes = Scopes::of("read:organization,write:repository");
    stage.secret("owner", &stage.sandbox.add_token("alexander", scopes).unwrap());
    stage.sandbox.add_hook("foundation", &stage.webhook(), SECRET, &["push"]).unwrap();
    stage.hook("foundation/door");
    let failed = stage.hooks("repair");
    insta::assert_snapshot!(failed.err, @r#"
    timmy: not done: foundation: mend webhook 1 (the token lacks the scope write:organization)
    timmy: not done: foundation/door: delete webhook 2, because of the above
    "#);
    assert_eq!((failed.code, failed.out.as_str()), (1, ""));
}

/// A secret can be neither read nor changed: only a new webhook has another one.
#[tokio::test(flavor = "multi_thread")]
async fn another_secret_takes_another_webhook() {
    let stage = Stage::set().await;
    stage.sandbox.add_hook("foundation", &stage.webhook(), "old", &["issues"]).unwrap();
    let rotated = stage.hooks("repair --rotate");
    insta::assert_snapshot!(rotated.out, @"
    foundation: webhook 1 replaced by 2.
    Restart timmy serve now: it reads webhook.secret_files only when it starts, and refuses what is signed with secrets that it has not read.
    ");
    assert!(!rotated.out.contains(SECRET) && !rotated.err.contains(SECRET));
    let _serve = stage.serve().await;
    stage.sandbox.open_issue("alexander", "foundation/door", "It squeaks", "").unwrap();
    stage.sandbox.settle().await;
    assert_eq!(stage.outcomes(), [202]);
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_needs_a_yes() {
    let stage = Stage::set().await;
    stage.hook("foundation");
    let asked = stage.hooks("remove");
    assert_eq!(asked.code, 2);
    insta::assert_snapshot!(asked.err, @"timmy: to delete webhooks without being asked, say so: timmy hooks remove --yes");
    let removed = stage.hooks("remove --yes");
    insta::assert_snapshot!(removed.out, @"foundation: webhook 1 deleted.");
    assert_eq!(removed.code, 0);
    assert_eq!(stage.hooks("remove --yes").out, "Nothing to do.\n");
}

/// Two places, each with a secret of its own that does not exist yet.
fn scoped() -> Value {
    json!({ "foundation": "secrets/foundation", "alexander/notes": "secrets/notes" })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_webhook_is_made_with_a_secret_of_its_own() {
    let stage = Stage::set().await;
    stage.watch(["foundation", "alexander/notes"]);
    stage.secret_files(scoped());
    let refused = stage.run("hooks list");
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("names a file that does not exist"), "{}", refused.err);

    let planned = stage.hooks("install --dry-run");
    insta::assert_snapshot!(planned.out, @"
    would do: alexander/notes: make a secret for its webhook
    would do: foundation: make a secret for its webhook
    would do: foundation: make a webhook
    would do: alexander/notes: make a webhook
    ");
    assert_eq!((planned.code, planned.err.as_str()), (0, ""));
    assert!(!stage.path("secrets").exists());

    let made = stage.hooks("install");
    insta::assert_snapshot!(made.out, @"
    alexander/notes: secret made, in the file that webhook.secret_files names. A running timmy serve knows it when it is started again.
    foundation: secret made, in the file that webhook.secret_files names. A running timmy serve knows it when it is started again.
    foundation: webhook 1 made.
    alexander/notes: webhook 2 made.
    ");
    assert_eq!((made.code, made.err.as_str()), (0, ""));
    let secret = |name: &str| {
        let path = stage.path("secrets").join(name);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::read_to_string(path).unwrap()
    };
    assert_ne!(secret("foundation"), secret("notes"));
    assert_eq!(stage.hooks("install").out, "Nothing to do.\n");

    let _serve = stage.serve().await;
    for repo in ["foundation/door", "alexander/notes"] {
        stage.sandbox.open_issue("alexander", repo, "It squeaks", "").unwrap();
    }
    stage.sandbox.settle().await;
    assert_eq!(stage.outcomes(), [202, 202]);

    // Whoever knows one of them cannot speak for the other place.
    let (url, theirs) = (stage.webhook(), secret("foundation"));
    stage.sandbox.add_hook("alexander/notes", &url, &theirs, &EVENTS).unwrap();
    stage.sandbox.open_issue("alexander", "alexander/notes", "It is loud", "").unwrap();
    stage.sandbox.settle().await;
    // Two webhooks call at once, in any order.
    let mut outcomes = stage.outcomes().split_off(2);
    outcomes.sort_unstable();
    assert_eq!(outcomes, [202, 401]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_webhook_gets_the_first_secret_of_its_place() {
    let stage = Stage::set().await;
    stage.watch(["foundation", "alexander/notes"]);
    stage.secret_files(json!({ "foundation": "webhook", "alexander/notes": "webhook" }));
    assert_eq!(stage.hooks("install").code, 0);
    stage.secret_files(json!({ "foundation": ["new", "webhook"], "alexander/notes": "webhook" }));
    let rotated = stage.hooks("repair --rotate");
    insta::assert_snapshot!(rotated.out, @r##"
    foundation: secret made, in the file that webhook.secret_files names. A running timmy serve knows it when it is started again.
    foundation: webhook 1 replaced by 3.
    alexander/notes: webhook 2 replaced by 4.
    Restart timmy serve now: it reads webhook.secret_files only when it starts, and refuses what is signed with secrets that it has not read.
    "##);
    stage.secret_files(json!({ "foundation": "new", "alexander/notes": "webhook" }));
    let _serve = stage.serve().await;
    stage.sandbox.open_issue("alexander", "foundation/door", "It squeaks", "").unwrap();
    stage.sandbox.settle().await;
    assert_eq!(stage.outcomes(), [202]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_secret_no_webhook_is_made() {
    let stage = Stage::set().await;
    stage.watch(["foundation", "alexander/notes"]);
    stage.secret_files(json!({ "foundation": "webhook" }));
    let partly = stage.hooks("install");
    insta::assert_snapshot!(partly.out, @"foundation: webhook 1 made.");
    insta::assert_snapshot!(partly.err, @"timmy: not done: alexander/notes: make a webhook (webhook.secret_files has no secret for it)");
    assert_eq!(partly.code, 1);
}
