//! How fast comments are read that hold commands.

use std::hint::black_box;
use std::time::Duration;

use pulldown_cmark::{Options, Parser};
use timmy::core::command::grammar;

use crate::sample::{Compared, rate};
use crate::table::Row;
use crate::texts;

const SPAN: Duration = Duration::from_millis(100);
const ROUNDS: usize = 21;

pub fn measure() -> Row {
    let comments = texts::with_commands();
    let thousands = comments.len() as f64 / 1e3;
    // What timmy asks of the parser, and so what reading all of them with it would cost.
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    let Compared { ours, yardstick, ratio } = Compared::in_turn(
        ROUNDS,
        || {
            let read =
                |comment: &String| drop(black_box(grammar::read("timmy", black_box(comment))));
            thousands * rate(SPAN, || comments.iter().for_each(read))
        },
        || {
            let parse = |comment: &String| {
                black_box(Parser::new_ext(black_box(comment), options).count());
            };
            thousands * rate(SPAN, || comments.iter().for_each(parse))
        },
    );
    Row {
        what: "comments with commands",
        goal: ">= 1/2 of pulldown-cmark",
        measured: ratio.to_string(),
        holds: ratio.median() >= 0.5,
        figures: format!("{ours} thousand/s; pulldown-cmark alone {yardstick} thousand/s"),
        method: "grammar::read on 2,000 comments of about 340 bytes, each with one to three \
                 commands among prose, quotes, code and lists; the events of pulldown-cmark over \
                 the same text, counted; one core. The parsers of other bots were measured \
                 elsewhere at 14,000 to 370,000/s",
    }
}
