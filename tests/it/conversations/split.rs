//! An epic is to be split.

use timmy::core::jobs::{JobId, Purpose, StateKind};
use timmy::store::jobs;

use crate::conversations::talk::talk;
use crate::support::forge::DOOR;

#[tokio::test]
async fn an_epic_is_split_by_the_manager() {
    talk(async |t| {
        t.sandbox.add_label(DOOR, "Epic", false).unwrap();
        t.sandbox.label("walt", DOOR, 1, &["Epic"]).unwrap();
        t.quiet().await;
        let said = t.ask("walt", "/timmy split").await;
        assert!(said.starts_with("**`ezra` proposes the issues that this becomes.**"), "{said}");
        let job = t.timmy.read(|conn| jobs::get(conn, JobId(1))).await.expect("a job").job;
        assert_eq!((job.spec.purpose, job.state.kind()), (Purpose::Split, StateKind::Queued));
        let again = t.ask("walt", "/timmy split").await;
        assert!(again.starts_with("**Not done: this is in work.**"), "{again}");
        t.ask("walt", "/timmy cancel").await;
        t.replies();
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_has_check_boxes_is_one_as_well_and_nothing_else_is() {
    talk(async |t| {
        let said = t.ask("walt", "/timmy split").await;
        assert_eq!(
            said,
            "**Not done.** I split epics, and this is none: give it the label `epic`, or write what \
             it consists of as a list of check boxes (`- [ ] what to do`)."
        );
        let pull = t.proposes("walt", "A hinge", "- [ ] oil").await;
        let said = t.ask_in(DOOR, pull, "walt", "/timmy split").await;
        assert_eq!(said, "**Not done.** Only an issue can be split, and this is a pull request.");
        let list = t.opens(DOOR, "rita", "Sessions", "- [ ] log in\n- [x] #1 log out").await;
        let said = t.ask_in(DOOR, list, "rita", "/timmy split").await;
        assert!(said.contains("operator") || said.starts_with("**Not done"), "{said}");
        let said = t.ask_in(DOOR, list, "walt", "/timmy split").await;
        assert!(said.starts_with("**`ezra` proposes the issues"), "{said}");
        t.replies_in(DOOR, list);
    })
    .await;
}
