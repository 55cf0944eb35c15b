//! `[notify]`: read strictly, and nothing secret in what is said of it.

use timmy::config::NotifyKind;

use super::{LEAST, config, problems_with, read};

#[test]
fn what_is_wrong_is_said_all_at_once() {
    let wrong = problems_with(
        "[notify]\nkind = \"mail\"\nurl = \"http://ntfy.example.org/a-secret-topic\"\n\
         token = \"hunter2\"\n",
    );
    for part in [
        "notify.kind is \"mail\"",
        "notify.url goes over the open network without TLS",
        "notify.token: secrets never stand in this file",
        "notify.token_file, or set TIMMY_NOTIFY_TOKEN",
        "3 problems",
    ] {
        assert!(wrong.contains(part), "{part} is not said:\n{wrong}");
    }
    for secret in ["hunter2", "a-secret-topic"] {
        assert!(!wrong.contains(secret), "{wrong}");
    }
}

#[test]
fn it_needs_to_know_whom_and_how() {
    let wrong = problems_with("[notify]\n");
    for part in ["notify.kind is missing", "notify.url is missing"] {
        assert!(wrong.contains(part), "{part} is not said:\n{wrong}");
    }
    let topic = problems_with("[notify]\nkind = \"ntfy\"\nurl = \"https://ntfy.example.org\"\n");
    assert!(topic.contains("notify.url names no topic"), "{topic}");
}

#[test]
fn a_webhook_needs_no_token() {
    let text =
        format!("{LEAST}\n[notify]\nkind = \"webhook\"\nurl = \"https://a.example.org/x\"\n");
    assert_eq!(read(&text).unwrap().warnings, []);
    let notify = config(&text).notify.unwrap();
    assert_eq!((notify.kind, notify.token.is_some()), (NotifyKind::Webhook, false));
    assert!(!format!("{notify:?}").contains("s3cret"));
}
