//! What an agent plants in its clone and in its home, for timmy to stumble over.

use super::stage::{MENDED, Stage, result};
use crate::confinement::stage::{open_folder, staged};

#[tokio::test(flavor = "multi_thread")]
async fn hooks_filters_and_monitors_in_its_clone_run_nowhere_else() {
    drop(staged!());
    let stage = Stage::new().await;
    let outside = open_folder();
    let marks = outside.path().join("marks");
    std::fs::create_dir(&marks).unwrap();
    std::fs::set_permissions(&marks, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    // From inside that folder is not there: whatever leaves a mark in it ran outside.
    let evil = format!("/tmp/evil; touch {}/$RANDOM 2>/dev/null; cat", marks.display());
    let script = format!(
        "mkdir -p .git/hooks; for hook in pre-commit post-commit pre-push reference-transaction \
         post-index-change post-checkout; do printf '#!/bin/bash\\n{evil}\\n' > .git/hooks/$hook; \
         chmod +x .git/hooks/$hook; done; \
         git config core.fsmonitor \"bash -c '{evil}'\"; \
         git config filter.evil.clean \"bash -c '{evil}'\"; \
         git config core.sshCommand \"bash -c '{evil}'\"; \
         git config diff.external \"bash -c '{evil}'\"; \
         git config core.pager \"bash -c '{evil}'\"; \
         git config alias.add \"!bash -c '{evil}'\"; \
         git config core.hooksPath .git/hooks; \
         git config uploadpack.packObjectsHook \"bash -c '{evil}'\"; \
         echo '* filter=evil' > .git/info/attributes; echo oil > oil.md; {MENDED}"
    );
    result(&stage.end_of(&script).await);
    assert_eq!(stage.file("oil.md").as_deref(), Some("oil\n"));
    assert_eq!(std::fs::read_dir(&marks).unwrap().count(), 0);
    stage.assert_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_plants_in_its_home_is_not_there_the_next_time() {
    drop(staged!());
    let mut stage = Stage::new().await;
    std::fs::create_dir_all(stage.path("template/.agent")).unwrap();
    std::fs::write(stage.path("template/.agent/key"), "old").unwrap();
    stage.more = vec![
        ("home", "template".into()),
        ("home_keep", [".agent/key", ".agent/link"].as_slice().into()),
    ];
    let script = format!(
        "[ \"$(cat ~/.agent/key)\" = old ] || exit 9; echo evil > ~/.bashrc; \
         echo fresh > ~/.agent/key; ln -s /etc/passwd ~/.agent/link; echo oil > oil.md; {MENDED}"
    );
    result(&stage.end_of(&script).await);
    assert_eq!(std::fs::read_to_string(stage.path("template/.agent/key")).unwrap(), "fresh\n");
    assert!(!stage.path("template/.bashrc").exists());
    assert!(!stage.path("template/.agent/link").exists());
    stage.assert_empty();
}
