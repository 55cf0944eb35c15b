//! How fast comments are passed over in which nobody calls timmy.

use std::hint::black_box;
use std::time::Duration;

use memchr::memchr2_iter;
use timmy::core::command::grammar;

use crate::sample::{Sample, rate};
use crate::table::Row;
use crate::texts;

const SPAN: Duration = Duration::from_millis(200);
const ROUNDS: usize = 9;

pub fn measure() -> Row {
    let comments = texts::without_trigger();
    let gigabytes = comments.iter().map(String::len).sum::<usize>() as f64 / 1e9;
    let (mut reads, mut scans) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let runs = rate(SPAN, || {
            for comment in &comments {
                black_box(grammar::read("timmy", black_box(comment)));
            }
        });
        reads.push(runs * gigabytes);
        let runs = rate(SPAN, || {
            for comment in &comments {
                black_box(memchr2_iter(b'/', b'@', black_box(comment).as_bytes()).count());
            }
        });
        scans.push(runs * gigabytes);
    }
    let (reads, scans) = (Sample::from(reads), Sample::from(scans));
    Row {
        what: "comments without a trigger",
        goal: ">= 1 GB/s",
        holds: reads.median() >= 1.0,
        measured: format!("{reads} GB/s"),
        yardstick: format!("memchr alone: {scans} GB/s"),
        method: "grammar::read on 2,000 comments of about 650 bytes with mentions, paths and \
                 addresses; memchr2 for `/` and `@` over the same text; one core, alternating",
    }
}
