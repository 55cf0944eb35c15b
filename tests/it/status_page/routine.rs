//! A routine's job, which has no thread until it brings a pull request.

use timmy::core::jobs::StateKind;

use super::stage::page_of;
use crate::job_engine::routines::{DAILY, begins, hands_in, routine, stage};
use crate::support::forge::DOOR;

#[tokio::test]
async fn it_is_shown_by_its_routine_and_then_by_its_pull_request() {
    let stage = stage(|config| {
        config
            .with("web.listen", "127.0.0.1:0")
            .with("accept.on_yes", "merge")
            .and(&routine("oil", DAILY))
    })
    .await;
    let job = begins(&stage).await;
    let path = format!("/jobs/{job}");
    let all = page_of(&stage, "/").await;
    let place = format!("{DOOR}, routine oil");
    assert!(all.text().contains(&place), "{}", all.text());
    assert!(all.links().contains(path.as_str()), "{:?}", all.links());
    let one = page_of(&stage, &path).await;
    for words in [place.as_str(), "a date of its routine", "given to ezra", "timmy/r-j1"] {
        assert!(one.text().contains(words), "{words} is missing: {}", one.text());
    }

    let pull = hands_in(&stage, job).await;
    assert_eq!(stage.kind(job).await, StateKind::Deciding);
    let place = format!("{DOOR}#{pull}");
    for path in ["/", path.as_str()] {
        let page = page_of(&stage, path).await;
        assert!(page.text().contains(&place), "{path}: {}", page.text());
    }
    stage.end().await;
}
