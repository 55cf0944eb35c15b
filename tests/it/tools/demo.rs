//! `timmy demo --crew`: what README's second screen promises, natively and with a real CrewAI.

use std::path::Path;
use std::process::Command;

use crate::support::peers;

/// What has to be printed, in this order.
const COURSE: [&str; 8] = [
    "/timmy crew",
    "### Go ahead with this plan?",
    "alexander  [in #2] /timmy approve",
    "The button bounces",
    "### Merge",
    "Reviewed by `bezalel`",
    "**The crew is done.**",
    "1 round of changes",
];

fn is_played(arguments: &[&str]) {
    let played =
        Command::new(env!("CARGO_BIN_EXE_timmy")).args(["demo"]).args(arguments).output().unwrap();
    let said = String::from_utf8(played.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&played.stderr);
    assert!(played.status.success(), "{said}\n{complaint}");
    let mut rest = said.as_str();
    for part in COURSE {
        let Some((_, behind)) = rest.split_once(part) else {
            panic!("{part} is missing in\n{said}");
        };
        rest = behind;
    }
}

#[test]
fn a_crew_plays() {
    is_played(&["--crew"]);
}

#[test]
fn a_crew_of_crewai_plays() {
    let Some(python) = peers::crewai() else { return };
    let home = python.parent().and_then(Path::parent).unwrap();
    is_played(&["--crew", "crewai", "--crewai", home.to_str().unwrap()]);
}

#[test]
fn without_crewai_it_says_what_to_do() {
    let played = Command::new(env!("CARGO_BIN_EXE_timmy"))
        .args(["demo", "--crew", "crewai", "--crewai", "/nonexistent"])
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&played.stderr);
    assert_eq!(played.status.code(), Some(1));
    assert!(
        complaint.contains("there is no /nonexistent/bin/python: set CrewAI up"),
        "{complaint}"
    );
}

#[cfg(not(feature = "temporal"))]
#[test]
fn without_the_feature_it_says_how_to_build_it() {
    let played =
        Command::new(env!("CARGO_BIN_EXE_timmy")).args(["demo", "--machines"]).output().unwrap();
    let complaint = String::from_utf8_lossy(&played.stderr);
    assert_eq!(played.status.code(), Some(1));
    assert!(complaint.contains("--features temporal -- demo --machines"), "{complaint}");
}
