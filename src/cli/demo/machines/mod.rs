//! `timmy demo --machines`: one timmy, a Temporal server and two workers, each a process of its own as
//! they would be on machines of their own, and twenty jobs, while each of the four is restarted.
//!
//! What came of it is looked at in the end: on the forge, in the ledger, and at the agents themselves.

mod host;
mod outcome;
mod part;
mod program;
mod stage;
mod starts;

use std::path::Path;

use super::error::DemoError;
use super::printout::Printout;
use crate::temporal;
use host::Host;
use outcome::Outcome;
use part::End;
use stage::{MachinesStage, RestartedPart};

/// How many jobs there are.
const JOBS: i64 = 20;

/// What happens while agents work.
struct Incident {
    /// Once so many attempts have begun.
    starts: usize,
    part: RestartedPart,
    end: End,
    note: &'static str,
}

const INCIDENTS: [Incident; 4] = [
    Incident {
        starts: 3,
        part: RestartedPart::Worker(Host::East),
        end: End::Killed,
        note: "The power of the machine `east` fails, with its worker and what its agent does. It \
               comes back.",
    },
    Incident {
        starts: 7,
        part: RestartedPart::Timmy,
        end: End::Killed,
        note: "timmy itself is killed, and started again.",
    },
    Incident {
        starts: 11,
        part: RestartedPart::Temporal,
        end: End::Killed,
        note: "The Temporal server is killed, and started again.",
    },
    Incident {
        starts: 15,
        part: RestartedPart::Worker(Host::West),
        end: End::Told,
        note: "The machine `west` is rebooted: its worker is told to stop, lets its agent finish, \
               and is started again.",
    },
];

/// Plays it, with this program of Temporal's if one is named.
pub(super) async fn play(named: Option<&Path>) -> Result<(), DemoError> {
    temporal::is_built().map_err(|_| DemoError::NotBuilt)?;
    let mut stage = MachinesStage::set(program::find(named)?).await?;
    let mut paper = Printout::standard_output();
    paper.line(&format!(
        "A sandbox forge with real git on {}, and four processes that would each have a machine of \
         its own: timmy, a Temporal server, and the workers of `east` and `west`, on each of which \
         an agent lives.",
        stage.url()
    ))?;
    stage.start().await?;
    paper.task(
        &format!(
            "{JOBS} issues are given away, in turn to `ezra` on `east` and `bezalel` on `west`."
        ),
        &format!("{}: `/timmy assign ezra`, `/timmy assign bezalel`, and so on", stage::REPOSITORY),
    )?;
    stage.assign(JOBS)?;
    for incident in &INCIDENTS {
        stage.until_begun(incident.starts, &mut paper).await?;
        let ended = stage.ended().await?.len();
        paper.aside(&format!("{} ({ended} of {JOBS} jobs have ended)", incident.note))?;
        if i64::try_from(ended).is_ok_and(|ended| ended >= JOBS) {
            return Err(DemoError::OffScript("all was over before anything failed".to_owned()));
        }
        stage.restart(incident.part, incident.end).await?;
    }
    paper.aside("Now nothing fails any more.")?;
    stage.until_ended(JOBS, &mut paper).await?;
    let outcome = stage.strike().await?;
    let problems = outcome.problems(JOBS);
    if !problems.is_empty() {
        return Err(DemoError::OffScript(problems.join("\n")));
    }
    told(&mut paper, &outcome)
}

/// What came of it.
fn told(paper: &mut Printout, outcome: &Outcome) -> Result<(), DemoError> {
    paper.line("")?;
    paper.line(&format!(
        "{} jobs, {} attempts, {} restarts: all verified, no reply doubled, no agent started twice.",
        outcome.jobs.len(),
        outcome.attempts(),
        INCIDENTS.len()
    ))
}
