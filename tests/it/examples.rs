//! The files in `examples/` that start timmy stay true: what they run exists, what they say fits
//! together, and the system's own checkers accept them.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use timmy::config::{self, Config, FOLDER_VARIABLE, Outside, SecretFile};

const UNIT: &str = include_str!("../../examples/timmy.service");
const WORKER_UNIT: &str = include_str!("../../examples/timmy-worker.service");
const PLIST: &str = include_str!("../../examples/org.timmy.serve.plist");
const WORKER_PLIST: &str = include_str!("../../examples/org.timmy.worker.plist");

/// How long `dispatch.timeout.stop` is unless somebody says otherwise, in seconds.
const STOP: u64 = 120;

/// The values of `key` in a unit, in order.
fn values(unit: &'static str, key: &str) -> Vec<&'static str> {
    let settings = unit.lines().filter_map(|line| line.split_once('='));
    settings.filter(|(name, _)| *name == key).map(|(_, value)| value).collect()
}

/// Whether timmy has that command with these flags: with `--help` it says so and does nothing.
fn is_understood(arguments: &[&str]) -> bool {
    let mut timmy = Command::new(env!("CARGO_BIN_EXE_timmy"));
    timmy.args(arguments).arg("--help").stdout(Stdio::null()).stderr(Stdio::null());
    timmy.status().unwrap().success()
}

#[test]
fn the_units_run_commands_that_exist() {
    for unit in [UNIT, WORKER_UNIT] {
        let command: Vec<&str> = values(unit, "ExecStart")[0].split(' ').collect();
        assert_eq!(command[0], "/usr/local/bin/timmy");
        assert!(is_understood(&command[1..]), "{command:?}");
    }
    assert!(!is_understood(&["--no-such-flag", "serve"]), "this test proves nothing");
}

#[test]
fn agents_are_given_their_time_before_they_are_killed() {
    for unit in [UNIT, WORKER_UNIT] {
        let time = values(unit, "TimeoutStopSec")[0].strip_suffix('s').unwrap();
        assert!(time.parse::<u64>().unwrap() > STOP, "{time}");
        assert_eq!(values(unit, "KillMode"), ["mixed"]);
    }
    for plist in [PLIST, WORKER_PLIST] {
        let (_, time) = value(&leaves(plist), "ExitTimeOut");
        assert!(time.parse::<u64>().unwrap() > STOP, "{time}");
    }
}

/// What bwrap was found to need in a unit is in that of the worker, in which agents run.
#[test]
fn the_worker_may_begin_what_agents_run_in() {
    let proposed = UNIT.lines().filter_map(|line| line.strip_prefix("#   "));
    let proposed: Vec<&str> =
        proposed.filter(|line| line.contains('=') && !line.starts_with('[')).collect();
    assert!(proposed.len() >= 8, "{proposed:?}");
    for line in &proposed {
        assert!(WORKER_UNIT.lines().any(|own| own == *line), "{line} is missing");
    }
    // All else is as there.
    let of = |unit: &'static str| -> Vec<&str> {
        let service = unit.split_once("NoNewPrivileges=yes").unwrap().1;
        let service = service.split_once("[Install]").unwrap().0;
        service.lines().filter(|line| line.contains('=')).collect()
    };
    let is_proposed = |line: &str| {
        let (key, _) = line.split_once('=').unwrap();
        proposed.iter().any(|own| own.split_once('=').unwrap().0 == key)
    };
    for line in of(UNIT).into_iter().filter(|line| !is_proposed(line)) {
        assert!(of(WORKER_UNIT).contains(&line), "{line} is missing");
    }
}

/// What the head of a unit proposes, in the form of TOML.
fn proposed_settings(unit: &'static str) -> String {
    let settings = unit.lines().filter_map(|line| line.strip_prefix("#   [")?.split_once(']'));
    settings.map(|(table, setting)| format!("[{table}]\n{}\n", setting.trim())).collect()
}

