//! `kind = "acp"`: a program that speaks the Agent Client Protocol over its input and output.

use std::path::{Component, Path, PathBuf};

use toml::Spanned;
use toml::de::DeValue;

use super::program::Program;
use super::section::Section;
use super::value::{Wrong, flag, host_and_port, line, one_of, text};

/// The mode in which agents are that nobody wrote another one for.
pub const DEFAULT_MODE: &str = "default";

/// How an agent of that kind is started, and what it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcpConfig {
    pub command: Program,
    /// What the agent calls the mode that it is put into.
    pub mode: String,
    /// The folder that is copied for each attempt and is its home there.
    pub home: Option<PathBuf>,
    /// What is written back into `home` after an attempt: paths below it.
    pub home_keep: Vec<PathBuf>,
    /// The only servers that it reaches, as `host:port`; none for the network of this machine.
    pub reach: Option<Vec<String>>,
    pub sandbox: SandboxKind,
    /// What it may do without a question.
    pub permissions: Vec<AcpPermission>,
    /// Whether the rest is denied; else a person is asked.
    pub deny: bool,
}

/// What keeps in a program that an agent is, or wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxKind {
    Bwrap,
    /// It runs with the rights of timmy itself.
    None,
}

impl SandboxKind {
    pub(super) const ALL: [(&'static str, Self); 2] =
        [("bwrap", Self::Bwrap), ("none", Self::None)];
}

/// The kinds of tools that the protocol knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcpPermission {
    Read,
    Edit,
    Delete,
    Move,
    Search,
    Execute,
    Think,
    Fetch,
    Other,
}

impl AcpPermission {
    const ALL: [(&'static str, Self); 9] = [
        ("read", Self::Read),
        ("edit", Self::Edit),
        ("delete", Self::Delete),
        ("move", Self::Move),
        ("search", Self::Search),
        ("execute", Self::Execute),
        ("think", Self::Think),
        ("fetch", Self::Fetch),
        ("other", Self::Other),
    ];

    /// The kind that the protocol calls `word`.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(known, kind)| (known == word).then_some(kind))
    }
}

impl AcpConfig {
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let command = Program::read(section);
        let mode = section.or("mode", DEFAULT_MODE.to_owned(), line);
        let home = section.optional("home", text).map(|path| section.reading.resolve(&path));
        let home_keep = section.list("home_keep", below_home);
        if let (Some(first), None) = (home_keep.iter().flatten().next(), &home) {
            section.contradiction(
                Some(first.span()),
                "agent.home_keep keeps something of a home that is not there.".to_owned(),
                "Name the folder as agent.home, or delete this line.",
            );
        }
        let reach = section.list("reach", host_and_port);
        let sandbox = section.or("sandbox", SandboxKind::Bwrap, one_of(&SandboxKind::ALL));
        let allowed: &[AcpPermission] = match sandbox {
            SandboxKind::Bwrap => &[
                AcpPermission::Read,
                AcpPermission::Edit,
                AcpPermission::Execute,
                AcpPermission::Fetch,
            ],
            SandboxKind::None => &[AcpPermission::Read],
        };
        let permissions =
            section.list_or("permissions", allowed.iter().copied(), one_of(&AcpPermission::ALL));
        let deny = section.or("deny", false, flag);
        let plain = |list: Vec<Spanned<PathBuf>>| list.into_iter().map(Spanned::into_inner);
        Some(Self {
            command: command?,
            mode,
            home,
            home_keep: home_keep.map(|list| plain(list).collect()).unwrap_or_default(),
            reach: reach.map(|list| list.into_iter().map(Spanned::into_inner).collect()),
            sandbox,
            permissions,
            deny,
        })
    }
}

fn below_home(value: &DeValue<'_>) -> Result<PathBuf, Wrong> {
    let text = text(value)?;
    let path = Path::new(&text);
    match path.components().all(|part| matches!(part, Component::Normal(_))) {
        true => Ok(path.to_owned()),
        false => {
            let remedy = "Write it from the home on, such as \".config/agent/key.json\".";
            Err(Wrong::not(&text, "path below the home", remedy))
        }
    }
}
