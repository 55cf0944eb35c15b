use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::agents::{AgentCall, AgentTask, RunHandle, Transcript};
use crate::clock::SystemClock;
use crate::core::jobs::Purpose;
use crate::temporal::ask::{Answer, Asked, RemoteTask, Turn};
use crate::temporal::desk::*;
use crate::temporal::other_worker::OtherWorker;
use crate::temporal::session::{COME, Next};
use crate::temporal::starts::in_memory::StartsInMemory;

const ABOUT: &str = "attempt/abcd-j1-1";

/// That of a session about this which began before this process did.
fn before(session: &str) -> Ticket {
    Ticket { agent: "ezra".to_owned(), session: session.to_owned(), instance: "before".to_owned() }
}

/// Tells of the tickets that it is called with.
struct Called(mpsc::UnboundedSender<Ticket>);

impl Calls for Called {
    fn call(&self, _: &str, ticket: &Ticket, _: String) -> Result<(), AgentTrouble> {
        self.0.send(ticket.clone()).map_err(|_| AgentTrouble::HostAway("gone".to_owned()))
    }
}

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(5);

/// Where nothing is over by itself.
const PATIENT: Patience = Patience {
    fetch: LONG,
    come: LONG,
    answer: LONG,
    turn: LONG,
    between: LONG,
    idle: LONG,
    rest: LONG,
    serves: LONG,
    adopts: LONG,
};

fn desk(patience: Patience) -> (Arc<Desk>, mpsc::UnboundedReceiver<Ticket>) {
    desk_of(patience, StartsInMemory::default())
}

/// One that keeps there who is given starts.
fn desk_of(
    patience: Patience,
    starts: impl Starts + 'static,
) -> (Arc<Desk>, mpsc::UnboundedReceiver<Ticket>) {
    let (calls, called) = mpsc::unbounded_channel();
    let count = AtomicUsize::new(0);
    let fresh = move || format!("s{}", count.fetch_add(1, Ordering::SeqCst));
    let secret = Secret::new("a-token").unwrap();
    let clock = Arc::new(SystemClock);
    let ends: (Box<dyn Calls>, Box<dyn Starts>) = (Box::new(Called(calls)), Box::new(starts));
    let desk = Desk::new(&secret, clock, ends, Box::new(fresh));
    (Arc::new(Desk { patience, ..desk }), called)
}

type Asking = tokio::task::JoinHandle<Result<Result<Answer, AgentTrouble>, NotAsked>>;

fn asks(desk: &Arc<Desk>) -> Asking {
    asks_of(desk, None, Ask::Health)
}

/// Asks this about the attempt that this worker has.
fn asks_of(desk: &Arc<Desk>, worker: Option<&'static str>, ask: Ask) -> Asking {
    let desk = desk.clone();
    tokio::spawn(async move {
        let replied = desk.ask_of(("ezra", worker), ABOUT, ask).await;
        replied.map(|replied| replied.map(|reply| reply.answer))
    })
}

/// One of the worker that is there.
fn turn(answers: Vec<(u64, Answer)>) -> Turn {
    Turn { worker: "one".to_owned(), answers, is_busy: false }
}

#[tokio::test]
async fn a_worker_is_called_and_answers_in_turns() {
    let (desk, mut called) = desk(PATIENT);
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    let asked = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
    let [(number, Ask::Health)] = asked.asks[..] else { panic!("{asked:?}") };
    let answers = vec![(number, Answer::Done)];
    let again = asks(&desk);
    let asked = desk.turn(&ticket, turn(answers)).await.unwrap();
    assert_eq!(asking.await.unwrap(), Ok(Ok(Answer::Done)));
    assert_eq!(asked.asks.len(), 1, "{asked:?}");
    // It was there: nobody is called a second time.
    assert!(called.try_recv().is_err());
    again.abort();
}

#[tokio::test]
async fn what_a_worker_fetched_that_is_gone_has_an_unknown_outcome() {
    let (desk, mut called) = desk(Patience { between: SHORT, ..PATIENT });
    let asking = asks(&desk);
    let gone = called.recv().await.unwrap();
    assert_eq!(desk.turn(&gone, turn(Vec::new())).await.unwrap().asks.len(), 1);
    assert_eq!(asking.await.unwrap(), Ok(Err(AgentTrouble::Timeout)));
    // Another one is called, and the first one is none any more.
    let asking = asks(&desk);
    let new = called.recv().await.unwrap();
    assert_ne!(gone, new);
    assert!(desk.turn(&gone, turn(Vec::new())).await.unwrap().is_over);
    asking.abort();
}

