//! `timmy.toml`, read strictly and explained well.
//!
//! Nothing is guessed: an unknown key, a wrong value and a contradiction each refuse the start,
//! and all of them are reported at once, each with its place and its remedy.
//!
//! How it reads: `document` walks over the tables, a `section` hands out the keys of one and
//! reports those that nobody took, `value`, `quantity` and `calendar` turn single values into
//! types, `secrets` fetches what must not stand in the file, `check` compares tables with each
//! other, `syntax` explains what is no TOML, and a `reading` gathers what is wrong. The other
//! files are one family of tables each.
//!
//! Relative paths in the file (secrets, the ledger, programs with a slash in their name) count
//! from the folder of the file, wherever timmy is started.

mod accept;
mod acp;
mod agent;
mod calendar;
mod certificate;
mod check;
mod crew;
mod dispatch;
mod document;
mod engine;
mod find;
mod fleet;
mod gitea;
mod guards;
mod lines;
mod loaded;
mod local;
mod notify;
mod otlp;
mod otlp_headers;
mod people;
mod pool;
mod private_network;
mod problem;
mod program;
mod quantity;
mod reading;
mod repositories;
mod repository_policy;
mod role;
mod routine;
mod run_places;
mod sandbox_kind;
mod secret;
mod secrets;
mod section;
mod syntax;
mod temporal;
mod timeouts;
mod value;
mod watch;
mod webhook;
mod weights;
mod worker;
mod world;

use std::fs::File;
use std::io;
use std::path::Path;

pub use accept::{AcceptConfig, MergeStyle, OnYes};
pub use acp::{AcpConfig, AcpPermission, DEFAULT_MODE};
pub use agent::{AgentConfig, AgentKind, KindName};
pub use certificate::CertificateFiles;
pub use crew::{CrewConfig, CrewEngine};
pub use dispatch::{AskBefore, BudgetConfig, DispatchConfig, DispatchMode, ScoreConfig};
pub use engine::{EngineConfig, LedgerConfig, ReportConfig};
pub use find::{NotFound, find};
pub use fleet::FleetLimits;
pub use gitea::{GiteaConfig, PollConfig, WebConfig};
pub use guards::{GuardRuns, GuardsConfig, Script, ScriptKind, TestCommand};
pub use loaded::{Config, Loaded};
pub use local::LocalConfig;
pub use notify::{NotifyConfig, NotifyKind};
pub use otlp::OtlpConfig;
pub use otlp_headers::{header_value, written_headers};
pub use people::{Grant, PeopleConfig};
pub use pool::{PoolConfig, PoolWindow};
pub use problem::{Problem, Problems, TextPlace};
pub use program::Program;
pub use quantity::MicroUsd;
pub use repositories::RepositoryFilter;
pub use repository_policy::{
    CentralPolicy, EffectivePolicy, RepositoryPolicy, read_repository_policy, tighten,
};
pub use role::Role;
pub use sandbox_kind::SandboxKind;
pub use secret::{NotASecret, Secret};
pub use temporal::{TemporalConfig, TemporalTls};
pub use timeouts::OwnTimeouts;
pub use watch::{Watch, WatchPattern};
pub use webhook::{WebhookConfig, WebhookSecret};
pub use weights::{NotWeights, parse_weights};
pub use worker::{FOLDER_VARIABLE, HOST_VARIABLE, WorkerConfig};
pub use world::{Outside, SecretFile};

/// Longest configuration that is read, in bytes.
const LONGEST: u64 = 256 * 1024;

/// Reads the file at `path`, with secrets from the disk or from `env`, which goes first.
///
/// # Errors
/// All that is wrong with it, also that it cannot be read or is longer than 256 KiB.
pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, Problems> {
    load_in(path, Outside { env, secret_file: &|path| SecretFile::open(path) })
}

/// Reads the file at `path` as [`load`] does, with secrets from `world`.
///
/// # Errors
/// As [`load`].
pub fn load_in(path: &Path, world: Outside<'_>) -> Result<Loaded, Problems> {
    parse(&text(path)?, path, world)
}

/// Reads the file at `path` as [`load_in`] does, for a worker: where a secret that only timmy itself needs is
/// named nowhere, `stand_in` takes its place.
///
/// # Errors
/// As [`load`].
pub fn load_for_worker(
    path: &Path,
    world: Outside<'_>,
    stand_in: &str,
) -> Result<Loaded, Problems> {
    document::read(&text(path)?, path, world, Some(stand_in))
}

/// Reads the file at `path` as [`load`] does, for questions that need no secrets: whatever stands
/// in their place passes.
///
/// # Errors
/// As [`load`].
pub fn load_without_secrets(path: &Path) -> Result<Config, Problems> {
    let anything = |_: &Path| Ok(SecretFile { text: "not-a-secret".to_owned(), exposed: false });
    let world = Outside { env: &|_| Some("not-a-secret".to_owned()), secret_file: &anything };
    Ok(load_in(path, world)?.config)
}

/// Reads `text` as the file at `origin` would be read in `world`.
///
/// # Errors
/// All that is wrong with it.
pub fn parse(text: &str, origin: &Path, world: Outside<'_>) -> Result<Loaded, Problems> {
    document::read(text, origin, world, None)
}

fn text(path: &Path) -> Result<String, Problems> {
    File::open(path)
        .and_then(|file| world::read_bounded(file, LONGEST))
        .map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> Problems {
    let (message, remedy) = match error.kind() {
        io::ErrorKind::NotFound => (
            "this file does not exist.".to_owned(),
            "Write one with `timmy init`, or name another with --config.",
        ),
        io::ErrorKind::PermissionDenied => {
            ("timmy may not read this file.".to_owned(), "Let the user that runs timmy read it.")
        }
        kind => (
            format!("this file cannot be read ({kind})."),
            "Name a text file in UTF-8 of at most 256 KiB, such as `timmy init` writes.",
        ),
    };
    Problems(vec![Problem {
        origin: path.display().to_string(),
        place: None,
        message,
        remedy: remedy.to_owned(),
    }])
}
