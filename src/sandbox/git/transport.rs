//! Clone, fetch and push over HTTP: `git http-backend`, fed with a request.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::failure::GitFailure;
use super::program;
use super::refs::{NO_COMMIT, RefMove};
use super::repositories::BareRepo;

/// A request of git to a repository.
pub(crate) struct GitRequest<'a> {
    /// What of the repository it asks for: `info/refs`, `git-upload-pack`, `git-receive-pack`.
    pub(crate) service: &'a str,
    pub(crate) method: &'a str,
    pub(crate) query: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) content_encoding: &'a str,
    /// The header `Git-Protocol`.
    pub(crate) protocol: &'a str,
    /// The login of who asks; none for a visitor.
    pub(crate) user: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

/// What who pushes is told.
pub(crate) enum PushWord {
    None,
    /// Nothing is moved, for this reason.
    Declined(String),
    /// What can be done next.
    Hint(String),
}

/// What git answers.
pub(crate) struct GitAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl BareRepo {
    /// Answers a request, and has a hook speak to who pushes.
    pub(crate) fn serve(
        &self,
        request: &GitRequest,
        word: &PushWord,
    ) -> Result<GitAnswer, GitFailure> {
        let all = self.folder.parent().ok_or(GitFailure::Unreadable("folder"))?;
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        let mut command = program::git(&self.folder);
        if let Some((hook, script, words)) = word.hook() {
            let hooks = hooks_in(all, hook, script)?;
            command.env("WORDS", words);
            command.arg("-c").arg(format!("core.hooksPath={}", hooks.display()));
        }
        command
            .arg("http-backend")
            .env("GIT_PROJECT_ROOT", all)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_PROTOCOL", request.protocol)
            .env("PATH_INFO", format!("/{name}/{}", request.service))
            .env("REQUEST_METHOD", request.method)
            .env("QUERY_STRING", request.query)
            .env("CONTENT_TYPE", request.content_type)
            .env("CONTENT_LENGTH", request.body.len().to_string())
            .env("HTTP_CONTENT_ENCODING", request.content_encoding)
            .env("REMOTE_ADDR", "127.0.0.1")
            .env_remove("REMOTE_USER");
        if let Some(user) = request.user {
            command.env("REMOTE_USER", user);
        }
        let output = program::run(&mut command, request.body)?;
        read_answer(&output.stdout).ok_or_else(|| program::refused(&["http-backend"], &output))
    }
}

impl PushWord {
    /// The hook that says it, what that does, and the words.
    fn hook(&self) -> Option<(&'static str, &'static str, &str)> {
        match self {
            Self::None => None,
            Self::Declined(words) => Some(("pre-receive", DECLINE, words)),
            Self::Hint(words) => Some(("post-receive", HINT, words)),
        }
    }
}

/// Hooks print the words in their environment.
const DECLINE: &str = "#!/bin/sh\nprintf '%s\\n' \"$WORDS\" >&2\nexit 1\n";
const HINT: &str = "#!/bin/sh\nprintf '%s\\n' \"$WORDS\" >&2\n";

/// A folder with this one hook.
fn hooks_in(all: &Path, name: &str, script: &str) -> Result<PathBuf, GitFailure> {
    let folder = all.join(format!("hooks-{name}"));
    let hook = folder.join(name);
    if !hook.exists() {
        fs::create_dir_all(&folder)?;
        fs::write(&hook, script)?;
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))?;
    }
    Ok(folder)
}

/// Header lines, an empty line, the body.
fn read_answer(printed: &[u8]) -> Option<GitAnswer> {
    let end = printed.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&printed[..end]);
    let (mut status, mut headers) = (200, Vec::new());
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        match name {
            "Status" => status = value.split(' ').next()?.parse().ok()?,
            _ => headers.push((name.to_owned(), value.to_owned())),
        }
    }
    Some(GitAnswer { status, headers, body: printed[end + 4..].to_vec() })
}

/// The branches that a push asks to move: what stands before the pack, line by line, each with its
/// length before it.
pub(crate) fn asked_moves(body: &[u8]) -> Vec<RefMove> {
    let mut moves = Vec::new();
    let mut rest = body;
    while let Some((length, more)) = rest.split_at_checked(4) {
        let digits = std::str::from_utf8(length).ok();
        let length = digits.and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let Some(length) = length.filter(|length| *length >= 4) else { break };
        let Some((line, after)) = more.split_at_checked(length - 4) else { break };
        rest = after;
        let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
        moves.extend(asked_move(&String::from_utf8_lossy(line)));
    }
    moves
}

/// `OLD NEW refs/heads/BRANCH`.
fn asked_move(line: &str) -> Option<RefMove> {
    let mut words = line.trim_end().splitn(3, ' ');
    let (before, after) = (words.next()?.to_owned(), words.next()?.to_owned());
    let branch = words.next()?.strip_prefix("refs/heads/")?.to_owned();
    (before.len() == NO_COMMIT.len()).then_some(RefMove { branch, before, after })
}

#[cfg(test)]
mod tests {
    use crate::sandbox::git::transport::*;

    #[test]
    fn what_a_push_asks_is_read_before_its_pack() {
        let new = "1".repeat(40);
        let line = format!("{NO_COMMIT} {new} refs/heads/timmy/1-j1\0 report-status\n");
        let body = format!("{:04x}{line}0000PACK…", line.len() + 4);
        let wanted =
            RefMove { branch: "timmy/1-j1".to_owned(), before: NO_COMMIT.to_owned(), after: new };
        assert_eq!(asked_moves(body.as_bytes()), [wanted]);
        for broken in ["", "0000", "00", "zzzz", "ffff", "0005x", "0003"] {
            assert_eq!(asked_moves(broken.as_bytes()), []);
        }
    }
}
