//! The ledger: who owns it, where it lies, and whether another one answers to the same name.

use std::io;
use std::io::ErrorKind::{QuotaExceeded, StorageFull};
use std::path::Path;
use std::time::Duration;

use super::check_result::CheckResult;
use crate::core::model::account::Account;
use crate::core::model::time::{Timestamp, rounded};
use crate::gitea::Gitea;
use crate::store::{self, Holder, Ledger, OpenError, Readers, meta, ownership};

const LEDGER: &str = "ledger";
const DISK: &str = "disk";
const SERVE: &str = "serve";
const NEW_LEDGER: &str = "new ledger";

/// How far back a lost claim matters.
const RECENT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// With less space than this a warning, with less than the second it is broken; in MiB. A ledger
/// of a hundred thousand issues takes about 100.
const LITTLE: u64 = 256;
const TOO_LITTLE: u64 = 16;

/// Whether a `serve` runs on this ledger.
pub(super) fn judge_holder(holder: &io::Result<Holder>) -> CheckResult {
    match holder {
        Ok(Holder::Process(Some(pid))) => {
            CheckResult::good(SERVE, format!("timmy serve runs, as process {pid}."))
        }
        Ok(Holder::Process(None)) => CheckResult::good(SERVE, "timmy serve runs."),
        Ok(Holder::Stray(pid)) => {
            let process = pid.map_or_else(String::new, |pid| format!(", process {pid},"));
            CheckResult::broken(
                SERVE,
                format!(
                    "The running timmy serve{process} has its ledger in a file that does not lie \
                     at ledger.path any more: it was deleted, moved or replaced."
                ),
                "It ends within a minute. Put the right ledger or a backup there before it starts \
                 again, else it knows nothing of what was.",
            )
        }
        Ok(Holder::Nobody) => CheckResult::warning(
            SERVE,
            "timmy serve does not run.",
            "Start it: timmy serve, or the unit of your system.",
        ),
        Err(error) => CheckResult::warning(
            SERVE,
            format!("Whether timmy serve runs cannot be seen: {error}."),
            "Run timmy doctor as the user that runs timmy.",
        ),
    }
}

/// Opens the ledger to read in it; none if there is none yet, which is good as well.
pub(super) fn open(path: &Path) -> (Option<Readers>, Option<CheckResult>) {
    match Ledger::open_read_only(path) {
        Ok(readers) => (Some(readers), None),
        Err(OpenError::Missing { .. }) => (None, None),
        Err(error) => {
            let remedy = "Run timmy doctor as the user that runs timmy. If that is not it, restore \
                          a backup, or point ledger.path to a new file.";
            (None, Some(CheckResult::broken(LEDGER, format!("{}.", upper(&error)), remedy)))
        }
    }
}

