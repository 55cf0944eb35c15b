//! The files in `examples/` that start timmy stay true: what they run exists, what they say fits
//! together, and the system's own checkers accept them.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use timmy::config::{self, Outside, SecretFile};

const UNIT: &str = include_str!("../../examples/timmy.service");
const PLIST: &str = include_str!("../../examples/org.timmy.serve.plist");

/// The values of `key` in the unit, in order.
fn unit(key: &str) -> Vec<&'static str> {
    let settings = UNIT.lines().filter_map(|line| line.split_once('='));
    settings.filter(|(name, _)| *name == key).map(|(_, value)| value).collect()
}

/// Whether timmy has that command with these flags: with `--help` it says so and does nothing.
fn is_understood(arguments: &[&str]) -> bool {
    let mut timmy = Command::new(env!("CARGO_BIN_EXE_timmy"));
    timmy.args(arguments).arg("--help").stdout(Stdio::null()).stderr(Stdio::null());
    timmy.status().unwrap().success()
}

#[test]
fn the_unit_runs_a_command_that_exists() {
    let command: Vec<&str> = unit("ExecStart")[0].split(' ').collect();
    assert_eq!(command[0], "/usr/local/bin/timmy");
    assert!(is_understood(&command[1..]), "{command:?}");
    assert!(!is_understood(&["--no-such-flag", "serve"]), "this test proves nothing");
}

/// The settings that the unit's head proposes name the files that the unit provides.
#[test]
fn the_settings_in_the_unit_fit_to_it() {
    let settings: String = UNIT
        .lines()
        .filter_map(|line| line.strip_prefix("#   [")?.split_once(']'))
        .map(|(table, setting)| format!("[{table}]\n{}\n", setting.trim()))
        .collect();
    let rest = "[people]\nowner = \"alexander\"\noperators = []\napprovers = []\n";
    let text = settings
        .replace("[gitea]\n", "[gitea]\nurl = \"https://git.example.org\"\nwatch = [\"*\"]\n")
        .replace(
            "[webhook]\n",
            "[webhook]\nlisten = \"127.0.0.1:1\"\npublic_url = \"https://timmy.example.org/\"\n",
        );
    let credentials: Vec<PathBuf> = unit("LoadCredential")
        .iter()
        .map(|credential| credential.split_once(':').unwrap().0)
        .map(|id| Path::new("/run/credentials/timmy.service").join(id))
        .collect();
    assert_eq!(credentials.len(), 2);
    let secret_file = |path: &Path| {
        assert!(credentials.iter().any(|known| known == path), "{}", path.display());
        Ok(SecretFile { text: "0123456789abcdef".to_owned(), exposed: false })
    };
    let world = Outside { env: &|_| None, secret_file: &secret_file };
    let read = config::parse(&(text + rest), Path::new("/etc/timmy/timmy.toml"), world);
    let config = read.map_err(|problems| problems.to_string()).unwrap().config;
    let state = Path::new("/var/lib").join(unit("StateDirectory")[0]);
    assert_eq!(config.ledger.path, state.join("timmy.db"));
    assert_eq!(unit("WorkingDirectory"), [state.to_str().unwrap()]);
}

#[test]
fn systemd_accepts_the_unit_and_finds_it_hardened() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        // Not `eprintln!`, which is shown of failing tests only.
        let _ = io::stderr()
            .write_all(b"\nNO SYSTEMD-ANALYZE IS INSTALLED: the unit is not verified.\n");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("timmy.service");
    // It looks for the program, which is not installed here.
    fs::write(&file, UNIT.replace("/usr/local/bin/timmy", env!("CARGO_BIN_EXE_timmy"))).unwrap();
    let analyze = |arguments: &[&str]| {
        let ran = Command::new("systemd-analyze").args(arguments).arg(&file).output().unwrap();
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat())
        );
    };
    analyze(&["--man=no", "verify"]);
    // Exposure from 0 (none) to 100; 20 is what systemd still calls "OK".
    analyze(&["--offline=true", "--threshold=20", "--no-pager", "security"]);
}

#[test]
fn the_plist_is_well_formed_and_runs_a_command_that_exists() {
    let items = plist(PLIST);
    let value = |key: &str| {
        let at =
            items.iter().position(|item| *item == ("key", key)).unwrap_or_else(|| panic!("{key}"));
        items[at + 1]
    };
    assert_eq!(value("Label"), ("string", "org.timmy.serve"), "launchd wants the file's name");
    assert_eq!(value("Umask"), ("integer", "63"), "octal 077: for this account alone");
    assert_eq!(value("SuccessfulExit").0, "false", "it is restarted when it fails");
    let command: Vec<&str> = items
        .iter()
        .skip_while(|item| **item != ("key", "ProgramArguments"))
        .skip(1)
        .take_while(|(tag, _)| *tag == "string")
        .map(|(_, text)| *text)
        .collect();
    assert_eq!(command[0], "/usr/local/bin/timmy");
    assert!(is_understood(&command[1..]), "{command:?}");
    let (_, home) = value("WorkingDirectory");
    assert!(command[2].starts_with(home), "timmy.toml stands beside the ledger");
}

/// The leaves of a property list, each with its tag; fails unless every tag is closed in order.
fn plist(xml: &'static str) -> Vec<(&'static str, &'static str)> {
    let (mut leaves, mut open) = (Vec::new(), Vec::new());
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").unwrap();
    while let Some((text, behind)) = rest.split_once('<') {
        if let Some(comment) = behind.strip_prefix("!--") {
            let (comment, after) = comment.split_once("-->").unwrap();
            assert!(!comment.contains("--"), "XML forbids this in comments: {comment}");
            rest = after;
            continue;
        }
        let (tag, after) = behind.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            if !matches!(name, "dict" | "array" | "plist") {
                leaves.push((name, text));
            }
        } else if let Some(name) = tag.strip_suffix('/') {
            leaves.push((name, ""));
        } else if !tag.starts_with('!') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    leaves
}
