//! Where what an agent wrote is run: in a private copy, by `bwrap`, and bounded.
//!
//! | file | what it knows |
//! |---|---|
//! | `confinement` | [`Confinement`]: the way in; how one run is started |
//! | `session` | [`Session`]: one that is talked to |
//! | `launch` | the command that starts it |
//! | `network` | [`Network`]: what a run reaches |
//! | [`reach`] | a few servers that are named: a proxy of timmy's own |
//! | `running` | the process, and how it ends with all that belongs to it |
//! | `workspace` | [`Workspace`]: the private copy, a home and a `/tmp` beside it, and how they go |
//! | `checkout` | how exactly one commit gets there, with nothing of it run |
//! | `clone` | how a clone gets there, with some history |
//! | `bundle` | how commits come out of it: read as what comes from outside |
//! | `history` | what commits say and change |
//! | `readable` | whether a change can be compared at all |
//! | `remote` | [`Remote`]: what is fetched from the forge, and what is pushed |
//! | `fetched` | [`FetchedRepository`]: the commits of the forge's that are checked out |
//! | `folder` | how a folder gets there |
//! | `view` | what is seen from inside: the words for `bwrap` |
//! | `bounds` | [`Bounds`]: how much a run may take, and the words for `prlimit` |
//! | `watch` | until when a run goes on: its end, its deadline, or more than it may take |
//! | `usage` | how much memory and disk it takes |
//! | `output` | what it prints: the end is kept, the rest is drained and counted |
//! | `cannot_run` | [`CannotRun`]: why it does not run here, and how to mend that |
//! | `git_run` | a run of git that is bounded |
//! | `git` | git, with nothing of anybody's configuration |
//!
//! From inside nothing is to be had but the copy, `/usr`, what `/etc` has for programs to work, and
//! the mounts that the configuration names, read-only. There is no network unless it is asked for, all of it or a few servers,
//! no process of the machine's, no variable of timmy's. A run is a namespace of processes of its
//! own: it ends when its first process does, and nothing of it lives on. Where timmy is root, the
//! run is not: it gets the rights of nobody.
//!
//! What bounds what: time, by the clock. Processes, the size of a file and the memory that one
//! process may write to, by the kernel (`RLIMIT_NPROC`, `RLIMIT_FSIZE`, `RLIMIT_DATA`; not
//! `RLIMIT_AS`, since Go, Java and Node set aside far more than they use). The memory and the disk
//! of all processes together, files that are open and lie nowhere included, by a look several times
//! a second: what takes more is ended whole. A burst between two looks, shared segments that nobody
//! has attached, and files in memory of a process that hides what it has open, only a cgroup around
//! the service bounds: `MemoryMax=` in its unit. Room that is hidden so is not counted either; on a
//! disk that is as good as full, who hides some is ended first.

mod bounds;
mod bundle;
mod cannot_run;
mod checkout;
mod clone;
#[expect(clippy::module_inception, reason = "it is the thing itself, its parts are beside it")]
mod confinement;
mod fetched;
mod folder;
mod git;
mod git_run;
mod history;
mod launch;
mod network;
mod output;
mod reach;
mod readable;
mod remote;
mod running;
mod session;
mod usage;
mod view;
mod watch;
mod workspace;

pub use bounds::Bounds;
pub use cannot_run::CannotRun;
pub use clone::CloneOrder;
pub use confinement::{Confinement, FinishedRun, OutputForm, RunRequest};
pub use fetched::FetchedRepository;
pub use git::{Repository, TreeChange};
pub use history::HistoryCommit;
pub use network::Network;
pub use output::OutputEnd;
pub use reach::{
    AddressKind, Reach, ReachLimits, ReachProxy, Resolve, SystemResolver,
    addresses as addresses_of, forward,
};
pub use remote::{PushEnd, Remote};
pub use session::{Session, SessionEnd, SessionRequest};
pub use view::CHECKOUT as SEEN_CHECKOUT;
pub use watch::{Bound, RunEnd};
pub use workspace::{AttemptFiles, Workspace, clear, remove, remove_left};
