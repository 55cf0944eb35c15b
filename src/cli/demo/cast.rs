//! Who plays, as the configuration describes it.

use std::io;
use std::path::{Path, PathBuf};

use super::fleet::DemoAgents;
use crate::sandbox::model::Model;

/// The sidecar that `examples/crewai` has.
const SIDECAR: &str = include_str!("../../../examples/crewai/sidecar.py");

/// Who plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cast {
    /// Agents that work on a backlog, each by itself.
    Backlog,
    /// A crew: who codes does not review.
    Crew,
    /// The same crew, each of it a real CrewAI in the Python environment of this folder.
    CrewAi(PathBuf),
}

/// What an agent is beside its kind.
struct Part {
    name: &'static str,
    roles: &'static str,
    terms: &'static str,
}

impl Cast {
    /// The agents, and how a crew of them works.
    ///
    /// # Errors
    /// If the sidecar cannot be written into `folder`.
    pub(super) fn configuration(
        &self,
        (gateways, model): (&DemoAgents, &Model),
        folder: &Path,
    ) -> io::Result<String> {
        let (ezra, bezalel) = self.parts();
        let engine = match self {
            Self::Backlog | Self::Crew => "native",
            Self::CrewAi(_) => "crewai",
        };
        let agents = match self {
            Self::Backlog | Self::Crew => [
                ezra.driven(folder, &hermes(&gateways.ezra.url())),
                bezalel.driven(folder, &hermes(&gateways.bezalel.url())),
            ],
            Self::CrewAi(home) => {
                let sidecar = folder.join("sidecar");
                std::fs::create_dir_all(&sidecar)?;
                std::fs::write(sidecar.join("sidecar.py"), SIDECAR)?;
                let drive = crewai(home, &sidecar, model.url());
                [ezra.driven(folder, &drive), bezalel.driven(folder, &drive)]
            }
        };
        let crew = format!("[crew]\nengine = \"{engine}\"\nmanager = \"bezalel\"\n");
        Ok(agents.concat() + &crew)
    }

    fn parts(&self) -> (Part, Part) {
        let ezra = |roles| Part {
            name: "ezra",
            roles,
            terms: "family = \"careful\"\nprice = { input = 3.0, output = 15.0 }",
        };
        let bezalel = |roles| Part {
            name: "bezalel",
            roles,
            terms: "family = \"cheap\"\nprior = 0.6\nprice = { input = 0.1, output = 0.4 }",
        };
        match self {
            Self::Backlog => {
                (ezra(r#"["coder", "reviewer"]"#), bezalel(r#"["coder", "researcher", "devops"]"#))
            }
            Self::Crew | Self::CrewAi(_) => {
                (ezra(r#"["coder"]"#), bezalel(r#"["researcher", "reviewer"]"#))
            }
        }
    }
}

impl Part {
    fn driven(&self, folder: &Path, drive: &str) -> String {
        let Self { name, roles, terms } = self;
        let token = token_file(folder, name).display().to_string();
        format!(
            "[[agent]]\nname = \"{name}\"\naccount = \"{name}\"\ntoken_file = '{token}'\n\
             roles = {roles}\ncapacity = 4\n{terms}\n{drive}\n"
        )
    }
}

fn hermes(url: &str) -> String {
    format!("kind = \"hermes\"\nurl = \"{url}\"")
}

fn crewai(home: &Path, sidecar: &Path, model: &str) -> String {
    let (home, sidecar) = (home.display(), sidecar.display());
    format!(
        "kind = \"crewai\"\ncommand = ['{home}/bin/python', '{sidecar}/sidecar.py', '--model', \
         'scripted', '--base-url', '{model}']\nenv = [\"PATH\", \"LANG\"]\n\
         mounts = ['{home}', '{sidecar}']"
    )
}

/// Where the token of an agent's account is.
pub(super) fn token_file(folder: &Path, agent: &str) -> PathBuf {
    folder.join(format!("{agent}.gitea-token"))
}
