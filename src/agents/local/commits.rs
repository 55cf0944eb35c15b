//! How an attempt's commits are made and come out: by git in its sandbox, without network. What its
//! clone is set to do there is done there.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::trouble::LocalTrouble;
use crate::confinement::{
    Bounds, Confinement, Network, RunEnd, Session, SessionRequest, Workspace,
};
use crate::core::jobs::Commit;

/// The largest bundle.
pub const LARGEST: u64 = 128 << 20;

/// How long it may take.
const TIME: Duration = Duration::from_secs(5 * 60);

/// Commits what is not committed, with the message on its input, and prints a bundle of what follows
/// on `$1`; nothing if nothing does. Only the bundle is printed: all else is a complaint.
const SCRIPT: &str = r#"
begin=$1
exec 3>&1 >&2
g() {
    git -c safe.directory='*' -c core.hooksPath=/dev/null -c core.fsmonitor=false \
        -c commit.gpgSign=false -c gc.auto=0 -c maintenance.auto=false "$@"
}
# Whoever held it does not live any more.
rm -f .git/index.lock .git/HEAD.lock
g add --all || exit 10
if ! g diff --cached --quiet; then
    g commit --quiet --no-verify --cleanup=verbatim -F - || exit 10
fi
[ "$(g rev-list --count "$begin..HEAD")" = 0 ] && exit 0
g bundle create --quiet - "$begin..HEAD" >&3
"#;

/// Where and by whom commits are made.
pub(super) struct CommitPlace<'a> {
    pub(super) confinement: &'a Confinement,
    pub(super) workspace: &'a Workspace,
    pub(super) bounds: Bounds,
    /// A name and an address.
    pub(super) author: (&'a str, &'a str),
    /// Where bundles lie on their way.
    pub(super) fetched: &'a Path,
}

impl CommitPlace<'_> {
    /// A bundle of all that follows on `begin`; none if nothing does. Nothing of the agent may live.
    pub(super) async fn bundle(
        &self,
        begin: &Commit,
        message: &str,
    ) -> Result<Option<NamedTempFile>, LocalTrouble> {
        let words = ["sh", "-c", SCRIPT, "sh", &begin.to_string()].map(str::to_owned);
        let variables = self.variables();
        let request = SessionRequest {
            words: &words,
            variables: &variables,
            network: Network::Own,
            bounds: Bounds { time: TIME, ..self.bounds },
        };
        let mut session = self.confinement.begin(self.workspace, &request).await?;
        let file = NamedTempFile::new_in(self.fetched)?;
        let written = self.talk(&mut session, (message, &file)).await;
        let end = session.end().await?;
        let written = written?;
        let said = end.complaints.text();
        let said = said.trim().lines().last().unwrap_or_default().to_owned();
        match end.end {
            Some(RunEnd::Exited(0)) if written == 0 => Ok(None),
            Some(RunEnd::Exited(0)) => Ok(Some(file)),
            None if written > LARGEST => {
                Err(LocalTrouble::NoCommit(format!("it is more than {LARGEST} bytes")))
            }
            Some(RunEnd::OverTime | RunEnd::Over(_)) => {
                Err(LocalTrouble::NoCommit("it takes more time or room than it may".to_owned()))
            }
            Some(RunEnd::Exited(_)) | None => Err(LocalTrouble::NoCommit(said)),
        }
    }

    /// Tells the message, and writes what is printed to `file`: how much that is.
    async fn talk(
        &self,
        session: &mut Session,
        (message, file): (&str, &NamedTempFile),
    ) -> Result<u64, LocalTrouble> {
        let mut to = tokio::fs::File::from_std(file.reopen()?);
        let (input, output) = (session.input.take(), session.output.take());
        let telling = async {
            if let Some(mut input) = input {
                // Where nothing is to be committed nobody reads it.
                let _ = input.write_all(message.as_bytes()).await;
            }
        };
        let reading = async {
            let Some(output) = output else { return Ok(0) };
            tokio::io::copy(&mut output.take(LARGEST + 1), &mut to).await
        };
        let ((), written) = tokio::join!(telling, reading);
        let written = written?;
        to.flush().await?;
        if written <= LARGEST {
            // It has printed all; it only has to end.
            let _ = session.ended().await;
        }
        Ok(written)
    }

    fn variables(&self) -> Vec<(String, OsString)> {
        let (name, address) = self.author;
        let of = |role: &str| {
            [
                (format!("GIT_{role}_NAME"), OsString::from(name)),
                (format!("GIT_{role}_EMAIL"), OsString::from(address)),
            ]
        };
        [of("AUTHOR"), of("COMMITTER")].concat()
    }
}
