//! How commits get out of a workspace: as a bundle, which is read as what comes from outside.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::Stdio;

use super::bounds::Bounds;
use super::cannot_run::CannotRun;
use super::git::{Repository, git, git_command};
use super::git_run::bounded;
use super::watch::RunEnd;
use crate::core::jobs::Commit;

/// How the first line of a bundle reads.
const SIGNATURE: &str = "# v2 git bundle\n";

/// The most lines that stand before what it packs, and how long each may be.
const MOST_LINES: usize = 1000;
const LONGEST_LINE: u64 = 4 << 10;

/// Where what came in is held, so that git finds it.
const HELD: &str = "refs/timmy/held";

impl Repository {
    /// Takes the commits of `bundle` in, each object checked; its head. `bounds`: what that may take,
    /// and how large it may be (`file`).
    ///
    /// # Errors
    /// If it is no bundle of sound objects that fits to what is here.
    pub async fn take_in(&self, bundle: &Path, bounds: &Bounds) -> Result<Commit, CannotRun> {
        let refused = |said: String| CannotRun::Git { command: "bundle".to_owned(), said };
        let mut file = File::open(bundle)?;
        let (head, start) = read_header(&file).map_err(refused)?;
        file.seek(SeekFrom::Start(start))?;
        let mut command = git_command(self.folder(), "file");
        command.args(["index-pack", "--stdin", "--fix-thin", "--strict"]);
        command.arg(format!("--max-input-size={}", bounds.file)).stdin(Stdio::from(file));
        match bounded(command, self.folder(), bounds).await? {
            (RunEnd::Exited(0), _) => {}
            (RunEnd::Exited(_), said) => return Err(refused(said)),
            (RunEnd::OverTime | RunEnd::Over(_), _) => {
                return Err(refused("it unpacks to more than it may".to_owned()));
            }
        }
        let commit = head.to_string();
        let kind = git(self.folder(), &["cat-file", "-t", &commit], b"").await?;
        if kind.trim_ascii() != b"commit" {
            return Err(refused("its head is no commit".to_owned()));
        }
        git(self.folder(), &["update-ref", HELD, &commit], b"").await?;
        Ok(head)
    }
}

/// The commit that a bundle has as its `HEAD`, and where in it the objects begin.
fn read_header(file: &File) -> Result<(Commit, u64), String> {
    let mut reader = BufReader::new(file);
    let (mut start, mut head) = (0, None);
    for number in 0..MOST_LINES {
        let mut line = Vec::new();
        let mut bounded = reader.by_ref().take(LONGEST_LINE);
        let length = bounded.read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        start += length as u64;
        let line = String::from_utf8_lossy(&line);
        match (number, line.as_ref()) {
            (0, SIGNATURE) => {}
            (0, _) => return Err("it does not begin as a bundle does".to_owned()),
            (_, "\n") => {
                return head.map(|head| (head, start)).ok_or("it has no HEAD".to_owned());
            }
            (_, line) if !line.ends_with('\n') => break,
            // What must be here before: whether it is, the objects themselves tell.
            (_, line) if line.starts_with('-') => {}
            (_, line) => {
                let named = line.trim_end().strip_suffix(" HEAD");
                head = head.or(named.and_then(|commit| commit.parse().ok()));
            }
        }
    }
    Err("its head is longer than that of any bundle".to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use crate::confinement::bundle::*;

    fn header(text: &str) -> Result<(String, u64), String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        read_header(&file).map(|(head, start)| (head.to_string(), start))
    }

    #[test]
    fn the_head_of_a_bundle_is_read_and_nothing_else() {
        let commit = "8b195ee0".repeat(5);
        let good = format!("# v2 git bundle\n-{commit} A door\n{commit} HEAD\n\nPACK");
        assert_eq!(header(&good), Ok((commit.clone(), good.len() as u64 - 4)));
        for bad in [
            String::new(),
            "PACK".to_owned(),
            "# v3 git bundle\n@object-format=sha256\n\n".to_owned(),
            format!("# v2 git bundle\n{commit} refs/heads/main\n\nPACK"),
            format!("# v2 git bundle\n{commit} HEAD\nPACK"),
            format!("# v2 git bundle\n{}", "x".repeat(10_000)),
            format!("# v2 git bundle\n{}", format!("-{commit}\n").repeat(MOST_LINES)),
        ] {
            assert!(header(&bad).is_err(), "{bad}");
        }
    }
}
