//! What people said last, and what came of it.

use super::lens::Lens;
use super::view::{CommandLine, Place};
use crate::store::audit::{self, HeardCommand};
use crate::store::{Connection, Error};

/// How many are shown.
const MOST: u32 = 20;

pub(super) fn commands(conn: &Connection, lens: &Lens) -> Result<Vec<CommandLine>, Error> {
    let line = |heard: HeardCommand| {
        let place = lens.place(conn, heard.thread)?;
        let line = heard.line.filter(|_| place != Place::Withheld);
        Ok(CommandLine {
            at: lens.said(heard.at),
            actor: heard.actor,
            place,
            line,
            verb: heard.verb,
            outcome: heard.outcome,
        })
    };
    audit::latest(conn, MOST)?.into_iter().map(line).collect()
}
