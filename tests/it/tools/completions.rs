//! `timmy completions`: shells complete what timmy has.

use std::path::Path;
use std::process::Command;

use crate::support::process::{Run, timmy};

/// What people type, as the help lists it.
fn subcommands() -> Vec<String> {
    let help = Run::of(&mut timmy(Path::new("."), "help")).out;
    let listed = help.split("Commands:").nth(1).and_then(|rest| rest.split("\n\n").next());
    let lines = listed.unwrap().lines();
    // What stands further right goes on with the line before.
    let names = lines.filter_map(|line| line.strip_prefix("  ").filter(|l| !l.starts_with(' ')));
    names.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn each_shell_gets_all_subcommands() {
    let known = subcommands();
    assert!(known.len() >= 14 && known.contains(&"completions".to_owned()), "{known:?}");
    for shell in ["bash", "zsh", "fish"] {
        let run = Run::of(&mut timmy(Path::new("."), &format!("completions {shell}")));
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{shell}");
        for name in &known {
            assert!(run.out.contains(name.as_str()), "{name} is missing in that of {shell}");
        }
    }
    assert_eq!(Run::of(&mut timmy(Path::new("."), "completions tcsh")).code, 2);
}

#[test]
fn bash_completes_what_is_begun() {
    let script = Run::of(&mut timmy(Path::new("."), "completions bash")).out;
    let asked = format!(
        "{script}\nCOMP_WORDS=(timmy ba); COMP_CWORD=1; _timmy timmy ba timmy; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let bash = Command::new("bash").args(["--norc", "-c", &asked]).output().unwrap();
    let said = String::from_utf8(bash.stdout).unwrap();
    let mut completed: Vec<&str> = said.lines().collect();
    completed.sort_unstable();
    let complaint = String::from_utf8_lossy(&bash.stderr);
    assert_eq!(completed, ["backlog", "backup"], "{complaint}");
}
