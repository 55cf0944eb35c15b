//! `[[pool]]`: the quotas that agents share.

use std::time::Duration;

use toml::Spanned;

use super::quantity::{duration, usd};
use super::section::Section;
use super::value::{Wrong, count, quoted, whole, word};
use crate::core::command::grammar::nearest;
use crate::core::jobs::money::Ceiling;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `[[pool]]`: a quota that several agents share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolConfig {
    /// The name that agents give as their pool.
    pub name: String,
    /// How many of its agents' jobs may run at once; none for any number.
    pub concurrent: Option<u32>,
    /// What they may use within stretches of time, each of its own length.
    pub windows: Vec<PoolWindow>,
}

/// What may be used of a pool within a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolWindow {
    pub per: Duration,
    /// At least one kind has a limit.
    pub ceiling: Ceiling,
}

impl PoolConfig {
    /// One that only agents name: it limits nothing.
    pub(super) fn unlimited(name: &str) -> Self {
        Self { name: name.to_owned(), concurrent: None, windows: Vec::new() }
    }

    /// The pool with the place of its name.
    pub(super) fn read(section: &Section<'_>) -> Option<Spanned<Self>> {
        let name = section.need_located("name", word);
        let concurrent = section.optional("concurrent", count(1..=1000));
        let windows = section.tables("windows", PoolWindow::read).into_iter().flatten().collect();
        let name = name?;
        let span = name.span();
        Some(Spanned::new(span, Self { name: name.into_inner(), concurrent, windows }))
    }
}

impl PoolWindow {
    fn read(section: &Section<'_>) -> Option<Self> {
        let per = section.need("per", duration(MINUTE..=DAY * 366));
        let ceiling = Ceiling {
            tokens: section.optional("tokens", whole(1..=1_000_000_000_000)),
            runs: section.optional("runs", whole(1..=1_000_000)),
            micro_usd: section.optional("usd", usd).map(|most| most.0),
        };
        if section.is_sound() && ceiling == Ceiling::default() {
            section.contradiction(
                None,
                "pool.windows has a window that limits nothing.".to_owned(),
                "Give it tokens, runs or usd, such as { per = \"1d\", tokens = 500000 }.",
            );
        }
        Some(Self { per: per?, ceiling })
    }
}

/// What is wrong with the name of a pool that no table describes.
pub(super) fn unknown_pool(name: &str, known: &[&str]) -> Wrong {
    let remedy = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("Did you mean \"{meant}\"?"),
        None => {
            format!("Describe it in a [[pool]] of its own, or name one of: {}.", known.join(", "))
        }
    };
    Wrong::new(format!("is {}, which is no pool that a [[pool]] describes", quoted(name)), remedy)
}
