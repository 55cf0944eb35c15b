//! Why nothing can be run here, and how to mend that.

use std::io;
use std::path::{Path, PathBuf};

/// Why something did not run. What did not run has not passed.
#[derive(Debug, thiserror::Error)]
pub enum CannotRun {
    #[error("there is no program `{0}` on this machine")]
    NotInstalled(&'static str),
    #[error("this bwrap is too old: {0}")]
    TooOld(String),
    #[error("the kernel gives bwrap no namespaces: {said}")]
    NoNamespaces { said: String, cause: NamespaceCause },
    #[error("bwrap gets no /proc of its own: {0}")]
    NoProc(String),
    #[error("a system call is forbidden to bwrap: {0}")]
    Forbidden(String),
    #[error("bwrap refuses: {0}")]
    Refused(String),
    #[error("the program cannot be started in there: {0}")]
    NotStarted(String),
    #[error("{mount} would show {secret}, which nothing in there may see")]
    ShowsSecret { mount: PathBuf, secret: PathBuf },
    #[error("{0} is to be mounted, and cannot be read")]
    NoMount(PathBuf),
    #[error("the commit would take {needed} bytes, more than the {most} that a run may take")]
    TooLarge { needed: u64, most: u64 },
    #[error("{0} is neither a file, a folder nor a link")]
    NotCopied(PathBuf),
    #[error("what reaches only the servers that are named can run in a sandbox only")]
    NotKeptIn,
    #[error("{0} is shut to others, and what is run here has the rights of nobody")]
    Shut(PathBuf),
    #[error("less than {0} MiB are free on the disk")]
    DiskFull(u64),
    #[error("its commits cannot be had from the forge: {0}")]
    NotFetched(String),
    #[error("its commits take more than the {0} bytes that they may")]
    TooMuchFetched(u64),
    #[error("git {command}: {said}")]
    Git { command: String, said: String },
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// What forbids namespaces, as far as the machine tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceCause {
    /// `kernel.apparmor_restrict_unprivileged_userns`, as Ubuntu has it from 24.04 on.
    AppArmor,
    /// `kernel.unprivileged_userns_clone`, of Debian's kernels.
    Switch,
    /// `user.max_user_namespaces`.
    NoneLeft,
    /// A container or the service's own unit.
    Unknown,
}

impl NamespaceCause {
    /// Looks at what this machine is set to. `value` reads a file below `/proc/sys`.
    pub(super) fn of(value: impl Fn(&str) -> Option<String>) -> Self {
        let is = |name: &str, wanted: &str| value(name).is_some_and(|v| v.trim() == wanted);
        if is("kernel/apparmor_restrict_unprivileged_userns", "1") {
            Self::AppArmor
        } else if is("kernel/unprivileged_userns_clone", "0") {
            Self::Switch
        } else if is("user/max_user_namespaces", "0") {
            Self::NoneLeft
        } else {
            Self::Unknown
        }
    }
}

/// What a setting of the kernel is.
pub(super) fn setting(name: &str) -> Option<String> {
    std::fs::read_to_string(Path::new("/proc/sys").join(name)).ok()
}

impl CannotRun {
    /// What `bwrap` itself says when it cannot do its work; none of a program's own words.
    pub(super) fn said_by_bwrap(said: &str) -> Option<Self> {
        let said = said.trim().strip_prefix("bwrap: ")?.lines().next()?.to_owned();
        let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
        Some(if has(&["Unknown option", "unknown option"]) {
            Self::TooOld(said)
        } else if has(&["mount proc", "Can't mount proc"]) {
            Self::NoProc(said)
        } else if has(&["namespace", "uid map", "gid map", "RTM_NEWADDR", "setgroups"]) {
            Self::NoNamespaces { said, cause: NamespaceCause::of(setting) }
        } else if has(&["capset", "prctl", "pivot_root"]) {
            Self::Forbidden(said)
        } else if said.starts_with("execvp ") {
            Self::NotStarted(said)
        } else {
            Self::Refused(said)
        })
    }

    /// Whether that is so for whatever is to be run here: then no change is to blame.
    pub fn is_of_this_machine(&self) -> bool {
        match self {
            // Once the commits are here, what git cannot do with them is due to what they hold.
            Self::TooLarge { .. }
            | Self::TooMuchFetched(_)
            | Self::NotCopied(_)
            | Self::NotStarted(_)
            | Self::Git { .. } => false,
            Self::NotInstalled(_)
            | Self::TooOld(_)
            | Self::NoNamespaces { .. }
            | Self::NoProc(_)
            | Self::Forbidden(_)
            | Self::Refused(_)
            | Self::ShowsSecret { .. }
            | Self::NoMount(_)
            | Self::NotKeptIn
            | Self::Shut(_)
            | Self::DiskFull(_)
            | Self::NotFetched(_)
            | Self::Io(_) => true,
        }
    }

