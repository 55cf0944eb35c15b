//! `timmy simulate`: decides again what was decided, as it was, and as it might be.

mod other_fleet;
mod print;
mod replay;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::forge;
use crate::cli::output::{FAILED, WRONG, block_on, complain};
use crate::config::{self, Config, parse_weights};
use crate::core::scheduling::{RankingInput, compare};
use crate::store::Ledger;
use other_fleet::manned;
use print::SimulationResult;
use replay::{PastTicks, ReplayError};

/// Replay what was decided, and show what other weights or another fleet would change
///
/// Works on a ledger that `timmy serve` has open, and changes nothing.
#[derive(Debug, clap::Args)]
pub(super) struct SimulateArgs {
    /// Other weights, such as urgency=0.5,value=0.05; those not named stay, all five sum to 1
    #[arg(long, value_name = "TERM=WEIGHT,...")]
    weights: Option<String>,
    /// Another configuration: its agents, pools, limits and rules; no secrets are read. What was used of
    /// a pool is what was then, within windows of the same length; any other window counts as unused
    #[arg(long, value_name = "FILE")]
    fleet: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Why there is nothing to show, with the exit code.
struct SimulateError(u8, String);

impl SimulateArgs {
    /// Exit code 1 if there is nothing to replay or a replay differs, 2 for wrong weights or files.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        match self.simulate(config) {
            Ok(outcome) => {
                // What was found is the same, whether or not somebody reads this.
                let _ = if self.json { print::json(&outcome) } else { print::text(&outcome) };
                ExitCode::SUCCESS
            }
            Err(SimulateError(code, problem)) => {
                complain(&problem);
                code.into()
            }
        }
    }

    fn simulate(&self, config: Option<&Path>) -> Result<SimulationResult, SimulateError> {
        let wrong = |problem: String| SimulateError(WRONG, problem);
        let (_, loaded) = forge::configuration(config).map_err(wrong)?;
        let fleet = self.fleet.as_deref().map(config::load_without_secrets).transpose();
        let fleet = fleet.map_err(|problems| wrong(problems.to_string()))?;
        let past =
            past(&loaded.config).map_err(|failure| SimulateError(FAILED, failure.to_string()))?;
        let setting = self.other(past.latest.setting.clone(), fleet).map_err(wrong)?;
        let other = past.latest.again(setting);
        let changes = compare(&past.latest, &other);
        Ok(SimulationResult {
            is_other: self.weights.is_some() || self.fleet.is_some(),
            past,
            changes,
        })
    }

    /// The setting that is asked about instead.
    fn other(
        &self,
        mut setting: RankingInput,
        fleet: Option<Config>,
    ) -> Result<RankingInput, String> {
        if let Some(fleet) = fleet {
            let machines = std::mem::take(&mut setting.rules.machines);
            setting.rules = fleet.rules();
            // Whoever was a machine is one still, as timmy itself.
            setting.rules.machines.extend(machines);
            setting.roster = manned(setting.roster, fleet.workers(), fleet.limits());
        }
        if let Some(text) = &self.weights {
            let weights = parse_weights(text, setting.rules.weights);
            setting.rules.weights = weights.map_err(|wrong| format!("--weights: {wrong}"))?;
        }
        Ok(setting)
    }
}

fn past(config: &Config) -> Result<PastTicks, ReplayError> {
    let path = &config.ledger.path;
    block_on(async {
        let readers = Ledger::open_read_only(path)?;
        readers.read(|conn| Ok(PastTicks::replay(conn))).await?
    })
}
