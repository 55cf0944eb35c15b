//! How a clone gets in, and how its commits come out.

use std::path::Path;
use std::time::Duration;

use timmy::confinement::{
    AttemptFiles, Bounds, CannotRun, CloneOrder, Network, OutputForm, Repository, RunEnd,
    RunRequest, Workspace,
};
use timmy::core::jobs::Commit;

use super::stage::{Project, Stage, enough, staged};
use crate::support::work_tree::WorkTree;

fn order<'a>(commit: &'a Commit, branch: &'a str) -> CloneOrder<'a> {
    let author = ("ezra", "ezra@example.com");
    CloneOrder { branch, start: commit, base_branch: "main", base: commit, author }
}

async fn cloned(stage: &Stage, project: &Project, commit: &Commit) -> Workspace {
    let files = AttemptFiles { clone: order(commit, "timmy/41-j42"), home: None, most: 1 << 30 };
    let from = (&project.repository(), &files);
    Workspace::of_attempt(stage.place(), "attempt", from, true).await.unwrap()
}

/// Runs a script of the shell, which prints a bundle into a file of the test's own.
async fn bundle(stage: &Stage, workspace: &Workspace, script: &str, to: &Path) {
    let words = ["bash", "-ec", script].map(str::to_owned);
    let request = RunRequest {
        words: &words,
        input: None,
        network: Network::Own,
        output: OutputForm::Apart,
        bounds: Bounds { output: 1 << 20, ..enough() },
    };
    let run = stage.confinement.run(workspace, &request).await.unwrap();
    assert_eq!(run.end, RunEnd::Exited(0), "{}", run.complaints.text());
    std::fs::write(to, run.output.bytes()).unwrap();
}

/// A repository of timmy's own, with the commits of the project.
async fn own(project: &Project) -> (WorkTree, Repository) {
    let tree = WorkTree::empty("timmy", "none");
    let url = format!("file://{}", project.tree.path().display());
    tree.git(&["clone", "--quiet", "--bare", &url, "."]).await.good();
    let repository = Repository::at(tree.path());
    (tree, repository)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_comes_out_of_its_clone() {
    let stage = staged!();
    let project = Project::begun().await;
    let first = project.commit(&[("door", Some("a door\n"))]).await;
    let base = project.commit(&[("hinge", Some("squeaks\n"))]).await;
    let workspace = cloned(&stage, &project, &base).await;
    let (tree, repository) = own(&project).await;
    let file = tree.path().join("bundle");
    let script = format!(
        "test \"$(git log --format=%H | tail -1)\" = {first}; test \"$(git branch --show-current)\" \
         = timmy/41-j42; git rev-parse -q --verify origin/main >&2; echo silent > hinge; \
         git commit -qam 'Mend it'; git bundle create -q - {base}..HEAD"
    );
    bundle(&stage, &workspace, &script, &file).await;
    let head = repository.take_in(&file, &enough()).await.unwrap();
    assert!(repository.descends(&head, &base).await.unwrap());
    assert!(!repository.descends(&base, &head).await.unwrap());
    let commits = repository.commits((&[&base], &head), 10).await.unwrap();
    let said: Vec<_> = commits.iter().map(|commit| commit.message.trim()).collect();
    assert_eq!((said, commits[0].parents.as_slice()), (vec!["Mend it"], &[base][..]));
    let diff = String::from_utf8(repository.diff_of(&commits[0]).await.unwrap()).unwrap();
    assert!(diff.contains("-squeaks\n+silent\n"), "{diff}");
    workspace.discard().await;
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sound_bundle_is_refused() {
    let stage = staged!();
    let project = Project::begun().await;
    let base = project.commit(&[("door", Some("a door\n"))]).await;
    let (tree, repository) = own(&project).await;
    let file = tree.path().join("bundle");
    // A tree in which a file is called `.git`.
    let evil = format!(
        "blob=$(echo x | git hash-object -w --stdin); tree=$(printf '100644 blob %s\\t.git\\n' \
         $blob | git mktree); commit=$(git commit-tree -p {base} -m evil $tree); \
         git update-ref HEAD $commit; git bundle create -q - {base}..HEAD"
    );
    let large = format!(
        "head -c 3M /dev/urandom > big; git add big; git commit -qm big; \
         git bundle create -q - {base}..HEAD | head -c 1000000"
    );
    for script in ["echo no bundle", evil.as_str(), large.as_str()] {
        let workspace = cloned(&stage, &project, &base).await;
        bundle(&stage, &workspace, script, &file).await;
        let taken = repository.take_in(&file, &enough()).await;
        assert!(matches!(taken, Err(CannotRun::Git { .. })), "{script}: {taken:?}");
        workspace.discard().await;
    }
    let bounds = Bounds { file: 1000, ..Bounds::within(Duration::from_secs(60)) };
    let workspace = cloned(&stage, &project, &base).await;
    let script = format!(
        "head -c 100K /dev/urandom > big; git add big; git commit -qm big; \
         git bundle create -q - {base}..HEAD"
    );
    bundle(&stage, &workspace, &script, &file).await;
    assert!(repository.take_in(&file, &bounds).await.is_err());
    workspace.discard().await;
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_lfs_stay_pointers_and_submodules_are_left() {
    let stage = staged!();
    let project = Project::begun().await;
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    let attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n";
    let modules = "[submodule \"lock\"]\n\tpath = lock\n\turl = https://git.example.org/lock.git\n";
    let files = [
        (".gitattributes", Some(attributes)),
        ("big.bin", Some(pointer)),
        (".gitmodules", Some(modules)),
    ];
    project.commit(&files).await;
    let link = format!("160000,{},lock", "8b195ee0".repeat(5));
    project.tree.git(&["update-index", "--add", "--cacheinfo", &link]).await.good();
    project.tree.git(&["commit", "--quiet", "-m", "A lock"]).await.good();
    let base: Commit = project.tree.head().await.parse().unwrap();
    let workspace = cloned(&stage, &project, &base).await;
    let read = |name: &str| std::fs::read_to_string(workspace.checkout().join(name)).unwrap();
    assert_eq!(read("big.bin"), pointer);
    assert_eq!(std::fs::read_dir(workspace.checkout().join("lock")).unwrap().count(), 0);
    workspace.discard().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_too_large_is_refused_before_it_is_written() {
    let stage = staged!();
    let project = Project::begun().await;
    let base = project.commit(&[("door", Some(&"a door\n".repeat(10_000)))]).await;
    let files = AttemptFiles { clone: order(&base, "timmy/41-j42"), home: None, most: 1000 };
    let from = (&project.repository(), &files);
    let refused = Workspace::of_attempt(stage.place(), "attempt", from, true).await;
    assert!(matches!(refused, Err(CannotRun::TooLarge { most: 1000, .. })), "{refused:?}");
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_attempt_left_is_opened_again() {
    let stage = staged!();
    let project = Project::begun().await;
    let base = project.commit(&[("door", Some("a door\n"))]).await;
    drop(cloned(&stage, &project, &base).await);
    let left = Workspace::left(stage.place(), "attempt", true).unwrap();
    let run = stage.shell_in(&left, "cat door", Network::Own, enough()).await.unwrap();
    assert_eq!(run.output.text(), "a door\n");
    left.discard().await;
    assert!(Workspace::left(stage.place(), "attempt", true).is_err());
    stage.assert_empty();
}
