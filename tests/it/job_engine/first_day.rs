//! The first day of a fleet on a backlog that is there: old issues by the hundred, and a few people
//! who go on with their work.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use timmy::sandbox::Sandbox;
use timmy::store::{Connection, Error, jobs};

use super::by_itself::{READY, Tokens, protect};
use super::stage::{Stage, live_after};
use crate::support::clock::{DAY, HOUR};
use crate::support::forge::{DOOR, add_repo};

const REPOS: usize = 20;
const OLD: usize = 25;

fn repo(nth: usize) -> String {
    format!("foundation/house{nth}")
}

/// Twenty repositories with five hundred issues, all ready and all old.
fn furnish(sandbox: &Sandbox) {
    protect(sandbox, DOOR);
    for nth in 1..=REPOS {
        let name = repo(nth);
        add_repo(sandbox, &name, &["timmy", "anna", "ezra", "bezalel"]);
        protect(sandbox, &name);
        for _ in 0..OLD {
            sandbox.open_issue("anna", &name, "The hinge squeaks", READY).unwrap();
        }
    }
}

/// The repositories and numbers of the issues of which there are jobs.
fn begun(conn: &Connection) -> Result<Vec<(String, i64)>, Error> {
    let mut begun = Vec::new();
    let mut ids = jobs::live_ids(conn)?;
    ids.extend(jobs::ended_ids(conn, 1000)?);
    ids.sort();
    for id in ids {
        let thread = jobs::get(conn, id)?.expect("a job").job.spec.given().unwrap();
        let repo = timmy::store::repos::name(conn, thread.repo)?.expect("its name");
        begun.push((repo.name.to_string(), thread.number));
    }
    Ok(begun)
}

async fn stage() -> Stage {
    let tokens = Tokens::new();
    let furnish = |sandbox: &Sandbox| {
        tokens.write(sandbox);
        furnish(sandbox);
    };
    let change = |config| tokens.fleet(config).with("dispatch.auto", ["*"]);
    live_after(30 * DAY, furnish, change).await
}

#[tokio::test]
async fn the_first_day_on_five_hundred_old_issues_begins_little() {
    let stage = stage().await;
    let (mut table, mut before) = (String::new(), 0);
    let mut fresh: BTreeMap<(String, i64), u32> = BTreeMap::new();
    for hour in 0..24_u32 {
        // Somebody opens an issue every eighth hour, and says something of an old one at five.
        if hour % 8 == 1 {
            let name = repo(hour as usize);
            let number =
                stage.app.sandbox.open_issue("anna", &name, "The bell is mute", READY).unwrap();
            fresh.insert((name, number), hour);
        }
        if hour == 5 {
            stage.app.sandbox.comment("anna", &repo(3), 7, "It squeaks again.").unwrap();
            fresh.insert((repo(3), 7), hour);
        }
        stage.wait(HOUR / 2).await;
        stage.wait(HOUR / 2).await;
        let begun = stage.app.timmy.read(begun).await;
        for started in begun.iter().skip(before) {
            let (name, number) = started;
            assert!(fresh.contains_key(started), "{name}#{number} is old");
            writeln!(table, "hour {hour:2}: {name}#{number}").unwrap();
        }
        before = begun.len();
    }
    println!("{table}");
    // Which of them, and when, depends on who is free.
    assert!((1..=fresh.len()).contains(&before), "little, and something: {table}");
    stage.end().await;
}
