//! What lies in a workspace: exactly one commit, with nothing of it run; or a copy of a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use timmy::confinement::{CannotRun, Network, RunEnd, Workspace, clear};

use super::stage::{Project, enough, open_folder, staged};

const MOST: u64 = 64 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn exactly_that_commit_without_what_came_after_it() {
    let place = open_folder();
    let project = Project::begun().await;
    let first = project.commit(&[("door.sh", Some("first")), ("tests/a", Some("a"))]).await;
    let second = project.commit(&[("door.sh", Some("second")), ("tests/a", None)]).await;
    let repository = project.repository();
    for (commit, content, has_tests) in [(&first, "first", true), (&second, "second", false)] {
        let made = Workspace::of_commit(place.path(), &repository, commit, MOST).await.unwrap();
        let read = fs::read_to_string(made.checkout().join("door.sh")).unwrap();
        assert_eq!(read, content);
        assert_eq!(made.checkout().join("tests/a").exists(), has_tests);
        made.discard().await;
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hook_filter_or_monitor_runs_outside() {
    let place = open_folder();
    let project = Project::begun().await;
    let mark = place.path().join("broke-out");
    let evil = format!("touch {}", mark.display());
    let commit = project
        .commit(&[
            (".gitattributes", Some("* filter=evil diff=evil merge=evil\n*.bin filter=lfs\n")),
            (
                ".gitmodules",
                Some("[submodule \"x\"]\n\tpath = x\n\turl = ../x\n\tupdate = !false\n"),
            ),
            (".lfsconfig", Some("[lfs]\n\turl = https://example.com/\n")),
            (
                "large.bin",
                Some("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
            ),
            ("file", Some("content")),
        ])
        .await;
    // And whatever stands in the repository itself, which only timmy writes.
    let git = project.tree.path().join(".git");
    for hook in ["post-checkout", "reference-transaction", "pre-commit", "post-index-change"] {
        let hook = git.join("hooks").join(hook);
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, format!("#!/bin/sh\n{evil}\n")).unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    }
    for (key, value) in [
        ("core.fsmonitor", evil.as_str()),
        ("filter.evil.smudge", &format!("{evil}; cat")),
        ("filter.evil.process", &evil),
        ("diff.evil.command", &evil),
        ("core.pager", &evil),
    ] {
        project.tree.git(&["config", key, value]).await.good();
    }
    fs::remove_file(&mark).unwrap_or_default();
    let repository = project.repository();
    let made = Workspace::of_commit(place.path(), &repository, &commit, MOST).await.unwrap();
    repository.changes(&commit, &commit).await.unwrap();
    assert_eq!(fs::read_to_string(made.checkout().join("file")).unwrap(), "content");
    let large = fs::read_to_string(made.checkout().join("large.bin")).unwrap();
    assert!(large.starts_with("version https://git-lfs"), "{large}");
    assert!(!mark.exists());
    made.discard().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn git_works_inside_and_what_is_written_there_stays_there() {
    let stage = staged!();
    let project = Project::begun().await;
    let commit = project.commit(&[("file", Some("content"))]).await;
    let repository = project.repository();
    let made = Workspace::of_commit(stage.place(), &repository, &commit, MOST).await.unwrap();
    let mark = stage.place().join("broke-out");
    let script = format!(
        "git rev-parse HEAD && git status --short && echo more >>file && \
         git -c user.name=x -c user.email=x@x commit -qam more && \
         mkdir -p .git/hooks && printf '#!/bin/sh\\ntouch {mark}\\n' >.git/hooks/post-checkout && \
         chmod +x .git/hooks/* && git config core.fsmonitor 'touch {mark}' && git status --short",
        mark = mark.display()
    );
    let run = stage.shell_in(&made, &script, Network::Own, enough()).await.unwrap();
    assert_eq!(run.end, RunEnd::Exited(0), "{}", run.output.text());
    assert!(run.output.text().starts_with(&format!("{commit}\n")), "{}", run.output.text());
    // The repository knows nothing of it.
    assert_eq!(project.tree.head().await, commit.to_string());
    let again = Workspace::of_commit(stage.place(), &repository, &commit, MOST).await.unwrap();
    assert_eq!(fs::read_to_string(again.checkout().join("file")).unwrap(), "content");
    made.discard().await;
    again.discard().await;
    assert!(!mark.exists());
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_too_large_or_not_there_is_refused() {
    let place = open_folder();
    let project = Project::begun().await;
    let commit = project.commit(&[("large", Some(&"x".repeat(100_000)))]).await;
    let repository = project.repository();
    let refused = Workspace::of_commit(place.path(), &repository, &commit, 50_000).await;
    assert!(matches!(refused, Err(CannotRun::TooLarge { .. })), "{refused:?}");
    let unknown = "0123456789".repeat(4).parse().unwrap();
    let refused = Workspace::of_commit(place.path(), &repository, &unknown, MOST).await;
    assert!(matches!(refused, Err(CannotRun::Git { .. })), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_in_a_commit_lead_nowhere_outside() {
    let stage = staged!();
    let project = Project::begun().await;
    std::os::unix::fs::symlink("/etc/shadow", project.tree.path().join("link")).unwrap();
    std::os::unix::fs::symlink(stage.place(), project.tree.path().join("place")).unwrap();
    let commit = project.commit(&[]).await;
    let repository = project.repository();
    let made = Workspace::of_commit(stage.place(), &repository, &commit, MOST).await.unwrap();
    let script = "cat link; ls place; echo x >place/broke-out; true";
    let run = stage.shell_in(&made, script, Network::Own, enough()).await.unwrap();
    assert!(!run.output.text().contains("root:"), "{}", run.output.text());
    made.discard().await;
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_copied_and_the_copy_alone_is_written() {
    let stage = staged!();
    let template = open_folder();
    fs::write(template.path().join("settings"), "as they were").unwrap();
    let made = Workspace::of_folder(stage.place(), template.path(), MOST).await.unwrap();
    let script = "echo changed >settings";
    let run = stage.shell_in(&made, script, Network::Own, enough()).await.unwrap();
    assert_eq!(run.end, RunEnd::Exited(0), "{}", run.output.text());
    assert_eq!(fs::read_to_string(made.checkout().join("settings")).unwrap(), "changed\n");
    let original = fs::read_to_string(template.path().join("settings")).unwrap();
    assert_eq!(original, "as they were");
    made.discard().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_is_cleared_and_nothing_else() {
    let place = open_folder();
    let made = Workspace::with_nothing(place.path()).await.unwrap();
    std::mem::forget(made);
    fs::write(place.path().join("other"), "").unwrap();
    clear(place.path()).await.unwrap();
    let left: Vec<_> =
        fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["other"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_is_added_the_outermost_new_folder_is_known() {
    let project = Project::begun().await;
    let base = project.commit(&[("old/a", Some("a\n")), ("file", Some("a\n"))]).await;
    let head = project
        .commit(&[
            ("file", None),
            ("file/a", Some("a\n")),
            ("new/deep/a", Some("a\n")),
            ("new/z", Some("a\n")),
            ("newer", Some("a\n")),
            ("old/a", Some("b\n")),
            ("old/b/c", Some("a\n")),
        ])
        .await;
    let changes = project.repository().changes(&base, &head).await.unwrap();
    let found: Vec<_> = changes
        .iter()
        .map(|change| (change.path.as_str(), change.was_there, change.new_folder.as_deref()))
        .collect();
    let expected = [
        ("file", true, None),
        ("file/a", false, Some("file")),
        ("new/deep/a", false, Some("new")),
        ("new/z", false, Some("new")),
        ("newer", false, None),
        ("old/a", true, None),
        ("old/b/c", false, Some("old/b")),
    ];
    assert_eq!(found, expected);
}
