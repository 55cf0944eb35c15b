//! Every verb of the language is answered, and somebody says it.

use std::fs;
use std::path::Path;

use timmy::core::command::verb::Verb;

use crate::conversations::talk::talk;

#[test]
fn every_verb_is_said_in_a_conversation() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/conversations");
    let files = fs::read_dir(here).unwrap().map(|file| file.unwrap().path());
    // The page of help names them all.
    let files = files.filter(|path| path.is_file() && !path.ends_with("help.rs"));
    let said: String = files.map(|path| fs::read_to_string(path).unwrap()).collect();
    for verb in Verb::all() {
        assert!(said.contains(&format!("/timmy {verb}")), "nobody says `/timmy {verb}`");
    }
}

#[tokio::test]
async fn help_lists_every_verb() {
    talk(async |t| {
        let help = t.ask("alexander", "/timmy help").await;
        for verb in Verb::all() {
            assert!(help.contains(&format!("| `/timmy {verb}")), "{verb}");
        }
    })
    .await;
}
