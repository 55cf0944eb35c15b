//! The origin of attempts on a worker's host: timmy stands before it, and takes tickets.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::errand::{ErrandError, Errands, ForgeErrand};
use super::forge_ask::{BundleMark, ForgeAnswer, ForgeAsk, PIECE, PiecePlace, PushAsk};
use crate::agents::{AttemptPlace, FinishedWork, Origin, OriginCall, OriginTrouble};
use crate::confinement::{PushEnd, Remote};
use crate::core::jobs::Commit;

/// How long timmy may be away while what was made is to be handed in: longer than a restart takes. After
/// that it is kept for the next attempt. Who only wants to know something asks again.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
const PATIENCE_TO_KNOW: Duration = Duration::from_secs(60);

/// How long something may be under way at timmy's: longer than it fetches and pushes at most.
const LONGEST: Duration = Duration::from_secs(45 * 60);

/// How long it is from one try to the next.
const AGAIN: Duration = Duration::from_secs(2);

/// How often a bundle is brought from its beginning.
const TRIES: u32 = 3;

struct TicketOrigin(Arc<Errands>);

/// The origin of what agents of this host work on in a clone.
pub fn origin_by_ticket(errands: &Arc<Errands>) -> Arc<dyn Origin> {
    Arc::new(TicketOrigin(errands.clone()))
}

impl TicketOrigin {
    /// Has timmy do it, once it is there, by the ticket that came last.
    async fn have_done(
        &self,
        place: &AttemptPlace,
        errand: &ForgeErrand<'_>,
    ) -> Result<ForgeAnswer, OriginTrouble> {
        let patience = match errand {
            ForgeErrand::Ask(ForgeAsk::Branch) => PATIENCE_TO_KNOW,
            ForgeErrand::Ask(_) | ForgeErrand::Piece(..) => PATIENCE,
        };
        let begun = Instant::now();
        let mut until = begun + patience;
        loop {
            let why = match self.0.tickets().of(place.key()) {
                None => "there is no ticket for it".to_owned(),
                Some(ticket) => match self.0.forge(&ticket, errand).await {
                    Ok(ForgeAnswer::UnderWay) => {
                        // It is there, and may push it in this moment.
                        until = (Instant::now() + patience).min(begun + LONGEST);
                        "timmy does not come to an end with it".to_owned()
                    }
                    Ok(answer) => return Ok(answer),
                    Err(error @ ErrandError::TooLarge(_)) => {
                        return Err(OriginTrouble::Refused(error.to_string()));
                    }
                    Err(error) => error.to_string(),
                },
            };
            if Instant::now() >= until {
                return Err(OriginTrouble::NotNow(why));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn asked(
        &self,
        place: &AttemptPlace,
        ask: ForgeAsk,
    ) -> Result<ForgeAnswer, OriginTrouble> {
        match self.have_done(place, &ForgeErrand::Ask(&ask)).await? {
            ForgeAnswer::Trouble(trouble) => Err(trouble),
            answer => Ok(answer),
        }
    }

    /// Brings what timmy lacks of the bundle, and has it pushed.
    async fn push_by(
        &self,
        place: &AttemptPlace,
        work: &FinishedWork<'_>,
    ) -> Result<PushEnd, OriginTrouble> {
        let file = work.bundle.to_owned();
        let bundle = aside(move || mark(&file)).await?;
        let size = bundle.size;
        let (title, summary) = (work.said.0.to_owned(), work.said.1.to_owned());
        let push =
            PushAsk { bundle: bundle.clone(), commits: work.commits.clone(), title, summary };
        let ask = ForgeAsk::Push(Box::new(push));
        let mut answer = self.have_done(place, &ForgeErrand::Ask(&ask)).await?;
        let mut tries = 0;
        loop {
            let errand = match answer {
                ForgeAnswer::Pushed => return Ok(PushEnd::Pushed),
                ForgeAnswer::PushRefused(why) => return Ok(PushEnd::Refused(why)),
                ForgeAnswer::PushUnknown(why) => return Ok(PushEnd::Unknown(why)),
                // It is looked for before it is tried again.
                ForgeAnswer::Trouble(OriginTrouble::NotNow(why)) => {
                    return Ok(PushEnd::Unknown(why));
                }
                ForgeAnswer::Trouble(trouble) => return Err(trouble),
                ForgeAnswer::Has(from) if from < size => {
                    tries += u32::from(from == 0);
                    if tries > TRIES {
                        let why = "its commits do not arrive whole at timmy's".to_owned();
                        return Ok(PushEnd::Unknown(why));
                    }
                    let (file, place) =
                        (work.bundle.to_owned(), PiecePlace { bundle: bundle.clone(), from });
                    let piece = aside(move || piece(&file, from)).await?;
                    ForgeErrand::Piece(place, piece)
                }
                ForgeAnswer::Has(_) => ForgeErrand::Ask(&ask),
                ForgeAnswer::Branch(_) | ForgeAnswer::UnderWay | ForgeAnswer::Pull(_) => {
                    return Err(strange());
                }
            };
            answer = self.have_done(place, &errand).await?;
        }
    }
}

impl Origin for TicketOrigin {
    fn branch<'a>(&'a self, place: &'a AttemptPlace) -> OriginCall<'a, Option<Commit>> {
        Box::pin(async move {
            match self.asked(place, ForgeAsk::Branch).await? {
                ForgeAnswer::Branch(head) => Ok(head),
                _ => Err(strange()),
            }
        })
    }

    fn remote<'a>(&'a self, place: &'a AttemptPlace) -> OriginCall<'a, Remote> {
        Box::pin(async move {
            let ticket = self.0.tickets().of(place.key());
            let no_ticket = || OriginTrouble::NotNow("there is no ticket for it".to_owned());
            let bearer = format!("Bearer {}", ticket.ok_or_else(no_ticket)?);
            let ca = self.0.ca().map(Path::to_owned);
            Ok(Remote::new(self.0.repository().to_string(), bearer).vouched_for_by(ca))
        })
    }

    fn push<'a>(
        &'a self,
        place: &'a AttemptPlace,
        work: &'a FinishedWork<'a>,
    ) -> OriginCall<'a, PushEnd> {
        Box::pin(self.push_by(place, work))
    }

    fn open_pull<'a>(
        &'a self,
        place: &'a AttemptPlace,
        (title, summary): (&'a str, &'a str),
    ) -> OriginCall<'a, i64> {
        Box::pin(async move {
            let (title, summary) = (title.to_owned(), summary.to_owned());
            match self.asked(place, ForgeAsk::Pull { title, summary }).await? {
                ForgeAnswer::Pull(pull) => Ok(pull),
                _ => Err(strange()),
            }
        })
    }
}

