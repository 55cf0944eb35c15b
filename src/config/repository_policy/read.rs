//! Reads `.timmy.toml`, as strictly as the central file.

use std::io;
use std::path::Path;

use toml::Spanned;
use toml::de::DeTable;

use super::RepositoryPolicy;
use crate::config::guards::{checkout_command, max_lines, path};
use crate::config::problem::{Problem, Problems};
use crate::config::reading::ConfigReading;
use crate::config::role::Role;
use crate::config::section::Section;
use crate::config::syntax;
use crate::config::value::{agent_text, one_of, word};
use crate::config::world::Outside;
use crate::core::guards::ExpectedChecks;
use crate::core::reply::Autonomy;

/// What the file is called.
const NAME: &str = ".timmy.toml";

/// The longest file that is read, in bytes, and the longest instructions, in characters.
const LONGEST: usize = 64 << 10;
const LONGEST_INSTRUCTIONS: usize = 4000;

/// Reads the text of the file.
///
/// # Errors
/// All that is wrong with it. Then it says nothing at all: part of a policy is another policy.
pub fn read_repository_policy(text: &str) -> Result<RepositoryPolicy, Problems> {
    if text.len() > LONGEST {
        return Err(too_long());
    }
    let no_file = |_: &Path| Err(io::ErrorKind::NotFound.into());
    let world = Outside { env: &|_| None, secret_file: &no_file };
    let reading = ConfigReading::new(text, Path::new(NAME), world);
    let (table, errors) = DeTable::parse_recoverable(text);
    syntax::note(&reading, errors);
    let policy = Section::root(&reading, table.get_ref(), policy);
    reading.finish(policy).map(|(policy, _)| policy)
}

fn too_long() -> Problems {
    Problems(vec![Problem {
        origin: NAME.to_owned(),
        place: None,
        message: "this file is too long.".to_owned(),
        remedy: "Write at most 64 KiB; documents for agents belong into files of their own.".into(),
    }])
}

fn policy(root: &Section<'_>) -> Option<RepositoryPolicy> {
    const MODES: [(&str, Autonomy); 3] =
        [("off", Autonomy::Off), ("suggest", Autonomy::Suggest), ("auto", Autonomy::Auto)];
    let plain = |list: Vec<Spanned<String>>| list.into_iter().map(Spanned::into_inner).collect();
    let roles = |list: Vec<Spanned<Role>>| list.into_iter().map(Spanned::into_inner).collect();
    let mut policy = RepositoryPolicy {
        mode: root.optional("mode", one_of(&MODES)),
        agents: root.list("agents", word).map(plain),
        roles: root.list("roles", one_of(&Role::ALL)).map(roles),
        instructions: root.optional("instructions", agent_text(LONGEST_INSTRUCTIONS)),
        ..RepositoryPolicy::default()
    };
    root.table("guards", |guards| {
        policy.checks = guards.optional("checks", one_of(&ExpectedChecks::ALL));
        policy.protected = guards.list_or("protected", [], path);
        policy.max_lines = guards.optional("max_lines", max_lines());
        policy.test = checkout_command(guards, "test");
        policy.prepare = checkout_command(guards, "prepare");
    })?;
    Some(policy)
}