/// A configuration, read where the files of secrets are there that `is_there` says.
fn loaded(text: &str, is_there: impl Fn(&Path) -> bool) -> Config {
    let secret_file = |path: &Path| match is_there(path) {
        true => Ok(SecretFile { text: "0123456789abcdef".to_owned(), exposed: false }),
        false => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let world = Outside { env: &|_| None, secret_file: &secret_file };
    let read = config::parse(text, Path::new("/etc/timmy/timmy.toml"), world);
    read.unwrap_or_else(|problems| panic!("{problems}\n{text}")).config
}

/// Where the unit of this name puts the copies of these credentials.
fn credentials(named: Vec<&'static str>, name: &str) -> Vec<PathBuf> {
    let ids = named.into_iter().map(|credential| credential.split_once(':').unwrap().0);
    ids.map(|id| Path::new("/run/credentials").join(name).join(id)).collect()
}

const PEOPLE: &str = "[people]\nowner = \"alexander\"\noperators = []\napprovers = []\n";

/// The settings that the unit's head proposes name the files that the unit provides.
#[test]
fn the_settings_in_the_unit_fit_to_it() {
    let text = proposed_settings(UNIT)
        .replace("[gitea]\n", "[gitea]\nurl = \"https://git.example.org\"\nwatch = [\"*\"]\n")
        .replace(
            "[webhook]\n",
            "[webhook]\nlisten = \"127.0.0.1:1\"\npublic_url = \"https://timmy.example.org/\"\n",
        );
    let credentials = credentials(values(UNIT, "LoadCredential"), "timmy.service");
    assert_eq!(credentials.len(), 2);
    let config = loaded(&(text + PEOPLE), |path| credentials.iter().any(|known| known == path));
    assert_places(&config, UNIT);
    assert_eq!(config.dispatch.timeout.stop.as_secs(), STOP);
}

#[test]
fn the_settings_in_the_unit_of_the_worker_fit_to_it() {
    let agent = "[[agent]]\nname = \"ezra\"\nkind = \"openai\"\naccount = \"ezra\"\n\
                 url = \"http://127.0.0.1:11434/v1\"\nmodel = \"m\"\nroles = [\"coder\"]\n";
    let text = proposed_settings(WORKER_UNIT).replace("[agent]\n", agent);
    let forge =
        "[gitea]\nurl = \"https://git.example.org\"\ntoken_file = \"token\"\nwatch = [\"*\"]\n";
    // As it is, it starts where nothing lies beside timmy.toml: most agents need no token there.
    assert!(credentials(values(WORKER_UNIT, "LoadCredential"), "").is_empty());
    let credentials = credentials(values(WORKER_UNIT, "#LoadCredential"), "timmy-worker.service");
    assert_eq!(credentials.len(), 1);
    // timmy's token is not there; that the worker goes without it, its own tests hold.
    let is_there = |path: &Path| path.ends_with("token") || credentials.iter().any(|c| c == path);
    let config = loaded(&format!("{forge}{text}{PEOPLE}"), is_there);
    let state = state_folder(WORKER_UNIT);
    assert!(!config.agents_folder().starts_with(&state), "the file is that of another host");
    let folder = values(WORKER_UNIT, "Environment").into_iter().find_map(|variable| {
        let (name, value) = variable.split_once('=')?;
        (name == FOLDER_VARIABLE).then(|| PathBuf::from(value))
    });
    assert_eq!(folder.as_ref(), Some(&state));
    let token = config.agents[0].token.as_ref().and_then(|token| token.file().map(Path::to_owned));
    assert_eq!(token.as_ref(), credentials.first());
}

/// Where a unit lets it write, and has it begin.
fn state_folder(unit: &'static str) -> PathBuf {
    let state = Path::new("/var/lib").join(values(unit, "StateDirectory")[0]);
    assert_eq!(values(unit, "WorkingDirectory"), [state.to_str().unwrap()]);
    state
}

/// The ledger, and so what lies beside it, is where the unit lets it write.
fn assert_places(config: &Config, unit: &'static str) {
    let state = state_folder(unit);
    assert_eq!(config.ledger.path, state.join("timmy.db"));
    assert!(config.agents_folder().starts_with(&state));
}

#[test]
fn systemd_accepts_the_units_and_finds_them_hardened() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        // Not `eprintln!`, which is shown of failing tests only.
        let _ = io::stderr()
            .write_all(b"\nNO SYSTEMD-ANALYZE IS INSTALLED: the units are not verified.\n");
        return;
    }
    // Exposure from 0 (none) to 100: up to 50 is what systemd calls "OK". What agents run in costs the
    // worker the difference.
    for (name, unit, most) in [("timmy", UNIT, 20), ("timmy-worker", WORKER_UNIT, 30)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name).with_extension("service");
        // It looks for the program, which is not installed here.
        fs::write(&file, unit.replace("/usr/local/bin/timmy", env!("CARGO_BIN_EXE_timmy")))
            .unwrap();
        let analyze = |arguments: &[&str]| {
            let ran = Command::new("systemd-analyze").args(arguments).arg(&file).output().unwrap();
            let said = [ran.stdout, ran.stderr].concat();
            assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&said));
        };
        analyze(&["--man=no", "verify"]);
        let most = format!("--threshold={most}");
        analyze(&["--offline=true", &most, "--no-pager", "security"]);
    }
}

#[test]
fn the_plists_are_well_formed_and_run_commands_that_exist() {
    for (plist, name) in [(PLIST, "org.timmy.serve"), (WORKER_PLIST, "org.timmy.worker")] {
        let items = leaves(plist);
        assert_eq!(value(&items, "Label"), ("string", name), "launchd wants the file's name");
        assert_eq!(value(&items, "Umask"), ("integer", "63"), "octal 077: for this account alone");
        assert_eq!(value(&items, "SuccessfulExit").0, "false", "it is restarted when it fails");
        let command: Vec<&str> = items
            .iter()
            .skip_while(|item| **item != ("key", "ProgramArguments"))
            .skip(1)
            .take_while(|(tag, _)| *tag == "string")
            .map(|(_, text)| *text)
            .collect();
        assert_eq!(command[0], "/usr/local/bin/timmy");
        assert!(is_understood(&command[1..]), "{command:?}");
        let (_, home) = value(&items, "WorkingDirectory");
        assert!(command[2].starts_with(home), "timmy.toml stands beside the ledger");
        let folder = command.iter().position(|word| *word == "--folder");
        assert!(folder.is_none_or(|at| command[at + 1] == home), "what it may write to is its own");
        assert_eq!(folder.is_some(), name == "org.timmy.worker");
    }
}

/// What stands behind a key.
#[track_caller]
fn value(items: &[(&'static str, &'static str)], key: &str) -> (&'static str, &'static str) {
    let at = items.iter().position(|item| *item == ("key", key)).unwrap_or_else(|| panic!("{key}"));
    items[at + 1]
}

/// The leaves of a property list, each with its tag; fails unless every tag is closed in order.
fn leaves(xml: &'static str) -> Vec<(&'static str, &'static str)> {
    let (mut found, mut open) = (Vec::new(), Vec::new());
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
                found.push((name, text));
            }
        } else if let Some(name) = tag.strip_suffix('/') {
            found.push((name, ""));
        } else if !tag.starts_with('!') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    found
}