#[tokio::test]
async fn a_worker_that_is_busy_is_waited_for_and_asked_nothing() {
    let (desk, mut called) = desk(PATIENT);
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    let asked = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
    let [(number, Ask::Health)] = asked.asks[..] else { panic!("{asked:?}") };
    let (at_desk, its) = (desk.clone(), ticket.clone());
    let busy = Turn { is_busy: true, ..turn(Vec::new()) };
    let busy = tokio::spawn(async move { at_desk.turn(&its, busy).await });
    while desk.table().sessions[ABOUT].turns == 0 {
        tokio::task::yield_now().await;
    }
    let second = asks(&desk);
    while desk.table().sessions[ABOUT].asks.is_empty() {
        tokio::task::yield_now().await;
    }
    {
        let mut table = desk.table();
        let session = table.sessions.get_mut(ABOUT).unwrap();
        // However long it was since its last turn.
        assert!(session.is_attached(Patience { between: Duration::ZERO, ..PATIENT }));
        let (instance, turn) = (ticket.instance.as_str(), session.turn);
        assert!(matches!(session.next(instance, turn, true, PATIENT), Next::Wait));
    }
    assert!(!asking.is_finished());
    let asked = desk.turn(&ticket, turn(vec![(number, Answer::Done)])).await.unwrap();
    assert_eq!(asking.await.unwrap(), Ok(Ok(Answer::Done)));
    assert_eq!(asked.asks.len(), 1, "{asked:?}");
    assert_eq!(busy.await.unwrap(), Ok(Asked::default()));
    assert!(called.try_recv().is_err());
    second.abort();
}

#[tokio::test]
async fn a_worker_whose_answer_is_on_its_way_is_there() {
    let (desk, mut called) = desk(PATIENT);
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    let asked = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
    let [(number, Ask::Health)] = asked.asks[..] else { panic!("{asked:?}") };
    let is_there = || {
        // However long it was since its last turn.
        let hasty = Patience { between: Duration::ZERO, ..PATIENT };
        desk.table().sessions[ABOUT].is_attached(hasty)
    };
    assert!(!is_there());
    let other = Ticket { instance: "another".to_owned(), ..ticket.clone() };
    assert!(desk.brings(&other).is_none() && !is_there());
    let brings = desk.brings(&ticket);
    assert!(brings.is_some() && is_there());
    drop(brings);
    assert!(!is_there());
    let (at_desk, its) = (desk.clone(), ticket.clone());
    let answers = vec![(number, Answer::Done)];
    let last = tokio::spawn(async move { at_desk.turn(&its, turn(answers)).await });
    assert_eq!(asking.await.unwrap(), Ok(Ok(Answer::Done)));
    last.abort();
}

#[tokio::test]
async fn a_session_about_an_attempt_that_is_over_is_over_soon() {
    let (desk, mut called) = desk(Patience { between: SHORT, turn: SHORT, ..PATIENT });
    let run = RunHandle { run: "abcd-j1-1".to_owned(), session: None, process: None };
    let asking = asks_of(&desk, Some("one"), Ask::Transcript(run));
    let ticket = called.recv().await.unwrap();
    let mut asked = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
    let [(number, Ask::Transcript(_))] = asked.asks[..] else { panic!("{asked:?}") };
    let mut answers = vec![(number, Answer::Transcript(Transcript::default()))];
    while !asked.is_over {
        asked = desk.turn(&ticket, turn(std::mem::take(&mut answers))).await.unwrap();
        assert!(asked.asks.is_empty(), "{asked:?}");
    }
    asking.abort();
}

#[tokio::test]
async fn who_waits_for_one_that_is_gone_has_another_one_called() {
    let (desk, mut called) = desk(Patience { between: SHORT, ..PATIENT });
    let before = before(ABOUT);
    let (worker, its) = (desk.clone(), before.clone());
    let turn = tokio::spawn(async move { worker.turn(&its, turn(Vec::new())).await.unwrap() });
    while desk.table().sessions.is_empty() {
        tokio::task::yield_now().await;
    }
    // Its line is cut, and right then something is asked.
    turn.abort();
    assert!(turn.await.is_err());
    let asking = asks(&desk);
    assert_ne!(called.recv().await.unwrap(), before);
    asking.abort();
}

