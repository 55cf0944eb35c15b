//! The guard `protected`: what no agent changes unasked.

use super::code::FindingCode;
use super::diff::{Diff, DiffFile, FileMode};
use super::finding::GuardFinding;
use super::name::GuardName;
use super::paths::{is_lint_rule, is_lock_file, is_workflow, name_of, steers_agents};
use super::result::GuardResult;
use super::rules::GuardRules;
use super::sentence::{Sentence, counted};
use crate::core::model::glob::Glob;

/// What stands in the place of a file of Git LFS.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Judges which files `diff` changes.
pub fn protected(diff: &Diff<'_>, rules: &GuardRules) -> GuardResult {
    let findings: Vec<_> = diff.files.iter().filter_map(|file| protects(file, rules)).collect();
    let seen = format!("{}, none protected", counted(diff.files.len(), "file"));
    GuardResult::new(GuardName::Protected, Sentence::of(&seen, &[]), findings)
}

/// Whether no agent changes what is at `path` unasked, as far as its name says; `globs`: what is
/// configured as protected.
pub fn is_protected(path: &str, globs: &[Glob]) -> bool {
    steers_agents(path)
        || is_workflow(path)
        || is_lint_rule(path)
        || globs.iter().any(|glob| glob.matches(path))
}

/// The gravest thing that is to be said of a file.
fn protects(file: &DiffFile<'_>, rules: &GuardRules) -> Option<GuardFinding> {
    let changed = |is: &dyn Fn(&str) -> bool| file.changed_paths().any(is);
    let (code, form) = if changed(&|path| steers_agents(path)) {
        (FindingCode::SteersAgents, "{} tells agents what to do.")
    } else if changed(&|path| is_workflow(path)) {
        (FindingCode::WorkflowChanged, "{} says what CI runs.")
    } else if changed(&|path| rules.protected.iter().any(|glob| glob.matches(path))) {
        (FindingCode::ProtectedPath, "{} is protected.")
    } else if changed(&|path| is_lint_rule(path)) {
        (FindingCode::LintChanged, "{} says what linters and hooks let pass.")
    } else if file.is_ever(FileMode::Submodule) || changed(&|path| path == ".gitmodules") {
        (FindingCode::SubmoduleChanged, "{} takes code from another repository.")
    } else if is_link(file) {
        return Some(link(file));
    } else if changed(&|path| name_of(path) == ".gitattributes") {
        (FindingCode::AttributesChanged, "{} says what git shows of files, and how it merges them.")
    } else if is_large_file(file) {
        (
            FindingCode::LargeFileChanged,
            "{} stands in Git LFS: what changes in it is not in the diff.",
        )
    } else if changed(&|path| is_lock_file(path)) {
        (FindingCode::LockFile, "{} changes.")
    } else {
        return None;
    };
    let path = file.path();
    let said = Sentence::of(form, &[path]);
    Some(GuardFinding::new(GuardName::Protected, code, said).in_file(path, None))
}

/// Whether a link is set; taking one away harms nobody.
fn is_link(file: &DiffFile<'_>) -> bool {
    file.after.as_ref().is_some_and(|after| after.mode == Some(FileMode::Link))
}

fn link(file: &DiffFile<'_>) -> GuardFinding {
    let target = file.added().next().map(|line| line.said()).unwrap_or_default();
    let said = Sentence::of("{} is a link, and leads to {}.", &[file.path(), &target]);
    GuardFinding::new(GuardName::Protected, FindingCode::LinkAdded, said).in_file(file.path(), None)
}

fn is_large_file(file: &DiffFile<'_>) -> bool {
    file.lines().take(4).any(|line| line.text.starts_with(LFS_POINTER))
}
