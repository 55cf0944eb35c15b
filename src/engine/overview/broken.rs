//! What does not work: what is wrong with the world, and what was given up on the forge.

use super::lens::Lens;
use super::view::{Listed, Place, Trouble};
use crate::core::model::incident::Incident;
use crate::core::policy::audience::Audience;
use crate::core::report::Broken;
use crate::store::digest::{self, GivenUpWrites};
use crate::store::incidents::{self, OpenIncident};
use crate::store::{Connection, Error};

/// How many incidents are shown.
const MOST: usize = 50;

/// How many places and reasons of writes that were given up.
const MOST_DEAD: u32 = 50;

/// What stands for a text that names what may not be named.
const UNTOLD: &str = "why cannot be shown here: `timmy doctor` tells it";

/// Open incidents that call somebody, the oldest first; then what was given up lately.
pub(super) fn broken(conn: &Connection, lens: &Lens) -> Result<Listed<Trouble>, Error> {
    let mut open = incidents::all(conn)?;
    open.retain(|open| open.incident.is_reported());
    let (writes, of_writes) = digest::given_up(conn, lens.lately(), MOST_DEAD)?;
    let all = open.len() + of_writes;
    let mut shown: Vec<Trouble> = open.iter().take(MOST).map(|open| incident(lens, open)).collect();
    for writes in writes {
        shown.push(told(conn, lens, writes)?);
    }
    let more = all.saturating_sub(shown.len());
    Ok(Listed { shown, more })
}

fn incident(lens: &Lens, open: &OpenIncident) -> Trouble {
    let OpenIncident { incident, place, text, since, .. } = open;
    let since = lens.said(*since);
    let what = |place, text: String| Broken { place, text, since: since.clone(), given_up: 0 };
    if may_tell(lens, open) {
        let repo = incident.repo().map(|repo| lens.repo_place(repo));
        let named = place.clone().map(|name| named(name, repo));
        return Trouble { place: named, what: what(place.clone(), text.clone()) };
    }
    let place = place.as_ref().map(|_| Place::Withheld);
    Trouble { place, what: what(None, format!("{}; {UNTOLD}", in_short(incident))) }
}

/// What is wrong, without the name of any place.
fn in_short(incident: &Incident) -> String {
    match incident {
        Incident::CannotRead { .. } => "something unreadable".to_owned(),
        Incident::WatchRenamed { .. } => "something renamed".to_owned(),
        other => other.to_string(),
    }
}

/// A thread or repository that is called so, in the repository `repo`.
fn named(name: String, repo: Option<Place>) -> Place {
    let url = match repo {
        Some(Place::Named { url: Some(url), .. }) => Some(match name.rsplit_once('#') {
            Some((_, number)) if number.bytes().all(|b| b.is_ascii_digit()) => {
                format!("{url}/issues/{number}")
            }
            _ => url,
        }),
        _ => None,
    };
    Place::Named { name, url, title: None }
}

fn may_tell(lens: &Lens, open: &OpenIncident) -> bool {
    if lens.audience == Audience::Everything {
        return true;
    }
    let is_nameable = match &open.incident {
        // What was never seen may be private.
        Incident::CannotRead { what } | Incident::WatchRenamed { what } => !what.contains('/'),
        Incident::ReportHomeless => false,
        // Its text may repeat what the agent said, or a worker.
        Incident::Agent { .. } | Incident::GuardHostAway { .. } => false,
        incident => incident.repo().is_none_or(|repo| lens.repo(repo).is_some()),
    };
    is_nameable && lens.may_tell(&open.sentence())
}

fn told(conn: &Connection, lens: &Lens, writes: GivenUpWrites) -> Result<Trouble, Error> {
    let GivenUpWrites { lane, reason, last, count } = writes;
    let place = match (lane.thread(), lane.repo()) {
        (Some(thread), _) => Some(lens.place(conn, thread)?),
        (None, Some(repo)) => Some(lens.repo_place(repo)),
        (None, None) => None,
    };
    let may_tell = place != Some(Place::Withheld) && lens.may_tell(&reason);
    let text = if may_tell { reason } else { UNTOLD.to_owned() };
    let since = lens.said(last);
    Ok(Trouble { place, what: Broken { place: None, text, since, given_up: count } })
}
