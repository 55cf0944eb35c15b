//! Files and folders of a commit.

use super::failure::GitFailure;
use super::program;
use super::repositories::BareRepo;

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeItem {
    /// From the root, without a slash at either end.
    pub(crate) path: String,
    /// As git writes it: `100644`, `040000`.
    pub(crate) mode: String,
    /// `blob`, `tree` or `commit`.
    pub(crate) kind: String,
    pub(crate) id: String,
    /// Of a file, its length in bytes.
    pub(crate) size: u64,
}

impl TreeItem {
    /// What stands behind the last slash.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

impl BareRepo {
    /// Everything in a commit or tree, folders before what they hold; only its root unless
    /// `recursive`.
    pub(crate) fn tree(&self, of: &str, recursive: bool) -> Result<Vec<TreeItem>, GitFailure> {
        let mut args = vec!["ls-tree", "-z", "--long", "--full-tree"];
        if recursive {
            args.extend(["-r", "-t"]);
        }
        args.push(of);
        let printed = program::output(&self.folder, &args, &[])?;
        let items = printed.split(|byte| *byte == 0).filter(|item| !item.is_empty()).map(read_item);
        items.collect::<Option<_>>().ok_or(GitFailure::Unreadable("ls-tree"))
    }

    /// What lies at a path of a commit; none if nothing does.
    pub(crate) fn item(&self, commit: &str, path: &str) -> Result<Option<TreeItem>, GitFailure> {
        let args = ["ls-tree", "-z", "--long", "--full-tree", commit, "--", path];
        let printed = match program::output(&self.folder, &args, &[]) {
            Ok(printed) => printed,
            // A path that leads out of the repository.
            Err(GitFailure::Refused { .. }) => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let mut items = printed.split(|byte| *byte == 0).filter_map(read_item);
        Ok(items.find(|item| item.path == path))
    }

    /// What lies in a folder of a commit.
    pub(crate) fn folder(&self, commit: &str, path: &str) -> Result<Vec<TreeItem>, GitFailure> {
        let of = if path.is_empty() { commit.to_owned() } else { format!("{commit}:{path}") };
        let mut items = self.tree(&of, false)?;
        if !path.is_empty() {
            items.iter_mut().for_each(|item| item.path = format!("{path}/{}", item.path));
        }
        Ok(items)
    }

    /// What a file holds, by the id of its content.
    pub(crate) fn blob(&self, id: &str) -> Result<Vec<u8>, GitFailure> {
        program::output(&self.folder, &["cat-file", "blob", id], &[])
    }
}

/// `100644 blob ID    25<TAB>path`.
fn read_item(printed: &[u8]) -> Option<TreeItem> {
    let text = String::from_utf8_lossy(printed);
    let (head, path) = text.split_once('\t')?;
    let mut head = head.split_whitespace().map(str::to_owned);
    let (mode, kind, id) = (head.next()?, head.next()?, head.next()?);
    let size = head.next()?.parse().unwrap_or(0);
    Some(TreeItem { path: path.to_owned(), mode, kind, id, size })
}