fn strange() -> OriginTrouble {
    OriginTrouble::NotNow("timmy answers something else".to_owned())
}

/// Reads a file beside what else runs.
async fn aside<T: Send + 'static>(
    read: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, OriginTrouble> {
    let read = spawn_blocking(read).await.map_err(io::Error::other).and_then(|read| read);
    read.map_err(|error| OriginTrouble::NotNow(format!("its commits cannot be read: {error}")))
}

fn mark(file: &Path) -> io::Result<BundleMark> {
    let (mut file, mut digest, mut size) = (File::open(file)?, Sha256::new(), 0);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            let digest = base16ct::lower::encode_string(&digest.finalize());
            return Ok(BundleMark { digest, size });
        }
        digest.update(&buffer[..read]);
        size += read as u64;
    }
}

/// What stands in a file from this byte on, as much as is brought at once.
fn piece(file: &Path, from: u64) -> io::Result<Vec<u8>> {
    let (file, mut piece, mut held) = (File::open(file)?, vec![0; PIECE], 0);
    while held < PIECE {
        let read = file.read_at(&mut piece[held..], from + held as u64)?;
        if read == 0 {
            break;
        }
        held += read;
    }
    piece.truncate(held);
    Ok(piece)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::net::TcpListener;
    use tokio_util::sync::CancellationToken;

    use crate::agents::{AccountOrigin, AgentTask, AgentTrouble, NewCommits};
    use crate::clock::SystemClock;
    use crate::config::Secret;
    use crate::confinement::{Bounds, CannotRun, FetchedRepository};
    use crate::core::jobs::Purpose;
    use crate::gitea::{ClientOptions, Gitea, Token};
    use crate::sandbox::{Options, Sandbox};
    use crate::support::work_tree::WorkTree;
    use crate::temporal::desk::{Calls, Desk};
    use crate::temporal::fetch_proxy::FetchProxy;
    use crate::temporal::listener::{Counter, router};
    use crate::temporal::reception::Reception;
    use crate::temporal::rights::Rights;
    use crate::temporal::starts::Starts;
    use crate::temporal::starts::in_memory::StartsInMemory;
    use crate::temporal::ticket::{Ticket, Tickets, attempt_session};
    use crate::temporal::ticket_origin::*;
    use crate::web::{ListenerLimits, Tls, serve_over};

    const DOOR: &str = "ezra/door";
    const BRANCH: &str = "timmy/41-j42";
    const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");

    struct Nobody;

    impl Calls for Nobody {
        fn call(&self, _: &str, _: &Ticket, _: String) -> Result<(), AgentTrouble> {
            Ok(())
        }
    }

    /// A forge with a private repository, timmy before it, and a worker.
    struct Way {
        sandbox: Sandbox,
        token: String,
        reception: Arc<Reception>,
        account: Arc<AccountOrigin>,
        /// How often it is still said that something may be written, until it was asked to stop.
        may: Arc<AtomicUsize>,
        place: AttemptPlace,
        base: Commit,
        folder: tempfile::TempDir,
        errands: Arc<Errands>,
        origin: Arc<dyn Origin>,
    }

    async fn way(is_tls: bool) -> Way {
        let sandbox = Sandbox::start(Options::default()).await.unwrap();
        let token = sandbox.add_user("ezra");
        sandbox.add_repo(DOOR, true).unwrap();
        let base = sandbox.commit("ezra", DOOR, "main", &[("README.md", "A door\n")], "Begin");
        let base: Commit = base.unwrap().parse().unwrap();
        let url = sandbox.url().parse().unwrap();
        let forge = Gitea::new(ClientOptions::new(url, Token::new(&token).unwrap())).unwrap();
        let account = Arc::new(AccountOrigin::new(forge, Arc::new(SystemClock)));
        let place = AttemptPlace::of(&AgentTask {
            key: "ledger/j42/7".to_owned(),
            purpose: Purpose::Code,
            repository: DOOR.parse().unwrap(),
            clone_url: sandbox.clone_url(DOOR).parse().unwrap(),
            base_branch: "main".to_owned(),
            base: base.clone(),
            branch: BRANCH.parse().unwrap(),
            pull: None,
            prompt: "Oil the hinge.".to_owned(),
        });
        let folder = tempfile::tempdir().unwrap();
        let reception = Arc::new(Reception::new(folder.path().join("brought")));
        reception.follow(&account, &place);
        let secret = Secret::new("a-token").unwrap();
        let (clock, fresh) = (Arc::new(SystemClock), Box::new(|| "s".to_owned()));
        let ends: (Box<dyn Calls>, Box<dyn Starts>) =
            (Box::new(Nobody), Box::new(StartsInMemory::default()));
        let desk = Arc::new(Desk::new(&secret, clock.clone(), ends, fresh));
        let fetches = FetchProxy::new().unwrap();
        let may = Arc::new(AtomicUsize::new(usize::MAX));
        let left = may.clone();
        let rights: Rights = Arc::new(move |_| {
            let left = left.clone();
            // When it is waited for, not when it is called for.
            Box::pin(async move {
                let one_less = |left: usize| left.checked_sub(1);
                let has = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok();
                let stopped = || OriginTrouble::Refused("it was asked to stop".to_owned());
                has.then_some(()).ok_or_else(stopped)
            })
        });
        let counter = Counter { desk, reception: reception.clone(), fetches, rights };
        let answers = router(counter);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (scheme, tls, ca) = match is_tls {
            false => ("http", None, None),
            true => {
                let file = |name: &str| PathBuf::from(format!("{CERTIFICATES}/{name}"));
                let tls = Tls::read(&file("timmy.pem"), &file("timmy.key")).unwrap();
                ("https", Some(tls), Some(file("ca.pem")))
            }
        };
        let timmy = format!("{scheme}://{}", listener.local_addr().unwrap()).parse().unwrap();
        let listening = (listener, answers);
        let limits = ListenerLimits::default();
        tokio::spawn(serve_over(tls, listening, limits, CancellationToken::new()));
        let errands = Errands::to(&timmy, ca.as_deref()).unwrap();
        let session = attempt_session(place.key());
        let ticket = Ticket { agent: "ezra".to_owned(), session, instance: "s".to_owned() };
        errands.tickets().hold(&Tickets::new(&secret, clock).write(&ticket));
        let origin = origin_by_ticket(&errands);
        Way { sandbox, token, reception, account, may, place, base, folder, errands, origin }
    }

    impl Way {
        async fn fetched(&self, commit: &Commit) -> Result<FetchedRepository, CannotRun> {
            let remote = self.origin.remote(&self.place).await.unwrap();
            let bounds = Bounds::within(Duration::from_secs(60));
            let (folder, history) = (self.folder.path(), (&[commit][..], 20));
            FetchedRepository::with_history(folder, &remote, history, &bounds).await
        }

        /// What an agent made: its head, and a bundle.
        async fn made(&self, content: &str) -> (Commit, PathBuf) {
            let url = self.sandbox.clone_url(DOOR);
            let tree = WorkTree::cloned(&url, "ezra", &self.token).await;
            let head = tree.commit("oil.md", content, "Oil it").await;
            let file = self.folder.path().join(format!("{head}.bundle"));
            let follows = format!("{}..HEAD", self.base);
            let words = ["bundle", "create", "--quiet", file.to_str().unwrap(), &follows];
            tree.git(&words).await.good();
            (head.parse().unwrap(), file)
        }

        async fn push(&self, (head, bundle): &(Commit, PathBuf)) -> Result<PushEnd, OriginTrouble> {
            let fetched = self.fetched(&self.base).await.unwrap();
            let (begin, head) = (self.base.clone(), head.clone());
            let work = FinishedWork {
                repository: fetched.repository(),
                bundle,
                commits: NewCommits { was: None, begin, head },
                said: ("Oil the hinge", "It is silent now."),
                bounds: Bounds::within(Duration::from_secs(60)),
            };
            self.origin.push(&self.place, &work).await
        }
    }

    #[test]
    fn a_file_is_brought_in_pieces_that_make_it_up() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bundle");
        let whole: Vec<u8> = (0..PIECE + 1000).map(|byte| byte as u8).collect();
        std::fs::write(&file, &whole).unwrap();
        let found = mark(&file).unwrap();
        assert!(found.is_sound() && found.size == whole.len() as u64);
        let (first, second) = (piece(&file, 0).unwrap(), piece(&file, PIECE as u64).unwrap());
        assert_eq!((first.len(), second.len()), (PIECE, 1000));
        assert!([first, second].concat() == whole);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_worker_makes_is_fetched_and_pushed_through_timmy() {
        for is_tls in [false, true] {
            let way = way(is_tls).await;
            assert_eq!(way.origin.branch(&way.place).await, Ok(None));
            // More than one piece.
            let number = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            let noise: String = (0..40_000).map(|n| format!("{}\n", number(n))).collect();
            let made = way.made(&noise).await;
            assert!(std::fs::metadata(&made.1).unwrap().len() > PIECE as u64);
            for _ in 0..2 {
                assert_eq!(way.push(&made).await, Ok(PushEnd::Pushed));
            }
            assert_eq!(way.origin.branch(&way.place).await, Ok(Some(made.0)));
            let said = ("Oil the hinge", "It is silent now.");
            let pull = way.origin.open_pull(&way.place, said).await.unwrap();
            assert_eq!(way.origin.open_pull(&way.place, said).await, Ok(pull));
            // Without a ticket that is good nothing is fetched.
            let ca = way.errands.ca().map(Path::to_owned);
            let remote = Remote::new(way.errands.repository().to_string(), "Bearer 0:0:ezra:s:x");
            let remote = remote.vouched_for_by(ca);
            let bounds = Bounds::within(Duration::from_secs(60));
            let history = (&[&way.base][..], 20);
            let place = way.folder.path();
            let fetched = FetchedRepository::with_history(place, &remote, history, &bounds).await;
            assert!(matches!(fetched, Err(CannotRun::NotFetched(_))), "{fetched:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_a_pull_request_shows_is_looked_at_whatever_was_pushed() {
        let way = way(false).await;
        let made = way.made("oil\n").await;
        assert_eq!(way.push(&made).await, Ok(PushEnd::Pushed));
        // Other words than those that were brought with the commits.
        let key = format!("ghp_{}", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5");
        for said in [("Oil the hinge", key.as_str()), (key.as_str(), "It is silent now.")] {
            let refused = way.origin.open_pull(&way.place, said).await;
            assert!(
                matches!(&refused, Err(OriginTrouble::Refused(why)) if why.contains("secret") && !why.contains(&key)),
                "{refused:?}"
            );
        }
        assert!(
            way.origin.open_pull(&way.place, ("Oil the hinge", "It is silent now.")).await.is_ok()
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn once_it_was_asked_to_stop_nothing_more_is_pushed() {
        let way = way(false).await;
        let made = way.made("oil\n").await;
        let may = |times| way.may.store(times, Ordering::SeqCst);
        let said = ("Oil the hinge", "It is silent now.");
        // Before anything is brought, before what was brought is looked at, and when that was.
        for times in [0, 1, 2] {
            may(times);
            let refused = way.push(&made).await;
            assert!(
                matches!(&refused, Ok(PushEnd::Refused(why)) if why.contains("stop")),
                "{times}: {refused:?}"
            );
            assert_eq!(way.sandbox.branch_head(DOOR, BRANCH).unwrap(), None);
            // Whoever follows it anew, it stays so: the ledger knows.
            way.reception.forget(way.place.key());
            way.reception.follow(&way.account, &way.place);
        }
        may(usize::MAX);
        assert_eq!(way.push(&made).await, Ok(PushEnd::Pushed));
        may(0);
        let refused = way.origin.open_pull(&way.place, said).await;
        assert!(matches!(refused, Err(OriginTrouble::Refused(_))), "{refused:?}");
        may(usize::MAX);
        assert!(way.origin.open_pull(&way.place, said).await.is_ok());
    }
}
