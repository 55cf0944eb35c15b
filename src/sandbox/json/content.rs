//! Files and folders, as `/contents` and `/git/trees` show them.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Serialize, Serializer};

use super::{Time, View, object};
use crate::core::model::ids::RepoId;
use crate::sandbox::git::{GitCommit, TreeItem};

/// Where something was looked up: the addresses of what was found say so.
#[derive(Clone, Copy)]
pub(crate) struct ContentPlace<'a> {
    pub(crate) repo: RepoId,
    /// The branch or the commit.
    pub(crate) name: &'a str,
    pub(crate) is_branch: bool,
    /// The last commit that touched it.
    pub(crate) last: &'a GitCommit,
}

/// A file with what it holds, or something in a folder without.
pub(crate) struct ContentJson<'a> {
    view: View<'a>,
    place: ContentPlace<'a>,
    item: &'a TreeItem,
    content: Option<&'a [u8]>,
}

/// Something in the tree of a commit.
pub(crate) struct TreeItemJson<'a> {
    view: View<'a>,
    repo: RepoId,
    item: &'a TreeItem,
}

impl<'a> View<'a> {
    pub(crate) fn content(
        self,
        place: ContentPlace<'a>,
        item: &'a TreeItem,
        content: Option<&'a [u8]>,
    ) -> ContentJson<'a> {
        ContentJson { view: self, place, item, content }
    }

    pub(crate) fn tree_item(self, repo: RepoId, item: &'a TreeItem) -> TreeItemJson<'a> {
        TreeItemJson { view: self, repo, item }
    }
}

impl ContentJson<'_> {
    fn kind(&self) -> &'static str {
        match (self.item.kind.as_str(), self.item.mode.as_str()) {
            ("tree", _) => "dir",
            ("commit", _) => "submodule",
            (_, "120000") => "symlink",
            _ => "file",
        }
    }
}

impl Serialize for ContentJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (view, place, item) = (self.view, self.place, self.item);
        let (repo, path) = (view.world.full_name(place.repo), &item.path);
        let of = if place.is_branch { "branch" } else { "commit" };
        let escaped: String = form_urlencoded::byte_serialize(place.name.as_bytes()).collect();
        let url = format!("/api/v1/repos/{repo}/contents/{path}?ref={escaped}");
        let url = view.url(url);
        let page = view.url(format_args!("/{repo}/src/{of}/{}/{path}", place.name));
        let part = if item.kind == "tree" { "trees" } else { "blobs" };
        let stored = view.git_url(place.repo, part, &item.id);
        let raw = view.url(format_args!("/{repo}/raw/{of}/{}/{path}", place.name));
        let dated = view.world.version.dates_contents();
        object!(serializer, {
            "name": item.name(),
            "path": path,
            "sha": item.id,
            "last_commit_sha": place.last.id,
            "last_committer_date"? dated.then_some(Time(place.last.committer.at)),
            "last_author_date"? dated.then_some(Time(place.last.author.at)),
            "type": self.kind(),
            "size": item.size,
            "encoding": self.content.map(|_| "base64"),
            "content": self.content.map(|content| BASE64_STANDARD.encode(content)),
            "target": (),
            "url": url,
            "html_url": page,
            "git_url": stored,
            "download_url": (item.kind == "blob").then_some(raw),
            "submodule_git_url": (),
            "_links": LinksJson { this: &url, stored: &stored, page: &page },
        })
    }
}

struct LinksJson<'a> {
    this: &'a str,
    stored: &'a str,
    page: &'a str,
}

impl Serialize for LinksJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, { "self": self.this, "git": self.stored, "html": self.page })
    }
}

impl Serialize for TreeItemJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let item = self.item;
        let part = if item.kind == "tree" { "trees" } else { "blobs" };
        object!(serializer, {
            "path": item.path,
            "mode": item.mode,
            "type": item.kind,
            "size": item.size,
            "sha": item.id,
            "url": self.view.git_url(self.repo, part, &item.id),
        })
    }
}
