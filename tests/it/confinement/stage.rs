//! A place for runs, a repository, and whether this machine can confine anything.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use timmy::confinement::{
    Bounds, CannotRun, Confinement, FinishedRun, Network, OutputForm, Repository, RunRequest,
    Workspace,
};
use timmy::core::jobs::Commit;

use crate::support::process::PATIENCE;
use crate::support::work_tree::WorkTree;

/// Begins a test that needs `bwrap`. Where that does not work the test says so and is over; where
/// everything has to be tested it fails.
macro_rules! staged {
    () => {
        match crate::confinement::stage::Stage::set().await {
            Some(stage) => stage,
            None => return,
        }
    };
}
pub(crate) use staged;

pub struct Stage {
    place: TempDir,
    pub confinement: Confinement,
}

impl Stage {
    pub async fn set() -> Option<Self> {
        let stage =
            Self { place: open_folder(), confinement: Confinement::bwrap(&[], &[]).unwrap() };
        match stage.confinement.check(stage.place()).await {
            Ok(()) => Some(stage),
            Err(error) => {
                let must = std::env::var("CI").is_ok_and(|value| value == "true");
                assert!(!must, "nothing can be confined here: {error}. {}", error.remedy());
                // Not `eprintln!`, which is shown of failing tests only.
                let said = format!("\nSKIPPED, NOTHING CAN BE CONFINED HERE: {error}.\n");
                let _ = std::io::stderr().write_all(said.as_bytes());
                None
            }
        }
    }

    pub fn with(self, confinement: Confinement) -> Self {
        Self { confinement, ..self }
    }

    /// Where workspaces are made.
    pub fn place(&self) -> &Path {
        self.place.path()
    }

    pub async fn workspace(&self) -> Workspace {
        Workspace::with_nothing(self.place()).await.unwrap()
    }

    /// Runs a script of the shell in an empty workspace, which is thrown away.
    pub async fn shell(&self, script: &str, bounds: Bounds) -> FinishedRun {
        let workspace = self.workspace().await;
        let run = self.shell_in(&workspace, script, Network::Own, bounds).await.unwrap();
        workspace.discard().await;
        self.assert_empty();
        run
    }

    pub async fn shell_in(
        &self,
        workspace: &Workspace,
        script: &str,
        network: Network<'_>,
        bounds: Bounds,
    ) -> Result<FinishedRun, CannotRun> {
        let words = ["bash", "-c", script].map(str::to_owned);
        let output = OutputForm::Together;
        let request = RunRequest { words: &words, input: None, network, output, bounds };
        self.confinement.run(workspace, &request).await
    }

    /// Nothing is left of what ran.
    #[track_caller]
    pub fn assert_empty(&self) {
        let left: Vec<_> = fs::read_dir(self.place()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// A folder that others can pass through: where timmy is root, what it runs is not.
pub fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

/// Far more than anything takes that ends by itself.
pub fn enough() -> Bounds {
    Bounds::within(PATIENCE)
}

/// Little enough to wait for.
pub fn a_moment() -> Bounds {
    Bounds::within(MOMENTS[0])
}

/// How long what never ends may run, one after the other: a slow machine may not come to begin it within
/// the first of them.
pub const MOMENTS: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(8), Duration::from_secs(60)];

/// A repository with commits of files.
pub struct Project {
    pub tree: WorkTree,
}

impl Project {
    pub async fn begun() -> Self {
        let tree = WorkTree::empty("hermes", "none");
        tree.git(&["init", "--quiet", "--initial-branch=main"]).await.good();
        Self { tree }
    }

    /// Writes files and commits them; without content, one is removed.
    pub async fn commit(&self, files: &[(&str, Option<&str>)]) -> Commit {
        for (path, content) in files {
            let path = self.tree.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match content {
                Some(content) => fs::write(path, content).unwrap(),
                None => fs::remove_file(path).unwrap(),
            }
        }
        self.tree.git(&["add", "--all"]).await.good();
        self.tree.git(&["commit", "--quiet", "--allow-empty", "-m", "A change"]).await.good();
        self.tree.head().await.parse().unwrap()
    }

    pub fn repository(&self) -> Repository {
        Repository::at(self.tree.path().join(".git"))
    }
}

/// Whether a process of this machine has `word` among its arguments.
pub fn lives(word: &str) -> bool {
    fs::read_dir("/proc").unwrap().flatten().any(|process| {
        let words = fs::read(process.path().join("cmdline")).unwrap_or_default();
        words.split(|byte| *byte == 0).any(|found| found == word.as_bytes())
    })
}

/// A number of seconds that no other process sleeps.
pub fn long() -> String {
    (900_000_000 + u64::from(std::process::id()) * 1000 + fastrand::u64(0..1000)).to_string()
}
