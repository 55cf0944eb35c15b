//! Tasks: one of a kind per thread, done once, never after they were replaced.

use timmy::core::effect::{Condition, LabelScope, SetLabel};
use timmy::core::model::text::{OpenedPull, PostedText};
use timmy::store::tasks::{self, ScheduledTask, StoredTask};
use timmy::store::{Error, Transaction};

use super::{at, in_transaction, thread};
use crate::support::facts::repo;
use crate::support::people::account;

fn wish(scope: LabelScope, value: &str) -> SetLabel {
    SetLabel { scope, value: Some(value.to_owned()), condition: Condition::Always }
}

fn back_to(value: &str) -> ScheduledTask {
    ScheduledTask::Relabel(wish(LabelScope::Priority, value))
}

fn opened(body: &str) -> ScheduledTask {
    ScheduledTask::PullOpened(Box::new(OpenedPull {
        repo: repo("foundation/door"),
        sender: Some(account("anna")),
        written: PostedText {
            number: 12,
            is_pull: true,
            author: Some(account("anna")),
            migrated: false,
            body: body.to_owned(),
            created_at: at(1),
            updated_at: at(1),
        },
    }))
}

fn due(tx: &Transaction<'_>, now: i64) -> Result<Vec<StoredTask>, Error> {
    let mut due = tasks::due(tx, true, at(now), 9)?;
    due.extend(tasks::due(tx, false, at(now), 9)?);
    Ok(due)
}

/// The first change of a label that is due at 10.
fn label_due(tx: &Transaction<'_>) -> Result<StoredTask, Error> {
    Ok(tasks::due(tx, false, at(10), 9)?.remove(0))
}

#[test]
fn a_task_comes_back_as_it_was_stored_in_order_of_time() {
    in_transaction(|tx| {
        tasks::set(tx, thread(12), &back_to("p2"), at(20))?;
        tasks::set(tx, thread(13), &opened("/timmy ping \u{1f600} \0"), at(10))?;
        assert!(due(tx, 9)?.is_empty());
        let [pull, label] = &due(tx, 20)?[..] else { panic!("two are due") };
        assert_eq!((pull.thread, &pull.task), (thread(13), &opened("/timmy ping \u{1f600} \0")));
        assert_eq!((label.thread, &label.task), (thread(12), &back_to("p2")));
        let (awaited, others) =
            (tasks::due(tx, true, at(20), 9)?, tasks::due(tx, false, at(20), 9)?);
        assert_eq!(awaited.len(), 1, "a person may wait for what the body of a pull request says");
        assert_eq!(others.len(), 1, "nobody waits for the former label");
        Ok(())
    });
}

#[test]
fn a_task_takes_the_place_of_the_thread_s_former_one_of_its_kind() {
    in_transaction(|tx| {
        tasks::set(tx, thread(12), &back_to("p2"), at(10))?;
        let first = label_due(tx)?.id;
        tasks::set(tx, thread(12), &back_to("p3"), at(10))?;
        tasks::set(tx, thread(12), &ScheduledTask::Relabel(wish(LabelScope::Size, "s")), at(10))?;
        tasks::set(tx, thread(12), &opened("beside"), at(10))?;
        tasks::set(tx, thread(13), &back_to("p1"), at(10))?;
        assert_eq!(due(tx, 10)?.len(), 4);
        assert_eq!(
            tasks::relabel(tx, thread(12), "priority")?,
            Some(wish(LabelScope::Priority, "p3"))
        );

        assert!(!tasks::take(tx, first)?, "it was replaced");
        let second = label_due(tx)?;
        assert_eq!(second.task, back_to("p3"));
        assert!(tasks::take(tx, second.id)?);
        assert!(!tasks::take(tx, second.id)?, "once");
        Ok(())
    });
}

#[test]
fn numbers_are_not_given_again() {
    in_transaction(|tx| {
        tasks::set(tx, thread(12), &back_to("p2"), at(10))?;
        let first = due(tx, 10)?.remove(0).id;
        assert!(tasks::take(tx, first)?);
        tasks::set(tx, thread(12), &back_to("p2"), at(10))?;
        assert_ne!(due(tx, 10)?.remove(0).id, first, "whoever acts on the old one must notice");
        Ok(())
    });
}

#[test]
fn a_pending_change_of_a_label_can_be_forgotten() {
    in_transaction(|tx| {
        tasks::set(tx, thread(12), &back_to("p2"), at(10))?;
        tasks::set(tx, thread(13), &back_to("p2"), at(10))?;
        tasks::forget_relabel(tx, thread(12), "size")?;
        assert!(tasks::relabel(tx, thread(12), "priority")?.is_some(), "another scope");
        tasks::forget_relabel(tx, thread(12), "priority")?;
        assert_eq!(tasks::relabel(tx, thread(12), "priority")?, None);
        assert!(tasks::relabel(tx, thread(13), "priority")?.is_some(), "another thread");
        Ok(())
    });
}

#[test]
fn a_task_that_is_put_off_is_counted() {
    in_transaction(|tx| {
        assert_eq!(tasks::next_after(tx, at(0))?, None);
        tasks::set(tx, thread(12), &back_to("p2"), at(10))?;
        let stored = due(tx, 10)?.remove(0);
        tasks::postpone(tx, stored.id, at(30))?;
        assert_eq!(tasks::next_after(tx, at(10))?, Some(at(30)));
        assert_eq!(tasks::next_after(tx, at(30))?, None, "it is due, not next");
        let again = due(tx, 30)?.remove(0);
        assert_eq!((again.id, again.tries, again.task), (stored.id, 1, stored.task));
        Ok(())
    });
}