fn upper(error: &OpenError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

/// Whether another ledger took texts from this one.
pub(super) async fn check_claims(readers: &Readers, now: Timestamp) -> CheckResult {
    match readers.read(move |conn| ownership::lost(conn, now.before(RECENT))).await {
        Ok(0) => CheckResult::good(LEDGER, "No other ledger answers for this account."),
        Ok(lost) => CheckResult::broken(
            LEDGER,
            format!("In the last 7 days another timmy was quicker to take a text ({lost} in all)."),
            "Two timmys use one account: stop one of them, or give it an account of its own. If \
             another ledger was used for a while, and is no longer, nothing is to be done.",
        ),
        Err(error) => CheckResult::broken(
            LEDGER,
            format!("It cannot be read: {error}."),
            "Restore a backup, or point ledger.path to a new file.",
        ),
    }
}

/// Whether the account answered before its ledger began; only what is worth a word.
pub(super) async fn check_start(
    readers: Option<&Readers>,
    gitea: &Gitea,
    own: &Account,
    now: Timestamp,
) -> Option<CheckResult> {
    let (began, answered) = match readers {
        Some(readers) => {
            let start = readers.read(|conn| meta::get(conn, meta::LEDGER_START)).await.ok()??;
            (Some(start.at), start.answered?)
        }
        // The next start makes one.
        None => (None, gitea.own_replies(&own.login).await.ok()?.first()?.at),
    };
    judge_start(began, answered, now)
}

fn judge_start(
    began: Option<Timestamp>,
    answered: Timestamp,
    now: Timestamp,
) -> Option<CheckResult> {
    let last = rounded(now.since(answered));
    let found = match began {
        Some(at) if at.is_over(RECENT, now) => return None,
        Some(at) => format!(
            "The ledger began {} ago, but the account answered before that, last {last} ago.",
            rounded(now.since(at))
        ),
        None => format!(
            "There is no ledger at ledger.path, but the account answered before, last {last} ago."
        ),
    };
    let remedy = "What was on hold, snoozed, paused or delegated is forgotten. If that is not \
                  meant, stop timmy serve, put the former ledger or a backup at ledger.path, and \
                  start it again.";
    Some(CheckResult::warning(NEW_LEDGER, found, remedy))
}

/// Whether the ledger's folder can be written to, and has room.
pub(super) fn check_disk(ledger: &Path) -> CheckResult {
    let folder = match ledger.parent() {
        Some(folder) if folder.as_os_str() != "" => folder,
        _ => Path::new("."),
    };
    judge_disk(folder, &write_there(folder), free(folder))
}

/// Proves that files can be made there: writes one and deletes it.
fn write_there(folder: &Path) -> io::Result<()> {
    let trial = folder.join(format!(".timmy-doctor-{}", std::process::id()));
    std::fs::write(&trial, "a trial of timmy doctor\n")?;
    std::fs::remove_file(&trial)
}

/// The space in MiB that is left to a user without privileges; none if the system does not say.
fn free(folder: &Path) -> Option<u64> {
    Some(fs4::available_space(folder).ok()? / (1024 * 1024))
}

fn judge_disk(folder: &Path, writing: &io::Result<()>, free: Option<u64>) -> CheckResult {
    let disk = store::file_system(folder);
    let disk = disk.map_or_else(|| "its disk".to_owned(), |disk| format!("{}", disk.display()));
    let folder = folder.display();
    let remedy = "Make room, or point ledger.path elsewhere.";
    match writing {
        Ok(()) => {}
        Err(error) if matches!(error.kind(), StorageFull | QuotaExceeded) => {
            let found = format!("{folder}, where the ledger lies, is full: {error}, on {disk}.");
            return CheckResult::broken(DISK, found, remedy);
        }
        Err(error) => {
            return CheckResult::broken(
                DISK,
                format!("In {folder}, where the ledger lies, nothing can be written: {error}."),
                "Let the user that runs timmy own that folder, or point ledger.path elsewhere.",
            );
        }
    }
    match free {
        Some(mib) if mib < TOO_LITTLE => {
            CheckResult::broken(DISK, format!("{folder} has {mib} MiB left, on {disk}."), remedy)
        }
        Some(mib) if mib < LITTLE => {
            CheckResult::warning(DISK, format!("{folder} has {mib} MiB left, on {disk}."), remedy)
        }
        Some(_) => CheckResult::good(DISK, "The ledger's folder can be written to, and has room."),
        None => CheckResult::good(DISK, "The ledger's folder can be written to."),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::ledger::*;

    #[test]
    fn a_full_disk_is_broken_a_filling_one_a_warning() {
        let state = |mib| judge_disk(Path::new("."), &Ok(()), mib).state;
        assert_eq!(state(Some(15)), CheckGrade::Broken);
        assert_eq!(state(Some(255)), CheckGrade::Warning);
        assert_eq!(state(Some(256)), CheckGrade::Good);
        assert_eq!(state(None), CheckGrade::Good);
        let denied = Err(io::ErrorKind::PermissionDenied.into());
        assert_eq!(judge_disk(Path::new("."), &denied, Some(5000)).state, CheckGrade::Broken);
        let full = judge_disk(Path::new("."), &Err(StorageFull.into()), Some(0));
        assert!(full.found.starts_with("., where the ledger lies, is full: "), "{}", full.found);
        assert!(full.remedy.is_some_and(|remedy| remedy.starts_with("Make room")));
    }

    #[test]
    fn the_room_of_a_folder_is_known() {
        assert!(free(Path::new(".")).is_some_and(|mib| mib > 0));
        assert_eq!(free(Path::new("no/such/folder")), None);
    }
}
