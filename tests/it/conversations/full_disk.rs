//! The disk is full for a while: deliveries are refused, nothing ends, and when there is room
//! again everything goes on.

use timmy::store::{Error, Ledger};

use crate::conversations::talk::usual;
use crate::support::app::App;
use crate::support::clock::{MINUTE, PATIENCE};
use crate::support::config::SECRETS;
use crate::support::delivery::Delivery;
use crate::support::forge::{DOOR, EVENTS, furnish};
use crate::support::process::until;

/// Lets the ledger grow no more, and fills what it has.
async fn fill(ledger: &Ledger) {
    let write = ledger.write(|tx| {
        let pages: i64 = tx.pragma_query_value(None, "page_count", |row| row.get(0))?;
        tx.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        Ok(())
    });
    write.await.unwrap();
    let fill = |bytes: i64| {
        ledger.write(move |tx| {
            tx.execute_batch("CREATE TABLE IF NOT EXISTS filling (bytes BLOB)")?;
            tx.execute("INSERT INTO filling VALUES (zeroblob(?1))", [bytes])?;
            Ok(())
        })
    };
    for bytes in [2000, 500, 50, 1] {
        while fill(bytes).await.is_ok() {}
    }
}

/// There is room again.
async fn empty(ledger: &Ledger) {
    let grow = ledger.write(|tx| {
        tx.pragma_update_and_check(None, "max_page_count", 1_000_000_000, |_| Ok(()))?;
        Ok::<_, Error>(())
    });
    grow.await.unwrap();
}

#[tokio::test]
async fn what_is_said_meanwhile_is_refused_and_found_later() {
    let mut app = App::asleep(|sandbox| furnish(sandbox, "timmy"), usual).await;
    app.wake().await;
    app.sandbox.add_hook("foundation", app.timmy.webhook(), SECRETS[0], &EVENTS).unwrap();
    let number = app.sandbox.open_issue("rita", DOOR, "It squeaks", "Oil it.").unwrap();
    app.sandbox.settle().await;
    app.quiet().await;
    let ledger = app.timmy.engine().ledger().clone();
    fill(&ledger).await;

    // Too long for what is left in the pages that are there.
    let text = format!("/timmy size s\n\n{}", "It squeaks. ".repeat(2000));
    assert_eq!(Delivery::of(99, "alexander", &text).send(app.timmy.webhook()).await, 503);
    let (status, said) = app.timmy.readiness().await;
    assert_eq!(status, 503);
    assert!(said.contains("timmy.db` cannot be written, on the file system at `/"), "{said}");
    app.sandbox.comment("alexander", DOOR, number, &text).unwrap();
    app.sandbox.settle().await;
    // It polls, cannot store what it finds, and waits for the disk.
    until("it failed at it", async || {
        app.clock.advance(MINUTE);
        app.timmy.readiness().await.0 == 503
    })
    .await;
    assert!(app.sandbox.labels(DOOR, number).unwrap().is_empty());

    empty(&ledger).await;
    until("it works again", async || {
        app.clock.advance(PATIENCE);
        app.timmy.engine().notify();
        !app.sandbox.labels(DOOR, number).unwrap().is_empty()
    })
    .await;
    assert_eq!(app.timmy.readiness().await, (200, "ready\n".to_owned()));
    drop(ledger);
    app.timmy.stop().await;
}
