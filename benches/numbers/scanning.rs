//! How fast comments are passed over in which nobody calls timmy.

use std::hint::black_box;
use std::time::Duration;

use memchr::memchr2_iter;
use timmy::core::command::grammar;

use crate::sample::{Compared, rate};
use crate::table::Row;
use crate::texts;

const SPAN: Duration = Duration::from_millis(100);
const ROUNDS: usize = 21;

pub fn measure() -> Row {
    let comments = texts::without_trigger();
    let gigabytes = comments.iter().map(String::len).sum::<usize>() as f64 / 1e9;
    let Compared { ours, yardstick, ratio } = Compared::in_turn(
        ROUNDS,
        || {
            let read =
                |comment: &String| drop(black_box(grammar::read("timmy", black_box(comment))));
            gigabytes * rate(SPAN, || comments.iter().for_each(read))
        },
        || {
            let scan = |comment: &String| {
                black_box(memchr2_iter(b'/', b'@', black_box(comment).as_bytes()).count());
            };
            gigabytes * rate(SPAN, || comments.iter().for_each(scan))
        },
    );
    Row {
        what: "comments without a trigger",
        goal: ">= 1/3 of memchr",
        measured: ratio.to_string(),
        holds: ratio.median() >= 1.0 / 3.0,
        figures: format!("{ours} GB/s; memchr alone {yardstick} GB/s"),
        method: "grammar::read on 2,000 comments of about 650 bytes with mentions, paths and \
                 addresses; memchr2 for `/` and `@` over the same text; one core",
    }
}