    /// It in a few words, for who must not learn how this machine is furnished.
    pub fn in_short(&self) -> &'static str {
        match self {
            Self::NotInstalled(_) => "a program is missing that it takes",
            Self::TooOld(_) => "bwrap is too old",
            Self::NoNamespaces { .. } | Self::NoProc(_) | Self::Forbidden(_) | Self::Refused(_) => {
                "bwrap is not allowed to work"
            }
            Self::NotStarted(_) => "its program cannot be started",
            Self::ShowsSecret { .. } | Self::NoMount(_) => "guards.mounts has to be corrected",
            Self::TooLarge { .. } | Self::TooMuchFetched(_) => {
                "the commit is too large to be checked out"
            }
            Self::NotCopied(_) => "it holds what cannot be copied",
            Self::NotKeptIn => "it reaches more than it may without a sandbox",
            Self::Shut(_) => "the folder for runs is shut to them",
            Self::DiskFull(_) => "the disk is full",
            Self::NotFetched(_) => "the commit cannot be had from the forge",
            Self::Git { .. } => "git cannot check the commit out",
            Self::Io(_) => "the folder for runs cannot be used",
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotInstalled("bwrap") | Self::TooOld(_) => {
                "Install bubblewrap 0.8 or later (apt install bubblewrap)."
            }
            Self::NotInstalled("prlimit") => "Install util-linux.",
            Self::NotInstalled(_) => "Install it.",
            Self::NoNamespaces { cause, .. } => match cause {
                NamespaceCause::AppArmor => {
                    "AppArmor forbids it: write `abi <abi/4.0>, include <tunables/global> profile \
                     bwrap /usr/bin/bwrap flags=(unconfined) { userns, }` to /etc/apparmor.d/bwrap \
                     and run `apparmor_parser -r /etc/apparmor.d/bwrap`."
                }
                NamespaceCause::Switch => "Run `sysctl kernel.unprivileged_userns_clone=1`.",
                NamespaceCause::NoneLeft => "Run `sysctl user.max_user_namespaces=10000`.",
                NamespaceCause::Unknown => {
                    "A container or the service's unit forbids it: allow namespaces there (the unit \
                     in examples/ says which lines)."
                }
            },
            Self::NoProc(_) => {
                "A container or the service's unit hides parts of /proc: show all of it there (the \
                 unit in examples/ says which lines)."
            }
            Self::Forbidden(_) => {
                "A container or the service's unit forbids it (SystemCallFilter): allow it there (the \
                 unit in examples/ says which lines)."
            }
            Self::Refused(_) => "Try bwrap by hand, as the user that timmy runs as.",
            Self::NotStarted(_) => {
                "Name it by its whole path, and name the folder that it lies in as a mount."
            }
            Self::ShowsSecret { .. } => "Mount only what programs need, or move the secret.",
            Self::NoMount(_) => {
                "Correct guards.mounts. What only root may read cannot be mounted: runs have the \
                 rights of nobody."
            }
            Self::TooLarge { .. } | Self::TooMuchFetched(_) => "Nothing that large is run.",
            Self::NotCopied(_) => "Delete it there.",
            Self::NotKeptIn => "Delete `sandbox = \"none\"`, or agent.reach.",
            Self::Shut(_) => "Let others pass through that folder (chmod o+x), or name another.",
            Self::DiskFull(_) => "Make room.",
            Self::NotFetched(_) => "See that git is installed, and that the commit is there.",
            Self::Git { .. } => "Look at the commit with git: it holds what cannot be checked out.",
            Self::Io(_) => "See whether the folder for runs is there, and can be written.",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::confinement::cannot_run::*;

    #[test]
    fn what_forbids_namespaces_is_told() {
        let set = |name: &'static str, value: &'static str| {
            NamespaceCause::of(move |asked| (asked == name).then(|| value.to_owned()))
        };
        let restrict = "kernel/apparmor_restrict_unprivileged_userns";
        assert_eq!(set(restrict, "1\n"), NamespaceCause::AppArmor);
        assert_eq!(set(restrict, "0\n"), NamespaceCause::Unknown);
        assert_eq!(set("kernel/unprivileged_userns_clone", "0\n"), NamespaceCause::Switch);
        assert_eq!(set("user/max_user_namespaces", "0\n"), NamespaceCause::NoneLeft);
        assert_eq!(set("user/max_user_namespaces", "96364\n"), NamespaceCause::Unknown);
    }

    #[test]
    fn the_words_of_bwrap_are_understood() {
        use CannotRun as C;
        type Is = fn(&CannotRun) -> bool;
        let cases: [(&str, Is); 9] = [
            ("bwrap: No permissions to create new namespace", |c| {
                matches!(c, C::NoNamespaces { .. })
            }),
            ("bwrap: setting up uid map: Permission denied", |c| {
                matches!(c, C::NoNamespaces { .. })
            }),
            ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", |c| {
                matches!(c, C::NoNamespaces { .. })
            }),
            ("bwrap: Creating new namespace failed: Permission denied\n", |c| {
                matches!(c, C::NoNamespaces { .. })
            }),
            ("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", |c| {
                matches!(c, C::NoProc(_))
            }),
            ("bwrap: capset failed: Operation not permitted", |c| matches!(c, C::Forbidden(_))),
            ("bwrap: Unknown option --disable-userns", |c| matches!(c, C::TooOld(_))),
            ("bwrap: execvp prlimit: No such file or directory", |c| matches!(c, C::NotStarted(_))),
            ("bwrap: Can't find source path /opt: Permission denied", |c| {
                matches!(c, C::Refused(_))
            }),
        ];
        for (said, is) in cases {
            let found = CannotRun::said_by_bwrap(said).unwrap();
            assert!(is(&found), "{said}: {found:?}");
        }
        assert!(CannotRun::said_by_bwrap("a test failed\nbwrap: no").is_none());
    }
}
