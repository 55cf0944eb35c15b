//! `[guards]` and `[accept]`: what a result must stand up to, and who says yes to it.

use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::glob::Glob;
use super::program::Program;
use super::quantity::duration;
use super::section::Section;
use super::value::{Wrong, account, count, one_of, quoted, text, word};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The guards that are built in; no script may take their names.
const BUILT_IN: [&str; 11] = [
    "artifact",
    "substance",
    "checks",
    "tests",
    "protected",
    "secrets",
    "size",
    "claims",
    "author",
    "duplicate",
    "base",
];

/// `[guards]`: what a result must stand up to.
#[derive(Debug, Clone)]
pub struct GuardsConfig {
    /// Whether a commit without checks passes.
    pub checks: Checks,
    /// Accounts whose commit statuses count as checks.
    pub trusted_reporters: Vec<String>,
    /// Paths that no agent changes unasked.
    pub protected: Vec<Glob>,
    /// The most lines that one pull request changes.
    pub max_lines: u32,
    pub scripts: Vec<Script>,
}

/// Whether a commit without checks passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// It does; checks that exist must be green.
    IfPresent,
    /// It fails.
    Required,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its name, unlike those of all other guards.
    pub name: String,
    pub kind: ScriptKind,
    pub command: Program,
    /// How long it may take before it counts as failed.
    pub timeout: Duration,
}

/// How a script gets its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptKind {
    /// Run in a checkout of the commit; exit code 0 passes.
    ExitCode,
    /// Facts as JSON on its input, a verdict as JSON on its output.
    Json,
}

impl GuardsConfig {
    pub(super) fn read(section: &Section<'_>) -> Self {
        const CHECKS: [(&str, Checks); 2] =
            [("if_present", Checks::IfPresent), ("required", Checks::Required)];
        let default = [".gitea/**", ".github/**", "ci/**", "**/*.lock"];
        Self {
            checks: section.or("checks", Checks::IfPresent, one_of(&CHECKS)),
            trusted_reporters: section.list_or(
                "trusted_reporters",
                ["gitea-actions".to_owned()],
                account,
            ),
            protected: section.list_or(
                "protected",
                default.into_iter().filter_map(Glob::new),
                path,
            ),
            max_lines: section.or("max_lines", 800, count(1..=1_000_000)),
            scripts: scripts(section),
        }
    }
}

fn path(value: &DeValue<'_>) -> Result<Glob, Wrong> {
    let text = text(value)?;
    Glob::new(&text).ok_or_else(|| {
        let remedy = "Write paths from the root of the repository, without a slash at either end, \
                      such as \"ci/**\" or \"**/*.lock\".";
        Wrong::not(&text, "pattern of paths", remedy)
    })
}

fn scripts(section: &Section<'_>) -> Vec<Script> {
    let mut scripts: Vec<Script> = Vec::new();
    for script in section.tables("script", Script::read).into_iter().flatten() {
        let span = script.span();
        let script = script.into_inner();
        if scripts.iter().any(|other| other.name == script.name) {
            section.contradiction(
                Some(span),
                format!("guards.script.name {} stands twice.", quoted(&script.name)),
                "Give each script a name of its own.",
            );
        }
        scripts.push(script);
    }
    scripts
}

impl Script {
    /// The script with the place of its name.
    fn read(section: &Section<'_>) -> Option<Spanned<Self>> {
        const KINDS: [(&str, ScriptKind); 2] =
            [("exit_code", ScriptKind::ExitCode), ("json", ScriptKind::Json)];
        let name = section.need_located("name", script_name);
        let kind = section.need("kind", one_of(&KINDS));
        let command = Program::read(section);
        let timeout = section.or("timeout", SECOND * 120, duration(SECOND..=HOUR));
        let name = name?;
        let span = name.span();
        let script = Self { name: name.into_inner(), kind: kind?, command: command?, timeout };
        Some(Spanned::new(span, script))
    }
}

fn script_name(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = word(value)?;
    match BUILT_IN.contains(&name.as_str()) {
        true => Err(Wrong::new(
            format!("is {}, which is built in", quoted(&name)),
            "Choose another name.",
        )),
        false => Ok(name),
    }
}

/// `[accept]`: what happens with a verified result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptConfig {
    /// What timmy does once a person says yes.
    pub ask: Ask,
    pub style: MergeStyle,
    /// When a decision is brought up again.
    pub remind: Duration,
    /// When a decision takes its default; not before it was brought up again.
    pub expire: Duration,
}

/// What a person is asked about a verified result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// On yes timmy reviews and merges.
    Merge,
    /// On yes timmy reviews.
    Review,
    /// Nothing: results stay for people to merge.
    Never,
}

/// How Gitea merges a pull request (`Do` in its API).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeStyle {
    Merge,
    Rebase,
    /// Rebased, with a merge commit.
    RebaseMerge,
    Squash,
    /// Only if no merge commit is needed.
    FastForwardOnly,
}

impl MergeStyle {
    const ALL: [(&'static str, Self); 5] = [
        ("squash", Self::Squash),
        ("merge", Self::Merge),
        ("rebase", Self::Rebase),
        ("rebase-merge", Self::RebaseMerge),
        ("fast-forward-only", Self::FastForwardOnly),
    ];

    /// The word for it in Gitea's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::RebaseMerge => "rebase-merge",
            Self::Squash => "squash",
            Self::FastForwardOnly => "fast-forward-only",
        }
    }
}

impl AcceptConfig {
    pub(super) fn read(section: &Section<'_>) -> Self {
        const ASK: [(&str, Ask); 3] =
            [("merge", Ask::Merge), ("review", Ask::Review), ("never", Ask::Never)];
        let range = HOUR..=DAY * 365;
        let accept = Self {
            ask: section.or("ask", Ask::Merge, one_of(&ASK)),
            style: section.or("style", MergeStyle::Squash, one_of(&MergeStyle::ALL)),
            remind: section.or("remind", DAY, duration(range.clone())),
            expire: section.or("expire", DAY * 7, duration(range)),
        };
        if accept.remind > accept.expire {
            section.contradiction(
                None,
                "accept.remind is longer than accept.expire.".to_owned(),
                "Remind sooner, or let decisions wait longer.",
            );
        }
        accept
    }
}

#[cfg(test)]
mod tests {
    use super::MergeStyle;

    #[test]
    fn styles_are_read_from_the_words_of_gitea() {
        for (word, style) in MergeStyle::ALL {
            assert_eq!(style.as_str(), word);
        }
    }
}
