//! Labels, and the rule of exclusive ones: of one scope an issue holds at most one.

use crate::core::model::ids::RepoId;

use super::events::Event;
use super::records::{Home, LabelRecord, TimelineChange};
use super::refusal::Refusal;
use super::{IdKind, World};

/// How a client names a label.
pub(crate) enum LabelRef {
    Id(i64),
    Name(String),
}

/// What to do with the labels of an issue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LabelChange {
    Add,
    Replace,
}

impl World {
    /// Adds a label. Gitea lets several bear one name.
    pub(crate) fn add_label(
        &mut self,
        home: Home,
        name: &str,
        color: &str,
        description: &str,
        exclusive: bool,
    ) -> i64 {
        let id = self.next_id(IdKind::Label);
        let color = color.trim_start_matches('#').to_ascii_lowercase();
        let (name, description) = (name.to_owned(), description.to_owned());
        self.labels.insert(id, LabelRecord { id, home, name, color, description, exclusive });
        id
    }

    /// Deletes a label.
    pub(crate) fn delete_label(&mut self, id: i64) {
        self.labels.remove(&id);
        for issue in self.issues.values_mut() {
            issue.labels.remove(&id);
        }
        self.last_search.forget();
    }

    /// The labels of a repository or an organisation, by name.
    pub(crate) fn labels_of(&self, home: Home) -> Vec<&LabelRecord> {
        let mut labels: Vec<&LabelRecord> =
            self.labels.values().filter(|l| l.home == home).collect();
        labels.sort_by(|a, b| a.name.cmp(&b.name));
        labels
    }

    /// The labels that an issue holds, by name.
    pub(crate) fn labels_on(&self, issue: i64) -> Vec<&LabelRecord> {
        let held = &self.issue(issue).labels;
        let mut labels: Vec<&LabelRecord> =
            held.iter().filter_map(|id| self.labels.get(id)).collect();
        labels.sort_by(|a, b| a.name.cmp(&b.name));
        labels
    }

    /// Whether issues of `repo` can hold `label`.
    fn is_usable(&self, label: &LabelRecord, repo: RepoId) -> bool {
        label.home == Home::Repo(repo) || label.home == Home::Org(self.repo(repo).owner)
    }

    /// Adds labels to an issue or replaces them; what is unknown is dropped in silence.
    pub(crate) fn change_labels(
        &mut self,
        user: i64,
        issue: i64,
        wanted: &[LabelRef],
        change: LabelChange,
    ) -> Result<(), Refusal> {
        self.require_may_label(user, issue)?;
        let before = self.issue(issue).labels.clone();
        if change == LabelChange::Replace {
            self.issue_mut(issue).labels.clear();
        }
        for id in self.resolve_labels(issue, wanted) {
            self.put_label(issue, id);
        }
        if self.issue(issue).labels != before {
            self.touch(issue);
            let after = self.issue(issue).labels.clone();
            for label in before.symmetric_difference(&after) {
                self.note_in_timeline(user, issue, TimelineChange::Label(*label));
            }
        }
        self.emit(&Event::Labels { doer: user, issue, cleared: false });
        Ok(())
    }

    fn resolve_labels(&self, issue: i64, wanted: &[LabelRef]) -> Vec<i64> {
        let repo = self.issue(issue).repo;
        let usable = || self.labels.values().filter(move |l| self.is_usable(l, repo));
        wanted
            .iter()
            .filter_map(|wanted| match wanted {
                LabelRef::Id(id) => usable().find(|l| l.id == *id),
                LabelRef::Name(name) => usable().find(|l| l.name == *name),
            })
            .map(|l| l.id)
            .collect()
    }

    fn put_label(&mut self, issue: i64, id: i64) {
        let labels = &self.labels;
        let scope = labels.get(&id).and_then(LabelRecord::exclusive_scope);
        let rival = |other: &i64| {
            scope.is_some() && labels.get(other).and_then(LabelRecord::exclusive_scope) == scope
        };
        let Some(issue) = self.issues.get_mut(&issue) else { return };
        issue.labels.retain(|other| !rival(other));
        issue.labels.insert(id);
    }

    /// Takes one label away. One that the issue does not hold is told as a change all the same.
    pub(crate) fn remove_label(&mut self, user: i64, issue: i64, id: i64) -> Result<(), Refusal> {
        self.require_may_label(user, issue)?;
        let repo = self.issue(issue).repo;
        if !self.labels.get(&id).is_some_and(|l| self.is_usable(l, repo)) {
            return Err(self.version.unknown_label(id, self.repo(repo).owner));
        }
        if self.issue_mut(issue).labels.remove(&id) {
            self.touch(issue);
            self.note_in_timeline(user, issue, TimelineChange::Label(id));
        }
        self.emit(&Event::Labels { doer: user, issue, cleared: false });
        Ok(())
    }

    pub(crate) fn clear_labels(&mut self, user: i64, issue: i64) -> Result<(), Refusal> {
        self.require_may_label(user, issue)?;
        for label in std::mem::take(&mut self.touch(issue).labels) {
            self.note_in_timeline(user, issue, TimelineChange::Label(label));
        }
        self.emit(&Event::Labels { doer: user, issue, cleared: true });
        Ok(())
    }

    fn require_may_label(&self, user: i64, issue: i64) -> Result<(), Refusal> {
        let issue = self.issue(issue);
        self.require_unarchived(issue.repo)?;
        if self.can_write(user, issue) {
            Ok(())
        } else {
            Err(Refusal::Forbidden("write permission is required".into()))
        }
    }
}
