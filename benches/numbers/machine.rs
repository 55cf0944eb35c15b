//! On what the numbers were measured.

use std::process::Command;
use std::thread::available_parallelism;

/// One line: the system, its processors, and how busy it is with other things.
pub fn describe() -> String {
    let cores = available_parallelism().map_or(1, usize::from);
    let system = asked("uname", &["-srm"]);
    let busy = asked("uptime", &[]);
    let load = busy.rsplit(": ").next().unwrap_or_default();
    format!("{system}, {cores} cores, load average before the first measurement {load}")
}

/// What a program says; nothing if there is no such program.
fn asked(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}
