//! Two ledgers for one account, as after a copy of the file: the claim lets one of them act.

use timmy::core::model::ids::Subject;

use crate::conversations::talk::talk;
use crate::support::forge::DOOR;

#[tokio::test]
async fn of_two_ledgers_one_answers() {
    talk(async |t| {
        let mut other = t.second_timmy(t.sandbox.url()).await;
        for text in ["/timmy size s", "/timmy assign @anna", "/timmy hold"] {
            let id = t.says("walt", text);
            t.quiet().await;
            other.quiet().await;
            t.answer_to(DOOR, 1, Subject::Comment(id));
        }
        let number = t.opens(DOOR, "alexander", "Oil the hinges", "/timmy ping").await;
        other.quiet().await;
        t.answer_to_opening(DOOR, number);
        other.stop().await;
    })
    .await;
}
