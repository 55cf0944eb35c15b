//! A forge that lacks what timmy uses, as versions before 1.20 do.

use insta::assert_snapshot;

use crate::conversations::talk::talk;
use crate::support::forge::DOOR;

#[tokio::test]
async fn without_dependencies_nothing_can_wait_and_all_else_works() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        t.sandbox.take_away("/repos/{owner}/{repo}/issues/{index}/dependencies");
        assert_snapshot!(t.gist("walt", "/timmy block #2\n/timmy priority p1\n/timmy why").await, @"
        - `/timmy block #2`: **not done.** The forge keeps no dependencies here: switch them on in the settings of the repository (Gitea 1.20 or later).
        - `/timmy priority p1`: now **p1**.
        - `/timmy why`: **nothing starts here:** it does not say what is to be done. It takes 40 characters of its author's own in title and text: quotes, blocks of code and what its template says do not count.
        ");
        assert_snapshot!(t.ask("walt", "/timmy unblock #2").await, @"**Not done.** The forge keeps no dependencies here: switch them on in the settings of the repository (Gitea 1.20 or later).");
    })
    .await;
}