#[tokio::test]
async fn what_was_lost_on_the_way_to_a_worker_has_an_unknown_outcome() {
    let (desk, mut called) = desk(PATIENT);
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    // It comes again as one that knows of nothing.
    let (worker, its) = (desk.clone(), ticket.clone());
    let again = tokio::spawn(async move { worker.turn(&its, turn(Vec::new())).await });
    assert_eq!(asking.await.unwrap(), Ok(Err(AgentTrouble::Timeout)));
    // A turn whose line was cut takes nothing from the one that follows.
    let (worker, its) = (desk.clone(), ticket.clone());
    let last = tokio::spawn(async move { worker.turn(&its, turn(Vec::new())).await });
    assert_eq!(again.await.unwrap(), Ok(Asked::default()));
    let asking = asks(&desk);
    assert_eq!(last.await.unwrap().unwrap().asks.len(), 1);
    asking.abort();
}

#[tokio::test]
async fn a_ticket_is_good_for_the_worker_that_came_with_it() {
    let (desk, mut called) = desk(PATIENT);
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    let asked = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
    let [(number, Ask::Health)] = asked.asks[..] else { panic!("{asked:?}") };
    let thief = Turn { worker: "two".to_owned(), ..turn(vec![(number, Answer::Done)]) };
    assert_eq!(desk.turn(&ticket, thief).await, Err(OtherWorker::HasTicket));
    // Nor is one good for what was asked in another session.
    let other = Ticket { session: "attempt/abcd-j2-1".to_owned(), ..ticket.clone() };
    let its = desk.clone();
    let elsewhere = turn(vec![(number, Answer::Done)]);
    let elsewhere = tokio::spawn(async move { its.turn(&other, elsewhere).await });
    while desk.table().sessions.len() < 2 {
        tokio::task::yield_now().await;
    }
    assert!(desk.table().sessions[ABOUT].answers.contains_key(&number));
    elsewhere.abort();
    let health = Answer::Trouble(AgentTrouble::BadKey);
    let busy = Turn { is_busy: true, ..turn(vec![(number, health.clone())]) };
    let busy = tokio::spawn(async move { desk.turn(&ticket, busy).await });
    assert_eq!(asking.await.unwrap(), Ok(Ok(health)));
    busy.abort();
}

#[tokio::test]
async fn of_two_workers_for_one_agent_the_first_one_is_served() {
    let (desk, mut called) = desk(Patience { between: SHORT, ..PATIENT });
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    assert!(asking.await.unwrap().is_ok());
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    let other = Turn { worker: "two".to_owned(), ..turn(Vec::new()) };
    let refused = desk.turn(&ticket, other).await;
    assert_eq!(refused, Err(OtherWorker::Serves("ezra".to_owned())));
    // Somebody is called again, and this time it is the first one.
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    asking.abort();
}

#[tokio::test]
async fn an_attempt_is_asked_about_where_it_was_begun_and_nowhere_else() {
    let (desk, mut called) = desk(Patience { between: SHORT, ..PATIENT });
    // As after a restart: nobody knows here who served.
    let run = RunHandle { run: "abcd-j1-1".to_owned(), session: None, process: None };
    let asking = asks_of(&desk, Some("one"), Ask::Follow(run.clone()));
    let ticket = called.recv().await.unwrap();
    let other = || Turn { worker: "two".to_owned(), ..turn(Vec::new()) };
    assert_eq!(desk.turn(&ticket, other()).await, Err(OtherWorker::HasAttempt));
    assert!(desk.why_nobody_came(ABOUT).contains("cancel the job"));
    // Somebody is called again, and this time it is the one that has it, though another one serves.
    let ticket = called.recv().await.unwrap();
    let served = Serving { worker: "two".to_owned(), seen_at: Instant::now() };
    desk.table().serving.insert("ezra".to_owned(), served);
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    // It is gone then: what it had is not for the other one, either.
    assert_eq!(asking.await.unwrap(), Ok(Err(AgentTrouble::Timeout)));
    let asking = asks_of(&desk, None, Ask::Follow(run));
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, other()).await, Err(OtherWorker::HasAttempt));
    asking.abort();
}

