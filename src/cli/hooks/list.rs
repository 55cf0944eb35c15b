//! How the webhooks are shown.

use std::io::{self, Write};

use url::Url;

use super::diagnosis::{JudgedHook, judge};
use super::survey::{HookPlace, covering};
use crate::cli::forge::in_short;
use crate::cli::output::complain;
use crate::gitea::HookHome;

/// Shows every place and the webhooks there; whether all is well.
pub(super) fn print(places: &[HookPlace], url: &Url) -> io::Result<bool> {
    let hidden = print_hidden(places)?;
    let lines = lines(places);
    let mut out = io::stdout().lock();
    writeln!(out, "Webhooks that call {url}:")?;
    for line in &lines {
        writeln!(out, "  {}: {}", line.home, line.said)?;
    }
    if lines.is_empty() && !hidden {
        writeln!(out, "  gitea.watch names nothing that I can see: see `timmy doctor`.")?;
    }
    out.flush()?;
    Ok(!hidden && !lines.is_empty() && lines.iter().all(|line| line.is_good))
}

/// Says of which needed places nothing is shown, and why; whether there are any.
pub(super) fn print_hidden(places: &[HookPlace]) -> io::Result<bool> {
    let mut any = false;
    for place in places.iter().filter(|place| place.is_needed) {
        if let Err(error) = &place.ours {
            complain(&format!("{}: its webhooks are hidden ({})", place.home, in_short(error)));
            any = true;
        }
    }
    if any {
        complain(
            "they are for owners of the organisation and administrators of the repository: put a \
             token of one of them into a file and add --token-file FILE",
        );
    }
    Ok(any)
}

struct HookLine<'a> {
    home: &'a HookHome,
    said: String,
    is_good: bool,
}

impl<'a> HookLine<'a> {
    fn good(home: &'a HookHome, said: String) -> Self {
        Self { home, said, is_good: true }
    }

    fn bad(home: &'a HookHome, said: String) -> Self {
        Self { home, said, is_good: false }
    }
}

fn lines(places: &[HookPlace]) -> Vec<HookLine<'_>> {
    let judged = judge(places);
    let mut lines = Vec::new();
    for place in places {
        let here = judged.iter().filter(|judged| *judged.home == place.home);
        lines.extend(here.map(|judged| of_hook(&place.home, judged)));
        lines.extend(place.similar.iter().map(|(id, url)| {
            let said = format!("webhook {id} calls {url}, which is not quite that");
            HookLine::bad(&place.home, said)
        }));
        lines.extend(of_gap(places, place));
    }
    lines
}

fn of_hook<'a>(home: &'a HookHome, judged: &JudgedHook<'_>) -> HookLine<'a> {
    let id = judged.hook.id;
    if judged.faults.is_empty() {
        return HookLine::good(home, format!("webhook {id}, good"));
    }
    let faults: Vec<String> = judged.faults.iter().map(ToString::to_string).collect();
    HookLine::bad(home, format!("webhook {id}: {}. Run timmy hooks repair.", faults.join("; ")))
}

/// The line of a place that needs a webhook and has none itself.
fn of_gap<'a>(places: &'a [HookPlace], place: &'a HookPlace) -> Option<HookLine<'a>> {
    if !place.is_needed || !place.ours.as_ref().is_ok_and(Vec::is_empty) {
        return None;
    }
    Some(match covering(places, &place.home) {
        Some((of, hook)) => {
            HookLine::good(&place.home, format!("webhook {} of {of} covers it", hook.id))
        }
        None => HookLine::bad(&place.home, "none. Run timmy hooks install.".to_owned()),
    })
}
