//! How fast comments are read that hold commands.

use std::hint::black_box;
use std::time::Duration;

use pulldown_cmark::{Options, Parser};
use timmy::core::command::grammar;

use crate::sample::{Sample, rate};
use crate::table::Row;
use crate::texts;

const SPAN: Duration = Duration::from_millis(300);
const ROUNDS: usize = 9;

pub fn measure() -> Row {
    let comments = texts::with_commands();
    let count = comments.len() as f64;
    // What timmy asks of the parser, and so what reading all of them with it would cost.
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    let (mut reads, mut parses) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let runs = rate(SPAN, || {
            for comment in &comments {
                black_box(grammar::read("timmy", black_box(comment)));
            }
        });
        reads.push(runs * count / 1e3);
        let runs = rate(SPAN, || {
            for comment in &comments {
                black_box(Parser::new_ext(black_box(comment), options).count());
            }
        });
        parses.push(runs * count / 1e3);
    }
    let (reads, parses) = (Sample::from(reads), Sample::from(parses));
    Row {
        what: "comments with commands",
        goal: ">= 400,000/s",
        holds: reads.median() >= 400.0,
        measured: format!("{reads} thousand/s"),
        yardstick: format!("pulldown-cmark alone: {parses} thousand/s"),
        method: "grammar::read on 2,000 comments of about 340 bytes, each with one to three \
                 commands among prose, quotes, code and lists; one core, alternating. The parsers \
                 of other bots were measured elsewhere at 14,000 to 370,000/s",
    }
}
