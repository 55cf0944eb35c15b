//! `kind = "acp"`: a program that speaks the Agent Client Protocol over its input and output.

use super::local::LocalConfig;
use super::sandbox_kind::SandboxKind;
use super::section::Section;
use super::value::{flag, line, one_of};

/// The mode in which agents are that nobody wrote another one for.
pub const DEFAULT_MODE: &str = "default";

/// How an agent of that kind is started, and what it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcpConfig {
    pub local: LocalConfig,
    /// What the agent calls the mode that it is put into.
    pub mode: String,
    /// What it may do without a question.
    pub permissions: Vec<AcpPermission>,
    /// Whether the rest is denied; else a person is asked.
    pub deny: bool,
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
        let local = LocalConfig::read(section);
        let mode = section.or("mode", DEFAULT_MODE.to_owned(), line);
        let sandbox = local.as_ref().map_or(SandboxKind::Bwrap, |local| local.sandbox);
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
        Some(Self { local: local?, mode, permissions, deny })
    }
}
