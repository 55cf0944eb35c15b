//! What a newer forge does better is used there: Gitea 1.27 answers comments on lines in their place,
//! assigns people one by one, and says who can be assigned.

use insta::assert_snapshot;
use timmy::core::effect::marker::key_of;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{Fault, Matcher, Mode, ReviewState, Scopes, Version};

use crate::conversations::talk::{Talk, talk, talk_on};
use crate::support::clock::{HOUR, MINUTE, SECOND, SETTLE};
use crate::support::forge::{CELLAR, DOOR};

/// alexander reviews anna's new pull request and says this on a line of it, and nobody waits: its number,
/// and the comment.
async fn remark(t: &Talk, text: &str) -> (i64, Subject) {
    let number = t.proposes("anna", "Oil the hinges", "").await;
    let lines = [("hinge.rs", text)];
    t.sandbox.review("alexander", DOOR, number, ReviewState::Comment, "", &lines).unwrap();
    let remark = t.sandbox.remarks(DOOR, number).unwrap()[0];
    (number, Subject::Comment(remark))
}

#[tokio::test]
async fn a_command_on_a_line_is_answered_in_its_place() {
    talk_on(Version::V1_27, async |t| {
        let (number, remark) = remark(t, "/timmy size s").await;
        t.quiet().await;
        t.wait(MINUTE).await;
        t.saw(remark, "eyes");
        assert_snapshot!(t.on_lines(number).join("\n"), @"Now size **s**.");
        // Its own answer is none to be answered, and a plain comment is answered in the thread.
        t.wait(MINUTE).await;
        t.ask_in(DOOR, number, "walt", "/timmy ping").await;
        assert_eq!(t.on_lines(number).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn so_is_a_command_in_a_reply_on_a_line() {
    talk_on(Version::V1_27, async |t| {
        let number = t.proposes("anna", "Oil the hinges", "").await;
        let lines = [("hinge.rs", "Why?"), ("lock.rs", "And here?")];
        let verdict = ReviewState::Comment;
        let review = t.sandbox.review("walt", DOOR, number, verdict, "", &lines).unwrap();
        t.quiet().await;
        t.clock.advance(SECOND);
        let said = "/timmy ping";
        let id = t.sandbox.reply_to_review("alexander", DOOR, number, review, said).unwrap();
        t.quiet().await;
        t.saw(Subject::Comment(id), "eyes");
        assert_snapshot!(t.on_lines(number).join("\n"), @"**Here.** timmy 0.1.0 hears this thread and can answer in it.");
    })
    .await;
}

#[tokio::test]
async fn where_the_forge_cannot_do_that_the_answer_stands_in_the_thread() {
    talk(async |t| {
        let (number, remark) = remark(t, "/timmy size s").await;
        t.quiet().await;
        t.wait(MINUTE).await;
        assert_snapshot!(t.answer_to(DOOR, number, remark), @"Now size **s**.");
        assert!(t.on_lines(number).is_empty());
    })
    .await;
}

#[tokio::test]
async fn so_it_does_with_a_token_that_may_not_write_there_and_what_to_do_is_said() {
    talk_on(Version::V1_27, async |t| {
        let old = Scopes::of("write:issue,read:repository,read:organization,read:user");
        t.sandbox.set_token(&t.timmy.token, Some(old));
        let (number, remark) = remark(t, "/timmy size s").await;
        t.quiet().await;
        t.wait(MINUTE).await;
        assert_snapshot!(t.answer_to(DOOR, number, remark), @"Now size **s**.");
        assert!(t.on_lines(number).is_empty());
        // Polling alone does not show that it is over.
        t.wait(HOUR).await;
        assert_snapshot!(t.timmy.noted().await, @"the token lacks the scope `write:repository`: make a new token that has it");
        t.ask_in(DOOR, number, "walt", "/timmy ping").await;
        t.sandbox.set_token(&t.timmy.token, Some(Scopes::all()));
        t.wait(MINUTE).await;
        t.wait(MINUTE).await;
        assert_eq!(t.timmy.noted().await, "");
    })
    .await;
}

#[tokio::test]
async fn an_answer_whose_place_is_gone_stands_in_the_thread() {
    talk_on(Version::V1_27, async |t| {
        let labels = Matcher::method_path("POST", "/labels");
        let gate = timmy::sandbox::Gate::new();
        t.sandbox.faults().next(labels, Fault::HangAfter(gate.clone()));
        let (number, remark) = remark(t, "/timmy size s").await;
        t.sandbox.settle().await;
        // What only a review shows waits for a webhook first.
        t.clock.advance(MINUTE);
        t.timmy.engine().notify();
        gate.reached().await;
        let Subject::Comment(id) = remark else { unreachable!() };
        t.sandbox.delete_comment("alexander", id).unwrap();
        gate.open();
        t.quiet().await;
        let said = t.sandbox.comments(DOOR, number).unwrap();
        assert_eq!(said.len(), 1, "{said:#?}");
        assert_eq!(key_of(&said[0].body), Some(&*remark.key()));
        t.reads(&said);
        assert!(t.on_lines(number).is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_answer_on_a_line_whose_outcome_nobody_knows_is_looked_for_there() {
    for fault in [Fault::CutAfter, Fault::ErrorAfter] {
        talk_on(Version::V1_27, async |t| {
            let replies = Matcher::method_path("POST", "/replies");
            t.sandbox.faults().next(replies, fault.clone());
            let (number, remark) = remark(t, "/timmy size s").await;
            t.quiet().await;
            t.wait(MINUTE).await;
            t.wait(SETTLE).await;
            t.wait(60 * MINUTE).await;
            t.saw(remark, "eyes");
            assert_eq!(t.on_lines(number).len(), 1, "{fault:?}");
            assert_eq!(t.sandbox.comments(DOOR, number).unwrap(), []);
        })
        .await;
    }
}

#[tokio::test]
async fn a_question_on_a_line_is_confirmed_there() {
    talk_on(Version::V1_27, async |t| {
        let number = t.proposes("anna", "Oil the hinges", "").await;
        let lines = [("hinge.rs", "/timmy delegate @walt")];
        let verdict = ReviewState::Comment;
        t.sandbox.review("alexander", DOOR, number, verdict, "", &lines).unwrap();
        t.quiet().await;
        t.wait(MINUTE).await;
        let said = t.sandbox.said_on_lines(DOOR, number).unwrap();
        let [remark, question] = said.as_slice() else { panic!("{said:#?}") };
        t.saw(Subject::Comment(remark.id), "eyes");
        assert!(question.body.starts_with("**Is this yours, @alexander?**"), "{question:?}");
        t.sandbox.react("alexander", Subject::Comment(question.id), "+1").unwrap();
        t.wait(MINUTE).await;
        let answers = t.on_lines(number);
        assert_eq!(answers.len(), 2, "{answers:#?}");
        assert!(answers[1].starts_with(r"**\@walt may approve**"), "{answers:#?}");
    })
    .await;
}

#[tokio::test]
async fn assigning_and_unassigning_touches_nobody_else() {
    talk_on(Version::V1_27, async |t| {
        assert_snapshot!(t.ask("walt", "/timmy assign @Anna").await, @r"Assigned to **\@anna**.");
        t.sandbox.assign("walt", DOOR, 1, &["anna", "rita"]).unwrap();
        t.quiet().await;
        t.ask("walt", "/timmy assign @walt").await;
        assert_eq!(t.assignees(), ["anna", "rita", "walt"]);
        t.ask("walt", "/timmy unassign @rita").await;
        assert_eq!(t.assignees(), ["anna", "walt"]);
        t.ask("walt", "/timmy unassign").await;
        assert!(t.assignees().is_empty());
        let asked = t.sandbox.requests();
        assert!(!asked.iter().any(|asked| asked.method == "PATCH"), "{asked:#?}");
    })
    .await;
}

#[tokio::test]
async fn who_can_be_assigned_is_whom_the_forge_would_assign() {
    talk_on(Version::V1_27, async |t| {
        // Everybody may read a public repository, and so be assigned there.
        assert_snapshot!(t.ask("walt", "/timmy assign @rando").await, @r"Assigned to **\@rando**.");
        assert_snapshot!(t.ask("walt", "/timmy assign @nobody").await, @r"**Not done.** \@nobody cannot be assigned here: the account must exist and have access to this repository.");
        let ask = "/timmy assign @foundation";
        assert!(t.ask("walt", ask).await.starts_with("**Not done.**"));
        let number = t.opens(CELLAR, "walt", "It is dark", "").await;
        let answer = t.ask_in(CELLAR, number, "walt", "/timmy assign @rando").await;
        assert!(answer.starts_with("**Not done.**"), "{answer}");
        assert_eq!(t.assignees(), ["rando"]);
    })
    .await;
}

#[tokio::test]
async fn one_who_hides_their_profile_can_be_assigned_all_the_same() {
    talk_on(Version::V1_27, async |t| {
        t.sandbox.hide_profile("anna").unwrap();
        assert_snapshot!(t.ask("walt", "/timmy assign @anna").await, @r"Assigned to **\@anna**.");
        t.ask("walt", "/timmy unassign").await;
        assert_snapshot!(t.ask("anna", "/timmy assign me").await, @r"Assigned to **\@anna**.");
    })
    .await;
}

#[tokio::test]
async fn one_who_lost_access_meanwhile_is_not_assigned() {
    talk_on(Version::V1_27, async |t| {
        let number = t.opens(CELLAR, "walt", "It is dark", "").await;
        let gate = timmy::sandbox::Gate::new();
        let react = Matcher::method_path("POST", "/assignees");
        t.sandbox.faults().next(react, Fault::Late(gate.clone()));
        let id = t.says_in(CELLAR, number, "walt", "/timmy assign @rita");
        gate.reached().await;
        t.sandbox.collaborator(CELLAR, "rita", Mode::None).unwrap();
        gate.open();
        t.quiet().await;
        let answer = t.answer_to(CELLAR, number, Subject::Comment(id));
        assert!(answer.starts_with("**Not done:** the forge forbids it"), "{answer}");
    })
    .await;
}

/// That is a 404 there, and 422 elsewhere.
#[tokio::test]
async fn a_label_that_somebody_deleted_meanwhile_is_as_good_as_taken_off() {
    talk_on(Version::V1_27, async |t| {
        let small = t.sandbox.add_label(DOOR, "size/S", false).unwrap();
        t.sandbox.label("walt", DOOR, 1, &["size/S"]).unwrap();
        t.quiet().await;
        let gate = timmy::sandbox::Gate::new();
        let remove = Matcher::method_path("DELETE", "/labels/");
        t.sandbox.faults().next(remove, Fault::Late(gate.clone()));
        let id = t.says("walt", "/timmy size m");
        gate.reached().await;
        t.sandbox.delete_label(small);
        gate.open();
        t.quiet().await;
        assert_snapshot!(t.answer_to(DOOR, 1, Subject::Comment(id)), @"Now size **m**, was s.");
        assert_eq!(t.labels(), ["size/m"]);
    })
    .await;
}
