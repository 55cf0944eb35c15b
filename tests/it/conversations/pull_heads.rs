//! timmy's verdict on each head of a pull request, as soon as a delivery tells of it.

use crate::conversations::talk::talk;
use crate::support::forge::DOOR;

#[tokio::test]
async fn a_pull_request_that_is_opened_or_pushed_to_has_a_verdict_at_once() {
    talk(async |t| {
        let push = |content: &str| {
            t.sandbox.commit("walt", DOOR, "paint", &[("paint.md", content)], "Paint it").unwrap()
        };
        let verdicts = |commit: &str| t.sandbox.statuses(DOOR, commit).unwrap();
        let success = [["timmy/verify", "success", "timmy"].map(str::to_owned)];
        let first = push("red");
        t.sandbox.open_pull("walt", DOOR, "Paint it", "", "paint").unwrap();
        t.quiet().await;
        assert_eq!(verdicts(&first), success);
        let second = push("blue");
        t.quiet().await;
        assert_eq!(verdicts(&second), success);
    })
    .await;
}
