//! What each thread has to do next, against a model that is too simple to be wrong.

use proptest::prelude::*;
use timmy::core::model::ids::{Lane, ThreadId};
use timmy::core::model::text::TextEvent;
use timmy::core::model::time::Timestamp;
use timmy::store::inbox::{self, Ending, Inserted};
use timmy::store::queue::{self, LaneWork};
use timmy::store::{Error, Transaction, outbox};

use super::outbox::{done, push};
use super::{at, comment, in_transaction, thread};

fn insert(tx: &Transaction<'_>, id: i64, number: i64, due: i64) -> Result<inbox::TextSeq, Error> {
    let mut text = comment(id, TextEvent::Created, 0, "hello");
    text.number = number;
    match inbox::insert(tx, &text, at(due))? {
        Inserted::New(seq) => Ok(seq),
        Inserted::Known => panic!("{id} is known"),
    }
}

#[test]
fn a_text_waits_until_the_effects_of_earlier_ones_are_gone() {
    in_transaction(|tx| {
        assert!(queue::is_idle(tx)?);
        assert_eq!(queue::next_after(tx, at(0))?, None);
        let text = insert(tx, 1, 12, 5)?;
        let effect = push(tx, "reply", 12, 30)?;
        assert!(queue::next_in(tx, thread(12).into(), at(10))?.is_none());
        assert_eq!(queue::lanes_due(tx, at(10), 9)?, []);
        assert_eq!(queue::next_after(tx, at(10))?, Some(at(30)));
        assert_eq!(queue::next_after(tx, at(30))?, None, "it is due, not next");

        let work = queue::next_in(tx, thread(12).into(), at(30))?;
        assert!(matches!(work, Some(LaneWork::Effect(next)) if next.seq == effect));
        done(tx, effect)?;
        assert_eq!(queue::lanes_due(tx, at(10), 9)?, [thread(12).into()]);
        let work = queue::next_in(tx, thread(12).into(), at(10))?;
        assert!(matches!(work, Some(LaneWork::Text(next)) if next.seq == text));

        assert!(!queue::is_idle(tx)?);
        inbox::finish(tx, text, Ending::Silent, at(31))?;
        assert!(queue::is_idle(tx)?);
        Ok(())
    });
}

#[test]
fn what_was_put_off_can_be_hastened_unless_it_has_to_wait() {
    in_transaction(|tx| {
        let put_off = push(tx, "put off", 1, 0)?;
        outbox::put_back(tx, put_off, at(90), "no token", true)?;
        let uncertain = push(tx, "uncertain", 2, 0)?;
        outbox::sending(tx, uncertain, at(1))?;
        outbox::put_back(tx, uncertain, at(90), "no answer", false)?;
        push(tx, "later", 3, 90)?;
        let text = insert(tx, 4, 4, 0)?;
        inbox::postpone(tx, text, at(90))?;
        let polite = insert(tx, 5, 5, 0)?;
        inbox::let_pass(tx, polite, at(90))?;
        queue::hasten(tx, at(10))?;
        let mut due = queue::lanes_due(tx, at(10), 9)?;
        due.sort();
        assert_eq!(due, [1, 4].map(|number| Lane::from(thread(number))));
        Ok(())
    });
}

