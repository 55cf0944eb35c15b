//! What a run says, as a guard says it.

use super::proof::FailToPassProof;
use super::unpassed::Unpassed;
use crate::confinement::{CannotRun, OutputEnd};
use crate::core::fail_to_pass::{FailToPass, Untold};
use crate::core::guards::{
    FindingCode, GuardFinding, GuardGrade, GuardName, GuardResult, Sentence,
};
use crate::core::script_guard::ScriptFinding;

/// How many of the last lines that a run printed are told.
const LINES: usize = 6;

/// The longest path that a script is believed to name.
pub(super) const LONGEST_PATH: usize = 300;

/// What a script found, or why it did not pass.
pub fn script_result(name: &str, found: Result<Vec<ScriptFinding>, Unpassed>) -> GuardResult {
    let guard = GuardName::Script(name.to_owned());
    let (seen, findings) = match found {
        Ok(found) if found.is_empty() => ("it ran and found nothing", Vec::new()),
        Ok(found) => {
            let findings = found.into_iter().map(|one| of_script(&guard, one)).collect();
            ("it ran", findings)
        }
        Err(why) => {
            let code = code_of(&why, FindingCode::ScriptBlocks);
            ("it did not pass", vec![GuardFinding::new(guard.clone(), code, sentence("", &why))])
        }
    };
    GuardResult::new(guard, Sentence::of(seen, &[]), findings)
}

/// What the tests of a change prove of it.
pub fn tests_result(proof: Result<FailToPassProof, CannotRun>) -> GuardResult {
    let guard = GuardName::FailToPass;
    let FailToPassProof { proved, settled_by } = match proof {
        Ok(proof) => proof,
        Err(why) => return not_run(guard, &why),
    };
    let found = |code, said| {
        let finding = GuardFinding::new(guard.clone(), code, said);
        GuardResult::new(guard.clone(), Sentence::of("the tests ran", &[]), vec![finding])
    };
    match proved {
        FailToPass::Proved => {
            GuardResult::passed(guard, "the tests fail without the new code, and pass with it")
        }
        FailToPass::NotPassed(_) => {
            const BEGIN: &str = "The tests do not pass. ";
            let said = settled_by.as_ref().map(|why| sentence(BEGIN, why));
            let code = settled_by.as_ref().map(|why| code_of(why, FindingCode::TestsNotPassed));
            found(
                code.unwrap_or(FindingCode::TestsNotPassed),
                said.unwrap_or_else(|| Sentence::of(BEGIN.trim_end(), &[])),
            )
        }
        FailToPass::ProvesNothing => {
            let said = "The tests pass without the new code as well: they prove nothing of it.";
            found(FindingCode::TestsProveNothing, Sentence::of(said, &[]))
        }
        FailToPass::CouldNotTell(why) => found(FindingCode::TestsNotProved, untold(why)),
    }
}

fn untold(why: Untold) -> Sentence {
    Sentence::of(&format!("Nobody can tell whether the tests prove the change: {why}."), &[])
}

/// What is said besides of the files that a command runs, and that ran as they are on the base:
/// from its merge on the head's would run.
pub fn with_command_files<'a>(
    result: GuardResult,
    paths: impl Iterator<Item = &'a String>,
) -> GuardResult {
    let GuardResult { guard, seen, mut findings, waits_for, lifted } = result;
    findings.extend(paths.map(|path| {
        let form = "{} changes, and this guard runs it: it ran as it is on the base branch.";
        let said = Sentence::of(form, &[path]);
        let finding = GuardFinding::new(guard.clone(), FindingCode::CommandFileChanged, said);
        finding.in_file(path, None)
    }));
    GuardResult { lifted, ..GuardResult::new(guard, seen, findings).waiting_for(waits_for) }
}

/// A guard that could not even begin.
pub fn not_run(guard: GuardName, why: &CannotRun) -> GuardResult {
    let code = match why.is_of_this_machine() {
        true => FindingCode::NotRun,
        false => FindingCode::CannotBeRead,
    };
    let finding = GuardFinding::new(guard.clone(), code, cannot("", why));
    GuardResult::new(guard, Sentence::of("it did not run", &[]), vec![finding])
}

fn of_script(guard: &GuardName, found: ScriptFinding) -> GuardFinding {
    let code = match found.grade {
        GuardGrade::Block => FindingCode::ScriptBlocks,
        GuardGrade::Ask => FindingCode::ScriptAsks,
        GuardGrade::Warn => FindingCode::ScriptWarns,
    };
    let finding = GuardFinding::new(guard.clone(), code, Sentence::of("{}", &[&found.said]));
    match found.path.filter(|path| path.len() <= LONGEST_PATH) {
        Some(path) => finding.in_file(&path, found.line),
        None => finding,
    }
}

/// The code of a run that did not pass: what is wrong with timmy's machine nobody mends who is
/// given the change back.
fn code_of(why: &Unpassed, code: FindingCode) -> FindingCode {
    match why {
        Unpassed::CouldNotRun(cannot) if cannot.is_of_this_machine() => FindingCode::NotRun,
        Unpassed::NotPrepared(why) => code_of(why, code),
        Unpassed::CouldNotRun(_)
        | Unpassed::Failed { .. }
        | Unpassed::OverTime { .. }
        | Unpassed::OverBound { .. }
        | Unpassed::NoAnswer { .. } => code,
    }
}

/// Why a run did not pass, with the end of what it printed. `begin` stands before it.
fn sentence(begin: &str, why: &Unpassed) -> Sentence {
    match why {
        Unpassed::CouldNotRun(why) => cannot(begin, why),
        Unpassed::NotPrepared(why) => sentence(
            &format!("{begin}What is run before it (guards.prepare) did not go well. "),
            why,
        ),
        Unpassed::NoAnswer { why, .. } => {
            Sentence::of(&format!("{begin}It gave no answer: {{}}."), &[&why.to_string()])
        }
        Unpassed::Failed { end, .. }
        | Unpassed::OverTime { end, .. }
        | Unpassed::OverBound { end, .. } => ended(&format!("{begin}{}.", capital(why)), end),
    }
}

fn cannot(begin: &str, why: &CannotRun) -> Sentence {
    let short = why.in_short();
    match why {
        CannotRun::NotStarted(said) => {
            Sentence::of(&format!("{begin}It could not be run: {short}: {{}}."), &[said])
        }
        _ if why.is_of_this_machine() => Sentence::of(
            &format!("{begin}It could not be run where I am: {short}. `timmy doctor` says more."),
            &[],
        ),
        _ => Sentence::of(&format!("{begin}It could not be run: {short}."), &[]),
    }
}

fn capital(why: &Unpassed) -> String {
    let text = why.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

/// How it ended, and the last lines of what it printed.
fn ended(how: &str, end: &OutputEnd) -> Sentence {
    let text = end.text();
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    match last {
        [] => Sentence::of(&format!("{how} It printed nothing."), &[]),
        [line] => Sentence::of(&format!("{how} The last that it printed: {{}}"), &[line]),
        lines => {
            let places = vec!["{}"; lines.len()].join(" ");
            Sentence::of(&format!("{how} The last that it printed: {places}"), lines)
        }
    }
}