#[tokio::test]
async fn what_a_start_came_to_is_asked_of_who_fetched_it() {
    let (desk, mut called) = desk(Patience { between: SHORT, serves: Duration::ZERO, ..PATIENT });
    let task = || Box::new(RemoteTask::of(&agent_task()));
    let asking = asks_of(&desk, None, Ask::Start(task()));
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    assert_eq!(asking.await.unwrap(), Ok(Err(AgentTrouble::Timeout)));
    let asking = asks_of(&desk, None, Ask::Find(task()));
    let ticket = called.recv().await.unwrap();
    let other = Turn { worker: "two".to_owned(), ..turn(Vec::new()) };
    assert_eq!(desk.turn(&ticket, other).await, Err(OtherWorker::HasAttempt));
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    asking.abort();
}

#[tokio::test]
async fn who_was_given_a_start_is_kept_before_it_is() {
    let starts = StartsInMemory::default();
    let (desk, mut called) = desk_of(PATIENT, starts.clone());
    let task = || Box::new(RemoteTask::of(&agent_task()));
    let asking = asks_of(&desk, None, Ask::Start(task()));
    let ticket = called.recv().await.unwrap();
    // Nobody has fetched it.
    assert_eq!(desk.starter("abcd-j1-1").await, Ok(None));
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    assert_eq!(starts.who("abcd-j1-1").as_deref(), Some("one"));
    // timmy dies, and nothing of its memory is left.
    asking.abort();
    let (desk, mut called) = desk_of(Patience { between: SHORT, ..PATIENT }, starts);
    let starter = desk.starter("abcd-j1-1").await.unwrap();
    assert_eq!(starter.as_deref(), Some("one"));
    let asking = asks_of(&desk, Some("one"), Ask::Find(task()));
    let ticket = called.recv().await.unwrap();
    let other = Turn { worker: "two".to_owned(), ..turn(Vec::new()) };
    assert_eq!(desk.turn(&ticket, other).await, Err(OtherWorker::HasAttempt));
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    asking.abort();
}

/// A ledger that cannot be written, and does not say anything.
struct Full;

impl Starts for Full {
    fn keep<'a>(&'a self, _: &'a str, _: &'a str) -> AgentCall<'a, ()> {
        Box::pin(async { Err(AgentTrouble::Down("the disk is full".to_owned())) })
    }

    fn fetcher<'a>(&'a self, _: &'a str) -> AgentCall<'a, Option<String>> {
        Box::pin(async { Err(AgentTrouble::Down("the disk is full".to_owned())) })
    }
}

#[tokio::test]
async fn a_start_of_which_it_cannot_be_kept_who_has_it_nobody_gets() {
    let patience = Patience { fetch: SHORT, turn: SHORT, ..PATIENT };
    let (desk, mut called) = desk_of(patience, Full);
    let task = Box::new(RemoteTask::of(&agent_task()));
    let asking = asks_of(&desk, None, Ask::Start(task));
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap(), Asked::default());
    // So it surely was not started.
    assert!(matches!(asking.await.unwrap(), Err(NotAsked(_))));
}

#[tokio::test]
async fn what_was_asked_before_a_start_is_given_without_it() {
    let (desk, mut called) = desk(PATIENT);
    let health = asks(&desk);
    let ticket = called.recv().await.unwrap();
    let start = asks_of(&desk, None, Ask::Start(Box::new(RemoteTask::of(&agent_task()))));
    while desk.table().sessions[ABOUT].asks.len() < 2 {
        tokio::task::yield_now().await;
    }
    let asked = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
    assert!(matches!(asked.asks[..], [(_, Ask::Health)]), "{asked:?}");
    let asked = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
    assert!(matches!(asked.asks[..], [(_, Ask::Start(_))]), "{asked:?}");
    health.abort();
    start.abort();
}

#[tokio::test]
async fn a_start_that_was_found_nowhere_is_for_whoever_serves() {
    let (desk, mut called) = desk(Patience { serves: Duration::ZERO, ..PATIENT });
    let task = || Box::new(RemoteTask::of(&agent_task()));
    let asking = asks_of(&desk, Some("one"), Ask::Find(task()));
    let ticket = called.recv().await.unwrap();
    let asked = desk.turn(&ticket, turn(Vec::new())).await.unwrap();
    let [(number, Ask::Find(_))] = &asked.asks[..] else { panic!("{asked:?}") };
    let (worker, answers) = (desk.clone(), vec![(*number, Answer::Found(None))]);
    let last = tokio::spawn(async move { worker.turn(&ticket, turn(answers)).await });
    assert_eq!(asking.await.unwrap(), Ok(Ok(Answer::Found(None))));
    // That one goes, and another one is there.
    last.abort();
    assert!(last.await.is_err());
    let patience = Patience { between: SHORT, serves: Duration::ZERO, ..PATIENT };
    let desk = Arc::new(Desk { patience, ..Arc::into_inner(desk).unwrap() });
    let asking = asks_of(&desk, None, Ask::Start(task()));
    let ticket = called.recv().await.unwrap();
    let other = Turn { worker: "two".to_owned(), ..turn(Vec::new()) };
    assert_eq!(desk.turn(&ticket, other).await.unwrap().asks.len(), 1);
    asking.abort();
}

