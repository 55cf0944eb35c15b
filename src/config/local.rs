//! What agents have in common that are programs on this machine.

use std::path::{Component, Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use super::guards::mount;
use super::program::{Program, variable};
use super::sandbox_kind::SandboxKind;
use super::section::Section;
use super::value::{Wrong, text};
use crate::core::model::endpoint::Endpoint;

/// How an agent is started that is a program here, and what it sees of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalConfig {
    pub command: Program,
    /// The names of the variables that are passed through; nothing else is.
    pub env: Vec<String>,
    /// The folder that is copied for each attempt and is its home there.
    pub home: Option<PathBuf>,
    /// What is written back into `home` after an attempt: paths below it.
    pub home_keep: Vec<PathBuf>,
    /// What it may read of this machine besides.
    pub mounts: Vec<PathBuf>,
    /// The only servers that it reaches; none for the network of this machine.
    pub reach: Option<Vec<Endpoint>>,
    pub sandbox: SandboxKind,
}

impl LocalConfig {
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let command = Program::read(section);
        let env = section.list_or("env", ["PATH", "LANG"].map(str::to_owned), variable);
        let home = section.optional("home", text).map(|path| section.reading.resolve(&path));
        let home_keep = section.list("home_keep", below_home);
        if let (Some(first), None) = (home_keep.iter().flatten().next(), &home) {
            section.contradiction(
                Some(first.span()),
                "agent.home_keep keeps something of a home that is not there.".to_owned(),
                "Name the folder as agent.home, or delete this line.",
            );
        }
        let mounts = section.list_or("mounts", [], mount);
        let reach = section.list("reach", endpoint);
        let sandbox = SandboxKind::read(section);
        if let (Some(list), SandboxKind::None) = (&reach, sandbox) {
            section.contradiction(
                list.first().map(Spanned::span),
                "agent.reach holds in a sandbox only, and this agent has none.".to_owned(),
                "Delete `sandbox = \"none\"`, or this line.",
            );
        }
        Some(Self {
            command: command?,
            env,
            home,
            home_keep: home_keep.into_iter().flatten().map(Spanned::into_inner).collect(),
            mounts,
            reach: reach.map(|list| list.into_iter().map(Spanned::into_inner).collect()),
            sandbox,
        })
    }
}

fn endpoint(value: &DeValue<'_>) -> Result<Endpoint, Wrong> {
    let text = text(value)?;
    let remedy = "Write it like \"api.example.com:443\", without https:// and *.";
    text.parse().map_err(|_| Wrong::not(&text, "host and port", remedy))
}

fn below_home(value: &DeValue<'_>) -> Result<PathBuf, Wrong> {
    let text = text(value)?;
    let path = Path::new(&text);
    match path.components().all(|part| matches!(part, Component::Normal(_))) && !text.is_empty() {
        true => Ok(path.to_owned()),
        false => {
            let remedy = "Write it from the home on, such as \".config/agent/key.json\".";
            Err(Wrong::not(&text, "path below the home", remedy))
        }
    }
}
