//! Verbs that the language has and this build has not.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use timmy::core::command::verb::Verb;

use crate::conversations::talk::talk;

/// Every verb that only answers that it is not there yet, as the owner may say it.
const NOT_YET: [&str; 1] = ["split"];

/// Whether a verb only answers that.
fn is_later(verb: Verb) -> bool {
    NOT_YET.iter().any(|command| command.split(' ').next() == Some(verb.name()))
}

#[test]
fn every_other_verb_is_said_in_a_conversation() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/conversations");
    let files = fs::read_dir(here).unwrap().map(|file| file.unwrap().path());
    // The page of help names them all.
    let files = files.filter(|path| path.is_file() && !path.ends_with("help.rs"));
    let said: String = files.map(|path| fs::read_to_string(path).unwrap()).collect();
    for verb in Verb::all().filter(|verb| !is_later(*verb)) {
        assert!(said.contains(&format!("/timmy {verb}")), "nobody says `/timmy {verb}`");
    }
}

#[tokio::test]
async fn what_is_not_in_this_build_says_so() {
    talk(async |t| {
        assert_snapshot!(t.ask("alexander", "/timmy split").await, @"**Not done.** `split` is not in this build yet. `/timmy help` lists what is.");
        for command in NOT_YET {
            let verb = command.split(' ').next().unwrap();
            let answer = t.ask("alexander", &format!("/timmy {command}")).await;
            let expected = format!("**Not done.** `{verb}` is not in this build yet. ");
            assert!(answer.starts_with(&expected), "{answer}");
        }
    })
    .await;
}

#[tokio::test]
async fn help_says_the_same() {
    talk(async |t| {
        let help = t.ask("alexander", "/timmy help").await;
        let (there, later) = help.split_once("Not in this build yet:").unwrap();
        for verb in Verb::all() {
            assert_eq!(later.contains(&format!("`{verb}`")), is_later(verb), "{verb}");
            assert_eq!(there.contains(&format!("| `/timmy {verb}")), !is_later(verb), "{verb}");
        }
    })
    .await;
}