#[tokio::test]
async fn where_only_the_wrong_one_comes_nobody_is_called_for_a_while() {
    let (desk, mut called) = desk(PATIENT);
    let asking = asks_of(&desk, Some("one"), Ask::Health);
    let ticket = called.recv().await.unwrap();
    let other = Turn { worker: "two".to_owned(), ..turn(Vec::new()) };
    assert_eq!(desk.turn(&ticket, other).await, Err(OtherWorker::HasAttempt));
    assert_eq!(desk.call_if_needed("ezra", ABOUT), Ok(()));
    assert!(called.try_recv().is_err());
    assert!(desk.why_nobody_came(ABOUT).contains("only that one knows of it"));
    asking.abort();
    assert!(asking.await.is_err());
    // Once that is over somebody is; and where the right one comes, at once the next time.
    let patience = Patience { rest: Duration::ZERO, turn: SHORT, ..PATIENT };
    let desk = Desk { patience, ..Arc::into_inner(desk).unwrap() };
    assert_eq!(desk.call_if_needed("ezra", ABOUT), Ok(()));
    let ticket = called.try_recv().unwrap();
    assert!(desk.table().sessions[ABOUT].rests(PATIENT));
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await, Ok(Asked::default()));
    assert!(!desk.table().sessions[ABOUT].rests(PATIENT));
}

#[test]
fn who_is_sent_away_again_is_called_half_as_often() {
    let mut session = Session::new();
    let rests: Vec<u64> = std::iter::repeat_with(|| {
        session.send_away("another one has it".to_owned());
        session.rest(Patience::USUAL).as_secs()
    })
    .take(6)
    .collect();
    assert_eq!(rests, [5, 10, 20, 40, 60, 60]);
}

fn agent_task() -> AgentTask {
    AgentTask {
        key: "abcd-j1-1".to_owned(),
        purpose: Purpose::Code,
        repository: "foundation/door".parse().unwrap(),
        clone_url: "http://127.0.0.1:1/foundation/door.git".parse().unwrap(),
        base_branch: "main".to_owned(),
        base: "0f".repeat(20).parse().unwrap(),
        branch: "timmy/41-j1".parse().unwrap(),
        pull: None,
        prompt: "Oil the hinge.".to_owned(),
    }
}

#[tokio::test]
async fn a_worker_takes_the_place_of_one_that_comes_no_more() {
    let (desk, mut called) = desk(Patience { between: SHORT, serves: SHORT, ..PATIENT });
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    assert!(asking.await.unwrap().is_ok());
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    tokio::time::sleep(SHORT * 2).await;
    let other = Turn { worker: "two".to_owned(), ..turn(Vec::new()) };
    assert_eq!(desk.turn(&ticket, other).await.unwrap().asks.len(), 1);
    asking.abort();
}

#[tokio::test]
async fn it_is_told_why_a_worker_was_sent_away() {
    let (desk, mut called) = desk(Patience { between: SHORT, ..PATIENT });
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    assert!(desk.why_nobody_came(ABOUT).contains("start `timmy worker` there"));
    desk.send_away(&ticket, "another version".to_owned());
    assert_eq!(desk.why_nobody_came(ABOUT), "another version");
    // Another one is called, and that one is good.
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    assert!(desk.why_nobody_came(ABOUT).contains("start `timmy worker` there"));
    asking.abort();
}

#[tokio::test]
async fn a_call_that_was_lost_is_made_again() {
    let (desk, mut called) = desk(Patience { come: SHORT, between: SHORT, ..PATIENT });
    let asking = asks(&desk);
    let lost = called.recv().await.unwrap();
    assert_ne!(called.recv().await.unwrap(), lost);
    asking.abort();
}