#[derive(Debug, Clone)]
enum Step {
    Insert { number: i64, due: i64 },
    Push { number: i64, due: i64 },
    PutOff { which: prop::sample::Index, due: i64, gently: bool },
    End { which: prop::sample::Index },
    Send { which: prop::sample::Index },
    Recover { due: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<prop::sample::Index>;
    prop_oneof![
        3 => (1..4_i64, 0..9_i64).prop_map(|(number, due)| Step::Insert { number, due }),
        3 => (1..4_i64, 0..9_i64).prop_map(|(number, due)| Step::Push { number, due }),
        4 => (which(), 0..9_i64, any::<bool>())
            .prop_map(|(which, due, gently)| Step::PutOff { which, due, gently }),
        2 => which().prop_map(|which| Step::End { which }),
        1 => which().prop_map(|which| Step::Send { which }),
        1 => (0..9_i64).prop_map(|due| Step::Recover { due }),
    ]
}

/// What waits, in the order of its coming.
#[derive(Default)]
struct Model(Vec<Waiting>);

#[derive(Clone, Copy)]
struct Waiting {
    row: Row,
    thread: ThreadId,
    due: Timestamp,
    /// A text that lets others pass.
    yields: bool,
    /// An effect whose outcome is not known.
    uncertain: bool,
}

impl Waiting {
    fn new(row: Row, number: i64, due: i64) -> Self {
        Self { row, thread: thread(number), due: at(due), yields: false, uncertain: false }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Row {
    Effect(outbox::EffectSeq),
    Text(inbox::TextSeq),
}

impl Model {
    fn apply(&mut self, tx: &Transaction<'_>, name: i64, step: &Step) -> Result<(), Error> {
        match step {
            Step::Insert { number, due } => {
                let row = Row::Text(insert(tx, name, *number, *due)?);
                self.0.push(Waiting::new(row, *number, *due));
            }
            Step::Push { number, due } => {
                let row = Row::Effect(push(tx, &format!("key {name}"), *number, *due)?);
                self.0.push(Waiting::new(row, *number, *due));
            }
            _ if self.0.is_empty() => {}
            Step::PutOff { which, due, gently } => {
                let waiting = which.get_mut(&mut self.0);
                waiting.due = at(*due);
                match waiting.row {
                    Row::Effect(seq) => {
                        waiting.uncertain &= !gently;
                        outbox::put_back(tx, seq, waiting.due, "later", *gently)?;
                    }
                    Row::Text(seq) if *gently => inbox::let_pass(tx, seq, waiting.due)?,
                    Row::Text(seq) => inbox::postpone(tx, seq, waiting.due)?,
                }
                waiting.yields = *gently;
            }
            Step::End { which } => match self.0.remove(which.index(self.0.len())).row {
                Row::Effect(seq) if seq.0 % 2 == 0 => outbox::die(tx, seq, "gone", at(9))?,
                Row::Effect(seq) => done(tx, seq)?,
                Row::Text(seq) => inbox::finish(tx, seq, Ending::Silent, at(9))?,
            },
            Step::Send { which } => {
                let waiting = which.get_mut(&mut self.0);
                if let Row::Effect(seq) = waiting.row {
                    waiting.uncertain = true;
                    outbox::sending(tx, seq, at(9))?;
                }
            }
            Step::Recover { due } => {
                for waiting in self.0.iter_mut().filter(|waiting| waiting.uncertain) {
                    waiting.due = waiting.due.max(at(*due));
                }
                outbox::recover(tx, at(*due))?;
            }
        }
        Ok(())
    }

    /// What a thread may do next: its first effect; else its texts up to the first that does not
    /// yield.
    fn candidates(&self, thread: ThreadId) -> Vec<Waiting> {
        let here: Vec<Waiting> = self.0.iter().filter(|w| w.thread == thread).copied().collect();
        if let Some(effect) = here.iter().find(|w| matches!(w.row, Row::Effect(_))) {
            return vec![*effect];
        }
        let stops = here.iter().position(|waiting| !waiting.yields);
        here[..stops.map_or(here.len(), |first| first + 1)].to_vec()
    }

    fn due(&self, thread: ThreadId) -> Option<Timestamp> {
        self.candidates(thread).iter().map(|waiting| waiting.due).min()
    }

    fn agrees(&self, tx: &Transaction<'_>, now: Timestamp) -> Result<(), Error> {
        let threads = [thread(1), thread(2), thread(3)];
        for thread in threads {
            let expected = self.candidates(thread).into_iter().find(|w| w.due <= now);
            let next = queue::next_in(tx, thread.into(), now)?.map(|work| match work {
                LaneWork::Effect(effect) => Row::Effect(effect.seq),
                LaneWork::Text(text) => Row::Text(text.seq),
            });
            assert_eq!(next, expected.map(|waiting| waiting.row));
        }
        let lanes = queue::lanes_due(tx, now, 9)?;
        let mut due: Vec<_> = lanes.into_iter().filter_map(Lane::thread).collect();
        let times: Vec<_> = due.iter().map(|&thread| self.due(thread)).collect();
        assert!(times.is_sorted(), "who waits longest comes first");
        due.sort();
        let is_due = |thread: &ThreadId| self.due(*thread).is_some_and(|due| due <= now);
        assert_eq!(due, threads.into_iter().filter(is_due).collect::<Vec<_>>());
        let later = threads.into_iter().filter_map(|t| self.due(t)).filter(|due| *due > now);
        assert_eq!(queue::next_after(tx, now)?, later.min());
        assert_eq!(queue::is_idle(tx)?, self.0.is_empty());
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn lanes_agree_with_the_model(steps in prop::collection::vec(step(), 1..40)) {
        in_transaction(move |tx| {
            let mut model = Model::default();
            for (name, step) in (0..).zip(&steps) {
                model.apply(tx, name, step)?;
                for now in [0, 4, 9] {
                    model.agrees(tx, at(now))?;
                }
            }
            Ok(())
        });
    }
}
