//! `[guards]`: what a result must stand up to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::program::{self, Program};
use super::quantity::duration;
use super::sandbox_kind::SandboxKind;
use super::section::Section;
use super::value::{Wrong, account, count, line, one_of, quoted, text, word};
use super::worker::Away;
use crate::core::guards::{CheckoutCommand, ExpectedChecks, GuardName, GuardRules};
use crate::core::model::glob::Glob;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `[guards]`: what a result must stand up to.
#[derive(Debug, Clone)]
pub struct GuardsConfig {
    /// What the guards take that are built in.
    pub rules: GuardRules,
    pub runs: GuardRuns,
    pub scripts: Vec<Script>,
    /// What the host is called whose worker runs them, as it is written.
    pub host: Option<String>,
    /// The same, if it is another one than this: none where they run here.
    pub away: Option<String>,
}

/// What is run of a checkout, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardRuns {
    /// Where scripts and tests run.
    pub sandbox: SandboxKind,
    /// What runs the tests of a checkout.
    pub test: Option<TestCommand>,
    /// What runs before each script, with network and without secrets.
    pub prepare: Option<CheckoutCommand>,
    /// What the sandbox may read besides, such as a toolchain.
    pub mounts: Vec<PathBuf>,
    /// How long the tests may take.
    pub test_timeout: Duration,
}

/// What runs the tests of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCommand {
    pub command: CheckoutCommand,
    /// What runs before it, in the same copy, with network and without secrets.
    pub prepare: Option<CheckoutCommand>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its name, unlike those of all other guards.
    pub name: String,
    pub kind: ScriptKind,
    pub command: Program,
    /// How long it may take before it counts as failed.
    pub timeout: Duration,
    /// A folder that it must not let pass.
    pub fixture: Option<PathBuf>,
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
    /// How long all that is run of one change may take, with some patience for others. Where the
    /// file names no tests, a repository may.
    pub(super) fn longest_runs(&self) -> Duration {
        let GuardRuns { test, prepare: prepare_of_scripts, test_timeout, sandbox, .. } = &self.runs;
        let prepare = |is_there: bool| if is_there { GuardRuns::PREPARE } else { Duration::ZERO };
        let tests = match test {
            Some(test) => (prepare(test.prepare.is_some()) + *test_timeout) * 3,
            None if *sandbox == SandboxKind::Bwrap => (GuardRuns::PREPARE + *test_timeout) * 3,
            None => Duration::ZERO,
        };
        let before = prepare(prepare_of_scripts.is_some());
        let scripts: Duration = self.scripts.iter().map(|script| before + script.timeout).sum();
        (tests + scripts) * 2
    }

    pub(super) fn read(section: &Section<'_>, workers: &Away) -> Self {
        let host = host(section, workers);
        let away = host.clone().filter(|host| workers.is(Some(host)));
        let (rules, runs) = (rules(section), GuardRuns::read(section));
        Self { rules, runs, scripts: scripts(section), host, away }
    }
}

/// The host on which they run, which a worker has to serve.
fn host(section: &Section<'_>, workers: &Away) -> Option<String> {
    let host = section.located("host", line)?;
    if let Some((why, remedy)) = workers.lack_for(host.get_ref()) {
        let message = format!("guards.host is {}, and {why}.", quoted(host.get_ref()));
        section.contradiction(Some(host.span()), message, remedy);
    }
    Some(host.into_inner())
}

fn rules(section: &Section<'_>) -> GuardRules {
    let default = GuardRules::default();
    GuardRules {
        checks: section.or("checks", default.checks, one_of(&ExpectedChecks::ALL)),
        checks_within: section.or("checks_within", default.checks_within, waiting()),
        trusted_reporters: section.list_or("trusted_reporters", default.trusted_reporters, account),
        protected: section.list_or("protected", default.protected, path),
        max_lines: section.or("max_lines", default.max_lines, max_lines()),
    }
}

/// How long checks may be waited for.
fn waiting() -> impl Fn(&DeValue<'_>) -> Result<Duration, Wrong> {
    duration(MINUTE..=DAY)
}

/// How many lines one pull request may change.
pub(super) fn max_lines() -> impl Fn(&DeValue<'_>) -> Result<u32, Wrong> {
    count(1..=1_000_000)
}

impl GuardRuns {
    /// How long what prepares a checkout may take.
    pub const PREPARE: Duration = MINUTE.saturating_mul(10);

    fn read(section: &Section<'_>) -> Self {
        let prepare = checkout_command(section, "prepare");
        let test = checkout_command(section, "test");
        Self {
            sandbox: section.or("sandbox", SandboxKind::Bwrap, one_of(&SandboxKind::ALL)),
            test: test.map(|command| TestCommand { command, prepare: prepare.clone() }),
            prepare,
            mounts: section.list_or("mounts", [], mount),
            test_timeout: section.or("test_timeout", MINUTE * 15, duration(SECOND..=DAY)),
        }
    }
}

/// The words of a command that runs in a checkout: a path in it counts from the checkout.
pub(super) fn checkout_command(
    section: &Section<'_>,
    key: &'static str,
) -> Option<CheckoutCommand> {
    section.raw(key)?;
    let words = section.need_list(key, program::argument)?;
    let place = words.first()?.span();
    let command = CheckoutCommand::new(words.into_iter().map(Spanned::into_inner).collect());
    if command.is_none() {
        let wrong = Wrong::new("begins with an empty name", "Write the program first.");
        section.wrong(key, place, wrong);
    }
    command
}

pub(super) fn mount(value: &DeValue<'_>) -> Result<PathBuf, Wrong> {
    let text = text(value)?;
    let path = Path::new(&text);
    match path.is_absolute() && path.parent().is_some() {
        true => Ok(path.to_owned()),
        false => {
            let remedy = "Write a folder or a file from the root on, such as \"/opt/toolchain\".";
            Err(Wrong::not(&text, "path that can be mounted", remedy))
        }
    }
}

/// A pattern of paths in a repository.
pub(super) fn path(value: &DeValue<'_>) -> Result<Glob, Wrong> {
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
        let fixture = section.optional("fixture", text);
        let fixture = fixture.map(|path| section.reading.resolve(&path));
        let name = name?;
        let span = name.span();
        let script =
            Self { name: name.into_inner(), kind: kind?, command: command?, timeout, fixture };
        Some(Spanned::new(span, script))
    }
}

fn script_name(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = word(value)?;
    match GuardName::is_built_in(&name) {
        true => Err(Wrong::new(
            format!("is {}, which is built in", quoted(&name)),
            "Choose another name.",
        )),
        false => Ok(name),
    }
}