#[tokio::test]
async fn while_a_call_may_still_be_taken_there_is_no_other() {
    assert!(Patience::USUAL.come > COME && Patience::USUAL.fetch < COME);
    let (desk, mut called) = desk(Patience { fetch: SHORT, between: SHORT, ..PATIENT });
    for _ in 0..3 {
        assert!(matches!(asks(&desk).await.unwrap(), Err(NotAsked(AgentTrouble::HostAway(_)))));
    }
    let ticket = called.recv().await.unwrap();
    assert!(called.try_recv().is_err());
    // Whoever takes it in the end is asked what is to be known by then.
    let desk = Arc::new(Desk { patience: PATIENT, ..Arc::into_inner(desk).unwrap() });
    let asking = asks(&desk);
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    asking.abort();
}

#[tokio::test]
async fn what_nobody_fetches_was_not_asked() {
    let (desk, mut called) = desk(Patience { fetch: SHORT, turn: SHORT, ..PATIENT });
    let given_up = asks(&desk).await.unwrap();
    assert!(matches!(given_up, Err(NotAsked(AgentTrouble::HostAway(_)))), "{given_up:?}");
    // Who comes too late finds nothing.
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap(), Asked::default());
}

#[tokio::test]
async fn only_the_newest_session_is_served() {
    let (desk, mut called) =
        desk(Patience { fetch: SHORT, come: Duration::ZERO, between: SHORT, ..PATIENT });
    assert!(asks(&desk).await.unwrap().is_err());
    assert!(asks(&desk).await.unwrap().is_err());
    let old = called.recv().await.unwrap();
    let new = std::iter::from_fn(|| called.try_recv().ok()).last().unwrap();
    assert_ne!(old, new);
    assert!(desk.turn(&old, turn(Vec::new())).await.unwrap().is_over);
    let desk = Arc::new(Desk { patience: PATIENT, ..Arc::into_inner(desk).unwrap() });
    let asking = asks(&desk);
    assert_eq!(desk.turn(&new, turn(Vec::new())).await.unwrap().asks.len(), 1);
    asking.abort();
}

#[tokio::test]
async fn a_session_from_before_a_restart_goes_on() {
    let (desk, mut called) = desk(PATIENT);
    let ticket = before(ABOUT);
    let (worker, its) = (desk.clone(), ticket.clone());
    let turn = tokio::spawn(async move { worker.turn(&its, turn(Vec::new())).await.unwrap() });
    while desk.table().sessions.is_empty() {
        tokio::task::yield_now().await;
    }
    let asking = asks(&desk);
    assert_eq!(turn.await.unwrap().asks.len(), 1);
    assert!(called.try_recv().is_err());
    asking.abort();
}

#[tokio::test]
async fn a_session_in_which_nothing_is_asked_is_over() {
    let (desk, _called) = desk(Patience { idle: Duration::ZERO, ..PATIENT });
    let ticket = before(ABOUT);
    assert!(!desk.is_over(&ticket));
    assert!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().is_over);
    // Once it is over it stays so: it was one of many tickets, and is the last one no more.
    assert!(desk.is_over(&ticket));
    assert!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().is_over);
}

#[tokio::test]
async fn an_old_ticket_opens_nothing() {
    let (desk, mut called) = desk(PATIENT);
    // How an agent is, was asked of whoever had this: it need not be its worker any more.
    assert!(desk.turn(&before("agent/ezra"), turn(Vec::new())).await.unwrap().is_over);
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    desk.send_away(&ticket, "another version".to_owned());
    for old in [&ticket, &before(ABOUT)] {
        assert!(desk.turn(old, turn(Vec::new())).await.unwrap().is_over);
    }
    asking.abort();
    // Nor does one about an attempt, long after a start.
    let desk = Desk {
        patience: Patience { adopts: Duration::ZERO, ..PATIENT },
        ..Arc::into_inner(super::tests::desk(PATIENT).0).unwrap()
    };
    assert!(desk.turn(&before(ABOUT), turn(Vec::new())).await.unwrap().is_over);
    assert!(desk.table().sessions.is_empty());
}

#[tokio::test]
async fn who_comes_with_an_old_ticket_is_told_that_another_one_serves() {
    let (desk, mut called) = desk(PATIENT);
    let asking = asks(&desk);
    let ticket = called.recv().await.unwrap();
    assert_eq!(desk.turn(&ticket, turn(Vec::new())).await.unwrap().asks.len(), 1);
    let old = before("attempt/abcd-j2-1");
    let other = Turn { worker: "two".to_owned(), ..turn(Vec::new()) };
    let refused = desk.turn(&old, other).await;
    assert_eq!(refused, Err(OtherWorker::Serves("ezra".to_owned())));
    asking.abort();
}
