//! What people do in their clones, as it was recorded.

use super::recording::{CommitStep, GitStep};
use super::stage::Stage;
use crate::support::work_tree::WorkTree;

impl Stage {
    fn tree(&mut self, login: &str) -> &WorkTree {
        let token = &self.tokens[login];
        self.trees.entry(login.to_owned()).or_insert_with(|| WorkTree::empty(login, token))
    }

    /// Runs git; where what comes of it differs from what was recorded.
    pub(crate) async fn run_git(&mut self, step: &GitStep) -> Vec<String> {
        let filled: Vec<String> = step.git.iter().map(|word| self.filled(word)).collect();
        let words: Vec<&str> = filled.iter().map(String::as_str).collect();
        let tree = self.tree(&step.user);
        let run = tree.git(&words).await;
        let head = match &step.keep_commit {
            Some(name) => Some((name.clone(), tree.head().await)),
            None => None,
        };
        self.kept_hashes.extend(head);
        let mut found = Vec::new();
        let missing = step.said.iter().filter(|words| !run.said.contains(words.as_str()));
        found.extend(missing.map(|words| format!("expected {words:?}, found {run:?}")));
        if run.good == step.fails {
            found.push(format!("expected to fail: {}, found {run:?}", step.fails));
        }
        let came = self.deliveries().await;
        found.extend(self.compare_webhooks(&step.webhooks, &came));
        found
    }

    /// Commits; nothing of it is seen on the forge yet.
    pub(crate) async fn commit(&mut self, step: &CommitStep) -> Vec<String> {
        let tree = self.tree(&step.user);
        for (path, content) in &step.files {
            let path = tree.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            std::fs::write(path, content).expect("it can be written");
        }
        tree.git(&["add", "."]).await.good();
        tree.git(&["commit", "--quiet", "-m", &step.message]).await.good();
        let head = tree.head().await;
        self.kept_hashes.insert(step.keep_commit.clone(), head);
        Vec::new()
    }
}
