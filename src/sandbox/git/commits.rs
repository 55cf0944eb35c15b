//! Making commits without a work tree.

use std::fmt::Write;

use super::failure::GitFailure;
use super::program;
use super::repositories::BareRepo;
use crate::core::model::time::Timestamp;

/// Who made a commit, as git keeps it: free names only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) at: Timestamp,
}

impl Signer {
    /// As git writes it: `ezra <ezra@example.com> 1700000000 +0000`.
    fn line(&self) -> String {
        let clean = |text: &str| text.replace(['<', '>', '\n', '\0'], "");
        let seconds = self.at.micros().div_euclid(1_000_000);
        format!("{} <{}> {seconds} +0000", clean(&self.name), clean(&self.email))
    }
}

/// What a commit does to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileEdit {
    /// This is what it holds now.
    Write {
        path: String,
        content: Vec<u8>,
    },
    Delete {
        path: String,
    },
}

/// A commit to be made on a branch.
pub(crate) struct CommitOrder<'a> {
    pub(crate) branch: &'a str,
    /// What it stands on; none for the first of a repository.
    pub(crate) parent: Option<&'a str>,
    pub(crate) signer: &'a Signer,
    pub(crate) message: &'a str,
    pub(crate) edits: &'a [FileEdit],
}

impl BareRepo {
    /// Makes a commit and lets its branch point to it; its id.
    pub(crate) fn commit(&self, new: &CommitOrder) -> Result<String, GitFailure> {
        let mut stream = Vec::new();
        new.write(&mut stream);
        stream.extend_from_slice(b"get-mark :1\ndone\n");
        let args = ["fast-import", "--quiet", "--done", "--force", "--cat-blob-fd=1"];
        let said = program::output(&self.folder, &args, &stream)?;
        let id = String::from_utf8_lossy(&said).trim().to_owned();
        if id.len() == 40 { Ok(id) } else { Err(GitFailure::Unreadable("fast-import")) }
    }

    /// Makes a commit of a tree that is there, on no branch; its id.
    pub(crate) fn commit_tree(
        &self,
        tree: &str,
        parents: &[&str],
        (author, committer): (&Signer, &Signer),
        message: &str,
    ) -> Result<String, GitFailure> {
        let mut object = format!("tree {tree}\n");
        for parent in parents {
            let _ = writeln!(object, "parent {parent}");
        }
        let _ =
            write!(object, "author {}\ncommitter {}\n\n{message}", author.line(), committer.line());
        let args = ["hash-object", "-t", "commit", "-w", "--stdin"];
        let id = program::output(&self.folder, &args, object.as_bytes())?;
        Ok(String::from_utf8_lossy(&id).trim().to_owned())
    }
}

impl CommitOrder<'_> {
    /// In the language of `git fast-import`.
    fn write(&self, stream: &mut Vec<u8>) {
        let mut head = format!("reset refs/heads/{}\n", self.branch);
        if let Some(parent) = self.parent {
            let _ = writeln!(head, "from {parent}\n");
        }
        let _ = write!(
            head,
            "commit refs/heads/{}\nmark :1\ncommitter {}\n",
            self.branch,
            self.signer.line()
        );
        stream.extend_from_slice(head.as_bytes());
        data(stream, self.message.as_bytes());
        if let Some(parent) = self.parent {
            stream.extend_from_slice(format!("from {parent}\n").as_bytes());
        }
        for edit in self.edits {
            match edit {
                FileEdit::Write { path, content } => {
                    let line = format!("M 100644 inline {}\n", quoted(path));
                    stream.extend_from_slice(line.as_bytes());
                    data(stream, content);
                }
                FileEdit::Delete { path } => {
                    stream.extend_from_slice(format!("D {}\n", quoted(path)).as_bytes());
                }
            }
        }
    }
}

fn data(stream: &mut Vec<u8>, bytes: &[u8]) {
    stream.extend_from_slice(format!("data {}\n", bytes.len()).as_bytes());
    stream.extend_from_slice(bytes);
    stream.push(b'\n');
}

/// A path in quotes, so that no byte of it ends the line.
fn quoted(path: &str) -> String {
    let escaped = path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
