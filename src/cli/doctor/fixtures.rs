//! Does each script that is a guard catch what it is there for?

use super::check_result::CheckResult;
use crate::config::{Config, Script};
use crate::core::model::fixture::{CheckedFixture, FixtureResult};
use crate::engine::{RunPlaces, check_fixtures, fixture_id};
use crate::store::{Readers, meta};

const FIXTURE: &str = "fixture";

/// Looks at what the running service found when it started: it may run other things than this
/// process. Where none runs, the fixtures are run here. `served`: what it remembers.
pub(super) async fn check(config: &Config, served: Option<&Readers>) -> Vec<CheckResult> {
    let guards = &config.guards;
    // Of those of another host `guard_host` tells.
    if guards.scripts.is_empty() || guards.away.is_some() {
        return Vec::new();
    }
    let known = match served {
        Some(readers) => readers.read(|conn| meta::get(conn, meta::FIXTURES)).await,
        None => {
            let places = RunPlaces {
                runs: config.runs_folder(),
                secrets: config.secret_files(),
                confines_agents: false,
            };
            Ok(Some(check_fixtures(guards, &places).await))
        }
    };
    let known = known.ok().flatten().unwrap_or_default();
    all(&guards.scripts, &known)
}

/// What is known of each.
pub(super) fn all(scripts: &[Script], known: &[CheckedFixture]) -> Vec<CheckResult> {
    scripts.iter().map(|script| judge(script, known)).collect()
}

fn judge(script: &Script, known: &[CheckedFixture]) -> CheckResult {
    let (name, id) = (&script.name, fixture_id(script));
    let found = known.iter().find(|one| one.script == *name && one.of == id);
    match found.map(|found| &found.result) {
        _ if script.fixture.is_none() => CheckResult::warning(
            FIXTURE,
            format!("The guard {name} has no fixture: nobody knows whether it catches anything."),
            "Put something that it must not let pass into a folder, and name that as its fixture.",
        ),
        None | Some(FixtureResult::None) => CheckResult::warning(
            FIXTURE,
            format!("The running timmy serve has not tried the guard {name} as it is written now."),
            "Restart timmy serve: it tries each guard when it starts.",
        ),
        Some(FixtureResult::Caught) => {
            CheckResult::good(FIXTURE, format!("The guard {name} catches its fixture."))
        }
        Some(FixtureResult::Missed) => CheckResult::broken(
            FIXTURE,
            format!("The guard {name} lets its fixture pass: it catches nothing."),
            "Mend its command or its fixture, then restart timmy serve.",
        ),
        Some(FixtureResult::Broken { why }) => CheckResult::broken(
            FIXTURE,
            format!("The guard {name} does not work on its fixture: {why}."),
            "Run its command by hand in a copy of the fixture; give it more time if it takes it.",
        ),
        Some(FixtureResult::NotRun { why, remedy }) => {
            CheckResult::broken(FIXTURE, format!("The guard {name} cannot be run: {why}."), remedy)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::fixtures::*;
    use crate::config::{Outside, parse};

    const LINES: &str = "[gitea]\nurl = \"https://git.example.org\"\nwatch = [\"foundation\"]\n\
                         [people]\nowner = \"anna\"\noperators = []\napprovers = []\n[[guards.script]]\nname = \"lint\"\n\
                         kind = \"exit_code\"\ncommand = [\"lint\"]\n";

    fn script(more: &str) -> Script {
        let env = |_: &str| Some("t0ken".to_owned());
        let no_file = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
        let world = Outside { env: &env, secret_file: &no_file };
        let path = std::path::Path::new("/etc/timmy/timmy.toml");
        let loaded = parse(&format!("{LINES}{more}"), path, world);
        loaded.expect("a configuration").config.guards.scripts.remove(0)
    }

    #[test]
    fn each_end_says_what_to_do() {
        let with = script("fixture = \"bad\"\n");
        let of = fixture_id(&with);
        let known =
            |result| vec![CheckedFixture { script: "lint".to_owned(), of: of.clone(), result }];
        let said = |known: &[CheckedFixture]| judge(&with, known).found;
        assert_eq!(said(&known(FixtureResult::Caught)), "The guard lint catches its fixture.");
        let missed = said(&known(FixtureResult::Missed));
        assert_eq!(missed, "The guard lint lets its fixture pass: it catches nothing.");
        let unknown = "The running timmy serve has not tried the guard lint as it is written now.";
        assert_eq!(said(&[]), unknown);
        let mut other = known(FixtureResult::Caught);
        other[0].of.push('x');
        assert_eq!(said(&other), unknown);
        let none = judge(&script(""), &[]).found;
        assert_eq!(
            none,
            "The guard lint has no fixture: nobody knows whether it catches anything."
        );
    }
}
